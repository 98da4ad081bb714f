/* date_cell.h - a spreadsheet's date or date with time, when it can be only one. */
#ifndef AGORALIA_DATE_CELL_H
#define AGORALIA_DATE_CELL_H

#include "common/base/tstamp.h"

/*
 * NULL with the instant in out, or DATE_AMBIGUOUS (03/04/2026), or
 * DATE_INVALID.  Without an offset it is taken as UTC, without a time as its
 * first moment.
 */
const char *date_cell_read(struct str cell, struct tstamp *out);

#endif

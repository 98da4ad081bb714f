/* csv_write.h - cells of a CSV file that spreadsheets open without running anything. */
#ifndef AGORALIA_CSV_WRITE_H
#define AGORALIA_CSV_WRITE_H

#include "common/base/buf.h"

/*
 * Append one cell, quoted; NULL is empty.  Text that a spreadsheet would take for a formula
 * gets an apostrophe before it; a telephone number keeps its plus.
 */
void csv_write_cell(struct buf *b, const char *text, bool first);

/* The end of a record. */
void csv_write_end(struct buf *b);

#endif

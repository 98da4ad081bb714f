/* phone_cell.h - one spreadsheet cell, which may hold several numbers. */
#ifndef AGORALIA_PHONE_CELL_H
#define AGORALIA_PHONE_CELL_H

#include "common/number/e164.h"

enum { PHONE_CELL_OTHERS = 3 };

struct phone_cell {
    struct e164 primary;
    size_t nothers; /* 0 for nearly every cell */
    struct e164 others[PHONE_CELL_OTHERS];
};

/*
 * NULL with at least the primary number in out, or the code of what is wrong:
 * one of NUMBER_..., or MULTIPLE_NUMBERS when the cell holds several of which
 * some cannot be read.  Numbers are divided by / ; , | ::: a newline or a word
 * for "or".
 */
const char *phone_cell_read(struct str cell, const char *default_country, struct phone_cell *out);

#endif

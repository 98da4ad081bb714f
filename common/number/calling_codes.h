/* calling_codes.h - numbering plans: how long numbers are, and what is dialled before them. */
#ifndef AGORALIA_CALLING_CODES_H
#define AGORALIA_CALLING_CODES_H

#include "common/base/str.h"

struct calling_code {
    unsigned code; /* 1-3 digits, as a number */
    unsigned char min_digits, max_digits;
    char trunk[3]; /* dialled inside the country only; "" = none */
};

/* The calling code that digits (a number without its plus) begin with; NULL = unassigned. */
const struct calling_code *calling_code_of_number(struct str digits);

/* The calling code a country's numbers have; NULL for what is no country. */
const struct calling_code *calling_code_of_country(const char *country_iso);

/* How many digits the calling code itself has. */
size_t calling_code_width(const struct calling_code *cc);

#endif

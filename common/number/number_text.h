/*
 * number_text.h - what people type, as digits.
 *
 * Reads the writing, not the number: digits of any script become ASCII; spaces
 * (no-break ones too), dots, brackets, dashes and direction marks go; Excel's
 * wrappers ('+39..., ="+39..."), pandas' ".0" and a leading 00 are undone.
 * What cannot be undone without guessing is refused by its name.
 */
#ifndef AGORALIA_NUMBER_TEXT_H
#define AGORALIA_NUMBER_TEXT_H

#include "common/base/str.h"

#define NUMBER_FAULTS(X) \
    X(OK) \
    X(MISSING) \
    X(INVALID) \
    X(ALPHANUMERIC) \
    X(SCIENTIFIC_NOTATION) \
    X(HAS_EXTENSION) \
    X(SHORT_OR_EMERGENCY) \
    X(NO_COUNTRY) \
    X(AMBIGUOUS)

enum number_fault {
#define X(name) NUMBER_##name,
    NUMBER_FAULTS(X)
#undef X
};

/* "NUMBER_MISSING", ...: the codes of the compliance engine and of import reports. */
const char *number_fault_name(enum number_fault fault);

enum { NUMBER_DIGITS_MAX = 24 };

struct number_text {
    bool international; /* there was a plus, or 00 */
    bool repaired;      /* a wrapper or a ".0" was taken off */
    size_t n;
    char digits[NUMBER_DIGITS_MAX + 1];
};

/* NUMBER_OK with at least one digit in out, or why not. */
enum number_fault number_text_read(struct str text, struct number_text *out);

#endif

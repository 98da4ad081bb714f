/*
 * e164.h - telephone numbers in their one spelling: + and at most 15 digits.
 *
 * The calling code must exist and the length must fit the country's plan; a
 * national number is read with the country it was written in.  Whose it is, and
 * whether its range is assigned, mobile or premium, phone_facts.h tells.
 */
#ifndef AGORALIA_E164_H
#define AGORALIA_E164_H

#include "common/number/number_text.h"

#include <stdint.h>

struct e164 {
    char text[17];  /* "+393491234567" */
    bool converted; /* read into shape: a wrapper removed, a missing plus supplied */
};

/*
 * default_country (NULL = none) is the country a number without a plus was
 * written in.  A reading that is not the only one is NUMBER_AMBIGUOUS, never a
 * guess: a typo must not ring at a stranger's.
 */
enum number_fault e164_parse(struct str text, const char *default_country, struct e164 *out);

/* NULL when s is an E.164 number already, else what is wrong with it: for field tables. */
const char *e164_complaint(const char *s);

/* 393491234567 for "+393491234567": a valid number as a key that fits a register. */
uint64_t e164_key(const struct e164 *number);

#endif

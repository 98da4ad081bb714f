/*
 * made_facts.h - facts made at random out of the catalogue's cases.
 *
 * The same seed makes the same facts.  Instants near changes of the clock, windows,
 * calendars, territories, caps, consents, lists and overrides as nobody has seen them.
 */
#ifndef AGORALIA_TEST_MADE_FACTS_H
#define AGORALIA_TEST_MADE_FACTS_H

#include "tests/support/law_cases.h"

enum { MADE_ATTEMPTS = 12, MADE_ENTRIES = 3, MADE_HOLIDAYS = 6 };

/* What a random case points to; one is enough, they are made one after the other. */
struct made {
    struct law laws[FACTS_MAX_LAWS];
    struct sub_law subs[FACTS_MAX_LAWS][2];
    int32_t holidays[FACTS_MAX_LAWS * 3][MADE_HOLIDAYS];
    int n_holidays;
    const struct tz *zones[FACTS_MAX_LAWS][4];
    const struct tz *sub_zones[FACTS_MAX_LAWS * 2][2];
    struct sector_law sectors[FACTS_MAX_LAWS];
    struct override overrides[2];
    struct attempt_fact attempts[MADE_ATTEMPTS];
    struct dnc_fact entries[MADE_ENTRIES];
};

/* m is written over. */
struct compliance_facts made_facts(struct made *m, uint64_t seed, const struct law_case *cases,
                                   int n);

#endif

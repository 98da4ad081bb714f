/*
 * law_cases.h - tests/data/compliance_cases.json as facts for the engine.
 *
 * 208 situations with the answer worked out beforehand.  A case names its rule by a
 * fixture or spells it out; what the numbering plan knows of the number is given.
 */
#ifndef AGORALIA_TEST_LAW_CASES_H
#define AGORALIA_TEST_LAW_CASES_H

#include "common/compliance/engine.h"

struct cJSON;

struct law_case {
    const char *id, *title;
    const char *requires_tzdata; /* NULL = any */
    struct compliance_facts facts;
    const struct cJSON *expected;
};

/* Every case of the file, in op's arena; fails the test when the file cannot be read. */
struct law_case *law_cases_read(struct op *op, int *n);

#endif

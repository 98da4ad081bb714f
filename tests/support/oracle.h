/*
 * oracle.h - the law once more, slowly: what the engine should have said.
 *
 * Written from the specification and not from the engine, with which it shares the
 * facts and nothing else.  It looks at one instant at a time, and for the next
 * lawful one it tries every minute.
 */
#ifndef AGORALIA_TEST_ORACLE_H
#define AGORALIA_TEST_ORACLE_H

#include "common/compliance/facts.h"
#include "common/compliance/verdict.h"

struct oracle_answer {
    uint64_t codes;
    bool warned;
    int64_t next_us; /* 0 = none */
};

struct oracle_answer oracle_decide(const struct compliance_facts *f);

#endif

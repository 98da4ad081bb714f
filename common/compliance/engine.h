/*
 * engine.h - the compliance decision (specification 2.4.3), with no database and no clock.
 *
 * Facts in, verdict out: the same facts give the same verdict for ever, so every
 * rule is a row of a test table and every past decision can be recomputed.  It
 * fails closed: what it does not know, it refuses.  All checks are evaluated;
 * the code of the first failure in codes.def's order is the verdict's.
 */
#ifndef AGORALIA_COMPLIANCE_ENGINE_H
#define AGORALIA_COMPLIANCE_ENGINE_H

#include "common/compliance/facts.h"
#include "common/compliance/verdict.h"

/* Kept with every decision; changes whenever the same facts may give another verdict. */
#define COMPLIANCE_ENGINE_VERSION "2"

struct compliance_verdict compliance_decide(const struct compliance_facts *f);

/* As it would be if these codes were cured; those of the number and its country are not to be. */
struct compliance_verdict compliance_decide_without(const struct compliance_facts *f,
                                                    uint64_t cured);

#endif

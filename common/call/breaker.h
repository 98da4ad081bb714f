/*
 * breaker.h - what keeps failing is made to stand still, and says so.
 *
 * A breaker that opens is a halt with cause "breaker": of the provider (no money, no
 * credentials, a storm of requests that do not get through), of a from_number (refused, or its
 * calls blocked or failing in a row) or of an agent.  Of a tenant's own workspace it is that
 * tenant's halt only.  Claims respect it, the reconciler probes the provider without calling
 * anybody and closes it again; a number or an agent gets another chance after an hour.
 */
#ifndef AGORALIA_BREAKER_H
#define AGORALIA_BREAKER_H

#include "common/call/attempt.h"
#include "common/call/claim.h"
#include "common/provider/outcome.h"
#include "common/provider/provider.h"

/* What the answer to a request says against anybody.  Costs nothing when it says nothing. */
bool breaker_hear_answer(struct op *op, const struct claim *c,
                         const struct dial_answer *a) MUSTCHECK;

/* The same for how a call ended; in the caller's transaction, after the attempt was written. */
bool breaker_hear_end(struct op *op, const struct attempt *a,
                      const struct call_outcome *o) MUSTCHECK;

#endif

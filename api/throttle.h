/*
 * throttle.h - how many requests a tenant, and each of its keys, may make.
 *
 * Each class of routes (router.h) has a budget of its own that fills evenly, so that there is no
 * edge of a window to gather at, and that no class starves another: halts get through whatever
 * else is asked.  All processes share it through Redis (budget.h), which one thread here speaks
 * to; a request waits for it at most RATE_WAIT_MS.  Without an answer each process counts alone,
 * up to its part: less precise, never without a bound.
 */
#ifndef AGORALIA_THROTTLE_H
#define AGORALIA_THROTTLE_H

#include "api/http.h"
#include "api/router.h"

struct throttle;

/* most: requests of one tenant at once. */
struct throttle *throttle_open(const struct conf *conf, int most);
void throttle_close(struct throttle *t);

/*
 * May op's tenant and principal make this request?  RATE_LIMIT_EXCEEDED says when to come again.
 * rate says what is left, either way.  What was let in has to leave.
 */
bool throttle_enter(struct op *op, struct throttle *t, const struct route *route,
                    struct rate *rate) MUSTCHECK;
void throttle_leave(struct throttle *t, const struct op *op, const struct route *route);

#endif

/* polled.h - what the files of the reconciler share: calls as the provider shows them when asked.
 */
#ifndef AGORALIA_POLLED_H
#define AGORALIA_POLLED_H

#include "common/provider/provider.h"

struct rows;
struct account_group;

/* Attempts looked at at once, and calls asked for by one listing. */
enum { LOOK_AT_ONCE = 50 };

/* Has the call come to its end? */
bool polled_is_over(const struct provider_call *pc);

/*
 * Fetch the whole call and apply it, in a transaction of its own.  p is a workspace, and op's
 * tenant the one it is of.
 */
bool polled_fetch(struct op *op, const struct provider *p, const char *provider_call_id,
                  struct provider_call *out) MUSTCHECK;
bool polled_apply(struct op *op, const struct provider *p,
                  const struct provider_call *pc) MUSTCHECK;

/* Look at these attempts again in so many seconds.  A failure is only logged. */
void polled_again(struct op *op, const struct rows *attempts, const struct account_group *g,
                  double seconds);

/* This call was placed by a request that had another one placed: an alarm, and it is hung up. */
bool polled_is_stray(struct op *op, const char *attempt_id, const char *provider_call_id) MUSTCHECK;

#endif

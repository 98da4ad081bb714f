/*
 * tenant_life.h - a tenant stands still, goes on, or leaves for good.
 *
 * Suspended: the dispatcher gives it no starts, claims hold its rows back, no campaign is turned
 * into calls, and keys answer TENANT_SUSPENDED: at once where the database is asked, within five
 * seconds where a process remembers a key.  Nothing is canceled; what the provider tells is still
 * recorded, and so is what people object to.
 *
 * Leaving: every person is erased as erasure.h says, then lists, keys, messages and names go, then
 * the tenant is "gone".  Its decisions and their ledger stay, without the persons, and verify as
 * before.  A worker does it piece by piece, and goes on wherever one stopped.
 */
#ifndef AGORALIA_TENANT_LIFE_H
#define AGORALIA_TENANT_LIFE_H

#include "common/tenant/tenant.h"

/*
 * All of op's tenant.  RESOURCE_NOT_FOUND when there is none, INVALID_STATE when it is not in a
 * state for this, VALIDATION_ERROR without a reason.
 */

/* Returns when no request of its can leave any more, as a halt does.  end_live_calls hangs up. */
bool tenant_suspend(struct op *op, const char *reason, bool end_live_calls,
                    struct tenant *out) MUSTCHECK;
bool tenant_resume(struct op *op, struct tenant *out) MUSTCHECK;

/* Only of a suspended one, and for good.  What is going on is hung up. */
bool tenant_leave(struct op *op, const char *reason, struct tenant *out) MUSTCHECK;

/* A worker's share of those that leave.  *looked: at how many people and pieces. */
bool tenants_leave_on(struct op *op, int *looked) MUSTCHECK;

#endif

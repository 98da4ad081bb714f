/*
 * reconcile.h - find out what became of attempts that nobody answered for.
 *
 * An intent whose lease is over is unknown.  Fifty unknown attempts are looked
 * for by one listing of each workspace they were sent to, by our own mark in the call's metadata,
 * whatever state the call is in.  Found: the call is fetched and applied.  Found twice: an alarm,
 * and the younger call is hung up.
 *
 * Absent, and the row may be tried again, when all of this holds (W is
 * RECONCILE_WINDOW_SECONDS, gaps are W/20):
 *  - W and 5 s have passed since the last moment the request could leave;
 *  - three complete listings, a gap apart, did not show it;
 *  - the last of them shows a canary: a call of ours that was asked for after
 *    that moment and accepted.  A listing without it is stale and not counted.
 * Canary not available: when no such call exists there is no traffic to judge
 * the listing by; then twice W must have passed, and six listings are needed.
 *
 * Where it is proven safe, one that is not found is sent once more, as the same
 * attempt under the same idempotency key, when all gates let it (idempotency.h); W
 * then begins anew.
 *
 * When nothing can be listed until the row's own time is over, the attempt is
 * given up (unresolved: never dialled again) and still looked for, ever more
 * seldom, for a week.
 *
 * Everything here is safe to run many times over at once.
 */
#ifndef AGORALIA_RECONCILE_H
#define AGORALIA_RECONCILE_H

#include "common/base/op.h"

/* Look at what is due, of all kinds; *looked is how many attempts were. */
bool reconcile_due(struct op *op, int *looked) MUSTCHECK;

/* Unanswered attempts. */
bool reconcile_unknown(struct op *op, int *looked) MUSTCHECK;

/* Live calls nothing was heard of for CALL_POLL_SECONDS: fifty by one listing. */
bool reconcile_live(struct op *op, int *looked) MUSTCHECK;

/* Calls that shall be hung up: as soon as they are going on, until they are over. */
bool reconcile_stops(struct op *op, int *looked) MUSTCHECK;

/* Stored events that belonged to no call of ours when they came: tried again; old ones go. */
bool reconcile_inbox(struct op *op) MUSTCHECK;

#endif

/*
 * events.h - T3: what the provider tells, stored first, applied by rank.
 *
 * A webhook is kept in the inbox in the transaction that answers it, then applied
 * by the sync_retell_call_status actor; polling applies the same way.  Events only
 * move a call forward: duplicates, reorderings and losses give the same end.
 */
#ifndef AGORALIA_EVENTS_H
#define AGORALIA_EVENTS_H

#include "common/provider/provider.h"

/*
 * Store a verified webhook body and the message that will apply it; *stored is false for a repeat.
 * account: the workspace of op's tenant whose key signed it; NULL = the deployment's.
 */
bool webhook_store(struct op *op, const char *account, struct str body, bool *stored) MUSTCHECK;

/* Apply everything the inbox holds about one provider call, oldest first. */
bool webhooks_apply(struct op *op, const char *provider_call_id) MUSTCHECK;

/*
 * The same for events that may have killed a worker (F54), those nobody applied in time: a run that
 * begins is counted until it ends, and what did not end QUEUE_MAX_CRASHES times is set aside as
 * poison, unread: polling tells the rest of that call.
 */
bool webhooks_try(struct op *op, const char *provider_call_id) MUSTCHECK;

/*
 * Write what is known of a call: event is the provider's word, or "poll".  *matched
 * is false when no attempt of ours belongs to it, or it was asked for in another workspace than
 * the one that tells.  In the caller's transaction.
 */
bool call_apply(struct op *op, const char *event, const struct provider_call *pc,
                bool *matched) MUSTCHECK;

#endif

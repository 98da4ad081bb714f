/*
 * dial.h - the POST and T2: one claimed intent, sent once, its answer recorded.
 *
 * Every write is a compare-and-set on the attempt's state, so that a late answer
 * never undoes what the reconciler or a webhook found out.
 */
#ifndef AGORALIA_DIAL_H
#define AGORALIA_DIAL_H

#include "common/call/claim.h"
#include "common/provider/provider.h"

extern const char *const dial_result_names[]; /* NULL-terminated */

/* Send the request and record what came of it.  Fails only when nothing could be recorded. */
bool call_dial(struct op *op, const struct claim *c) MUSTCHECK;

/* T2 alone.  What the database cannot take for now is kept (answers.h), and is a success. */
bool attempt_record(struct op *op, const struct claim *c, const struct dial_answer *a) MUSTCHECK;

/* The same, as often as one likes: not counted, and never kept. */
bool answer_write(struct op *op, const struct claim *c, const struct dial_answer *a) MUSTCHECK;

/* How long a refused row waits before its next attempt (pure). */
int dial_backoff_seconds(enum dial_refusal refusal, int attempt, int retry_after_seconds);

/* The attempt's signature: a hex HMAC over attempt, row and tenant under the provider's signing
 * key.
 */
const char *attempt_signature(struct op *op, const char *attempt_id, int64_t scheduled_call_id);

#endif

/*
 * attempt.h - one attempt and an event: lock, dial_step(), write.
 *
 * After the intent nothing else writes call_attempts.state, so that what the
 * sender, the webhooks and the reconciler find out is merged by one rule.
 */
#ifndef AGORALIA_ATTEMPT_H
#define AGORALIA_ATTEMPT_H

#include "common/base/fields.h"
#include "common/call/step.h"
#include "common/provider/provider.h"

/* An attempt as it stands, with what its row, campaign and tenant say of it. */
struct attempt {
    const char *id;
    int64_t tenant_id, scheduled_call_id;
    int64_t call_id;              /* calls.id */
    int64_t campaign_id, lead_id; /* 0 = none */
    const char *to_number, *from_number, *agent_id;
    const char *provider_call_id; /* NULL = not known yet */
    int repeats;                  /* how often its request was sent again */
    const char *timezone;         /* of the campaign; NULL = none */
    const char *retry_policy;     /* of the campaign; NULL = the table's */
    const char *opt_out_phrases;  /* of the campaign; NULL = none */
    const char *account;          /* the workspace that was asked; NULL = the deployment's */
    bool never_redial;            /* the tenant does not dial again after an unanswered request */
    struct dial_state state;
};

/* Of the worker whose attempt it is; what it means is in suspect.h. */
enum attempt_sender { SENDER_UNTOLD, SENDER_LIVES, SENDER_DIED };

/* What is written with the move; NULL, 0 and false = nothing to say. */
struct attempt_news {
    const char *provider_call_id;
    int http_status;
    const char *evidence; /* what the state rests on, in words */
    const char *reason;   /* of the row, when it waits or ends */
    const char *outcome;  /* the call's, when it is over */
    double again_seconds; /* until the row's next turn */
    enum attempt_sender sender;
    double look_seconds; /* until the reconciler looks; 0 = as the state asks for */
    int repeats;         /* how often the request had been sent again when this was found out */
};

/* Our own attempt id, as the provider echoes it in the call's metadata; NULL when it is none. */
const char *attempt_echoed(struct op *op, const struct provider_call *pc);

/*
 * Lock the row, then the attempt, by its id or by the provider's call id (either may be NULL);
 * *found is false when there is none.  In the caller's transaction, whatever the tenant: the
 * attempt says whose it is.
 */
bool attempt_lock(struct op *op, const char *attempt_id, const char *provider_call_id,
                  struct attempt *out, bool *found) MUSTCHECK;

/*
 * Apply the event to a locked attempt and write what changed, under the attempt's tenant.
 * EVENT_ABSENT of a tenant that never redials ends the row.  An alarm is logged and counted here;
 * what an ended call leads to is the caller's (events.c).
 */
bool attempt_move(struct op *op, const struct attempt *a, const struct dial_event *e,
                  const struct attempt_news *news, struct dial_step *out) MUSTCHECK;

/* The same in a transaction of its own; nothing happens when there is no such attempt. */
bool attempt_tell(struct op *op, const char *attempt_id, const struct dial_event *e,
                  const struct attempt_news *news) MUSTCHECK;

/*
 * The same in one round trip, for the attempt's own sender, who left it an intent: a is believed,
 * and when the attempt stands elsewhere by now, attempt_tell() follows.
 */
bool attempt_settle(struct op *op, const struct attempt *a, const struct dial_event *e,
                    const struct attempt_news *news) MUSTCHECK;

#endif

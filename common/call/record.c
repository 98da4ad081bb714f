/* record.c - T2: what the answer to a request means for its attempt and its row. */

#include "common/call/answers.h"
#include "common/call/attempt.h"
#include "common/call/breaker.h"
#include "common/call/dial.h"
#include "common/call/idempotency.h"

#include "common/base/log.h"
#include "common/base/metrics.h"

const char *const dial_result_names[] = {"accepted", "rejected", "never_sent", "unknown", NULL};

/* Rows that no request ever left for, or that a full provider turned away, do not try for ever. */
enum { MAX_ATTEMPTS = 10, STANDSTILL_SECONDS = 300, BACKOFF_MAX_SECONDS = 300 };

/* A provider at its limit has room again when a call ends, which is soon. */
enum { BUSY_MAX_SECONDS = 8 };

int dial_backoff_seconds(enum dial_refusal refusal, int attempt, int retry_after_seconds)
{
    int shift = attempt < 8 ? attempt - 1 : 7;
    int seconds = 1 << (shift > 0 ? shift : 0);
    int most = refusal == REFUSAL_BUSY ? BUSY_MAX_SECONDS : BACKOFF_MAX_SECONDS;

    if (refusal == REFUSAL_UNPAID || refusal == REFUSAL_CREDENTIALS
        || refusal == REFUSAL_FROM_NUMBER)
        return STANDSTILL_SECONDS;
    if (seconds > most)
        seconds = most;
    if (retry_after_seconds > seconds)
        seconds = retry_after_seconds;
    return seconds < BACKOFF_MAX_SECONDS ? seconds : BACKOFF_MAX_SECONDS;
}

static const char *refusal_reason(enum dial_refusal refusal)
{
    switch (refusal) {
    case REFUSAL_NONE: return "PROVIDER_REFUSED";
    case REFUSAL_BUSY: return "PROVIDER_BUSY";
    case REFUSAL_UNPAID: return "PROVIDER_UNPAID";
    case REFUSAL_CREDENTIALS: return "PROVIDER_CREDENTIALS";
    case REFUSAL_FROM_NUMBER: return "FROM_NUMBER_REFUSED";
    case REFUSAL_REQUEST: return "REQUEST_REFUSED";
    case REFUSAL_KEY: return "KEY_REFUSED";
    }
    return "PROVIDER_REFUSED";
}

/* A refusal about the request itself comes back however often it is sent; one about somebody else
 * is repeated when a breaker lets it. */
static bool worth_repeating(const struct claim *c, const struct dial_answer *a)
{
    switch (a->refusal) {
    case REFUSAL_REQUEST: return false;
    case REFUSAL_FROM_NUMBER: return c->campaign_id != 0;
    case REFUSAL_BUSY:
    case REFUSAL_UNPAID:
    case REFUSAL_KEY:
    case REFUSAL_CREDENTIALS: return true;
    case REFUSAL_NONE: return c->attempt < MAX_ATTEMPTS;
    }
    return false;
}

static const char *evidence_of(struct op *op, const struct dial_answer *a)
{
    return arena_printf(&op->arena, "HTTP %d %s", a->http_status, a->message ? a->message : "");
}

/* Nothing is known of the attempt but that it was our intent a moment ago. */
static struct attempt attempt_of(const struct op *op, const struct claim *c)
{
    return (struct attempt){
        .id = c->attempt_id,
        .tenant_id = op->tenant_id,
        .scheduled_call_id = c->scheduled_call_id,
        .to_number = c->to_number,
        .from_number = c->from_number,
        .agent_id = c->agent_id,
        .state = {.row = ROW_PROCESSING, .attempt = ATTEMPT_INTENT},
    };
}

static struct dial_event event_of(const struct claim *c, const struct dial_answer *a)
{
    struct dial_event e = {.kind = EVENT_UNANSWERED, .again = worth_repeating(c, a)};

    switch (a->result) {
    case DIAL_ACCEPTED: e.kind = EVENT_ACCEPTED; break;
    case DIAL_REJECTED: e.kind = EVENT_REJECTED; break;
    case DIAL_NEVER_SENT: e.kind = EVENT_NEVER_SENT; break;
    case DIAL_UNKNOWN:
#ifdef AGORALIA_REFUTE_AT_ONCE /* the proof's negative control: what must double */
        e.kind = EVENT_NEVER_SENT;
#endif
        break;
    }
    return e;
}

/*
 * Of a request that was sent again an acceptance is the attempt's, whichever request it answers.  A
 * refusal, or one that never left, says nothing of the requests before it.
 */
static bool settle_repeated(struct op *op, const struct claim *c, const struct dial_answer *a,
                            const struct attempt_news *news)
{
    static const struct dial_event accepted = {.kind = EVENT_ACCEPTED};

    return a->result != DIAL_ACCEPTED || attempt_tell(op, c->attempt_id, &accepted, news);
}

bool answer_write(struct op *op, const struct claim *c, const struct dial_answer *a)
{
    const struct attempt attempt = attempt_of(op, c);
    const struct dial_event event = event_of(c, a);
    const struct attempt_news news = {
        .provider_call_id = a->provider_call_id,
        .http_status = a->http_status,
        .evidence = evidence_of(op, a),
        .reason = a->result == DIAL_REJECTED ? refusal_reason(a->refusal) : "NEVER_SENT",
        .sender = SENDER_LIVES,
        .again_seconds = dial_backoff_seconds(a->refusal, c->attempt, a->retry_after_seconds),
        .repeats = c->repeats,
    };

    if (a->refusal == REFUSAL_KEY
        && !idempotency_revoke(op, c->account ? c->account : op->app->provider->account))
        return false;
    bool settled =
        c->repeats ? settle_repeated(op, c, a, &news) : attempt_settle(op, &attempt, &event, &news);
    return settled && breaker_hear_answer(op, c, a);
}

bool attempt_record(struct op *op, const struct claim *c, const struct dial_answer *a)
{
    metric_add(c->repeats ? M_REPEATS : M_DIALS, 1, LABELS(dial_result_names[a->result]));
    log_info(op, "call.dialled", F("scheduled_call_id", c->scheduled_call_id),
             F("attempt", c->attempt_id), F("repeats", (int64_t)c->repeats),
             F("result", dial_result_names[a->result]), P("to", c->to_number),
             F("provider_call_id", a->provider_call_id), F("answer", a->message));
    return answer_write(op, c, a) || answer_keep(op, c, a);
}

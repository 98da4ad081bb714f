/* attempt.c - the one writer of what became of an attempt. */

#include "common/call/attempt.h"

#include "common/base/conf.h"
#include "common/base/id.h"
#include "common/base/json.h"
#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/store/db.h"
#include "queries.h"

/* An unanswered request is in the provider's list within seconds, if it was placed. */
#define UNKNOWN_LOOK_SECONDS 5.0
/* A record that was given up is still corrected when the provider tells. */
#define UNRESOLVED_LOOK_SECONDS 3600.0
#define STOP_LOOK_SECONDS 1.0

const char *attempt_echoed(struct op *op, const struct provider_call *pc)
{
    const struct cJSON *metadata;

    if (!pc->metadata.text || !json_parse(op, str_of(pc->metadata.text), &metadata)) {
        op_forgive(op);
        return NULL;
    }
    const char *id = json_get_string(metadata, "aga_attempt");
    return id && uuid_valid(str_of(id)) ? id : NULL;
}

static void read_attempt(const struct rows *r, struct attempt *a)
{
    *a = (struct attempt){
        .id = db_text(r, 0, "id"),
        .tenant_id = db_i64(r, 0, "tenant_id"),
        .scheduled_call_id = db_i64(r, 0, "scheduled_call_id"),
        .call_id = db_i64(r, 0, "call_id"),
        .campaign_id = db_i64(r, 0, "campaign_id"),
        .lead_id = db_i64(r, 0, "lead_id"),
        .to_number = db_text(r, 0, "to_number"),
        .from_number = db_text(r, 0, "from_number"),
        .agent_id = db_text(r, 0, "agent_id"),
        .provider_call_id = db_text(r, 0, "provider_call_id"),
        .repeats = (int)db_i64(r, 0, "repeats"),
        .timezone = db_text(r, 0, "timezone"),
        .retry_policy = db_text(r, 0, "retry_policy"),
        .opt_out_phrases = db_text(r, 0, "opt_out_phrases"),
        .account = db_text(r, 0, "account"),
        .never_redial = db_bool(r, 0, "never_redial"),
        .state = {.row = row_state_named(db_text(r, 0, "row_status")),
                  .attempt = attempt_state_named(db_text(r, 0, "state"))},
    };
}

/* Only an attempt that was written off can have one: the others hold their row and their phone. */
static bool look_for_rival(struct op *op, struct attempt *a)
{
    int64_t was = op->tenant_id;
    struct rows rows;

    op->tenant_id = a->tenant_id;
    bool ok = db_query(op, &SQL_ATTEMPT_RIVAL,
                       ARGS({"attempt_id", a->id}, {"to_number", a->to_number},
                            {"scheduled_call_id", sql_i64(op, a->scheduled_call_id)},
                            {"campaign_id", a->campaign_id ? sql_i64(op, a->campaign_id) : NULL},
                            {"lead_id", a->lead_id ? sql_i64(op, a->lead_id) : NULL}),
                       &rows);
    op->tenant_id = was;
    if (ok)
        a->state.rival = db_bool(&rows, 0, "rival");
    return ok;
}

bool attempt_lock(struct op *op, const char *attempt_id, const char *provider_call_id,
                  struct attempt *out, bool *found)
{
    struct rows rows;

    *found = false;
    if (!db_query(op, &SQL_ATTEMPT_LOCK,
                  ARGS({"attempt_id", attempt_id}, {"provider", op->app->provider->name},
                       {"provider_call_id", provider_call_id}),
                  &rows))
        return false;
    if (rows.n == 0)
        return true;
    *found = true;
    read_attempt(&rows, out);
    return attempt_lives(out->state.attempt) || look_for_rival(op, out);
}

/* When the reconciler should look at an attempt that came to this state; 0 = never. */
static double look_after(const struct op *op, const struct dial_step *to)
{
    switch (to->attempt) {
    case ATTEMPT_UNKNOWN: return UNKNOWN_LOOK_SECONDS;
    case ATTEMPT_ACCEPTED:
    case ATTEMPT_RINGING:
    case ATTEMPT_ONGOING: return (double)op->app->conf->call_poll_seconds;
    case ATTEMPT_UNRESOLVED: return UNRESOLVED_LOOK_SECONDS;
    case ATTEMPT_ACCEPTED_LATE: return to->effects & EFFECT_STOP ? STOP_LOOK_SECONDS : 0;
    case ATTEMPT_NONE:
    case ATTEMPT_INTENT:
    case ATTEMPT_ENDED:
    case ATTEMPT_NOT_CONNECTED:
    case ATTEMPT_ERROR:
    case ATTEMPT_REJECTED:
    case ATTEMPT_REFUTED: return 0;
    }
    return 0;
}

/* A call's own end is written by events.c; here it fails with its row, or comes back with it. */
static const char *call_status_after(const struct attempt *a, const struct dial_step *to)
{
    if (to->effects & EFFECT_OVER)
        return NULL;
    if (to->row == ROW_FAILED && a->state.row != ROW_FAILED)
        return "failed";
    if (to->row == ROW_PROCESSING && a->state.row != ROW_PROCESSING)
        return "queued";
    return NULL;
}

static const char *seconds(struct op *op, double s)
{
    return s > 0 ? arena_printf(&op->arena, "%.3f", s) : NULL;
}

static bool write(struct op *op, const struct attempt *a, const struct dial_step *to,
                  const struct attempt_news *news, bool *written)
{
    double look = news->look_seconds > 0 ? news->look_seconds : look_after(op, to);
    bool waits = to->row == ROW_SCHEDULED && a->state.row != ROW_SCHEDULED;
    const char *reason = to->row == ROW_PROCESSING ? NULL : news->reason;
    int64_t was = op->tenant_id;
    struct rows rows;
    const struct arg *args = ARGS(
        {"attempt_id", a->id}, {"was", attempt_state_names[a->state.attempt]},
        {"state", attempt_state_names[to->attempt]}, {"provider_call_id", news->provider_call_id},
        {"http_status", news->http_status ? sql_i64(op, news->http_status) : NULL},
        {"evidence", news->evidence}, {"outcome", news->outcome},
        {"stop", sql_bool(to->effects & EFFECT_STOP)}, {"look_seconds", seconds(op, look)},
        {"row_status", row_state_names[to->row]}, {"reason", reason},
        {"again_seconds", waits ? seconds(op, news->again_seconds) : NULL},
        {"call_status", call_status_after(a, to)},
        {"died", news->sender ? sql_bool(news->sender == SENDER_DIED) : NULL});

    op->tenant_id = a->tenant_id;
    bool ok = db_query(op, &SQL_ATTEMPT_WRITE, args, &rows);
    op->tenant_id = was;
    *written = ok && rows.n > 0;
    return ok;
}

static struct dial_step decide(const struct attempt *a, const struct dial_event *e,
                               const struct attempt_news *news)
{
    struct dial_event judged = *e;
    struct dial_state state = a->state;

    state.repeated = a->repeats > news->repeats;
    if (e->kind == EVENT_ABSENT && a->never_redial)
        judged.again = false;
    return dial_step(&state, &judged);
}

static void raise_alarm(struct op *op, const struct attempt *a, const struct dial_step *to,
                        const struct attempt_news *news)
{
    metric_add(M_ACCEPTED_LATE, 1, LABELS(a->state.rival ? "rival" : "revived"));
    log_error(
        op, "call.accepted_late", F("attempt", a->id), F("scheduled_call_id", a->scheduled_call_id),
        F("was", attempt_state_names[a->state.attempt]), F("now", attempt_state_names[to->attempt]),
        F("provider_call_id", news->provider_call_id));
}

bool attempt_move(struct op *op, const struct attempt *a, const struct dial_event *e,
                  const struct attempt_news *news, struct dial_step *out)
{
    bool written;

    *out = decide(a, e, news);
    bool learns = news->provider_call_id && !a->provider_call_id;
    if (!out->moved && !learns)
        return true;
    if (out->effects & EFFECT_ALARM)
        raise_alarm(op, a, out, news);
    if (!write(op, a, out, news, &written))
        return false;
    return written || fail(op, E_INTERNAL_ERROR, "attempt %s moved under its lock", a->id);
}

bool attempt_tell(struct op *op, const char *attempt_id, const struct dial_event *e,
                  const struct attempt_news *news)
{
    struct attempt a;
    struct dial_step to;
    bool found;

    if (!db_begin(op) || !attempt_lock(op, attempt_id, NULL, &a, &found))
        return false;
    return (!found || attempt_move(op, &a, e, news, &to)) && db_commit(op);
}

bool attempt_settle(struct op *op, const struct attempt *a, const struct dial_event *e,
                    const struct attempt_news *news)
{
    const struct dial_step to = decide(a, e, news);
    bool written;

    return write(op, a, &to, news, &written) && (written || attempt_tell(op, a->id, e, news));
}

/* events.c - the inbox, and what an event changes. */

#include "common/call/events.h"

#include "common/base/conf.h"
#include "common/base/digest.h"
#include "common/base/id.h"
#include "common/base/json.h"
#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/provider/outcome.h"
#include "common/store/db.h"
#include "queries.h"

/* Of an event and of a call's id, which stands in indexes: they are short or not Retell's. */
enum { NAME_BYTES = 255 };

int attempt_rank(const char *state)
{
    static const char *const open[] = {"intent", "unknown", "accepted", "ringing", "ongoing"};

    for (int i = 0; i < (int)ARRAY_LEN(open); i++)
        if (strcmp(open[i], state) == 0)
            return i < 2 ? 0 : i - 1;
    return 4;
}

/* Our own attempt id, as the provider echoes it; NULL when it is none. */
static const char *echoed_attempt(struct op *op, const struct provider_call *pc)
{
    const struct cJSON *metadata;

    if (!pc->metadata.text || !json_parse(op, str_of(pc->metadata.text), &metadata)) {
        op_forgive(op);
        return NULL;
    }
    const char *id = json_get_string(metadata, "aga_attempt");
    return id && uuid_valid(str_of(id)) ? id : NULL;
}

static const char *hash_of(struct op *op, struct str body)
{
    char *hex = arena_alloc(&op->arena, SHA256_HEX_SIZE);

    digest_hex(DIGEST_SHA256, body, hex);
    return hex;
}

bool webhook_store(struct op *op, struct str body, bool *stored)
{
    const struct provider *p = op->app->provider;
    struct provider_call pc = {0};
    const char *event;
    struct rows rows;

    if (!p->read_webhook(op, p, body, &event, &pc))
        return false;
    if (strlen(event) > NAME_BYTES)
        err_detail(op, "event", "is too long");
    if (strlen(pc.provider_call_id) > NAME_BYTES)
        err_detail(op, "call.call_id", "is too long");
    if (op->err.details)
        return fail(op, E_VALIDATION_ERROR, "Request validation failed");
    if (!db_query(op, &SQL_INBOX_STORE,
                  ARGS({"provider", p->name}, {"dedupe_key", hash_of(op, body)}, {"event", event},
                       {"provider_call_id", pc.provider_call_id},
                       {"body", arena_strndup(&op->arena, body.p, body.n)},
                       {"attempt_id", echoed_attempt(op, &pc)}, {"request_id", op->request_id}),
                  &rows))
        return false;
    *stored = rows.n > 0;
    metric_add(M_WEBHOOKS, 1, LABELS(event, *stored ? "stored" : "repeated"));
    return true;
}

/* What an event says of the attempt and of the call; NULL = nothing new. */
struct change {
    const char *state; /* of the attempt */
    const char *call_status;
    const char *row_status; /* of the scheduled call, when it is over */
    const char *outcome;
    bool opted_out;
};

/* The event's name outranks call_status: call_ended is documented with "registered" in it. */
static const char *status_told(const char *event, const struct provider_call *pc)
{
    bool never_started = pc->started_at.us == 0;

    if (strcmp(event, "call_started") == 0)
        return "ongoing";
    if (strcmp(event, "call_ended") == 0 && pc->status
        && (strcmp(pc->status, "registered") == 0 || strcmp(pc->status, "ongoing") == 0))
        return never_started ? "not_connected" : "ended";
    return pc->status ? pc->status : "";
}

static bool is_over(const char *told)
{
    return strcmp(told, "ended") == 0 || strcmp(told, "not_connected") == 0
           || strcmp(told, "error") == 0;
}

static struct change change_of(const char *event, const struct provider_call *pc)
{
    const char *told = status_told(event, pc);
    struct change c = {0};

    if (strcmp(told, "registered") == 0)
        c.state = "accepted";
    if (strcmp(told, "ongoing") == 0) {
        c.state = "ongoing";
        c.call_status = "in_progress";
    }
    if (!is_over(told))
        return c;
    const struct call_outcome o = call_outcome_of(&(struct call_facts){
        .status = told,
        .disconnection_reason = pc->disconnection_reason,
        .connected = pc->started_at.us != 0,
        .duration_ms = pc->duration_ms,
    });
    c.state = told;
    c.call_status = o.status;
    c.outcome = o.outcome;
    c.row_status = !o.status                           ? "done"
                   : strcmp(o.status, "canceled") == 0 ? "canceled"
                   : strcmp(o.status, "failed") == 0   ? "failed"
                                                       : "done";
    c.opted_out = o.outcome && strcmp(o.outcome, "dnc") == 0;
    return c;
}

static const char *disposition_of(struct op *op, const struct provider_call *pc)
{
    const struct cJSON *analysis;

    if (!pc->analysis.text || !json_parse(op, str_of(pc->analysis.text), &analysis)) {
        op_forgive(op);
        return NULL;
    }
    return json_get_string(json_get(analysis, "custom_analysis_data"), "disposition");
}

/* Everything a call's row (call_id NULL: a web call's, found by the provider's id) can learn from
 * an event, merged by the statement. */
static const struct arg *call_args(struct op *op, const struct provider_call *pc,
                                   const struct change *c, bool moves, const char *call_id)
{
    bool over = moves && c->row_status;
    const struct arg args[] = {
        {"provider", op->app->provider->name},
        {"provider_call_id", pc->provider_call_id},
        {"status", moves ? c->call_status : NULL},
        {"outcome", moves ? c->outcome : NULL},
        {"disconnection_reason", over ? pc->disconnection_reason : NULL},
        {"started_at", sql_tstamp(op, pc->started_at)},
        {"ended_at", sql_tstamp(op, pc->ended_at)},
        {"duration_seconds", pc->duration_ms ? sql_i64(op, (pc->duration_ms + 500) / 1000) : NULL},
        {"cost_cents",
         pc->cost_cents > 0 ? arena_printf(&op->arena, "%.6f", pc->cost_cents) : NULL},
        {"segments", pc->transcript.text},
        {"summary", pc->analysis.text},
        {"disposition", disposition_of(op, pc)},
        {"call_id", call_id},
        {0},
    };
    return memcpy(arena_alloc(&op->arena, sizeof(args)), args, sizeof(args));
}

/* Evidence against a refutation: kept for the alarm. */
static bool note_late(struct op *op, const char *attempt_id, const char *provider_call_id)
{
    struct rows rows;

    log_error(op, "call.accepted_late", F("attempt", attempt_id),
              F("provider_call_id", provider_call_id));
    return db_query(op, &SQL_ATTEMPT_ACCEPTED_LATE,
                    ARGS({"attempt_id", attempt_id}, {"provider_call_id", provider_call_id}),
                    &rows);
}

static bool apply_to_attempt(struct op *op, const struct rows *a, const struct provider_call *pc,
                             const struct change *c)
{
    const char *state = db_text(a, 0, "state"), *attempt_id = db_text(a, 0, "id");

    if (strcmp(state, "rejected") == 0 || strcmp(state, "refuted") == 0)
        return note_late(op, attempt_id, pc->provider_call_id);
    bool moves = c->state && attempt_rank(c->state) > attempt_rank(state);
    bool ends = moves && c->row_status;
    const char *after = moves ? c->state : state;
    const struct arg *attempt_args = ARGS(
        {"attempt_id", attempt_id}, {"state", after}, {"provider_call_id", pc->provider_call_id},
        {"over", sql_bool(attempt_rank(after) == 4)},
        {"poll_seconds", sql_i64(op, op->app->conf->call_poll_seconds)});
    const struct arg *row_args =
        ARGS({"scheduled_call_id", db_text(a, 0, "scheduled_call_id")}, {"status", c->row_status},
             {"reason", c->outcome}, {"provider_call_id", pc->provider_call_id});
    const struct arg *opt_args = ARGS({"to_number", db_text(a, 0, "to_number")});
    const struct arg *known = call_args(op, pc, c, moves, db_text(a, 0, "call_id"));
    const struct arg *lock_args = ARGS({"e164", db_text(a, 0, "to_number")});
    struct rows moved, called, ended, locked, opted;
    const struct ask asks[] = {{&SQL_EVENT_ATTEMPT_MOVES, attempt_args, &moved},
                               {&SQL_EVENT_CALL, known, &called},
                               {&SQL_EVENT_ROW_ENDS, row_args, &ended},
                               {&SQL_DNC_LOCK, lock_args, &locked},
                               {&SQL_EVENT_OPT_OUT, opt_args, &opted}};

    return db_ask(op, asks, !ends ? 2 : c->opted_out ? 5 : 3);
}

bool call_apply(struct op *op, const char *event, const struct provider_call *pc, bool *matched)
{
    const struct change c = change_of(event, pc);
    struct rows attempt, web;

    *matched = false;
    if (!db_query(op, &SQL_EVENT_ATTEMPT,
                  ARGS({"attempt_id", echoed_attempt(op, pc)},
                       {"provider", op->app->provider->name},
                       {"provider_call_id", pc->provider_call_id}),
                  &attempt))
        return false;
    if (attempt.n) {
        int64_t was = op->tenant_id;
        op->tenant_id = db_i64(&attempt, 0, "tenant_id");
        *matched = true;
        bool ok = apply_to_attempt(op, &attempt, pc, &c);
        op->tenant_id = was;
        return ok;
    }
    if (!db_query(op, &SQL_EVENT_WEB_CALL, call_args(op, pc, &c, true, NULL), &web))
        return false;
    *matched = web.affected > 0;
    return true;
}

static bool apply_stored(struct op *op, const struct rows *waiting, int i)
{
    const struct provider *p = op->app->provider;
    struct provider_call pc = {0};
    const char *event;
    struct rows rows;
    bool matched;

    if (!p->read_webhook(op, p, str_of(db_text(waiting, i, "body")), &event, &pc)
        || !call_apply(op, event, &pc, &matched))
        return false;
    if (!matched)
        return true; /* stays in the inbox: the call may become ours yet */
    return db_query(op, &SQL_INBOX_APPLIED,
                    ARGS({"id", db_text(waiting, i, "id")}, {"result", "applied"}), &rows);
}

bool webhooks_apply(struct op *op, const char *provider_call_id)
{
    struct rows waiting;

    if (!db_begin(op)
        || !db_query(
            op, &SQL_INBOX_WAITING,
            ARGS({"provider", op->app->provider->name}, {"provider_call_id", provider_call_id}),
            &waiting))
        return false;
    for (int i = 0; i < waiting.n; i++)
        if (!apply_stored(op, &waiting, i))
            return false;
    return db_commit(op);
}

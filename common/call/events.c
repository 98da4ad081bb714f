/* events.c - the inbox, and what an event changes. */

#include "common/call/events.h"

#include "common/base/conf.h"
#include "common/base/digest.h"
#include "common/base/json.h"
#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/call/aftermath.h"
#include "common/call/attempt.h"
#include "common/call/opt_out.h"
#include "common/call/polled.h"
#include "common/store/db.h"
#include "queries.h"

/* Of an event and of a call's id, which stands in indexes: they are short or not Retell's. */
enum { NAME_BYTES = 255 };

static const char *hash_of(struct op *op, struct str body)
{
    char *hex = arena_alloc(&op->arena, SHA256_HEX_SIZE);

    digest_hex(DIGEST_SHA256, body, hex);
    return hex;
}

bool webhook_store(struct op *op, const char *account, struct str body, bool *stored)
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
                       {"attempt_id", attempt_echoed(op, &pc)}, {"request_id", op->request_id},
                       {"account", account},
                       {"signer", account ? sql_i64(op, op->tenant_id) : NULL}),
                  &rows))
        return false;
    *stored = rows.n > 0;
    metric_add(M_WEBHOOKS, 1, LABELS(event, *stored ? "stored" : "repeated"));
    return true;
}

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

/* What an event says. */
struct news {
    struct dial_event event;
    struct call_outcome outcome; /* all NULL while the call is not over */
    bool means_nothing;          /* facts may come with it all the same */
};

static enum row_state row_after(const struct call_outcome *o)
{
    if (o->status && strcmp(o->status, "canceled") == 0)
        return ROW_CANCELED;
    return o->status && strcmp(o->status, "failed") == 0 ? ROW_FAILED : ROW_DONE;
}

static struct news ended(enum dial_event_kind kind, const char *told,
                         const struct provider_call *pc)
{
    const struct call_outcome o = call_outcome_of(&(struct call_facts){
        .status = told,
        .disconnection_reason = pc->disconnection_reason,
        .connected = pc->started_at.us != 0,
        .duration_ms = pc->duration_ms,
    });

    return (struct news){.event = {.kind = kind, .row_after = row_after(&o)}, .outcome = o};
}

static struct news news_of(const char *event, const struct provider_call *pc)
{
    static const struct {
        const char *told;
        enum dial_event_kind kind;
    } words[] = {{"registered", EVENT_REGISTERED},
                 {"ongoing", EVENT_ONGOING},
                 {"ended", EVENT_ENDED},
                 {"not_connected", EVENT_NOT_CONNECTED},
                 {"error", EVENT_ERROR}};
    const char *told = status_told(event, pc);

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (strcmp(words[i].told, told) == 0)
            return words[i].kind < EVENT_ENDED ? (struct news){.event = {.kind = words[i].kind}}
                                               : ended(words[i].kind, told, pc);
    return (struct news){.means_nothing = true};
}

static const char *call_status_of(const struct news *n)
{
    if (n->means_nothing)
        return NULL;
    return n->event.kind == EVENT_ONGOING ? "in_progress" : n->outcome.status;
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

/* Everything a call's row (call_id 0: a web call's, found by the provider's id) can learn from
 * an event, merged by the statement. */
static const struct arg *call_args(struct op *op, const struct provider_call *pc,
                                   const struct news *n, bool moves, int64_t call_id)
{
    bool over = moves && n->outcome.outcome;
    struct opt_bool silent = call_was_silent(op, pc, n->outcome.outcome);
    const struct arg args[] = {
        {"provider", op->app->provider->name},
        {"provider_call_id", pc->provider_call_id},
        {"account", pc->account},
        {"teller", pc->account ? sql_i64(op, pc->tenant_id) : NULL},
        {"status", moves ? call_status_of(n) : NULL},
        {"outcome", over ? n->outcome.outcome : NULL},
        {"disconnection_reason", over ? pc->disconnection_reason : NULL},
        {"started_at", sql_tstamp(op, pc->started_at)},
        {"ended_at", sql_tstamp(op, pc->ended_at)},
        {"duration_seconds", pc->duration_ms ? sql_i64(op, (pc->duration_ms + 500) / 1000) : NULL},
        {"cost_cents",
         pc->cost_cents > 0 ? arena_printf(&op->arena, "%.6f", pc->cost_cents) : NULL},
        {"segments", pc->transcript.text},
        {"summary", pc->analysis.text},
        {"disposition", disposition_of(op, pc)},
        {"silent", silent.set ? sql_bool(silent.v) : NULL},
        {"call_id", call_id ? sql_i64(op, call_id) : NULL},
        {0},
    };
    return memcpy(arena_alloc(&op->arena, sizeof(args)), args, sizeof(args));
}

/* The call's row belongs to the attempt that its scheduled call goes on with. */
static bool merge_facts(struct op *op, const struct attempt *a, const struct provider_call *pc,
                        const struct news *n, const struct dial_step *to)
{
    struct rows rows;

    return to->attempt == ATTEMPT_ACCEPTED_LATE
           || db_query(op, &SQL_EVENT_CALL, call_args(op, pc, n, to->moved, a->call_id), &rows);
}

static bool apply_to_attempt(struct op *op, const struct attempt *a, const struct provider_call *pc,
                             const struct news *n)
{
    const struct attempt_news news = {.provider_call_id = pc->provider_call_id,
                                      .outcome = n->outcome.outcome,
                                      .reason = n->outcome.outcome};
    struct dial_step to = {.row = a->state.row, .attempt = a->state.attempt};

    if (!n->means_nothing && !attempt_move(op, a, &n->event, &news, &to))
        return false;
    return merge_facts(op, a, pc, n, &to)
           && (!(to.effects & EFFECT_OVER) || call_aftermath(op, a, &n->outcome, pc->ended_at))
           && opt_out_hear(op, a, pc);
}

static bool apply_to_web_call(struct op *op, const struct provider_call *pc, const struct news *n,
                              bool *matched)
{
    struct rows web;

    if (!db_query(op, &SQL_EVENT_WEB_CALL, call_args(op, pc, n, true, 0), &web))
        return false;
    *matched = web.affected > 0;
    return true;
}

/* It was sent more than once, and its key did not keep the provider from placing it again. */
static bool is_second_of(const struct attempt *a, const struct provider_call *pc)
{
    return a->repeats && a->provider_call_id
           && strcmp(a->provider_call_id, pc->provider_call_id) != 0;
}

/* A workspace speaks for the calls that were asked for there, whatever ids it names. */
static bool may_tell(const struct provider_call *pc, const struct attempt *a)
{
    if (!pc->account || !a->account)
        return !pc->account && !a->account;
    return strcmp(pc->account, a->account) == 0 && pc->tenant_id == a->tenant_id;
}

bool call_apply(struct op *op, const char *event, const struct provider_call *pc, bool *matched)
{
    const struct news n = news_of(event, pc);
    int64_t was = op->tenant_id;
    struct attempt a;

    if (!attempt_lock(op, attempt_echoed(op, pc), pc->provider_call_id, &a, matched))
        return false;
    if (!*matched)
        return apply_to_web_call(op, pc, &n, matched);
    if (!may_tell(pc, &a)) {
        log_warning(op, "call.told_by_others", F("attempt", a.id), F("account", pc->account));
        *matched = false;
        return true;
    }
    if (is_second_of(&a, pc))
        return polled_is_stray(op, a.id, pc->provider_call_id);
    op->tenant_id = a.tenant_id;
    bool ok = apply_to_attempt(op, &a, pc, &n);
    op->tenant_id = was;
    return ok;
}

static bool apply_stored(struct op *op, const struct rows *waiting, int i)
{
    const struct provider *p = op->app->provider;
    struct provider_call pc = {0};
    const char *event;
    struct rows rows;
    bool matched;

    if (!p->read_webhook(op, p, str_of(db_text(waiting, i, "body")), &event, &pc))
        return false;
    pc.account = db_text(waiting, i, "account");
    pc.tenant_id = db_i64(waiting, i, "signer");
    if (!call_apply(op, event, &pc, &matched))
        return false;
    if (!matched && !pc.account)
        return true; /* stays in the inbox: the call may become ours yet */
    /* A tenant's key was found by the call: what is not its own now never will be. */
    return db_query(
        op, &SQL_INBOX_APPLIED,
        ARGS({"id", db_text(waiting, i, "id")}, {"result", matched ? "applied" : "refused"}),
        &rows);
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

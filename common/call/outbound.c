/* outbound.c - one call asked for by itself: decided now, queued at once. */

#include "common/base/clock.h"
#include "common/base/conf.h"
#include "common/base/id.h"
#include "common/base/json.h"
#include "common/base/log.h"
#include "common/call/call.h"
#include "common/campaign/campaign.h"
#include "common/number/number.h"
#include "common/provider/provider.h"
#include "common/store/db.h"
#include "common/tenant/workspace.h"
#include "queries.h"

/* What is asked for, whoever asks. */
struct wanted {
    const char *to_number, *from_number, *agent_id;
    struct json_text metadata;
    struct lead lead;         /* id 0 = nobody we know */
    struct campaign campaign; /* id 0 = none; its rules count, the call is not one of its own */
};

/* An id of ours in what is otherwise the client's own; *id 0 = not given. */
static bool read_id(struct op *op, const struct cJSON *metadata, const char *name, int64_t *id)
{
    const struct cJSON *v = json_get(metadata, name);

    *id = 0;
    if (!v || json_is_null(v) || (json_i64(v, id) && *id > 0))
        return true;
    err_detail(op, arena_printf(&op->arena, "metadata.%s", name), "must be a positive integer");
    return fail(op, E_VALIDATION_ERROR, "Request validation failed");
}

static bool adopt_lead(struct op *op, const struct cJSON *metadata, struct wanted *w)
{
    int64_t id;

    if (!read_id(op, metadata, "lead_id", &id))
        return false;
    if (id == 0)
        return true;
    if (lead_get(op, id, &w->lead)) {
        if (strcmp(w->lead.phone, w->to_number) == 0)
            return true;
        err_detail(op, "metadata.lead_id", "is a lead with another phone than to_number");
        return fail(op, E_VALIDATION_ERROR, "Request validation failed");
    }
    return false;
}

static bool adopt_campaign(struct op *op, const struct cJSON *metadata, struct wanted *w)
{
    int64_t id;

    return read_id(op, metadata, "campaign_id", &id)
           && (id == 0 || campaign_get(op, id, &w->campaign));
}

/* aga_ is ours: what comes back under it must be what we sent. */
static bool read_own(struct op *op, struct json_text text, const struct cJSON **metadata)
{
    *metadata = NULL;
    if (text.text && !json_parse(op, str_of(text.text), metadata))
        return false;
    for (const struct cJSON *v = json_first(*metadata); v; v = json_next(v))
        if (strncmp(json_key(v), "aga_", 4) == 0)
            err_detail(op, arena_printf(&op->arena, "metadata.%s", json_key(v)),
                       "must not begin with aga_");
    return !op->err.details || fail(op, E_VALIDATION_ERROR, "Request validation failed");
}

static bool read_metadata(struct op *op, struct wanted *w)
{
    const struct cJSON *metadata;

    return read_own(op, w->metadata, &metadata) && adopt_lead(op, metadata, w)
           && adopt_campaign(op, metadata, w);
}

static bool require_number(struct op *op, const struct wanted *w)
{
    bool active = false;

    if (!number_is_active(op, w->from_number, &active))
        return false;
    if (active)
        return true;
    err_detail(op, "from_number", "is not an active number of yours");
    return fail(op, E_VALIDATION_ERROR, "Request validation failed");
}

static bool refuse_second(struct op *op, const struct wanted *w)
{
    struct rows rows;

    if (!db_query(op, &SQL_CALL_LIVE_TO_NUMBER, ARGS({"to_number", w->to_number}), &rows))
        return false;
    if (db_bool(&rows, 0, "live") || db_bool(&rows, 0, "asked"))
        return fail(op, E_CALL_IN_PROGRESS, "A call to this number is already on its way");
    return true;
}

static bool refuse_call(struct op *op, const struct wanted *w, const struct compliance_answer *a,
                        struct tstamp at)
{
    const struct compliance_verdict *v = &a->verdict;
    int64_t check_id;

    if (!compliance_record(op,
                           &(struct compliance_subject){.to_number = w->to_number,
                                                        .campaign_id = w->campaign.id,
                                                        .lead_id = w->lead.id,
                                                        .scheduled_time = at},
                           a, &check_id))
        return false;
    err_detail_i64(op, "compliance_check_id", check_id);
    err_detail(op, "rejection_code", compliance_code_name(v->code));
    err_detail(op, "rejection_reason", compliance_code_reason(v->code));
    if (v->next_allowed_at.us)
        err_detail(op, "next_allowed_at", tstamp_format(&op->arena, v->next_allowed_at));
    return fail(op, E_COMPLIANCE_VIOLATION, "This call is not allowed: %s",
                compliance_code_reason(v->code));
}

static bool require_lawful(struct op *op, const struct wanted *w)
{
    struct tstamp now = {clock_now_us()};
    struct compliance_answer answer;
    const struct compliance_question question = {
        .to_number = w->to_number,
        .from_number = w->from_number,
        .at = now,
        .guard_seconds = (int)op->app->conf->dial_guard_seconds,
        .campaign =
            w->campaign.id ? campaign_compliance(&w->campaign) : (struct compliance_campaign){0},
        .lead = w->lead.id ? &w->lead : NULL,
    };

    if (!compliance_ask(op, &question, &answer))
        return false;
    return answer.verdict.status != VERDICT_REJECTED || refuse_call(op, w, &answer, now);
}

static const struct arg *insert_args(struct op *op, const struct wanted *w, const char *call_id)
{
    const struct arg args[] = {
        {"call_id", call_id},           {"lead_id", w->lead.id ? sql_i64(op, w->lead.id) : NULL},
        {"to_number", w->to_number},    {"from_number", w->from_number},
        {"agent_id", w->agent_id},      {"metadata", w->metadata.text},
        {"request_id", op->request_id}, {0},
    };
    return memcpy(arena_alloc(&op->arena, sizeof(args)), args, sizeof(args));
}

/* Under the number's lock, so that of two requests at once the second sees the first. */
static bool insert(struct op *op, const struct wanted *w, struct outbound_reply *out)
{
    char *call_id = arena_alloc(&op->arena, CALL_ID_SIZE);
    struct rows locked, rows;

    call_id_make(call_id);
    if (!db_begin(op) || !db_query(op, &SQL_DNC_LOCK, ARGS({"e164", w->to_number}), &locked)
        || !refuse_second(op, w)
        || !db_query_commit(op, &SQL_CALL_INSERT_OUTBOUND, insert_args(op, w, call_id), &rows))
        return false;
    *out = (struct outbound_reply){.call_id = call_id, .status = "queued"};
    log_info(op, "call.queued", F("call_id", call_id), P("to", w->to_number));
    return tstamp_parse(str_of(db_text(&rows, 0, "now")), &out->estimated_start);
}

/* The decision here spares a refused caller the wait; the one that counts is made at the claim. */
static bool ask_for(struct op *op, struct wanted *w, struct outbound_reply *out)
{
    return read_metadata(op, w) && require_number(op, w) && refuse_second(op, w)
           && require_lawful(op, w) && insert(op, w, out);
}

bool call_outbound(struct op *op, const struct outbound_request *r, struct outbound_reply *out)
{
    struct wanted w = {.to_number = r->to_number,
                       .from_number = r->from_number,
                       .agent_id = r->agent_id,
                       .metadata = r->metadata};

    return ask_for(op, &w, out);
}

bool call_lead(struct op *op, int64_t lead_id, const struct lead_call_request *r,
               struct outbound_reply *out)
{
    struct wanted w = {
        .from_number = r->from_number, .agent_id = r->agent_id, .metadata = r->metadata};

    if (!lead_get(op, lead_id, &w.lead))
        return false;
    w.to_number = w.lead.phone;
    return ask_for(op, &w, out);
}

bool call_web(struct op *op, const struct web_call_request *r, struct web_call_reply *out)
{
    const struct provider *p;
    char *call_id = arena_alloc(&op->arena, CALL_ID_SIZE);
    struct provider_web_call web;
    const char *base = op->app->conf->public_url;
    const struct cJSON *metadata;
    struct rows rows;

    if (!read_own(op, r->metadata, &metadata) || !workspace_own(op, &p)
        || !p->create_web_call(op, p, r->agent_id, r->metadata.text, &web))
        return false;
    call_id_make(call_id);
    if (!db_begin(op)
        || !db_query_commit(op, &SQL_CALL_INSERT_WEB,
                            ARGS({"call_id", call_id}, {"agent_id", r->agent_id},
                                 {"provider_call_id", web.provider_call_id},
                                 {"account", workspace_account(p)}, {"metadata", r->metadata.text}),
                            &rows))
        return false;
    const char *host = base && strstr(base, "://") ? strstr(base, "://") + 3 : NULL;
    *out = (struct web_call_reply){
        .call_id = call_id,
        .session_id = web.provider_call_id,
        .access_token = web.access_token,
        .expires_at = web.expires_at,
        .websocket_url =
            host ? arena_printf(&op->arena, "%s://%s/api/v1/calls/%s/stream",
                                strncmp(base, "https", 5) == 0 ? "wss" : "ws", host, call_id)
                 : NULL,
    };
    return true;
}

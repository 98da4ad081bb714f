/* ops_calls.c - placing calls and acting on one call. */

#include "common/base/clock.h"
#include "tests/retell_sim/call_json.h"
#include "tests/retell_sim/calls.h"
#include "tests/retell_sim/json.h"
#include "tests/retell_sim/json_out.h"
#include "tests/retell_sim/schema.h"

#define IDEMPOTENCY_MS 3600e3
#define METADATA_BYTES 50000
#define WEB_CALL_MS 30000
#define CALL_FIELDS \
    {"metadata", SF_OBJECT, 0, NULL}, {"retell_llm_dynamic_variables", SF_STRING_MAP, 0, NULL}, \
        {"agent_override", SF_OBJECT, 0, NULL}, \
    { \
        "custom_sip_headers", SF_STRING_MAP, 0, NULL \
    }

static const struct sim_field phone_fields[] = {
    {"from_number", SF_STRING, SF_REQUIRED | SF_FILLED, NULL},
    {"to_number", SF_STRING, SF_REQUIRED | SF_FILLED, NULL},
    {"override_agent_id", SF_STRING, SF_FILLED, NULL},
    {"override_agent_version", SF_VERSION, 0, NULL},
    {"ignore_e164_validation", SF_BOOLEAN, 0, NULL},
    {"idempotency_key", SF_STRING, SF_FILLED, NULL},
    CALL_FIELDS,
};

static const struct sim_field agent_fields[] = {
    {"agent_id", SF_STRING, SF_REQUIRED | SF_FILLED, NULL},
    {"agent_version", SF_VERSION, 0, NULL},
    {"direction", SF_STRING, 0, "inbound|outbound"},
    {"from_number", SF_STRING, 0, NULL},
    {"to_number", SF_STRING, 0, NULL},
    CALL_FIELDS,
};

static void reply_call(struct sim *s, struct sim_reply *r, int status, const struct sim_call *c)
{
    r->call_id = c->id;
    sim_call_json(sim_reply_json(r, status), &s->config, c, SIM_VIEW_FULL);
}

static struct sim_call *find_call(struct sim *s, const struct sim_request *q, struct sim_reply *r)
{
    struct sim_call *c = sim_call_find(&s->world, q->ws, str_of(q->param));

    if (c)
        r->call_id = c->id;
    else
        sim_reply_error(r, s->config.not_found_call,
                        "Cannot find requested asset under given api key.");
    return c;
}

/* The agent that will speak: the request's own choice, else the number's. */
static struct sim_agent *choose_agent(struct sim *s, struct sim_workspace *ws, struct str asked,
                                      const struct sim_number *number, struct sim_reply *r)
{
    struct sim_agent *agent = NULL;
    char id[64] = "";

    if (asked.n) {
        agent = sim_json_cstr(asked, id, sizeof(id)) ? sim_agent_find(ws, str_of(id)) : NULL;
        if (!agent)
            sim_reply_error(r, s->config.not_found_call, "Item %s not found from agent", id);
    } else if (number) {
        agent = sim_number_agent(ws, number, SIM_NF_outbound_agents);
        if (!agent)
            sim_reply_error(r, 400, "No outbound agent id set up for phone number.");
    }
    if (agent && agent->suspended) {
        sim_reply_error(r, 403, "Agent %s is suspended for violating the terms of service.",
                        agent->id);
        return NULL;
    }
    return agent;
}

/* The same key within the hour gives the same call. */
static struct sim_call *replayed(struct sim *s, struct sim_workspace *ws, struct str key)
{
    const struct sim_index *x = &s->world.index;
    uint32_t count, at;

    if (!key.n || s->config.idempotency != SIM_KEY_REPLAYS)
        return NULL;
    at = sim_index_find(x, sim_hash_field(ws, SIM_BY_IDEMPOTENCY, key), &count);
    for (; at != SIM_NONE; at = x->postings[at].next) {
        struct sim_call *c = s->world.calls[x->postings[at].ordinal];
        double age_ms = (double)(clock_now_us() / 1000 - c->created_ms) * s->config.time_scale;
        if (c->ws == ws && c->idempotency_key && str_eq(str_of(c->idempotency_key), key)
            && age_ms < IDEMPOTENCY_MS)
            return c;
    }
    return NULL;
}

/* Over a limit a start is refused, or becomes a call that fails at once: both are seen. */
static bool admit(struct sim *s, struct sim_placing *p, enum sim_trunk trunk, struct sim_reply *r)
{
    enum sim_capacity capacity = sim_capacity_take(s, p->ws, trunk, 0);

    if (capacity == SIM_CAPACITY_FREE)
        return true;
    if (s->config.over_concurrency == SIM_OVER_ENDED_CALL) {
        p->forced = SIM_OUT_concurrency_limit_reached;
        return true;
    }
    sim_reply_error(r, 429,
                    capacity == SIM_CAPACITY_SLOTS ? "Concurrency limit reached."
                                                   : "Calls per second limit reached.");
    return false;
}

static bool affordable(const struct sim_workspace *ws, struct sim_reply *r)
{
    if (ws->balance_cents > 0)
        return true;
    sim_reply_error(r, 402, "Payment required: no valid payment method or credit.");
    return false;
}

void sim_op_create_phone_call(struct sim *s, const struct sim_request *q, struct sim_reply *r)
{
    struct str body;
    char from[64], to[64];

    if (!sim_body(q, r, &body)
        || !sim_schema(body, "request/body", phone_fields, ARRAY_LEN(phone_fields), r))
        return;
    if (s->config.idempotency == SIM_KEY_REFUSED && sim_json_get(body, "idempotency_key").n) {
        sim_reply_error(r, 400, "request/body must NOT have the property idempotency_key");
        return;
    }
    struct sim_number *number = NULL;
    if (sim_json_cstr(sim_json_get(body, "from_number"), from, sizeof(from)))
        number = sim_number_find(q->ws, str_of(from));
    if (!number) {
        sim_reply_error(r, s->config.not_found_from_number, "Item %s not found from phone-number",
                        from);
        return;
    }
    if (!sim_json_cstr(sim_json_get(body, "to_number"), to, sizeof(to))
        || (!sim_is_e164(to) && !sim_json_true(sim_json_get(body, "ignore_e164_validation")))) {
        sim_reply_error(r, 400, "Phone number is not valid E.164: to_number");
        return;
    }
    struct str asked = sim_json_get(body, q->seed ? "agent_id" : "override_agent_id");
    struct sim_agent *agent = choose_agent(s, q->ws, asked, number, r);
    if (!agent)
        return;
    struct sim_placing p = {
        .ws = q->ws,
        .from = from,
        .to = to,
        .agent = agent,
        .body = body,
        .forced = -1,
        .version = sim_json_get(body, "override_agent_version"),
        .idempotency_key = sim_json_get(body, "idempotency_key"),
    };
    struct sim_call *c = replayed(s, q->ws, p.idempotency_key);
    if (!c) {
        if (!affordable(q->ws, r) || !admit(s, &p, number->trunk, r))
            return;
        c = sim_call_place(s, &p);
    }
    reply_call(s, r, 201, c);
}

/* An agent-first call: over the web, or dialled by the client's own carrier. */
static struct sim_call *place_for_agent(struct sim *s, const struct sim_request *q,
                                        struct sim_reply *r, enum sim_kind kind)
{
    char from[64] = "", to[64] = "";
    struct str body;

    if (!sim_body(q, r, &body)
        || !sim_schema(body, "request/body", agent_fields, ARRAY_LEN(agent_fields), r))
        return NULL;
    struct sim_agent *agent = choose_agent(s, q->ws, sim_json_get(body, "agent_id"), NULL, r);
    if (!agent || !affordable(q->ws, r))
        return NULL;
    if (kind == SIM_PHONE
        && (!sim_json_cstr(sim_json_get(body, "from_number"), from, sizeof(from))
            || !sim_json_cstr(sim_json_get(body, "to_number"), to, sizeof(to))))
        from[0] = to[0] = '\0';
    return sim_call_place(s, &(struct sim_placing){
                                 .ws = q->ws,
                                 .kind = kind,
                                 .from = from,
                                 .to = to,
                                 .agent = agent,
                                 .body = body,
                                 .inbound = sim_json_is(sim_json_get(body, "direction"), "inbound"),
                                 .version = sim_json_get(body, "agent_version"),
                                 .forced = kind == SIM_WEB ? SIM_OUT_error_user_not_joined
                                                           : SIM_OUT_registered_call_timeout,
                             });
}

static void put_ice_servers(struct buf *b)
{
    sim_open(b, "ice_servers", '[');
    sim_open(b, NULL, '{');
    sim_put_text(b, "urls", "stun:sim.invalid:3478");
    sim_close(b, '}');
    sim_close(b, ']');
}

void sim_op_create_web_call(struct sim *s, const struct sim_request *q, struct sim_reply *r)
{
    struct sim_call *c = place_for_agent(s, q, r, SIM_WEB);

    if (!c)
        return;
    struct buf *b = sim_reply_json(r, 201);
    r->call_id = c->id;
    sim_open(b, NULL, '{');
    sim_put_text(b, "call_id", c->id);
    sim_put_text(b, "access_token", c->id + 5);
    sim_put_text(b, "transport", "gateway");
    put_ice_servers(b);
    sim_put_i64(b, "expires_at", c->created_ms + WEB_CALL_MS);
    if (q->seed) {
        sim_put_text(b, "session_id", c->id);
        sim_key(b, "websocket_url");
        buf_printf(b, "\"wss://sim.invalid/%s\"", c->id);
    }
    sim_close(b, '}');
}

void sim_op_register_phone_call(struct sim *s, const struct sim_request *q, struct sim_reply *r)
{
    struct sim_call *c = place_for_agent(s, q, r, SIM_PHONE);

    if (c)
        reply_call(s, r, 201, c);
}

void sim_op_get_call(struct sim *s, const struct sim_request *q, struct sim_reply *r)
{
    struct sim_call *c = find_call(s, q, r);

    if (c)
        reply_call(s, r, 200, c);
}

static bool require_status(const struct sim_call *c, bool ok, const char *why, struct sim_reply *r)
{
    if (!ok)
        sim_reply_error(r, 422, "Call %s %s.", c->id, why);
    return ok;
}

void sim_op_stop_call(struct sim *s, const struct sim_request *q, struct sim_reply *r)
{
    struct sim_call *c = find_call(s, q, r);

    if (!c || !require_status(c, c->status == SIM_ONGOING, "is not ongoing", r))
        return;
    sim_call_stop(s, c);
    r->status = 204;
}

static void set_metadata(struct sim *s, struct sim_call *c, struct str metadata)
{
    struct buf text = {0};

    if (sim_json_type(metadata) != SJ_OBJECT)
        return;
    sim_json_compact(&text, metadata);
    c->metadata = sim_text_keep(&s->world.text, buf_view(&text));
    buf_free(&text);
    sim_call_index_metadata(&s->world, c);
}

static void set_storage(struct sim_call *c, struct str setting)
{
    for (uint8_t i = 0; sim_storage_names[i]; i++)
        if (sim_json_is(setting, sim_storage_names[i]))
            c->storage = i;
}

static const struct sim_field update_fields[] = {
    {"metadata", SF_OBJECT, 0, NULL},
    {"data_storage_setting", SF_STRING, 0,
     "everything|everything_except_pii|basic_attributes_only"},
    {"custom_attributes", SF_OBJECT, 0, NULL}, /* none exist in the dashboard: all are dropped */
    {"override_dynamic_variables", SF_STRING_MAP, SF_NULLABLE, NULL},
};

static bool update(struct sim *s, struct sim_call *c, struct str body, const char *where,
                   struct sim_reply *r)
{
    uint8_t before = c->storage;

    if (!sim_schema(body, where, update_fields, ARRAY_LEN(update_fields), r))
        return false;
    if (sim_json_get(body, "metadata").n > METADATA_BYTES) {
        sim_reply_error(r, 400, "metadata must not be larger than 50kB.");
        return false;
    }
    set_storage(c, sim_json_get(body, "data_storage_setting"));
    if (c->storage < before) {
        c->storage = before;
        sim_reply_error(r, 400, "data_storage_setting can only become stricter.");
        return false;
    }
    set_metadata(s, c, sim_json_get(body, "metadata"));
    return true;
}

void sim_op_update_call(struct sim *s, const struct sim_request *q, struct sim_reply *r)
{
    struct sim_call *c = find_call(s, q, r);
    struct str body;

    if (!c || !sim_body(q, r, &body)
        || !require_status(c, c->ended, "has not ended: use update-live-call", r))
        return;
    if (update(s, c, body, "request/body", r))
        reply_call(s, r, 200, c);
}

static void reply_success(struct sim_reply *r)
{
    buf_str(sim_reply_json(r, 200), "{\"success\":true}");
}

void sim_op_update_live_call(struct sim *s, const struct sim_request *q, struct sim_reply *r)
{
    struct sim_call *c = find_call(s, q, r);
    struct str body;

    if (!c || !sim_body(q, r, &body)
        || !require_status(c, c->status == SIM_ONGOING, "is not ongoing", r))
        return;
    struct str fields = sim_json_get(body, "fields_to_override");
    if (!fields.n || update(s, c, fields, "request/body/fields_to_override", r))
        reply_success(r);
}

void sim_op_rerun_call_analysis(struct sim *s, const struct sim_request *q, struct sim_reply *r)
{
    struct sim_call *c = find_call(s, q, r);

    if (!c || !require_status(c, c->ended, "has not ended", r))
        return;
    sim_call_reanalyse(s, c);
    reply_call(s, r, 200, c);
}

void sim_op_delete_call(struct sim *s, const struct sim_request *q, struct sim_reply *r)
{
    struct sim_call *c = find_call(s, q, r);

    if (!c)
        return;
    c->deleted = true;
    r->status = 204;
}

void sim_op_listen_live_call(struct sim *s, const struct sim_request *q, struct sim_reply *r)
{
    struct sim_call *c = find_call(s, q, r);

    if (!c || !require_status(c, c->status == SIM_ONGOING, "is not ongoing", r))
        return;
    struct buf *b = sim_reply_json(r, 200);
    sim_open(b, NULL, '{');
    sim_put_text(b, "access_token", c->id + 5);
    sim_put_text(b, "participant_id", "listener_1");
    sim_put_text(b, "room_name", c->id);
    sim_put_text(b, "transport", "gateway");
    put_ice_servers(b);
    sim_put_i64(b, "expires_at", clock_now_us() / 1000 + WEB_CALL_MS);
    sim_close(b, '}');
}

void sim_op_take_over_live_call(struct sim *s, const struct sim_request *q, struct sim_reply *r)
{
    static const struct sim_field fields[] = {
        {"participant_id", SF_STRING, SF_REQUIRED | SF_FILLED, NULL},
    };
    struct sim_call *c = find_call(s, q, r);
    struct str body;

    if (c && sim_body(q, r, &body) && sim_schema(body, "request/body", fields, ARRAY_LEN(fields), r)
        && require_status(c, c->status == SIM_ONGOING, "is not ongoing", r))
        reply_success(r);
}

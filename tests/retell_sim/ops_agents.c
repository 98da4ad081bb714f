/* ops_agents.c - agents, concurrency, and whose key this is. */

#include "common/base/clock.h"
#include "tests/retell_sim/calls.h"
#include "tests/retell_sim/json.h"
#include "tests/retell_sim/json_out.h"
#include "tests/retell_sim/paging.h"
#include "tests/retell_sim/schema.h"

#include <math.h>
#include <stdlib.h>

#define PURCHASE_LIMIT 1000

static struct sim_agent *find_agent(struct sim *s, const struct sim_request *q, struct sim_reply *r)
{
    struct sim_agent *a = sim_agent_find(q->ws, str_of(q->param));

    if (!a)
        sim_reply_error(r, s->config.not_found_call,
                        "Cannot find requested asset under given api key.");
    return a;
}

/* ?version= as a number of an existing version; names and absence mean the latest. */
static bool read_version(const struct sim *s, const struct sim_request *q,
                         const struct sim_agent *a, int *version, struct sim_reply *r)
{
    char text[64], *end;

    *version = a->version;
    if (!sim_query_get(q->query, "version", text, sizeof(text)))
        return true;
    long n = strtol(text, &end, 10);
    if (end == text || *end)
        return true;
    if (n < 0 || n > a->version) {
        sim_reply_error(r, s->config.not_found_call, "Item %s version %ld not found from agent",
                        a->id, n);
        return false;
    }
    *version = (int)n;
    return true;
}

static void put_hook(struct buf *b, const struct sim_hook *hook)
{
    uint32_t events = hook->events ? hook->events : SIM_EVENTS_DEFAULT;

    if (hook->url)
        sim_put_text(b, "webhook_url", hook->url);
    else
        sim_put_json(b, "webhook_url", "null");
    sim_open(b, "webhook_events", '[');
    for (size_t e = 0; e < SIM_EVENTS; e++)
        if (events & 1u << e)
            sim_put_text(b, NULL, sim_event_names[e]);
    sim_close(b, ']');
    sim_put_i64(b, "webhook_timeout_ms", hook->timeout_ms ? hook->timeout_ms : 10000);
}

static void put_agent(struct buf *b, const struct sim_agent *a, int version)
{
    sim_open(b, NULL, '{');
    sim_put_text(b, "agent_id", a->id);
    sim_put_i64(b, "version", version);
    sim_put_bool(b, "is_published", version < a->version || a->published);
    sim_put_text(b, "agent_name", a->name);
    sim_put_text(b, "channel", a->chat ? "chat" : "voice");
    sim_put_text(b, "voice_id", "sim-voice");
    sim_open(b, "response_engine", '{');
    sim_put_text(b, "type", "retell-llm");
    sim_put_text(b, "llm_id", "llm_sim");
    sim_close(b, '}');
    sim_put_text(b, "language", a->language[0] ? a->language : "en-US");
    put_hook(b, &a->hook);
    sim_put_i64(b, "max_call_duration_ms", (int64_t)(a->max_call_ms > 0 ? a->max_call_ms : 3600e3));
    sim_put_i64(b, "ring_duration_ms", (int64_t)(a->ring_ms > 0 ? a->ring_ms : 30e3));
    sim_put_json(b, "voicemail_option", "null");
    sim_put_text(b, "data_storage_setting", "everything");
    sim_put_json(b, "post_call_analysis_data", "[]");
    sim_put_i64(b, "last_modification_timestamp", a->modified_ms);
    sim_close(b, '}');
}

static bool wants_agent(const struct sim_agent *a, struct str criteria)
{
    struct str channel = sim_json_get(sim_json_get(criteria, "channel"), "value");
    struct str query = sim_json_get(criteria, "query");
    char text[128];

    if (channel.n && !sim_json_is(channel, a->chat ? "chat" : "voice"))
        return false;
    return sim_json_type(query) != SJ_STRING || !sim_json_cstr(query, text, sizeof(text))
           || strcasestr(a->name, text) || strcasestr(a->id, text);
}

static void put_item(struct buf *b, const struct sim_agent *a)
{
    sim_open(b, NULL, '{');
    sim_put_text(b, "agent_id", a->id);
    sim_put_text(b, "agent_name", a->name);
    sim_put_text(b, "channel", a->chat ? "chat" : "voice");
    sim_put_json(b, "tags", "[]");
    sim_put_i64(b, "user_modified_timestamp", a->modified_ms);
    sim_close(b, '}');
}

void sim_op_list_agents(struct sim *s, const struct sim_request *q, struct sim_reply *r)
{
    static const struct sim_field fields[] = {{"filter_criteria", SF_OBJECT, 0, NULL}};
    struct sim_page page;
    struct str body;
    uint32_t ordinal = 0;
    bool put;

    (void)s;
    if (!sim_body(q, r, &body) || !sim_schema(body, "request/body", fields, ARRAY_LEN(fields), r)
        || !sim_page_from_query(q->query, &page, r))
        return;
    page.ascending = true; /* agents are settings: they have no other order */
    struct buf *b = sim_page_open(r);
    for (const struct sim_agent *a = q->ws->agents; a; a = a->next, ordinal++) {
        if (!wants_agent(a, sim_json_get(body, "filter_criteria"))
            || !sim_page_reaches(&page, ordinal))
            continue;
        if (!sim_page_take(&page, ordinal, &put))
            break;
        put_item(b, a);
    }
    sim_page_close(b, &page);
}

void sim_op_get_agent(struct sim *s, const struct sim_request *q, struct sim_reply *r)
{
    struct sim_agent *a = find_agent(s, q, r);
    int version;

    if (a && read_version(s, q, a, &version, r))
        put_agent(sim_reply_json(r, 200), a, version);
}

void sim_op_list_agent_versions(struct sim *s, const struct sim_request *q, struct sim_reply *r)
{
    struct sim_agent *a = find_agent(s, q, r);
    struct sim_page page;
    bool put;

    if (!a || !sim_page_from_query(q->query, &page, r))
        return;
    struct buf *b = sim_page_open(r);
    for (int i = 0; i <= a->version; i++) {
        int version = page.ascending ? i : a->version - i;
        if (!sim_page_reaches(&page, (uint32_t)version))
            continue;
        if (!sim_page_take(&page, (uint32_t)version, &put))
            break;
        put_agent(b, a, version);
    }
    sim_page_close(b, &page);
}

void sim_op_update_agent(struct sim *s, const struct sim_request *q, struct sim_reply *r)
{
    static const struct sim_field fields[] = {
        {"webhook_url", SF_STRING, SF_NULLABLE, NULL},
        {"webhook_events", SF_ARRAY, SF_NULLABLE, NULL},
        {"webhook_timeout_ms", SF_INTEGER, 0, NULL},
    };
    struct sim_agent *a = find_agent(s, q, r);
    struct str body;
    int version;

    if (!a || !sim_body(q, r, &body)
        || !sim_schema(body, "request/body", fields, ARRAY_LEN(fields), r)
        || !read_version(s, q, a, &version, r))
        return;
    if (version < a->version || a->published) {
        sim_reply_error(r, 400, "Cannot update published agent version %d.", version);
        return;
    }
    sim_hook_read(&s->world, &a->hook, body);
    a->modified_ms = clock_now_us() / 1000;
    put_agent(sim_reply_json(r, 200), a, version);
}

void sim_op_get_concurrency(struct sim *s, const struct sim_request *q, struct sim_reply *r)
{
    const struct sim_workspace *ws = q->ws;
    int64_t limit = (int64_t)ws->concurrency_limit, base = limit < 20 ? limit : 20;
    struct buf *b = sim_reply_json(r, 200);

    (void)s;
    sim_open(b, NULL, '{');
    sim_put_i64(b, "current_concurrency", ws->live);
    sim_put_i64(b, "concurrency_limit", limit);
    sim_put_i64(b, "base_concurrency", base);
    sim_put_i64(b, "purchased_concurrency", limit - base);
    sim_put_i64(b, "concurrency_purchase_limit", PURCHASE_LIMIT);
    sim_put_i64(b, "remaining_purchase_limit",
                limit - base < PURCHASE_LIMIT ? PURCHASE_LIMIT - (limit - base) : 0);
    sim_put_i64(b, "reserved_inbound_concurrency", (int64_t)ws->reserved_inbound);
    sim_put_bool(b, "concurrency_burst_enabled", ws->burst);
    sim_put_i64(b, "concurrency_burst_limit", 3 * limit < limit + 300 ? 3 * limit : limit + 300);
    sim_close(b, '}');
}

void sim_op_get_api_key_info(struct sim *s, const struct sim_request *q, struct sim_reply *r)
{
    struct buf *b = sim_reply_json(r, 200);

    (void)s;
    sim_open(b, NULL, '{');
    if (q->key->name[0])
        sim_put_text(b, "api_key_name", q->key->name);
    else
        sim_put_json(b, "api_key_name", "null");
    sim_put_text(b, "org_name", q->ws->org_name);
    sim_close(b, '}');
}

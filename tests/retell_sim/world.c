/* world.c - calls in the ledger, agents and numbers, and how they are found. */

#include "tests/retell_sim/world.h"

#include "common/base/clock.h"
#include "tests/retell_sim/json.h"

#include <stdlib.h>

const char *const sim_event_names[SIM_EVENTS] = {
    "call_started",     "call_ended",       "call_analyzed",      "transcript_updated",
    "transfer_started", "transfer_bridged", "transfer_cancelled", "transfer_ended",
};

const char *const sim_number_fields[SIM_NUMBER_FIELDS] = {
    "nickname",
    "inbound_agents",
    "outbound_agents",
    "inbound_sms_agents",
    "outbound_sms_agents",
    "inbound_webhook_url",
    "inbound_sms_webhook_url",
    "allowed_inbound_country_list",
    "allowed_outbound_country_list",
    "fallback_number",
    "termination_uri",
    "auth_username",
    "transport",
};

static bool same(struct str s, const char *c)
{
    return str_eq(s, str_of(c));
}

struct sim_workspace *sim_world_by_key(const struct sim_world *w, struct str key,
                                       const struct sim_key **found)
{
    for (struct sim_workspace *ws = w->workspaces; ws; ws = ws->next)
        for (size_t i = 0; i < ws->nkeys; i++)
            if (same(key, ws->keys[i].key)) {
                *found = &ws->keys[i];
                return ws;
            }
    return NULL;
}

const struct sim_key *sim_webhook_key(const struct sim_workspace *ws)
{
    for (size_t i = 0; i < ws->nkeys; i++)
        if (ws->keys[i].webhook)
            return &ws->keys[i];
    return &ws->keys[0];
}

struct sim_agent *sim_agent_find(const struct sim_workspace *ws, struct str id)
{
    struct sim_agent *a = ws->agents;

    while (a && !same(id, a->id))
        a = a->next;
    return a;
}

struct sim_number *sim_number_find(const struct sim_workspace *ws, struct str e164)
{
    struct sim_number *n = ws->numbers;

    while (n && !same(e164, n->e164))
        n = n->next;
    return n;
}

struct sim_agent *sim_number_agent(const struct sim_workspace *ws, const struct sim_number *n,
                                   enum sim_number_field list)
{
    struct str agents = str_of(n->fields[list]);
    char id[64];

    for (struct sim_json_iter i = sim_json_items(agents); sim_json_next(&i);)
        if (sim_json_cstr(sim_json_get(i.value, "agent_id"), id, sizeof(id)))
            return sim_agent_find(ws, str_of(id));
    return NULL;
}

struct sim_number *sim_number_add(struct sim_world *w, struct sim_workspace *ws, struct str e164,
                                  enum sim_trunk trunk)
{
    struct sim_number *n = calloc(1, sizeof(*n)), **end = &ws->numbers;

    if (!n || e164.n >= sizeof(n->e164))
        abort();
    memcpy(n->e164, e164.p, e164.n);
    n->trunk = trunk;
    n->ordinal = w->nnumbers++;
    n->modified_ms = clock_now_us() / 1000;
    while (*end)
        end = &(*end)->next;
    *end = n;
    return n;
}

void sim_number_remove(struct sim_workspace *ws, struct sim_number *n)
{
    struct sim_number **at = &ws->numbers;

    while (*at != n)
        at = &(*at)->next;
    *at = n->next;
    free(n);
}

static const char *keep_compact(struct sim_world *w, struct str json)
{
    struct buf text = {0};

    sim_json_compact(&text, json);
    const char *kept = sim_text_keep(&w->text, buf_view(&text));
    buf_free(&text);
    return kept;
}

void sim_number_update(struct sim_world *w, struct sim_number *n, struct str body)
{
    for (size_t i = 0; i < SIM_NUMBER_FIELDS; i++) {
        struct str v = sim_json_get(body, sim_number_fields[i]);
        if (v.n)
            n->fields[i] = keep_compact(w, v);
    }
    n->modified_ms = clock_now_us() / 1000;
}

static uint32_t read_events(struct str list)
{
    uint32_t events = 0;

    for (struct sim_json_iter i = sim_json_items(list); sim_json_next(&i);)
        for (size_t e = 0; e < SIM_EVENTS; e++)
            if (sim_json_is(i.value, sim_event_names[e]))
                events |= 1u << e;
    return events;
}

void sim_hook_read(struct sim_world *w, struct sim_hook *hook, struct str json)
{
    struct str url = sim_json_get(json, "webhook_url");
    struct str events = sim_json_get(json, "webhook_events");
    struct str timeout = sim_json_get(json, "webhook_timeout_ms");
    char text[1024];

    if (sim_json_type(url) == SJ_STRING && sim_json_cstr(url, text, sizeof(text)))
        hook->url = text[0] ? sim_text_intern(&w->text, str_of(text)) : NULL;
    else if (sim_json_type(url) == SJ_NULL)
        hook->url = NULL;
    if (sim_json_type(events) == SJ_ARRAY)
        hook->events = read_events(events);
    if (sim_json_number(timeout) >= 1)
        hook->timeout_ms = (int32_t)sim_json_number(timeout);
}

struct sim_hook sim_hook_over(struct sim_hook base, struct sim_hook over)
{
    return (struct sim_hook){
        .url = over.url ? over.url : base.url,
        .events = over.events ? over.events : base.events,
        .timeout_ms = over.timeout_ms ? over.timeout_ms : base.timeout_ms,
    };
}

uint64_t sim_hash_metadata(const struct sim_workspace *ws, struct str key, struct str value)
{
    return sim_index_hash('m', ws->index, key, value);
}

uint64_t sim_hash_field(const struct sim_workspace *ws, char kind, struct str value)
{
    return sim_index_hash(kind, ws->index, value, STR(""));
}

struct sim_call *sim_call_find(const struct sim_world *w, const struct sim_workspace *ws,
                               struct str id)
{
    uint32_t count, at = sim_index_find(&w->index, sim_hash_field(ws, SIM_BY_ID, id), &count);

    for (; at != SIM_NONE; at = w->index.postings[at].next) {
        struct sim_call *c = w->calls[w->index.postings[at].ordinal];
        if (c->ws == ws && same(id, c->id))
            return c->deleted ? NULL : c;
    }
    return NULL;
}

struct sim_call *sim_call_new(struct sim_world *w, struct sim_workspace *ws)
{
    struct sim_call *c = calloc(1, sizeof(*c));

    if (w->ncalls == w->cap) {
        w->cap = w->cap ? w->cap * 2 : 1024;
        w->calls = reallocarray(w->calls, w->cap, sizeof(struct sim_call *));
    }
    if (!c || !w->calls)
        abort();
    c->ws = ws;
    c->ordinal = w->ncalls;
    w->calls[w->ncalls++] = c;
    return c;
}

/* Only what an equality filter can name: text and numbers, by their plain text. */
void sim_call_index_metadata(struct sim_world *w, const struct sim_call *c)
{
    struct buf text = {0};

    for (struct sim_json_iter i = sim_json_items(str_of(c->metadata)); sim_json_next(&i);) {
        enum sim_json_type type = sim_json_type(i.value);
        if (type != SJ_STRING && type != SJ_NUMBER)
            continue;
        buf_reset(&text);
        sim_json_text(&text, i.value);
        sim_index_add(&w->index, sim_hash_metadata(c->ws, i.key, buf_view(&text)), c->ordinal);
    }
    buf_free(&text);
}

void sim_call_index(struct sim_world *w, const struct sim_call *c)
{
    const struct {
        char kind;
        const char *value;
    } fields[] = {
        {SIM_BY_ID, c->id},
        {SIM_BY_TO, c->to},
        {SIM_BY_BATCH, c->batch_id},
        {SIM_BY_IDEMPOTENCY, c->idempotency_key},
    };

    for (size_t i = 0; i < ARRAY_LEN(fields); i++)
        if (fields[i].value && *fields[i].value)
            sim_index_add(&w->index, sim_hash_field(c->ws, fields[i].kind, str_of(fields[i].value)),
                          c->ordinal);
    sim_call_index_metadata(w, c);
}

static void free_workspace(struct sim_workspace *ws)
{
    for (struct sim_agent *a = ws->agents, *next; a; a = next) {
        next = a->next;
        free(a);
    }
    for (struct sim_number *n = ws->numbers, *next; n; n = next) {
        next = n->next;
        free(n);
    }
    free(ws);
}

void sim_world_free(struct sim_world *w)
{
    for (struct sim_workspace *ws = w->workspaces, *next; ws; ws = next) {
        next = ws->next;
        free_workspace(ws);
    }
    for (uint32_t i = 0; i < w->ncalls; i++)
        free(w->calls[i]);
    free(w->calls);
    sim_index_clear(&w->index);
    sim_text_free(&w->text);
    *w = (struct sim_world){0};
}

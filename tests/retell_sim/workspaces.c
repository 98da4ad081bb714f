/* workspaces.c - workspaces, keys, agents and numbers as their settings describe them. */

#include "common/base/clock.h"
#include "tests/retell_sim/json.h"
#include "tests/retell_sim/world.h"

#include <stdlib.h>

const char *const sim_scopes[] = {"calls", "numbers", "agents", "account", NULL};

static void number_into(struct str v, double *out)
{
    if (sim_json_type(v) == SJ_NUMBER)
        *out = sim_json_number(v);
}

static void bool_into(struct str v, bool *out)
{
    if (sim_json_type(v) == SJ_BOOL)
        *out = sim_json_true(v);
}

static bool text_into(struct str v, char *out, size_t cap)
{
    return sim_json_type(v) != SJ_STRING || sim_json_cstr(v, out, cap);
}

/* "all", or a list of the scopes in ops.def. */
static uint32_t read_scopes(struct str v)
{
    uint32_t scopes = 0;

    if (sim_json_type(v) != SJ_ARRAY)
        return UINT32_MAX;
    for (struct sim_json_iter i = sim_json_items(v); sim_json_next(&i);)
        for (size_t s = 0; sim_scopes[s]; s++)
            if (sim_json_is(i.value, sim_scopes[s]))
                scopes |= 1u << s;
    return scopes;
}

static bool merge_keys(struct sim_workspace *ws, struct str list)
{
    if (!list.n)
        return ws->nkeys > 0;
    ws->nkeys = 0;
    for (struct sim_json_iter i = sim_json_items(list); sim_json_next(&i); ws->nkeys++) {
        if (ws->nkeys == ARRAY_LEN(ws->keys))
            return false;
        struct sim_key *k = &ws->keys[ws->nkeys];
        *k = (struct sim_key){.scopes = read_scopes(sim_json_get(i.value, "scopes")),
                              .webhook = sim_json_true(sim_json_get(i.value, "webhook"))};
        if (!text_into(sim_json_get(i.value, "key"), k->key, sizeof(k->key)) || !k->key[0]
            || !text_into(sim_json_get(i.value, "name"), k->name, sizeof(k->name)))
            return false;
    }
    return ws->nkeys > 0;
}

static struct sim_agent *agent_named(struct sim_workspace *ws, const char *id)
{
    struct sim_agent *a = sim_agent_find(ws, str_of(id)), **end = &ws->agents;

    if (a)
        return a;
    a = calloc(1, sizeof(*a));
    if (!a)
        abort();
    memcpy(a->id, id, strlen(id) + 1);
    while (*end)
        end = &(*end)->next;
    *end = a;
    return a;
}

static bool merge_agent(struct sim_world *w, struct sim_workspace *ws, struct str v)
{
    char id[64] = "";
    double version;

    if (!text_into(sim_json_get(v, "agent_id"), id, sizeof(id)) || !id[0])
        return false;
    struct sim_agent *a = agent_named(ws, id);
    version = a->version;
    number_into(sim_json_get(v, "version"), &version);
    a->version = (int)version;
    a->modified_ms = clock_now_us() / 1000;
    bool_into(sim_json_get(v, "is_published"), &a->published);
    bool_into(sim_json_get(v, "suspended"), &a->suspended);
    a->chat = sim_json_is(sim_json_get(v, "channel"), "chat");
    number_into(sim_json_get(v, "ring_duration_ms"), &a->ring_ms);
    number_into(sim_json_get(v, "max_call_duration_ms"), &a->max_call_ms);
    sim_hook_read(w, &a->hook, v);
    return text_into(sim_json_get(v, "agent_name"), a->name, sizeof(a->name))
           && text_into(sim_json_get(v, "language"), a->language, sizeof(a->language));
}

static enum sim_trunk read_trunk(struct str v)
{
    if (sim_json_is(v, "retell-twilio"))
        return SIM_TWILIO;
    return sim_json_is(v, "retell-telnyx") ? SIM_TELNYX : SIM_CUSTOM;
}

/* "outbound" and "inbound" name one agent: short for a weighted list of one. */
static void read_short_list(struct sim_world *w, struct sim_number *n, struct str agent,
                            enum sim_number_field field)
{
    struct buf list = {0};

    if (sim_json_type(agent) != SJ_STRING)
        return;
    buf_str(&list, "[{\"agent_id\":");
    buf_add(&list, agent.p, agent.n);
    buf_str(&list, ",\"weight\":1}]");
    n->fields[field] = sim_text_keep(&w->text, buf_view(&list));
    buf_free(&list);
}

static bool merge_number(struct sim_world *w, struct sim_workspace *ws, struct str v)
{
    char e164[64] = "";

    if (!text_into(sim_json_get(v, "phone_number"), e164, sizeof(e164)) || !e164[0])
        return false;
    struct sim_number *n = sim_number_find(ws, str_of(e164));
    if (!n)
        n = sim_number_add(w, ws, str_of(e164), read_trunk(sim_json_get(v, "type")));
    sim_number_update(w, n, v);
    read_short_list(w, n, sim_json_get(v, "outbound"), SIM_NF_outbound_agents);
    read_short_list(w, n, sim_json_get(v, "inbound"), SIM_NF_inbound_agents);
    return true;
}

static struct sim_workspace *workspace_named(struct sim_world *w, const char *org_name)
{
    struct sim_workspace **at = &w->workspaces;
    unsigned index = 0;

    for (; *at; at = &(*at)->next, index++)
        if (strcmp((*at)->org_name, org_name) == 0)
            return *at;
    struct sim_workspace *ws = calloc(1, sizeof(*ws));
    if (!ws)
        abort();
    *ws = (struct sim_workspace){
        .sim = w->sim,
        .index = index,
        .concurrency_limit = 20,
        .card_on_file = true,
        .cps = {1, 1, 5},
        .balance_cents = 100000,
    };
    memcpy(ws->org_name, org_name, strlen(org_name) + 1);
    *at = ws;
    return ws;
}

static bool merge_workspace(struct sim_world *w, struct str v)
{
    char org_name[64] = "";

    if (!text_into(sim_json_get(v, "org_name"), org_name, sizeof(org_name)) || !org_name[0])
        return false;
    struct sim_workspace *ws = workspace_named(w, org_name);
    struct str cps = sim_json_get(v, "cps");
    sim_hook_read(w, &ws->hook, v);
    number_into(sim_json_get(v, "concurrency_limit"), &ws->concurrency_limit);
    number_into(sim_json_get(v, "reserved_inbound"), &ws->reserved_inbound);
    number_into(sim_json_get(v, "balance_cents"), &ws->balance_cents);
    bool_into(sim_json_get(v, "burst"), &ws->burst);
    bool_into(sim_json_get(v, "card_on_file"), &ws->card_on_file);
    number_into(sim_json_get(cps, "twilio"), &ws->cps[SIM_TWILIO]);
    number_into(sim_json_get(cps, "telnyx"), &ws->cps[SIM_TELNYX]);
    number_into(sim_json_get(cps, "custom"), &ws->cps[SIM_CUSTOM]);
    for (struct sim_json_iter i = sim_json_items(sim_json_get(v, "agents")); sim_json_next(&i);)
        if (!merge_agent(w, ws, i.value))
            return false;
    for (struct sim_json_iter i = sim_json_items(sim_json_get(v, "numbers")); sim_json_next(&i);)
        if (!merge_number(w, ws, i.value))
            return false;
    return merge_keys(ws, sim_json_get(v, "keys"));
}

bool sim_world_merge(struct sim_world *w, struct str workspaces, struct buf *why)
{
    size_t n = 0;

    for (struct sim_json_iter i = sim_json_items(workspaces); sim_json_next(&i); n++)
        if (!merge_workspace(w, i.value)) {
            buf_printf(why, "workspaces.%zu: needs org_name, keys, agent_id, phone_number\n", n);
            return false;
        }
    return true;
}

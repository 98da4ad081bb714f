/* inbound.c - incoming calls: a slot or a fallback, the inbound webhook, then an ordinary life. */

#include "tests/retell_sim/inbound.h"

#include "tests/retell_sim/calls.h"
#include "tests/retell_sim/hooks.h"
#include "tests/retell_sim/json.h"
#include "tests/retell_sim/json_out.h"

#define RING_MS 2000.0

static struct sim_workspace *owner(const struct sim *s, struct str to, struct str org)
{
    for (struct sim_workspace *ws = s->world.workspaces; ws; ws = ws->next)
        if (sim_number_find(ws, to) && (!org.n || sim_json_is(org, ws->org_name)))
            return ws;
    return NULL;
}

static const struct sim_agent *answering(const struct sim_workspace *ws,
                                         const struct sim_number *number)
{
    const struct sim_agent *a = sim_number_agent(ws, number, SIM_NF_inbound_agents);

    if (!a)
        a = sim_number_agent(ws, number, SIM_NF_outbound_agents);
    return a ? a : ws->agents;
}

/* Inbound calls may use every slot; beyond them a fallback number takes the call, or nobody. */
static int over_capacity(const struct sim_workspace *ws, const struct sim_number *number)
{
    if (ws->live < ws->concurrency_limit)
        return -1;
    return sim_json_type(str_of(number->fields[SIM_NF_fallback_number])) == SJ_STRING
               ? SIM_OUT_no_concurrency_fallback
               : SIM_OUT_concurrency_limit_reached;
}

static const char *kept(struct sim *s, struct str v, const char *otherwise)
{
    struct buf text = {0};

    if (sim_json_type(v) != SJ_OBJECT)
        return otherwise;
    sim_json_compact(&text, v);
    otherwise = sim_text_keep(&s->world.text, buf_view(&text));
    buf_free(&text);
    return otherwise;
}

static void ring(struct sim *s, struct sim_call *c, struct str answer)
{
    struct str says = {0};
    char id[64];

    if (answer.n && sim_json_check(answer))
        says = sim_json_get(answer, "call_inbound");
    struct str asked = sim_json_get(says, "override_agent_id");
    if (sim_json_type(asked) == SJ_STRING && sim_json_cstr(asked, id, sizeof(id))
        && sim_agent_find(c->ws, str_of(id)))
        c->agent_id = sim_text_intern(&s->world.text, str_of(id));
    c->metadata = kept(s, sim_json_get(says, "metadata"), c->metadata);
    c->variables = kept(s, sim_json_get(says, "dynamic_variables"), c->variables);
    sim_call_index_metadata(&s->world, c);
    sim_timer_after_ms(&s->timers, &c->timer, RING_MS);
}

static void ask(struct sim *s, struct sim_call *c, struct str url)
{
    char text[1024];

    if (sim_json_type(url) != SJ_STRING || !sim_json_cstr(url, text, sizeof(text)))
        return;
    sim_timer_stop(&s->timers, &c->timer);
    sim_hooks_ask_inbound(s, c, text, ring);
}

void sim_inbound(struct sim *s, struct str body, struct sim_reply *r)
{
    char to[64], from[64];

    if (!sim_json_check(body) || !sim_json_cstr(sim_json_get(body, "to_number"), to, sizeof(to))
        || !sim_json_cstr(sim_json_get(body, "from_number"), from, sizeof(from))) {
        sim_reply_error(r, 400, "needs to_number and from_number");
        return;
    }
    struct sim_workspace *ws = owner(s, str_of(to), sim_json_get(body, "org_name"));
    struct sim_number *number = ws ? sim_number_find(ws, str_of(to)) : NULL;
    const struct sim_agent *agent = number ? answering(ws, number) : NULL;
    if (!agent) {
        sim_reply_error(r, 404, "nobody has number %s, or an agent to answer it", to);
        return;
    }
    struct sim_placing p = {.ws = ws,
                            .inbound = true,
                            .from = from,
                            .to = to,
                            .agent = agent,
                            .body = body,
                            .forced = over_capacity(ws, number)};
    struct sim_call *c = sim_call_place(s, &p);
    if (p.forced < 0)
        ask(s, c, str_of(number->fields[SIM_NF_inbound_webhook_url]));
    struct buf *b = sim_reply_json(r, 202);
    sim_open(b, NULL, '{');
    sim_put_text(b, "call_id", c->id);
    sim_close(b, '}');
}

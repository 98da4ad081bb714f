/* retell_agents.c - agents, and how many calls the workspace may have at once. */

#include "common/base/json.h"
#include "common/provider/retell.h"

enum { AGENTS_MAX = 10000 };

static bool read_agent(struct op *op, const struct cJSON *agent, struct provider_agent *out)
{
    *out = (struct provider_agent){
        .agent_id = json_get_string(agent, "agent_id"),
        .name = json_get_string(agent, "agent_name"),
        .published = retell_true(op, json_get(agent, "is_published")),
    };
    if (!json_get_i64(agent, "version", &out->version))
        out->version = 0;
    return out->agent_id && *out->agent_id;
}

static bool take_agent(struct op *op, const struct cJSON *item, void *ctx)
{
    struct provider_agents *agents = ctx;
    struct provider_agent agent;

    if (!read_agent(op, item, &agent))
        return true; /* not one that we could use */
    agents->items = retell_grow(op, agents->items, agents->n, sizeof(agent));
    agents->items[agents->n++] = agent;
    return true;
}

bool retell_list_agents(struct op *op, const struct provider *p, struct provider_agents *out)
{
    bool complete;
    struct retell_list list = {
        .op = RETELL_list_agents,
        .filter = "\"filter_criteria\":{\"channel\":{\"type\":\"string\",\"op\":\"eq\","
                  "\"value\":\"voice\"}}",
        .limit = AGENTS_MAX,
        .take = take_agent,
        .ctx = out,
    };

    *out = (struct provider_agents){0};
    if (!retell_follow(op, p, &list, &complete))
        return false;
    if (!complete)
        return fail(op, E_PROVIDER_ERROR, "Retell lists more than %d agents", AGENTS_MAX);
    return true;
}

bool retell_get_agent(struct op *op, const struct provider *p, const char *agent_id,
                      struct provider_agent *out)
{
    const struct cJSON *reply;

    if (!retell_ask(op, p, &(struct retell_ask){.op = RETELL_get_agent, .id = agent_id}, &reply))
        return false;
    if (!read_agent(op, reply, out))
        return fail(op, E_PROVIDER_ERROR, "Retell's answer names no agent");
    return true;
}

bool retell_get_concurrency(struct op *op, const struct provider *p,
                            struct provider_concurrency *out)
{
    const struct cJSON *reply;

    *out = (struct provider_concurrency){0};
    if (!retell_ask(op, p, &(struct retell_ask){.op = RETELL_get_concurrency}, &reply))
        return false;
    if (!json_get_i64(reply, "current_concurrency", &out->current)
        || !json_get_i64(reply, "concurrency_limit", &out->limit))
        return fail(op, E_PROVIDER_ERROR, "Retell's answer tells no concurrency");
    if (!json_get_i64(reply, "reserved_inbound_concurrency", &out->reserved_inbound))
        out->reserved_inbound = 0;
    return true;
}

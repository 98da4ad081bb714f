/* hook_faults.c - by the call's own word, else by chance. */

#include "tests/retell_sim/hook_faults.h"

#include "tests/retell_sim/json.h"

static const char *const names[] = {
    "duplicate",       "out_of_order", "lost",       "bad_signature",
    "stale_signature", "truncated",    "slow_loris", "delay",
};

const char *sim_hook_fault_name(unsigned faults)
{
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (faults & 1u << i)
            return names[i];
    return NULL;
}

static unsigned drawn_faults(const struct sim_config *c, const struct sim_call *call,
                             enum sim_event event)
{
    const struct sim_hook_faults *f = &c->hook_faults;
    const double chances[] = {f->duplicate,       f->out_of_order, f->lost,       f->bad_signature,
                              f->stale_signature, f->truncated,    f->slow_loris, f->delay_p};
    uint64_t name = (uint64_t)call->ordinal * (SIM_EVENTS + 1) + event;
    struct sim_rng r = sim_rng_for(c->seed, SIM_RNG_WEBHOOK, name);
    unsigned faults = 0;

    for (size_t i = 0; i < ARRAY_LEN(chances); i++)
        if (sim_rng_chance(&r, chances[i]))
            faults |= 1u << i;
    return faults;
}

static unsigned named_faults(struct str list)
{
    unsigned faults = 0;

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (sim_json_is(list, names[i]))
            faults |= 1u << i;
        for (struct sim_json_iter v = sim_json_items(list); sim_json_next(&v);)
            if (sim_json_is(v.value, names[i]))
                faults |= 1u << i;
    }
    return faults;
}

unsigned sim_hook_faults_of(const struct sim_config *c, const struct sim_call *call,
                            enum sim_event event)
{
    if (call->directed) {
        struct str hooks = sim_json_get(sim_json_get(str_of(call->metadata), "sim"), "webhooks");
        struct str mine = sim_json_get(hooks, sim_event_names[event]);
        if (!mine.n)
            mine = sim_json_get(hooks, "*");
        if (hooks.n)
            return named_faults(mine);
    }
    return drawn_faults(c, call, event);
}

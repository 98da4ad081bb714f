/* sim.c - settings into the world, and the world back to its beginning. */

#include "tests/retell_sim/sim.h"

#include "tests/retell_sim/batch.h"
#include "tests/retell_sim/hooks.h"
#include "tests/retell_sim/json.h"

static void all_hooks_to(struct sim *s)
{
    if (!s->webhook_url)
        return;
    for (struct sim_workspace *ws = s->world.workspaces; ws; ws = ws->next)
        ws->hook.url = s->webhook_url;
}

bool sim_configure(struct sim *s, struct str json, struct buf *why)
{
    struct sim_config merged;

    sim_config_copy(&merged, &s->config);
    if (!sim_config_merge(&merged, json, why)
        || !sim_world_merge(&s->world, sim_json_get(json, "workspaces"), why)) {
        sim_config_free(&merged);
        return false;
    }
    sim_config_free(&s->config);
    s->config = merged;
    s->timers.scale = merged.time_scale;
    return true;
}

void sim_forget(struct sim *s)
{
    sim_exchanges_drop(s);
    if (s->hooks)
        sim_hooks_reset(s->hooks);
    sim_batches_free(s);
    for (uint32_t i = 0; i < s->world.ncalls; i++)
        sim_timer_stop(&s->timers, &s->world.calls[i]->timer);
    sim_world_free(&s->world);
    sim_config_free(&s->config);
    sim_journal_reset(&s->journal);
    s->nrules = 0;
    s->nrequests = 0;
}

bool sim_reset(struct sim *s, struct buf *why)
{
    sim_forget(s);
    s->world.sim = s;
    sim_config_init(&s->config);
    if (!sim_configure(s, str_of(sim_config_defaults), why))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(s->boot_settings); i++)
        if (s->boot_settings[i] && !sim_configure(s, str_of(s->boot_settings[i]), why))
            return false;
    all_hooks_to(s);
    return true;
}

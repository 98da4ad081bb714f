/* sim.h - the simulator as a whole: one loop, one world, one set of rules. */
#ifndef AGORALIA_SIM_SIM_H
#define AGORALIA_SIM_SIM_H

#include "tests/retell_sim/config.h"
#include "tests/retell_sim/gate.h"
#include "tests/retell_sim/journal.h"
#include "tests/retell_sim/server.h"
#include "tests/retell_sim/timers.h"
#include "tests/retell_sim/world.h"

#include <uv.h>

struct sim {
    uv_loop_t *loop;
    struct sim_timers timers;
    struct sim_config config;
    struct sim_world world;
    struct sim_journal journal;
    struct sim_fault_rule rules[32]; /* from POST /sim/fault, tried in order */
    size_t nrules;
    uint64_t nrequests;             /* since reset: names the random stream of each */
    struct sim_exchange *exchanges; /* not answered yet */
    struct sim_conn *conns;         /* open connections, both ports */
    struct sim_hooks *hooks;        /* events under way */
    struct sim_batch *batches;
    const char *boot_settings[2]; /* the file, the command line: what a reset goes back to */
    const char *webhook_url;      /* --webhook-url: for every workspace; or NULL */
};

/* Drop every exchange, event, batch and call, and the settings. */
void sim_forget(struct sim *s);

/* Settings as at boot, an empty ledger.  False with complaints in `why`. */
bool sim_reset(struct sim *s, struct buf *why) MUSTCHECK;

/* Merge settings and workspaces.  Refused settings change nothing; a workspace that is refused
 * leaves those before it merged. */
bool sim_configure(struct sim *s, struct str json, struct buf *why) MUSTCHECK;

#endif

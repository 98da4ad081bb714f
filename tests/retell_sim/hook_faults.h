/*
 * hook_faults.h - what is to go wrong with an event.
 *
 * Either its call says so in metadata.sim.webhooks, {"call_ended": ["duplicate", "delay"]} with
 * "*" for every event, or chance does.  Names are those of the settings, and "delay".
 */
#ifndef AGORALIA_SIM_HOOK_FAULTS_H
#define AGORALIA_SIM_HOOK_FAULTS_H

#include "tests/retell_sim/config.h"
#include "tests/retell_sim/world.h"

enum sim_hook_fault {
    SIM_HF_DUPLICATE = 1,
    SIM_HF_OUT_OF_ORDER = 2, /* after the event that follows it */
    SIM_HF_LOST = 4,         /* every attempt of it */
    SIM_HF_BAD_SIGNATURE = 8,
    SIM_HF_STALE_SIGNATURE = 16,
    SIM_HF_TRUNCATED = 32, /* half the body, then the end of the connection */
    SIM_HF_SLOW_LORIS = 64,
    SIM_HF_DELAY = 128,
};

/* A set of enum sim_hook_fault. */
unsigned sim_hook_faults_of(const struct sim_config *c, const struct sim_call *call,
                            enum sim_event event);

/* The first of a set, for the log; NULL for none. */
const char *sim_hook_fault_name(unsigned faults);

#endif

/*
 * calls.h - the life of a call: placed, ringing, talking, ended, analyzed.
 *
 * From sim_call_place() on the call is in the ledger and lives by its own
 * timer, whatever becomes of the request that asked for it.
 */
#ifndef AGORALIA_SIM_CALLS_H
#define AGORALIA_SIM_CALLS_H

#include "tests/retell_sim/sim.h"

struct sim_placing {
    struct sim_workspace *ws;
    enum sim_kind kind;
    bool inbound;
    const char *from, *to; /* "" for web calls */
    const struct sim_agent *agent;
    struct str
        body; /* metadata, retell_llm_dynamic_variables, custom_sip_headers, agent_override */
    struct str version;         /* the asked agent version, or absent */
    struct str idempotency_key; /* as JSON, or absent */
    const char *batch_id;       /* NULL = none */
    int forced;                 /* an enum sim_outcome, or -1 */
};

enum sim_capacity { SIM_CAPACITY_FREE, SIM_CAPACITY_CPS, SIM_CAPACITY_SLOTS };

/* May a call start now on this trunk?  Takes a start token only when there is a slot too. */
enum sim_capacity sim_capacity_take(struct sim *s, struct sim_workspace *ws, enum sim_trunk trunk,
                                    double keep_free);

/* Slots for outbound calls, burst included. */
double sim_outbound_slots(const struct sim_workspace *ws);

struct sim_call *sim_call_place(struct sim *s, const struct sim_placing *p);

/* Hang up an ongoing call. */
void sim_call_stop(struct sim *s, struct sim_call *c);

/* Analyse an ended call again: one more call_analyzed. */
void sim_call_reanalyse(struct sim *s, struct sim_call *c);

#endif

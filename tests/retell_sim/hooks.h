/*
 * hooks.h - events to whoever listens: rendered when they happen, signed at
 * each attempt, retried, and spoiled on purpose (hook_faults.h).
 */
#ifndef AGORALIA_SIM_HOOKS_H
#define AGORALIA_SIM_HOOKS_H

#include "tests/retell_sim/world.h"

struct sim;
struct sim_hooks;

struct sim_hooks *sim_hooks_open(struct sim *s);

/* Forget every event under way. */
void sim_hooks_reset(struct sim_hooks *h);
void sim_hooks_close(struct sim_hooks *h);

void sim_hooks_emit(struct sim *s, struct sim_call *c, enum sim_event event);

/* Ask a number's inbound URL about an incoming call; the answer may change agent, metadata and
 * variables.  `then` is called once, answered or not. */
void sim_hooks_ask_inbound(struct sim *s, struct sim_call *c, const char *url,
                           void (*then)(struct sim *s, struct sim_call *c, struct str answer));

/* Deliveries not yet taken or given up. */
size_t sim_hooks_pending(const struct sim_hooks *h);

#endif

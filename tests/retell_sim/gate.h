/*
 * gate.h - what a request passes before its operation runs: route, key, scope,
 * rate limit, faults, latency.
 */
#ifndef AGORALIA_SIM_GATE_H
#define AGORALIA_SIM_GATE_H

#include "tests/retell_sim/ops.h"

#include <stdint.h>

struct sim_exchange;

enum sim_fault_kind {
    SIM_FAULT_NONE,
    SIM_FAULT_STATUS,             /* an error status, nothing done */
    SIM_FAULT_RESET,              /* RST, nothing done */
    SIM_FAULT_RESET_AFTER_COMMIT, /* done, then RST: the one that proves no double dialling */
    SIM_FAULT_HANG,               /* nothing done, nothing said */
    SIM_FAULT_HANG_AFTER_COMMIT,  /* done, nothing said */
    SIM_FAULT_HTML_502,
    SIM_FAULT_DELAY, /* done and said, late */
    SIM_FAULTS,
};

extern const char *const sim_fault_names[SIM_FAULTS];

/* "The next `left` requests of `op`". */
struct sim_fault_rule {
    enum sim_op op; /* SIM_OPS = any */
    enum sim_fault_kind kind;
    uint32_t left;
    int status;
    double retry_after_ms, delay_ms;
    char should_retry[8]; /* x-should-retry, "" = not sent */
};

/* Handle one exchange of the API port from beginning to end. */
void sim_gate(struct sim_exchange *x);

#endif

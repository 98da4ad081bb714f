/* batch.h - batch calls that have not started all their tasks. */
#ifndef AGORALIA_SIM_BATCH_H
#define AGORALIA_SIM_BATCH_H

#include "tests/retell_sim/sim.h"

/* When a batch may dial: minutes since local midnight, on some days of the week. */
struct sim_batch_window {
    int start[16], end[16];
    size_t n;      /* 0 = at any time */
    unsigned days; /* set of 1 << (0 = Monday) */
    char zone[64];
};

/* Read call_time_window (absent: always open), or answer 400 in r. */
bool sim_batch_window_read(struct str v, struct sim_batch_window *w, struct sim_reply *r) MUSTCHECK;
bool sim_batch_window_open(const struct sim_batch_window *w, int64_t unix_ms);

void sim_batches_free(struct sim *s);

#endif

/*
 * timers.h - everything that will happen, soonest first.
 *
 * A binary heap: a million calls wait in it and one libuv timer watches its top.
 * Two equal instants fire in the order they were set.  Simulated delays are
 * divided by `scale`; delays that guard real sockets are not.
 */
#ifndef AGORALIA_SIM_TIMERS_H
#define AGORALIA_SIM_TIMERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim_timer {
    int64_t at_us; /* CLOCK_MONOTONIC */
    uint64_t order;
    size_t slot; /* place in the heap, from 1; 0 = not set */
    void (*fire)(struct sim_timer *t);
};

struct sim_timers {
    struct sim_timer **heap;
    size_t n, cap;
    uint64_t order;
    double scale;
};

#define SIM_CONTAINER(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

/* Set or move; fire is called once, with the timer already unset. */
void sim_timer_set_us(struct sim_timers *ts, struct sim_timer *t, int64_t at_us);
void sim_timer_after_ms(struct sim_timers *ts, struct sim_timer *t, double simulated_ms);
void sim_timer_after_real_ms(struct sim_timers *ts, struct sim_timer *t, double ms);
void sim_timer_stop(struct sim_timers *ts, struct sim_timer *t);

/* Fire what is due at now_us; returns the next instant, or -1 when nothing waits. */
int64_t sim_timers_run(struct sim_timers *ts, int64_t now_us);

#endif

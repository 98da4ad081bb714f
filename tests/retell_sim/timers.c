/* timers.c - the heap. */

#include "tests/retell_sim/timers.h"

#include "common/base/clock.h"

#include <stdlib.h>

static bool before(const struct sim_timer *a, const struct sim_timer *b)
{
    return a->at_us != b->at_us ? a->at_us < b->at_us : a->order < b->order;
}

static void place(struct sim_timers *ts, size_t slot, struct sim_timer *t)
{
    ts->heap[slot - 1] = t;
    t->slot = slot;
}

static void sift_up(struct sim_timers *ts, struct sim_timer *t)
{
    size_t slot = t->slot;

    while (slot > 1 && before(t, ts->heap[slot / 2 - 1])) {
        place(ts, slot, ts->heap[slot / 2 - 1]);
        slot /= 2;
    }
    place(ts, slot, t);
}

static void sift_down(struct sim_timers *ts, struct sim_timer *t)
{
    size_t slot = t->slot;

    for (size_t child; (child = slot * 2) <= ts->n; slot = child) {
        if (child < ts->n && before(ts->heap[child], ts->heap[child - 1]))
            child++;
        if (!before(ts->heap[child - 1], t))
            break;
        place(ts, slot, ts->heap[child - 1]);
    }
    place(ts, slot, t);
}

static void grow(struct sim_timers *ts)
{
    size_t cap = ts->cap ? ts->cap * 2 : 1024;
    struct sim_timer **heap = reallocarray(ts->heap, cap, sizeof(struct sim_timer *));

    if (!heap)
        abort();
    ts->heap = heap;
    ts->cap = cap;
}

void sim_timer_set_us(struct sim_timers *ts, struct sim_timer *t, int64_t at_us)
{
    sim_timer_stop(ts, t);
    if (ts->n == ts->cap)
        grow(ts);
    t->at_us = at_us;
    t->order = ts->order++;
    ts->n++;
    place(ts, ts->n, t);
    sift_up(ts, t);
}

void sim_timer_after_real_ms(struct sim_timers *ts, struct sim_timer *t, double ms)
{
    sim_timer_set_us(ts, t, clock_mono_us() + (int64_t)(ms * 1000));
}

void sim_timer_after_ms(struct sim_timers *ts, struct sim_timer *t, double simulated_ms)
{
    sim_timer_after_real_ms(ts, t, simulated_ms / ts->scale);
}

void sim_timer_stop(struct sim_timers *ts, struct sim_timer *t)
{
    if (!t->slot)
        return;
    struct sim_timer *last = ts->heap[ts->n - 1];
    ts->n--;
    if (last != t) {
        place(ts, t->slot, last);
        sift_up(ts, last);
        sift_down(ts, last);
    }
    t->slot = 0;
}

int64_t sim_timers_run(struct sim_timers *ts, int64_t now_us)
{
    while (ts->n && ts->heap[0]->at_us <= now_us) {
        struct sim_timer *t = ts->heap[0];
        sim_timer_stop(ts, t);
        t->fire(t);
    }
    return ts->n ? ts->heap[0]->at_us : -1;
}

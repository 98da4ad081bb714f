/* consumer_state.h - a consumer's inside, for the two files that make it up. */
#ifndef AGORALIA_WORKER_CONSUMER_STATE_H
#define AGORALIA_WORKER_CONSUMER_STATE_H

#include "worker/consumer.h"

struct consumer {
    struct worker *w;
    const char *queue;
    size_t lane;
    struct delayer *delayer;
    struct job_table held; /* every message in memory */
    struct job *isolated;  /* the one suspect among them that is run apart from others; or NULL */
    size_t n_held;
    size_t n_sent; /* of these, ended and only waiting for Redis's word */
    size_t target; /* how many to hold */
    size_t completed;
    bool fetching;
    bool again; /* woken while fetching */
    bool abandoned;
    unsigned misses;
    uv_timer_t poll;
    struct job *ends[CALL_MAX_IDS]; /* gathered for one call */
    size_t n_ends;
};

/* Out of the table and out of memory. */
void consumer_forget(struct consumer *c, struct job *j);

/* Compare what is held here with what Redis says is ours, both ways. */
void consumer_compare(struct consumer *c);

#endif

/*
 * job.h - one fetched message on its way through the worker.
 *
 * The loop makes a job and lends it to a thread, which runs it and writes the
 * verdict; only then does the loop read it again.  A job stays in memory until
 * Redis has confirmed its end.
 */
#ifndef AGORALIA_WORKER_JOB_H
#define AGORALIA_WORKER_JOB_H

#include "common/queue/calls.h"

#include <sys/queue.h>

struct consumer;

/* What a thread decided. */
struct verdict {
    bool plain; /* an ack with nothing else: acknowledged together with others */
    struct settlement settlement;
};

enum job_state {
    JOB_WAITING,   /* a suspect for the second time, until it is alone with its kind */
    JOB_STARTING,  /* a suspect: its start must be counted in Redis first */
    JOB_COUNTING,  /* the count is on the way */
    JOB_SUBMITTED, /* with the threads */
    JOB_FINISHED,  /* its end is known here and not yet in Redis */
    JOB_SENT,      /* its end is on the way to Redis */
};

struct job {
    TAILQ_ENTRY(job) held; /* in its consumer's table */
    struct job *next;      /* in a list between loop and threads */
    struct consumer *consumer;
    enum job_state state; /* the loop's */
    bool back;            /* it ends by being given back, not by its verdict */
    const char *queue;
    struct str rid, payload;
    int64_t crashes; /* -1 = no suspect */
    struct verdict verdict;
    struct arena arena; /* what the verdict points to */
    char bytes[];       /* rid and payload */
};

TAILQ_HEAD(job_table, job);

struct job *job_new(struct consumer *c, const char *queue, const struct fetched *f);
void job_free(struct job *j);

#endif

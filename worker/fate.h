/*
 * fate.h - the verdict on one message: what is stored, sent on and forgotten.
 *
 * Everything a verdict points to lives in the job's arena.  Each of these says
 * the whole verdict.
 */
#ifndef AGORALIA_WORKER_FATE_H
#define AGORALIA_WORKER_FATE_H

#include "worker/actors.h"
#include "worker/job.h"
#include "worker/outcome.h"
#include "worker/run.h"

/* A message that has been read, on its way to a verdict. */
struct trial {
    const struct run_env *env;
    struct job *job;
    struct message m;
    const struct runnable *actor; /* NULL = unknown here */
    struct message stage;         /* the pipeline's next one, when there is one */
    int64_t now_ms;
};

/* A dead letter to the letter: nobody here can say more about it. */
void fate_dead_unread(struct job *j);

/* A dead letter with the reason; no attempt was made. */
void fate_dead(struct trial *t, const char *reason);

/* Due later although it came from a ready queue: onto the delay queue, otherwise as it is. */
void fate_delay(struct trial *t);

/* The actor succeeded (done) or found nothing to do: result, next stage and callback follow. */
void fate_success(struct trial *t, bool done, struct str result);

/* The actor failed: again later, or dead; its callbacks follow. */
void fate_failure(struct trial *t, enum outcome outcome, const struct err *e);

int64_t max_retries_of(const struct trial *t);

/* The queue of an actor of ours or of QUEUE_FOREIGN_ACTORS; empty when nobody knows it. */
struct str queue_of_actor(const struct run_env *env, struct str actor);

#endif

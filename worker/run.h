/*
 * run.h - one message end to end: read it, decide whether to run it, run it, decide its fate.
 *
 * Runs on an actor thread, touches no connection: the verdict says what shall
 * happen in Redis, and the loop makes it so in one script.
 */
#ifndef AGORALIA_WORKER_RUN_H
#define AGORALIA_WORKER_RUN_H

#include "common/base/op.h"
#include "worker/actors.h"
#include "worker/job.h"

/* What every run may look at; constant. */
struct run_env {
    const struct app *app;
    const struct runnable *actors; /* ends with a NULL name */
};

/* env is a struct run_env: the shape threads.h wants. */
void run_job(void *env, struct job *j);

#endif

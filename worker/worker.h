/*
 * worker.h - a worker process: consume queues until told to stop.
 *
 * One loop thread owns Redis, timers and signals; actors run as plain blocking
 * functions on WORKER_THREADS threads; services run on threads of their own.
 *
 * TERM or INT: no new work, messages not begun go back at once, running actors
 * may finish within WORKER_SHUTDOWN_MS and are given back after that.  HUP: the
 * same, then start anew.  A second signal: gone at once; other workers take the
 * messages back when the heartbeat has stopped.
 */
#ifndef AGORALIA_WORKER_WORKER_H
#define AGORALIA_WORKER_WORKER_H

#include "worker/run.h"
#include "worker/services.h"

struct worker_setup {
    struct run_env env;
    const struct service *services;
};

/* What worker_run() returns: exit codes, and the wish to be started anew. */
enum {
    WORKER_DONE = 0,
    WORKER_KILLED = 1,  /* actors were still running when time was up, or a second signal came */
    WORKER_CONFIG = 2,  /* the settings make no sense */
    WORKER_REFUSED = 3, /* Redis must not be used as it is */
    WORKER_LOST = 4,    /* what the diallers are forked from died */
    WORKER_RESTART = 100,
};

/* Blocks.  After WORKER_KILLED or WORKER_REFUSED actors may still run: leave with _exit(). */
int worker_run(const struct worker_setup *setup);

#endif

/* runtime.h - what the parts of a running worker know of each other.  Private to worker/. */
#ifndef AGORALIA_WORKER_RUNTIME_H
#define AGORALIA_WORKER_RUNTIME_H

#include "common/base/id.h"
#include "worker/link.h"
#include "worker/threads.h"
#include "worker/worker.h"

enum phase { PHASE_RUNNING, PHASE_DRAINING, PHASE_LEAVING, PHASE_GONE };

struct worker {
    const struct worker_setup *setup;
    struct run_env run_env;
    const struct conf *conf;
    uv_loop_t loop;
    char id[UUID_SIZE];
    struct caller caller;
    struct call call; /* built and sent again and again */
    struct link *link;
    struct link *ears; /* the connection that hears wake-ups */
    bool hears_python; /* keyspace events are on */
    struct threads *threads;
    uv_async_t finished;
    uv_timer_t tick, beat, upkeep;
    uv_signal_t signals[3];
    int64_t beat_asked_us;
    int64_t deadline_us; /* of draining */
    enum phase phase;
    int exit_code;
    bool abandoned;      /* actors were left running */
    const char **queues; /* NULL-terminated */
    struct consumer **consumers;
    size_t n;
    int ticks;
    struct http *http;
};

/* Stop taking work; code is what the process shall exit with. */
void worker_drain(struct worker *w, int code);

/* Something ended: perhaps it was the last thing to wait for. */
void worker_progress(struct worker *w);

/* A queue may have something: its name, or its delay queue's. */
void worker_wake(struct worker *w, struct str queue);

/* Is every enqueue heard of, so that polling is only a safeguard? */
bool worker_hears_all(const struct worker *w);

/* The second connection: wake-ups of C producers, and keyspace events where Redis sends them. */
void ears_open(struct worker *w);

#endif

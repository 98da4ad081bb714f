/* actors.h - what can be run: one prototype per actor, and the table of them all. */
#ifndef AGORALIA_WORKER_ACTORS_H
#define AGORALIA_WORKER_ACTORS_H

#include "common/queue/actors.h"
#include "common/queue/message.h"

#define ACTOR(name, queue, retries, limit_ms) \
    bool actor_##name(struct op *op, const struct name##_args *args);
#include "common/queue/actors.def"
#undef ACTOR

/* An actor as the worker sees it: it reads its own arguments from the message. */
struct runnable {
    const char *name;
    const char *queue;
    int max_retries;
    int time_limit_ms;
    /* result: JSON for those who asked to have it stored; empty = null. */
    bool (*run)(struct op *op, const struct message *m, struct buf *result);
};

/* actors.def; ends with a NULL name. */
extern const struct runnable runnables[];

#endif

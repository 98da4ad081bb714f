/*
 * outbox.h - messages written in the transaction that wants them (relay.c publishes).
 *
 * dedupe_key names the occasion ("start:17"): while a message for it waits, a
 * second one is not written.  The row is gone once the message is in Redis.
 */
#ifndef AGORALIA_OUTBOX_H
#define AGORALIA_OUTBOX_H

#include "common/queue/actors.h"

#define ACTOR(name, queue, retries, limit_ms) \
    bool enqueue_##name(struct op *op, const struct name##_args *args, const char *dedupe_key) \
        MUSTCHECK;
#include "common/queue/actors.def"
#undef ACTOR

#endif

/*
 * link.h - one Redis connection on the loop: it comes back by itself, and answers come in order.
 *
 * Every call that link_send() takes is answered exactly once: with Redis's
 * answer, or with NULL when there was none (lost, refused, too late) and the
 * call may or may not have taken effect.  After a NULL the owner repeats what
 * matters when the link is up again.
 */
#ifndef AGORALIA_WORKER_LINK_H
#define AGORALIA_WORKER_LINK_H

#include "common/base/conf.h"
#include "common/queue/calls.h"

#include <uv.h>

struct link;

struct link_events {
    void (*up)(void *ctx);                       /* connected, greeted, scripts loaded */
    void (*refused)(void *ctx, const char *why); /* this server must not be used */
};

/* NULL, after a log line, when REDIS_URL cannot be understood.  Owner: link_close(). */
struct link *link_open(uv_loop_t *loop, const struct conf *conf, const struct link_events *events,
                       void *ctx);

/* Drops the connection; the memory goes once the loop has closed its handles. */
void link_close(struct link *l);

bool link_is_up(const struct link *l);

/* The database number, as keyspace notifications spell it. */
const char *link_db(const struct link *l);

/* False when the link is down: then done is never called. */
bool link_send(struct link *l, const struct call *c,
               void (*done)(void *ctx, const struct redisReply *r), void *ctx);

/* A command that is no script, words NULL-terminated. */
bool link_command(struct link *l, const char *const *words,
                  void (*done)(void *ctx, const struct redisReply *r), void *ctx);

/* Hear these channels from now on; nothing else may be sent on this link until it is up again. */
bool link_subscribe(struct link *l, const char *const *channels, size_t n,
                    void (*heard)(void *ctx, const struct redisReply *r), void *ctx);

#endif

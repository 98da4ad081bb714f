/*
 * broker.h - the queue for code that may wait: the outbox relay, the command line, tests.
 *
 * A broker is one connection, used by one thread at a time; it connects when
 * first needed.  After an error or a timeout the connection is closed and the
 * next call opens another: a late answer must never be read as the next one's.
 *
 * Failures: SERVICE_UNAVAILABLE.  A call that failed may have taken effect.
 */
#ifndef AGORALIA_BROKER_H
#define AGORALIA_BROKER_H

#include "common/base/conf.h"
#include "common/base/op.h"
#include "common/queue/calls.h"
#include "common/queue/message.h"

struct broker;

/* NULL, after a log line, when REDIS_URL cannot be understood. */
struct broker *broker_open(const struct conf *conf);
void broker_close(struct broker *b);

/* Who this broker is: the configured namespace, and a worker id of its own. */
const struct caller *broker_caller(const struct broker *b);

/* Send one call; the answer lives as long as op's arena. */
bool broker_call(struct op *op, struct broker *b, const struct call *c,
                 const struct redisReply **out) MUSTCHECK;

/* Compose and enqueue, in order; each gets its own storage id unless it brings one. */
bool broker_send(struct op *op, struct broker *b, const struct new_message *messages,
                 size_t n) MUSTCHECK;

/* Wait for a stored result until op's deadline, at most limit_ms; *out is empty when none came. */
bool broker_result(struct op *op, struct broker *b, const char *key, int limit_ms,
                   struct str *out) MUSTCHECK;

#endif

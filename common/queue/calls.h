/*
 * calls.h - every command on the queue: its script's arguments and what its answer means.
 *
 * A call is built here and sent by whoever has a connection: broker.h waits for
 * the answer, the worker's link does not.  The words of a call are borrowed
 * until it is sent.  Ownership is the rule throughout: only what a worker
 * fetched and still holds can be acknowledged, settled or given back by it, so
 * repeating any of these after a lost answer is harmless.
 */
#ifndef AGORALIA_QUEUE_CALLS_H
#define AGORALIA_QUEUE_CALLS_H

#include "common/base/arena.h"
#include "common/base/str.h"
#include "common/queue/scripts.h"

#include <stdint.h>

struct redisReply;

/* The most ids one call may carry: Redis's Lua unpacks less than 8000 values. */
enum { CALL_MAX_IDS = 1000 };

struct call {
    enum script_id script;
    const char **words; /* EVALSHA sha 1 namespace argument... */
    size_t *lengths;
    size_t n, cap;
    struct arena arena; /* the numbers */
};

/* Initialise to {0}; a call may be built again and again before it ends. */
void call_end(struct call *c);

/* Who is calling: the namespace and, where messages are held, the worker's id. */
struct caller {
    const char *ns;
    const char *worker;
};

/* A payload on its way to a queue. */
struct outgoing {
    struct str queue; /* where it is stored: "calls" or "calls.DQ" */
    struct str rid;
    struct str payload;
};
void call_enqueue(struct call *c, const struct caller *by, const struct outgoing *out, size_t n);

void call_fetch(struct call *c, const struct caller *by, const char *queue, size_t count);
void call_ack(struct call *c, const struct caller *by, const char *queue, const struct str *rids,
              size_t n);
void call_requeue(struct call *c, const struct caller *by, const char *queue,
                  const struct str *rids, size_t n);

/* The end of one held message, with all that follows from it; answer: 1 done, 0 not held. */
struct settlement {
    struct str rid;
    bool dead;              /* to the dead letters; else it is gone */
    struct str payload;     /* of the dead letter; empty = as it was stored */
    const char *result_key; /* NULL = no result */
    struct str result;
    int64_t result_ttl_ms;
    const struct outgoing *follow; /* retry, promotion, next stage, callbacks */
    size_t nfollow;
};
void call_settle(struct call *c, const struct caller *by, const char *queue,
                 const struct settlement *s);

void call_held(struct call *c, const struct caller *by, const char *queue);
void call_start(struct call *c, const struct caller *by, const char *queue, struct str rid);

/* Delay queues: what is held and when it is due. */
struct due_time {
    struct str rid;
    double eta_ms;
};
void call_track(struct call *c, const struct caller *by, const char *queue,
                const struct due_time *due, size_t n);
void call_due(struct call *c, const struct caller *by, const char *queue, size_t count);
void call_strays(struct call *c, const struct caller *by, const char *queue, const char *cursor);
void call_release(struct call *c, const struct caller *by, const char *queue);

/* Liveness and upkeep; queues are canonical names, NULL-terminated. */
struct upkeep {
    const char *const *queues;
    int64_t heartbeat_timeout_ms;
    int64_t dead_ttl_ms;
    int64_t budget; /* messages per call */
};
void call_beat(struct call *c, const struct caller *by, const struct upkeep *u);
void call_leave(struct call *c, const struct caller *by, const struct upkeep *u);
void call_maintain(struct call *c, const struct caller *by, const struct upkeep *u);
void call_reap(struct call *c, const struct caller *by, const struct upkeep *u);

/* Operators. */
struct replay {
    struct str dead_rid, new_rid, payload;
};
void call_replay(struct call *c, const struct caller *by, const char *queue,
                 const struct replay *items, size_t n);
void call_discard(struct call *c, const struct caller *by, const char *queue,
                  const struct str *rids, size_t n);
void call_purge(struct call *c, const struct caller *by, const char *queue);
void call_stats(struct call *c, const struct caller *by, const char *queue);
void call_peek(struct call *c, const struct caller *by, const char *queue, const char *state,
               size_t count);
void call_peek_dead(struct call *c, const struct caller *by, const char *queue,
                    const struct str *rids, size_t n);

/* What is known of the database's log, as text that sorts; the answer is the highest ever told. */
void call_witness(struct call *c, const struct caller *by, const char *known);

/* Take from a budget that fills evenly; answer: granted, left, us until there is one, until full.
 */
struct budget_ask {
    const char *name;
    int64_t per_minute, burst, wanted;
};
void call_budget(struct call *c, const struct caller *by, const struct budget_ask *ask);

/* Answers.  What has another shape reads as nothing. */
struct str reply_text(const struct redisReply *r);
int64_t reply_number(const struct redisReply *r); /* an integer, or text that is one; 0 otherwise */
size_t reply_count(const struct redisReply *r);
const struct redisReply *reply_at(const struct redisReply *r, size_t i); /* NULL past the end */

/* fetch: the i-th message. */
struct fetched {
    struct str rid, payload;
    int64_t crashes; /* times it was running when a worker died; -1 = never suspected */
};
bool reply_fetched(const struct redisReply *r, size_t i, struct fetched *out);

/* due: what is ready to be promoted. */
struct due {
    int64_t next_ms; /* until the next one; -1 = none */
    int64_t held;
    size_t n;
};
void reply_due(const struct redisReply *r, struct due *out);
bool reply_due_at(const struct redisReply *r, size_t i, struct fetched *out);

/* ack, requeue, replay, discard: was the i-th one ours? */
bool reply_digit(const struct redisReply *r, size_t i);

#endif

/* broker.c - the waiting transport: hiredis, one command at a time. */

#include "common/queue/broker.h"

#include "common/base/clock.h"
#include "common/base/id.h"
#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/queue/hello.h"

#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <stdlib.h>

struct broker {
    struct arena arena;
    struct redis_address address;
    struct caller caller;
    char id[UUID_SIZE];
    int timeout_ms;
    redisContext *redis; /* NULL = not connected */
    bool was_connected;
};

struct broker *broker_open(const struct conf *conf)
{
    struct broker *b = calloc(1, sizeof(*b));

    if (!b)
        abort();
    const char *wrong = redis_address_parse(&b->arena, conf->redis_url, &b->address);
    if (wrong) {
        log_error(NULL, "queue.bad_url", F("error", wrong));
        broker_close(b);
        return NULL;
    }
    uuid_make(b->id);
    b->caller = (struct caller){conf->dramatiq_namespace, b->id};
    b->timeout_ms = (int)conf->redis_timeout_ms;
    return b;
}

static void disconnect(struct broker *b)
{
    if (b->redis)
        redisFree(b->redis);
    b->redis = NULL;
}

void broker_close(struct broker *b)
{
    if (!b)
        return;
    disconnect(b);
    arena_end(&b->arena);
    free(b);
}

const struct caller *broker_caller(const struct broker *b)
{
    return &b->caller;
}

static struct timeval timeval_of(int ms)
{
    /* 0 would mean for ever. */
    if (ms < 1)
        ms = 1;
    return (struct timeval){.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
}

static bool lost(struct op *op, struct broker *b, const char *why)
{
    fail_because(op, E_SERVICE_UNAVAILABLE, why, "The queue is not available");
    disconnect(b);
    return false;
}

/* An answer joins op's arena; an error answer is a failure. */
static bool keep(struct op *op, struct broker *b, void *answer, const struct redisReply **out)
{
    redisReply *r = answer;

    if (!r)
        return lost(op, b, b->redis->errstr);
    arena_defer(&op->arena, freeReplyObject, r);
    *out = r;
    if (r->type != REDIS_REPLY_ERROR)
        return true;
    return lost(op, b, r->str);
}

static bool greet(struct op *op, struct broker *b)
{
    const char *words[HELLO_WORDS], *why = NULL;
    int64_t asked_us = clock_now_us();

    for (int step = 0; step < HELLO_STEPS; step++) {
        size_t n = hello_words(&b->address, (enum hello_step)step, words);
        if (n == 0)
            continue;
        asked_us = clock_now_us();
        redisReply *r = redisCommandArgv(b->redis, (int)n, words, NULL);
        if (!r)
            return lost(op, b, b->redis->errstr);
        arena_defer(&op->arena, freeReplyObject, r);
        if (hello_check((enum hello_step)step, r, asked_us, clock_now_us(), &why) != HELLO_GOOD)
            return lost(op, b, why);
    }
    return true;
}

static bool connect_to(struct op *op, struct broker *b, int timeout_ms)
{
    const struct redis_address *a = &b->address;
    struct timeval limit = timeval_of(timeout_ms);

    b->redis = a->path ? redisConnectUnixWithTimeout(a->path, limit)
                       : redisConnectWithTimeout(a->host, a->port, limit);
    if (!b->redis)
        abort();
    if (b->redis->err)
        return lost(op, b, b->redis->errstr);
    fcntl(b->redis->fd, F_SETFD, FD_CLOEXEC);
    if (redisSetTimeout(b->redis, limit) != REDIS_OK)
        return lost(op, b, b->redis->errstr);
    if (b->was_connected)
        metric_add(M_REDIS_RECONNECTS, 1, NULL);
    b->was_connected = true;
    return greet(op, b);
}

/* Connected, with the time op has left as the limit of the next command. */
static bool ready(struct op *op, struct broker *b, int limit_ms)
{
    int left = op_time_left_ms(op, limit_ms);

    if (left == 0)
        return lost(op, b, "the deadline has passed");
    if (!b->redis)
        return connect_to(op, b, left);
    if (redisSetTimeout(b->redis, timeval_of(left)) != REDIS_OK)
        return lost(op, b, b->redis->errstr);
    return true;
}

static bool is_noscript(const redisReply *r)
{
    return r && r->type == REDIS_REPLY_ERROR && strncmp(r->str, "NOSCRIPT", 8) == 0;
}

static redisReply *evaluate(struct broker *b, const struct call *c)
{
    return redisCommandArgv(b->redis, (int)c->n, c->words, c->lengths);
}

bool broker_call(struct op *op, struct broker *b, const struct call *c,
                 const struct redisReply **out)
{
    const struct script *script = &scripts_all()[c->script];

    if (!ready(op, b, b->timeout_ms))
        return false;
    redisReply *r = evaluate(b, c);
    if (is_noscript(r)) {
        freeReplyObject(r);
        r = redisCommand(b->redis, "SCRIPT LOAD %b", script->text, script->size);
        if (!keep(op, b, r, out))
            return false;
        r = evaluate(b, c);
    }
    return keep(op, b, r, out);
}

static bool send_some(struct op *op, struct broker *b, const struct new_message *messages, size_t n)
{
    struct outgoing *out = arena_alloc(&op->arena, n * sizeof(*out));
    const struct redisReply *answer;
    struct call c = {0};

    for (size_t i = 0; i < n; i++) {
        struct new_message m = messages[i];
        struct buf payload = {0};
        if (!m.redis_message_id) {
            char *rid = arena_alloc(&op->arena, UUID_SIZE);
            uuid_make(rid);
            m.redis_message_id = rid;
        }
        message_compose(&payload, &m);
        arena_defer(&op->arena, free, payload.p);
        out[i] = (struct outgoing){m.queue, str_of(m.redis_message_id), buf_view(&payload)};
    }
    call_enqueue(&c, &b->caller, out, n);
    bool ok = broker_call(op, b, &c, &answer);
    for (size_t i = 0; ok && i < n; i++)
        metric_add(M_QUEUE_ENQUEUED, 1,
                   LABELS(arena_strndup(&op->arena, out[i].queue.p, out[i].queue.n)));
    call_end(&c);
    return ok;
}

bool broker_send(struct op *op, struct broker *b, const struct new_message *messages, size_t n)
{
    for (size_t done = 0; done < n; done += CALL_MAX_IDS) {
        size_t some = n - done < CALL_MAX_IDS ? n - done : CALL_MAX_IDS;
        if (!send_some(op, b, messages + done, some))
            return false;
    }
    return true;
}

bool broker_result(struct op *op, struct broker *b, const char *key, int limit_ms, struct str *out)
{
    const struct redisReply *r;
    /* Redis counts whole seconds here and answers nil after the last one. */
    int seconds = op_time_left_ms(op, limit_ms) / 1000 + 1;

    if (!ready(op, b, seconds * 1000 + b->timeout_ms))
        return false;
    if (!keep(op, b, redisCommand(b->redis, "BRPOPLPUSH %s %s %d", key, key, seconds), &r))
        return false;
    *out = reply_text(r);
    return true;
}

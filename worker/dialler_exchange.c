/* dialler_exchange.c - a question to a dialler, its answer, and what its death means. */

#include "common/base/clock.h"
#include "common/base/secret_box.h"
#include "common/provider/http.h"
#include "worker/dialler_pool.h"

#include <poll.h>
#include <signal.h>
#include <sys/pidfd.h>

enum {
    ACQUIRE_MS = 10000,
    GRACE_MS = 2000,     /* what a dialler may take longer than its request */
    SEND_GRACE_MS = 500, /* after the last moment to send: its death has come through by then */
    DEATH_MS = 1000,
    RESEAL_MS = 5000,
    PROBLEM_BYTES = 4096,
};

/* Between dialler_acquire() and the exchange. */
static _Thread_local struct dialler *held;

void dialler_release(void)
{
    struct dialler *d = held;

    held = NULL;
    if (d)
        dialler_give_back(d, true);
}

static void release_with_op(void *ctx)
{
    if (held == ctx)
        dialler_release();
}

bool dialler_acquire(struct op *op)
{
    if (held || !diallers_are_there())
        return true;
    held = dialler_take(true, op_time_left_ms(op, ACQUIRE_MS));
    if (!held)
        return fail(op, E_SERVICE_UNAVAILABLE, "No dialler became free");
    arena_defer(&op->arena, release_with_op, held);
    return true;
}

static bool put(struct dialler *d, const struct http_request *r, const struct sealed *key,
                int64_t until_us)
{
    struct dialler_question q = {
        .send_before_us = r->send_before_us,
        .max_reply = r->max_reply,
        .url_size = (uint32_t)strlen(r->url) + 1,
        .body_size = r->body ? (uint32_t)strlen(r->body) + 1 : 0,
        .key_size = key ? sizeof(*key) : 0,
        .timeout_ms = r->timeout_ms,
        .once = r->once,
    };
    struct iovec parts[] = {{&q, sizeof(q)},
                            {(void *)(uintptr_t)r->url, q.url_size},
                            {(void *)(uintptr_t)r->body, q.body_size},
                            {(void *)(uintptr_t)key, q.key_size}};

    memccpy(q.method, r->method, '\0', sizeof(q.method) - 1);
    return dialler_send(d->fd, parts, ARRAY_LEN(parts), until_us);
}

/*
 * Past its last moment a dialler has begun to send or never will: one that does not say anything
 * then is stopped or gone, and need not be waited for.
 */
static bool begins_in_time(const struct dialler *d, int64_t send_before_us)
{
    struct pollfd p = {.fd = d->fd, .events = POLLIN};
    int64_t left_us = send_before_us - clock_boot_us();
    int limit_ms = (int)((left_us > 0 ? left_us : 0) / 1000) + SEND_GRACE_MS;

    return poll(&p, 1, limit_ms) != 0 || atomic_load(&d->page->sending);
}

static bool get(struct op *op, const struct dialler *d, const struct http_request *r,
                struct http_reply *out, int64_t until_us)
{
    struct dialler_inbox in;
    struct dialler_answer a;

    dialler_inbox_open(&in);
    if (!dialler_receive(&in, d->fd, &a, sizeof(a), until_us) || a.body_size < 1
        || a.body_size > r->max_reply + 1 || a.problem_size > PROBLEM_BYTES)
        return false;
    char *body = arena_alloc(&op->arena, a.body_size);
    char *problem = arena_alloc(&op->arena, (size_t)a.problem_size + 1);
    if (!dialler_receive(&in, d->fd, body, a.body_size, until_us)
        || !dialler_receive(&in, d->fd, problem, a.problem_size, until_us))
        return false;
    body[a.body_size - 1] = problem[a.problem_size] = '\0';
    *out = (struct http_reply){
        .status = a.status,
        .sent = a.sent,
        .body = {body, a.body_size - 1},
        .retry_after_seconds = a.retry_after_seconds,
        .problem = a.problem_size ? problem : NULL,
    };
    return true;
}

/* What its page says counts once it can write there no more. */
static bool may_have_sent(const struct dialler *d)
{
    struct pollfd p = {.fd = d->pidfd, .events = POLLIN};

    pidfd_send_signal(d->pidfd, SIGKILL, NULL, 0);
    return poll(&p, 1, DEATH_MS) != 1 || atomic_load(&d->page->sending);
}

static bool ask(struct op *op, struct dialler *d, const struct http_request *r,
                const struct sealed *key, struct http_reply *out)
{
    int64_t until_us = clock_mono_us() + ((int64_t)r->timeout_ms + GRACE_MS) * 1000;

    atomic_store(&d->page->sending, 0);
    return put(d, r, key, until_us)
           && (r->send_before_us == 0 || begins_in_time(d, r->send_before_us))
           && get(op, d, r, out, until_us);
}

void diallers_exchange(struct op *op, const struct provider *p, const struct http_request *r,
                       struct http_reply *out)
{
    struct dialler *d = held ? held : dialler_take(false, r->timeout_ms);

    held = NULL;
    *out = (struct http_reply){.body = STR(""), .problem = "no dialler was free in time"};
    if (!d)
        return;
    bool answered = ask(op, d, r, p->key, out);
    if (!answered)
        *out = (struct http_reply){.body = STR(""),
                                   .sent = may_have_sent(d),
                                   .problem = "the dialler died or did not answer in time"};
    dialler_give_back(d, answered);
}

bool diallers_reseal(struct op *op, const struct provider *p, struct sealed *s)
{
    const struct http_request r = {
        .method = "", .url = "", .timeout_ms = RESEAL_MS, .max_reply = sizeof(*s)};
    struct dialler *d = dialler_take(false, RESEAL_MS);
    struct http_reply reply = {.body = STR(""), .problem = "no dialler was free in time"};

    (void)p;
    bool answered = d && ask(op, d, &r, s, &reply);
    if (d)
        dialler_give_back(d, answered);
    if (answered && reply.body.n == sizeof(*s)) {
        memcpy(s, reply.body.p, sizeof(*s));
        return true;
    }
    return fail_because(op, E_SERVICE_UNAVAILABLE, reply.problem, "A secret is not sealed anew");
}

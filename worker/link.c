/* link.c - connect, greet, load the scripts, watch the clock, and begin again when it breaks. */

#include "worker/link.h"

#include "common/base/clock.h"
#include "common/base/id.h"
#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/queue/hello.h"
#include "worker/redis_uv.h"

#include <fcntl.h>
#include <hiredis/async.h>
#include <stdlib.h>

enum { TICK_MS = 200, RETRY_MIN_MS = 50, RETRY_MAX_MS = 1000 };

enum link_state { LINK_WAITING, LINK_RESOLVING, LINK_CONNECTING, LINK_GREETING, LINK_UP };

struct link {
    uv_loop_t *loop;
    struct arena arena;
    struct redis_address address;
    const struct link_events *events;
    void *ctx;
    int64_t timeout_us;

    enum link_state state;
    int64_t since_us; /* when the state was entered */
    int failures;     /* in a row: sets the pause before the next attempt */
    bool was_up, closing;
    redisAsyncContext *redis;
    struct request *oldest, *newest; /* sent and not answered */
    size_t greetings;                /* answers still to come before the link is up */

    uv_timer_t tick, retry;
    uv_getaddrinfo_t resolve;
    int users; /* handles and requests of the loop: the last to end frees the link */

    void (*heard)(void *ctx, const struct redisReply *r);
    void *heard_ctx;
};

/* One command on its way. */
struct request {
    struct request *next;
    struct link *link;
    int64_t sent_us;
    int64_t sent_wall_us;
    int step; /* of the greeting; -1 = not part of it */
    void (*done)(void *ctx, const struct redisReply *r);
    void *ctx;
};

static void release(struct link *l)
{
    if (--l->users)
        return;
    arena_end(&l->arena);
    free(l);
}

static void enter(struct link *l, enum link_state state)
{
    l->state = state;
    l->since_us = clock_mono_us();
}

/* Between half and all of a doubling pause: many workers must not return in step. */
static uint64_t pause_ms(int failures)
{
    unsigned char dice;
    uint64_t cap = (uint64_t)RETRY_MIN_MS << (failures < 6 ? failures : 6);

    random_bytes(&dice, 1);
    if (cap > RETRY_MAX_MS)
        cap = RETRY_MAX_MS;
    return cap / 2 + cap * dice / 512;
}

static void attempt(uv_timer_t *t);

static void wait_and_retry(struct link *l)
{
    if (l->closing)
        return;
    enter(l, LINK_WAITING);
    uv_timer_start(&l->retry, attempt, pause_ms(l->failures++), 0);
}

/* Leave the connection behind; its unanswered requests are answered with NULL. */
static void drop(struct link *l, const char *why)
{
    redisAsyncContext *old = l->redis;

    if (l->state == LINK_UP || l->failures == 0)
        log_warning(NULL, "redis.lost", F("error", why));
    l->redis = NULL;
    wait_and_retry(l);
    if (old)
        redisAsyncFree(old);
}

static void on_connected(const redisAsyncContext *redis, int status);

static void on_disconnected(const redisAsyncContext *redis, int status)
{
    struct link *l = redis->data;

    (void)status;
    if (l->redis != redis)
        return;
    /* hiredis frees the context itself here. */
    l->redis = NULL;
    drop(l, redis->errstr && *redis->errstr ? redis->errstr : "closed by the server");
}

static void connect_to(struct link *l, const char *ip)
{
    redisAsyncContext *redis = l->address.path ? redisAsyncConnectUnix(l->address.path)
                                               : redisAsyncConnect(ip, l->address.port);

    if (!redis)
        abort();
    enter(l, LINK_CONNECTING);
    redis->data = l;
    l->redis = redis;
    if (redis->err) {
        drop(l, redis->errstr);
        return;
    }
    fcntl(redis->c.fd, F_SETFD, FD_CLOEXEC);
    redis_uv_attach(redis, l->loop);
    redisAsyncSetConnectCallback(redis, on_connected);
    redisAsyncSetDisconnectCallback(redis, on_disconnected);
}

static void on_resolved(uv_getaddrinfo_t *request, int status, struct addrinfo *found)
{
    struct link *l = request->data;
    char ip[64] = "";

    if (status == 0 && found->ai_family == AF_INET)
        uv_ip4_name((const void *)found->ai_addr, ip, sizeof(ip));
    else if (status == 0)
        uv_ip6_name((const void *)found->ai_addr, ip, sizeof(ip));
    uv_freeaddrinfo(found);
    if (!l->closing && status != 0)
        drop(l, uv_strerror(status));
    else if (!l->closing)
        connect_to(l, ip);
    release(l);
}

static void attempt(uv_timer_t *t)
{
    struct link *l = t->data;
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};

    if (l->address.path) {
        connect_to(l, NULL);
        return;
    }
    /* hiredis would look the name up on this thread and stop the loop meanwhile. */
    enter(l, LINK_RESOLVING);
    l->resolve.data = l;
    int error = uv_getaddrinfo(l->loop, &l->resolve, on_resolved, l->address.host, NULL, &hints);
    if (error)
        drop(l, uv_strerror(error));
    else
        l->users++;
}

/* An answer after which this connection is of no more use. */
static bool is_fatal(const char *error)
{
    static const char *const prefixes[] = {"NOSCRIPT", "READONLY", "LOADING", "MASTERDOWN",
                                           "NOAUTH"};

    for (size_t i = 0; i < ARRAY_LEN(prefixes); i++)
        if (strncmp(error, prefixes[i], strlen(prefixes[i])) == 0)
            return true;
    return false;
}

static void refuse(struct link *l, const char *why)
{
    l->events->refused(l->ctx, why);
    drop(l, why);
}

static void greeted(struct link *l, const struct request *q, const redisReply *r)
{
    const char *why = NULL;
    enum hello_verdict verdict =
        hello_check((enum hello_step)q->step, r, q->sent_wall_us, clock_now_us(), &why);

    if (verdict == HELLO_REFUSED) {
        refuse(l, why);
    } else if (verdict == HELLO_LATER) {
        drop(l, why);
    } else if (--l->greetings == 0) {
        if (l->was_up)
            metric_add(M_REDIS_RECONNECTS, 1, NULL);
        l->was_up = true;
        l->failures = 0;
        enter(l, LINK_UP);
        l->events->up(l->ctx);
    }
}

static void answered(redisAsyncContext *redis, void *answer, void *ctx)
{
    struct request *q = ctx;
    struct link *l = q->link;
    const redisReply *r = answer;

    (void)redis;
    l->oldest = q->next;
    if (!l->oldest)
        l->newest = NULL;
    if (q->step >= 0) {
        if (r)
            greeted(l, q, r);
    } else {
        bool error = r && r->type == REDIS_REPLY_ERROR;
        if (error)
            log_warning(NULL, "redis.error", F("error", r->str));
        q->done(q->ctx, error ? NULL : r);
        if (error && l->redis == redis && is_fatal(r->str))
            drop(l, r->str);
    }
    free(q);
}

static bool send_words(struct link *l, int n, const char **words, const size_t *lengths,
                       const struct request *how)
{
    struct request *q = malloc(sizeof(*q));

    if (!q)
        abort();
    *q = *how;
    q->link = l;
    q->sent_us = clock_mono_us();
    if (!l->redis || redisAsyncCommandArgv(l->redis, answered, q, n, words, lengths) != REDIS_OK) {
        free(q);
        return false;
    }
    if (l->newest)
        l->newest->next = q;
    else
        l->oldest = q;
    l->newest = q;
    return true;
}

static void greet(struct link *l)
{
    const struct script *scripts = scripts_all();
    const char *words[HELLO_WORDS];

    enter(l, LINK_GREETING);
    l->greetings = 0;
    for (int step = 0; step < HELLO_STEPS; step++) {
        struct request how = {.step = step, .sent_wall_us = clock_now_us()};
        size_t n = hello_words(&l->address, (enum hello_step)step, words);
        if (n && send_words(l, (int)n, words, NULL, &how))
            l->greetings++;
    }
    for (int i = 0; i < SCRIPT_COUNT; i++) {
        const char *load[] = {"SCRIPT", "LOAD", scripts[i].text};
        const size_t lengths[] = {6, 4, scripts[i].size};
        if (send_words(l, 3, load, lengths, &(struct request){.step = HELLO_STEPS}))
            l->greetings++;
    }
}

static void on_connected(const redisAsyncContext *redis, int status)
{
    struct link *l = redis->data;

    if (l->redis != redis)
        return;
    if (status != REDIS_OK) {
        l->redis = NULL; /* hiredis frees it after this callback */
        drop(l, redis->errstr);
        return;
    }
    if (!l->address.path)
        redisEnableKeepAlive(&l->redis->c);
    greet(l);
}

/* No wait is for ever: not for a connection, not for an answer. */
static void on_tick(uv_timer_t *t)
{
    struct link *l = t->data;
    int64_t since =
        l->state == LINK_UP ? (l->oldest ? l->oldest->sent_us : clock_mono_us()) : l->since_us;

    if (l->state == LINK_WAITING || l->state == LINK_RESOLVING)
        return;
    if (clock_mono_us() - since > l->timeout_us)
        drop(l, "no answer in time");
}

struct link *link_open(uv_loop_t *loop, const struct conf *conf, const struct link_events *events,
                       void *ctx)
{
    struct link *l = calloc(1, sizeof(*l));

    if (!l)
        abort();
    l->loop = loop;
    l->events = events;
    l->ctx = ctx;
    l->timeout_us = conf->redis_timeout_ms * 1000;
    const char *wrong = redis_address_parse(&l->arena, conf->redis_url, &l->address);
    if (wrong) {
        log_error(NULL, "queue.bad_url", F("error", wrong));
        arena_end(&l->arena);
        free(l);
        return NULL;
    }
    uv_timer_init(loop, &l->tick);
    uv_timer_init(loop, &l->retry);
    l->tick.data = l->retry.data = l;
    l->users = 2;
    uv_timer_start(&l->tick, on_tick, TICK_MS, TICK_MS);
    attempt(&l->retry);
    return l;
}

static void on_closed(uv_handle_t *h)
{
    release(h->data);
}

void link_close(struct link *l)
{
    redisAsyncContext *old = l->redis;

    l->closing = true;
    l->redis = NULL;
    if (old)
        redisAsyncFree(old);
    uv_close((uv_handle_t *)&l->tick, on_closed);
    uv_close((uv_handle_t *)&l->retry, on_closed);
}

bool link_is_up(const struct link *l)
{
    return l->state == LINK_UP && l->redis;
}

const char *link_db(const struct link *l)
{
    return l->address.db;
}

bool link_send(struct link *l, const struct call *c,
               void (*done)(void *ctx, const struct redisReply *r), void *ctx)
{
    if (!link_is_up(l))
        return false;
    return send_words(l, (int)c->n, c->words, c->lengths,
                      &(struct request){.step = -1, .done = done, .ctx = ctx});
}

bool link_command(struct link *l, const char *const *words,
                  void (*done)(void *ctx, const struct redisReply *r), void *ctx)
{
    const char *argv[8];
    int n = 0;

    if (!link_is_up(l))
        return false;
    while (words[n] && n < (int)ARRAY_LEN(argv)) {
        argv[n] = words[n];
        n++;
    }
    return send_words(l, n, argv, NULL, &(struct request){.step = -1, .done = done, .ctx = ctx});
}

static void on_heard(redisAsyncContext *redis, void *answer, void *ctx)
{
    struct link *l = ctx;

    (void)redis;
    if (answer)
        l->heard(l->heard_ctx, answer);
}

bool link_subscribe(struct link *l, const char *const *channels, size_t n,
                    void (*heard)(void *ctx, const struct redisReply *r), void *ctx)
{
    const char **words = calloc(n + 1, sizeof(*words));

    if (!words)
        abort();
    words[0] = "SUBSCRIBE";
    for (size_t i = 0; i < n; i++)
        words[i + 1] = channels[i];
    l->heard = heard;
    l->heard_ctx = ctx;
    bool sent =
        link_is_up(l)
        && redisAsyncCommandArgv(l->redis, on_heard, l, (int)n + 1, words, NULL) == REDIS_OK;
    free(words);
    return sent;
}

/* throttle.c - a table of budgets under one lock, and the thread that asks Redis for shares. */

#include "api/throttle.h"

#include "api/budget.h"
#include "common/base/clock.h"
#include "common/base/conf.h"
#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/queue/broker.h"
#include "common/tenant/rates.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { BUCKETS = 4096, WAYS = 8, ASKS = 256, PRINCIPAL_SIZE = 32 };
enum {
    KNOWN_US = 10 * 1000000,
    SILENT_US = 1000000,
    LEASE_MS = 1000,
    LOOKS = 3,
    FIRST_US = 100000
};

/* Of a tenant in all (principal "") or of one of its keys; of class FREE only the count is used. */
struct name {
    int64_t tenant_id;
    char principal[PRINCIPAL_SIZE];
    enum route_class class;
};

struct bucket {
    struct name name;
    struct budget budget;
    int64_t known_until_us; /* its size may be another by then */
    int64_t touched_us;
    int running, pins; /* whoever looks at it without the lock */
    bool asked;        /* the thread has been told */
    bool known;        /* its size was read before */
};

struct throttle {
    const struct conf *conf;
    int most;
    pthread_mutex_t lock;
    pthread_cond_t work, answered;
    pthread_t thread;
    struct broker *broker; /* the thread's; NULL = nobody to ask */
    int64_t silent_until_us;
    bool stopping;
    struct bucket *asks[ASKS];
    size_t first_ask, nasks;
    struct bucket buckets[BUCKETS];
};

static const char *const class_names[] = {"free", "read", "write", "dial", "import", "urgent"};

static int64_t default_per_minute(const struct conf *c, enum route_class class)
{
    switch (class) {
    case CLASS_FREE: return 0;
    case CLASS_READ: return c->rate_read_per_minute;
    case CLASS_WRITE: return c->rate_write_per_minute;
    case CLASS_DIAL: return c->rate_dial_per_minute;
    case CLASS_IMPORT: return c->rate_import_per_minute;
    case CLASS_URGENT: return c->rate_urgent_per_minute;
    }
    return 0;
}

static struct budget_size default_size(const struct conf *c, const struct name *n)
{
    int64_t per_minute = *n->principal ? 0 : default_per_minute(c, n->class);
    int64_t burst = per_minute * c->rate_burst_seconds / 60;

    return (struct budget_size){per_minute, burst > 5 ? burst : 5};
}

static bool same(const struct name *a, const struct name *b)
{
    return a->tenant_id == b->tenant_id
           && a->class == b->class && strcmp(a->principal, b->principal) == 0;
}

static size_t place_of(const struct name *n)
{
    uint64_t h = (uint64_t)n->tenant_id * 0x9e3779b97f4a7c15u + (uint64_t)n->class;

    for (const char *p = n->principal; *p; p++)
        h = (h ^ (unsigned char)*p) * 0x100000001b3u;
    return (size_t)(h >> 20) % (BUCKETS / WAYS) * WAYS;
}

/* Called with the lock held.  The one of its place that was touched longest ago makes room. */
static struct bucket *bucket_of(struct throttle *t, const struct name *n, int64_t now_us)
{
    struct bucket *set = &t->buckets[place_of(n)], *oldest = NULL;

    for (int i = 0; i < WAYS; i++) {
        struct bucket *b = &set[i];
        if (b->touched_us && same(&b->name, n)) {
            b->touched_us = now_us;
            return b;
        }
        bool busy = b->running || b->pins || b->asked;
        if (!busy && (!oldest || b->touched_us < oldest->touched_us))
            oldest = b;
    }
    if (oldest)
        *oldest = (struct bucket){
            .name = *n, .touched_us = now_us, .budget.size = default_size(t->conf, n)};
    return oldest;
}

static struct budget_size read_size(struct op *op, const struct throttle *t, const struct name *n)
{
    struct op part = op_part(op);
    struct budget_size size = default_size(t->conf, n);
    struct rate_limit l = {.principal = n->principal, .class = class_names[n->class]};
    bool found;

    if (!rate_limit_get(&part, &l, &found))
        log_failure(&part, "throttle.limit_unknown");
    else if (found)
        size = (struct budget_size){l.per_minute, l.burst};
    op_end(&part);
    return size;
}

/* Called with the lock held, which is let go meanwhile: until the flag is as it should be. */
static bool wait_for(struct throttle *t, struct bucket *b, const bool *flag, bool wanted,
                     int64_t until_us)
{
    struct timespec ts = {.tv_sec = until_us / 1000000, .tv_nsec = until_us % 1000000 * 1000};
    int rc = 0;

    b->pins++;
    while (*flag != wanted && rc == 0)
        rc = pthread_cond_timedwait(&t->answered, &t->lock, &ts);
    b->pins--;
    return *flag == wanted;
}

/* Called with the lock held, which is let go while the database is asked: by one, for all. */
static void learn_size(struct op *op, struct throttle *t, struct bucket *b, int64_t now_us)
{
    if (now_us < b->known_until_us) {
        if (!b->known)
            (void)wait_for(t, b, &b->known, true, now_us + FIRST_US); /* then the default */
        return;
    }
    b->known_until_us = now_us + KNOWN_US;
    b->pins++;
    pthread_mutex_unlock(&t->lock);
    struct budget_size size = read_size(op, t, &b->name);
    pthread_mutex_lock(&t->lock);
    b->pins--;
    b->budget.size = size;
    b->known = true;
    pthread_cond_broadcast(&t->answered);
}

static void write_name(const struct name *n, char *out, size_t size)
{
    snprintf(out, size, "%" PRId64 ":%s:%s", n->tenant_id, n->principal, class_names[n->class]);
}

static bool ask_redis(struct throttle *t, const struct name *n, struct budget_ask ask,
                      struct budget_lease *out)
{
    struct op op = {.deadline_us = clock_mono_us() + LEASE_MS * 1000};
    char name[96];
    struct call c = {0};
    const struct redisReply *r;

    write_name(n, name, sizeof(name));
    ask.name = name;
    call_budget(&c, broker_caller(t->broker), &ask);
    bool ok = broker_call(&op, t->broker, &c, &r) && reply_count(r) == 4;
    if (ok)
        *out = (struct budget_lease){
            .granted = reply_number(reply_at(r, 0)),
            .left = reply_number(reply_at(r, 1)),
            .wait_us = reply_number(reply_at(r, 2)),
            .full_us = reply_number(reply_at(r, 3)),
        };
    call_end(&c);
    op_end(&op);
    return ok;
}

/* Called with the lock held, which is let go while Redis is asked. */
static void serve(struct throttle *t, struct bucket *b)
{
    int64_t now_us = clock_mono_us();
    struct budget_ask ask = {.per_minute = b->budget.size.per_minute,
                             .burst = b->budget.size.burst,
                             .wanted = budget_wanted(&b->budget, now_us)};
    struct budget_lease lease;

    pthread_mutex_unlock(&t->lock);
    bool ok = ask_redis(t, &b->name, ask, &lease);
    pthread_mutex_lock(&t->lock);
    now_us = clock_mono_us();
    if (ok)
        budget_lease(&b->budget, &lease, now_us);
    else
        t->silent_until_us = now_us + SILENT_US;
    b->asked = false;
    pthread_cond_broadcast(&t->answered);
}

static void *run(void *arg)
{
    struct throttle *t = arg;

    pthread_mutex_lock(&t->lock);
    while (!t->stopping) {
        if (t->nasks == 0) {
            pthread_cond_wait(&t->work, &t->lock);
            continue;
        }
        struct bucket *b = t->asks[t->first_ask];
        t->first_ask = (t->first_ask + 1) % ASKS;
        t->nasks--;
        serve(t, b);
    }
    pthread_mutex_unlock(&t->lock);
    return NULL;
}

/* Called with the lock held: false when there is nobody to ask now. */
static bool tell_thread(struct throttle *t, struct bucket *b, int64_t now_us)
{
    if (!t->broker || now_us < t->silent_until_us || (!b->asked && t->nasks == ASKS))
        return false;
    if (!b->asked) {
        b->asked = true;
        t->asks[(t->first_ask + t->nasks++) % ASKS] = b;
        pthread_cond_signal(&t->work);
    }
    return true;
}

/* Called with the lock held. */
static bool take(struct throttle *t, struct bucket *b, int64_t now_us)
{
    int64_t until_us = now_us + t->conf->rate_wait_ms * 1000;

    for (int i = 0; i < LOOKS; i++) {
        enum budget_word word = budget_take(&b->budget, now_us);
        if (word != BUDGET_ASK)
            return word == BUDGET_GRANTED;
        if (!tell_thread(t, b, now_us) || !wait_for(t, b, &b->asked, false, until_us))
            break;
        now_us = clock_mono_us();
    }
    metric_add(M_RATE_ALONE, 1, NULL);
    return budget_take_alone(&b->budget, t->conf->rate_processes, now_us);
}

static struct name name_of(const struct op *op, const char *principal, enum route_class class)
{
    struct name n = {.tenant_id = op->tenant_id, .class = class};

    snprintf(n.principal, sizeof(n.principal), "%s", principal ? principal : "");
    return n;
}

static bool refuse(struct op *op, enum route_class class, int wait_seconds, const char *what)
{
    metric_add(M_HTTP_THROTTLED, 1, LABELS(class_names[class]));
    fail(op, E_RATE_LIMIT_EXCEEDED, "%s", what);
    op->err.retry_after = wait_seconds;
    return false;
}

static void tell_rate(const struct budget *b, struct rate *rate)
{
    if (b->size.per_minute && (!rate->limit || budget_left(b) < rate->left))
        *rate =
            (struct rate){b->size.burst, budget_left(b), budget_full_seconds(b, clock_mono_us())};
}

/* Called with the lock held. */
static bool spend(struct op *op, struct throttle *t, const struct name *n, struct rate *rate)
{
    int64_t now_us = clock_mono_us();
    struct bucket *b = bucket_of(t, n, now_us);

    if (!b) /* its place is full of busy ones */
        return refuse(op, n->class, 1, "Too many tenants are served at once");
    learn_size(op, t, b, now_us);
    bool ok = take(t, b, now_us);
    tell_rate(&b->budget, rate);
    return ok
           || refuse(op, n->class, budget_wait_seconds(&b->budget, clock_mono_us()),
                     "Too many requests");
}

/* Called with the lock held. */
static bool begin(struct op *op, struct throttle *t, enum route_class class)
{
    struct name n = name_of(op, NULL, CLASS_FREE);
    struct bucket *b = bucket_of(t, &n, clock_mono_us());

    if (class == CLASS_URGENT)
        return true;
    if (!b || b->running >= t->most)
        return refuse(op, class, 1, "Too many requests at once");
    b->running++;
    return true;
}

bool throttle_enter(struct op *op, struct throttle *t, const struct route *route, struct rate *rate)
{
    enum route_class class = route->manner.class;
    struct name tenant = name_of(op, NULL, class), key = name_of(op, op->principal, class);

    if (class == CLASS_FREE)
        return true;
    pthread_mutex_lock(&t->lock);
    bool ok = (!*key.principal || spend(op, t, &key, rate)) && spend(op, t, &tenant, rate)
              && begin(op, t, class);
    pthread_mutex_unlock(&t->lock);
    return ok;
}

void throttle_leave(struct throttle *t, const struct op *op, const struct route *route)
{
    struct name n = name_of(op, NULL, CLASS_FREE);

    if (route->manner.class == CLASS_FREE || route->manner.class == CLASS_URGENT)
        return;
    pthread_mutex_lock(&t->lock);
    struct bucket *b = bucket_of(t, &n, clock_mono_us());
    if (b)
        b->running--;
    pthread_mutex_unlock(&t->lock);
}

struct throttle *throttle_open(const struct conf *conf, int most)
{
    struct throttle *t = calloc(1, sizeof(*t));
    pthread_condattr_t monotonic;

    if (!t)
        abort();
    t->conf = conf;
    t->most = conf->tenant_max_requests ? (int)conf->tenant_max_requests : most;
    t->broker = broker_open(conf);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&t->lock, NULL);
    pthread_cond_init(&t->work, NULL);
    pthread_cond_init(&t->answered, &monotonic);
    pthread_condattr_destroy(&monotonic);
    if (pthread_create(&t->thread, NULL, run, t) != 0)
        abort();
    return t;
}

void throttle_close(struct throttle *t)
{
    pthread_mutex_lock(&t->lock);
    t->stopping = true;
    pthread_cond_signal(&t->work);
    pthread_mutex_unlock(&t->lock);
    pthread_join(t->thread, NULL);
    broker_close(t->broker);
    pthread_cond_destroy(&t->answered);
    pthread_cond_destroy(&t->work);
    pthread_mutex_destroy(&t->lock);
    free(t);
}

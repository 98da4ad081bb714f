/* holdings.c - is what we hold still ours, and what do dead workers hold? */

#include "worker/consumer_state.h"

#include "common/base/log.h"
#include "common/base/metrics.h"
#include "worker/delayer.h"

#include <stdlib.h>

static int by_bytes(const void *a, const void *b)
{
    const struct str *x = a, *y = b;
    int order = memcmp(x->p, y->p, x->n < y->n ? x->n : y->n);

    return order ? order : (x->n > y->n) - (x->n < y->n);
}

static bool contains(const struct str *sorted, size_t n, struct str s)
{
    return n && bsearch(&s, sorted, n, sizeof(s), by_bytes);
}

static void ignore(void *ctx, const struct redisReply *r)
{
    (void)ctx;
    (void)r;
}

/* Ours in Redis and unknown here: the answer to a fetch was lost. */
static void return_strays(struct consumer *c, const struct redisReply *r, const struct str *known,
                          size_t n_known)
{
    struct str strays[CALL_MAX_IDS];
    size_t n = 0;

    for (size_t i = 0; i < reply_count(r) && n < CALL_MAX_IDS; i++)
        if (!contains(known, n_known, reply_text(reply_at(r, i))))
            strays[n++] = reply_text(reply_at(r, i));
    if (n == 0)
        return;
    log_warning(NULL, "queue.strays_returned", F("queue", c->queue), F("count", (int64_t)n));
    call_requeue(&c->w->call, &c->w->caller, c->queue, strays, n);
    link_send(c->w->link, &c->w->call, ignore, NULL);
}

/* Known here and not ours in Redis: somebody took us for dead.  What has not begun is dropped. */
static void drop_lost(struct consumer *c, const struct str *ours, size_t n)
{
    struct job *j, *next;

    for (j = TAILQ_FIRST(&c->held); j; j = next) {
        next = TAILQ_NEXT(j, held);
        if (j->state != JOB_SUBMITTED || contains(ours, n, j->rid)
            || !threads_cancel(c->w->threads, c->lane, j))
            continue;
        metric_add(M_QUEUE_LEASES_LOST, 1, LABELS(c->queue));
        consumer_forget(c, j);
    }
}

static void on_held(void *ctx, const struct redisReply *r)
{
    struct consumer *c = ctx;
    struct str *known = calloc(c->n_held + 1, sizeof(*known));
    struct str *ours = calloc(reply_count(r) + 1, sizeof(*ours));
    struct job *j;
    size_t n = 0;

    if (!known || !ours)
        abort();
    TAILQ_FOREACH(j, &c->held, held)
    {
        known[n++] = j->rid;
    }
    for (size_t i = 0; i < reply_count(r); i++)
        ours[i] = reply_text(reply_at(r, i));
    qsort(known, n, sizeof(*known), by_bytes);
    qsort(ours, reply_count(r), sizeof(*ours), by_bytes);
    if (r) {
        return_strays(c, r, known, n);
        drop_lost(c, ours, reply_count(r));
    }
    free(known);
    free(ours);
    if (r)
        consumer_wake(c);
}

void consumer_compare(struct consumer *c)
{
    call_held(&c->w->call, &c->w->caller, c->queue);
    link_send(c->w->link, &c->w->call, on_held, c);
}

static void on_stats(void *ctx, const struct redisReply *r)
{
    static const char *const states[] = {"ready", "delayed", "inflight", "dead"};
    struct consumer *c = ctx;

    for (size_t i = 0; r && i < ARRAY_LEN(states); i++)
        metric_set(M_QUEUE_DEPTH, reply_number(reply_at(r, i)), LABELS(c->queue, states[i]));
}

static void take_back_from_the_dead(struct consumer *c);

static void on_maintained(void *ctx, const struct redisReply *r)
{
    struct consumer *c = ctx;
    int64_t taken = reply_number(reply_at(r, 0));

    if (!r)
        return;
    if (taken) {
        metric_add(M_QUEUE_RECLAIMED, taken, LABELS(c->queue));
        log_warning(NULL, "queue.reclaimed", F("queue", c->queue), F("count", taken));
    }
    if (reply_number(reply_at(r, 2)) == 0)
        take_back_from_the_dead(c);
}

static void take_back_from_the_dead(struct consumer *c)
{
    const char *const queues[] = {c->queue, NULL};
    struct upkeep u = {queues, c->w->conf->queue_heartbeat_timeout_ms,
                       c->w->conf->queue_dead_ttl_ms, CALL_MAX_IDS};

    call_maintain(&c->w->call, &c->w->caller, &u);
    link_send(c->w->link, &c->w->call, on_maintained, c);
}

void consumer_upkeep(struct consumer *c)
{
    take_back_from_the_dead(c);
    call_stats(&c->w->call, &c->w->caller, c->queue);
    link_send(c->w->link, &c->w->call, on_stats, c);
    consumer_compare(c);
    delayer_upkeep(c->delayer);
}

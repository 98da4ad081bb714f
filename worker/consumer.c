/* consumer.c - the table of messages in memory and the calls that fill and empty it. */

#include "worker/consumer.h"

#include "common/base/log.h"
#include "common/base/metrics.h"
#include "worker/delayer.h"

#include <stdlib.h>

enum { POLL_MIN_MS = 5, POLL_MAX_MS = 250, POLL_HEARING_MS = 2000 };

struct consumer {
    struct worker *w;
    const char *queue;
    size_t lane;
    struct delayer *delayer;
    struct job_table held; /* every message in memory */
    size_t n_held;
    size_t n_sent; /* of these, ended and only waiting for Redis's word */
    size_t target; /* how many to hold */
    size_t completed;
    bool fetching;
    bool again; /* woken while fetching */
    bool abandoned;
    unsigned misses;
    uv_timer_t poll;
    struct job *ends[CALL_MAX_IDS]; /* gathered for one call */
    size_t n_ends;
};

/* Several ends in one call. */
struct batch {
    struct consumer *c;
    bool back;
    size_t n;
    struct job *jobs[];
};

static size_t least(const struct consumer *c)
{
    return 2 * (size_t)c->w->conf->worker_threads;
}

static void fetch(struct consumer *c);

static void on_poll(uv_timer_t *t)
{
    fetch(t->data);
}

struct consumer *consumer_open(struct worker *w, const char *queue, size_t lane)
{
    struct consumer *c = calloc(1, sizeof(*c));

    if (!c)
        abort();
    c->w = w;
    c->queue = queue;
    c->lane = lane;
    c->target = least(c);
    TAILQ_INIT(&c->held);
    uv_timer_init(&w->loop, &c->poll);
    c->poll.data = c;
    c->delayer = delayer_open(w, queue);
    return c;
}

void consumer_close(struct consumer *c)
{
    uv_close((uv_handle_t *)&c->poll, NULL);
    delayer_close(c->delayer);
}

void consumer_free(struct consumer *c)
{
    struct job *j;

    while ((j = TAILQ_FIRST(&c->held))) {
        TAILQ_REMOVE(&c->held, j, held);
        job_free(j);
    }
    delayer_free(c->delayer);
    free(c);
}

const char *consumer_queue(const struct consumer *c)
{
    return c->queue;
}

struct delayer *consumer_delayer(const struct consumer *c)
{
    return c->delayer;
}

bool consumer_is_empty(const struct consumer *c)
{
    return (c->n_held == 0 && !c->fetching) || c->abandoned;
}

static void forget(struct consumer *c, struct job *j)
{
    TAILQ_REMOVE(&c->held, j, held);
    c->n_held--;
    job_free(j);
}

/* ---- ends ---- */

static void unsent(struct consumer *c, struct job *j)
{
    j->state = JOB_FINISHED;
    c->n_sent--;
}

static void ended(struct consumer *c, struct job *j, bool ours)
{
    char rid[64];

    c->n_sent--;
    if (ours && !j->back && j->verdict.settlement.dead)
        metric_add(M_QUEUE_DEAD, 1, LABELS(c->queue));
    if (!ours) {
        size_t n = j->rid.n < sizeof(rid) ? j->rid.n : sizeof(rid) - 1;
        memcpy(rid, j->rid.p, n);
        rid[n] = '\0';
        metric_add(M_QUEUE_LEASES_LOST, 1, LABELS(c->queue));
        log_info(NULL, "message.lease_lost", F("queue", c->queue), F("redis_message_id", rid));
    }
    forget(c, j);
}

static void on_batch(void *ctx, const struct redisReply *r)
{
    struct batch *b = ctx;
    struct consumer *c = b->c;

    for (size_t i = 0; i < b->n; i++) {
        if (r)
            ended(c, b->jobs[i], reply_digit(r, i));
        else
            unsent(c, b->jobs[i]);
    }
    free(b);
    worker_progress(c->w);
}

/* Tell Redis what has been gathered: acknowledgements, or returns. */
static void send_ends(struct consumer *c, bool back)
{
    struct str rids[CALL_MAX_IDS];
    size_t n = c->n_ends;

    if (n == 0)
        return;
    c->n_ends = 0;
    struct batch *b = malloc(sizeof(*b) + n * sizeof(struct job *));
    if (!b)
        abort();
    *b = (struct batch){.c = c, .back = back, .n = n};
    for (size_t i = 0; i < n; i++) {
        b->jobs[i] = c->ends[i];
        b->jobs[i]->state = JOB_SENT;
        rids[i] = b->jobs[i]->rid;
    }
    c->n_sent += n;
    if (back)
        call_requeue(&c->w->call, &c->w->caller, c->queue, rids, n);
    else
        call_ack(&c->w->call, &c->w->caller, c->queue, rids, n);
    if (!link_send(c->w->link, &c->w->call, on_batch, b))
        on_batch(b, NULL);
}

static void gather(struct consumer *c, struct job *j, bool back)
{
    c->ends[c->n_ends++] = j;
    if (c->n_ends == CALL_MAX_IDS)
        send_ends(c, back);
}

static void on_settled(void *ctx, const struct redisReply *r)
{
    struct job *j = ctx;
    struct consumer *c = j->consumer;

    if (r)
        ended(c, j, reply_number(r) == 1);
    else
        unsent(c, j);
    worker_progress(c->w);
}

static void settle(struct consumer *c, struct job *j)
{
    j->state = JOB_SENT;
    c->n_sent++;
    call_settle(&c->w->call, &c->w->caller, c->queue, &j->verdict.settlement);
    if (!link_send(c->w->link, &c->w->call, on_settled, j))
        unsent(c, j);
}

static void end(struct consumer *c, struct job *j)
{
    if (j->verdict.plain)
        gather(c, j, false);
    else
        settle(c, j);
}

void consumer_finished(struct consumer *c, struct job *j)
{
    j->state = JOB_FINISHED;
    c->completed++;
    end(c, j);
}

void consumer_flush(struct consumer *c)
{
    send_ends(c, false);
    fetch(c);
}

/* ---- beginnings ---- */

static void give_back(struct consumer *c, struct job *j)
{
    j->state = JOB_FINISHED;
    j->back = true;
    gather(c, j, true);
}

static void submit(struct consumer *c, struct job *j)
{
    j->state = JOB_SUBMITTED;
    j->next = NULL;
    threads_submit(c->w->threads, c->lane, j);
}

static void on_counted(void *ctx, const struct redisReply *r)
{
    struct job *j = ctx;
    struct consumer *c = j->consumer;

    if (!r) {
        j->state = JOB_STARTING;
        return;
    }
    j->crashes = reply_number(r);
    if (c->w->phase == PHASE_RUNNING) {
        submit(c, j);
        return;
    }
    give_back(c, j);
    send_ends(c, true);
}

/* A message that has been running when a worker died: count before it runs again. */
static void start(struct consumer *c, struct job *j)
{
    j->state = JOB_COUNTING;
    call_start(&c->w->call, &c->w->caller, c->queue, j->rid);
    if (!link_send(c->w->link, &c->w->call, on_counted, j))
        j->state = JOB_STARTING;
}

static void hold(struct consumer *c, struct job *j)
{
    TAILQ_INSERT_TAIL(&c->held, j, held);
    c->n_held++;
}

static void take_in(struct consumer *c, const struct redisReply *r)
{
    struct job *first = NULL, **end = &first;
    struct fetched f;

    for (size_t i = 0; reply_fetched(r, i, &f); i++) {
        struct job *j = job_new(c, c->queue, &f);
        hold(c, j);
        if (c->w->phase != PHASE_RUNNING) {
            give_back(c, j);
        } else if (j->crashes >= 0 && j->crashes < c->w->conf->queue_max_crashes) {
            start(c, j);
        } else {
            j->state = JOB_SUBMITTED;
            *end = j;
            end = &j->next;
        }
    }
    send_ends(c, true);
    threads_submit(c->w->threads, c->lane, first);
}

/* Nothing there: look again after a pause that grows and is never quite the same. */
static void poll_later(struct consumer *c)
{
    uint64_t cap = worker_hears_all(c->w) ? POLL_HEARING_MS : POLL_MAX_MS;
    uint64_t wait = (uint64_t)POLL_MIN_MS << (c->misses < 9 ? c->misses : 9);
    unsigned char dice;

    random_bytes(&dice, 1);
    if (wait > cap)
        wait = cap;
    uv_timer_start(&c->poll, on_poll, wait / 2 + wait * dice / 512, 0);
}

static void on_fetched(void *ctx, const struct redisReply *r)
{
    struct consumer *c = ctx;
    size_t n = reply_count(r) / 3;
    bool again = c->again;

    c->fetching = c->again = false;
    if (!r)
        return;
    if (n)
        metric_add(M_QUEUE_FETCHED, (int64_t)n, LABELS(c->queue));
    take_in(c, r);
    c->misses = n ? 0 : c->misses + 1;
    if (n || again)
        fetch(c);
    else
        poll_later(c);
}

/* Only for a quarter of the target at once: small fetches cost as much as large ones. */
static void fetch(struct consumer *c)
{
    size_t busy = c->n_held - c->n_sent;
    size_t room = c->target > busy ? c->target - busy : 0;

    if (c->fetching || c->w->phase != PHASE_RUNNING || room == 0 || room * 4 < c->target)
        return;
    call_fetch(&c->w->call, &c->w->caller, c->queue, room);
    c->fetching = link_send(c->w->link, &c->w->call, on_fetched, c);
}

void consumer_wake(struct consumer *c)
{
    c->misses = 0;
    if (c->fetching)
        c->again = true;
    else
        fetch(c);
}

/* ---- repairs ---- */

void consumer_repeat(struct consumer *c)
{
    struct job *j;

    if (!link_is_up(c->w->link))
        return;
    TAILQ_FOREACH(j, &c->held, held)
    {
        if (j->state == JOB_STARTING)
            start(c, j);
        else if (j->state == JOB_FINISHED && !j->back)
            end(c, j);
    }
    send_ends(c, false);
    TAILQ_FOREACH(j, &c->held, held)
    {
        if (j->state == JOB_FINISHED && j->back)
            gather(c, j, true);
    }
    send_ends(c, true);
}

void consumer_tick(struct consumer *c)
{
    size_t pace = c->completed > c->target / 2 ? c->completed : c->target / 2;

    c->completed = 0;
    c->target = pace < least(c) ? least(c) : pace < CALL_MAX_IDS ? pace : CALL_MAX_IDS;
    fetch(c);
}

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
        forget(c, j);
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
        fetch(c);
}

static void compare_holdings(struct consumer *c)
{
    call_held(&c->w->call, &c->w->caller, c->queue);
    link_send(c->w->link, &c->w->call, on_held, c);
}

void consumer_resume(struct consumer *c)
{
    consumer_repeat(c);
    compare_holdings(c);
    delayer_resume(c->delayer);
}

/* ---- upkeep ---- */

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
    compare_holdings(c);
    delayer_upkeep(c->delayer);
}

/* ---- the end ---- */

void consumer_drain(struct consumer *c)
{
    struct job *list = threads_take_back(c->w->threads, c->lane), *next;
    struct job *j;

    uv_timer_stop(&c->poll);
    for (; list; list = next) {
        next = list->next;
        give_back(c, list);
    }
    TAILQ_FOREACH(j, &c->held, held)
    {
        if (j->state == JOB_STARTING)
            give_back(c, j);
    }
    send_ends(c, true);
}

static void on_abandoned(void *ctx, const struct redisReply *r)
{
    struct consumer *c = ctx;

    (void)r;
    c->abandoned = true;
    worker_progress(c->w);
}

void consumer_abandon(struct consumer *c)
{
    struct str rids[CALL_MAX_IDS];
    struct job *j;
    size_t n = 0;

    TAILQ_FOREACH(j, &c->held, held)
    {
        if (j->state == JOB_SUBMITTED && n < CALL_MAX_IDS)
            rids[n++] = j->rid;
    }
    call_requeue(&c->w->call, &c->w->caller, c->queue, rids, n);
    if (!link_send(c->w->link, &c->w->call, on_abandoned, c))
        on_abandoned(c, NULL);
}

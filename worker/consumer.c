/* consumer.c - the table of messages in memory and the calls that fill and empty it. */

#include "worker/consumer_state.h"

#include "common/base/log.h"
#include "common/base/metrics.h"
#include "worker/delayer.h"

#include <stdlib.h>

enum { POLL_MIN_MS = 5, POLL_MAX_MS = 250, POLL_HEARING_MS = 2000 };

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
static void start_next_suspect(struct consumer *c);

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

struct delayer *consumer_delayer(const struct consumer *c)
{
    return c->delayer;
}

bool consumer_is_empty(const struct consumer *c)
{
    return (c->n_held == 0 && !c->fetching) || c->abandoned;
}

void consumer_forget(struct consumer *c, struct job *j)
{
    bool was_alone = c->isolated == j;

    TAILQ_REMOVE(&c->held, j, held);
    c->n_held--;
    job_free(j);
    if (was_alone) {
        c->isolated = NULL;
        start_next_suspect(c);
    }
}

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
    consumer_forget(c, j);
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

/* Suspect for the second time: in company it would make suspects of the innocent again. */
static bool must_be_alone(const struct job *j)
{
    return j->crashes > 0;
}

static void start_suspect(struct consumer *c, struct job *j)
{
    if (must_be_alone(j) && c->isolated) {
        j->state = JOB_WAITING;
        return;
    }
    if (must_be_alone(j))
        c->isolated = j;
    start(c, j);
}

/* The suspect that was alone has ended: the next one's turn. */
static void start_next_suspect(struct consumer *c)
{
    struct job *j;

    TAILQ_FOREACH(j, &c->held, held)
    {
        if (j->state == JOB_WAITING) {
            start_suspect(c, j);
            return;
        }
    }
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
            start_suspect(c, j);
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

void consumer_resume(struct consumer *c)
{
    consumer_repeat(c);
    consumer_compare(c);
    delayer_resume(c->delayer);
}

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
        if (j->state == JOB_WAITING || j->state == JOB_STARTING)
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

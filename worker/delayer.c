/* delayer.c - three kinds of call in a circle: fetch, look what is due, promote. */

#include "worker/delayer.h"

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/queue/names.h"
#include "common/queue/rewrite.h"

#include <math.h>
#include <stdlib.h>

enum { PAGE = 500, PROMOTE_PAGE = 200, POLL_MS = 250, POLL_HEARING_MS = 1000, REPEAT_MS = 1000 };

/* A double carries milliseconds up to here; what lies beyond is "never". */
#define FAR_MS 9e15

struct delayer {
    struct worker *w;
    struct arena names;
    const char *queue; /* the delay queue */
    const char *ready; /* where its messages go */
    bool fetching;
    bool looking;   /* for what is due, or promoting it */
    bool searching; /* for strays */
    bool released;  /* everything has been given back */
    bool again;
    size_t promoting; /* promotions on the way */
    int64_t held;
    int64_t next_us; /* CLOCK_MONOTONIC: when the next one is due; INT64_MAX = unknown */
    uv_timer_t timer;
};

static void on_timer(uv_timer_t *t);

struct delayer *delayer_open(struct worker *w, const char *queue)
{
    struct delayer *d = calloc(1, sizeof(*d));

    if (!d)
        abort();
    d->w = w;
    d->ready = queue;
    d->queue = queue_delayed(&d->names, str_of(queue)).p;
    d->next_us = INT64_MAX;
    uv_timer_init(&w->loop, &d->timer);
    d->timer.data = d;
    return d;
}

void delayer_close(struct delayer *d)
{
    uv_close((uv_handle_t *)&d->timer, NULL);
}

void delayer_free(struct delayer *d)
{
    arena_end(&d->names);
    free(d);
}

const char *delayer_queue(const struct delayer *d)
{
    return d->queue;
}

bool delayer_is_empty(const struct delayer *d)
{
    return d->released;
}

static bool say(struct delayer *d, void (*done)(void *ctx, const struct redisReply *r))
{
    return link_send(d->w->link, &d->w->call, done, d);
}

/*
 * Wake for the next due message, and often enough to see what was put here without a word.  Never
 * in no time: libuv runs such a timer again and again before it looks at any socket.
 */
static void sleep_on(struct delayer *d)
{
    int64_t poll_us = (int64_t)(worker_hears_all(d->w) ? POLL_HEARING_MS : POLL_MS) * 1000;
    int64_t wait_us = d->next_us == INT64_MAX ? poll_us : d->next_us - clock_mono_us();

    if (wait_us > poll_us)
        wait_us = poll_us;
    uv_timer_start(&d->timer, on_timer, wait_us > 0 ? (uint64_t)(wait_us + 999) / 1000 : 1, 0);
}

static void look(struct delayer *d);

static void promoted(struct delayer *d)
{
    d->looking = d->promoting > 0;
    if (d->looking)
        return;
    if (d->next_us <= clock_mono_us())
        look(d);
    else
        sleep_on(d);
}

static void on_promoted(void *ctx, const struct redisReply *r)
{
    struct delayer *d = ctx;

    /* What was not ours any more is forgotten by the next look. */
    if (!r)
        d->next_us = clock_mono_us() + (int64_t)REPEAT_MS * 1000;
    d->promoting--;
    promoted(d);
}

static void send_settlement(struct delayer *d, const struct settlement *s)
{
    call_settle(&d->w->call, &d->w->caller, d->queue, s);
    if (say(d, on_promoted))
        d->promoting++;
}

static void bury(struct delayer *d, struct str rid)
{
    metric_add(M_QUEUE_DEAD, 1, LABELS(d->ready));
    log_warning(NULL, "message.dead", F("queue", d->queue), F("reason", "it is not a message"));
    send_settlement(d, &(struct settlement){.rid = rid, .dead = true});
}

static void promote(struct delayer *d, const struct fetched *f)
{
    struct arena a = {0};
    struct message m;
    struct buf payload = {0};
    char rid[UUID_SIZE];

    if (message_decode(&a, f->payload, &m)) {
        bury(d, f->rid);
    } else {
        uuid_make(rid);
        rewrite_promotion(&payload, &m, str_of(d->ready), rid);
        struct outgoing next = {str_of(d->ready), str_of(rid), buf_view(&payload)};
        send_settlement(d, &(struct settlement){.rid = f->rid, .follow = &next, .nfollow = 1});
    }
    buf_free(&payload);
    arena_end(&a);
}

static void on_due(void *ctx, const struct redisReply *r)
{
    struct delayer *d = ctx;
    struct fetched f;
    struct due due;

    reply_due(r, &due);
    if (!r)
        due.next_ms = REPEAT_MS;
    else
        d->held = due.held;
    d->next_us = due.next_ms < 0 ? INT64_MAX : clock_mono_us() + due.next_ms * 1000;
    for (size_t i = 0; i < due.n && d->w->phase == PHASE_RUNNING && reply_due_at(r, i, &f); i++)
        promote(d, &f);
    promoted(d);
}

static void look(struct delayer *d)
{
    if (d->looking || d->w->phase != PHASE_RUNNING)
        return;
    call_due(&d->w->call, &d->w->caller, d->queue, PROMOTE_PAGE);
    d->looking = say(d, on_due);
}

static void fetch(struct delayer *d);

static void on_tracked(void *ctx, const struct redisReply *r)
{
    struct delayer *d = ctx;

    d->fetching = false;
    if (!r)
        return;
    d->next_us = 0;
    look(d);
    fetch(d);
}

/* Absent, null or strange: due now. */
static double eta_of(struct str payload)
{
    struct arena a = {0};
    struct message m;
    double eta = 0;

    if (!message_decode(&a, payload, &m) && m.opt.eta.kind == OPTION_NUMBER && !isnan(m.opt.eta.v))
        eta = m.opt.eta.v < 0 ? 0 : m.opt.eta.v > FAR_MS ? FAR_MS : m.opt.eta.v;
    arena_end(&a);
    return eta;
}

static void on_fetched(void *ctx, const struct redisReply *r)
{
    struct delayer *d = ctx;
    struct due_time due[PAGE];
    struct fetched f;
    size_t n = 0;

    d->fetching = false;
    if (!r || d->w->phase != PHASE_RUNNING)
        return;
    while (n < PAGE && reply_fetched(r, n, &f)) {
        due[n] = (struct due_time){f.rid, eta_of(f.payload)};
        n++;
    }
    if (n) {
        metric_add(M_QUEUE_FETCHED, (int64_t)n, LABELS(d->queue));
        d->held += (int64_t)n;
        call_track(&d->w->call, &d->w->caller, d->queue, due, n);
        d->fetching = say(d, on_tracked);
    } else if (d->again) {
        fetch(d);
    }
}

static void fetch(struct delayer *d)
{
    int64_t room = d->w->conf->queue_max_delayed - d->held;

    /* While strays are searched, what is fetched and not yet tracked would look like one. */
    d->again = d->fetching || d->searching;
    if (d->again || room <= 0 || d->w->phase != PHASE_RUNNING)
        return;
    call_fetch(&d->w->call, &d->w->caller, d->queue, room < PAGE ? (size_t)room : PAGE);
    d->fetching = say(d, on_fetched);
}

void delayer_wake(struct delayer *d)
{
    fetch(d);
}

static void on_timer(uv_timer_t *t)
{
    struct delayer *d = t->data;

    if (!link_is_up(d->w->link)) /* delayer_resume() goes on */
        return;
    if (d->next_us <= clock_mono_us())
        look(d);
    fetch(d);
    if (!d->looking)
        sleep_on(d);
}

static void search(struct delayer *d, const char *cursor);

static void on_searched(void *ctx, const struct redisReply *r)
{
    struct delayer *d = ctx;
    struct str cursor = reply_text(reply_at(r, 0));
    int64_t given = reply_number(reply_at(r, 1));

    d->searching = false;
    if (!r)
        return;
    if (given)
        log_warning(NULL, "queue.strays_returned", F("queue", d->queue), F("count", given));
    if (!str_eq(cursor, STR("0"))) {
        search(d, cursor.p);
        return;
    }
    d->next_us = 0;
    look(d);
    fetch(d);
}

static void search(struct delayer *d, const char *cursor)
{
    call_strays(&d->w->call, &d->w->caller, d->queue, cursor);
    d->searching = say(d, on_searched);
}

void delayer_resume(struct delayer *d)
{
    d->held = 0;
    if (d->w->phase != PHASE_RUNNING) {
        delayer_drain(d);
        return;
    }
    search(d, "0");
    sleep_on(d);
}

void delayer_upkeep(struct delayer *d)
{
    if (!d->fetching && !d->searching && d->w->phase == PHASE_RUNNING)
        search(d, "0");
}

static void on_released(void *ctx, const struct redisReply *r)
{
    struct delayer *d = ctx;

    if (!r)
        return;
    if (reply_number(r) > 0) {
        delayer_drain(d);
        return;
    }
    d->released = true;
    worker_progress(d->w);
}

void delayer_drain(struct delayer *d)
{
    uv_timer_stop(&d->timer);
    call_release(&d->w->call, &d->w->caller, d->queue);
    say(d, on_released);
}

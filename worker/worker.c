/* worker.c - put the parts together, keep the beat, and end in good order. */

#include "worker/worker.h"

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/base/notify.h"
#include "common/queue/hello.h"
#include "common/queue/names.h"
#include "worker/consumer.h"
#include "worker/delayer.h"
#include "worker/http.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

enum { TICK_MS = 100, TICKS_PER_REPEAT = 10, REAP_BUDGET = 1000 };

bool worker_hears_all(const struct worker *w)
{
    return w->hears_python && link_is_up(w->ears);
}

void worker_wake(struct worker *w, struct str queue)
{
    if (!link_is_up(w->link))
        return;
    for (size_t i = 0; i < w->n; i++) {
        struct delayer *d = consumer_delayer(w->consumers[i]);
        if (str_eq(queue, str_of(w->queues[i])))
            consumer_wake(w->consumers[i]);
        else if (str_eq(queue, str_of(delayer_queue(d))))
            delayer_wake(d);
    }
}

static void on_finished(uv_async_t *a)
{
    struct worker *w = a->data;
    struct job *j = threads_finished(w->threads), *next;

    for (; j; j = next) {
        next = j->next;
        consumer_finished(j->consumer, j);
    }
    for (size_t i = 0; i < w->n; i++)
        consumer_flush(w->consumers[i]);
}

static struct upkeep upkeep_of(const struct worker *w)
{
    return (struct upkeep){w->queues, w->conf->queue_heartbeat_timeout_ms,
                           w->conf->queue_dead_ttl_ms, REAP_BUDGET};
}

static void on_beaten(void *ctx, const struct redisReply *r)
{
    struct worker *w = ctx;

    if (!r || !clock_skewed(reply_number(r) * 1000, w->beat_asked_us, clock_now_us()))
        return;
    log_error(NULL, "worker.clock_skewed", F("redis_ms", reply_number(r)),
              F("here_ms", clock_now_us() / 1000));
    worker_drain(w, WORKER_REFUSED);
}

static void on_beat(uv_timer_t *t)
{
    struct worker *w = t->data;
    struct upkeep u = upkeep_of(w);

    w->beat_asked_us = clock_now_us();
    call_beat(&w->call, &w->caller, &u);
    link_send(w->link, &w->call, on_beaten, w);
}

static void on_reaped(void *ctx, const struct redisReply *r)
{
    (void)ctx;
    (void)r;
}

static void on_upkeep(uv_timer_t *t)
{
    struct worker *w = t->data;
    struct upkeep u = upkeep_of(w);
    uint64_t pause = (uint64_t)w->conf->queue_maintenance_ms;
    unsigned char dice;

    random_bytes(&dice, 1);
    uv_timer_start(&w->upkeep, on_upkeep, pause - pause / 5 + pause * 2 / 5 * dice / 256, 0);
    if (!link_is_up(w->link))
        return;
    for (size_t i = 0; i < w->n; i++)
        consumer_upkeep(w->consumers[i]);
    call_reap(&w->call, &w->caller, &u);
    link_send(w->link, &w->call, on_reaped, w);
}

static void on_up(void *ctx)
{
    struct worker *w = ctx;

    log_info(NULL, "redis.up", F("worker", w->id));
    on_beat(&w->beat);
    for (size_t i = 0; i < w->n; i++)
        consumer_resume(w->consumers[i]);
    worker_progress(w);
}

static void on_refused(void *ctx, const char *why)
{
    log_error(NULL, "redis.refused", F("error", why));
    worker_drain(ctx, WORKER_REFUSED);
}

static void finish(struct worker *w)
{
    w->phase = PHASE_GONE;
    uv_stop(&w->loop);
}

static void on_left(void *ctx, const struct redisReply *r)
{
    (void)r;
    finish(ctx);
}

void worker_progress(struct worker *w)
{
    struct upkeep u = upkeep_of(w);

    if (w->phase != PHASE_DRAINING)
        return;
    /* Delayed messages are only held in Redis: when it is away, others take them back later. */
    for (size_t i = 0; i < w->n; i++)
        if (!consumer_is_empty(w->consumers[i])
            || (link_is_up(w->link) && !delayer_is_empty(consumer_delayer(w->consumers[i]))))
            return;
    w->phase = PHASE_LEAVING;
    call_leave(&w->call, &w->caller, &u);
    if (!link_send(w->link, &w->call, on_left, w))
        finish(w);
}

void worker_drain(struct worker *w, int code)
{
    if (w->phase != PHASE_RUNNING)
        return;
    notify_stopping(w->conf->notify_socket);
    log_info(NULL, "worker.draining", F("worker", w->id),
             F("running", (int64_t)threads_running(w->threads)));
    w->phase = PHASE_DRAINING;
    w->exit_code = code;
    w->deadline_us = clock_mono_us() + w->conf->worker_shutdown_ms * 1000;
    services_stop();
    for (size_t i = 0; i < w->n; i++) {
        consumer_drain(w->consumers[i]);
        delayer_drain(consumer_delayer(w->consumers[i]));
    }
    worker_progress(w);
}

/* Time is up: what still runs is given back, and the process ends under it. */
static void give_up(struct worker *w)
{
    bool before = w->abandoned;

    log_warning(NULL, "worker.abandons", F("worker", w->id),
                F("running", (int64_t)threads_running(w->threads)));
    w->abandoned = true;
    if (w->exit_code != WORKER_REFUSED)
        w->exit_code = WORKER_KILLED;
    w->deadline_us = clock_mono_us() + w->conf->redis_timeout_ms * 1000;
    if (before || w->phase == PHASE_LEAVING || !link_is_up(w->link)) {
        finish(w);
        return;
    }
    for (size_t i = 0; i < w->n; i++)
        consumer_abandon(w->consumers[i]);
}

static void on_signal(uv_signal_t *s, int number)
{
    struct worker *w = s->data;

    if (w->phase != PHASE_RUNNING) {
        log_stop();
        _exit(WORKER_KILLED);
    }
    worker_drain(w, number == SIGHUP ? WORKER_RESTART : WORKER_DONE);
}

static void on_tick(uv_timer_t *t)
{
    struct worker *w = t->data;
    bool repeat = ++w->ticks % TICKS_PER_REPEAT == 0;

    metric_set(M_WORKER_RUNNING, (int64_t)threads_running(w->threads), NULL);
    for (size_t i = 0; i < w->n; i++) {
        consumer_tick(w->consumers[i]);
        if (repeat)
            consumer_repeat(w->consumers[i]);
    }
    worker_progress(w);
    if (w->phase >= PHASE_DRAINING && clock_mono_us() > w->deadline_us)
        give_up(w);
}

static bool is_known(const struct worker *w, const char *queue)
{
    for (size_t i = 0; i < w->n; i++)
        if (strcmp(w->queues[i], queue) == 0)
            return true;
    return false;
}

static void add_queue(struct worker *w, const char *queue)
{
    if (is_known(w, queue))
        return;
    w->queues = realloc(w->queues, (w->n + 2) * sizeof(*w->queues));
    if (!w->queues)
        abort();
    w->queues[w->n++] = queue;
    w->queues[w->n] = NULL;
}

/* A queue without actors of ours would only be emptied into the dead letters. */
static bool has_actor(const struct worker *w, struct str queue)
{
    for (const struct runnable *r = w->setup->env.actors; r->name; r++)
        if (str_eq(queue, str_of(r->queue)))
            return true;
    return false;
}

static bool choose_queues(struct worker *w, struct arena *a)
{
    const char *p = w->conf->worker_queues;

    for (const struct runnable *r = w->setup->env.actors; !p && r->name; r++)
        add_queue(w, r->queue);
    while (p && *p) {
        struct str name = {p, strcspn(p, ",")};
        if (!queue_name_valid(name) || !has_actor(w, name)) {
            log_error(NULL, "worker.bad_queue", F("queue", arena_strndup(a, name.p, name.n)));
            return false;
        }
        add_queue(w, arena_strndup(a, name.p, name.n));
        p += name.n + (p[name.n] == ',');
    }
    return w->n > 0;
}

static int health(void *ctx, struct buf *body)
{
    const struct worker *w = ctx;
    bool up = link_is_up(w->link);

    buf_printf(body, "{\"status\":\"%s\",\"redis\":\"%s\"}\n",
               w->phase == PHASE_RUNNING ? "ok" : "draining", up ? "up" : "down");
    return 200;
}

static bool open_parts(struct worker *w)
{
    static const struct link_events events = {on_up, on_refused};
    const char *why = NULL;

    w->http = http_open(&w->loop, w->conf->worker_metrics_listen, health, w, &why);
    if (!w->http) {
        log_error(NULL, "worker.cannot_listen", F("address", w->conf->worker_metrics_listen),
                  F("error", why));
        return false;
    }
    w->consumers = calloc(w->n, sizeof(*w->consumers));
    if (!w->consumers)
        abort();
    for (size_t i = 0; i < w->n; i++)
        w->consumers[i] = consumer_open(w, w->queues[i], i);
    w->threads =
        threads_start((size_t)w->conf->worker_threads, w->n, run_job, &w->run_env, &w->finished);
    w->link = link_open(&w->loop, w->conf, &events, w);
    ears_open(w);
    return true;
}

static void start_timers(struct worker *w)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP};
    uint64_t beat_ms = (uint64_t)w->conf->queue_heartbeat_timeout_ms / 4;
    uint64_t first_upkeep_ms = (uint64_t)w->conf->queue_maintenance_ms / 10;

    w->tick.data = w->beat.data = w->upkeep.data = w;
    uv_timer_start(&w->tick, on_tick, TICK_MS, TICK_MS);
    uv_timer_start(&w->beat, on_beat, beat_ms, beat_ms);
    uv_timer_start(&w->upkeep, on_upkeep, first_upkeep_ms, 0);
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
        uv_signal_init(&w->loop, &w->signals[i]);
        w->signals[i].data = w;
        uv_signal_start(&w->signals[i], on_signal, numbers[i]);
    }
}

static void close_handle(uv_handle_t *h, void *ctx)
{
    (void)ctx;
    if (!uv_is_closing(h))
        uv_close(h, NULL);
}

/* Everything is given back to the system, so that a leak in the running shows. */
static void close_parts(struct worker *w)
{
    services_join();
    threads_stop(w->threads);
    link_close(w->link);
    link_close(w->ears);
    http_close(w->http);
    for (size_t i = 0; i < w->n; i++)
        consumer_close(w->consumers[i]);
    uv_walk(&w->loop, close_handle, NULL);
    uv_run(&w->loop, UV_RUN_DEFAULT);
    uv_loop_close(&w->loop);
    for (size_t i = 0; i < w->n; i++)
        consumer_free(w->consumers[i]);
    http_free(w->http);
    free(w->consumers);
    call_end(&w->call);
}

static void init(struct worker *w, const struct worker_setup *setup)
{
    w->setup = setup;
    w->run_env = setup->env;
    w->conf = setup->env.app->conf;
    uuid_make(w->id);
    w->caller = (struct caller){w->conf->dramatiq_namespace, w->id};
    uv_loop_init(&w->loop);
    uv_async_init(&w->loop, &w->finished, on_finished);
    w->finished.data = w;
    uv_timer_init(&w->loop, &w->tick);
    uv_timer_init(&w->loop, &w->beat);
    uv_timer_init(&w->loop, &w->upkeep);
}

int worker_run(const struct worker_setup *setup)
{
    struct worker w = {0};
    struct arena names = {0};

    signal(SIGPIPE, SIG_IGN);
    init(&w, setup);
    if (!choose_queues(&w, &names) || !open_parts(&w) || !w.link || !w.ears)
        return WORKER_CONFIG;
    start_timers(&w);
    services_start(setup->env.app, setup->services);
    log_info(NULL, "worker.ready", F("worker", w.id), F("port", (int64_t)http_port(w.http)),
             F("threads", w.conf->worker_threads));
    notify_ready(w.conf->notify_socket);
    uv_run(&w.loop, UV_RUN_DEFAULT);
    log_info(NULL, "worker.stopped", F("worker", w.id), F("code", (int64_t)w.exit_code));
    if (!w.abandoned)
        close_parts(&w);
    free(w.queues);
    arena_end(&names);
    return w.exit_code;
}

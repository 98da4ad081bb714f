/* run.c - the checks before an actor, the actor, and its outcome. */

#include "worker/run.h"

#include "common/base/clock.h"
#include "common/base/conf.h"
#include "common/base/log.h"
#include "common/base/metrics.h"
#include "worker/fate.h"

#include <math.h>
#include <stdio.h>

/* A message due within this is run at once rather than sent through the delay queue. */
enum { DUE_SLACK_MS = 5 };

static const struct runnable *find(const struct run_env *env, struct str name)
{
    for (const struct runnable *r = env->actors; r->name; r++)
        if (str_eq(name, str_of(r->name)))
            return r;
    return NULL;
}

static void count(const struct trial *t, const char *outcome)
{
    metric_add(M_QUEUE_MESSAGES, 1,
               LABELS(t->job->queue, t->actor ? t->actor->name : "unknown", outcome));
}

static void log_dead(const struct trial *t, const char *reason)
{
    char rid[64];

    snprintf(rid, sizeof(rid), "%.*s", (int)(t->job->rid.n < 63 ? t->job->rid.n : 63),
             t->job->rid.p);
    log_warning(NULL, "message.dead", F("queue", t->job->queue),
                F("actor", t->actor ? t->actor->name : "unknown"), F("redis_message_id", rid),
                F("reason", reason));
    count(t, "dead");
}

/* NULL, or why a callback or the next stage could not be sent: better known before the work. */
static const char *check_followers(struct trial *t)
{
    const struct message_options *o = &t->m.opt;
    const struct str callbacks[] = {o->on_success, o->on_failure, o->on_retry_exhausted};

    for (size_t i = 0; i < ARRAY_LEN(callbacks); i++)
        if (callbacks[i].n && queue_of_actor(t->env, callbacks[i]).n == 0)
            return "a callback names an actor that is neither ours nor in QUEUE_FOREIGN_ACTORS";
    if (o->pipe_target.n && message_decode_span(&t->job->arena, o->pipe_target, &t->stage))
        return "pipe_target is not a message";
    return NULL;
}

static bool too_old(const struct trial *t)
{
    int64_t max_age_ms = option_i64(&t->m.opt.max_age, 0);

    return max_age_ms && t->m.timestamp_ms && t->now_ms - t->m.timestamp_ms >= max_age_ms;
}

/* NULL when the actor shall run. */
static const char *objection(struct trial *t)
{
    if (t->job->crashes >= t->env->app->conf->queue_max_crashes)
        return "every worker that ran it died";
    if (too_old(t))
        return "Message age limit exceeded";
    return check_followers(t);
}

static int64_t time_limit_ms(const struct trial *t)
{
    const struct option_number *o = &t->m.opt.time_limit;

    if (o->kind == OPTION_NUMBER && isinf(o->v))
        return 0;
    int64_t limit = option_i64(o, 0);
    return limit > 0 && limit < INT32_MAX ? limit : t->actor->time_limit_ms;
}

/* A request id goes into logs and HTTP headers: only a harmless one is taken over. */
static const char *request_id(struct trial *t)
{
    struct str id = t->m.opt.request_id.n ? t->m.opt.request_id : t->m.message_id;

    if (id.n == 0 || id.n > 64)
        return NULL;
    for (size_t i = 0; i < id.n; i++)
        if (id.p[i] <= ' ' || id.p[i] >= 0x7f || id.p[i] == '"')
            return NULL;
    return arena_strndup(&t->job->arena, id.p, id.n);
}

/* Out of the op's arena, which ends before the verdict is read. */
static struct err kept(struct trial *t, const struct err *e)
{
    struct arena *a = &t->job->arena;

    return (struct err){.code = e->code,
                        .message = e->message ? arena_strdup(a, e->message) : NULL,
                        .cause = e->cause ? arena_strdup(a, e->cause) : NULL,
                        .retry_after = e->retry_after};
}

static void log_failed(const struct op *op, const struct trial *t, enum outcome outcome)
{
    log_failure(op, "actor.failed");
    log_info(op, "actor.outcome", F("actor", t->actor->name), F("queue", t->job->queue),
             F("outcome", outcome_name(outcome)), F("retries", option_i64(&t->m.opt.retries, 0)));
}

static void run_actor(struct trial *t)
{
    int64_t started_us = clock_mono_us();
    int64_t limit_ms = time_limit_ms(t);
    struct buf result = {0};
    struct op op = {.app = t->env->app,
                    .request_id = request_id(t),
                    .deadline_us = limit_ms ? started_us + limit_ms * 1000 : 0,
                    .suspect = t->job->crashes >= 0};

    bool ok = t->actor->run(&op, &t->m, &result);
    if (!ok && op.err.code == E_NONE)
        fail(&op, E_INTERNAL_ERROR, "The actor failed without a reason");
    enum outcome outcome = ok ? OUT_ACK
                              : outcome_of(err_class(op.err.code), option_i64(&t->m.opt.retries, 0),
                                           max_retries_of(t));
    if (!ok)
        log_failed(&op, t, outcome);
    struct err e = kept(t, &op.err);
    op_end(&op);
    t->now_ms = clock_now_us() / 1000;
    if (outcome == OUT_ACK)
        fate_success(t, ok, buf_view(&result));
    else
        fate_failure(t, outcome, &e);
    buf_free(&result);
    metric_observe_us(M_QUEUE_SECONDS, clock_mono_us() - started_us);
    count(t, outcome_name(outcome));
}

static bool due_later(const struct trial *t)
{
    return option_i64(&t->m.opt.eta, 0) > t->now_ms + DUE_SLACK_MS;
}

void run_job(void *env, struct job *j)
{
    struct trial t = {.env = env, .job = j, .now_ms = clock_now_us() / 1000};
    const char *wrong = message_decode(&j->arena, j->payload, &t.m);

    if (wrong) {
        fate_dead_unread(j);
        log_dead(&t, wrong);
        return;
    }
    t.actor = find(t.env, t.m.actor_name);
    if (due_later(&t)) {
        fate_delay(&t);
        count(&t, "delay");
        return;
    }
    if (!t.actor) {
        fate_dead_unread(j);
        log_dead(&t, "no such actor here");
        return;
    }
    wrong = objection(&t);
    if (wrong) {
        fate_dead(&t, wrong);
        log_dead(&t, wrong);
        return;
    }
    run_actor(&t);
}

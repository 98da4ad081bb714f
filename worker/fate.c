/* fate.c - Dramatiq's retries, callbacks, results and pipelines as one settlement per message. */

#include "worker/fate.h"

#include "common/base/conf.h"
#include "common/base/id.h"
#include "common/queue/names.h"
#include "common/queue/results.h"
#include "common/queue/rewrite.h"
#include "worker/backoff.h"

#include <stdlib.h>

enum { MAX_FOLLOW = 3 }; /* a retry or a stage, on_failure or on_success, on_retry_exhausted */

static double dice(void)
{
    uint32_t bits;

    random_bytes(&bits, sizeof(bits));
    return bits / 4294967296.0;
}

static char *new_rid(struct trial *t)
{
    char *rid = arena_alloc(&t->job->arena, UUID_SIZE);

    uuid_make(rid);
    return rid;
}

/* The buffer becomes the arena's. */
static struct str adopt(struct trial *t, struct buf *b)
{
    arena_defer(&t->job->arena, free, b->p);
    return buf_view(b);
}

static struct str canonical(const struct trial *t)
{
    return queue_canonical(str_of(t->job->queue));
}

static struct settlement *settle(struct trial *t, bool dead)
{
    struct verdict *v = &t->job->verdict;

    v->plain = false;
    v->settlement = (struct settlement){.rid = t->job->rid, .dead = dead};
    return &v->settlement;
}

static void follow(struct trial *t, struct str queue, const char *rid, struct buf *payload)
{
    struct settlement *s = &t->job->verdict.settlement;
    struct outgoing *all = arena_alloc(&t->job->arena, MAX_FOLLOW * sizeof(*all));

    if (s->nfollow == MAX_FOLLOW)
        abort();
    if (s->nfollow)
        memcpy(all, s->follow, s->nfollow * sizeof(*all));
    all[s->nfollow++] = (struct outgoing){queue, str_of(rid), adopt(t, payload)};
    s->follow = all;
}

static void follow_delayed(struct trial *t, const char *rid, struct buf *payload)
{
    follow(t, queue_delayed(&t->job->arena, canonical(t)), rid, payload);
}

struct str queue_of_actor(const struct run_env *env, struct str actor)
{
    for (const struct runnable *r = env->actors; r->name; r++)
        if (str_eq(actor, str_of(r->name)))
            return str_of(r->queue);
    const char *p = env->app->conf->queue_foreign_actors;
    while (p && *p) {
        size_t n = strcspn(p, ",");
        const char *equals = memchr(p, '=', n);
        if (equals && str_eq(actor, (struct str){p, (size_t)(equals - p)}))
            return (struct str){equals + 1, (size_t)(p + n - equals - 1)};
        p += n + (p[n] == ',');
    }
    return (struct str){"", 0};
}

/* Send a callback actor two arguments: the message as it now stands, and what is to be said. */
static void call_back(struct trial *t, struct str actor, struct str whole, struct str word)
{
    struct buf args = {0}, payload = {0};
    char *rid = new_rid(t);
    struct str queue = queue_of_actor(t->env, actor);

    buf_char(&args, '[');
    buf_add(&args, whole.p, whole.n);
    buf_char(&args, ',');
    buf_add(&args, word.p, word.n);
    buf_char(&args, ']');
    message_compose(&payload, &(struct new_message){
                                  .queue = queue,
                                  .actor = arena_strndup(&t->job->arena, actor.p, actor.n),
                                  .args = buf_view(&args),
                                  .redis_message_id = rid,
                              });
    buf_free(&args);
    follow(t, queue, rid, &payload);
}

static bool wants_result(const struct trial *t)
{
    return t->m.opt.store_results.kind == OPTION_NUMBER && t->m.opt.store_results.v != 0;
}

static void store_result(struct trial *t, struct str json)
{
    struct settlement *s = &t->job->verdict.settlement;
    char *key = arena_alloc(&t->job->arena, RESULT_KEY_SIZE);
    int64_t ttl_ms = option_i64(&t->m.opt.result_ttl, RESULT_TTL_MS);

    result_key(key, canonical(t), t->m.actor_name, t->m.message_id);
    s->result_key = key;
    s->result = (struct str){arena_strndup(&t->job->arena, json.p, json.n), json.n};
    s->result_ttl_ms = ttl_ms > 0 ? ttl_ms : 1;
}

/* {"type": ..., "message": ...} under the names a reader expects. */
static void write_error(struct buf *b, const char *type, const char *type_key, const char *text,
                        const char *text_key)
{
    buf_printf(b, "{\"%s\":", type_key);
    span_write_string(b, str_of(type));
    buf_printf(b, ",\"%s\":", text_key);
    span_write_string(b, str_of(text));
    buf_char(b, '}');
}

static void store_failure(struct trial *t, const char *type, const char *text)
{
    struct buf b = {0};

    if (!wants_result(t))
        return;
    buf_str(&b, "{\"__t\":\"dramatiq.results.Result\",\"exn\":");
    write_error(&b, type, "type", text, "msg");
    buf_char(&b, '}');
    store_result(t, buf_view(&b));
    buf_free(&b);
}

void fate_dead_unread(struct job *j)
{
    j->verdict = (struct verdict){.settlement = {.rid = j->rid, .dead = true}};
}

static struct str dead_letter(struct trial *t, int64_t retries, const char *reason)
{
    struct buf b = {0};

    rewrite_dead(&b, &t->m, canonical(t),
                 &(struct attempt){.retries = retries, .now_ms = t->now_ms, .error = reason});
    return adopt(t, &b);
}

void fate_dead(struct trial *t, const char *reason)
{
    struct settlement *s = settle(t, true);

    s->payload = dead_letter(t, option_i64(&t->m.opt.retries, 0), reason);
    store_failure(t, "SkipMessage", reason);
}

void fate_delay(struct trial *t)
{
    struct buf b = {0};
    char *rid = new_rid(t);

    settle(t, false);
    rewrite_delayed(&b, &t->m, canonical(t), rid);
    follow_delayed(t, rid, &b);
}

static bool pipe_ignores(const struct trial *t)
{
    const struct option_number *next = &t->stage.opt.pipe_ignore;

    return next->kind == OPTION_NUMBER && next->v != 0;
}

static void follow_stage(struct trial *t, struct str result)
{
    struct buf b = {0};
    char *rid = new_rid(t);
    int64_t eta_ms = 0;
    struct str queue = queue_canonical(t->stage.queue_name);

    /* Present, not non-zero: a delay of 0 still goes through the delay queue. */
    if (t->stage.opt.delay.kind == OPTION_NUMBER)
        eta_ms = t->now_ms + option_i64(&t->stage.opt.delay, 0);
    rewrite_stage(&b, &t->stage, rid, pipe_ignores(t) ? (struct str){"", 0} : result, eta_ms);
    follow(t, eta_ms ? queue_delayed(&t->job->arena, queue) : queue, rid, &b);
}

void fate_success(struct trial *t, bool done, struct str result)
{
    const struct message_options *o = &t->m.opt;
    bool follows = done && (o->pipe_target.n || o->on_success.n);

    if (!follows && !wants_result(t)) {
        t->job->verdict = (struct verdict){.plain = true};
        return;
    }
    settle(t, false);
    if (result.n == 0)
        result = STR("null");
    if (wants_result(t))
        store_result(t, result);
    if (done && o->pipe_target.n)
        follow_stage(t, result);
    if (done && o->on_success.n)
        call_back(t, o->on_success, span_trim(t->job->payload), result);
}

int64_t max_retries_of(const struct trial *t)
{
    const struct option_number *o = &t->m.opt.max_retries;

    if (o->kind == OPTION_NULL)
        return -1;
    int64_t max = option_i64(o, t->actor->max_retries);
    return max < 0 ? 0 : max;
}

static void snooze(struct trial *t, const struct err *e)
{
    struct buf b = {0};
    char *rid = new_rid(t);
    int64_t snoozes = option_i64(&t->m.opt.snoozes, 0);
    int64_t wait_ms =
        e->retry_after > 0 ? (int64_t)e->retry_after * 1000 : snooze_ms(snoozes, dice());

    settle(t, false);
    rewrite_snooze(&b, &t->m, canonical(t), rid, t->now_ms + wait_ms,
                   snoozes < 1000000 ? snoozes + 1 : snoozes);
    follow_delayed(t, rid, &b);
}

static int64_t retry_delay_ms(const struct trial *t, int64_t retries, const struct err *e)
{
    const struct message_options *o = &t->m.opt;

    if (e->retry_after > 0)
        return (int64_t)e->retry_after * 1000;
    return backoff_ms(retries, option_i64(&o->min_backoff, BACKOFF_MIN_MS),
                      option_i64(&o->max_backoff, BACKOFF_MAX_MS), (double[]){dice(), dice()});
}

/* Returns the message as the callbacks shall see it. */
static struct str retry(struct trial *t, const struct attempt *a)
{
    struct buf b = {0};
    char *rid = new_rid(t);

    settle(t, false);
    rewrite_retry(&b, &t->m, canonical(t), rid, a);
    follow_delayed(t, rid, &b);
    return buf_view(&b);
}

static void tell_exhausted(struct trial *t, struct str whole, int64_t retries)
{
    struct buf b = {0};

    if (!t->m.opt.on_retry_exhausted.n)
        return;
    buf_printf(&b, "{\"retries\":%lld,\"max_retries\":%lld}", (long long)retries,
               (long long)max_retries_of(t));
    call_back(t, t->m.opt.on_retry_exhausted, whole, buf_view(&b));
    buf_free(&b);
}

static struct str bury(struct trial *t, const struct attempt *a, const char *type, const char *text)
{
    struct settlement *s = settle(t, true);

    s->payload = dead_letter(t, a->retries, a->error);
    store_failure(t, type, text);
    tell_exhausted(t, s->payload, a->retries - 1);
    return s->payload;
}

static void tell_failure(struct trial *t, struct str whole, const char *type, const char *text)
{
    struct buf b = {0};

    if (!t->m.opt.on_failure.n)
        return;
    write_error(&b, type, "type", text, "message");
    call_back(t, t->m.opt.on_failure, whole, buf_view(&b));
    buf_free(&b);
}

void fate_failure(struct trial *t, enum outcome outcome, const struct err *e)
{
    const char *type = err_name(e->code), *text = e->message ? e->message : "";
    int64_t retries = option_i64(&t->m.opt.retries, 0);
    struct attempt a = {.retries = retries + 1, .now_ms = t->now_ms};

    if (outcome == OUT_SNOOZE) {
        snooze(t, e);
        return;
    }
    a.error = arena_printf(&t->job->arena, "%s: %s%s%s", type, text, e->cause ? "\n" : "",
                           e->cause ? e->cause : "");
    a.eta_ms = t->now_ms + retry_delay_ms(t, retries, e);
    struct str whole = outcome == OUT_DEAD ? bury(t, &a, type, text) : retry(t, &a);
    tell_failure(t, whole, type, text);
}

/* crosscheck.c - from the provider's side for what we lack, from ours for how far each is. */

#include "common/call/crosscheck.h"
#include "common/call/attempt.h"

#include "common/base/clock.h"
#include "common/base/conf.h"
#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/call/accounts.h"
#include "common/call/chore.h"
#include "common/call/polled.h"
#include "common/call/step.h"
#include "common/store/db.h"
#include "common/store/pool.h"
#include "common/tenant/workspace.h"
#include "queries.h"

#include <stdlib.h>

enum {
    NIGHTLY_HOURS = 48,
    DAY_SECONDS = 86400,
    LAGS_SECONDS = 300,
    AGAIN_SECONDS = 600,     /* after a check that failed */
    MOST_SECONDS = 4 * 3600, /* after which a check that did not end is taken for dead */
    PAGE_CALLS = 1000,
    MOST_CALLS_OF_ONE = 4
};
#define HOUR_US (INT64_C(3600) * 1000000)
#define SETTLING_US (INT64_C(120) * 1000000) /* what is younger may still be on its way to us */
#define NARROWEST_US INT64_C(1000)           /* the provider counts milliseconds */

static void note(struct op *op, int *count, const char *kind, const char *attempt_id,
                 const char *provider_call_id)
{
    ++*count;
    metric_add(M_DIFFERENCES, 1, LABELS(kind));
    log_warning(op, "crosscheck.difference", F("kind", kind), F("attempt", attempt_id),
                F("provider_call_id", provider_call_id));
}

static bool note_listed(struct op *op, const struct rows *differ, int i, struct differences *d)
{
    const char *id = db_text(differ, i, "attempt_id");
    const char *provider_call_id = db_text(differ, i, "provider_call_id");

    if (db_bool(differ, i, "missing")) {
        note(op, &d->attempt_missing, "attempt_missing", id, provider_call_id);
        return true;
    }
    note(op, &d->placed_twice, "placed_twice", id, provider_call_id);
    return polled_is_stray(op, id, provider_call_id);
}

/* Calls that carry no mark of ours are none of ours. */
static bool compare_listed(struct op *op, const struct account_group *g,
                           const struct provider_calls *calls, struct differences *d)
{
    struct sql_array attempts = {0}, theirs = {0};
    struct rows differ;

    for (size_t i = 0; i < calls->n; i++) {
        const char *id = attempt_echoed(op, &calls->items[i]);
        if (!id)
            continue;
        sql_array_add(&attempts, id);
        sql_array_add(&theirs, calls->items[i].provider_call_id);
    }
    bool ok = db_query(op, &SQL_CROSS_LISTED,
                       ARGS({"attempt_ids", sql_array_close(&attempts)},
                            {"provider_call_ids", sql_array_close(&theirs)},
                            {"account", g->account}, {"teller", sql_i64(op, g->tenant_id)}),
                       &differ);
    for (int i = 0; ok && i < differ.n; i++)
        ok = note_listed(op, &differ, i, d);
    sql_array_free(&attempts);
    sql_array_free(&theirs);
    return ok;
}

/* What started in the window; nothing is compared when it is more than a page. */
static bool compare_window(struct op *op, const struct account_group *g, int64_t from_us,
                           int64_t to_us, bool *fits, struct differences *d)
{
    struct op part = account_part(op, g);
    const struct provider *p;
    struct provider_calls calls;
    bool ok = workspace_of(&part, g->account, &p);

    db_release(&part);
    ok = ok
         && p->list_calls(&part, p, (struct tstamp){from_us}, (struct tstamp){to_us}, PAGE_CALLS,
                          &calls);
    *fits = ok && calls.complete;
    if (*fits)
        ok = compare_listed(&part, g, &calls, d);
    if (!ok)
        op_fail_like(op, &part);
    op_end(&part);
    return ok;
}

/* One page of calls is in memory at a time: the window that is asked for is as wide as that lets it
 * be. */
static bool from_a_side(struct op *op, const struct account_group *g, int hours,
                        struct differences *d)
{
    int64_t end = clock_now_us() - SETTLING_US, from = end - (int64_t)hours * HOUR_US;
    int64_t width = HOUR_US;
    bool fits;

    while (from < end) {
        int64_t to = from + width < end ? from + width : end;
        if (!compare_window(op, g, from, to, &fits, d))
            return false;
        if (!fits && width <= NARROWEST_US)
            return fail(op, E_PROVIDER_ERROR, "The provider's list of calls is incomplete");
        if (fits)
            from = to;
        width = fits ? width * 2 : (to - from) / 2;
        width = width > HOUR_US ? HOUR_US : width < NARROWEST_US ? NARROWEST_US : width;
    }
    return true;
}

/* A tenant's workspace that cannot be asked is its own trouble: the others are compared all the
 * same. */
static bool from_their_side(struct op *op, int hours, struct differences *d)
{
    struct account_group *all;
    int n;

    if (!accounts_all(op, &all, &n))
        return false;
    db_release(op);
    for (int i = 0; i < n; i++) {
        struct op part = op_part(op);
        bool ok = from_a_side(&part, &all[i], hours, d);
        if (!ok && all[i].account)
            log_failure(&part, "crosscheck.workspace_not_compared");
        ok = ok || all[i].account || op_fail_like(op, &part);
        op_end(&part);
        if (!ok)
            return false;
    }
    return true;
}

static const struct provider_call *call_of(struct op *op, const struct provider_calls *calls,
                                           const struct rows *a, int i)
{
    const char *id = db_text(a, i, "id"), *known = db_text(a, i, "provider_call_id");
    const struct provider_call *found = NULL;

    for (size_t c = 0; c < calls->n; c++) {
        const char *theirs = attempt_echoed(op, &calls->items[c]);
        if (known && strcmp(calls->items[c].provider_call_id, known) == 0)
            return &calls->items[c];
        if (theirs && strcmp(theirs, id) == 0)
            found = &calls->items[c];
    }
    return found;
}

static bool is_open(enum attempt_state s)
{
    return s == ATTEMPT_ACCEPTED || s == ATTEMPT_RINGING || s == ATTEMPT_ONGOING;
}

/* We thought that nothing was placed. */
static bool is_written_off(enum attempt_state s)
{
    return !attempt_lives(s) && s != ATTEMPT_ACCEPTED_LATE;
}

static bool compare(struct op *op, const struct provider *p, const struct rows *a, int i,
                    const struct provider_call *call, struct differences *d)
{
    enum attempt_state state = attempt_state_named(db_text(a, i, "state"));
    const char *id = db_text(a, i, "id");
    struct provider_call whole = {0};

    d->compared++;
    if (!call) {
        if (db_text(a, i, "provider_call_id"))
            note(op, &d->call_missing, "call_missing", id, db_text(a, i, "provider_call_id"));
        return true;
    }
    bool behind = is_open(state) && polled_is_over(call);
    if (!behind && !is_written_off(state) && state != ATTEMPT_UNKNOWN)
        return true;
    note(op, &d->repaired, "repaired", id, call->provider_call_id);
    return polled_fetch(op, p, call->provider_call_id, &whole);
}

static bool compare_group(struct op *op, const struct rows *a, const struct account_group *g,
                          struct differences *d)
{
    const char **values = arena_alloc(&op->arena, (size_t)g->n * sizeof(*values));
    const struct provider_query q = {.key = "aga_attempt", .values = values, .n = (size_t)g->n};
    struct provider_calls calls;
    const struct provider *p;

    for (int i = 0; i < g->n; i++)
        values[i] = db_text(a, g->at[i], "id");
    if (!workspace_of(op, g->account, &p))
        return false;
    db_release(op);
    if (!p->find_calls(op, p, &q, q.n * MOST_CALLS_OF_ONE, &calls))
        return false;
    if (!calls.complete)
        return fail(op, E_PROVIDER_ERROR, "The provider's list of calls is incomplete");
    for (int at = 0; at < g->n; at++) {
        struct op part = op_part(op);
        int i = g->at[at];
        if (!compare(&part, p, a, i, call_of(&part, &calls, a, i), d))
            log_failure(&part, "crosscheck.not_repaired");
        op_end(&part);
    }
    return true;
}

static bool compare_batch(struct op *op, const struct rows *a, struct differences *d)
{
    int n;
    struct account_group *groups = account_groups(op, a, &n);
    bool ok = true;

    for (int i = 0; ok && i < n; i++) {
        struct op part = account_part(op, &groups[i]);
        ok = compare_group(&part, a, &groups[i], d);
        if (!ok && groups[i].account)
            log_failure(&part, "crosscheck.workspace_not_compared");
        ok = ok || groups[i].account || op_fail_like(op, &part);
        op_end(&part);
    }
    return ok;
}

static bool from_our_side(struct op *op, int hours, struct differences *d)
{
    char after[37] = "00000000-0000-0000-0000-000000000000";
    bool more = true, ok = true;

    while (more && ok) {
        struct op part = op_part(op);
        struct rows a;
        ok = db_query(&part, &SQL_CROSS_ATTEMPTS,
                      ARGS({"provider", op->app->provider->name}, {"after", after},
                           {"hours", sql_i64(&part, hours)},
                           {"limit", sql_i64(&part, LOOK_AT_ONCE)}),
                      &a);
        more = ok && a.n > 0;
        if (more) {
            memcpy(after, db_text(&a, a.n - 1, "id"), sizeof(after));
            ok = compare_batch(&part, &a, d);
        }
        if (!ok)
            op_fail_like(op, &part);
        op_end(&part);
    }
    return ok;
}

bool crosscheck(struct op *op, int hours, struct differences *out)
{
    *out = (struct differences){0};
    db_release(op);
    if (!from_their_side(op, hours, out) || !from_our_side(op, hours, out))
        return false;
    log_info(op, "crosscheck.done", F("compared", out->compared), F("repaired", out->repaired),
             F("attempt_missing", out->attempt_missing), F("call_missing", out->call_missing),
             F("placed_twice", out->placed_twice));
    return true;
}

/* Apart from the check's own fate: when it failed, that is what is told. */
static void next_check(struct op *op, int seconds)
{
    struct op part = op_part(op);

    if (!chore_put_off(&part, "crosscheck", seconds))
        log_failure(&part, "crosscheck.not_put_off");
    op_end(&part);
}

/* Who dies in it leaves it to another in the same night; so does who fails. */
bool crosscheck_nightly(struct op *op)
{
    struct differences d;
    bool mine;

    if (!chore_take(op, "crosscheck", MOST_SECONDS, &mine) || !mine)
        return op->err.code == E_NONE;
    bool ok = crosscheck(op, NIGHTLY_HOURS, &d);
    next_check(op, ok ? DAY_SECONDS : AGAIN_SECONDS);
    return ok;
}

static void judge_lag(struct op *op, const char *kind, const char *seconds)
{
    double limit = (double)op->app->conf->reconcile_window_seconds / 4;
    bool slow = seconds && strtod(seconds, NULL) > limit;

    metric_set(M_LAG_ALARM, slow, LABELS(kind));
    if (slow)
        log_error(op, "provider.lags", F("kind", kind), F("seconds", seconds),
                  F("window", op->app->conf->reconcile_window_seconds));
}

bool crosscheck_lags(struct op *op)
{
    struct rows lags, quantiles;
    bool mine;

    if (!chore_take(op, "lags", LAGS_SECONDS, &mine) || !mine)
        return op->err.code == E_NONE;
    if (!db_query(op, &SQL_LAG_WEBHOOKS, ARGS({"seconds", sql_i64(op, LAGS_SECONDS)}), &lags)
        || !db_query(op, &SQL_LAG_QUANTILES, NO_ARGS, &quantiles))
        return false;
    for (int i = 0; i < lags.n; i++)
        metric_observe_us(M_WEBHOOK_LAG_SECONDS, db_i64(&lags, i, "lag_us"));
    judge_lag(op, "listed", db_text(&quantiles, 0, "listed"));
    judge_lag(op, "webhook", db_text(&quantiles, 0, "webhook"));
    return true;
}

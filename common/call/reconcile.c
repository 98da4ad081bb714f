/* reconcile.c - one listing for many attempts, and what it says of each. */

#include "common/call/reconcile.h"

#include "common/base/conf.h"
#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/call/accounts.h"
#include "common/call/attempt.h"
#include "common/call/polled.h"
#include "common/store/db.h"
#include "common/store/pool.h"
#include "common/tenant/workspace.h"
#include "queries.h"

enum {
    LISTINGS_NEEDED = 3,
    LISTINGS_WITHOUT_CANARY = 6,
    MOST_CALLS_OF_ONE = 4, /* a listing may show so many for each attempt before it is cut short */
    SOON_SECONDS = 2,
    MAX_ABSENT = 10, /* requests of one row that were never placed: it is not tried for ever */
};

struct listing {
    const struct provider *workspace; /* NULL = its key is not here */
    struct provider_calls calls;
    const char **attempt_ids; /* of each call, as it carries it; NULL = none */
    bool answered;
};

/* Three empty listings this far apart, of which the last lies beyond the window. */
static double gap_seconds(const struct op *op)
{
    return (double)op->app->conf->reconcile_window_seconds / 20.0;
}

static bool ask(struct op *op, const struct rows *due, const struct account_group *g,
                struct listing *l)
{
    const char **values = arena_alloc(&op->arena, 2 * (size_t)g->n * sizeof(*values));
    struct provider_query q = {.key = "aga_attempt", .values = values};

    for (int i = 0; i < g->n; i++) {
        const char *canary = db_text(due, g->at[i], "canary");
        values[q.n++] = db_text(due, g->at[i], "id");
        if (canary)
            values[q.n++] = canary;
    }
    if (!workspace_of(op, g->account, &l->workspace)) {
        l->workspace = NULL;
        return false;
    }
    db_release(op);
    return l->workspace->find_calls(op, l->workspace, &q, q.n * MOST_CALLS_OF_ONE, &l->calls);
}

static struct listing list_calls_of(struct op *op, const struct rows *due,
                                    const struct account_group *g)
{
    struct listing l = {0};

    l.answered = ask(op, due, g, &l);
    if (!l.answered) {
        log_failure(op, "reconcile.listing_failed");
        op_forgive(op);
        return l;
    }
    l.attempt_ids = arena_alloc(&op->arena, (l.calls.n + 1) * sizeof(*l.attempt_ids));
    for (size_t i = 0; i < l.calls.n; i++)
        l.attempt_ids[i] = attempt_echoed(op, &l.calls.items[i]);
    return l;
}

static bool is_of(const struct listing *l, size_t call, const char *attempt_id)
{
    return l->attempt_ids[call] && strcmp(l->attempt_ids[call], attempt_id) == 0;
}

/* What began first; a listing shows the newest first, so of two that never began the last one. */
static bool is_older(const struct provider_call *a, const struct provider_call *b)
{
    if (!b->started_at.us)
        return true;
    return a->started_at.us && a->started_at.us <= b->started_at.us;
}

static const struct provider_call *oldest_of(const struct listing *l, const char *attempt_id)
{
    const struct provider_call *oldest = NULL;

    for (size_t i = 0; l->answered && i < l->calls.n; i++)
        if (is_of(l, i, attempt_id) && (!oldest || is_older(&l->calls.items[i], oldest)))
            oldest = &l->calls.items[i];
    return oldest;
}

static bool found(struct op *op, const struct listing *l, const char *attempt_id,
                  const struct provider_call *call)
{
    struct provider_call whole = {0};
    struct rows rows;

    for (size_t i = 0; i < l->calls.n; i++)
        if (is_of(l, i, attempt_id) && &l->calls.items[i] != call
            && !polled_is_stray(op, attempt_id, l->calls.items[i].provider_call_id))
            return false;
    if (!db_query(op, &SQL_RECONCILE_FOUND, ARGS({"attempt_id", attempt_id}), &rows))
        return false;
    if (rows.n)
        metric_observe_us(M_LISTED_SECONDS, db_i64(&rows, 0, "lag_us"));
    return polled_fetch(op, l->workspace, call->provider_call_id, &whole);
}

/* The row may be tried again: what the attempt asked for never happened. */
static bool refute(struct op *op, const struct rows *a, int i)
{
    bool again = !db_bool(a, i, "row_is_over") && db_i64(a, i, "absent_before") + 1 < MAX_ABSENT;

    log_info(op, "call.refuted", F("attempt", db_text(a, i, "id")),
             F("scheduled_call_id", db_i64(a, i, "scheduled_call_id")));
    return attempt_tell(op, db_text(a, i, "id"),
                        &(struct dial_event){.kind = EVENT_ABSENT, .again = again},
                        &(struct attempt_news){.evidence = "absent after the window",
                                               .reason = "NOT_PLACED",
                                               .again_seconds = 1,
                                               .repeats = (int)db_i64(a, i, "repeats")});
}

static bool count_absence(struct op *op, const struct rows *a, int i)
{
    struct rows rows;

    return db_query(op, &SQL_RECONCILE_ABSENT,
                    ARGS({"attempt_id", db_text(a, i, "id")},
                         {"seconds", arena_printf(&op->arena, "%.3f", gap_seconds(op))}),
                    &rows);
}

static bool wait_for_fresh_listing(struct op *op, const struct rows *a, int i)
{
    struct rows rows;
    const char *one = arena_printf(&op->arena, "{%s}", db_text(a, i, "id"));

    metric_add(M_STALE_LISTINGS, 1, NULL);
    log_warning(op, "reconcile.stale_listing", F("attempt", db_text(a, i, "id")),
                F("canary", db_text(a, i, "canary")));
    return db_query(
        op, &SQL_RECONCILE_LATER,
        ARGS({"ids", one}, {"seconds", arena_printf(&op->arena, "%.3f", gap_seconds(op))}), &rows);
}

static bool absent(struct op *op, const struct listing *l, const struct rows *a, int i)
{
    const char *canary = db_text(a, i, "canary");
    int64_t listings = db_i64(a, i, "absent_listings") + 1;

    if (!db_bool(a, i, "window_over"))
        return count_absence(op, a, i);
    if (canary && !oldest_of(l, canary))
        return wait_for_fresh_listing(op, a, i);
    if (canary ? listings >= LISTINGS_NEEDED
               : listings >= LISTINGS_WITHOUT_CANARY && db_bool(a, i, "second_window_over"))
        return refute(op, a, i);
    return count_absence(op, a, i);
}

/* The list said nothing.  A row whose time is over need not wait for it any longer. */
static bool unlisted(struct op *op, const struct rows *a, int i)
{
    struct rows rows;

    if (db_bool(a, i, "window_over") && db_bool(a, i, "row_is_over"))
        return attempt_tell(op, db_text(a, i, "id"),
                            &(struct dial_event){.kind = EVENT_UNRESOLVABLE},
                            &(struct attempt_news){.evidence = "no listing until its time was over",
                                                   .reason = "UNVERIFIED",
                                                   .look_seconds = 60,
                                                   .repeats = (int)db_i64(a, i, "repeats")});
    return db_query(op, &SQL_RECONCILE_LATER,
                    ARGS({"ids", arena_printf(&op->arena, "{%s}", db_text(a, i, "id"))},
                         {"seconds", sql_i64(op, SOON_SECONDS)}),
                    &rows);
}

/* Not found: whether its request may be sent once more is the claim's to say, with all gates. */
static bool ask_to_repeat(struct op *op, const struct provider *p, const struct rows *a, int i)
{
    struct rows rows;

    return !p || !p->takes_keys(p)
           || db_query(op, &SQL_RECONCILE_REPEAT,
                       ARGS({"attempt_id", db_text(a, i, "id")}, {"account", p->account},
                            {"request_id", op->request_id}),
                       &rows);
}

static bool judge(struct op *op, const struct listing *l, const struct rows *a, int i)
{
    const char *id = db_text(a, i, "id");
    const struct provider_call *call = oldest_of(l, id);
    struct rows rows;

    if (call)
        return found(op, l, id, call);
    if (strcmp(db_text(a, i, "state"), "unresolved") == 0)
        return db_query(op, &SQL_RECONCILE_RARELY, ARGS({"attempt_id", id}), &rows);
    if (!ask_to_repeat(op, l->workspace, a, i))
        return false;
    return l->answered && l->calls.complete ? absent(op, l, a, i) : unlisted(op, a, i);
}

/* Each with an operation of its own: one that fails does not hold up the others. */
static void judge_all(struct op *op, const struct listing *l, const struct rows *due,
                      const struct account_group *g)
{
    for (int at = 0; at < g->n; at++) {
        int i = g->at[at];
        struct op part = op_part(op);
        struct rows one = {0};
        part.tenant_id = db_i64(due, i, "tenant_id");
        if (!judge(&part, l, due, i)) {
            const char *id = arena_printf(&op->arena, "{%s}", db_text(due, i, "id"));
            log_failure(&part, "reconcile.failed");
            op_forgive(&part);
            db_release(&part);
            if (!db_query(&part, &SQL_RECONCILE_LATER,
                          ARGS({"ids", id}, {"seconds", sql_i64(op, SOON_SECONDS)}), &one))
                log_failure(&part, "reconcile.failed");
        }
        op_end(&part);
    }
}

static void look_for(struct op *op, const struct rows *due, const struct account_group *g)
{
    struct op part = account_part(op, g);
    const struct listing l = list_calls_of(&part, due, g);

    judge_all(&part, &l, due, g);
    op_end(&part);
}

/* Whoever was to send it is gone; it may have left. */
static bool doubt_intents(struct op *op, const struct rows *due)
{
    static const struct dial_event unanswered = {.kind = EVENT_UNANSWERED};
    static const struct attempt_news news = {
        .evidence = "its lease is over", .sender = SENDER_DIED, .look_seconds = 30};

    for (int i = 0; i < due->n; i++)
        if (strcmp(db_text(due, i, "state"), "intent") == 0
            && !attempt_tell(op, db_text(due, i, "id"), &unanswered, &news))
            return false;
    return true;
}

bool reconcile_unknown(struct op *op, int *looked)
{
    struct rows due, unknown;
    int n;

    if (!db_ask(
            op,
            (const struct ask[]){
                {&SQL_RECONCILE_TAKE,
                 ARGS({"provider", op->app->provider->name}, {"limit", sql_i64(op, LOOK_AT_ONCE)},
                      {"window", sql_i64(op, op->app->conf->reconcile_window_seconds)}),
                 &due},
                {&SQL_RECONCILE_UNKNOWN_COUNT, NO_ARGS, &unknown}},
            2))
        return false;
    metric_set(M_UNKNOWN_ATTEMPTS, db_i64(&unknown, 0, "n"), NULL);
    *looked = due.n;
    if (due.n == 0)
        return true;
    if (!doubt_intents(op, &due))
        return false;
    db_release(op);
    struct account_group *groups = account_groups(op, &due, &n);
    for (int i = 0; i < n; i++)
        look_for(op, &due, &groups[i]);
    return true;
}

bool reconcile_due(struct op *op, int *looked)
{
    int unknown, live, stops;

    if (!reconcile_unknown(op, &unknown) || !reconcile_live(op, &live)
        || !reconcile_stops(op, &stops) || !reconcile_inbox(op))
        return false;
    *looked = unknown + live + stops;
    return true;
}

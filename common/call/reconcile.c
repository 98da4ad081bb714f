/* reconcile.c - ask the provider about attempts it has not told us about. */

#include "common/call/reconcile.h"

#include "common/base/conf.h"
#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/call/attempt.h"
#include "common/call/events.h"
#include "common/store/db.h"
#include "common/store/pool.h"
#include "queries.h"

enum { LOOK_AT_ONCE = 20, LISTINGS_NEEDED = 3, MOST_CALLS_OF_ONE = 10 };

/* Three empty listings this far apart, of which the last lies beyond the window. */
static double listing_gap_seconds(const struct op *op)
{
    return (double)op->app->conf->reconcile_window_seconds / 20.0;
}

static bool apply_polled(struct op *op, const struct provider_call *pc)
{
    bool matched;

    return db_begin(op) && call_apply(op, "poll", pc, &matched) && db_commit(op);
}

/* The row may be tried again: what the attempt asked for never happened. */
static bool refute(struct op *op, const struct rows *a, int i)
{
    log_info(op, "call.refuted", F("attempt", db_text(a, i, "id")),
             F("scheduled_call_id", db_i64(a, i, "scheduled_call_id")));
    return attempt_tell(
        op, db_text(a, i, "id"), &(struct dial_event){.kind = EVENT_ABSENT, .again = true},
        &(struct attempt_news){
            .evidence = "absent after the window", .reason = "NOT_PLACED", .again_seconds = 1});
}

static bool note_absent(struct op *op, const struct rows *a, int i)
{
    struct rows rows;

    if (db_bool(a, i, "window_over") && db_i64(a, i, "absent_listings") + 1 >= LISTINGS_NEEDED)
        return refute(op, a, i);
    return db_query(op, &SQL_RECONCILE_ABSENT,
                    ARGS({"attempt_id", db_text(a, i, "id")},
                         {"seconds", arena_printf(&op->arena, "%.3f", listing_gap_seconds(op))}),
                    &rows);
}

static bool look_for_unknown(struct op *op, const struct rows *a, int i)
{
    const struct provider *p = op->app->provider;
    struct provider_calls found;
    struct provider_call full = {0};

    db_release(op);
    if (!p->find_calls(op, p, "aga_attempt", db_text(a, i, "id"), MOST_CALLS_OF_ONE, &found))
        return false;
    if (found.n == 0 && !found.complete)
        return fail(op, E_PROVIDER_ERROR, "The provider's list of calls is incomplete");
    if (found.n == 0)
        return note_absent(op, a, i);
    if (found.n > 1)
        log_error(op, "call.placed_twice", F("attempt", db_text(a, i, "id")),
                  F("calls", (int64_t)found.n));
    return p->get_call(op, p, found.items[0].provider_call_id, &full) && apply_polled(op, &full);
}

static bool look_at_silent(struct op *op, const struct rows *a, int i)
{
    const struct provider *p = op->app->provider;
    struct provider_call pc = {0};

    db_release(op);
    return p->get_call(op, p, db_text(a, i, "provider_call_id"), &pc) && apply_polled(op, &pc);
}

static void look_again_soon(struct op *op, const struct rows *a, int i)
{
    struct rows rows;

    log_failure(op, "reconcile.failed");
    op_forgive(op);
    if (!db_query(op, &SQL_RECONCILE_AGAIN, ARGS({"attempt_id", db_text(a, i, "id")}), &rows))
        log_failure(op, "reconcile.failed");
}

/* One attempt, with an operation of its own: one that fails does not hold up the others. */
static void look(struct op *parent, const struct rows *a, int i)
{
    struct op op = {.app = parent->app,
                    .request_id = parent->request_id,
                    .tenant_id = db_i64(a, i, "tenant_id"),
                    .deadline_us = parent->deadline_us};
    bool unknown = strcmp(db_text(a, i, "state"), "unknown") == 0;

    if (!(unknown ? look_for_unknown(&op, a, i)
                  : db_text(a, i, "provider_call_id") == NULL || look_at_silent(&op, a, i)))
        look_again_soon(&op, a, i);
    op_end(&op);
}

bool reconcile_due(struct op *op, int *looked)
{
    struct rows due, unknown;

    if (!db_ask(op,
                (const struct ask[]){
                    {&SQL_RECONCILE_TAKE,
                     ARGS({"limit", sql_i64(op, LOOK_AT_ONCE)},
                          {"window", sql_i64(op, op->app->conf->reconcile_window_seconds)}),
                     &due},
                    {&SQL_RECONCILE_UNKNOWN_COUNT, NO_ARGS, &unknown}},
                2))
        return false;
    db_release(op);
    metric_set(M_UNKNOWN_ATTEMPTS, db_i64(&unknown, 0, "n"), NULL);
    for (int i = 0; i < due.n; i++)
        look(op, &due, i);
    *looked = due.n;
    return true;
}

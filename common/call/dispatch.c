/* dispatch.c - T0: one dispatcher's turn, one statement. */

#include "common/call/dispatch.h"

#include "common/base/conf.h"
#include "common/base/log.h"
#include "common/provider/provider.h"
#include "common/store/db.h"
#include "queries.h"

/* Another dispatcher is at it; what woke this one may have come too late for that one. */
enum { BATCH = 500, TURN_MS = 5 };

/* Soon enough for the next paced campaign, at the latest after the poll. */
static int sleep_until_next(const struct op *op, const struct rows *next)
{
    int64_t poll = op->app->conf->dispatch_poll_ms;
    int64_t ms = db_text(next, 0, "ms") ? db_i64(next, 0, "ms") + 1 : poll;

    if (ms > poll)
        ms = poll;
    return ms > 0 ? (int)ms : 1;
}

static bool give_starts(struct op *op, int64_t *queued, int *sleep_ms)
{
    struct rows due, next;
    const struct arg *args = ARGS({"cap", sql_i64(op, op->app->conf->tenant_max_live_calls)},
                                  {"batch", sql_i64(op, BATCH)}, {"request_id", op->request_id},
                                  {"provider", op->app->provider->name});

    if (!db_ask_commit(op,
                       (const struct ask[]){{&SQL_DISPATCH_DUE, args, &due},
                                            {&SQL_DISPATCH_NEXT, NO_ARGS, &next}},
                       2))
        return false;
    *queued = due.affected;
    *sleep_ms = *queued ? 1 : sleep_until_next(op, &next);
    return true;
}

bool dispatch_due(struct op *op, int64_t *queued, int *sleep_ms)
{
    struct rows turn;

    *queued = 0;
    *sleep_ms = TURN_MS;
    if (!db_begin(op) || !db_query(op, &SQL_DISPATCH_TURN, NO_ARGS, &turn))
        return false;
    if (db_bool(&turn, 0, "won"))
        return give_starts(op, queued, sleep_ms);
    db_rollback(op);
    return true;
}

bool dispatch_sweep(struct op *op)
{
    struct rows rows;

    if (!db_query(op, &SQL_DISPATCH_SWEEP,
                  ARGS({"seconds", sql_i64(op, op->app->conf->claim_timeout_seconds)}), &rows))
        return false;
    if (rows.affected)
        log_warning(op, "dispatch.swept", F("rows", rows.affected));
    return true;
}

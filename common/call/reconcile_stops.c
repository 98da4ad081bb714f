/* reconcile_stops.c - hang up: a provider only ends a call that is going on, so it is asked again
 * and again. */

#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/call/polled.h"
#include "common/call/reconcile.h"
#include "common/store/db.h"
#include "common/store/pool.h"
#include "common/tenant/workspace.h"
#include "queries.h"

enum { AGAIN_SECONDS = 2 };

static bool note(struct op *op, const struct query *q, const char *provider_call_id)
{
    struct rows rows;

    return db_query(op, q,
                    ARGS({"provider", op->app->provider->name},
                         {"provider_call_id", provider_call_id},
                         {"seconds", sql_i64(op, AGAIN_SECONDS)}),
                    &rows);
}

/* Not going on yet, or not any more: the next look tells. */
static bool hang_up(struct op *op, const struct provider *p, const char *id)
{
    const char *result = "stopped";

    db_release(op);
    if (!p->stop_call(op, p, id)) {
        result = op->err.code == E_RESOURCE_NOT_FOUND ? "not_ongoing" : "failed";
        log_failure(op, "call.stop_failed");
        op_forgive(op);
    }
    metric_add(M_CALLS_STOPPED, 1, LABELS(result));
    log_info(op, "call.stop_asked", F("provider_call_id", id), F("result", result));
    return note(op, &SQL_STOP_AGAIN, id);
}

static bool stop(struct op *op, const char *account, const char *id)
{
    struct provider_call call = {0};
    const struct provider *p;
    bool asked = workspace_of(op, account, &p), known = asked && polled_fetch(op, p, id, &call);

    if (!known && op->err.code != E_RESOURCE_NOT_FOUND)
        return false;
    if (!known || polled_is_over(&call)) {
        op_forgive(op);
        return note(op, &SQL_STOP_OVER, id);
    }
    if (call.status && strcmp(call.status, "ongoing") == 0)
        return hang_up(op, p, id);
    return note(op, &SQL_STOP_AGAIN, id);
}

static void stop_one(struct op *op, const struct rows *due, int i)
{
    const char *id = db_text(due, i, "provider_call_id");
    struct op part = op_part(op);

    part.tenant_id = db_i64(due, i, "tenant_id");
    if (!stop(&part, db_text(due, i, "account"), id)) {
        log_failure(&part, "call.stop_failed");
        op_forgive(&part);
        db_release(&part);
        if (!note(&part, &SQL_STOP_AGAIN, id))
            log_failure(&part, "reconcile.failed");
    }
    op_end(&part);
}

bool reconcile_stops(struct op *op, int *looked)
{
    struct rows due;

    if (!db_query(op, &SQL_STOPS_TAKE,
                  ARGS({"provider", op->app->provider->name}, {"limit", sql_i64(op, LOOK_AT_ONCE)}),
                  &due))
        return false;
    db_release(op);
    for (int i = 0; i < due.n; i++)
        stop_one(op, &due, i);
    *looked = due.n;
    return true;
}

/* reconcile_live.c - calls that should have been heard of: many by one listing. */

#include "common/base/conf.h"
#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/call/polled.h"
#include "common/call/reconcile.h"
#include "common/store/db.h"
#include "common/store/pool.h"
#include "queries.h"

enum { SOON_SECONDS = 2 };

static bool list_these(struct op *op, const struct rows *due, struct provider_calls *out)
{
    const struct provider *p = op->app->provider;
    const char **values = arena_alloc(&op->arena, (size_t)due->n * sizeof(*values));
    const struct provider_query q = {.values = values, .n = (size_t)due->n};

    for (int i = 0; i < due->n; i++)
        values[i] = db_text(due, i, "provider_call_id");
    return p->find_calls(op, p, &q, q.n, out);
}

static const struct provider_call *call_of(const struct provider_calls *calls, const char *id)
{
    for (size_t i = 0; i < calls->n; i++)
        if (strcmp(calls->items[i].provider_call_id, id) == 0)
            return &calls->items[i];
    return NULL;
}

/*
 * In no list and not to be fetched either.  Its slot is not held for ever: after two hours, the
 * most that the provider lets a call last, it counts as ended, by nobody knows what; it was placed,
 * so not once more.
 */
static bool vanished(struct op *op, const struct rows *a, int i)
{
    const struct provider_call gone = {
        .provider_call_id = db_text(a, i, "provider_call_id"), .status = "ended", .cost_cents = -1};

    op_forgive(op);
    log_error(op, "call.vanished", F("attempt", db_text(a, i, "id")),
              F("provider_call_id", gone.provider_call_id));
    metric_add(M_CALLS_VANISHED, 1, NULL);
    return !db_bool(a, i, "old") || polled_apply(op, &gone);
}

/* A list tells less of a call than the call itself, which matters once it is over. */
static bool look(struct op *op, const struct rows *a, int i, const struct provider_call *listed)
{
    const char *id = db_text(a, i, "provider_call_id");
    struct provider_call whole = {0};

    if (listed && !polled_is_over(listed))
        return strcmp(db_text(a, i, "state"), "ongoing") == 0 || polled_apply(op, listed);
    if (polled_fetch(op, id, &whole))
        return true;
    return op->err.code == E_RESOURCE_NOT_FOUND && vanished(op, a, i);
}

static void look_at_each(struct op *op, const struct rows *due, const struct provider_calls *calls)
{
    for (int i = 0; i < due->n; i++) {
        struct op part = op_part(op);
        part.tenant_id = db_i64(due, i, "tenant_id");
        if (!look(&part, due, i, call_of(calls, db_text(due, i, "provider_call_id"))))
            log_failure(&part, "reconcile.failed");
        op_end(&part);
    }
}

bool reconcile_live(struct op *op, int *looked)
{
    struct provider_calls calls;
    struct rows due;

    if (!db_query(op, &SQL_LIVE_TAKE,
                  ARGS({"provider", op->app->provider->name}, {"limit", sql_i64(op, LOOK_AT_ONCE)},
                       {"poll_seconds", sql_i64(op, op->app->conf->call_poll_seconds)}),
                  &due))
        return false;
    *looked = due.n;
    if (due.n == 0)
        return true;
    db_release(op);
    if (list_these(op, &due, &calls)) {
        look_at_each(op, &due, &calls);
        return true;
    }
    log_failure(op, "reconcile.listing_failed");
    op_forgive(op);
    polled_again(op, &due, SOON_SECONDS);
    return true;
}

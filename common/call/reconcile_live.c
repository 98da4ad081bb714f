/* reconcile_live.c - calls that should have been heard of: many by one listing. */

#include "common/base/conf.h"
#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/call/accounts.h"
#include "common/call/polled.h"
#include "common/call/reconcile.h"
#include "common/store/db.h"
#include "common/store/pool.h"
#include "common/tenant/workspace.h"
#include "queries.h"

enum { SOON_SECONDS = 2 };

static bool list_these(struct op *op, const struct rows *due, const struct account_group *g,
                       const struct provider **p, struct provider_calls *out)
{
    const char **values = arena_alloc(&op->arena, (size_t)g->n * sizeof(*values));
    const struct provider_query q = {.values = values, .n = (size_t)g->n};

    for (int i = 0; i < g->n; i++)
        values[i] = db_text(due, g->at[i], "provider_call_id");
    if (!workspace_of(op, g->account, p))
        return false;
    db_release(op);
    return (*p)->find_calls(op, *p, &q, q.n, out);
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
static bool vanished(struct op *op, const struct provider *p, const struct rows *a, int i)
{
    const struct provider_call gone = {
        .provider_call_id = db_text(a, i, "provider_call_id"), .status = "ended", .cost_cents = -1};

    op_forgive(op);
    log_error(op, "call.vanished", F("attempt", db_text(a, i, "id")),
              F("provider_call_id", gone.provider_call_id));
    metric_add(M_CALLS_VANISHED, 1, NULL);
    return !db_bool(a, i, "old") || polled_apply(op, p, &gone);
}

/* A list tells less of a call than the call itself, which matters once it is over. */
static bool look(struct op *op, const struct provider *p, const struct rows *a, int i,
                 const struct provider_call *listed)
{
    const char *id = db_text(a, i, "provider_call_id");
    struct provider_call whole = {0};

    if (listed && !polled_is_over(listed))
        return strcmp(db_text(a, i, "state"), "ongoing") == 0 || polled_apply(op, p, listed);
    if (polled_fetch(op, p, id, &whole))
        return true;
    return op->err.code == E_RESOURCE_NOT_FOUND && vanished(op, p, a, i);
}

static void look_at_each(struct op *op, const struct provider *p, const struct rows *due,
                         const struct account_group *g, const struct provider_calls *calls)
{
    for (int at = 0; at < g->n; at++) {
        int i = g->at[at];
        struct op part = op_part(op);
        part.tenant_id = db_i64(due, i, "tenant_id");
        if (!look(&part, p, due, i, call_of(calls, db_text(due, i, "provider_call_id"))))
            log_failure(&part, "reconcile.failed");
        op_end(&part);
    }
}

static void look_at_all(struct op *op, const struct rows *due, const struct account_group *g)
{
    struct op part = account_part(op, g);
    const struct provider *p;
    struct provider_calls calls;

    if (list_these(&part, due, g, &p, &calls)) {
        look_at_each(&part, p, due, g, &calls);
    } else {
        log_failure(&part, "reconcile.listing_failed");
        polled_again(op, due, g, SOON_SECONDS);
    }
    op_end(&part);
}

bool reconcile_live(struct op *op, int *looked)
{
    struct rows due;
    int n;

    if (!db_query(op, &SQL_LIVE_TAKE,
                  ARGS({"provider", op->app->provider->name}, {"limit", sql_i64(op, LOOK_AT_ONCE)},
                       {"poll_seconds", sql_i64(op, op->app->conf->call_poll_seconds)}),
                  &due))
        return false;
    *looked = due.n;
    if (due.n == 0)
        return true;
    db_release(op);
    struct account_group *groups = account_groups(op, &due, &n);
    for (int i = 0; i < n; i++)
        look_at_all(op, &due, &groups[i]);
    return true;
}

/* polled.c - fetching, applying, and asking again later. */

#include "common/call/polled.h"

#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/call/accounts.h"
#include "common/call/events.h"
#include "common/call/idempotency.h"
#include "common/store/db.h"
#include "common/store/pool.h"
#include "common/tenant/workspace.h"
#include "queries.h"

bool polled_is_over(const struct provider_call *pc)
{
    static const char *const ends[] = {"ended", "not_connected", "error"};

    for (size_t i = 0; pc->status && i < ARRAY_LEN(ends); i++)
        if (strcmp(pc->status, ends[i]) == 0)
            return true;
    return false;
}

bool polled_apply(struct op *op, const struct provider *p, const struct provider_call *pc)
{
    struct provider_call told = *pc;
    bool matched;

    told.account = workspace_account(p);
    told.tenant_id = told.account ? op->tenant_id : 0;
    return db_begin(op) && call_apply(op, "poll", &told, &matched) && db_commit(op);
}

/* No session is held while the provider thinks. */
bool polled_fetch(struct op *op, const struct provider *p, const char *provider_call_id,
                  struct provider_call *out)
{
    db_release(op);
    return p->get_call(op, p, provider_call_id, out) && polled_apply(op, p, out);
}

void polled_again(struct op *op, const struct rows *attempts, const struct account_group *g,
                  double seconds)
{
    struct op part = op_part(op);
    struct sql_array ids = {0};
    struct rows rows;

    for (int i = 0; i < g->n; i++)
        sql_array_add(&ids, db_text(attempts, g->at[i], "id"));
    if (!db_query(&part, &SQL_RECONCILE_LATER,
                  ARGS({"ids", sql_array_close(&ids)},
                       {"seconds", arena_printf(&part.arena, "%.3f", seconds)}),
                  &rows))
        log_failure(&part, "reconcile.failed");
    sql_array_free(&ids);
    op_end(&part);
}

bool polled_is_stray(struct op *op, const char *attempt_id, const char *provider_call_id)
{
    struct rows rows;

    if (!db_query(op, &SQL_STRAY_ADD,
                  ARGS({"provider", op->app->provider->name},
                       {"provider_call_id", provider_call_id}, {"attempt_id", attempt_id}),
                  &rows))
        return false;
    if (rows.n == 0)
        return true;
    metric_add(M_PLACED_TWICE, 1, NULL);
    log_error(op, "call.placed_twice", F("attempt", attempt_id), F("younger", provider_call_id));
    return idempotency_revoke_of(op, attempt_id);
}

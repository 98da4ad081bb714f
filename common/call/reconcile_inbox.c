/* reconcile_inbox.c - stored events whose call was not known when they came. */

#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/call/chore.h"
#include "common/call/events.h"
#include "common/call/polled.h"
#include "common/call/reconcile.h"
#include "common/store/db.h"
#include "queries.h"

enum { UPKEEP_SECONDS = 60, PRUNED_AT_ONCE = 5000 };

static void try_again(struct op *op, const char *provider_call_id)
{
    struct op part = op_part(op);

    if (!webhooks_try(&part, provider_call_id))
        log_failure(&part, "webhook.not_applied");
    op_end(&part);
}

static bool upkeep(struct op *op)
{
    struct rows unmatched, pruned;
    bool mine;

    if (!chore_take(op, "inbox", UPKEEP_SECONDS, &mine) || !mine)
        return op->err.code == E_NONE;
    if (!db_query(op, &SQL_INBOX_UNMATCHED, NO_ARGS, &unmatched)
        || !db_query(op, &SQL_INBOX_PRUNE, ARGS({"limit", sql_i64(op, PRUNED_AT_ONCE)}), &pruned))
        return false;
    int64_t n = db_i64(&unmatched, 0, "n");
    metric_set(M_WEBHOOKS_UNMATCHED, n, NULL);
    if (n)
        log_warning(op, "webhook.unmatched", F("events", n));
    return true;
}

bool reconcile_inbox(struct op *op)
{
    struct rows due;

    if (!db_query(op, &SQL_INBOX_TRY,
                  ARGS({"provider", op->app->provider->name}, {"limit", sql_i64(op, LOOK_AT_ONCE)}),
                  &due))
        return false;
    for (int i = 0; i < due.n; i++)
        try_again(op, db_text(&due, i, "provider_call_id"));
    return upkeep(op);
}

/* events_suspect.c - count first, then read. */

#include "common/call/events.h"

#include "common/base/conf.h"
#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/store/db.h"
#include "queries.h"

/* In a transaction of its own: a run that kills leaves it behind. */
static bool begin(struct op *op, const char *provider_call_id, bool *poison)
{
    struct rows rows;

    if (!db_query(op, &SQL_INBOX_RUN_BEGINS,
                  ARGS({"provider", op->app->provider->name},
                       {"provider_call_id", provider_call_id},
                       {"limit", sql_i64(op, op->app->conf->queue_max_crashes)}),
                  &rows))
        return false;
    *poison = rows.n == 0; /* or nothing is left to do */
    for (int i = 0; i < rows.n; i++)
        if (db_bool(&rows, i, "poison")) {
            *poison = true;
            metric_add(M_WEBHOOKS_POISON, 1, NULL);
            log_error(op, "webhook.poison", F("event_id", db_i64(&rows, i, "id")),
                      F("provider_call_id", provider_call_id));
        }
    return true;
}

static void end(const struct op *op, const char *provider_call_id)
{
    struct op part = op_part(op);
    struct rows rows;

    if (!db_query(
            &part, &SQL_INBOX_RUN_ENDED,
            ARGS({"provider", part.app->provider->name}, {"provider_call_id", provider_call_id}),
            &rows))
        log_failure(&part, "webhook.not_acquitted");
    op_end(&part);
}

bool webhooks_try(struct op *op, const char *provider_call_id)
{
    bool poison;

    if (!begin(op, provider_call_id, &poison))
        return false;
    if (poison)
        return true;
    bool ok = webhooks_apply(op, provider_call_id);
    end(op, provider_call_id);
    return ok;
}

/* gauge.c - one question to the provider, for two purposes. */

#include "common/call/gauge.h"

#include "common/base/conf.h"
#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/call/chore.h"
#include "common/provider/limits.h"
#include "common/provider/provider.h"
#include "common/store/db.h"
#include "common/store/pool.h"
#include "common/tenant/workspace.h"
#include "queries.h"

enum { ASK_EVERY_SECONDS = 15 };

static bool assume(struct op *op)
{
    struct rows rows;

    return db_query(op, &SQL_GAUGE_ASSUME,
                    ARGS({"provider", op->app->provider->name},
                         {"limit", sql_i64(op, op->app->conf->provider_max_live_calls)},
                         {"starts", provider_limits_setting(op)}),
                    &rows);
}

static bool write_told(struct op *op, const struct provider_concurrency *told)
{
    const char *name = op->app->provider->name;
    struct rows rows;

    if (!db_query(op, &SQL_GAUGE_WRITE,
                  ARGS({"provider", name}, {"limit", sql_i64(op, told->limit)},
                       {"reserved", sql_i64(op, told->reserved_inbound)},
                       {"current", sql_i64(op, told->current)},
                       {"starts", provider_limits_setting(op)}),
                  &rows))
        return false;
    metric_set(M_PROVIDER_LIMIT, db_i64(&rows, 0, "concurrency_limit"), LABELS(name));
    metric_set(M_PROVIDER_OTHERS, db_i64(&rows, 0, "others_live"), LABELS(name));
    return true;
}

bool gauge_provider(struct op *op)
{
    const struct provider *p = op->app->provider;
    struct provider_concurrency told;
    bool mine;

    if (!chore_take(op, "gauge", ASK_EVERY_SECONDS, &mine) || !mine)
        return op->err.code == E_NONE;
    if (!assume(op))
        return false;
    db_release(op);
    if (p->get_concurrency(op, p, &told))
        return write_told(op, &told);
    log_failure(op, "gauge.not_told");
    op_forgive(op);
    return true;
}

static bool half_open(struct op *op)
{
    struct rows lifted;

    if (!db_query(op, &SQL_HALTS_HALF_OPEN, NO_ARGS, &lifted))
        return false;
    for (int i = 0; i < lifted.n; i++)
        log_info(op, "breaker.half_open", F("halt", db_i64(&lifted, i, "id")),
                 F("scope", db_text(&lifted, i, "scope")));
    return true;
}

/* A tenant's own halt of the provider is about its own workspace. */
static bool answers(struct op *op, int64_t tenant_id)
{
    const struct provider *p = op->app->provider;
    struct provider_concurrency told;
    struct op part = op_part(op);

    part.tenant_id = tenant_id;
    bool good = !tenant_id || workspace_own(&part, &p);
    db_release(&part);
    good = good && p->get_concurrency(&part, p, &told);
    if (!good)
        log_failure(&part, "breaker.probe_failed");
    op_end(&part);
    return good;
}

bool gauge_probe(struct op *op)
{
    const struct provider *p = op->app->provider;
    struct rows due, rows;

    if (!half_open(op) || !db_query(op, &SQL_PROBE_TAKE, ARGS({"provider", p->name}), &due))
        return false;
    if (due.n == 0)
        return true;
    for (int i = 0; i < due.n; i++) {
        db_release(op);
        if (!answers(op, db_i64(&due, i, "tenant_id")))
            continue;
        log_info(op, "breaker.lifted", F("halt", db_i64(&due, i, "id")),
                 F("provider", db_text(&due, i, "key")));
        if (!db_query(op, &SQL_BREAKER_CLOSE, ARGS({"id", db_text(&due, i, "id")}), &rows))
            return false;
    }
    return true;
}

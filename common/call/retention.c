/* retention.c - two walks, each piece a transaction of its own. */

#include "common/call/retention.h"

#include "common/base/conf.h"
#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/call/chore.h"
#include "common/call/erasure.h"
#include "common/store/db.h"
#include "common/store/pool.h"
#include "queries.h"

enum { DAY_SECONDS = 86400 };

/* What does not change during a walk; texts of the whole's arena. */
struct terms {
    const char *recording_days, *data_days, *floor_days;
};

/* Where a walk is. */
struct place {
    char at[64]; /* "" = at the beginning */
    int64_t id;
};

static bool read_terms(struct op *op, struct terms *t)
{
    const struct conf *conf = op->app->conf;
    struct rows rows;

    t->recording_days = sql_i64(op, conf->recording_retention_days);
    t->data_days = sql_i64(op, conf->data_retention_days);
    if (!db_query(op, &SQL_RETENTION_FLOOR,
                  ARGS({"recording_days", t->recording_days}, {"data_days", t->data_days}), &rows))
        return false;
    t->floor_days = db_text(&rows, 0, "days");
    return true;
}

/* The next piece of calls; *more: there may be another. */
static bool unhear_piece(struct op *op, const struct terms *t, struct place *p, int64_t *calls,
                         bool *more)
{
    struct rows rows;

    if (!db_query(op, &SQL_RETENTION_CALLS,
                  ARGS({"floor_days", t->floor_days}, {"recording_days", t->recording_days},
                       {"after_at", p->at[0] ? p->at : NULL}, {"after_id", sql_i64(op, p->id)}),
                  &rows))
        return false;
    *more = rows.n > 0;
    if (!*more)
        return true;
    p->id = db_i64(&rows, 0, "last_id");
    memccpy(p->at, db_text(&rows, 0, "last_at"), '\0', sizeof(p->at) - 1);
    *calls += db_i64(&rows, 0, "unheard");
    metric_add(M_ERASURES, db_i64(&rows, 0, "unheard"), LABELS("call_expired"));
    return true;
}

/* One that fails is there tomorrow. */
static void expire_lead(struct op *op, int64_t tenant_id, int64_t id, int64_t *leads)
{
    struct op part = op_part(op);
    struct erasure e = {.asked_by = ERASURE_BY_RETENTION, .reason = "data_retention_days"};

    part.tenant_id = tenant_id;
    if (erasure_of_lead(&part, id, &e)) {
        ++*leads;
        metric_add(M_ERASURES, 1, LABELS("lead_expired"));
    } else
        log_failure(&part, "retention.failed");
    op_end(&part);
}

static bool expire_piece(struct op *op, const struct terms *t, struct place *p, int64_t *leads,
                         bool *more)
{
    struct rows rows;

    if (!db_query(op, &SQL_RETENTION_LEADS,
                  ARGS({"floor_days", t->floor_days}, {"data_days", t->data_days},
                       {"after_id", sql_i64(op, p->id)}),
                  &rows))
        return false;
    *more = rows.n > 0;
    db_release(op);
    for (int i = 0; i < rows.n; i++) {
        p->id = db_i64(&rows, i, "id");
        if (db_bool(&rows, i, "due"))
            expire_lead(op, db_i64(&rows, i, "tenant_id"), p->id, leads);
    }
    return true;
}

static bool walk(struct op *op, const struct terms *t, int64_t *n,
                 bool (*piece)(struct op *, const struct terms *, struct place *, int64_t *,
                               bool *))
{
    struct place p = {0};
    bool more = true, ok = true;

    while (more && ok) {
        struct op part = op_part(op);
        ok = piece(&part, t, &p, n, &more) || op_fail_like(op, &part);
        op_end(&part);
    }
    return ok;
}

bool retention_run(struct op *op, int64_t *calls, int64_t *leads)
{
    struct terms t;

    *calls = *leads = 0;
    if (!read_terms(op, &t) || !walk(op, &t, calls, unhear_piece)
        || !walk(op, &t, leads, expire_piece))
        return false;
    log_info(op, "retention.done", F("calls", *calls), F("leads", *leads));
    return true;
}

bool retention_daily(struct op *op)
{
    int64_t calls, leads;
    bool mine;

    if (!chore_take(op, "retention", DAY_SECONDS, &mine) || !mine)
        return op->err.code == E_NONE;
    return retention_run(op, &calls, &leads);
}

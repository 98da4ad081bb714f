/* suspect.c - count first, then look. */

#include "common/call/suspect.h"

#include "common/base/conf.h"
#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/store/db.h"
#include "queries.h"

#include <stdatomic.h>

enum { RUNS_IN_COMPANY = 2 };

/* The process's: it is the process that dies. */
static atomic_flag taken = ATOMIC_FLAG_INIT;

static void let_go(void *flag)
{
    atomic_flag_clear((atomic_flag *)flag);
}

static bool count_run(struct op *op, int64_t scheduled_call_id, bool alone, struct rows *row)
{
    return db_query(op, &SQL_SUSPECT_BEGIN,
                    ARGS({"id", sql_i64(op, scheduled_call_id)}, {"alone", sql_bool(alone)},
                         {"company", sql_i64(op, RUNS_IN_COMPANY)},
                         {"limit", sql_i64(op, op->app->conf->queue_max_crashes)}),
                    row);
}

static enum suspect_fate fate_of(const struct op *op, const struct rows *row,
                                 int64_t scheduled_call_id)
{
    const char *status = row->n ? db_text(row, 0, "status") : "";

    if (strcmp(status, "failed") == 0) {
        metric_add(M_POISON, 1, NULL);
        log_error(op, "call.poison", F("scheduled_call_id", scheduled_call_id));
        return SUSPECT_POISON;
    }
    if (strcmp(status, "queued") != 0)
        return *status ? SUSPECT_WAITS : SUSPECT_GONE;
    log_warning(op, "call.suspect", F("scheduled_call_id", scheduled_call_id),
                F("run", db_i64(row, 0, "crashes")));
    return SUSPECT_RUNS;
}

bool suspect_begin(struct op *op, int64_t scheduled_call_id, enum suspect_fate *out)
{
    bool alone = !atomic_flag_test_and_set(&taken);
    struct rows row = {0};
    bool counted = count_run(op, scheduled_call_id, alone, &row);

    *out = counted ? fate_of(op, &row, scheduled_call_id) : SUSPECT_GONE;
    bool stays_alone =
        counted && *out == SUSPECT_RUNS && row.n && db_i64(&row, 0, "crashes") > RUNS_IN_COMPANY;
    if (alone && stays_alone)
        arena_defer(&op->arena, let_go, &taken);
    else if (alone)
        let_go(&taken);
    return counted;
}

void suspect_acquit(const struct op *op, int64_t scheduled_call_id)
{
    struct op part = op_part(op);
    struct rows rows;

    if (!db_query(&part, &SQL_SUSPECT_ACQUIT, ARGS({"id", sql_i64(&part, scheduled_call_id)}),
                  &rows))
        log_failure(&part, "call.not_acquitted");
    op_end(&part);
}

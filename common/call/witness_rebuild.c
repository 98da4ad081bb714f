/* witness_rebuild.c - calls the provider placed for us, and attempts this database does not have.
 */

#include "common/base/clock.h"
#include "common/base/id.h"
#include "common/base/json.h"
#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/call/accounts.h"
#include "common/call/attempt.h"
#include "common/call/dial.h"
#include "common/call/polled.h"
#include "common/call/witness.h"
#include "common/store/db.h"
#include "common/store/pool.h"
#include "common/tenant/workspace.h"
#include "queries.h"

#include <stdlib.h>

#define LOOK_BACK_US (INT64_C(2) * 3600 * 1000000)
enum { MOST_CALLS = 200000, MOST_CALLS_OF_ROW = 20 };

struct marks {
    const char *attempt_id, *scheduled_call_id;
};

struct tally {
    int rebuilt, missing;
    struct account_group *workspaces;
    int n_workspaces;
};

/* Whose call it is, as our own signature vouches; false when it is not ours. */
static bool read_marks(struct op *op, const struct provider_call *pc, struct marks *out)
{
    const struct cJSON *m;

    if (!pc->metadata.text || !json_parse(op, str_of(pc->metadata.text), &m)) {
        op_forgive(op);
        return false;
    }
    const char *tenant = json_get_string(m, "aga_tenant"), *sig = json_get_string(m, "aga_sig");
    *out = (struct marks){attempt_echoed(op, pc), json_get_string(m, "aga_sc")};
    if (!tenant || !sig || !out->attempt_id || !out->scheduled_call_id)
        return false;
    op->tenant_id = strtoll(tenant, NULL, 10);
    int64_t row = strtoll(out->scheduled_call_id, NULL, 10);
    return strcmp(sig, attempt_signature(op, out->attempt_id, row)) == 0;
}

static bool write_again(struct op *op, const struct account_group *g,
                        const struct provider_call *pc, const struct marks *m, struct tally *t)
{
    char call_id[CALL_ID_SIZE];
    struct rows allowed, call, attempt;

    call_id_make(call_id);
    const struct arg *args =
        ARGS({"scheduled_call_id", m->scheduled_call_id}, {"attempt_id", m->attempt_id},
             {"call_id", call_id}, {"provider", op->app->provider->name}, {"account", g->account},
             {"provider_call_id", pc->provider_call_id}, {"from_number", pc->from_number},
             {"agent_id", pc->agent_id}, {"started_at", sql_tstamp(op, pc->started_at)});
    if (!db_begin(op)
        || !db_ask(op,
                   (const struct ask[]){{&SQL_REBUILD_ALLOWED, NO_ARGS, &allowed},
                                        {&SQL_REBUILD_CALL, args, &call},
                                        {&SQL_REBUILD_ATTEMPT, args, &attempt}},
                   3)
        || !db_commit(op))
        return false;
    bool rebuilt = db_i64(&attempt, 0, "rebuilt") > 0, known = db_bool(&attempt, 0, "known");
    if (rebuilt || !known) {
        log_warning(op, "failover.call_unknown", F("attempt", m->attempt_id),
                    F("scheduled_call_id", m->scheduled_call_id),
                    F("provider_call_id", pc->provider_call_id),
                    F("result", rebuilt ? "rebuilt" : "row_gone"));
        metric_add(M_ATTEMPTS_REBUILT, 1, LABELS(rebuilt ? "rebuilt" : "row_gone"));
    }
    t->rebuilt += rebuilt;
    t->missing += !known;
    return true;
}

/* A row that is dialled twice by what both databases know cannot take both: it is told, and the
 * record of the first stands. */
static bool compare_one(struct op *op, const struct account_group *g,
                        const struct provider_call *pc, struct tally *t)
{
    struct op part = op_part(op);
    struct marks m = {0};
    bool ours = read_marks(&part, pc, &m) && (!g->account || part.tenant_id == g->tenant_id);
    bool ok = !ours || write_again(&part, g, pc, &m, t);

    if (!ok && part.err.code == E_ALREADY_EXISTS) {
        log_failure(&part, "failover.call_conflicts");
        metric_add(M_ATTEMPTS_REBUILT, 1, LABELS("conflict"));
        ok = true;
    }
    if (!ok)
        op_fail_like(op, &part);
    op_end(&part);
    return ok;
}

static bool compare(struct op *op, const struct account_group *g,
                    const struct provider_calls *calls, struct tally *t)
{
    if (!calls->complete)
        return fail(op, E_PROVIDER_ERROR, "The provider's list of calls is incomplete");
    for (size_t i = 0; i < calls->n; i++)
        if (!compare_one(op, g, &calls->items[i], t))
            return false;
    return true;
}

static bool compare_started(struct op *op, const struct account_group *g, struct tally *t)
{
    const struct provider *p;
    struct provider_calls calls;
    int64_t now = clock_now_us();
    struct op part = account_part(op, g);
    bool ok = workspace_of(&part, g->account, &p);

    db_release(&part);
    ok = ok
         && p->list_calls(&part, p, (struct tstamp){now - LOOK_BACK_US},
                          (struct tstamp){now + 60000000}, MOST_CALLS, &calls)
         && compare(&part, g, &calls, t);
    if (!ok)
        op_fail_like(op, &part);
    op_end(&part);
    return ok;
}

/* Calls that have not begun are in no list by time: they are asked for by the rows we would dial.
 */
static bool compare_rows_of(struct op *op, const struct account_group *g, const struct rows *rows,
                            struct tally *t)
{
    const char **values = arena_alloc(&op->arena, (size_t)rows->n * sizeof(*values));
    struct provider_query q = {.key = "aga_sc", .values = values};
    const struct provider *p;
    struct provider_calls calls;

    for (int i = 0; i < rows->n; i++)
        if (!g->account || db_i64(rows, i, "tenant_id") == g->tenant_id)
            values[q.n++] = db_text(rows, i, "id");
    if (q.n == 0)
        return true;
    if (!workspace_of(op, g->account, &p))
        return false;
    db_release(op);
    return p->find_calls(op, p, &q, q.n * MOST_CALLS_OF_ROW, &calls) && compare(op, g, &calls, t);
}

/* A row may have been dialled in any workspace of its tenant's, and in the deployment's. */
static bool compare_rows(struct op *op, const struct rows *rows, struct tally *t)
{
    bool ok = true;

    db_release(op); /* who holds a session must not wait for another */
    for (int i = 0; ok && i < t->n_workspaces; i++) {
        struct op part = account_part(op, &t->workspaces[i]);
        ok = compare_rows_of(&part, &t->workspaces[i], rows, t) || op_fail_like(op, &part);
        op_end(&part);
    }
    return ok;
}

static bool compare_next(struct op *op, int64_t *after, struct tally *t)
{
    struct op part = op_part(op);
    struct rows rows;
    bool ok = db_query(
        &part, &SQL_WITNESS_ROWS,
        ARGS({"after", sql_i64(&part, *after)}, {"limit", sql_i64(&part, LOOK_AT_ONCE)}), &rows);

    if (ok) {
        *after = rows.n ? db_i64(&rows, rows.n - 1, "id") : 0;
        ok = rows.n == 0 || compare_rows(&part, &rows, t);
    }
    if (!ok)
        op_fail_like(op, &part);
    op_end(&part);
    return ok;
}

bool witness_rebuild(struct op *op, int *rebuilt, int *missing)
{
    struct tally t = {0};
    int64_t after = 0;

    if (!op->app->provider)
        return fail(op, E_SERVICE_UNAVAILABLE, "There is no provider to compare with");
    if (!accounts_all(op, &t.workspaces, &t.n_workspaces))
        return false;
    db_release(op);
    for (int i = 0; i < t.n_workspaces; i++)
        if (!compare_started(op, &t.workspaces[i], &t))
            return false;
    do {
        if (!compare_next(op, &after, &t))
            return false;
    } while (after);
    *rebuilt = t.rebuilt;
    *missing = t.missing;
    return true;
}

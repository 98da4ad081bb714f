/* tenant_life.c - the word under the lock that claims hold, then what follows from it. */

#include "common/call/tenant_life.h"

#include "common/base/log.h"
#include "common/call/chore.h"
#include "common/call/erasure.h"
#include "common/campaign/dialling.h"
#include "common/store/db.h"
#include "common/store/pool.h"
#include "queries.h"

enum { REASON_MAX = 500, TURN_SECONDS = 300 };

static bool require_reason(struct op *op, const char *reason)
{
    size_t n = reason ? strlen(reason) : 0;

    if (n >= 1 && n <= REASON_MAX)
        return true;
    err_detail(op, "reason", "is needed, with 500 bytes at most");
    return fail(op, E_VALIDATION_ERROR, "Request validation failed");
}

struct move {
    const char *from, *to, *reason; /* from: states, with spaces between them */
    bool end_live_calls;
};

static bool explain(struct op *op, const struct move *m)
{
    struct tenant t;

    return tenant_get(op, &t)
           && fail(op, E_INVALID_STATE, "The tenant is %s; it cannot become %s", t.status, m->to);
}

/* Claims hold the lock shared: who comes later reads the new status, who came before is waited for.
 */
static bool move(struct op *op, const struct move *m, struct tenant *out)
{
    struct rows locked, moved, ended;
    const struct ask asks[] = {{&SQL_HALT_LOCK, NO_ARGS, &locked},
                               {&SQL_TENANT_MOVE,
                                ARGS({"status", m->to}, {"from", m->from}, {"reason", m->reason}),
                                &moved},
                               {&SQL_TENANT_END_LIVE_CALLS, NO_ARGS, &ended}};

    if (!db_begin(op) || !db_ask(op, asks, m->end_live_calls ? 3 : 2))
        return false;
    if (moved.n == 0) {
        db_rollback(op);
        return explain(op, m);
    }
    *out = (struct tenant){0};
    if (!from_row(op, &moved, 0, &tenant_type, out) || !db_commit(op))
        return false;
    log_warning(op, "tenant.moved", F("status", out->status));
    return true;
}

bool tenant_suspend(struct op *op, const char *reason, bool end_live_calls, struct tenant *out)
{
    const struct move m = {"active suspended", "suspended", reason, end_live_calls};

    return require_reason(op, reason) && move(op, &m, out)
           && dialling_settle(op, DIALLING_TENANT, "");
}

bool tenant_resume(struct op *op, struct tenant *out)
{
    return move(op, &(struct move){"suspended active", "active", NULL, false}, out);
}

bool tenant_leave(struct op *op, const char *reason, struct tenant *out)
{
    const struct move m = {"suspended leaving", "leaving", reason, true};

    return require_reason(op, reason) && move(op, &m, out);
}

/* ---- a worker's share ---------------------------------------------------- */

/* One that fails is there the next time. */
static void erase_number(struct op *op, const char *number)
{
    struct op part = op_part(op);
    struct erasure e = {.asked_by = ERASURE_BY_PLATFORM, .reason = "the tenant leaves"};

    if (!erasure_of_number(&part, number, &e))
        log_failure(&part, "tenant.erasure_failed");
    op_end(&part);
}

/* Lists when nobody is left to be found by them, then the rest. */
static bool erase_rest(struct op *op, int *looked)
{
    struct rows waiting, lists, settled;

    if (!db_query(op, &SQL_LEAVING_WAITS, NO_ARGS, &waiting))
        return false;
    if (db_i64(&waiting, 0, "n"))
        return true;
    if (!db_query(op, &SQL_LEAVING_LISTS, NO_ARGS, &lists))
        return false;
    *looked += (int)db_i64(&lists, 0, "n");
    if (db_i64(&lists, 0, "n"))
        return true;
    if (!db_query(op, &SQL_LEAVING_SETTLE, NO_ARGS, &settled))
        return false;
    if (settled.n)
        log_warning(op, "tenant.gone");
    return true;
}

static bool leave_on(struct op *op, int *looked)
{
    struct rows people;

    if (!db_query(op, &SQL_LEAVING_PEOPLE, NO_ARGS, &people))
        return false;
    db_release(op);
    for (int i = 0; i < people.n; i++)
        erase_number(op, db_text(&people, i, "number"));
    *looked += people.n;
    return people.n > 0 || erase_rest(op, looked);
}

/* Two workers would erase the same people: one takes the turn, and gives it back when it is done.
 */
bool tenants_leave_on(struct op *op, int *looked)
{
    struct rows leaving;
    bool mine;

    *looked = 0;
    if (!db_query(op, &SQL_TENANTS_LEAVING, NO_ARGS, &leaving))
        return false;
    if (leaving.n == 0 || !chore_take(op, "leaving", TURN_SECONDS, &mine) || !mine)
        return op->err.code == E_NONE;
    db_release(op);
    for (int i = 0; i < leaving.n; i++) {
        struct op part = op_part(op);

        part.tenant_id = db_i64(&leaving, i, "id");
        if (!leave_on(&part, looked))
            log_failure(&part, "tenant.leaving_failed");
        op_end(&part);
    }
    return chore_put_off(op, "leaving", 0);
}

/* idempotency.c - one call asked for twice, and what is concluded from it. */

#include "common/call/idempotency.h"

#include "common/base/id.h"
#include "common/base/log.h"
#include "common/provider/provider.h"
#include "common/store/db.h"
#include "common/store/pool.h"
#include "common/tenant/workspace.h"
#include "queries.h"

#include <time.h>

static bool require_own_numbers(struct op *op, const struct idempotency_test *t)
{
    struct rows may;

    if (!db_query(op, &SQL_PROOF_MAY,
                  ARGS({"from_number", t->from_number}, {"to_number", t->to_number},
                       {"agent_id", t->agent_id}, {"provider", op->app->provider->name}),
                  &may))
        return false;
    if (!db_bool(&may, 0, "from_ours"))
        err_detail(op, "from_number", "is not an active number of yours");
    if (!db_bool(&may, 0, "to_ours"))
        err_detail(op, "to_number", "is not an active number of yours");
    if (op->err.details)
        return fail(op, E_VALIDATION_ERROR, "Only a tenant's own numbers are called for a proof");
    return !db_bool(&may, 0, "halted") || fail(op, E_INVALID_STATE, "Dialling stands still");
}

/* Ask for the call; an answer that is none proves nothing. */
static bool ask(struct op *op, const struct provider *p, const struct idempotency_test *t,
                const char *key, const char *which, const char **provider_call_id)
{
    const struct dial_request request = {.from_number = t->from_number,
                                         .to_number = t->to_number,
                                         .agent_id = t->agent_id,
                                         .idempotency_key = key};
    struct dial_answer a;

    db_release(op);
    p->create_phone_call(op, p, &request, &a);
    if (a.refusal == REFUSAL_KEY && !idempotency_revoke(op, p->account))
        return false;
    if (a.result != DIAL_ACCEPTED)
        return fail(op, E_PROVIDER_ERROR, "The %s request was not accepted (HTTP %d %s)", which,
                    a.http_status, a.message ? a.message : "");
    *provider_call_id = a.provider_call_id;
    return true;
}

/* Shown and hung up. */
static bool note(struct op *op, const struct idempotency_test *t, const char *key,
                 const char *provider_call_id)
{
    char *call_id = arena_alloc(&op->arena, CALL_ID_SIZE);
    struct rows rows;

    call_id_make(call_id);
    return db_query(op, &SQL_PROOF_CALL,
                    ARGS({"call_id", call_id}, {"to_number", t->to_number},
                         {"from_number", t->from_number}, {"agent_id", t->agent_id},
                         {"provider", op->app->provider->name},
                         {"provider_call_id", provider_call_id}, {"key", key}),
                    &rows);
}

static bool write_proof(struct op *op, const struct provider *p, const struct idempotency_test *t)
{
    struct rows rows;

    log_info(op, "idempotency.proven", F("account", p->account),
             F("gap_seconds", (int64_t)t->gap_seconds));
    return db_query(op, &SQL_PROOF_WRITE,
                    ARGS({"account", p->account}, {"provider", p->name},
                         {"gap_seconds", sql_i64(op, t->gap_seconds)}),
                    &rows);
}

bool idempotency_prove(struct op *op, const struct idempotency_test *t)
{
    char *key = arena_alloc(&op->arena, UUID_SIZE);
    struct timespec gap = {.tv_sec = t->gap_seconds};
    const char *first, *second;
    const struct provider *p;

    uuid_make(key);
    if (!require_own_numbers(op, t) || !workspace_own(op, &p)
        || !ask(op, p, t, key, "first", &first) || !note(op, t, key, first))
        return false;
    db_release(op);
    while (nanosleep(&gap, &gap) != 0) {
    }
    if (!ask(op, p, t, key, "second", &second))
        return false;
    if (strcmp(first, second) == 0)
        return write_proof(op, p, t);
    return note(op, t, key, second) && idempotency_revoke(op, p->account)
           && fail(op, E_PROVIDER_ERROR, "The provider ignores the key: it placed %s and %s", first,
                   second);
}

static bool withdraw(struct op *op, const struct query *q, const struct arg *args)
{
    struct rows rows;

    if (!db_query(op, q, args, &rows))
        return false;
    if (rows.n)
        log_error(op, "idempotency.withdrawn", F("account", db_text(&rows, 0, "account")));
    return true;
}

bool idempotency_revoke(struct op *op, const char *account)
{
    return withdraw(op, &SQL_PROOF_REVOKE, ARGS({"account", account}));
}

bool idempotency_revoke_of(struct op *op, const char *attempt_id)
{
    return withdraw(op, &SQL_PROOF_REVOKE_OF, ARGS({"attempt_id", attempt_id}));
}

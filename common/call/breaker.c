/* breaker.c - who is suspected, and the statement that decides whether it is enough. */

#include "common/call/breaker.h"

#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/store/db.h"
#include "queries.h"

#define PROVIDER_PROBE_SECONDS "10"
#define CHANCE_SECONDS "3600"

/* A halt to be opened when the query finds reason enough. */
struct trip {
    const struct query *query;
    const char *scope, *key, *reason;
    const char *probe_seconds;
    bool platform;       /* it stands still for every tenant */
    const char *account; /* whose attempts speak for or against it; NULL = the deployment's */
};

static bool open_breaker(struct op *op, const struct trip *t)
{
    struct rows rows;

    if (!t->key)
        return true;
    if (!db_query(op, t->query,
                  ARGS({"scope", t->scope}, {"key", t->key}, {"reason", t->reason},
                       {"platform", sql_bool(t->platform)}, {"account", t->account},
                       {"probe_seconds", t->probe_seconds}),
                  &rows))
        return false;
    if (rows.n) {
        metric_add(M_BREAKERS, 1, LABELS(t->scope));
        log_error(op, "breaker.opened", F("scope", t->scope), F("key", t->key),
                  F("reason", t->reason));
    }
    return true;
}

/* What is wrong with a tenant's own workspace stops that tenant and nobody else. */
static bool halt_provider(struct op *op, const char *account, const struct query *q,
                          const char *reason)
{
    return open_breaker(op, &(struct trip){q, "provider", op->app->provider->name, reason,
                                           PROVIDER_PROBE_SECONDS, !account, account});
}

/* Its limit is not ours to know: fall back, and find the way up again. */
static bool slow_down(struct op *op, const char *account, int retry_after_seconds)
{
    struct rows rows;

    /* There is one pace, the deployment's: another workspace rests until it answers a probe. */
    if (account)
        return halt_provider(op, account, &SQL_BREAKER_OPEN, "the workspace turns us away");
    return db_query(
        op, &SQL_BREAKER_SLOW,
        ARGS({"provider", op->app->provider->name}, {"seconds", sql_i64(op, retry_after_seconds)}),
        &rows);
}

bool breaker_hear_answer(struct op *op, const struct claim *c, const struct dial_answer *a)
{
    /* Whether they leave or not: rows are not worn out against a wall. */
    if (a->result == DIAL_UNKNOWN || a->result == DIAL_NEVER_SENT)
        return halt_provider(op, c->account, &SQL_BREAKER_STORM, "requests do not get through");
    switch (a->refusal) {
    case REFUSAL_UNPAID:
        return halt_provider(op, c->account, &SQL_BREAKER_OPEN, "the provider wants payment");
    case REFUSAL_CREDENTIALS:
        return halt_provider(op, c->account, &SQL_BREAKER_OPEN, "the provider refuses our key");
    case REFUSAL_FROM_NUMBER:
        return open_breaker(op, &(struct trip){&SQL_BREAKER_OPEN, "from_number", c->from_number,
                                               "the provider does not know the number",
                                               CHANCE_SECONDS, false, NULL});
    case REFUSAL_BUSY: return slow_down(op, c->account, a->retry_after_seconds);
    case REFUSAL_NONE:
    case REFUSAL_KEY:
    case REFUSAL_REQUEST: return true;
    }
    return true;
}

bool breaker_hear_end(struct op *op, const struct attempt *a, const struct call_outcome *o)
{
    switch (o->suspect) {
    case SUSPECT_NONE: return true;
    case SUSPECT_TRUNK:
    case SUSPECT_FROM_NUMBER:
        return open_breaker(op, &(struct trip){&SQL_BREAKER_BAD_NUMBER, "from_number",
                                               a->from_number, "its calls fail or are blocked",
                                               CHANCE_SECONDS, false, NULL});
    case SUSPECT_WORKSPACE:
        return halt_provider(op, a->account, &SQL_BREAKER_OPEN, "the provider wants payment");
    case SUSPECT_AGENT:
        return open_breaker(op, &(struct trip){&SQL_BREAKER_BAD_AGENT, "agent", a->agent_id,
                                               "its calls fail", CHANCE_SECONDS, false, NULL});
    }
    return true;
}

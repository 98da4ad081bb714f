/* execution.c - a campaign's transitions, each under the campaign's row lock. */

#include "common/campaign/execution.h"

#include "common/base/clock.h"
#include "common/base/conf.h"
#include "common/base/log.h"
#include "common/campaign/campaign_repo.h"
#include "common/campaign/dialling.h"
#include "common/number/number.h"
#include "common/provider/provider.h"
#include "common/queue/outbox.h"
#include "common/store/db.h"
#include "common/tenant/workspace.h"
#include "queries.h"

#include <inttypes.h>

static bool require_status(struct op *op, const struct campaign *c, const char *verb,
                           unsigned allowed)
{
    if (allowed & 1u << c->status)
        return true;
    return fail(op, E_INVALID_STATE, "Campaign %" PRId64 " is %s and cannot be %s", c->id,
                campaign_status_names[c->status], verb);
}

/* Everything a start needs that the campaign's row can say. */
static bool require_complete(struct op *op, const struct campaign *c)
{
    if (!c->agent_id)
        err_detail(op, "agent_id", "is required to start");
    if (!c->from_number)
        err_detail(op, "from_number", "is required to start");
    if (c->end_date.us && c->end_date.us <= clock_now_us())
        err_detail(op, "end_date", "has passed");
    return !op->err.details || fail(op, E_VALIDATION_ERROR, "The campaign cannot start yet");
}

/* The same for what others must say.  Asked before the transaction: no lock waits for a provider.
 */
static bool require_agent_and_number(struct op *op, const struct campaign *c)
{
    const struct provider *p;
    struct provider_agent agent;
    bool active = false;

    if (!workspace_own(op, &p) || !number_is_active(op, c->from_number, &active))
        return false;
    if (!active)
        err_detail(op, "from_number", "is not an active number of yours");
    if (!p->get_agent(op, p, c->agent_id, &agent)) {
        if (err_class(op->err.code) != EC_MISSING)
            return false;
        op->err.code = E_NONE;
        err_detail(op, "agent_id", "is not an agent at the provider");
    }
    return !op->err.details || fail(op, E_VALIDATION_ERROR, "The campaign cannot start yet");
}

static enum campaign_status status_when_started(const struct campaign *c)
{
    return c->start_date.us > clock_now_us() ? CAMPAIGN_SCHEDULED : CAMPAIGN_RUNNING;
}

static bool open_execution(struct op *op, struct campaign *c, struct campaign_execution *out)
{
    c->status = status_when_started(c);
    c->started_at = (struct tstamp){clock_now_us()};
    if (!execution_repo_open(op, c->id, out))
        return false;
    const char *occasion = arena_printf(&op->arena, "start:%" PRId64, out->id);
    return campaign_repo_update(op, c)
           && enqueue_start_campaign_execution(
               op,
               &(struct start_campaign_execution_args){.campaign_id = c->id,
                                                       .tenant_id = op->tenant_id},
               occasion)
           && db_commit(op);
}

bool campaign_start(struct op *op, int64_t id, struct campaign_execution *out)
{
    struct campaign c = {0}, locked = {0};
    const unsigned draft = 1u << CAMPAIGN_DRAFT;

    if (!campaign_repo_get(op, id, &c) || !require_status(op, &c, "started", draft)
        || !require_complete(op, &c) || !require_agent_and_number(op, &c))
        return false;
    if (!db_begin(op) || !campaign_repo_lock(op, id, &locked)
        || !require_status(op, &locked, "started", draft) || !require_complete(op, &locked)
        || !open_execution(op, &locked, out))
        return false;
    log_info(op, "campaign.started", F("campaign_id", id), F("execution_id", out->id));
    return true;
}

/* What may become of a campaign: from which states, to which. */
struct move {
    const char *verb;
    unsigned allowed;
    enum campaign_status (*to)(const struct campaign *c);
    bool end_live_calls;
};

static bool end_live_calls(struct op *op, int64_t id)
{
    struct rows rows;

    return db_query(op, &SQL_CAMPAIGN_END_LIVE_CALLS, ARGS({"id", sql_i64(op, id)}), &rows);
}

static bool move(struct op *op, int64_t id, const struct move *m, struct campaign *out)
{
    *out = (struct campaign){0};
    if (!db_begin(op) || !campaign_repo_lock(op, id, out)
        || !require_status(op, out, m->verb, m->allowed))
        return false;
    out->status = m->to(out);
    if (out->status == CAMPAIGN_CANCELLED)
        out->completed_at = (struct tstamp){clock_now_us()};
    if (!campaign_repo_update(op, out) || (m->end_live_calls && !end_live_calls(op, id))
        || !db_commit(op))
        return false;
    log_info(op, "campaign.moved", F("campaign_id", id),
             F("status", campaign_status_names[out->status]));
    return true;
}

static enum campaign_status to_paused(const struct campaign *c)
{
    (void)c;
    return CAMPAIGN_PAUSED;
}

static enum campaign_status to_cancelled(const struct campaign *c)
{
    (void)c;
    return CAMPAIGN_CANCELLED;
}

static bool settle(struct op *op, int64_t id)
{
    return dialling_settle(op, DIALLING_CAMPAIGN, sql_i64(op, id));
}

bool campaign_pause(struct op *op, int64_t id, struct campaign *out)
{
    const struct move pause = {"paused", 1u << CAMPAIGN_RUNNING | 1u << CAMPAIGN_SCHEDULED,
                               to_paused, false};

    return move(op, id, &pause, out) && settle(op, id);
}

bool campaign_resume(struct op *op, int64_t id, struct campaign *out)
{
    return move(op, id,
                &(struct move){"resumed", 1u << CAMPAIGN_PAUSED, status_when_started, false}, out);
}

bool campaign_stop(struct op *op, int64_t id, const struct campaign_stop *how, struct campaign *out)
{
    const struct move stop = {
        "stopped", 1u << CAMPAIGN_RUNNING | 1u << CAMPAIGN_SCHEDULED | 1u << CAMPAIGN_PAUSED,
        to_cancelled, how->end_live_calls};

    return move(op, id, &stop, out) && settle(op, id);
}

bool campaign_executions(struct op *op, int64_t id, struct campaign_execution **out, int *n)
{
    struct campaign c = {0};
    struct rows rows;

    if (!campaign_repo_get(op, id, &c)
        || !db_query(op, &SQL_EXECUTION_LIST, ARGS({"campaign_id", sql_i64(op, id)}), &rows))
        return false;
    *n = rows.n;
    return (*out = from_rows(op, &rows, &campaign_execution_type)) != NULL;
}

bool executions_settle(struct op *op)
{
    struct rows woken, resumed, closed, canceled, ended;
    const struct arg *silence = ARGS({"seconds", sql_i64(op, op->app->conf->claim_timeout_seconds)},
                                     {"request_id", op->request_id});

    if (!db_ask(op,
                (const struct ask[]){{&SQL_EXECUTIONS_WAKE, NO_ARGS, &woken},
                                     {&SQL_EXECUTIONS_RESUME, silence, &resumed},
                                     {&SQL_EXECUTIONS_STOP_GENERATION, NO_ARGS, &closed},
                                     {&SQL_EXECUTIONS_CANCEL_ROWS, NO_ARGS, &canceled}},
                4)
        || !db_query(op, &SQL_EXECUTIONS_FINISH, NO_ARGS, &ended))
        return false;
    for (int i = 0; i < ended.n; i++)
        log_info(op, "campaign.finished", F("campaign_id", db_i64(&ended, i, "id")),
                 F("owner", db_i64(&ended, i, "tenant_id")));
    return true;
}

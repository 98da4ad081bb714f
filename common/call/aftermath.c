/* aftermath.c - one small consequence after another. */

#include "common/call/aftermath.h"

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/call/breaker.h"
#include "common/call/opt_out.h"
#include "common/call/retry.h"
#include "common/campaign/retry_policy.h"
#include "common/store/db.h"
#include "queries.h"

static bool bury_number(struct op *op, const struct attempt *a, const struct call_outcome *o)
{
    struct rows rows;

    return db_query(op, &SQL_EVENT_NUMBER_DEAD,
                    ARGS({"to_number", a->to_number}, {"outcome", o->outcome}), &rows);
}

/* RETRY_BLOCK: the person, or the number, is not called again by anybody. */
static bool block(struct op *op, const struct attempt *a, const struct call_outcome *o)
{
    return strcmp(o->outcome, "dnc") == 0 ? opt_out_write(op, a->to_number, false)
                                          : bury_number(op, a, o);
}

/* The campaign's own rules over the table's. */
static bool read_terms(struct op *op, const struct attempt *a, const struct call_outcome *o,
                       struct retry_terms *terms, int *max_attempts)
{
    struct retry_policy policy;
    const struct retry_rule *rule;

    *terms = retry_terms_of(o);
    *max_attempts = RETRY_MAX_ATTEMPTS;
    if (!a->retry_policy)
        return true;
    if (!retry_policy_read(op, (struct json_text){a->retry_policy}, &policy))
        return false;
    if (policy.max_attempts)
        *max_attempts = policy.max_attempts;
    rule = retry_policy_rule(&policy, o->outcome);
    if (rule) {
        terms->again = rule->retry;
        terms->delay_minutes = rule->delay_minutes ? rule->delay_minutes : terms->delay_minutes;
        terms->cap = rule->max ? rule->max : terms->cap;
        terms->when = rule->other_part_of_day ? RETRY_OTHER_PART : RETRY_ANY_TIME;
    }
    return true;
}

static bool try_again(struct op *op, const struct attempt *a, const struct call_outcome *o,
                      const struct retry_terms *terms, int max_attempts, struct tstamp ended_at)
{
    struct rows counts, rows;

    if (!db_query(op, &SQL_RETRY_HISTORY,
                  ARGS({"to_number", a->to_number}, {"outcome", o->outcome},
                       {"days", sql_i64(op, RETRY_HISTORY_DAYS)}),
                  &counts))
        return false;
    const struct retry_history history = {db_i64(&counts, 0, "same"),
                                          db_i64(&counts, 0, "all_tries")};
    const struct tstamp at = retry_at(o, terms, &history, max_attempts, ended_at, a->timezone);
    if (!at.us)
        return true;
    if (!db_query(op, &SQL_RETRY_INSERT,
                  ARGS({"scheduled_call_id", sql_i64(op, a->scheduled_call_id)},
                       {"at", sql_tstamp(op, at)},
                       {"reason", arena_printf(&op->arena, "RETRY_%s", o->outcome)}),
                  &rows))
        return false;
    if (rows.n)
        metric_add(M_RETRIES, 1, LABELS(o->outcome));
    return true;
}

static bool plan_retry(struct op *op, const struct attempt *a, const struct call_outcome *o,
                       struct tstamp ended_at)
{
    struct retry_terms terms;
    int max_attempts;

    if (!a->campaign_id) /* who asks for one call asks again */
        return true;
    if (!read_terms(op, a, o, &terms, &max_attempts))
        return false;
    return !terms.again || max_attempts <= 1
           || try_again(op, a, o, &terms, max_attempts,
                        ended_at.us ? ended_at : (struct tstamp){clock_now_us()});
}

bool call_aftermath(struct op *op, const struct attempt *a, const struct call_outcome *o,
                    struct tstamp ended_at)
{
    if (!o->outcome)
        return true;
    if (o->retry == RETRY_BLOCK)
        return block(op, a, o);
    return plan_retry(op, a, o, ended_at) && breaker_hear_end(op, a, o);
}

/* answers.c - an answer as a line of JSON, and back. */

#include "common/call/answers.h"

#include "common/base/json.h"
#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/call/spool.h"
#include "common/store/pool.h"

/* What attempt and breakers need of a claim and its answer; the phone is not among it. */
struct kept_answer {
    const char *attempt_id, *from_number, *agent_id, *account;
    int64_t tenant_id, scheduled_call_id, campaign_id;
    int32_t attempt, repeats, http_status, retry_after_seconds;
    enum dial_result result;
    enum dial_refusal refusal;
    const char *provider_call_id, *message;
};

static const char *const refusals[] = {"none",        "busy",    "unpaid", "credentials",
                                       "from_number", "request", "key",    NULL};

static const struct field kept_answer_fields[] = {
    FIELD(struct kept_answer, attempt_id, .flags = F_REQUIRED),
    FIELD(struct kept_answer, from_number),
    FIELD(struct kept_answer, agent_id),
    FIELD(struct kept_answer, account),
    FIELD(struct kept_answer, tenant_id, .flags = F_REQUIRED),
    FIELD(struct kept_answer, scheduled_call_id, .flags = F_REQUIRED),
    FIELD(struct kept_answer, campaign_id, .flags = F_NOT_NULL),
    FIELD(struct kept_answer, attempt, .flags = F_REQUIRED),
    FIELD(struct kept_answer, repeats, .flags = F_NOT_NULL),
    FIELD(struct kept_answer, http_status, .flags = F_NOT_NULL),
    FIELD(struct kept_answer, retry_after_seconds, .flags = F_NOT_NULL),
    FIELD_ENUM(struct kept_answer, result, dial_result_names, .flags = F_REQUIRED),
    FIELD_ENUM(struct kept_answer, refusal, refusals, .flags = F_REQUIRED),
    FIELD(struct kept_answer, provider_call_id),
    FIELD(struct kept_answer, message),
};
static const struct type kept_answer_type = TYPE(struct kept_answer, kept_answer_fields);

/* Without the provider's words when they are too many: they are for the record only. */
static bool keep(struct op *op, struct kept_answer *k)
{
    struct buf b = {0};

    to_json(&b, &kept_answer_type, k);
    if (b.n > SPOOL_MAX_LINE) {
        buf_reset(&b);
        k->message = NULL;
        to_json(&b, &kept_answer_type, k);
    }
    bool kept = spool_keep(op->app->spool, buf_view(&b));
    buf_free(&b);
    return kept;
}

bool answer_keep(struct op *op, const struct claim *c, const struct dial_answer *a)
{
    struct kept_answer k = {
        .attempt_id = c->attempt_id,
        .from_number = c->from_number,
        .agent_id = c->agent_id,
        .account = c->account,
        .tenant_id = op->tenant_id,
        .scheduled_call_id = c->scheduled_call_id,
        .campaign_id = c->campaign_id,
        .attempt = c->attempt,
        .repeats = c->repeats,
        .http_status = a->http_status,
        .retry_after_seconds = a->retry_after_seconds,
        .result = a->result,
        .refusal = a->refusal,
        .provider_call_id = a->provider_call_id,
        .message = a->message,
    };

    if (!op->app->spool || err_class(op->err.code) != EC_BUSY || !keep(op, &k))
        return false;
    log_failure(op, "answer.not_recorded");
    log_warning(op, "answer.kept", F("attempt", c->attempt_id),
                F("result", dial_result_names[a->result]));
    metric_add(M_ANSWERS_KEPT, 1, NULL);
    op_forgive(op);
    db_release(op);
    return true;
}

static bool write(struct op *op, const struct kept_answer *k)
{
    const struct claim c = {
        .attempt_id = k->attempt_id,
        .scheduled_call_id = k->scheduled_call_id,
        .campaign_id = k->campaign_id,
        .from_number = k->from_number,
        .agent_id = k->agent_id,
        .account = k->account,
        .attempt = k->attempt,
        .repeats = k->repeats,
    };
    const struct dial_answer a = {
        .result = k->result,
        .refusal = k->refusal,
        .http_status = k->http_status,
        .provider_call_id = k->provider_call_id,
        .message = k->message,
        .retry_after_seconds = k->retry_after_seconds,
    };

    op->tenant_id = k->tenant_id;
    if (!answer_write(op, &c, &a))
        return false;
    log_info(op, "answer.recorded", F("attempt", k->attempt_id),
             F("result", dial_result_names[k->result]));
    return true;
}

/* What can never be recorded must not hold up the rest: the reconciler finds out. */
static bool record(struct op *op, struct str line)
{
    struct kept_answer k = {0};
    const struct cJSON *json;

    if (json_parse(op, line, &json) && from_json(op, json, &kept_answer_type, &k) && write(op, &k))
        return true;
    if (err_class(op->err.code) == EC_BUSY)
        return false;
    log_failure(op, "answer.dropped");
    return true;
}

bool answers_record(struct op *op)
{
    struct spool *s = op->app->spool;

    if (!s)
        return true;
    spool_adopt(s);
    return spool_drain(op, s, record);
}

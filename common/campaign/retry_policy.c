/* retry_policy.c - the policy's JSON, part by part, each part's complaints under its path. */

#include "common/campaign/retry_policy.h"

#include "common/base/json.h"
#include "common/provider/outcome.h"

/* The policy as it stands in JSON; its outcomes are read one by one. */
struct policy_text {
    int32_t max_attempts;
    struct json_text outcomes;
};

static const struct field policy_fields[] = {
    FIELD(struct policy_text, max_attempts, .flags = F_NOT_NULL, .min = 1, .max = 20),
    FIELD(struct policy_text, outcomes, .flags = F_OBJECT),
};
static const struct type policy_type = TYPE(struct policy_text, policy_fields);

/* max = 0 is an answer, so that "unsaid" needs another number while it is read. */
enum { MAX_UNSAID = -1 };

static const struct field rule_fields[] = {
    FIELD(struct retry_rule, retry, .flags = F_NOT_NULL),
    FIELD(struct retry_rule, delay_minutes, .flags = F_NOT_NULL, .min = 1, .max = 10080),
    FIELD(struct retry_rule, max, .flags = F_NOT_NULL, .min = 0, .max = 10),
    FIELD(struct retry_rule, other_part_of_day, .flags = F_NOT_NULL),
};
static const struct type rule_type = TYPE(struct retry_rule, rule_fields);

static void read_rule(struct op *op, const struct cJSON *v, struct retry_rule *rule)
{
    struct op part = op_part(op);
    const char *path = arena_printf(&op->arena, "outcomes.%s", json_key(v));

    *rule = (struct retry_rule){arena_strdup(&op->arena, json_key(v)), true, 0, MAX_UNSAID, false};
    if (!outcome_may_be_retried(rule->outcome))
        err_detail(op, path, "is no outcome after which a call may be repeated");
    else if (!from_json(&part, v, &rule_type, rule)) {
        if (!part.err.details)
            err_detail(op, path, "must be an object");
        err_details_under(op, path, &part);
    }
    op_end(&part);
    rule->retry = rule->retry && rule->max != 0;
    rule->max = rule->max == MAX_UNSAID ? 0 : rule->max;
}

static void read_rules(struct op *op, const struct cJSON *outcomes, struct retry_policy *out)
{
    int n = 0;

    for (const struct cJSON *v = json_first(outcomes); v; v = json_next(v))
        n++;
    out->rules = arena_alloc(&op->arena, (size_t)(n + 1) * sizeof(*out->rules));
    for (const struct cJSON *v = json_first(outcomes); v; v = json_next(v))
        read_rule(op, v, &out->rules[out->n++]);
}

static bool is_or_fail(struct op *op, bool whole)
{
    return whole || fail(op, E_VALIDATION_ERROR, "The retry policy cannot be used");
}

bool retry_policy_read(struct op *op, struct json_text text, struct retry_policy *out)
{
    struct policy_text said = {0};
    const struct cJSON *v;

    *out = (struct retry_policy){0};
    if (!text.text)
        return true;
    if (!json_parse(op, str_of(text.text), &v))
        return false;
    bool ok = from_json(op, v, &policy_type, &said);
    out->max_attempts = said.max_attempts;
    if (json_is_object(json_get(v, "outcomes")))
        read_rules(op, json_get(v, "outcomes"), out);
    return is_or_fail(op, ok && !op->err.details);
}

const struct retry_rule *retry_policy_rule(const struct retry_policy *p, const char *outcome)
{
    for (int i = 0; i < p->n; i++)
        if (strcmp(p->rules[i].outcome, outcome) == 0)
            return &p->rules[i];
    return NULL;
}

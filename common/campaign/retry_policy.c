#include "common/campaign/retry_policy.h"
#include "common/base/json.h"
bool retry_policy_read(struct op *op, struct json_text text, struct retry_policy *out)
{
    const struct cJSON *v; int64_t n = 0;
    *out = (struct retry_policy){0};
    if (!json_parse(op, str_of(text.text), &v)) return false;
    if (json_get(v, "max_attempts") && json_i64(json_get(v, "max_attempts"), &n)) out->max_attempts = (int)n;
    return true;
}
const struct retry_rule *retry_policy_rule(const struct retry_policy *p, const char *outcome)
{ (void)p; (void)outcome; return NULL; }

/* temporary */
#ifndef AGORALIA_RETRY_POLICY_H
#define AGORALIA_RETRY_POLICY_H
#include "common/base/fields.h"
struct retry_rule { bool set, retry; int delay_minutes, max; bool other_part_of_day; };
struct retry_policy { int max_attempts; struct retry_rule rules[64]; };
bool retry_policy_read(struct op *op, struct json_text text, struct retry_policy *out) MUSTCHECK;
const struct retry_rule *retry_policy_rule(const struct retry_policy *p, const char *outcome);
#endif

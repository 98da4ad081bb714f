/*
 * retry_policy.h - a campaign's own word on whether and when somebody is called again.
 *
 *   {"max_attempts": 1..20, "outcomes": {"busy": {"retry": true, "delay_minutes": 1..10080,
 *    "max": 0..10, "other_part_of_day": false}, ...}}
 *
 * Every member may be absent.  Outcomes are those of outcomes.def after which a
 * call may be repeated; for those not named the table's own terms hold.
 */
#ifndef AGORALIA_RETRY_POLICY_H
#define AGORALIA_RETRY_POLICY_H

#include "common/base/fields.h"

struct retry_rule {
    const char *outcome;
    bool retry;             /* true unless said otherwise; false too when max was said to be 0 */
    int32_t delay_minutes;  /* 0 = unsaid */
    int32_t max;            /* tries after this outcome; 0 = unsaid */
    bool other_part_of_day; /* false unless said otherwise */
};

struct retry_policy {
    int32_t max_attempts;     /* calls to one person in all; 0 = unsaid */
    struct retry_rule *rules; /* in op's arena */
    int n;
};

/* Null text is an empty policy.  Fails with VALIDATION_ERROR, every complaint in the details. */
bool retry_policy_read(struct op *op, struct json_text text, struct retry_policy *out) MUSTCHECK;

/* NULL when the policy says nothing of the outcome. */
const struct retry_rule *retry_policy_rule(const struct retry_policy *p, const char *outcome);

#endif

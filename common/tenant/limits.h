/* limits.h - what the operator lets a tenant use: calls at once, money, another try after doubt. */
#ifndef AGORALIA_TENANT_LIMITS_H
#define AGORALIA_TENANT_LIMITS_H

#include "common/base/fields.h"

struct tenant_limits {
    struct opt_i64 max_concurrent_calls; /* unset = TENANT_MAX_LIVE_CALLS */
    const char *on_unknown;              /* redial, never_redial */
    const char *unknown_scope;           /* warn, block: of consents that do not say what for */
    struct opt_i64 budget_cents;         /* unset = no limit */
    struct opt_i64 reserve_cents;        /* held back for each live call; only with a budget */
    double spent_cents;                  /* since the budget was first set */
};
extern const struct type tenant_limits_type;

/* RESOURCE_NOT_FOUND when there is no such tenant. */
bool tenant_limits_get(struct op *op, struct tenant_limits *out) MUSTCHECK;

/* All of them as given.  VALIDATION_ERROR names every one that is wrong. */
bool tenant_limits_set(struct op *op, const struct tenant_limits *l) MUSTCHECK;

#endif

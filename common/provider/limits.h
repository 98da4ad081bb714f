/* limits.h - what a provider lets us do at once. */
#ifndef AGORALIA_PROVIDER_LIMITS_H
#define AGORALIA_PROVIDER_LIMITS_H

#include "common/base/fields.h"

struct provider_limits {
    const char *provider;
    int64_t concurrency_limit; /* this and the next two as the provider told them */
    int64_t reserved_inbound;
    int64_t others_live;
    double starts_per_second;
    const char *starts_set_by; /* setting: PROVIDER_STARTS_PER_SECOND; or operator */
    struct tstamp told_at;     /* null = never asked yet */
};
extern const struct type provider_limits_type;

bool provider_limits_list(struct op *op, struct provider_limits **out, int *n) MUSTCHECK;

/*
 * Starts per second, as decimal text, from now on and whatever the workers' setting says; NULL =
 * as the setting says again.  VALIDATION_ERROR, or RESOURCE_NOT_FOUND when there is no such
 * provider.
 */
bool provider_limits_set_starts(struct op *op, const char *provider, const char *rate) MUSTCHECK;

/* PROVIDER_STARTS_PER_SECOND as SQL reads it; what is no rate is logged and taken for no limit. */
const char *provider_limits_setting(struct op *op);

#endif

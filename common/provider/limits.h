/* limits.h - what a provider lets us do at once. */
#ifndef AGORALIA_PROVIDER_LIMITS_H
#define AGORALIA_PROVIDER_LIMITS_H

#include "common/base/fields.h"

struct provider_limits {
    const char *provider;
    int64_t concurrency_limit; /* this and the next two as the provider told them */
    int64_t reserved_inbound;
    int64_t others_live;
    double starts_per_second; /* PROVIDER_STARTS_PER_SECOND */
    struct tstamp told_at;    /* null = never asked yet */
};
extern const struct type provider_limits_type;

bool provider_limits_list(struct op *op, struct provider_limits **out, int *n) MUSTCHECK;

#endif

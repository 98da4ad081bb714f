/* limits.h - what a provider lets us do at once, and how fast we ask it. */
#ifndef AGORALIA_PROVIDER_LIMITS_H
#define AGORALIA_PROVIDER_LIMITS_H

#include "common/base/fields.h"

struct provider_limits {
    const char *provider;
    int64_t concurrency_limit; /* this and the next two as the provider told them */
    int64_t reserved_inbound;
    int64_t others_live;
    double starts_per_second; /* the operator's */
    struct tstamp told_at;    /* null = never asked yet */
};
extern const struct type provider_limits_type;

bool provider_limits_list(struct op *op, struct provider_limits **out, int *n) MUSTCHECK;

/* VALIDATION_ERROR unless above 0; RESOURCE_NOT_FOUND when no such provider is known. */
bool provider_pace_set(struct op *op, const char *provider, double starts_per_second) MUSTCHECK;

#endif

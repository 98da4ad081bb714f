/* rates.h - what a tenant, or one of its keys alone, may ask of the API in a minute. */
#ifndef AGORALIA_TENANT_RATES_H
#define AGORALIA_TENANT_RATES_H

#include "common/base/fields.h"

struct rate_limit {
    const char *principal; /* the public part of a key; "" = the tenant in all */
    const char *class;     /* read, write, dial, import, urgent */
    int64_t per_minute;
    int64_t burst; /* at once */
};
extern const struct type rate_limit_type;

/* *found says whether there is one; else the default stands, and a key has none of its own. */
bool rate_limit_get(struct op *op, struct rate_limit *inout, bool *found) MUSTCHECK;

/* VALIDATION_ERROR names what is wrong; RESOURCE_NOT_FOUND: no such key. */
bool rate_limit_set(struct op *op, const struct rate_limit *l) MUSTCHECK;

/* Back to the default. */
bool rate_limit_end(struct op *op, const struct rate_limit *l) MUSTCHECK;
bool rate_limit_list(struct op *op, struct rate_limit **out, int *n) MUSTCHECK;

#endif

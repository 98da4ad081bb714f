/* tenant.h - who a request speaks for: tenants; their API keys are in api_key.h. */
#ifndef AGORALIA_TENANT_H
#define AGORALIA_TENANT_H

#include "common/base/fields.h"

struct tenant {
    int64_t id;
    const char *name;
    const char *status; /* active, suspended */
    struct tstamp created_at;
};
extern const struct type tenant_type;

/* Fails with VALIDATION_ERROR when the name is empty or too long. */
bool tenant_create(struct op *op, const char *name, struct tenant *out) MUSTCHECK;
bool tenant_list(struct op *op, struct tenant **out, int *n) MUSTCHECK;

#endif

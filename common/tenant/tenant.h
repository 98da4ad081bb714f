/* tenant.h - who a request speaks for: tenants; their API keys are in api_key.h. */
#ifndef AGORALIA_TENANT_H
#define AGORALIA_TENANT_H

#include "common/base/fields.h"

struct tenant {
    int64_t id;
    const char *name;
    const char *status; /* active, suspended */
    bool test;          /* its calls are a simulator's */
    struct tstamp created_at;
};
extern const struct type tenant_type;

/* Fails with VALIDATION_ERROR when the name is empty or too long.  test is for good. */
bool tenant_create(struct op *op, const char *name, bool test, struct tenant *out) MUSTCHECK;
bool tenant_list(struct op *op, struct tenant **out, int *n) MUSTCHECK;

/*
 * Does this process serve tenants of this kind (PROVIDER)?  PERMISSION_DENIED when it does not: a
 * test tenant's requests never come to where the real provider is spoken to.
 */
bool tenant_is_served(struct op *op, bool test) MUSTCHECK;

#endif

/* tenant.h - who a request speaks for: tenants and their API keys. */
#ifndef AGORALIA_TENANT_H
#define AGORALIA_TENANT_H

#include "common/base/fields.h"

struct tenant {
    int64_t id;
    const char *name;
    const char *status; /* active, suspended, leaving, gone */
    const char *status_reason;
    struct tstamp status_at; /* since when; null: it was never anything but active */
    struct tstamp created_at;
};
extern const struct type tenant_type;

struct api_key {
    int64_t id;
    const char *name;
    const char *prefix; /* the public part: aga_live_XXXXXXXX */
    struct tstamp created_at;
    struct tstamp revoked_at;
};
extern const struct type api_key_type;

/* Fails with VALIDATION_ERROR when the name is empty or too long. */
bool tenant_create(struct op *op, const char *name, struct tenant *out) MUSTCHECK;
bool tenant_list(struct op *op, struct tenant **out, int *n) MUSTCHECK;

/* op's own.  RESOURCE_NOT_FOUND. */
bool tenant_get(struct op *op, struct tenant *out) MUSTCHECK;

/*
 * A new key of op's tenant.  *secret, in op's arena, is the only time its text
 * exists: aga_live_<8>_<43>_<8>, the last eight a checksum so that a typo never
 * costs a look-up.  Fails with RESOURCE_NOT_FOUND when there is no such tenant.
 */
bool api_key_create(struct op *op, const char *name, struct api_key *out,
                    const char **secret) MUSTCHECK;
bool api_key_list(struct op *op, struct api_key **out, int *n) MUSTCHECK;
bool api_key_revoke(struct op *op, int64_t id) MUSTCHECK;

/*
 * Set op->tenant_id to the tenant of a presented key.  Fails with UNAUTHENTICATED,
 * the same for a malformed, unknown or revoked key and one of a tenant that has
 * left, with TENANT_SUSPENDED for a good key of a suspended one.
 * A key once seen is remembered by this process for five seconds.
 */
bool api_key_authenticate(struct op *op, struct str presented) MUSTCHECK;

#endif

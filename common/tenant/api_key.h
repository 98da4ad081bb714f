/*
 * api_key.h - a tenant's API keys: aga_live_<8>_<43>_<8>, the last eight a checksum; a test
 * tenant's begin with aga_test_.
 *
 * The part before the second-last underscore is public and names the key; of the whole only the
 * SHA-256 is kept.  A typo never costs a look-up.
 */
#ifndef AGORALIA_API_KEY_H
#define AGORALIA_API_KEY_H

#include "common/base/fields.h"
#include "common/tenant/scope.h"

struct api_key {
    int64_t id;
    const char *name;
    const char *prefix;         /* the public part: aga_live_XXXXXXXX */
    struct json_text scopes;    /* an array of names of scopes.def; null = everything */
    struct json_text networks;  /* an array, as network.h reads it; null = from anywhere */
    struct tstamp expires_at;   /* null = never */
    struct tstamp last_used_at; /* to some ten minutes */
    struct opt_i64 replaces;    /* the key it was made for by rotation */
    struct tstamp created_at;
    struct tstamp revoked_at;
};
extern const struct type api_key_type;

struct api_key_query {
    int32_t limit, offset;
};
extern const struct type api_key_query_type;

enum { OVERLAP_SECONDS_DEFAULT = 86400, OVERLAP_SECONDS_MAX = 30 * 86400 };

struct api_key_rotation {
    int64_t overlap_seconds; /* how long the old one is good beside the new one */
};
extern const struct type api_key_rotation_type;

/*
 * A new key of op's tenant, of k's name, scopes, networks and end; the rest of k is filled in.
 * *secret, in op's arena, is the only time its text exists.  VALIDATION_ERROR names what is wrong;
 * RESOURCE_NOT_FOUND when there is no such tenant.
 */
bool api_key_create(struct op *op, struct api_key *k, const char **secret) MUSTCHECK;

/*
 * A key that may do what the one of this id may, and as long as that could when it was made; the
 * old one ends after the overlap, if not before.  INVALID_STATE when it has ended already.
 */
bool api_key_rotate(struct op *op, int64_t id, const struct api_key_rotation *r,
                    struct api_key *out, const char **secret) MUSTCHECK;

bool api_key_get(struct op *op, int64_t id, struct api_key *out) MUSTCHECK;
bool api_key_list(struct op *op, const struct api_key_query *q, struct api_key **out, int *n,
                  int64_t *total) MUSTCHECK;
bool api_key_revoke(struct op *op, int64_t id) MUSTCHECK;

/*
 * Set op->tenant_id to the tenant of a presented key and op->principal to its public part, and say
 * what it may do; from is the address of who sends it.  Fails with UNAUTHENTICATED, the same for a
 * malformed, unknown, ended or revoked key and for a suspended tenant, with PERMISSION_DENIED from
 * where it may not be used and where its tenant is not served (tenant.h).  A key once seen is
 * remembered by this process for five seconds.
 */
bool api_key_authenticate(struct op *op, struct str presented, const char *from,
                          scope_set *scopes) MUSTCHECK;

/* Could it be one, by its length, its mark and its checksum? */
bool api_key_well_formed(struct str key);

#endif

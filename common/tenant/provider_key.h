/*
 * provider_key.h - the key of a tenant's own workspace, as it is entrusted to us.
 *
 * It can be set, replaced and removed, and is never shown: its last four characters, the key that
 * seals it and when it was set are.  Replaced by one of another workspace, or removed, it is kept
 * for as long as a call that was asked for with it may still be going on or lies there.
 *
 * Of the key that signs the workspace's webhooks only what verifies is kept.
 */
#ifndef AGORALIA_PROVIDER_KEY_H
#define AGORALIA_PROVIDER_KEY_H

#include "common/base/fields.h"

struct rows;
struct sealed;
struct provider;

/* Names of secrets. */
#define SECRET_RETELL "retell"
#define SECRET_RETELL_WEBHOOK "retell_webhook"

struct provider_key_request {
    const char *api_key;
    const char *webhook_api_key; /* which signs; NULL = api_key */
    bool same_workspace; /* as the key it replaces: what was begun with that is asked with this */
};
extern const struct type provider_key_request_type;

struct provider_key {
    const char *provider;
    const char *last_four;
    const char *key_id;
    const char *account; /* names the workspace; nothing can be done with it */
    struct tstamp updated_at;
};
extern const struct type provider_key_type;

bool provider_key_set(struct op *op, const struct provider_key_request *r,
                      struct provider_key *out) MUSTCHECK;
/* RESOURCE_NOT_FOUND: the tenant has none. */
bool provider_key_get(struct op *op, struct provider_key *out) MUSTCHECK;
bool provider_key_remove(struct op *op) MUSTCHECK;

/* A sealed secret of row i, whose columns are name (given here), account, key_id, nonce and box. */
void secret_read(const struct rows *rows, int i, int64_t tenant_id, const char *name,
                 struct sealed *out);

/*
 * Seal all of p's tenants that an older key seals anew, some at a time; *resealed says how many.  p
 * does it, or who speaks for it.  One that does not open is logged and left.
 */
bool secrets_reseal(struct op *op, const struct provider *p, int *resealed,
                    int *unreadable) MUSTCHECK;

/* Forget what was replaced or removed and is of no use any more. */
bool secrets_prune(struct op *op) MUSTCHECK;

#endif

/*
 * oidc_issuer.h - the issuer people may sign in at: what it says of itself, its keys, its answers.
 *
 * Both documents are kept for an hour.  A key that is not among those kept is looked for once more,
 * once a minute at most; an issuer that did not answer is left alone for five seconds.  One thread
 * asks while others wait, and none of them holds a lock, or a session of the database, meanwhile.
 * Every question ends within five seconds and 128 KiB.
 */
#ifndef AGORALIA_OIDC_ISSUER_H
#define AGORALIA_OIDC_ISSUER_H

#include "common/identity/oidc_metadata.h"

struct cJSON;
struct conf;
struct id_token;

/* NULL when OIDC_ISSUER is not set. */
struct oidc_issuer *oidc_issuer_open(const struct conf *conf);
void oidc_issuer_close(struct oidc_issuer *i); /* NULL is allowed */

/* Where the issuer sends browsers back to; in op's arena. */
const char *oidc_redirect_uri(struct op *op);

/*
 * These fail with PROVIDER_ERROR when the issuer does not answer as it should, and with
 * SERVICE_UNAVAILABLE when there is none, or it is asked too much already.
 */
bool oidc_issuer_metadata(struct op *op, struct oidc_metadata *out) MUSTCHECK;

/* The key a token names, which stands in op's arena.  MALFORMED_REQUEST when there is none. */
bool oidc_issuer_key(struct op *op, const struct oidc_metadata *m, const struct id_token *t,
                     const struct cJSON **out) MUSTCHECK;

struct oidc_tokens {
    const char *id_token;
    const char *access_token; /* NULL = none came */
};

/* A code for what it stands for.  MALFORMED_REQUEST when the issuer does not take it. */
bool oidc_issuer_exchange(struct op *op, const struct oidc_metadata *m, const char *code,
                          const char *verifier, struct oidc_tokens *out) MUSTCHECK;

bool oidc_issuer_userinfo(struct op *op, const struct oidc_metadata *m, const char *access_token,
                          const struct cJSON **out) MUSTCHECK;

#endif

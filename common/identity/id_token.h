/*
 * id_token.h - what an OpenID issuer says of who has just signed in there.  Pure.
 *
 * The token is told neither key nor algorithm: its header may name RS256 or ES256 and a key id, and
 * nothing that another library would obey; the key is the issuer's own, and its type says which
 * algorithm it is for.  Every claim that says whose token it is, for whom and until when must be
 * there and right; claims that mean nothing here are the issuer's own business.
 */
#ifndef AGORALIA_ID_TOKEN_H
#define AGORALIA_ID_TOKEN_H

#include "common/identity/jws.h"

enum { ID_TOKEN_MAX = 16 * 1024, ID_TOKEN_LEEWAY_SECONDS = 30, ID_TOKEN_AGE_MAX_SECONDS = 600 };

/* Not yet believed. */
struct id_token {
    struct jws jws;
    const char *alg; /* RS256 or ES256 */
    const char *kid; /* NULL = none is named */
};

/* What it must say. */
struct id_token_rules {
    const char *issuer, *client_id, *nonce;
    const char *access_token; /* that came with it, which at_hash, if there, must be of */
};

struct id_claims {
    const char *subject;
    const char *email; /* NULL = not said; as email.h compares them */
    bool email_verified;
};

/* All three fail with MALFORMED_REQUEST, with the reason as the cause for the log only. */
bool id_token_read(struct op *op, struct str text, struct id_token *out) MUSTCHECK;

/* key: of the issuer's set, as jwk_find() found it for the token's alg and kid. */
bool id_token_check(struct op *op, const struct id_token *t, const struct cJSON *key,
                    const struct id_token_rules *rules, int64_t now,
                    struct id_claims *out) MUSTCHECK;

/* The e-mail of a userinfo answer, which must be about the same subject. */
bool id_claims_add(struct op *op, const struct cJSON *userinfo, struct id_claims *inout) MUSTCHECK;

#endif

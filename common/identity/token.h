/*
 * token.h - access tokens: JWTs that only this deployment makes and that are good in one form only.
 *
 * ES256 with a key of JWT_KEY_DIR, by libjwt, which is told neither key nor algorithm by the token:
 * the header must be exactly {alg, kid, typ} with "ES256" and "JWT", kid is a look-up, and what the
 * library leaves unchecked is checked here: every claim is there, once, of its type, and no other;
 * base64 is canonical; of a signature's two equivalent forms only the low one is good.
 */
#ifndef AGORALIA_TOKEN_H
#define AGORALIA_TOKEN_H

#include "common/base/op.h"

enum { TOKEN_TEXT_MAX = 2048, TOKEN_LEEWAY_SECONDS = 5, TOKEN_LIFE_MAX_SECONDS = 600 };

struct token_claims {
    int64_t user_id;    /* sub */
    int64_t tenant_id;  /* tenant */
    int64_t session_id; /* sid: what ends it before its time */
    int64_t issued_at;  /* iat and nbf; seconds since 1970 */
    int64_t expires_at; /* exp */
};

/* *text in op's arena, issued at now and good for ACCESS_TOKEN_SECONDS, which are set in c. */
bool token_sign(struct op *op, struct token_claims *c, int64_t now, const char **text) MUSTCHECK;

/* Fails with UNAUTHENTICATED, with the reason as the cause for the log only. */
bool token_verify(struct op *op, struct str text, int64_t now, struct token_claims *out) MUSTCHECK;

#endif

/*
 * oidc_ticket.h - what a browser holds while its owner is away signing in at the issuer.  Pure.
 *
 * A cookie of the time and 256 random bits.  State, nonce and the PKCE verifier all follow from it,
 * so that an answer is good only in the browser that asked, and only for the time it was asked at:
 * another time would have been another nonce.  Nothing of it is kept here before it comes back.
 */
#ifndef AGORALIA_OIDC_TICKET_H
#define AGORALIA_OIDC_TICKET_H

#include "common/base/digest.h"
#include "common/base/op.h"

#define OIDC_COOKIE "__Host-agoralia_sign_in"

enum { OIDC_TICKET_SECONDS = 600 };

struct oidc_ticket {
    const char *text;
    char sha256[SHA256_HEX_SIZE];
    const char *state, *nonce;
    const char *verifier, *challenge; /* of PKCE, S256 */
};

/* All texts in op's arena.  now: seconds since 1970. */
void oidc_ticket_make(struct op *op, int64_t now, struct oidc_ticket *out);

/*
 * From a Cookie header (NULL = none).  MALFORMED_REQUEST when it has none, two, one in another form
 * or one that is too old.
 */
bool oidc_ticket_read(struct op *op, const char *cookies, int64_t now,
                      struct oidc_ticket *out) MUSTCHECK;

/* Is this the ticket's state?  Takes as long whatever it is. */
bool oidc_ticket_matches(const struct oidc_ticket *t, const char *state);

/* Set-Cookie values that set it and take it away. */
const char *oidc_ticket_cookie(struct op *op, const struct oidc_ticket *t);
const char *oidc_ticket_no_cookie(void);

#endif

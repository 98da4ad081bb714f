/*
 * oidc.h - admins sign in at the deployment's OpenID issuer (OIDC_ISSUER) instead of with a
 * password.
 *
 * A browser is sent there with a ticket (oidc_ticket.h), comes back with a code, and then fetches
 * its session with nothing but the ticket: no token stands in an address.  Each ticket is good for
 * one answer, each answer for one session, within a minute.
 *
 * Who comes back must be a user already, with an address the issuer has verified, and an admin of
 * their tenant or in ADMIN_EMAILS.  Of these a session that began so makes platform staff, for as
 * long as the address stays in the list and the issuer is the deployment's.
 */
#ifndef AGORALIA_OIDC_H
#define AGORALIA_OIDC_H

#include "common/identity/sessions.h"

/* Where to send the browser, and the cookie it takes along. */
bool oidc_begin(struct op *op, const char **url, const char **cookie) MUSTCHECK;

/* What the issuer sent the browser back with; NULL = absent. */
struct oidc_answer {
    const char *code, *state, *iss, *error;
};

/*
 * cookies: the browser's; client: the address it came from, as in login.h.  MALFORMED_REQUEST when
 * the answer is not good or not this browser's, PERMISSION_DENIED when it is about nobody who may
 * sign in so, RATE_LIMIT_EXCEEDED after too many tries.
 */
bool oidc_finish(struct op *op, const struct oidc_answer *a, const char *cookies,
                 const char *client) MUSTCHECK;

/* The session of a browser that has come back; MALFORMED_REQUEST when there is none (any more). */
bool oidc_collect(struct op *op, const char *cookies, struct session_tokens *out) MUSTCHECK;

#endif

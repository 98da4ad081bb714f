/*
 * sessions.h - who is signed in: sessions, and the refresh tokens that carry them on.
 *
 * A refresh token is good once and gives the next one.  One that comes back after it was used has
 * been copied: its whole session ends.  Only a client whose answer got lost may send the same once
 * more, within REFRESH_GRACE_SECONDS.
 */
#ifndef AGORALIA_SESSIONS_H
#define AGORALIA_SESSIONS_H

#include "common/base/fields.h"

enum { REFRESH_GRACE_SECONDS = 5 };

/* What a client gets that is signed in. */
struct session_tokens {
    const char *access_token;
    const char *token_type; /* Bearer */
    int64_t expires_in;     /* seconds */
    const char *refresh_token;
    int64_t refresh_expires_in; /* seconds: the session's end, which refreshing does not move */
};
extern const struct type session_tokens_type;

/*
 * Of op's tenant, for who has shown the password behind password_hash; UNAUTHENTICATED when it is
 * another by now.
 */
bool session_open(struct op *op, int64_t user_id, const char *password_hash,
                  struct session_tokens *out) MUSTCHECK;

/* Who vouched for somebody instead of a password, and for which address. */
struct session_voucher {
    const char *issuer, *verified_email;
};

/* The same, of an active admin, or of one of the platform's staff (staff.h). */
bool session_open_vouched(struct op *op, int64_t user_id, const struct session_voucher *v,
                          struct session_tokens *out) MUSTCHECK;

/* UNAUTHENTICATED, the same whatever is wrong with it. */
bool session_refresh(struct op *op, const char *refresh_token,
                     struct session_tokens *out) MUSTCHECK;

/* The one that asks, or every one of its user. */
bool session_end(struct op *op) MUSTCHECK;
bool session_end_all(struct op *op) MUSTCHECK;

/*
 * Set op's tenant, user, session, principal ("user:ID") and whether it is the platform's staff from
 * an access token, and say what the user may do.  Fails with UNAUTHENTICATED, and
 * with TENANT_SUSPENDED when the user's tenant is.  What the database
 * says of a session is remembered for five seconds.
 */
bool session_authenticate(struct op *op, struct str access_token, int *role) MUSTCHECK;

#endif

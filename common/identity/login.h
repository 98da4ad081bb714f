/*
 * login.h - who are you: signing in with a password, and setting another one.
 *
 * An address that is nobody's, one of somebody disabled and a wrong password are answered alike,
 * after the same work.  client is the address the request came from.
 */
#ifndef AGORALIA_LOGIN_H
#define AGORALIA_LOGIN_H

#include "common/identity/sessions.h"

struct login {
    const char *email;
    const char *password;
};
extern const struct type login_type;

struct password_change {
    const char *current_password;
    const char *new_password;
};
extern const struct type password_change_type;

/* UNAUTHENTICATED, or RATE_LIMIT_EXCEEDED after too many tries. */
bool login(struct op *op, const struct login *l, const char *client,
           struct session_tokens *out) MUSTCHECK;

/* Of who is signed in; every other session of theirs ends. */
bool login_change_password(struct op *op, const struct password_change *c,
                           const char *client) MUSTCHECK;

#endif

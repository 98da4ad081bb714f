/*
 * link.h - one-time links: invitations, and new passwords for those who forgot theirs.
 *
 * A link is good once and for a limited time, and proves that whoever has it reads the mailbox it
 * was sent to.  Nothing answers whether an address is already somebody's: an invitation to one is
 * made and sent all the same, and only who opens it is told.
 */
#ifndef AGORALIA_LINK_H
#define AGORALIA_LINK_H

#include "common/identity/user.h"

enum { INVITATION_SECONDS = 7 * 86400, RESET_SECONDS = 3600 };

struct invitation {
    int64_t id;
    const char *email;
    int role;                   /* enum user_role */
    struct json_text campaigns; /* as user.h has it */
    struct tstamp created_at;
    struct tstamp expires_at;
};
extern const struct type invitation_type;

struct acceptance {
    const char *token;
    const char *name;
    const char *password;
};
extern const struct type acceptance_type;

struct reset_request {
    const char *email;
};
extern const struct type reset_request_type;

struct password_reset {
    const char *token;
    const char *password;
};
extern const struct type password_reset_type;

/* Earlier ones to the same address end.  *url is where it leads, for who sends it. */
bool invitation_make(struct op *op, struct invitation *i, const char **url) MUSTCHECK;

/* The same, and sent; nothing is made when no mail can be. */
bool invitation_send(struct op *op, struct invitation *i) MUSTCHECK;

/* RESOURCE_NOT_FOUND when the link is not good (any more), ALREADY_EXISTS when the address is a
 * user's. */
bool invitation_accept(struct op *op, const struct acceptance *a, struct user *out) MUSTCHECK;

/* Answers alike, and in the same time, whoever is asked for; client as in login.h. */
bool password_forgotten(struct op *op, const struct reset_request *r, const char *client) MUSTCHECK;

/* Every session of the user ends. */
bool password_reset(struct op *op, const struct password_reset *r) MUSTCHECK;

#endif

/* user.h - the people of a tenant, and what each may do. */
#ifndef AGORALIA_USER_H
#define AGORALIA_USER_H

#include "common/base/fields.h"

/* Each may what those before it may. */
enum user_role { USER_VIEWER, USER_USER, USER_ADMIN };
enum user_status { USER_ACTIVE, USER_DISABLED };

extern const char *const user_role_names[];

struct user {
    int64_t id;
    const char *email;
    const char *name;
    int role;                   /* enum user_role */
    struct json_text campaigns; /* ids that the user is limited to; null = to none */
    int status;                 /* enum user_status */
    bool platform;              /* of the platform's staff */
    struct tstamp last_login_at;
    struct tstamp created_at;
    struct tstamp updated_at;
};
extern const struct type user_type;

struct user_query {
    int32_t limit, offset;
};
extern const struct type user_query_type;

bool user_get(struct op *op, int64_t id, struct user *out) MUSTCHECK;

/* Who is signed in; PERMISSION_DENIED when that is a key. */
bool user_me(struct op *op, struct user *out) MUSTCHECK;
bool user_list(struct op *op, const struct user_query *q, struct user **out, int *n,
               int64_t *total) MUSTCHECK;

/*
 * Lock the user and hand them to change(), which sets name, role and status; then store them.
 * INVALID_STATE when no active admin would be left.  With another role or status, or other
 * campaigns, all of the user's sessions end.
 */
bool user_change(struct op *op, int64_t id,
                 bool (*change)(struct op *op, struct user *u, void *ctx), void *ctx,
                 struct user *out) MUSTCHECK;

/*
 * What somebody of this role is to be limited to: VALIDATION_ERROR unless it is null, or 1 to 32
 * campaigns of op's tenant for one who is no admin.
 */
bool user_check_campaigns(struct op *op, int role, struct json_text campaigns) MUSTCHECK;

/* As that reads them; n = 0 when it is no such array. */
struct id_set user_campaigns_read(const char *json);

/* Somebody must be signed in, not a key: PERMISSION_DENIED otherwise. */
bool user_required(struct op *op) MUSTCHECK;

#endif

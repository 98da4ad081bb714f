/* user.c - rows of people; passwords and sessions are elsewhere. */

#include "common/identity/user.h"

#include "common/base/log.h"
#include "common/base/page.h"
#include "common/identity/email.h"
#include "common/store/db.h"
#include "queries.h"

const char *const user_role_names[] = {"viewer", "user", "admin", NULL};
static const char *const status_names[] = {"active", "disabled", NULL};

static const struct field user_fields[] = {
    FIELD(struct user, id, .flags = F_READONLY),
    FIELD(struct user, email, .flags = F_READONLY),
    FIELD(struct user, name, .max = 255),
    FIELD_ENUM(struct user, role, user_role_names, .flags = F_NOT_NULL),
    FIELD_ENUM(struct user, status, status_names, .flags = F_NOT_NULL),
    FIELD(struct user, platform, .flags = F_READONLY),
    FIELD(struct user, last_login_at, .flags = F_READONLY),
    FIELD(struct user, created_at, .flags = F_READONLY),
    FIELD(struct user, updated_at, .flags = F_READONLY),
};
const struct type user_type = TYPE(struct user, user_fields);

static const struct field user_query_fields[] = {PAGE_FIELDS(struct user_query)};
const struct type user_query_type = TYPE(struct user_query, user_query_fields);

bool user_required(struct op *op)
{
    return op->user_id
           || fail(op, E_PERMISSION_DENIED, "This is for somebody who is signed in, not for a key");
}

static bool read_one(struct op *op, const struct query *q, int64_t id, struct user *out)
{
    struct rows rows;

    *out = (struct user){0};
    if (!db_query(op, q, ARGS({"id", sql_i64(op, id)}), &rows))
        return false;
    if (rows.n == 0)
        return fail(op, E_RESOURCE_NOT_FOUND, "There is no user with that ID");
    return from_row(op, &rows, 0, &user_type, out);
}

bool user_get(struct op *op, int64_t id, struct user *out)
{
    return read_one(op, &SQL_USER_GET, id, out);
}

bool user_me(struct op *op, struct user *out)
{
    if (!user_required(op) || !user_get(op, op->user_id, out))
        return false;
    out->platform = op->platform;
    return true;
}

bool user_list(struct op *op, const struct user_query *q, struct user **out, int *n, int64_t *total)
{
    struct rows rows, count;

    if (!db_query(op, &SQL_USER_LIST,
                  ARGS({"limit", sql_i64(op, q->limit)}, {"offset", sql_i64(op, q->offset)}), &rows)
        || !db_query(op, &SQL_USER_COUNT, NO_ARGS, &count))
        return false;
    *n = rows.n;
    *total = db_i64(&count, 0, "n");
    return (*out = from_rows(op, &rows, &user_type)) != NULL;
}

static bool keep_an_admin(struct op *op, const struct rows *admins, const struct user *u)
{
    bool was = false;

    for (int i = 0; i < admins->n; i++)
        was |= db_i64(admins, i, "id") == u->id;
    if (!was || admins->n > 1 || (u->role == USER_ADMIN && u->status == USER_ACTIVE))
        return true;
    return fail(op, E_INVALID_STATE, "The last active admin must stay one");
}

static bool end_sessions(struct op *op, const struct user *was, const struct user *u)
{
    const char *why = u->status == USER_DISABLED ? "disabled" : "role";
    struct rows none;

    if (was->role == u->role && was->status == u->status)
        return true;
    return db_query(op, &SQL_SESSION_END_OTHERS,
                    ARGS({"user_id", sql_i64(op, u->id)}, {"session_id", "0"}, {"why", why}),
                    &none);
}

/* Every admin's row is locked first, so that two who demote each other cannot both succeed. */
bool user_change(struct op *op, int64_t id,
                 bool (*change)(struct op *op, struct user *u, void *ctx), void *ctx,
                 struct user *out)
{
    struct rows admins;

    if (!db_begin(op) || !db_query(op, &SQL_USER_LOCK_ADMINS, NO_ARGS, &admins)
        || !read_one(op, &SQL_USER_LOCK, id, out))
        return false;
    struct user was = *out;
    if (!change(op, out, ctx) || !keep_an_admin(op, &admins, out) || !end_sessions(op, &was, out)
        || !db_store(op, &SQL_USER_UPDATE, &user_type, out) || !db_commit(op))
        return false;
    log_info(op, "user.changed", F("user_id", id), F("role", user_role_names[out->role]),
             F("status", status_names[out->status]), F("by", op->user_id));
    return true;
}

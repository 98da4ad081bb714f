/* user.c - rows of people; passwords and sessions are elsewhere. */

#include "common/identity/user.h"

#include "common/base/json.h"
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
    FIELD(struct user, campaigns, .flags = F_ARRAY, .max = 1024),
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

struct id_set user_campaigns_read(const char *json)
{
    struct op part = {0};
    const struct cJSON *all = NULL;
    struct id_set ids = {0};
    bool ok = json && json_parse(&part, str_of(json), &all) && json_is_array(all);

    for (const struct cJSON *v = ok ? json_first(all) : NULL; v && ok; v = json_next(v)) {
        ok = ids.n < ID_SET_MAX && json_i64(v, &ids.ids[ids.n]) && ids.ids[ids.n] > 0;
        ids.n++;
    }
    op_end(&part);
    return ok ? ids : (struct id_set){0};
}

static bool count_campaigns(struct op *op, const struct id_set *ids, int64_t *n)
{
    struct sql_array array = {0};
    struct rows rows;

    for (int i = 0; i < ids->n; i++)
        sql_array_add_i64(&array, ids->ids[i]);
    bool ok = db_query(op, &SQL_USER_CAMPAIGNS, ARGS({"ids", sql_array_close(&array)}), &rows);
    sql_array_free(&array);
    *n = ok ? db_i64(&rows, 0, "n") : 0;
    return ok;
}

bool user_check_campaigns(struct op *op, int role, struct json_text campaigns)
{
    const struct id_set ids = user_campaigns_read(campaigns.text);
    int64_t n;

    if (!campaigns.text)
        return true;
    if (!count_campaigns(op, &ids, &n))
        return false;
    if (ids.n && n == ids.n && role != USER_ADMIN)
        return true;
    err_detail(op, "campaigns",
               role == USER_ADMIN
                   ? "must be null for an admin"
                   : "must be an array of 1 to 32 ids of campaigns of yours, each once");
    return fail(op, E_VALIDATION_ERROR, "Request validation failed");
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
    return user_required(op) && user_get(op, op->user_id, out);
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

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool end_sessions(struct op *op, const struct user *was, const struct user *u)
{
    const char *why = u->status == USER_DISABLED ? "disabled" : "role";
    struct rows none;

    if (was->role == u->role && was->status == u->status
        && same_text(was->campaigns.text, u->campaigns.text))
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
    if (!change(op, out, ctx) || !user_check_campaigns(op, out->role, out->campaigns)
        || !keep_an_admin(op, &admins, out) || !end_sessions(op, &was, out)
        || !db_store(op, &SQL_USER_UPDATE, &user_type, out) || !db_commit(op))
        return false;
    log_info(op, "user.changed", F("user_id", id), F("role", user_role_names[out->role]),
             F("status", status_names[out->status]), F("by", op->user_id));
    return true;
}

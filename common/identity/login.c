/* login.c - count, look, hash, and only then say. */

#include "common/identity/login.h"

#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/identity/attempts.h"
#include "common/identity/email.h"
#include "common/identity/password.h"
#include "common/identity/user.h"
#include "common/store/db.h"
#include "queries.h"

static const struct field login_fields[] = {
    FIELD(struct login, email, .flags = F_REQUIRED, .max = EMAIL_MAX, .check = email_complaint),
    FIELD(struct login, password, .flags = F_REQUIRED, .max = PASSWORD_MAX),
};
const struct type login_type = TYPE(struct login, login_fields);

static const struct field password_change_fields[] = {
    FIELD(struct password_change, current_password, .flags = F_REQUIRED, .max = PASSWORD_MAX),
    FIELD(struct password_change, new_password, .flags = F_REQUIRED, .min = PASSWORD_MIN,
          .max = PASSWORD_MAX),
};
const struct type password_change_type = TYPE(struct password_change, password_change_fields);

static bool refuse(struct op *op)
{
    metric_add(M_LOGINS, 1, LABELS("bad"));
    return fail(op, E_UNAUTHENTICATED, "The e-mail address or the password is not right");
}

bool login(struct op *op, const struct login *l, const char *client, struct session_tokens *out)
{
    const char *email = email_key(op, l->email), *network = attempt_network(op, client);
    struct rows rows;
    bool good;

    if (!attempt_begin(op, email, network)
        || !db_query(op, &SQL_USER_FOR_LOGIN, ARGS({"email", email}), &rows))
        return false;
    const char *hash = rows.n ? db_text(&rows, 0, "password_hash") : NULL;
    if (!password_verify(op, hash, l->password, &good))
        return false;
    if (!good)
        return refuse(op);
    op->tenant_id = db_i64(&rows, 0, "tenant_id");
    if (!attempt_forgive(op, email, network)
        || !session_open(op, db_i64(&rows, 0, "id"), hash, out))
        return false;
    metric_add(M_LOGINS, 1, LABELS("good"));
    log_info(op, "user.signed_in", F("user_id", db_i64(&rows, 0, "id")));
    return true;
}

/* The transaction comes after the hashes: none is held open while they are made. */
static bool set_password(struct op *op, const char *hash)
{
    const struct arg *args = ARGS({"id", sql_i64(op, op->user_id)},
                                  {"user_id", sql_i64(op, op->user_id)}, {"password_hash", hash},
                                  {"session_id", sql_i64(op, op->session_id)}, {"why", "password"});
    struct rows user, sessions, links;

    return db_begin(op)
           && db_ask_commit(op,
                            (const struct ask[]){{&SQL_USER_SET_PASSWORD, args, &user},
                                                 {&SQL_SESSION_END_OTHERS, args, &sessions},
                                                 {&SQL_LINK_END_RESETS, args, &links}},
                            3);
}

bool login_change_password(struct op *op, const struct password_change *c, const char *client)
{
    const char *hash, *network = attempt_network(op, client);
    struct user me;
    struct rows rows;
    bool good;

    if (!user_me(op, &me) || !attempt_begin(op, me.email, network)
        || !db_query(op, &SQL_USER_PASSWORD, ARGS({"id", sql_i64(op, op->user_id)}), &rows)
        || !password_verify(op, rows.n ? db_text(&rows, 0, "password_hash") : NULL,
                            c->current_password, &good))
        return false;
    if (!good) {
        err_detail(op, "current_password", "is not right");
        return fail(op, E_VALIDATION_ERROR, "Request validation failed");
    }
    if (!attempt_forgive(op, me.email, network) || !password_hash(op, c->new_password, &hash)
        || !set_password(op, hash))
        return false;
    log_info(op, "user.password_changed", F("user_id", op->user_id));
    return true;
}

/* sessions.c - families of refresh tokens. */

#include "common/identity/sessions.h"

#include "common/base/clock.h"
#include "common/base/conf.h"
#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/identity/secret.h"
#include "common/identity/staff.h"
#include "common/identity/token.h"
#include "common/identity/user.h"
#include "common/store/db.h"
#include "queries.h"

static const struct field session_tokens_fields[] = {
    FIELD(struct session_tokens, access_token),       FIELD(struct session_tokens, token_type),
    FIELD(struct session_tokens, expires_in),         FIELD(struct session_tokens, refresh_token),
    FIELD(struct session_tokens, refresh_expires_in),
};
const struct type session_tokens_type = TYPE(struct session_tokens, session_tokens_fields);

struct family {
    int64_t token_id, session_id, user_id;
    int64_t ends_at; /* seconds since 1970 */
};

static bool add_token(struct op *op, int64_t session_id, struct session_tokens *out)
{
    char *text = arena_alloc(&op->arena, SECRET_SIZE), hex[SHA256_HEX_SIZE];
    struct rows none;

    secret_make(SECRET_REFRESH, text, hex);
    out->refresh_token = text;
    return db_query(op, &SQL_REFRESH_INSERT,
                    ARGS({"session_id", sql_i64(op, session_id)}, {"token_sha256", hex}), &none);
}

/* Last, when everything is committed: an access token needs no row. */
static bool add_access(struct op *op, const struct family *f, struct session_tokens *out)
{
    int64_t now = clock_now_us() / 1000000;
    struct token_claims c = {
        .user_id = f->user_id, .tenant_id = op->tenant_id, .session_id = f->session_id};

    if (!token_sign(op, &c, now, &out->access_token))
        return false;
    out->token_type = "Bearer";
    out->expires_in = c.expires_at - now;
    out->refresh_expires_in = f->ends_at - now;
    return true;
}

static bool insert_session(struct op *op, struct family *f, const struct query *insert,
                           const struct arg *args)
{
    const char *user = sql_i64(op, f->user_id);
    struct rows session, seen, swept;

    if (!db_ask(op,
                (const struct ask[]){{insert, args, &session},
                                     {&SQL_USER_SIGNED_IN, ARGS({"id", user}), &seen},
                                     {&SQL_SESSION_SWEEP, ARGS({"user_id", user}), &swept}},
                3))
        return false;
    if (session.n == 0)
        return fail(op, E_UNAUTHENTICATED, "The account has just been changed; sign in again");
    f->session_id = db_i64(&session, 0, "id");
    f->ends_at = db_i64(&session, 0, "expires_at");
    return true;
}

static bool open(struct op *op, int64_t user_id, const struct query *insert, const struct arg *args,
                 struct session_tokens *out)
{
    struct family f = {.user_id = user_id};

    *out = (struct session_tokens){0};
    return db_begin(op) && insert_session(op, &f, insert, args) && add_token(op, f.session_id, out)
           && db_commit(op) && add_access(op, &f, out);
}

bool session_open(struct op *op, int64_t user_id, const char *password_hash,
                  struct session_tokens *out)
{
    return open(op, user_id, &SQL_SESSION_INSERT,
                ARGS({"user_id", sql_i64(op, user_id)}, {"password_hash", password_hash},
                     {"seconds", sql_i64(op, op->app->conf->session_seconds)}),
                out);
}

bool session_open_vouched(struct op *op, int64_t user_id, const struct session_voucher *v,
                          struct session_tokens *out)
{
    return open(op, user_id, &SQL_SESSION_INSERT_VOUCHED,
                ARGS({"user_id", sql_i64(op, user_id)}, {"issuer", v->issuer},
                     {"verified_email", v->verified_email},
                     {"staff", sql_bool(staff_has(op, v->verified_email))},
                     {"seconds", sql_i64(op, op->app->conf->session_seconds)}),
                out);
}

static bool refuse(struct op *op)
{
    return fail(op, E_UNAUTHENTICATED, "The refresh token is not valid; sign in again");
}

static bool end_one(struct op *op, int64_t session_id, const char *why)
{
    struct rows none;

    return db_query(op, &SQL_SESSION_END,
                    ARGS({"session_id", sql_i64(op, session_id)}, {"why", why}), &none);
}

/* The thief or the owner has used it, and nobody can say which: both must sign in again. */
static bool end_family(struct op *op, const struct family *f)
{
    if (!end_one(op, f->session_id, "reuse") || !db_commit(op))
        return false;
    metric_add(M_SESSIONS_REUSED, 1, NULL);
    log_warning(op, "session.reused", F("session_id", f->session_id), F("user_id", f->user_id));
    return refuse(op);
}

static bool next_token(struct op *op, const struct family *f, struct session_tokens *out)
{
    const struct arg *args =
        ARGS({"id", sql_i64(op, f->token_id)}, {"session_id", sql_i64(op, f->session_id)});
    struct rows used, session;

    return db_ask(op,
                  (const struct ask[]){{&SQL_REFRESH_USE, args, &used},
                                       {&SQL_SESSION_REFRESHED, args, &session}},
                  2)
           && add_token(op, f->session_id, out) && db_commit(op) && add_access(op, f, out);
}

bool session_refresh(struct op *op, const char *refresh_token, struct session_tokens *out)
{
    char hex[SHA256_HEX_SIZE];
    struct rows rows;

    *out = (struct session_tokens){0};
    if (!secret_digest(SECRET_REFRESH, refresh_token, hex))
        return refuse(op);
    if (!db_begin(op)
        || !db_query(op, &SQL_REFRESH_FIND,
                     ARGS({"token_sha256", hex}, {"grace", sql_i64(op, REFRESH_GRACE_SECONDS)}),
                     &rows))
        return false;
    if (rows.n == 0 || !db_bool(&rows, 0, "alive"))
        return refuse(op);
    struct family f = {.token_id = db_i64(&rows, 0, "id"),
                       .session_id = db_i64(&rows, 0, "session_id"),
                       .user_id = db_i64(&rows, 0, "user_id"),
                       .ends_at = db_i64(&rows, 0, "expires_at")};
    op->tenant_id = db_i64(&rows, 0, "tenant_id");
    bool forgiven = db_bool(&rows, 0, "just_used") && !db_bool(&rows, 0, "repeated");
    if (db_bool(&rows, 0, "used") && !forgiven)
        return end_family(op, &f);
    return next_token(op, &f, out);
}

bool session_end(struct op *op)
{
    return user_required(op) && end_one(op, op->session_id, "logout");
}

bool session_end_all(struct op *op)
{
    struct rows none;

    return user_required(op)
           && db_query(
               op, &SQL_SESSION_END_OTHERS,
               ARGS({"user_id", sql_i64(op, op->user_id)}, {"session_id", "0"}, {"why", "logout"}),
               &none);
}

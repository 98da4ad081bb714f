/* link.c - made, mailed, used up in the transaction that does what they allow. */

#include "common/identity/link.h"

#include "common/base/conf.h"
#include "common/base/log.h"
#include "common/identity/attempts.h"
#include "common/identity/email.h"
#include "common/identity/mail.h"
#include "common/identity/password.h"
#include "common/identity/secret.h"
#include "common/store/db.h"
#include "queries.h"

static const struct field invitation_fields[] = {
    FIELD(struct invitation, id, .flags = F_READONLY),
    FIELD(struct invitation, email, .flags = F_REQUIRED, .max = EMAIL_MAX,
          .check = email_complaint),
    FIELD_ENUM(struct invitation, role, user_role_names, .flags = F_REQUIRED),
    FIELD(struct invitation, campaigns, .flags = F_ARRAY, .max = 1024),
    FIELD(struct invitation, created_at, .flags = F_READONLY),
    FIELD(struct invitation, expires_at, .flags = F_READONLY),
};
const struct type invitation_type = TYPE(struct invitation, invitation_fields);

static const struct field acceptance_fields[] = {
    FIELD(struct acceptance, token, .flags = F_REQUIRED, .max = 64),
    FIELD(struct acceptance, name, .max = 255),
    FIELD(struct acceptance, password, .flags = F_REQUIRED, .min = PASSWORD_MIN,
          .max = PASSWORD_MAX),
};
const struct type acceptance_type = TYPE(struct acceptance, acceptance_fields);

static const struct field reset_request_fields[] = {
    FIELD(struct reset_request, email, .flags = F_REQUIRED, .max = EMAIL_MAX,
          .check = email_complaint),
};
const struct type reset_request_type = TYPE(struct reset_request, reset_request_fields);

static const struct field password_reset_fields[] = {
    FIELD(struct password_reset, token, .flags = F_REQUIRED, .max = 64),
    FIELD(struct password_reset, password, .flags = F_REQUIRED, .min = PASSWORD_MIN,
          .max = PASSWORD_MAX),
};
const struct type password_reset_type = TYPE(struct password_reset, password_reset_fields);

/* Behind a '#': no server and no log along the way gets to see the token. */
static const char *url_of(struct op *op, const char *page, const char *token)
{
    return arena_printf(&op->arena, "%s/%s#%s", op->app->conf->console_url, page, token);
}

bool invitation_make(struct op *op, struct invitation *i, const char **url)
{
    char token[SECRET_SIZE], hex[SHA256_HEX_SIZE];
    struct rows ended, rows;

    secret_make(SECRET_LINK, token, hex);
    i->email = email_key(op, i->email);
    const struct arg *args = ARGS({"email", i->email}, {"role", user_role_names[i->role]},
                                  {"token_sha256", hex}, {"campaigns", i->campaigns.text},
                                  {"made_by", op->user_id ? sql_i64(op, op->user_id) : NULL},
                                  {"seconds", sql_i64(op, INVITATION_SECONDS)});
    if (!user_check_campaigns(op, i->role, i->campaigns) || !db_begin(op)
        || !db_query(op, &SQL_INVITATION_REPLACE, args, &ended)
        || !db_query_commit(op, &SQL_INVITATION_INSERT, args, &rows))
        return false;
    if (rows.n == 0)
        return fail(op, E_RESOURCE_NOT_FOUND, "There is no active tenant with that ID");
    *url = url_of(op, "invitation", token);
    log_info(op, "invitation.made", F("role", user_role_names[i->role]), F("by", op->user_id));
    return from_row(op, &rows, 0, &invitation_type, i);
}

bool invitation_send(struct op *op, struct invitation *i)
{
    const char *url;

    if (!user_check_campaigns(op, i->role, i->campaigns) || !mail_possible(op)
        || !invitation_make(op, i, &url))
        return false;
    const char *text = arena_printf(
        &op->arena,
        "You are invited to Agoralia.  Open this link within seven days to choose a password:\n\n"
        "%s\n\nIf you do not know why you get this, do nothing.\n",
        url);
    return mail_post(op, &(struct letter){i->email, "Your invitation to Agoralia", text});
}

struct link {
    int64_t id, user_id;
    const char *email, *role, *campaigns;
};

/* Before the password is hashed, so that only who has a link costs a hash. */
static bool find(struct op *op, const char *purpose, const char *token, struct link *out)
{
    char hex[SHA256_HEX_SIZE];
    struct rows rows = {0};

    if (secret_digest(SECRET_LINK, token, hex)
        && !db_query(op, &SQL_LINK_FIND, ARGS({"purpose", purpose}, {"token_sha256", hex}), &rows))
        return false;
    if (rows.n == 0)
        return fail(op, E_RESOURCE_NOT_FOUND, "This link is not valid, or not any more");
    op->tenant_id = db_i64(&rows, 0, "tenant_id");
    *out = (struct link){db_i64(&rows, 0, "id"), db_i64(&rows, 0, "user_id"),
                         db_text(&rows, 0, "email"), db_text(&rows, 0, "role"),
                         db_text(&rows, 0, "campaigns")};
    return true;
}

/* Of two at once the second waits here, and finds it used. */
static bool use(struct op *op, const struct link *l)
{
    struct rows rows;

    if (!db_query(op, &SQL_LINK_USE, ARGS({"id", sql_i64(op, l->id)}), &rows))
        return false;
    return rows.affected == 1
           || fail(op, E_RESOURCE_NOT_FOUND, "This link is not valid, or not any more");
}

bool invitation_accept(struct op *op, const struct acceptance *a, struct user *out)
{
    const char *hash;
    struct link l;
    struct rows rows;

    *out = (struct user){0};
    if (!find(op, "invitation", a->token, &l) || !password_hash(op, a->password, &hash)
        || !db_begin(op) || !use(op, &l)
        || !db_query_commit(op, &SQL_USER_INSERT,
                            ARGS({"email", l.email}, {"name", a->name}, {"role", l.role},
                                 {"campaigns", l.campaigns}, {"password_hash", hash}),
                            &rows))
        return false;
    log_info(op, "user.joined", F("user_id", db_i64(&rows, 0, "id")), F("role", l.role));
    return from_row(op, &rows, 0, &user_type, out);
}

static bool send_reset(struct op *op, const char *email, const char *token)
{
    const char *text = arena_printf(
        &op->arena,
        "Somebody asked for a new password for your Agoralia account.  Open this link within an "
        "hour to choose one:\n\n%s\n\nIf it was not you, do nothing.\n",
        url_of(op, "reset", token));

    return mail_post(op, &(struct letter){email, "Your new Agoralia password", text});
}

bool password_forgotten(struct op *op, const struct reset_request *r, const char *client)
{
    char token[SECRET_SIZE], hex[SHA256_HEX_SIZE];
    const char *email = email_key(op, r->email);
    struct rows rows;

    secret_make(SECRET_LINK, token, hex);
    /* Apart from the tries of a password: asking for links delays no signing in. */
    if (!mail_possible(op)
        || !attempt_begin(op, arena_printf(&op->arena, "reset:%s", email),
                          attempt_network(op, client))
        || !db_query(
            op, &SQL_RESET_INSERT,
            ARGS({"email", email}, {"token_sha256", hex}, {"seconds", sql_i64(op, RESET_SECONDS)}),
            &rows))
        return false;
    return rows.n == 0 || send_reset(op, email, token);
}

bool password_reset(struct op *op, const struct password_reset *r)
{
    struct rows user, sessions, links;
    const char *hash;
    struct link l;

    if (!find(op, "reset", r->token, &l) || !password_hash(op, r->password, &hash) || !db_begin(op)
        || !use(op, &l))
        return false;
    const struct arg *args =
        ARGS({"id", sql_i64(op, l.user_id)}, {"user_id", sql_i64(op, l.user_id)},
             {"password_hash", hash}, {"session_id", "0"}, {"why", "password"});
    if (!db_ask_commit(op,
                       (const struct ask[]){{&SQL_USER_SET_PASSWORD, args, &user},
                                            {&SQL_SESSION_END_OTHERS, args, &sessions},
                                            {&SQL_LINK_END_RESETS, args, &links}},
                       3))
        return false;
    log_info(op, "user.password_reset", F("user_id", l.user_id));
    return true;
}

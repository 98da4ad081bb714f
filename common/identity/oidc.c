/* oidc.c - the ticket first, then the issuer's answer, and only then the database. */

#include "common/identity/oidc.h"

#include "common/base/clock.h"
#include "common/base/conf.h"
#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/identity/attempts.h"
#include "common/identity/id_token.h"
#include "common/identity/oidc_issuer.h"
#include "common/identity/oidc_ticket.h"
#include "common/identity/staff.h"
#include "common/identity/user.h"
#include "common/store/db.h"
#include "queries.h"

/* Counted apart from the tries of a password; no address is written so. */
static const char tries[] = "oidc";

static int64_t now_seconds(void)
{
    return clock_now_us() / 1000000;
}

bool oidc_begin(struct op *op, const char **url, const char **cookie)
{
    struct oidc_metadata m;
    struct oidc_ticket t;

    if (!oidc_issuer_metadata(op, &m))
        return false;
    oidc_ticket_make(op, now_seconds(), &t);
    *url = oidc_authorization_url(op, &m, op->app->conf->oidc_client_id, oidc_redirect_uri(op), &t);
    *cookie = oidc_ticket_cookie(op, &t);
    return true;
}

static bool refuse(struct op *op, const char *why)
{
    return fail_because(op, E_MALFORMED_REQUEST, why, "The issuer's answer is not valid");
}

/* What can be said of an answer before anybody is asked. */
static bool check_answer(struct op *op, const struct oidc_answer *a, const struct oidc_ticket *t,
                         const struct oidc_metadata *m)
{
    const char *issuer = op->app->conf->oidc_issuer;

    if (!oidc_ticket_matches(t, a->state))
        return refuse(op, "state");
    if (a->iss ? strcmp(a->iss, issuer) != 0 : m->says_iss)
        return refuse(op, "iss");
    if (a->error)
        return fail_because(op, E_PERMISSION_DENIED, a->error, "The issuer did not let you in");
    return (a->code && *a->code) || refuse(op, "code");
}

static bool take_ticket(struct op *op, const struct oidc_ticket *t)
{
    struct rows taken, old;

    if (!db_query(op, &SQL_OIDC_LOGIN_TAKE, ARGS({"ticket", t->sha256}), &taken)
        || !db_query(op, &SQL_OIDC_LOGIN_SWEEP, NO_ARGS, &old))
        return false;
    return taken.n == 1 || refuse(op, "ticket used before");
}

/* The issuer may keep addresses out of its tokens, and tell them when it is asked. */
static bool complete(struct op *op, const struct oidc_metadata *m, const struct oidc_tokens *tokens,
                     struct id_claims *c)
{
    const struct cJSON *info;

    if (c->email || !m->userinfo_endpoint || !tokens->access_token)
        return true;
    return oidc_issuer_userinfo(op, m, tokens->access_token, &info) && id_claims_add(op, info, c);
}

static bool redeem(struct op *op, const struct oidc_metadata *m, const char *code,
                   const struct oidc_ticket *t, struct id_claims *out)
{
    const struct conf *conf = op->app->conf;
    struct oidc_tokens tokens;
    struct id_token token;
    const struct cJSON *key;

    if (!oidc_issuer_exchange(op, m, code, t->verifier, &tokens)
        || !id_token_read(op, str_of(tokens.id_token), &token)
        || !oidc_issuer_key(op, m, &token, &key))
        return false;
    const struct id_token_rules rules = {.issuer = conf->oidc_issuer,
                                         .client_id = conf->oidc_client_id,
                                         .nonce = t->nonce,
                                         .access_token = tokens.access_token};
    return id_token_check(op, &token, key, &rules, now_seconds(), out)
           && complete(op, m, &tokens, out);
}

static bool deny(struct op *op, const char *why)
{
    return fail_because(op, E_PERMISSION_DENIED, why,
                        "Nobody here may sign in with this account; ask an admin to invite you");
}

/* The subject when it is known, else the address, which binds it. */
static bool find_user(struct op *op, const struct id_claims *c, struct rows *user)
{
    const struct arg *args =
        ARGS({"issuer", op->app->conf->oidc_issuer}, {"subject", c->subject}, {"email", c->email});
    struct rows bound;

    if (!db_query(op, &SQL_OIDC_USER_OF_SUBJECT, args, user))
        return false;
    if (user->n == 0) {
        if (!db_query(op, &SQL_OIDC_USER_OF_EMAIL, args, user))
            return false;
        if (user->n == 0)
            return deny(op, "no user");
        op->tenant_id = db_i64(user, 0, "tenant_id");
        if (!db_query(op, &SQL_OIDC_BIND,
                      ARGS({"issuer", op->app->conf->oidc_issuer}, {"subject", c->subject},
                           {"user_id", db_text(user, 0, "id")}),
                      &bound))
            return false;
        if (bound.n == 0)
            return deny(op, "bound to another subject");
    }
    op->tenant_id = db_i64(user, 0, "tenant_id");
    return true;
}

static bool may_sign_in(struct op *op, const struct id_claims *c, const struct rows *user)
{
    const char *role = db_text(user, 0, "role");

    if (!db_bool(user, 0, "active"))
        return deny(op, "not active");
    return strcmp(role, user_role_names[USER_ADMIN]) == 0 || staff_has(op, c->email)
           || deny(op, "not an admin");
}

static bool welcome(struct op *op, const struct oidc_ticket *t, const struct id_claims *c)
{
    struct rows user, ready;

    if (!c->email || !c->email_verified)
        return deny(op, "no verified address");
    if (!db_begin(op) || !find_user(op, c, &user) || !may_sign_in(op, c, &user)
        || !db_query_commit(op, &SQL_OIDC_LOGIN_READY,
                            ARGS({"ticket", t->sha256}, {"of_tenant", sql_i64(op, op->tenant_id)},
                                 {"user_id", db_text(&user, 0, "id")},
                                 {"issuer", op->app->conf->oidc_issuer}, {"email", c->email}),
                            &ready))
        return false;
    log_info(op, "user.vouched_for", F("user_id", db_i64(&user, 0, "id")));
    return true;
}

bool oidc_finish(struct op *op, const struct oidc_answer *a, const char *cookies,
                 const char *client)
{
    const char *network = attempt_network(op, client);
    struct oidc_metadata m;
    struct oidc_ticket t;
    struct id_claims c;

    if (!oidc_ticket_read(op, cookies, now_seconds(), &t) || !oidc_issuer_metadata(op, &m)
        || !check_answer(op, a, &t, &m) || !attempt_begin(op, tries, network)
        || !take_ticket(op, &t))
        return false;
    if (!redeem(op, &m, a->code, &t, &c) || !welcome(op, &t, &c)) {
        metric_add(M_LOGINS, 1, LABELS("bad"));
        return false;
    }
    return attempt_forgive(op, tries, network);
}

bool oidc_collect(struct op *op, const char *cookies, struct session_tokens *out)
{
    struct oidc_ticket t;
    struct rows rows;

    if (!oidc_ticket_read(op, cookies, now_seconds(), &t)
        || !db_query(op, &SQL_OIDC_LOGIN_COLLECT, ARGS({"ticket", t.sha256}), &rows))
        return false;
    if (rows.n == 0)
        return refuse(op, "no session waits for this ticket");
    const struct session_voucher v = {.issuer = db_text(&rows, 0, "issuer"),
                                      .verified_email = db_text(&rows, 0, "verified_email")};
    op->tenant_id = db_i64(&rows, 0, "tenant_id");
    if (!session_open_vouched(op, db_i64(&rows, 0, "user_id"), &v, out))
        return false;
    metric_add(M_LOGINS, 1, LABELS("good"));
    log_info(op, "user.signed_in", F("user_id", db_i64(&rows, 0, "user_id")));
    return true;
}

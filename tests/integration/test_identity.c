/* test_identity.c - people, sessions and links against real rows: what may happen once, and who
 * may. */

#include "common/base/clock.h"
#include "common/identity/attempts.h"
#include "common/identity/email.h"
#include "common/identity/link.h"
#include "common/identity/login.h"
#include "common/identity/mail.h"
#include "common/identity/secret.h"
#include "common/identity/token.h"
#include "common/identity/token_keys.h"
#include "tests/support/check.h"
#include "tests/support/testdb.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PASSWORD "correct horse battery"
#define HERE "192.0.2.7"
#define ELSEWHERE "198.51.100.7"

struct place {
    struct testdb *db;
    int64_t tenant;
    char folder[64], mail[128];
};

static int enter(void **state)
{
    struct place *p = calloc(1, sizeof(*p));
    void *db = NULL;
    const char *path;

    if (!p || testdb_setup(&db) != 0)
        return -1;
    p->db = db;
    p->tenant = testdb_tenant(p->db);
    snprintf(p->folder, sizeof(p->folder), "/tmp/aga_identity_XXXXXX");
    assert_non_null(mkdtemp(p->folder));
    snprintf(p->mail, sizeof(p->mail), "%s/mail", p->folder);
    struct op op = {0};
    assert_ok(&op, token_key_make(&op, p->folder, &path));
    op_end(&op);
    p->db->conf.password_memory_kib = 8192;
    p->db->conf.password_passes = 1;
    p->db->conf.mail_file = p->mail;
    p->db->app.tokens = token_keys_open(p->folder);
    p->db->app.mailer = mailer_open(&p->db->conf);
    *state = p;
    return 0;
}

static int leave(void **state)
{
    struct place *p = *state;
    void *db = p->db;
    char command[128];

    mailer_close(p->db->app.mailer);
    token_keys_close(p->db->app.tokens);
    snprintf(command, sizeof(command), "rm -r %s", p->folder);
    if (system(command) != 0)
        return -1;
    free(p);
    return testdb_teardown(&db);
}

static const char *token_in(const char *url)
{
    return strchr(url, '#') + 1;
}

/* Invited and accepted; the user's id. */
static int64_t join(struct place *p, int64_t tenant, const char *email, enum user_role role)
{
    struct op op = testdb_op(p->db, tenant);
    struct invitation i = {.email = email, .role = (int)role};
    struct user u;
    const char *url;

    assert_ok(&op, invitation_make(&op, &i, &url));
    assert_ok(&op,
              invitation_accept(
                  &op, &(struct acceptance){.token = token_in(url), .password = PASSWORD}, &u));
    op_end(&op);
    return u.id;
}

/* E_NONE and a session, or why not; texts live in op. */
static enum err_code sign_in(struct place *p, struct op *op, const char *email,
                             const char *password, const char *client, struct session_tokens *t)
{
    *op = testdb_op(p->db, 0);
    return login(op, &(struct login){email, password}, client, t) ? E_NONE : op->err.code;
}

static enum err_code refresh(struct place *p, struct op *op, const char *token,
                             struct session_tokens *t)
{
    *op = testdb_op(p->db, 0);
    return session_refresh(op, token, t) ? E_NONE : op->err.code;
}

/* As if so many seconds had gone by since the tokens were used. */
static void let_pass(struct place *p, int seconds)
{
    free(testdb_sql(p->db, "UPDATE refresh_tokens SET used_at = used_at - interval '%d seconds'",
                    seconds));
}

static void who_is_invited_signs_in_with_the_password_they_chose(void **state)
{
    struct place *p = *state;
    int64_t id = join(p, p->tenant, "Ada@Example.com", USER_ADMIN);
    struct session_tokens t;
    struct op op, asked = testdb_op(p->db, 0);
    int role;

    assert_int_equal(sign_in(p, &op, "ADA@example.COM", PASSWORD, HERE, &t), E_NONE);
    assert_ok(&asked, session_authenticate(&asked, str_of(t.access_token), &role));
    assert_int_equal(asked.tenant_id, p->tenant);
    assert_int_equal(asked.user_id, id);
    assert_int_equal(role, USER_ADMIN);
    assert_int_equal(t.expires_in, 600);
    op_end(&op);
    op_end(&asked);
}

static void S036_S040_the_database_holds_no_password_no_token_and_no_link(void **state)
{
    struct place *p = *state;
    struct session_tokens t;
    struct op op, other = testdb_op(p->db, p->tenant);
    struct invitation i = {.email = "bob@example.com", .role = USER_USER};
    const char *url;

    join(p, p->tenant, "ada@example.com", USER_ADMIN);
    assert_int_equal(sign_in(p, &op, "ada@example.com", PASSWORD, HERE, &t), E_NONE);
    assert_ok(&other, invitation_make(&other, &i, &url));
    const char *const secrets[] = {PASSWORD, t.refresh_token, t.access_token, token_in(url)};
    for (size_t k = 0; k < ARRAY_LEN(secrets); k++)
        assert_int_equal(
            testdb_number(p->db,
                          "SELECT (SELECT count(*) FROM users u WHERE u::text LIKE '%%%s%%')"
                          " + (SELECT count(*) FROM refresh_tokens r WHERE r::text LIKE '%%%s%%')"
                          " + (SELECT count(*) FROM one_time_links l WHERE l::text LIKE '%%%s%%')"
                          " + (SELECT count(*) FROM user_sessions s WHERE s::text LIKE '%%%s%%')",
                          secrets[k], secrets[k], secrets[k], secrets[k]),
            0);
    op_end(&op);
    op_end(&other);
}

static void S039_unknown_disabled_and_wrong_are_answered_alike(void **state)
{
    struct place *p = *state;
    int64_t stranger = testdb_tenant(p->db);
    struct session_tokens t;
    struct op op[4];

    join(p, p->tenant, "ada@example.com", USER_ADMIN);
    int64_t bob = join(p, p->tenant, "bob@example.com", USER_USER);
    join(p, stranger, "eve@example.com", USER_ADMIN);
    free(testdb_sql(p->db, "UPDATE users SET status = 'disabled' WHERE id = %lld", (long long)bob));
    free(testdb_sql(p->db, "UPDATE tenants SET status = 'suspended' WHERE id = %lld",
                    (long long)stranger));
    assert_int_equal(sign_in(p, &op[0], "ada@example.com", "wrong", HERE, &t), E_UNAUTHENTICATED);
    assert_int_equal(sign_in(p, &op[1], "nobody@example.com", PASSWORD, HERE, &t),
                     E_UNAUTHENTICATED);
    assert_int_equal(sign_in(p, &op[2], "bob@example.com", PASSWORD, HERE, &t), E_UNAUTHENTICATED);
    assert_int_equal(sign_in(p, &op[3], "eve@example.com", PASSWORD, HERE, &t), E_UNAUTHENTICATED);
    for (int i = 0; i < 4; i++) {
        assert_string_equal(op[i].err.message, op[0].err.message);
        assert_int_equal(op[i].err.retry_after, 0);
        op_end(&op[i]);
    }
}

/* Tries until a wait is asked for: how many were let through, and the wait. */
static int tries_until_told_to_wait(struct place *p, const char *email, const char *client,
                                    int *wait)
{
    struct session_tokens t;
    struct op op;

    for (int n = 0; n < 20; n++) {
        enum err_code code = sign_in(p, &op, email, "wrong", client, &t);
        *wait = op.err.retry_after;
        op_end(&op);
        if (code == E_RATE_LIMIT_EXCEEDED)
            return n;
        assert_int_equal(code, E_UNAUTHENTICATED);
    }
    return 20;
}

static void
S039_guessing_is_slowed_for_known_and_unknown_alike_but_nobody_is_locked_out(void **state)
{
    struct place *p = *state;
    struct session_tokens t;
    struct op op;
    int wait, other_wait;

    join(p, p->tenant, "ada@example.com", USER_ADMIN);
    assert_int_equal(tries_until_told_to_wait(p, "ada@example.com", HERE, &wait), 5);
    assert_int_equal(tries_until_told_to_wait(p, "nobody@example.com", HERE, &other_wait), 5);
    assert_int_equal(wait, other_wait);
    assert_true(wait >= 1);
    /* From there not even with the password, from elsewhere at once. */
    assert_int_equal(sign_in(p, &op, "ada@example.com", PASSWORD, HERE, &t), E_RATE_LIMIT_EXCEEDED);
    op_end(&op);
    assert_int_equal(sign_in(p, &op, "ada@example.com", PASSWORD, ELSEWHERE, &t), E_NONE);
    op_end(&op);
}

static void S039_each_wait_is_longer_up_to_a_quarter_of_an_hour(void **state)
{
    struct place *p = *state;
    int wait, before = 0;

    for (int round = 0; round < 14; round++) {
        tries_until_told_to_wait(p, "nobody@example.com", HERE, &wait);
        assert_true(wait > before || wait == 900);
        before = wait;
        free(testdb_sql(p->db, "UPDATE login_attempts SET next_at = now() - interval '1 second'"));
    }
    assert_int_equal(before, 900);
    free(testdb_sql(p->db, "UPDATE login_attempts SET last_at = now() - interval '25 hours'"));
    assert_int_equal(tries_until_told_to_wait(p, "nobody@example.com", HERE, &wait), 5);
}

static void S039_many_addresses_from_one_network_are_slowed_too(void **state)
{
    struct place *p = *state;
    char email[64], client[32];
    int let_in = 0;

    for (int i = 0; i < 60; i++) {
        struct op op = testdb_op(p->db, 0);
        snprintf(email, sizeof(email), "user%d@example.com", i);
        snprintf(client, sizeof(client), "192.0.2.%d", i + 1);
        let_in += attempt_begin(&op, email, attempt_network(&op, client));
        op_end(&op);
    }
    assert_int_equal(let_in, 50);
}

struct guess {
    struct place *place;
    pthread_t thread;
    enum err_code code;
};

static void *guess(void *ctx)
{
    struct guess *g = ctx;
    struct op op = testdb_op(g->place->db, 0);

    g->code = attempt_begin(&op, "ada@example.com", "192.0.2.0/24") ? E_NONE : op.err.code;
    op_end(&op);
    return NULL;
}

static void S039_tries_at_the_same_time_are_no_more_than_one_after_another(void **state)
{
    struct guess g[16];
    int let_in = 0;

    for (size_t i = 0; i < ARRAY_LEN(g); i++) {
        g[i] = (struct guess){.place = *state};
        assert_int_equal(pthread_create(&g[i].thread, NULL, guess, &g[i]), 0);
    }
    for (size_t i = 0; i < ARRAY_LEN(g); i++) {
        pthread_join(g[i].thread, NULL);
        assert_true(g[i].code == E_NONE || g[i].code == E_RATE_LIMIT_EXCEEDED);
        let_in += g[i].code == E_NONE;
    }
    assert_int_equal(let_in, 5);
}

static void an_address_counts_as_its_network(void **state)
{
    static const char *const cases[][2] = {
        {"192.0.2.7", "192.0.2.0/24"},
        {"::ffff:192.0.2.7", "192.0.2.0/24"},
        {"2001:db8:1:22ff::1", "2001:db8:1:2200::/56"},
        {"", "unknown"},
        {"no address", "unknown"},
        {"192.0.2.7'; --", "unknown"},
    };
    struct op op = {0};
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_string_equal(attempt_network(&op, cases[i][0]), cases[i][1]);
    op_end(&op);
}

static void a_refresh_token_is_good_once_and_gives_the_next(void **state)
{
    struct place *p = *state;
    struct session_tokens first, second, third;
    struct op a, b, c, d;
    int role;

    join(p, p->tenant, "ada@example.com", USER_USER);
    assert_int_equal(sign_in(p, &a, "ada@example.com", PASSWORD, HERE, &first), E_NONE);
    assert_int_equal(refresh(p, &b, first.refresh_token, &second), E_NONE);
    assert_int_equal(refresh(p, &c, second.refresh_token, &third), E_NONE);
    assert_string_not_equal(first.refresh_token, second.refresh_token);
    assert_string_not_equal(second.refresh_token, third.refresh_token);
    d = testdb_op(p->db, 0);
    assert_ok(&d, session_authenticate(&d, str_of(third.access_token), &role));
    assert_int_equal(testdb_number(p->db, "SELECT count(*) FROM user_sessions"), 1);
    op_end(&a);
    op_end(&b);
    op_end(&c);
    op_end(&d);
}

static void a_used_refresh_token_that_comes_back_ends_the_whole_session(void **state)
{
    struct place *p = *state;
    struct session_tokens first, second, none, other;
    struct op a, b, c, d, e, f;

    join(p, p->tenant, "ada@example.com", USER_USER);
    assert_int_equal(sign_in(p, &a, "ada@example.com", PASSWORD, HERE, &first), E_NONE);
    assert_int_equal(sign_in(p, &f, "ada@example.com", PASSWORD, HERE, &other), E_NONE);
    assert_int_equal(refresh(p, &b, first.refresh_token, &second), E_NONE);
    let_pass(p, REFRESH_GRACE_SECONDS + 1);
    assert_int_equal(refresh(p, &c, first.refresh_token, &none), E_UNAUTHENTICATED);
    assert_int_equal(refresh(p, &d, second.refresh_token, &none), E_UNAUTHENTICATED);
    assert_int_equal(
        testdb_number(p->db, "SELECT count(*) FROM user_sessions WHERE ended_why = 'reuse'"), 1);
    /* Another session of the same user is another family. */
    assert_int_equal(refresh(p, &e, other.refresh_token, &none), E_NONE);
    op_end(&a);
    op_end(&b);
    op_end(&c);
    op_end(&d);
    op_end(&e);
    op_end(&f);
}

static void a_doubled_request_is_forgiven_once_and_at_once(void **state)
{
    struct place *p = *state;
    struct session_tokens first, second, again, none;
    struct op a, b, c, d;

    join(p, p->tenant, "ada@example.com", USER_USER);
    assert_int_equal(sign_in(p, &a, "ada@example.com", PASSWORD, HERE, &first), E_NONE);
    assert_int_equal(refresh(p, &b, first.refresh_token, &second), E_NONE);
    assert_int_equal(refresh(p, &c, first.refresh_token, &again), E_NONE);
    assert_int_equal(refresh(p, &d, first.refresh_token, &none), E_UNAUTHENTICATED);
    op_end(&d);
    assert_int_equal(refresh(p, &d, again.refresh_token, &none), E_UNAUTHENTICATED);
    op_end(&a);
    op_end(&b);
    op_end(&c);
    op_end(&d);
}

static void what_is_no_refresh_token_is_refused(void **state)
{
    static const char *const texts[] = {"",
                                        "x",
                                        "agr_",
                                        "agl_0123456789012345678901234567890123456789012",
                                        "agr_0123456789012345678901234567890123456789012",
                                        "agr_012345678901234567890123456789012345678901'"};
    struct session_tokens none;
    struct op op;

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        assert_int_equal(refresh(*state, &op, texts[i], &none), E_UNAUTHENTICATED);
        op_end(&op);
    }
}

/* What an access token says when nothing is remembered of it: a new process, or five seconds. */
static enum err_code asked_anew(struct place *p, const struct session_tokens *t)
{
    struct token_claims c;
    struct session_tokens fresh;
    struct op op = testdb_op(p->db, 0), probe = testdb_op(p->db, 0);
    const char *text;
    int role;

    assert_ok(&op, token_verify(&op, str_of(t->access_token), clock_now_us() / 1000000, &c));
    assert_ok(&op, token_sign(&op, &c, clock_now_us() / 1000000, &text));
    fresh.access_token = text;
    enum err_code code =
        session_authenticate(&probe, str_of(fresh.access_token), &role) ? E_NONE : probe.err.code;
    op_end(&probe);
    op_end(&op);
    return code;
}

static void act_as(struct place *p, struct op *op, const struct session_tokens *t)
{
    int role;

    *op = testdb_op(p->db, 0);
    assert_ok(op, session_authenticate(op, str_of(t->access_token), &role));
}

static void S034_what_was_signed_out_is_good_for_nothing(void **state)
{
    struct place *p = *state;
    struct session_tokens one, two, none;
    struct op a, b, op;

    join(p, p->tenant, "ada@example.com", USER_USER);
    assert_int_equal(sign_in(p, &a, "ada@example.com", PASSWORD, HERE, &one), E_NONE);
    assert_int_equal(sign_in(p, &b, "ada@example.com", PASSWORD, HERE, &two), E_NONE);
    act_as(p, &op, &one);
    assert_ok(&op, session_end(&op));
    op_end(&op);
    assert_int_equal(asked_anew(p, &one), E_UNAUTHENTICATED);
    assert_int_equal(refresh(p, &op, one.refresh_token, &none), E_UNAUTHENTICATED);
    op_end(&op);
    assert_int_equal(asked_anew(p, &two), E_NONE);
    act_as(p, &op, &two);
    assert_ok(&op, session_end_all(&op));
    op_end(&op);
    assert_int_equal(asked_anew(p, &two), E_UNAUTHENTICATED);
    op_end(&a);
    op_end(&b);
}

static void S034_a_new_password_ends_the_other_sessions(void **state)
{
    struct place *p = *state;
    struct session_tokens mine, other, none;
    struct op a, b, op;

    join(p, p->tenant, "ada@example.com", USER_USER);
    assert_int_equal(sign_in(p, &a, "ada@example.com", PASSWORD, HERE, &mine), E_NONE);
    assert_int_equal(sign_in(p, &b, "ada@example.com", PASSWORD, HERE, &other), E_NONE);
    act_as(p, &op, &mine);
    assert_fails(
        &op, E_VALIDATION_ERROR,
        login_change_password(&op, &(struct password_change){"wrong", "another password"}, HERE));
    op_end(&op);
    act_as(p, &op, &mine);
    assert_ok(&op, login_change_password(
                       &op, &(struct password_change){PASSWORD, "another password"}, HERE));
    op_end(&op);
    assert_int_equal(asked_anew(p, &mine), E_NONE);
    assert_int_equal(asked_anew(p, &other), E_UNAUTHENTICATED);
    assert_int_equal(sign_in(p, &op, "ada@example.com", PASSWORD, HERE, &none), E_UNAUTHENTICATED);
    op_end(&op);
    assert_int_equal(sign_in(p, &op, "ada@example.com", "another password", HERE, &none), E_NONE);
    op_end(&op);
    op_end(&a);
    op_end(&b);
}

static void S034_another_role_and_a_disabled_user_end_sessions(void **state)
{
    struct place *p = *state;
    struct session_tokens t;
    struct user u;
    struct op a, op = testdb_op(p->db, p->tenant);

    join(p, p->tenant, "ada@example.com", USER_ADMIN);
    int64_t bob = join(p, p->tenant, "bob@example.com", USER_USER);
    assert_int_equal(sign_in(p, &a, "bob@example.com", PASSWORD, HERE, &t), E_NONE);
    op_end(&op);
    op = testdb_op(p->db, p->tenant);
    assert_ok(&op, user_get(&op, bob, &u));
    u.name = "Bob";
    assert_ok(&op, user_change(&op, &u));
    assert_int_equal(asked_anew(p, &t), E_NONE);
    u.role = USER_VIEWER;
    assert_ok(&op, user_change(&op, &u));
    assert_int_equal(asked_anew(p, &t), E_UNAUTHENTICATED);
    op_end(&a);
    assert_int_equal(sign_in(p, &a, "bob@example.com", PASSWORD, HERE, &t), E_NONE);
    u.status = USER_DISABLED;
    assert_ok(&op, user_change(&op, &u));
    assert_int_equal(asked_anew(p, &t), E_UNAUTHENTICATED);
    op_end(&op);
    op_end(&a);
}

static void S015_a_suspended_tenants_tokens_are_good_for_nothing(void **state)
{
    struct place *p = *state;
    struct session_tokens t, none;
    struct op a, op;

    join(p, p->tenant, "ada@example.com", USER_ADMIN);
    assert_int_equal(sign_in(p, &a, "ada@example.com", PASSWORD, HERE, &t), E_NONE);
    free(testdb_sql(p->db, "UPDATE tenants SET status = 'suspended'"));
    assert_int_equal(asked_anew(p, &t), E_UNAUTHENTICATED);
    assert_int_equal(refresh(p, &op, t.refresh_token, &none), E_UNAUTHENTICATED);
    op_end(&a);
    op_end(&op);
}

struct demotion {
    struct place *place;
    pthread_t thread;
    int64_t id;
    enum err_code code;
};

static void *demote(void *ctx)
{
    struct demotion *d = ctx;
    struct op op = testdb_op(d->place->db, d->place->tenant);
    struct user u;

    assert_ok(&op, user_get(&op, d->id, &u));
    u.role = USER_VIEWER;
    d->code = user_change(&op, &u) ? E_NONE : op.err.code;
    op_end(&op);
    return NULL;
}

static void S019_the_last_admin_stays_one_even_of_two_who_leave_at_once(void **state)
{
    struct place *p = *state;
    struct demotion d[2] = {{.place = p}, {.place = p}};

    d[0].id = join(p, p->tenant, "ada@example.com", USER_ADMIN);
    demote(&d[0]);
    assert_int_equal(d[0].code, E_INVALID_STATE);
    d[1].id = join(p, p->tenant, "bob@example.com", USER_ADMIN);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&d[i].thread, NULL, demote, &d[i]), 0);
    for (int i = 0; i < 2; i++)
        pthread_join(d[i].thread, NULL);
    assert_true((d[0].code == E_NONE) != (d[1].code == E_NONE));
    assert_int_equal(testdb_number(p->db, "SELECT count(*) FROM users WHERE role = 'admin'"), 1);
}

static void S002_another_tenants_user_is_not_found(void **state)
{
    struct place *p = *state;
    int64_t stranger = testdb_tenant(p->db);
    int64_t eve = join(p, stranger, "eve@example.com", USER_ADMIN);
    struct op op = testdb_op(p->db, p->tenant);
    struct user u = {.id = eve, .email = "eve@example.com", .role = USER_VIEWER};
    struct user *all;
    int64_t total;
    int n;

    assert_ok(&op, user_list(&op, &(struct user_query){.limit = 25}, &all, &n, &total));
    assert_true(n == 0 && total == 0);
    assert_fails(&op, E_RESOURCE_NOT_FOUND, user_get(&op, eve, &u));
    op_forgive(&op);
    assert_fails(&op, E_RESOURCE_NOT_FOUND, user_change(&op, &u));
    op_end(&op);
    assert_int_equal(testdb_number(p->db, "SELECT count(*) FROM users WHERE role = 'admin'"), 1);
}

static void S001_a_session_of_another_tenant_is_no_session(void **state)
{
    struct place *p = *state;
    int64_t stranger = testdb_tenant(p->db);
    struct session_tokens t;
    struct token_claims c;
    struct op a, op = testdb_op(p->db, 0);
    const char *forged;
    int role;

    join(p, p->tenant, "ada@example.com", USER_USER);
    assert_int_equal(sign_in(p, &a, "ada@example.com", PASSWORD, HERE, &t), E_NONE);
    assert_ok(&op, token_verify(&op, str_of(t.access_token), clock_now_us() / 1000000, &c));
    c.tenant_id = stranger;
    assert_ok(&op, token_sign(&op, &c, clock_now_us() / 1000000, &forged));
    assert_fails(&op, E_UNAUTHENTICATED, session_authenticate(&op, str_of(forged), &role));
    op_end(&op);
    op_end(&a);
}

static void an_invitation_is_good_once_and_not_for_ever(void **state)
{
    struct place *p = *state;
    struct op op = testdb_op(p->db, p->tenant), other = testdb_op(p->db, 0);
    struct invitation i = {.email = "ada@example.com", .role = USER_USER};
    struct acceptance a = {.password = PASSWORD};
    const char *first, *second;
    struct user u;

    assert_ok(&op, invitation_make(&op, &i, &first));
    assert_ok(&op, invitation_make(&op, &i, &second));
    a.token = token_in(first); /* the second took its place */
    assert_fails(&other, E_RESOURCE_NOT_FOUND, invitation_accept(&other, &a, &u));
    op_forgive(&other);
    a.token = token_in(second);
    free(testdb_sql(p->db, "UPDATE one_time_links SET expires_at = now()"));
    assert_fails(&other, E_RESOURCE_NOT_FOUND, invitation_accept(&other, &a, &u));
    op_forgive(&other);
    free(testdb_sql(p->db, "UPDATE one_time_links SET expires_at = now() + interval '1 hour'"));
    assert_ok(&other, invitation_accept(&other, &a, &u));
    assert_int_equal(u.role, USER_USER);
    assert_fails(&other, E_RESOURCE_NOT_FOUND, invitation_accept(&other, &a, &u));
    op_end(&op);
    op_end(&other);
}

static void S013_inviting_a_stranger_tells_nothing_but_opening_the_link_does(void **state)
{
    struct place *p = *state;
    int64_t stranger = testdb_tenant(p->db);
    struct op op = testdb_op(p->db, p->tenant), other = testdb_op(p->db, 0);
    struct invitation i = {.email = "eve@example.com", .role = USER_USER};
    const char *url;
    struct user u;

    join(p, stranger, "eve@example.com", USER_ADMIN);
    assert_ok(&op, invitation_make(&op, &i, &url));
    assert_fails(
        &other, E_ALREADY_EXISTS,
        invitation_accept(&other,
                          &(struct acceptance){.token = token_in(url), .password = PASSWORD}, &u));
    assert_int_equal(
        testdb_number(p->db, "SELECT count(*) FROM one_time_links WHERE used_at IS NULL"), 1);
    op_end(&op);
    op_end(&other);
}

/* The token of the last link of that page in the mail file, when there are n letters; waits for
 * them. */
static bool read_mail(struct place *p, int n, const char *page, char token[SECRET_SIZE])
{
    static char text[64 * 1024];

    for (int i = 0; i < 500; i++) {
        FILE *f = fopen(p->mail, "r");
        size_t size = f ? fread(text, 1, sizeof(text) - 1, f) : 0;
        int letters = 0;
        text[size] = '\0';
        if (f)
            fclose(f);
        for (const char *at = text; (at = strstr(at, "From: <")); at++)
            letters++;
        const char *last = NULL;
        for (const char *at = text; (at = strstr(at, page)); at++)
            last = at;
        if (letters == n && last) {
            memcpy(token, last + strlen(page), SECRET_SIZE - 1);
            token[SECRET_SIZE - 1] = '\0';
            return true;
        }
        usleep(10000);
    }
    return false;
}

static void who_forgot_gets_a_link_and_its_use_ends_every_session(void **state)
{
    struct place *p = *state;
    struct session_tokens t, none;
    struct op a, op = testdb_op(p->db, 0);
    char token[SECRET_SIZE];

    join(p, p->tenant, "ada@example.com", USER_USER);
    assert_int_equal(sign_in(p, &a, "ada@example.com", PASSWORD, HERE, &t), E_NONE);
    assert_ok(&op, password_forgotten(&op, &(struct reset_request){"Ada@example.com"}, HERE));
    assert_true(read_mail(p, 1, "/reset#", token));
    assert_ok(&op, password_reset(&op, &(struct password_reset){token, "another password"}));
    assert_fails(&op, E_RESOURCE_NOT_FOUND,
                 password_reset(&op, &(struct password_reset){token, "yet another password"}));
    op_end(&op);
    assert_int_equal(asked_anew(p, &t), E_UNAUTHENTICATED);
    assert_int_equal(sign_in(p, &op, "ada@example.com", PASSWORD, HERE, &none), E_UNAUTHENTICATED);
    op_end(&op);
    assert_int_equal(sign_in(p, &op, "ada@example.com", "another password", HERE, &none), E_NONE);
    op_end(&op);
    op_end(&a);
}

static void S039_whoever_forgot_is_answered_alike_and_no_mailbox_is_filled(void **state)
{
    struct place *p = *state;
    char token[SECRET_SIZE];

    join(p, p->tenant, "ada@example.com", USER_USER);
    for (int i = 0; i < 3; i++) {
        struct op op = testdb_op(p->db, 0);
        assert_ok(&op, password_forgotten(&op, &(struct reset_request){"ada@example.com"}, HERE));
        assert_ok(&op,
                  password_forgotten(&op, &(struct reset_request){"nobody@example.com"}, HERE));
        op_end(&op);
    }
    assert_true(read_mail(p, 1, "/reset#", token));
    assert_int_equal(
        testdb_number(p->db, "SELECT count(*) FROM one_time_links WHERE purpose = 'reset'"), 1);
}

static void S020_an_address_is_ascii_and_compared_without_its_case(void **state)
{
    static const char *const bad[] = {"",
                                      "ada",
                                      "@example.com",
                                      "ada@",
                                      "ada@example",
                                      "ada@@example.com",
                                      "ada@example..com",
                                      "ada@-example.com",
                                      "ada @example.com",
                                      "ada@example.com\r\nBcc: eve@example.com",
                                      "\xd0\xb0"
                                      "da@example.com",
                                      "ada@ex\xc3\xa4mple.com",
                                      ".ada@example.com",
                                      "a..b@example.com",
                                      "<ada@example.com>",
                                      "ada@example.com,eve@example.com",
                                      "\"a b\"@example.com"};
    struct place *p = *state;
    struct op op = testdb_op(p->db, p->tenant);
    struct acceptance a = {.password = PASSWORD};
    const char *url;
    struct user u;

    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_non_null(email_complaint(bad[i]));
    assert_null(email_complaint("a.b+tag@mail.example.co"));
    join(p, p->tenant, "ada@example.com", USER_USER);
    assert_ok(&op,
              invitation_make(
                  &op, &(struct invitation){.email = "ADA@EXAMPLE.COM", .role = USER_ADMIN}, &url));
    a.token = token_in(url);
    assert_fails(&op, E_ALREADY_EXISTS, invitation_accept(&op, &a, &u));
    op_end(&op);
}

#define PLACE(f) cmocka_unit_test_setup_teardown(f, enter, leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLACE(who_is_invited_signs_in_with_the_password_they_chose),
        PLACE(S036_S040_the_database_holds_no_password_no_token_and_no_link),
        PLACE(S039_unknown_disabled_and_wrong_are_answered_alike),
        PLACE(S039_guessing_is_slowed_for_known_and_unknown_alike_but_nobody_is_locked_out),
        PLACE(S039_each_wait_is_longer_up_to_a_quarter_of_an_hour),
        PLACE(S039_many_addresses_from_one_network_are_slowed_too),
        PLACE(S039_tries_at_the_same_time_are_no_more_than_one_after_another),
        cmocka_unit_test(an_address_counts_as_its_network),
        PLACE(a_refresh_token_is_good_once_and_gives_the_next),
        PLACE(a_used_refresh_token_that_comes_back_ends_the_whole_session),
        PLACE(a_doubled_request_is_forgiven_once_and_at_once),
        PLACE(what_is_no_refresh_token_is_refused),
        PLACE(S034_what_was_signed_out_is_good_for_nothing),
        PLACE(S034_a_new_password_ends_the_other_sessions),
        PLACE(S034_another_role_and_a_disabled_user_end_sessions),
        PLACE(S015_a_suspended_tenants_tokens_are_good_for_nothing),
        PLACE(S019_the_last_admin_stays_one_even_of_two_who_leave_at_once),
        PLACE(S002_another_tenants_user_is_not_found),
        PLACE(S001_a_session_of_another_tenant_is_no_session),
        PLACE(an_invitation_is_good_once_and_not_for_ever),
        PLACE(S013_inviting_a_stranger_tells_nothing_but_opening_the_link_does),
        PLACE(who_forgot_gets_a_link_and_its_use_ends_every_session),
        PLACE(S039_whoever_forgot_is_answered_alike_and_no_mailbox_is_filled),
        PLACE(S020_an_address_is_ascii_and_compared_without_its_case),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

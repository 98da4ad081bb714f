/* test_identity_sessions.c - what carries a session on, and what ends it. */

#include "common/base/clock.h"
#include "common/identity/token.h"
#include "tests/support/people.h"

#include <pthread.h>
#include <stdlib.h>

/* As if so many seconds had gone by since the tokens were used. */
static void let_pass(struct people *p, int seconds)
{
    free(testdb_sql(p->db, "UPDATE refresh_tokens SET used_at = used_at - interval '%d seconds'",
                    seconds));
}

static void a_refresh_token_is_good_once_and_gives_the_next(void **state)
{
    struct people *p = *state;
    struct session_tokens first, second, third;
    struct op a, b, c, d;
    int role;

    people_join(p, p->tenant, "ada@example.com", USER_USER);
    assert_int_equal(people_sign_in(p, &a, "ada@example.com", PASSWORD, HERE, &first), E_NONE);
    assert_int_equal(people_refresh(p, &b, first.refresh_token, &second), E_NONE);
    assert_int_equal(people_refresh(p, &c, second.refresh_token, &third), E_NONE);
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
    struct people *p = *state;
    struct session_tokens first, second, none, other;
    struct op a, b, c, d, e, f;

    people_join(p, p->tenant, "ada@example.com", USER_USER);
    assert_int_equal(people_sign_in(p, &a, "ada@example.com", PASSWORD, HERE, &first), E_NONE);
    assert_int_equal(people_sign_in(p, &f, "ada@example.com", PASSWORD, HERE, &other), E_NONE);
    assert_int_equal(people_refresh(p, &b, first.refresh_token, &second), E_NONE);
    let_pass(p, REFRESH_GRACE_SECONDS + 1);
    assert_int_equal(people_refresh(p, &c, first.refresh_token, &none), E_UNAUTHENTICATED);
    assert_int_equal(people_refresh(p, &d, second.refresh_token, &none), E_UNAUTHENTICATED);
    assert_int_equal(
        testdb_number(p->db, "SELECT count(*) FROM user_sessions WHERE ended_why = 'reuse'"), 1);
    /* Another session of the same user is another family. */
    assert_int_equal(people_refresh(p, &e, other.refresh_token, &none), E_NONE);
    op_end(&a);
    op_end(&b);
    op_end(&c);
    op_end(&d);
    op_end(&e);
    op_end(&f);
}

static void a_doubled_request_is_forgiven_once_and_at_once(void **state)
{
    struct people *p = *state;
    struct session_tokens first, second, again, none;
    struct op a, b, c, d;

    people_join(p, p->tenant, "ada@example.com", USER_USER);
    assert_int_equal(people_sign_in(p, &a, "ada@example.com", PASSWORD, HERE, &first), E_NONE);
    assert_int_equal(people_refresh(p, &b, first.refresh_token, &second), E_NONE);
    assert_int_equal(people_refresh(p, &c, first.refresh_token, &again), E_NONE);
    assert_int_equal(people_refresh(p, &d, first.refresh_token, &none), E_UNAUTHENTICATED);
    op_end(&d);
    assert_int_equal(people_refresh(p, &d, again.refresh_token, &none), E_UNAUTHENTICATED);
    op_end(&a);
    op_end(&b);
    op_end(&c);
    op_end(&d);
}

struct client {
    struct people *people;
    const char *token;
    pthread_t thread;
    enum err_code code;
};

static void *send_one(void *ctx)
{
    struct client *c = ctx;
    struct session_tokens t;
    struct op op;

    c->code = people_refresh(c->people, &op, c->token, &t);
    op_end(&op);
    return NULL;
}

static void of_many_at_the_same_time_two_are_a_doubled_request_and_more_a_theft(void **state)
{
    struct client c[4];
    struct session_tokens t;
    struct op op;
    int good = 0;

    people_join(*state, ((struct people *)*state)->tenant, "ada@example.com", USER_USER);
    assert_int_equal(people_sign_in(*state, &op, "ada@example.com", PASSWORD, HERE, &t), E_NONE);
    for (size_t i = 0; i < ARRAY_LEN(c); i++) {
        c[i] = (struct client){.people = *state, .token = t.refresh_token};
        assert_int_equal(pthread_create(&c[i].thread, NULL, send_one, &c[i]), 0);
    }
    for (size_t i = 0; i < ARRAY_LEN(c); i++) {
        pthread_join(c[i].thread, NULL);
        good += c[i].code == E_NONE;
    }
    assert_int_equal(good, 2);
    assert_int_equal(people_asked_anew(*state, &t), E_UNAUTHENTICATED);
    op_end(&op);
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
        assert_int_equal(people_refresh(*state, &op, texts[i], &none), E_UNAUTHENTICATED);
        op_end(&op);
    }
}

static void S034_what_was_signed_out_is_good_for_nothing(void **state)
{
    struct people *p = *state;
    struct session_tokens one, two, none;
    struct op a, b, op;

    people_join(p, p->tenant, "ada@example.com", USER_USER);
    assert_int_equal(people_sign_in(p, &a, "ada@example.com", PASSWORD, HERE, &one), E_NONE);
    assert_int_equal(people_sign_in(p, &b, "ada@example.com", PASSWORD, HERE, &two), E_NONE);
    people_act_as(p, &op, &one);
    assert_ok(&op, session_end(&op));
    op_end(&op);
    assert_int_equal(people_asked_anew(p, &one), E_UNAUTHENTICATED);
    assert_int_equal(people_refresh(p, &op, one.refresh_token, &none), E_UNAUTHENTICATED);
    op_end(&op);
    assert_int_equal(people_asked_anew(p, &two), E_NONE);
    people_act_as(p, &op, &two);
    assert_ok(&op, session_end_all(&op));
    op_end(&op);
    assert_int_equal(people_asked_anew(p, &two), E_UNAUTHENTICATED);
    op_end(&a);
    op_end(&b);
}

static void S034_a_new_password_ends_the_other_sessions(void **state)
{
    struct people *p = *state;
    struct session_tokens mine, other, none;
    struct op a, b, op;

    people_join(p, p->tenant, "ada@example.com", USER_USER);
    assert_int_equal(people_sign_in(p, &a, "ada@example.com", PASSWORD, HERE, &mine), E_NONE);
    assert_int_equal(people_sign_in(p, &b, "ada@example.com", PASSWORD, HERE, &other), E_NONE);
    people_act_as(p, &op, &mine);
    assert_fails(
        &op, E_VALIDATION_ERROR,
        login_change_password(&op, &(struct password_change){"wrong", "another password"}, HERE));
    op_end(&op);
    people_act_as(p, &op, &mine);
    assert_ok(&op, login_change_password(
                       &op, &(struct password_change){PASSWORD, "another password"}, HERE));
    op_end(&op);
    assert_int_equal(people_asked_anew(p, &mine), E_NONE);
    assert_int_equal(people_asked_anew(p, &other), E_UNAUTHENTICATED);
    assert_int_equal(people_sign_in(p, &op, "ada@example.com", PASSWORD, HERE, &none),
                     E_UNAUTHENTICATED);
    op_end(&op);
    assert_int_equal(people_sign_in(p, &op, "ada@example.com", "another password", HERE, &none),
                     E_NONE);
    op_end(&op);
    op_end(&a);
    op_end(&b);
}

static void
S034_a_password_that_was_good_when_checked_opens_nothing_once_it_is_another(void **state)
{
    struct people *p = *state;
    int64_t ada = people_join(p, p->tenant, "ada@example.com", USER_ADMIN);
    struct op op = testdb_op(p->db, p->tenant);
    char *checked = testdb_sql(p->db, "SELECT password_hash FROM users");
    struct session_tokens t;

    assert_ok(&op, session_open(&op, ada, checked, &t));
    free(testdb_sql(p->db, "UPDATE users SET password_hash = 'another'"));
    assert_fails(&op, E_UNAUTHENTICATED, session_open(&op, ada, checked, &t));
    op_end(&op);
    free(checked);
    assert_int_equal(testdb_number(p->db, "SELECT count(*) FROM user_sessions"), 1);
}

static void S034_another_role_and_a_disabled_user_end_sessions(void **state)
{
    struct people *p = *state;
    struct session_tokens t;
    struct user u;
    struct op a, op = testdb_op(p->db, p->tenant);

    people_join(p, p->tenant, "ada@example.com", USER_ADMIN);
    int64_t bob = people_join(p, p->tenant, "bob@example.com", USER_USER);
    assert_int_equal(people_sign_in(p, &a, "bob@example.com", PASSWORD, HERE, &t), E_NONE);
    op_end(&op);
    op = testdb_op(p->db, p->tenant);
    assert_ok(&op, user_get(&op, bob, &u));
    u.name = "Bob";
    assert_ok(&op, people_change(&op, &u));
    assert_int_equal(people_asked_anew(p, &t), E_NONE);
    u.role = USER_VIEWER;
    assert_ok(&op, people_change(&op, &u));
    assert_int_equal(people_asked_anew(p, &t), E_UNAUTHENTICATED);
    op_end(&a);
    assert_int_equal(people_sign_in(p, &a, "bob@example.com", PASSWORD, HERE, &t), E_NONE);
    u.status = USER_DISABLED;
    assert_ok(&op, people_change(&op, &u));
    assert_int_equal(people_asked_anew(p, &t), E_UNAUTHENTICATED);
    op_end(&op);
    op_end(&a);
}

static void S015_a_suspended_tenants_tokens_are_good_for_nothing(void **state)
{
    struct people *p = *state;
    struct session_tokens t, none;
    struct op a, op;

    people_join(p, p->tenant, "ada@example.com", USER_ADMIN);
    assert_int_equal(people_sign_in(p, &a, "ada@example.com", PASSWORD, HERE, &t), E_NONE);
    free(testdb_sql(p->db, "UPDATE tenants SET status = 'suspended'"));
    assert_int_equal(people_asked_anew(p, &t), E_TENANT_SUSPENDED);
    assert_int_equal(people_refresh(p, &op, t.refresh_token, &none), E_UNAUTHENTICATED);
    op_end(&a);
    op_end(&op);
}

static void S001_a_session_of_another_tenant_is_no_session(void **state)
{
    struct people *p = *state;
    int64_t stranger = testdb_tenant(p->db);
    struct session_tokens t;
    struct token_claims c;
    struct op a, op = testdb_op(p->db, 0);
    const char *forged;
    int role;

    people_join(p, p->tenant, "ada@example.com", USER_USER);
    assert_int_equal(people_sign_in(p, &a, "ada@example.com", PASSWORD, HERE, &t), E_NONE);
    assert_ok(&op, token_verify(&op, str_of(t.access_token), clock_now_us() / 1000000, &c));
    c.tenant_id = stranger;
    assert_ok(&op, token_sign(&op, &c, clock_now_us() / 1000000, &forged));
    assert_fails(&op, E_UNAUTHENTICATED, session_authenticate(&op, str_of(forged), &role));
    op_end(&op);
    op_end(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PEOPLE(a_refresh_token_is_good_once_and_gives_the_next),
        PEOPLE(a_used_refresh_token_that_comes_back_ends_the_whole_session),
        PEOPLE(a_doubled_request_is_forgiven_once_and_at_once),
        PEOPLE(of_many_at_the_same_time_two_are_a_doubled_request_and_more_a_theft),
        PEOPLE(what_is_no_refresh_token_is_refused),
        PEOPLE(S034_what_was_signed_out_is_good_for_nothing),
        PEOPLE(S034_a_new_password_ends_the_other_sessions),
        PEOPLE(S034_a_password_that_was_good_when_checked_opens_nothing_once_it_is_another),
        PEOPLE(S034_another_role_and_a_disabled_user_end_sessions),
        PEOPLE(S015_a_suspended_tenants_tokens_are_good_for_nothing),
        PEOPLE(S001_a_session_of_another_tenant_is_no_session),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_identity_login.c - how somebody signs in, and how guessing is slowed. */

#include "common/identity/attempts.h"
#include "tests/support/people.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static void who_is_invited_signs_in_with_the_password_they_chose(void **state)
{
    struct people *p = *state;
    int64_t id = people_join(p, p->tenant, "Ada@Example.com", USER_ADMIN);
    struct session_tokens t;
    struct op op, asked = testdb_op(p->db, 0);
    int role;

    assert_int_equal(people_sign_in(p, &op, "ADA@example.COM", PASSWORD, HERE, &t), E_NONE);
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
    struct people *p = *state;
    struct session_tokens t;
    struct op op, other = testdb_op(p->db, p->tenant);
    struct invitation i = {.email = "bob@example.com", .role = USER_USER};
    const char *url;

    people_join(p, p->tenant, "ada@example.com", USER_ADMIN);
    assert_int_equal(people_sign_in(p, &op, "ada@example.com", PASSWORD, HERE, &t), E_NONE);
    assert_ok(&other, invitation_make(&other, &i, &url));
    const char *const secrets[] = {PASSWORD, t.refresh_token, t.access_token, people_token(url)};
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
    struct people *p = *state;
    int64_t stranger = testdb_tenant(p->db);
    struct session_tokens t;
    struct op op[4];

    people_join(p, p->tenant, "ada@example.com", USER_ADMIN);
    int64_t bob = people_join(p, p->tenant, "bob@example.com", USER_USER);
    people_join(p, stranger, "eve@example.com", USER_ADMIN);
    free(testdb_sql(p->db, "UPDATE users SET status = 'disabled' WHERE id = %lld", (long long)bob));
    free(testdb_sql(p->db, "UPDATE tenants SET status = 'suspended' WHERE id = %lld",
                    (long long)stranger));
    assert_int_equal(people_sign_in(p, &op[0], "ada@example.com", "wrong", HERE, &t),
                     E_UNAUTHENTICATED);
    assert_int_equal(people_sign_in(p, &op[1], "nobody@example.com", PASSWORD, HERE, &t),
                     E_UNAUTHENTICATED);
    assert_int_equal(people_sign_in(p, &op[2], "bob@example.com", PASSWORD, HERE, &t),
                     E_UNAUTHENTICATED);
    assert_int_equal(people_sign_in(p, &op[3], "eve@example.com", PASSWORD, HERE, &t),
                     E_UNAUTHENTICATED);
    for (int i = 0; i < 4; i++) {
        assert_string_equal(op[i].err.message, op[0].err.message);
        assert_int_equal(op[i].err.retry_after, 0);
    }
    for (int i = 0; i < 4; i++)
        op_end(&op[i]);
}

/* Tries until a wait is asked for: how many were let through, and the wait. */
static int tries_until_told_to_wait(struct people *p, const char *email, const char *client,
                                    int *wait)
{
    struct session_tokens t;
    struct op op;

    for (int n = 0; n < 20; n++) {
        enum err_code code = people_sign_in(p, &op, email, "wrong", client, &t);
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
    struct people *p = *state;
    struct session_tokens t;
    struct op op;
    int wait, other_wait;

    people_join(p, p->tenant, "ada@example.com", USER_ADMIN);
    assert_int_equal(tries_until_told_to_wait(p, "ada@example.com", HERE, &wait), 5);
    assert_int_equal(tries_until_told_to_wait(p, "nobody@example.com", HERE, &other_wait), 5);
    assert_int_equal(wait, other_wait);
    assert_true(wait >= 1);
    /* From there not even with the password, from elsewhere at once. */
    assert_int_equal(people_sign_in(p, &op, "ada@example.com", PASSWORD, HERE, &t),
                     E_RATE_LIMIT_EXCEEDED);
    op_end(&op);
    assert_int_equal(people_sign_in(p, &op, "ada@example.com", PASSWORD, ELSEWHERE, &t), E_NONE);
    op_end(&op);
}

static void S039_each_wait_is_longer_up_to_a_quarter_of_an_hour(void **state)
{
    struct people *p = *state;
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
    struct people *p = *state;
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
    struct people *people;
    pthread_t thread;
    enum err_code code;
};

static void *guess(void *ctx)
{
    struct guess *g = ctx;
    struct op op = testdb_op(g->people->db, 0);

    g->code = attempt_begin(&op, "ada@example.com", "192.0.2.0/24") ? E_NONE : op.err.code;
    op_end(&op);
    return NULL;
}

static void S039_tries_at_the_same_time_are_no_more_than_one_after_another(void **state)
{
    struct guess g[16];
    int let_in = 0;

    for (size_t i = 0; i < ARRAY_LEN(g); i++) {
        g[i] = (struct guess){.people = *state};
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        PEOPLE(who_is_invited_signs_in_with_the_password_they_chose),
        PEOPLE(S036_S040_the_database_holds_no_password_no_token_and_no_link),
        PEOPLE(S039_unknown_disabled_and_wrong_are_answered_alike),
        PEOPLE(S039_guessing_is_slowed_for_known_and_unknown_alike_but_nobody_is_locked_out),
        PEOPLE(S039_each_wait_is_longer_up_to_a_quarter_of_an_hour),
        PEOPLE(S039_many_addresses_from_one_network_are_slowed_too),
        PEOPLE(S039_tries_at_the_same_time_are_no_more_than_one_after_another),
        cmocka_unit_test(an_address_counts_as_its_network),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

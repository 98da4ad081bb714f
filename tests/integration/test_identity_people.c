/* test_identity_people.c - who may become a user, change one, and set a password by mail. */

#include "common/identity/email.h"
#include "common/identity/secret.h"
#include "tests/support/people.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct demotion {
    struct people *people;
    pthread_t thread;
    int64_t id;
    enum err_code code;
};

static void *demote(void *ctx)
{
    struct demotion *d = ctx;
    struct op op = testdb_op(d->people->db, d->people->tenant);
    struct user u;

    assert_ok(&op, user_get(&op, d->id, &u));
    u.role = USER_VIEWER;
    d->code = people_change(&op, &u) ? E_NONE : op.err.code;
    op_end(&op);
    return NULL;
}

static void S019_the_last_admin_stays_one_even_of_two_who_leave_at_once(void **state)
{
    struct people *p = *state;
    struct demotion d[2] = {{.people = p}, {.people = p}};

    d[0].id = people_join(p, p->tenant, "ada@example.com", USER_ADMIN);
    demote(&d[0]);
    assert_int_equal(d[0].code, E_INVALID_STATE);
    d[1].id = people_join(p, p->tenant, "bob@example.com", USER_ADMIN);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&d[i].thread, NULL, demote, &d[i]), 0);
    for (int i = 0; i < 2; i++)
        pthread_join(d[i].thread, NULL);
    assert_true((d[0].code == E_NONE) != (d[1].code == E_NONE));
    assert_int_equal(testdb_number(p->db, "SELECT count(*) FROM users WHERE role = 'admin'"), 1);
}

static bool rename_while_demoted(struct op *op, struct user *u, void *ctx)
{
    struct demotion *d = ctx;

    (void)op;
    assert_int_equal(pthread_create(&d->thread, NULL, demote, d), 0);
    for (int i = 0;
         i < 1000
         && testdb_number(d->people->db, "SELECT count(*) FROM pg_locks WHERE NOT granted") == 0;
         i++)
        usleep(10000);
    u->name = "Bob";
    return true;
}

static void S018_a_change_of_the_name_does_not_bring_back_a_role_that_is_taken_away(void **state)
{
    struct people *p = *state;
    struct op op = testdb_op(p->db, p->tenant);
    struct demotion d = {.people = p};
    struct user u;

    people_join(p, p->tenant, "ada@example.com", USER_ADMIN);
    d.id = people_join(p, p->tenant, "bob@example.com", USER_ADMIN);
    assert_ok(&op, user_change(&op, d.id, rename_while_demoted, &d, &u));
    pthread_join(d.thread, NULL);
    assert_int_equal(d.code, E_NONE);
    assert_ok(&op, user_get(&op, d.id, &u));
    assert_int_equal(u.role, USER_VIEWER);
    op_end(&op);
}

static void S002_another_tenants_user_is_not_found(void **state)
{
    struct people *p = *state;
    int64_t stranger = testdb_tenant(p->db);
    int64_t eve = people_join(p, stranger, "eve@example.com", USER_ADMIN);
    struct op op = testdb_op(p->db, p->tenant);
    struct user u = {.id = eve, .email = "eve@example.com", .role = USER_VIEWER};
    struct user *all;
    int64_t total;
    int n;

    assert_ok(&op, user_list(&op, &(struct user_query){.limit = 25}, &all, &n, &total));
    assert_true(n == 0 && total == 0);
    assert_fails(&op, E_RESOURCE_NOT_FOUND, user_get(&op, eve, &u));
    op_forgive(&op);
    assert_fails(&op, E_RESOURCE_NOT_FOUND, people_change(&op, &u));
    op_end(&op);
    assert_int_equal(testdb_number(p->db, "SELECT count(*) FROM users WHERE role = 'admin'"), 1);
}

static void an_invitation_is_good_once_and_not_for_ever(void **state)
{
    struct people *p = *state;
    struct op op = testdb_op(p->db, p->tenant), other = testdb_op(p->db, 0);
    struct invitation i = {.email = "ada@example.com", .role = USER_USER};
    struct acceptance a = {.password = PASSWORD};
    const char *first, *second;
    struct user u;

    assert_ok(&op, invitation_make(&op, &i, &first));
    assert_ok(&op, invitation_make(&op, &i, &second));
    a.token = people_token(first); /* the second took its place */
    assert_fails(&other, E_RESOURCE_NOT_FOUND, invitation_accept(&other, &a, &u));
    op_forgive(&other);
    a.token = people_token(second);
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
    struct people *p = *state;
    int64_t stranger = testdb_tenant(p->db);
    struct op op = testdb_op(p->db, p->tenant), other = testdb_op(p->db, 0);
    struct invitation i = {.email = "eve@example.com", .role = USER_USER};
    const char *url;
    struct user u;

    people_join(p, stranger, "eve@example.com", USER_ADMIN);
    assert_ok(&op, invitation_make(&op, &i, &url));
    assert_fails(
        &other, E_ALREADY_EXISTS,
        invitation_accept(
            &other, &(struct acceptance){.token = people_token(url), .password = PASSWORD}, &u));
    assert_int_equal(
        testdb_number(p->db, "SELECT count(*) FROM one_time_links WHERE used_at IS NULL"), 1);
    op_end(&op);
    op_end(&other);
}

/* The token of the last link of that page in the mail file, when there are n letters; waits for
 * them. */
static bool read_mail(struct people *p, int n, const char *page, char token[SECRET_SIZE])
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
    struct people *p = *state;
    struct session_tokens t, none;
    struct op a, op = testdb_op(p->db, 0);
    char token[SECRET_SIZE];

    people_join(p, p->tenant, "ada@example.com", USER_USER);
    assert_int_equal(people_sign_in(p, &a, "ada@example.com", PASSWORD, HERE, &t), E_NONE);
    assert_ok(&op, password_forgotten(&op, &(struct reset_request){"Ada@example.com"}, HERE));
    assert_true(read_mail(p, 1, "/reset#", token));
    assert_ok(&op, password_reset(&op, &(struct password_reset){token, "another password"}));
    assert_fails(&op, E_RESOURCE_NOT_FOUND,
                 password_reset(&op, &(struct password_reset){token, "yet another password"}));
    op_end(&op);
    assert_int_equal(people_asked_anew(p, &t), E_UNAUTHENTICATED);
    assert_int_equal(people_sign_in(p, &op, "ada@example.com", PASSWORD, HERE, &none),
                     E_UNAUTHENTICATED);
    op_end(&op);
    assert_int_equal(people_sign_in(p, &op, "ada@example.com", "another password", HERE, &none),
                     E_NONE);
    op_end(&op);
    op_end(&a);
}

static void S039_whoever_forgot_is_answered_alike_and_no_mailbox_is_filled(void **state)
{
    struct people *p = *state;
    char token[SECRET_SIZE];

    people_join(p, p->tenant, "ada@example.com", USER_USER);
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
                                      "\xd0\xb0@example.com",
                                      "ada@ex\xc3\xa4mple.com",
                                      ".ada@example.com",
                                      "a..b@example.com",
                                      "<ada@example.com>",
                                      "ada@example.com,eve@example.com",
                                      "\"a b\"@example.com"};
    struct people *p = *state;
    struct op op = testdb_op(p->db, p->tenant);
    struct acceptance a = {.password = PASSWORD};
    const char *url;
    struct user u;

    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_non_null(email_complaint(bad[i]));
    assert_null(email_complaint("a.b+tag@mail.example.co"));
    people_join(p, p->tenant, "ada@example.com", USER_USER);
    assert_ok(&op,
              invitation_make(
                  &op, &(struct invitation){.email = "ADA@EXAMPLE.COM", .role = USER_ADMIN}, &url));
    a.token = people_token(url);
    assert_fails(&op, E_ALREADY_EXISTS, invitation_accept(&op, &a, &u));
    op_end(&op);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PEOPLE(S019_the_last_admin_stays_one_even_of_two_who_leave_at_once),
        PEOPLE(S018_a_change_of_the_name_does_not_bring_back_a_role_that_is_taken_away),
        PEOPLE(S002_another_tenants_user_is_not_found),
        PEOPLE(an_invitation_is_good_once_and_not_for_ever),
        PEOPLE(S013_inviting_a_stranger_tells_nothing_but_opening_the_link_does),
        PEOPLE(who_forgot_gets_a_link_and_its_use_ends_every_session),
        PEOPLE(S039_whoever_forgot_is_answered_alike_and_no_mailbox_is_filled),
        PEOPLE(S020_an_address_is_ascii_and_compared_without_its_case),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

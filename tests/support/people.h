/*
 * people.h - a tenant's people for tests: keys, mail in a file, cheap passwords, and how they come
 * in.
 *
 * Time is the database's: a test moves rows into the past.
 */
#ifndef AGORALIA_TEST_PEOPLE_H
#define AGORALIA_TEST_PEOPLE_H

#include "common/identity/link.h"
#include "common/identity/login.h"
#include "tests/support/check.h"
#include "tests/support/testdb.h"

#define PASSWORD "correct horse battery"
#define HERE "192.0.2.7"
#define ELSEWHERE "198.51.100.7"

struct people {
    struct testdb *db;
    int64_t tenant;
    char folder[64], mail[128];
};

/* cmocka set-up and tear-down: *state is a struct people. */
int people_setup(void **state);
int people_teardown(void **state);
#define PEOPLE(f) cmocka_unit_test_setup_teardown(f, people_setup, people_teardown)

/* What follows the '#' of a link. */
const char *people_token(const char *url);

/* Invited and accepted with PASSWORD; the user's id. */
int64_t people_join(struct people *p, int64_t tenant, const char *email, enum user_role role);

/* Give the user of u's id u's name, role and status. */
bool people_change(struct op *op, struct user *u) MUSTCHECK;

/* E_NONE and tokens, or why not.  *op is made here; the texts live in it. */
enum err_code people_sign_in(struct people *p, struct op *op, const char *email,
                             const char *password, const char *client, struct session_tokens *t);
enum err_code people_refresh(struct people *p, struct op *op, const char *token,
                             struct session_tokens *t);

/* What its session's access token says to a process that remembers nothing of it. */
enum err_code people_asked_anew(struct people *p, const struct session_tokens *t);

/* *op is made here, of who the tokens are. */
void people_act_as(struct people *p, struct op *op, const struct session_tokens *t);

#endif

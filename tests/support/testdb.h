/*
 * testdb.h - a database of its own for each test, and an app to use it with.
 *
 * DATABASE_URL (from tests/support/with_services) names a cluster; the first
 * test migrates a template there, every test copies it.
 */
#ifndef AGORALIA_TEST_TESTDB_H
#define AGORALIA_TEST_TESTDB_H

#include "common/base/conf.h"
#include "common/base/op.h"

struct testdb {
    char name[64];
    char *url;
    bool has_login;   /* see testdb_login() */
    struct conf conf; /* defaults, short timeouts */
    struct app app;   /* its pool; provider is the test's to set */
};

/* cmocka set-up and tear-down: *state is a struct testdb. */
int testdb_setup(void **state);
int testdb_teardown(void **state);

/* An op of a tenant; end it with op_end(). */
struct op testdb_op(struct testdb *db, int64_t tenant_id);

/* Run SQL outside the product's queries; the first value of the first row, or NULL.  Caller frees.
 */
char *testdb_sql(struct testdb *db, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The same as a number; 0 for NULL. */
int64_t testdb_number(struct testdb *db, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * The database's address for a login of its own, made with these options ("NOINHERIT IN ROLE x");
 * it is gone with the database.  Caller frees.
 */
char *testdb_login(struct testdb *db, const char *options);

/* A new tenant. */
int64_t testdb_tenant(struct testdb *db);

#endif

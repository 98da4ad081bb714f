/* testdb.c - CREATE DATABASE ... TEMPLATE: a migrated database in some milliseconds. */

#include "tests/support/testdb.h"

#include "common/compliance/law_cache.h"
#include "common/store/migrate.h"
#include "common/store/pool.h"
#include "tests/support/check.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define TEMPLATE "agoralia_template"

/* The cluster's address with another database in it. */
static char *url_of(const char *database)
{
    const char *base = getenv("DATABASE_URL");
    char *url = NULL;

    if (!base || !strstr(base, "/agoralia?"))
        fail_msg("run me with tests/support/with_services");
    const char *tail = strstr(base, "/agoralia?") + strlen("/agoralia");
    if (asprintf(&url, "%.*s/%s%s", (int)(tail - base - (ptrdiff_t)strlen("/agoralia")), base,
                 database, tail)
        < 0)
        abort();
    return url;
}

static char *run(const char *url, const char *sql)
{
    PGconn *pg = PQconnectdb(url);
    PGresult *r = PQexec(pg, sql);
    ExecStatusType status = PQresultStatus(r);
    char *value = NULL;

    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        fail_msg("%s: %s", sql, PQresultErrorMessage(r));
    if (status == PGRES_TUPLES_OK && PQntuples(r) && !PQgetisnull(r, 0, 0))
        value = strdup(PQgetvalue(r, 0, 0));
    PQclear(r);
    PQfinish(pg);
    return value;
}

/* Made by the first test of the first program; the lock lets the others wait for it. */
static void make_template(const char *admin_url)
{
    PGconn *pg = PQconnectdb(admin_url);
    PGresult *r = PQexec(pg, "SELECT pg_advisory_lock(77)");
    PQclear(r);
    r = PQexec(pg, "SELECT 1 FROM pg_database WHERE datname = '" TEMPLATE "'");
    bool there = PQntuples(r) > 0;
    PQclear(r);
    if (!there) {
        struct op op = {.request_id = "template"};
        char *url = url_of(TEMPLATE);
        PQclear(PQexec(pg, "CREATE DATABASE " TEMPLATE));
        assert_ok(&op, migrate(&op, url, NULL));
        op_end(&op);
        free(url);
    }
    PQfinish(pg);
}

int testdb_setup(void **state)
{
    static int count;
    struct testdb *db = calloc(1, sizeof(*db));
    char sql[160], *admin = url_of("postgres");

    if (!db)
        abort();
    make_template(admin);
    snprintf(db->name, sizeof(db->name), "t_%d_%d", (int)getpid(), ++count);
    snprintf(sql, sizeof(sql), "CREATE DATABASE %s TEMPLATE " TEMPLATE, db->name);
    free(run(admin, sql));
    free(admin);
    db->url = url_of(db->name);
    db->conf = conf_defaults();
    db->conf.database_url = db->url;
    db->conf.retell_api_key = "key_test";
    db->app.conf = &db->conf;
    db->app.pool = pool_open(db->url, 8, 5000);
    db->app.laws = law_cache_open();
    *state = db;
    return 0;
}

int testdb_teardown(void **state)
{
    struct testdb *db = *state;
    char sql[160], *admin = url_of("postgres");

    pool_close(db->app.pool);
    law_cache_close(db->app.laws);
    snprintf(sql, sizeof(sql), "DROP DATABASE %s WITH (FORCE)", db->name);
    free(run(admin, sql));
    if (db->has_login) {
        snprintf(sql, sizeof(sql), "DROP ROLE login_%s", db->name);
        free(run(admin, sql));
    }
    free(admin);
    free(db->url);
    free(db);
    return 0;
}

struct op testdb_op(struct testdb *db, int64_t tenant_id)
{
    return (struct op){.app = &db->app, .request_id = "req_test", .tenant_id = tenant_id};
}

PRINTF(2, 0)
static char *vrun(const struct testdb *db, const char *fmt, va_list ap)
{
    char *sql = NULL;

    if (vasprintf(&sql, fmt, ap) < 0)
        abort();
    char *value = run(db->url, sql);
    free(sql);
    return value;
}

char *testdb_sql(struct testdb *db, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    char *value = vrun(db, fmt, ap);
    va_end(ap);
    return value;
}

int64_t testdb_number(struct testdb *db, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    char *value = vrun(db, fmt, ap);
    va_end(ap);
    int64_t n = value ? strtoll(value, NULL, 10) : 0;
    free(value);
    return n;
}

char *testdb_login(struct testdb *db, const char *options)
{
    const char *user = strstr(db->url, "user=");
    char *url;

    free(testdb_sql(db, "CREATE ROLE login_%s LOGIN %s", db->name, options));
    db->has_login = true;
    if (!user || asprintf(&url, "%.*suser=login_%s", (int)(user - db->url), db->url, db->name) < 0)
        abort();
    return url;
}

int64_t testdb_tenant(struct testdb *db)
{
    return testdb_number(db, "INSERT INTO tenants (name) VALUES ('t') RETURNING id");
}

/* test_store.c - sessions, transactions and migrations against a real Postgres. */

#include "common/store/db.h"

#include "common/base/clock.h"
#include "common/base/metrics.h"
#include "common/campaign/campaign.h"
#include "common/store/migrate.h"
#include "common/store/pool.h"
#include "common/tenant/api_key.h"
#include "common/tenant/tenant.h"
#include "queries.h"
#include "tests/support/check.h"
#include "tests/support/testdb.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void every_query_prepares_against_the_migrated_schema(void **state)
{
    struct testdb *db = *state;
    struct buf sql = {0};

    assert_true(QUERY_COUNT > 50);
    for (const struct query *const *q = all_queries; *q; q++) {
        buf_reset(&sql);
        buf_printf(&sql, "PREPARE q%d AS %s", (*q)->id, (*q)->sql);
        free(testdb_sql(db, "%s", sql.p));
    }
    buf_free(&sql);
}

static void an_operation_that_ends_early_leaves_nothing_behind(void **state)
{
    struct testdb *db = *state;
    struct op op = testdb_op(db, 0);
    struct tenant t;

    assert_ok(&op, db_begin(&op));
    assert_ok(&op, tenant_create(&op, "half", false, &t));
    op_end(&op);
    assert_int_equal(testdb_number(db, "SELECT count(*) FROM tenants"), 0);
}

static void a_committed_transaction_stands(void **state)
{
    struct testdb *db = *state;
    struct op op = testdb_op(db, 0);
    struct tenant t;

    assert_ok(&op, db_begin(&op));
    assert_ok(&op, tenant_create(&op, "whole", false, &t));
    assert_ok(&op, db_commit(&op));
    op_end(&op);
    assert_int_equal(testdb_number(db, "SELECT count(*) FROM tenants WHERE name = 'whole'"), 1);
}

static void statements_sent_together_stand_or_fall_together(void **state)
{
    struct testdb *db = *state;
    struct op op = testdb_op(db, testdb_tenant(db));
    struct rows a, b;
    const struct arg *ok =
        ARGS({"e164", "+393491234567"}, {"source", "manual"}, {"country_iso", "IT"});
    const struct arg *bad = ARGS({"e164", "nonsense"}, {"source", "manual"}, {"country_iso", NULL});

    assert_fails(&op, E_INVALID_STATE,
                 db_ask(&op,
                        (const struct ask[]){{&SQL_DNC_INSERT, ok, &a}, {&SQL_DNC_INSERT, bad, &b}},
                        2));
    op_end(&op);
    assert_int_equal(testdb_number(db, "SELECT count(*) FROM dnc_entries"), 0);
}

static void an_error_inside_a_transaction_does_not_harm_the_next_operation(void **state)
{
    struct testdb *db = *state;
    int64_t tenant = testdb_tenant(db);

    for (int i = 0; i < 20; i++) {
        struct op op = testdb_op(db, tenant);
        struct rows rows;
        const struct arg *args =
            ARGS({"e164", "+393491234567"}, {"source", "manual"}, {"country_iso", "IT"});

        assert_ok(&op, db_begin(&op));
        bool ok = db_query(&op, &SQL_DNC_INSERT, args, &rows);
        assert_int_equal(ok, i == 0);
        if (ok)
            assert_ok(&op, db_commit(&op));
        else
            assert_int_equal(op.err.code, E_ALREADY_EXISTS);
        op_end(&op);
    }
    assert_int_equal(testdb_number(db, "SELECT count(*) FROM dnc_entries"), 1);
}

static int64_t insert_campaign(struct testdb *db, int64_t tenant)
{
    struct op op = testdb_op(db, tenant);
    struct campaign c = CAMPAIGN_DEFAULTS;

    c.name = "O'Hara; DROP TABLE campaigns --";
    assert_ok(&op, campaign_create(&op, &c));
    int64_t id = c.id;
    op_end(&op);
    return id;
}

static void waiting_for_a_lock_ends_at_the_deadline(void **state)
{
    struct testdb *db = *state;
    int64_t tenant = testdb_tenant(db), id = insert_campaign(db, tenant);
    struct op holder = testdb_op(db, tenant), waiter = testdb_op(db, tenant),
              next = testdb_op(db, tenant);
    struct rows rows;
    const struct arg *args = ARGS({"id", sql_i64(&next, id)}); /* the op that ends last */

    assert_ok(&holder, db_begin(&holder));
    assert_ok(&holder, db_query(&holder, &SQL_CAMPAIGN_LOCK, args, &rows));
    int64_t start = clock_mono_us();
    waiter.deadline_us = start + 300000;
    assert_ok(&waiter, db_begin(&waiter));
    assert_fails(&waiter, E_SERVICE_UNAVAILABLE,
                 db_query(&waiter, &SQL_CAMPAIGN_LOCK, args, &rows));
    int64_t waited = clock_mono_us() - start;
    assert_true(waited >= 250000 && waited < 2000000);
    op_end(&waiter);
    op_end(&holder);
    assert_ok(&next, db_begin(&next));
    assert_ok(&next, db_query(&next, &SQL_CAMPAIGN_LOCK, args, &rows));
    assert_int_equal(rows.n, 1);
    op_end(&next);
}

static void assert_metric(const char *line)
{
    struct buf exposition = {0};

    metrics_write(&exposition);
    assert_non_null(strstr(exposition.p, line));
    buf_free(&exposition);
}

static void the_pool_is_bounded_and_waiting_for_it_ends(void **state)
{
    struct testdb *db = *state;
    struct pool *small = pool_open(db->url, 2, 300);
    struct app app = {.conf = &db->conf, .pool = small};
    struct op ops[3];

    for (int i = 0; i < 3; i++)
        ops[i] = (struct op){.app = &app, .request_id = "t"};
    assert_ok(&ops[0], db_lease(&ops[0]));
    assert_ok(&ops[1], db_lease(&ops[1]));
    assert_fails(&ops[2], E_SERVICE_UNAVAILABLE, db_lease(&ops[2]));
    op_forgive(&ops[2]);
    op_end(&ops[0]);
    assert_ok(&ops[2], pool_ready(&ops[2]));
    op_end(&ops[1]);
    op_end(&ops[2]);
    assert_int_equal(testdb_number(db,
                                   "SELECT count(*) FROM pg_stat_activity WHERE datname = '%s' "
                                   "AND application_name = 'agoralia'",
                                   db->name),
                     2);
    assert_metric("agoralia_db_sessions 2\n");
    pool_close(small);
}

/* Terminating is a request: wait until they are gone. */
static void end_sessions(struct testdb *db)
{
    int64_t deadline = clock_mono_us() + 5000000;

    while (testdb_number(db,
                         "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                         "WHERE datname = '%s' AND application_name = 'agoralia'",
                         db->name)
           > 0)
        assert_true(clock_mono_us() < deadline);
}

static void sessions_the_server_ended_are_replaced_unnoticed(void **state)
{
    struct testdb *db = *state;

    for (int i = 0; i < 3; i++) {
        struct op op = testdb_op(db, 0);
        assert_ok(&op, pool_ready(&op));
        op_end(&op);
        end_sessions(db);
    }
}

static void a_database_that_is_not_there_is_said_so_in_time(void **state)
{
    struct testdb *db = *state;
    struct pool *p = pool_open("postgresql:///nowhere?host=/nonexistent", 2, 400);
    struct app app = {.conf = &db->conf, .pool = p};
    struct op op = {.app = &app, .request_id = "t"};
    int64_t start = clock_mono_us();

    assert_fails(&op, E_SERVICE_UNAVAILABLE, pool_ready(&op));
    assert_true(clock_mono_us() - start < 3000000);
    op_end(&op);
    pool_close(p);
}

static void *hammer(void *arg)
{
    struct testdb *db = arg;

    for (int i = 0; i < 200; i++) {
        struct op op = testdb_op(db, 0);
        struct tenant t;
        if (!tenant_create(&op, "many", false, &t))
            abort();
        op_end(&op);
    }
    return NULL;
}

static void many_threads_share_the_pool(void **state)
{
    struct testdb *db = *state;
    pthread_t threads[16];

    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, hammer, db), 0);
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(testdb_number(db, "SELECT count(*) FROM tenants"), 16 * 200);
}

static _Atomic int applied;

static void count_applied(const char *name)
{
    (void)name;
    applied++;
}

static void *migrate_again(void *url)
{
    struct op op = {.request_id = "m"};

    if (!migrate(&op, url, count_applied))
        abort();
    op_end(&op);
    return NULL;
}

/* One look-up by the key of an attempt that is not there, in a lease of its own. */
static void look_an_attempt_up(struct testdb *db, int64_t tenant)
{
    struct op op = testdb_op(db, tenant);
    struct rows rows;
    const struct arg *args = ARGS(
        {"attempt_id", "00000000-0000-4000-8000-000000000000"}, {"was", "intent"},
        {"state", "unknown"}, {"provider_call_id", NULL}, {"http_status", NULL}, {"evidence", NULL},
        {"outcome", NULL}, {"stop", "f"}, {"look_seconds", NULL}, {"row_status", "processing"},
        {"reason", NULL}, {"again_seconds", NULL}, {"call_status", NULL}, {"died", NULL});

    assert_ok(&op, db_query(&op, &SQL_ATTEMPT_WRITE, args, &rows));
    op_end(&op);
}

static void wait_for_number(struct testdb *db, const char *sql, int64_t least)
{
    int64_t until = clock_mono_us() + 15000000;

    while (testdb_number(db, "%s", sql) < least)
        if (clock_mono_us() > until || usleep(20000) != 0)
            fail_msg("not within 15 s: %s >= %lld", sql, (long long)least);
}

/* On an empty table the planner takes any index for as good as the primary key. */
static void a_plan_made_on_an_empty_table_does_not_outlive_its_growth(void **state)
{
    enum { ROWS = 3000, LOOKS = 400 };
    struct testdb *db = *state;
    int64_t tenant = testdb_tenant(db);

    free(testdb_sql(db, "ANALYZE call_attempts"));
    for (int i = 0; i < 8; i++)
        look_an_attempt_up(db, tenant);
    free(testdb_sql(
        db,
        "SET session_replication_role = replica;"
        "INSERT INTO call_attempts (id, tenant_id, scheduled_call_id, call_id, n, state, provider,"
        " to_number, from_number, agent_id, dial_deadline, lease_until)"
        " SELECT gen_random_uuid(), %lld, i, i, 1, 'ended', 'retell', '+39' || 300000000 + i,"
        " '+390212345678', 'agent', now(), now() FROM generate_series(1, %d) i",
        (long long)tenant, ROWS));
    for (int i = 0; i < LOOKS; i++)
        look_an_attempt_up(db, tenant);
    pool_close(db->app.pool); /* a session that ends tells what it read */
    db->app.pool = pool_open(db->url, 1, 2000);
    wait_for_number(
        db, "SELECT sum(idx_scan) FROM pg_stat_user_indexes WHERE relname = 'call_attempts'",
        LOOKS);
    assert_in_range(testdb_number(db, "SELECT sum(idx_tup_read) FROM pg_stat_user_indexes"
                                      " WHERE relname = 'call_attempts'"),
                    0, ROWS * LOOKS / 10);
}

/* While the caller is busy the database gets to the end of an answer larger than a socket holds. */
static void a_large_answer_arrives_while_the_caller_does_something_else(void **state)
{
    enum { LEADS = 3000 };
    struct testdb *db = *state;
    int64_t tenant = testdb_tenant(db), deadline = clock_mono_us() + 15000000;
    struct op op = testdb_op(db, tenant);
    struct rows rows;

    free(testdb_sql(db,
                    "INSERT INTO leads (tenant_id, name, phone, metadata)"
                    " SELECT %lld, 'n', '+39349' || (1000000 + i), to_jsonb(repeat('x', 1000))"
                    " FROM generate_series(1, %d) i",
                    (long long)tenant, LEADS));
    const struct arg *args =
        ARGS({"lane", "0"}, {"after", "0"}, {"country_iso", NULL}, {"consent_status", NULL},
             {"preferred_lang", NULL}, {"consent_basis", NULL}, {"limit", "5000"});
    assert_ok(&op, db_send(&op, &SQL_EXECUTION_LEADS, args, &rows));
    do {
        db_take_in(&op);
        assert_true(clock_mono_us() < deadline);
    } while (testdb_number(db, "SELECT count(*) FROM pg_stat_activity WHERE state <> 'idle'"
                               " AND datname = current_database() AND pid <> pg_backend_pid()"));
    assert_ok(&op, db_receive(&op));
    assert_int_equal(rows.n, LEADS);
    op_end(&op);
}

static void two_migrations_at_once_apply_each_file_once(void **state)
{
    struct testdb *db = *state;
    pthread_t a, b;

    int64_t files = testdb_number(db, "SELECT count(*) FROM schema_migrations");
    free(testdb_sql(db, "DROP SCHEMA public CASCADE; CREATE SCHEMA public"));
    applied = 0;
    assert_int_equal(pthread_create(&a, NULL, migrate_again, db->url), 0);
    assert_int_equal(pthread_create(&b, NULL, migrate_again, db->url), 0);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    assert_int_equal(applied, files);
}

static void a_migration_edited_after_it_ran_is_refused(void **state)
{
    struct testdb *db = *state;
    struct op op = testdb_op(db, 0), again = testdb_op(db, 0);

    free(testdb_sql(db,
                    "UPDATE schema_migrations SET checksum = 'x' WHERE name = '0002_numbers.sql'"));
    assert_fails(&op, E_INVALID_STATE, migrate(&op, db->url, NULL));
    assert_non_null(strstr(op.err.message, "0002_numbers.sql"));
    op_end(&op);
    free(testdb_sql(db, "DELETE FROM schema_migrations WHERE name LIKE '0002%%'; "
                        "INSERT INTO schema_migrations VALUES ('9999_future.sql', 'x')"));
    assert_fails(&again, E_INVALID_STATE, migrate(&again, db->url, NULL));
    assert_non_null(strstr(again.err.message, "9999_future.sql"));
    op_end(&again);
}

static void a_key_opens_only_its_tenants_door(void **state)
{
    struct testdb *db = *state;
    struct op op = testdb_op(db, testdb_tenant(db)), in = testdb_op(db, 0), out = testdb_op(db, 0);
    struct api_key key = {.name = "test"};
    const char *secret;
    scope_set scopes;

    assert_ok(&op, api_key_create(&op, &key, &secret));
    assert_ok(&in, api_key_authenticate(&in, str_of(secret), NULL, &scopes));
    assert_int_equal(in.tenant_id, op.tenant_id);
    assert_int_equal(
        testdb_number(db, "SELECT count(*) FROM api_keys WHERE prefix = '%.17s'", secret), 1);
    assert_int_equal(
        testdb_number(db, "SELECT count(*) FROM api_keys WHERE api_keys::text LIKE '%%%s%%'",
                      secret + 18),
        0);

    char forged[128];
    snprintf(forged, sizeof(forged), "%s", secret);
    forged[30] = forged[30] == 'a' ? 'b' : 'a';
    assert_fails(&out, E_UNAUTHENTICATED,
                 api_key_authenticate(&out, str_of(forged), NULL, &scopes));
    assert_int_equal(out.tenant_id, 0);
    op_end(&in);
    op_end(&out);
    op_end(&op);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, testdb_setup, testdb_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_query_prepares_against_the_migrated_schema),
        TEST(an_operation_that_ends_early_leaves_nothing_behind),
        TEST(a_committed_transaction_stands),
        TEST(statements_sent_together_stand_or_fall_together),
        TEST(an_error_inside_a_transaction_does_not_harm_the_next_operation),
        TEST(waiting_for_a_lock_ends_at_the_deadline),
        TEST(the_pool_is_bounded_and_waiting_for_it_ends),
        TEST(sessions_the_server_ended_are_replaced_unnoticed),
        TEST(a_database_that_is_not_there_is_said_so_in_time),
        TEST(many_threads_share_the_pool),
        TEST(a_plan_made_on_an_empty_table_does_not_outlive_its_growth),
        TEST(a_large_answer_arrives_while_the_caller_does_something_else),
        TEST(two_migrations_at_once_apply_each_file_once),
        TEST(a_migration_edited_after_it_ran_is_refused),
        TEST(a_key_opens_only_its_tenants_door),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

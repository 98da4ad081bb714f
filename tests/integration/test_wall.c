/* test_wall.c - the database keeps tenants apart when a statement forgets to. */

#include "common/campaign/campaign.h"
#include "common/lead/lead.h"
#include "common/store/db.h"
#include "common/store/migrate.h"
#include "common/store/pool.h"
#include "common/store/wall.h"
#include "common/tenant/tenant.h"
#include "queries.h"
#include "tests/support/check.h"
#include "tests/support/testdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Statements as somebody might write them who forgets the tenant, each in the place of one that
 * nothing here runs. */
static const char *const no_params[] = {NULL};

static bool ask_carelessly(struct op *op, const struct query *place, enum reach reach,
                           const char *sql, struct rows *out)
{
    const struct query q = {place->id, place->name, reach, sql, no_params};

    return db_query(op, &q, NO_ARGS, out);
}

static int64_t careless_leads(struct op *op, enum reach reach)
{
    struct rows rows;
    const struct query *place = reach == REACH_TENANT ? &SQL_LAG_QUANTILES : &SQL_LAG_WEBHOOKS;

    assert_ok(op, ask_carelessly(op, place, reach, "SELECT count(*) AS n FROM leads", &rows));
    return db_i64(&rows, 0, "n");
}

static void add_lead(struct testdb *db, int64_t tenant, const char *phone)
{
    struct op op = testdb_op(db, tenant);
    struct lead l = {.name = "L", .phone = phone};

    assert_ok(&op, lead_create(&op, &l));
    op_end(&op);
}

/* Two tenants, one with a lead and one with two. */
static void two_tenants(struct testdb *db, int64_t *a, int64_t *b)
{
    *a = testdb_tenant(db);
    *b = testdb_tenant(db);
    add_lead(db, *a, "+393491234567");
    add_lead(db, *b, "+393491234567");
    add_lead(db, *b, "+393491234568");
}

static void a_statement_that_forgets_the_tenant_sees_its_own_rows_only(void **state)
{
    struct testdb *db = *state;
    int64_t a, b;

    two_tenants(db, &a, &b);
    struct op of_a = testdb_op(db, a), of_b = testdb_op(db, b), of_nobody = testdb_op(db, 0);
    assert_int_equal(careless_leads(&of_a, REACH_TENANT), 1);
    assert_int_equal(careless_leads(&of_b, REACH_TENANT), 2);
    assert_int_equal(careless_leads(&of_nobody, REACH_TENANT), 0);
    assert_int_equal(careless_leads(&of_nobody, REACH_PLATFORM), 3);
    op_end(&of_a);
    op_end(&of_b);
    op_end(&of_nobody);
}

static void a_statement_that_forgets_the_tenant_changes_its_own_rows_only(void **state)
{
    struct testdb *db = *state;
    struct rows rows;
    int64_t a, b;

    two_tenants(db, &a, &b);
    struct op op = testdb_op(db, a);
    assert_ok(&op, ask_carelessly(&op, &SQL_LAG_QUANTILES, REACH_TENANT,
                                  "UPDATE leads SET name = 'taken'", &rows));
    assert_int_equal(rows.affected, 1);
    op_end(&op);
    assert_int_equal(testdb_number(db, "SELECT count(*) FROM leads WHERE name = 'taken'"), 1);
    op = testdb_op(db, a);
    assert_ok(&op,
              ask_carelessly(&op, &SQL_LAG_WEBHOOKS, REACH_TENANT, "DELETE FROM campaigns", &rows));
    op_end(&op);
}

static void nobody_can_write_another_tenants_row(void **state)
{
    struct testdb *db = *state;
    struct rows rows;
    int64_t a, b;

    two_tenants(db, &a, &b);
    struct op op = testdb_op(db, a);
    const char *sql =
        arena_printf(&op.arena, "INSERT INTO campaigns (tenant_id, name) VALUES (%lld, 'planted')",
                     (long long)b);
    assert_fails(&op, E_INTERNAL_ERROR,
                 ask_carelessly(&op, &SQL_LAG_QUANTILES, REACH_TENANT, sql, &rows));
    op_end(&op);
    free(testdb_sql(db, "INSERT INTO dnc_entries (tenant_id, e164) VALUES (%lld, '+393490000001')",
                    (long long)a));
    op = testdb_op(db, a);
    sql = arena_printf(&op.arena, "UPDATE dnc_entries SET tenant_id = %lld", (long long)b);
    assert_fails(&op, E_INTERNAL_ERROR,
                 ask_carelessly(&op, &SQL_LAG_WEBHOOKS, REACH_TENANT, sql, &rows));
    op_end(&op);
    assert_int_equal(testdb_number(db, "SELECT count(*) FROM campaigns"), 0);
}

/* S011: the next one on the session, whatever the one before left open. */
static void whose_a_session_was_ends_with_its_transaction(void **state)
{
    struct testdb *db = *state;
    int64_t a, b;

    pool_close(db->app.pool);
    db->app.pool = pool_open(db->url, 1, 5000);
    two_tenants(db, &a, &b);
    for (int round = 0; round < 4; round++) {
        struct op of_b = testdb_op(db, b), bare = testdb_op(db, 0);
        struct rows rows;

        assert_true(round % 2 == 0 || db_begin(&of_b));
        assert_int_equal(careless_leads(&of_b, round < 2 ? REACH_TENANT : REACH_PLATFORM),
                         round < 2 ? 2 : 3);
        op_end(&of_b);
        /* db_lease() alone: nothing says whose this is. */
        assert_ok(&bare, db_lease(&bare));
        assert_int_equal(careless_leads(&bare, REACH_TENANT), 0);
        assert_ok(&bare, ask_carelessly(&bare, &SQL_PROOF_REVOKE, REACH_TENANT,
                                        "SELECT current_setting('agoralia.tenant') AS tenant, "
                                        "current_user AS role",
                                        &rows));
        assert_string_equal(db_text(&rows, 0, "tenant"), "0");
        assert_string_equal(db_text(&rows, 0, "role"), "agoralia_app");
        op_end(&bare);
    }
}

/* One transaction for several tenants and the platform: each statement is its own's. */
static void each_statement_of_a_transaction_is_for_whom_it_says(void **state)
{
    struct testdb *db = *state;
    int64_t a, b;

    two_tenants(db, &a, &b);
    struct op op = testdb_op(db, a);
    assert_ok(&op, db_begin(&op));
    assert_int_equal(careless_leads(&op, REACH_TENANT), 1);
    assert_int_equal(careless_leads(&op, REACH_PLATFORM), 3);
    assert_int_equal(careless_leads(&op, REACH_TENANT), 1);
    op.tenant_id = b;
    assert_int_equal(careless_leads(&op, REACH_TENANT), 2);
    assert_ok(&op, db_commit(&op));
    op_end(&op);
}

static void calls_are_counted_at_the_commit_whoever_came_last(void **state)
{
    struct testdb *db = *state;
    int64_t a = testdb_tenant(db), b = testdb_tenant(db);
    struct op op = testdb_op(db, a);
    struct rows rows;

    assert_ok(&op, db_begin(&op));
    assert_ok(&op, db_query(&op, &SQL_CALL_INSERT_WEB,
                            ARGS({"call_id", "call_x"}, {"agent_id", "a"},
                                 {"provider_call_id", "p"}, {"metadata", NULL}, {"account", "acc"}),
                            &rows));
    op.tenant_id = b;
    assert_int_equal(careless_leads(&op, REACH_TENANT), 0);
    assert_ok(&op, db_commit(&op));
    op_end(&op);
    assert_int_equal(
        testdb_number(db, "SELECT n FROM call_totals WHERE tenant_id = %lld", (long long)a), 1);
}

static void every_table_of_tenants_stands_behind_the_wall(void **state)
{
    struct testdb *db = *state;
    static const char open_tables[] =
        "SELECT string_agg(w.name, ' ') FROM walled_tables() w JOIN pg_class c ON c.relname = "
        "w.name"
        " WHERE NOT c.relrowsecurity OR NOT c.relforcerowsecurity"
        " OR (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid AND p.polcmd = '*') <> 2";

    assert_null(testdb_sql(db, open_tables));
    free(testdb_sql(db, "CREATE TABLE fresh (tenant_id BIGINT NOT NULL)"));
    char *open = testdb_sql(db, open_tables);
    assert_string_equal(open, "fresh");
    free(open);
    free(testdb_sql(db, "SELECT build_wall()"));
    assert_null(testdb_sql(db, open_tables));
}

static void the_product_owns_nothing_and_is_held_to_everything(void **state)
{
    struct testdb *db = *state;

    assert_int_equal(
        testdb_number(db, "SELECT count(*) FROM pg_roles WHERE rolname LIKE 'agoralia\\_%%' "
                          "AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcanlogin)"),
        0);
    assert_int_equal(testdb_number(db, "SELECT count(*) FROM pg_class WHERE "
                                       "pg_get_userbyid(relowner) LIKE 'agoralia\\_%%'"),
                     0);
    assert_int_equal(testdb_number(db, "SELECT pg_has_role('agoralia_app', 'agoralia_platform', "
                                       "'MEMBER')::int"),
                     0);
    /* S012: what runs with its owner's rights is a trigger that writes the tenant of its row. */
    char *definers = testdb_sql(
        db, "SELECT string_agg(proname, ' ') FROM pg_proc WHERE prosecdef AND pronamespace = "
            "'public'::regnamespace");
    assert_string_equal(definers, "count_call");
    free(definers);
    assert_int_equal(testdb_number(db, "SELECT count(*) FROM pg_views WHERE schemaname = 'public'"),
                     0);
}

/* References between tenants' tables: none can lead from one tenant to another. */
static void every_key_between_tables_of_tenants_carries_the_tenant(void **state)
{
    struct testdb *db = *state;

    assert_null(testdb_sql(
        db, "SELECT string_agg(conname, ' ') FROM pg_constraint k"
            " JOIN pg_class f ON f.oid = k.conrelid JOIN pg_class t ON t.oid = k.confrelid"
            " WHERE k.contype = 'f' AND t.relname <> 'tenants'"
            " AND f.relname IN (SELECT name FROM walled_tables())"
            " AND t.relname IN (SELECT name FROM walled_tables())"
            " AND NOT EXISTS (SELECT 1 FROM unnest(k.conkey, k.confkey) p (a, b)"
            " JOIN pg_attribute x ON x.attrelid = f.oid AND x.attnum = p.a"
            " JOIN pg_attribute y ON y.attrelid = t.oid AND y.attnum = p.b"
            " WHERE x.attname = 'tenant_id' AND y.attname = 'tenant_id')"));
}

static void every_column_that_names_a_tenants_row_is_a_key(void **state)
{
    struct testdb *db = *state;
    char *loose = testdb_sql(
        db, "SELECT string_agg(c.relname || '.' || a.attname, ' ' ORDER BY c.relname, a.attname)"
            " FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0"
            " WHERE c.relname IN (SELECT name FROM walled_tables()) AND a.attname LIKE '%%\\_id'"
            " AND a.atttypid = 'int8'::regtype AND NOT a.attisdropped"
            " AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.contype = 'f'"
            " AND k.conrelid = c.oid AND a.attnum = ANY (k.conkey))");

    /* Totals hold 0 for no campaign, a message may be of tenant 0, knowledge bases are the
     * provider's; a decision comes before its call; of scheduled calls, made by the hundred
     * thousand, a trigger asks once of all. */
    assert_string_equal(loose, "call_totals.campaign_id call_totals.tenant_id "
                               "campaigns.knowledge_base_id compliance_checks.call_id "
                               "compliance_checks.scheduled_call_id "
                               "outbox.tenant_id scheduled_calls.campaign_id "
                               "scheduled_calls.compliance_check_id scheduled_calls.execution_id "
                               "scheduled_calls.kb_id scheduled_calls.lead_id");
    free(loose);
}

static void use_login(struct testdb *db, const char *url)
{
    pool_close(db->app.pool);
    db->app.pool = pool_open(url, 2, 5000);
}

static void a_login_that_owns_nothing_is_enough(void **state)
{
    struct testdb *db = *state;
    char *url = testdb_login(db, "NOINHERIT IN ROLE agoralia_app, agoralia_platform");
    struct wall w;
    int64_t a, b;

    use_login(db, url);
    two_tenants(db, &a, &b);
    struct op op = testdb_op(db, a);
    assert_int_equal(careless_leads(&op, REACH_TENANT), 1);
    assert_ok(&op, wall_look(&op, &w));
    assert_false(w.above || w.owner);
    assert_null(w.open_tables);
    op_end(&op);
    free(url);
}

static const char foreign_call[] =
    "INSERT INTO calls (tenant_id, call_id) SELECT id, 'call_' || id "
    "FROM tenants";

/* What a provider's managed PostgreSQL gives: a database of one's own, and nothing beyond. */
static void an_owner_that_is_no_superuser_can_migrate_and_is_held_too(void **state)
{
    struct testdb *db = *state;
    char *url = testdb_login(db, "IN ROLE agoralia_app, agoralia_platform");
    struct op op = testdb_op(db, 0);
    int64_t a, b;

    free(testdb_sql(db, "DROP SCHEMA public CASCADE"));
    free(testdb_sql(db, "CREATE SCHEMA public AUTHORIZATION login_%s", db->name));
    assert_ok(&op, migrate(&op, url, NULL));
    op_end(&op);
    use_login(db, url);
    two_tenants(db, &a, &b);
    op = testdb_op(db, a);
    assert_int_equal(careless_leads(&op, REACH_TENANT), 1);
    op_end(&op);
    struct rows rows;
    op = testdb_op(db, 0); /* the trigger that counts them runs as the owner */
    assert_ok(&op, ask_carelessly(&op, &SQL_LAG_WEBHOOKS, REACH_PLATFORM, foreign_call, &rows));
    op_end(&op);
    assert_int_equal(testdb_number(db, "SELECT sum(n) FROM call_totals"), 2);
    free(url);
}

static void an_owner_without_the_roles_is_told_what_is_missing(void **state)
{
    struct testdb *db = *state;
    char *url = testdb_login(db, "");
    struct op op = testdb_op(db, 0);

    free(testdb_sql(db, "DROP SCHEMA public CASCADE"));
    free(testdb_sql(db, "CREATE SCHEMA public AUTHORIZATION login_%s", db->name));
    assert_fails(&op, E_SERVICE_UNAVAILABLE, migrate(&op, url, NULL));
    assert_non_null(strstr(op.err.cause, "GRANT agoralia_app, agoralia_platform TO login_"));
    op_end(&op);
    free(url);
}

static void a_hole_in_the_wall_is_seen(void **state)
{
    struct testdb *db = *state;
    static const char *const holes[] = {
        "ALTER TABLE leads DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE leads NO FORCE ROW LEVEL SECURITY",
        "DROP POLICY tenant_wall ON leads",
        "ALTER POLICY tenant_wall ON leads USING (true)",
        "ALTER POLICY tenant_wall ON leads WITH CHECK (true)",
        "ALTER POLICY tenant_wall ON leads TO PUBLIC",
        "ALTER POLICY platform_door ON leads TO PUBLIC",
        "CREATE POLICY another ON leads FOR SELECT USING (true)",
    };

    for (size_t i = 0; i < ARRAY_LEN(holes); i++) {
        struct op op = testdb_op(db, 0);
        struct wall w;

        free(testdb_sql(db, "%s", holes[i]));
        assert_ok(&op, wall_look(&op, &w));
        if (!w.open_tables || strcmp(w.open_tables, "leads") != 0)
            fail_msg("not seen: %s", holes[i]);
        op_end(&op);
        free(testdb_sql(db, "DROP POLICY IF EXISTS tenant_wall ON leads;"
                            "DROP POLICY IF EXISTS platform_door ON leads;"
                            "DROP POLICY IF EXISTS another ON leads; SELECT build_wall()"));
    }
}

#define WALL(f) cmocka_unit_test_setup_teardown(f, testdb_setup, testdb_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WALL(a_statement_that_forgets_the_tenant_sees_its_own_rows_only),
        WALL(a_statement_that_forgets_the_tenant_changes_its_own_rows_only),
        WALL(nobody_can_write_another_tenants_row),
        WALL(whose_a_session_was_ends_with_its_transaction),
        WALL(each_statement_of_a_transaction_is_for_whom_it_says),
        WALL(calls_are_counted_at_the_commit_whoever_came_last),
        WALL(a_login_that_owns_nothing_is_enough),
        WALL(an_owner_that_is_no_superuser_can_migrate_and_is_held_too),
        WALL(an_owner_without_the_roles_is_told_what_is_missing),
        WALL(a_hole_in_the_wall_is_seen),
        WALL(every_table_of_tenants_stands_behind_the_wall),
        WALL(the_product_owns_nothing_and_is_held_to_everything),
        WALL(every_key_between_tables_of_tenants_carries_the_tenant),
        WALL(every_column_that_names_a_tenants_row_is_a_key),
    };
    return cmocka_run_group_tests_name("wall", tests, NULL, NULL);
}

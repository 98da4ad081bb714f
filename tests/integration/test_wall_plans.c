/*
 * test_wall_plans.c - the wall costs no index: every statement reads its tables as it would
 * without.
 *
 * Row level security lets nothing but leakproof conditions into an index.  A statement that
 * compares a column with, say, sha256() of another row's column would read a whole tenant instead
 * of a row.
 */

#include "common/base/buf.h"
#include "common/store/db.h"
#include "queries.h"
#include "tests/support/check.h"
#include "tests/support/testdb.h"

#include <libpq-fe.h>
#include <stdlib.h>

enum { PATHS_MAX = 64 };

/* "index/conditions" or "all of table", sorted. */
struct paths {
    char *each[PATHS_MAX];
    int n;
};

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *quoted(const char *line, const char *key)
{
    char *end, *copy, *at = strstr(line, key);

    if (!at)
        return NULL;
    copy = strdup(at + strlen(key));
    if ((end = strrchr(copy, '"')))
        *end = '\0';
    return copy;
}

static void keep(struct paths *p, const char *what, const char *which, int conditions)
{
    assert_true(p->n < PATHS_MAX);
    if (asprintf(&p->each[p->n++], "%s %s/%d", what, which, conditions) < 0)
        abort();
}

static int count_conditions(const char *condition)
{
    int n = 1;

    for (const char *s = condition; (s = strstr(s, " AND ")); s++)
        n++;
    return n;
}

/* EXPLAIN's JSON has one member to a line: a node's index, then what it is searched for. */
static void read_paths(char *json, struct paths *p)
{
    char *rest = NULL, *index = NULL, *condition, *table;
    bool whole = false;

    for (char *line = strtok_r(json, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        if (strstr(line, "\"Node Type\"")) {
            whole = strstr(line, "\"Seq Scan\"") != NULL;
            if (index)
                keep(p, "index", index, 0);
            free(index);
            index = NULL;
        }
        if (whole && (table = quoted(line, "\"Relation Name\": \""))) {
            keep(p, "all of", table, 0);
            free(table);
        }
        if (!index)
            index = quoted(line, "\"Index Name\": \"");
        if (index && (condition = quoted(line, "\"Index Cond\": \""))) {
            keep(p, "index", index, count_conditions(condition));
            free(condition);
            free(index);
            index = NULL;
        }
    }
    if (index)
        keep(p, "index", index, 0);
    free(index);
    qsort(p->each, (size_t)p->n, sizeof(*p->each), by_text);
}

static PGresult *ask(PGconn *pg, const char *sql)
{
    PGresult *r = PQexec(pg, sql);

    if (PQresultStatus(r) != PGRES_COMMAND_OK && PQresultStatus(r) != PGRES_TUPLES_OK)
        fail_msg("%s: %s", sql, PQresultErrorMessage(r));
    return r;
}

static struct paths explain(PGconn *pg, const struct query *q)
{
    struct paths p = {.n = 0};
    struct buf sql = {0};

    buf_printf(&sql, "EXPLAIN (FORMAT JSON) EXECUTE q%d", q->id);
    for (int i = 0; q->params[i]; i++)
        buf_str(&sql, i ? ", NULL" : "(NULL");
    buf_str(&sql, q->params[0] ? ")" : "");
    PGresult *r = ask(pg, sql.p);
    char *json = strdup(PQgetvalue(r, 0, 0));
    read_paths(json, &p);
    free(json);
    PQclear(r);
    buf_free(&sql);
    return p;
}

static void forget(struct paths *p)
{
    for (int i = 0; i < p->n; i++)
        free(p->each[i]);
}

static void print_paths(const char *which, const struct paths *p)
{
    for (int i = 0; i < p->n; i++)
        print_error("    %s: %s\n", which, p->each[i]);
}

static int conditions_of(const struct paths *p)
{
    int n = 0;

    for (int i = 0; i < p->n; i++)
        n += (int)strtol(strrchr(p->each[i], '/') + 1, NULL, 10);
    return n;
}

static int whole_tables(const struct paths *p)
{
    int n = 0;

    for (int i = 0; i < p->n; i++)
        n += strncmp(p->each[i], "all of", 6) == 0;
    return n;
}

/* With the wall there may be an index to take that has the tenant as well: more is no loss. */
static bool loses_nothing(const struct query *q, const struct paths *without,
                          const struct paths *with)
{
    bool good = whole_tables(with) <= whole_tables(without)
                && conditions_of(with) >= conditions_of(without);

    if (q == &SQL_HALT_INSERT) /* of a handful of rows, by an expression that may have no tenant */
        return true;
    if (good)
        return true;
    print_error("%s\n", q->name);
    print_paths("without", without);
    print_paths("with   ", with);
    return false;
}

/* As whoever owns the tables and is held to nothing, then as the product. */
static bool reads_as_well(PGconn *pg, const struct query *q)
{
    struct buf sql = {0};

    PQclear(ask(pg, "RESET ROLE"));
    buf_printf(&sql, "PREPARE q%d AS %s", q->id, q->sql);
    PQclear(ask(pg, sql.p));
    buf_free(&sql);
    struct paths without = explain(pg, q);
    PQclear(ask(pg, q->reach == REACH_PLATFORM ? "SET ROLE agoralia_platform"
                                               : "SET ROLE agoralia_app"));
    struct paths with = explain(pg, q);
    bool good = loses_nothing(q, &without, &with);
    forget(&without);
    forget(&with);
    return good;
}

/* Enough rows for one index to be better than another: a tenant with most of them, and many small.
 */
static const char grown[] =
    "SET session_replication_role = replica;"
    "INSERT INTO tenants (name) SELECT 't' FROM generate_series(1, 20);"
    "CREATE TEMP TABLE i AS SELECT i, CASE WHEN i % 4 = 0 THEN 1 + i % 20 ELSE 1 END AS t FROM "
    "generate_series(1, 20000) i;"
    "INSERT INTO campaigns (tenant_id, name) SELECT 1 + i % 20, 'c' FROM generate_series(1, 200) i;"
    "INSERT INTO campaign_pacing (campaign_id, tenant_id) SELECT id, tenant_id FROM campaigns;"
    "INSERT INTO campaign_executions (tenant_id, campaign_id, cursor_lane) SELECT tenant_id, id, "
    "id FROM campaigns;"
    "INSERT INTO leads (tenant_id, campaign_id, name, phone) SELECT t, 1 + i % 200, 'l', '+39' || "
    "3000000 + i FROM i;"
    "INSERT INTO scheduled_calls (tenant_id, campaign_id, execution_id, lead_id, to_number, "
    "scheduled_at, status)"
    " SELECT t, 1 + i % 200, 1 + i % 200, i, '+39' || 3000000 + i, now(),"
    " CASE i % 10 WHEN 0 THEN 'scheduled' WHEN 1 THEN 'queued' WHEN 2 THEN 'processing' ELSE "
    "'done' END FROM i;"
    "INSERT INTO compliance_checks (tenant_id, scheduled_call_id, campaign_id, lead_id, to_number, "
    "country_iso, dnc_check,"
    " quiet_hours_check, consent_check, disclosure_check, status, scheduled_time, engine_version, "
    "tzdata_version)"
    " SELECT t, i, 1 + i % 200, i, '+39' || 3000000 + i, 'IT', 'passed', 'passed', 'passed', "
    "'passed', 'approved', now(), '1', '1'"
    " FROM i;"
    "INSERT INTO calls (tenant_id, call_id, scheduled_call_id, campaign_id, lead_id, to_number, "
    "provider_call_id, status,"
    " compliance_check_id) SELECT t, 'call_' || i, i, 1 + i % 200, i, '+39' || 3000000 + i, 'p' || "
    "i,"
    " CASE i % 10 WHEN 1 THEN 'queued' WHEN 2 THEN 'in_progress' ELSE 'completed' END, i FROM i;"
    "INSERT INTO call_attempts (id, tenant_id, scheduled_call_id, call_id, campaign_id, n, state, "
    "provider, provider_call_id,"
    " to_number, dial_deadline, lease_until) SELECT gen_random_uuid(), t, i, i, 1 + i % 200, 1,"
    " CASE i % 50 WHEN 2 THEN 'intent' WHEN 3 THEN 'unknown' WHEN 4 THEN 'ongoing' ELSE 'ended' "
    "END, 'retell', 'p' || i,"
    " '+39' || 3000000 + i, now(), now() FROM i;"
    "INSERT INTO dnc_entries (tenant_id, e164) SELECT t, '+39' || 3000000 + i FROM i;"
    "INSERT INTO registry_scrubs (tenant_id, e164, registry, scrubbed_at) SELECT t, '+39' || "
    "3000000 + i, 'r', now() FROM i;"
    "INSERT INTO consent_events (tenant_id, lead_id, event, status) SELECT t, i, 'granted', "
    "'granted' FROM i;"
    "INSERT INTO suppression_keys SELECT id, decode(repeat('00', 64), 'hex'), decode(repeat('00', "
    "64), 'hex') FROM tenants;"
    "INSERT INTO suppressed_numbers (tenant_id, hash, erasure_id) SELECT t, "
    "sha256(i::text::bytea), 1 FROM i;"
    "ANALYZE";

static void no_statement_loses_an_index_to_the_wall(void **state)
{
    struct testdb *db = *state;
    PGconn *pg = PQconnectdb(db->url);
    int worse = 0;

    PQclear(ask(
        pg, "SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan; SET jit = off"));
    PQclear(ask(pg, "SET agoralia.tenant = '1'"));
    PQclear(ask(pg, grown));
    for (const struct query *const *q = all_queries; *q; q++)
        worse += !reads_as_well(pg, *q);
    PQfinish(pg);
    assert_int_equal(worse, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(no_statement_loses_an_index_to_the_wall, testdb_setup,
                                        testdb_teardown),
    };
    return cmocka_run_group_tests_name("wall plans", tests, NULL, NULL);
}

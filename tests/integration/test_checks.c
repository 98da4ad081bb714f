/* test_checks.c - the history of decisions: found by an index whatever is asked, exported whole. */

#include "common/compliance/checks.h"
#include "tests/support/check.h"
#include "tests/support/testdb.h"

#include <stdio.h>
#include <stdlib.h>

#define TEST(f) cmocka_unit_test_setup_teardown(f, testdb_setup, testdb_teardown)

/* n decisions a minute apart, the first at midnight; a rejected one has its code. */
static void make_checks(struct testdb *db, int64_t tenant, int n)
{
    free(testdb_sql(
        db,
        "INSERT INTO leads (tenant_id, name, phone) SELECT %lld, 'n', '+39349' || (1000000 + i) "
        "FROM generate_series(1, 200) i;"
        "INSERT INTO campaigns (tenant_id, name) SELECT %lld, 'c' FROM generate_series(1, 20);"
        "INSERT INTO compliance_checks (tenant_id, call_id, scheduled_call_id, campaign_id, "
        "lead_id, "
        "to_number, "
        "country_iso, dnc_check, quiet_hours_check, consent_check, disclosure_check, status, "
        "rejection_reason, rejection_code, all_codes, scheduled_time, engine_version, "
        "tzdata_version, checked_at, checked_by) "
        "SELECT %lld, i, i, (SELECT min(id) FROM campaigns WHERE tenant_id = %lld) + i %% 20, "
        "(SELECT min(id) FROM leads WHERE tenant_id = %lld) + i %% 200, "
        "'+39349' || (1000000 + i %% 200), (ARRAY['IT','FR','DE','ES','GB'])[1 + i %% 5], "
        "'passed', "
        "'passed', 'passed', 'required', CASE i %% 3 WHEN 0 THEN 'rejected' WHEN 1 THEN 'warning' "
        "ELSE 'approved' END, CASE i %% 3 WHEN 0 THEN '=No consent' END, "
        "CASE i %% 3 WHEN 0 THEN (ARRAY['CONSENT_MISSING','DNC_INTERNAL'])[1 + i / 3 %% 2] END, "
        "CASE i %% 3 WHEN 0 THEN ARRAY['CONSENT_MISSING'] ELSE '{}' END, now(), 'e', 't', "
        "'2026-11-01T00:00:00Z'::timestamptz + i / 2 * interval '1 minute', 'system' "
        "FROM generate_series(0, %d - 1) i; ANALYZE compliance_checks",
        (long long)tenant, (long long)tenant, (long long)tenant, (long long)tenant,
        (long long)tenant, n));
}

static int64_t total(struct op *op, struct check_list_query q, struct buf *items)
{
    int64_t n;

    q.limit = 200;
    buf_reset(items);
    assert_ok(op, check_list(op, &q, items, &n));
    return n;
}

static void filters_find_what_they_say_and_nothing_of_others(void **state)
{
    struct testdb *db = *state;
    int64_t tenant = testdb_tenant(db);
    struct op op = testdb_op(db, tenant);
    struct buf items = {0};
    struct check_list_query f = {0};

    make_checks(db, tenant, 3000);
    make_checks(db, testdb_tenant(db), 500);
    assert_int_equal(total(&op, f, &items), 3000);
    f.status = "rejected";
    assert_int_equal(total(&op, f, &items), 1000);
    f.rejection_code = "DNC_INTERNAL";
    assert_int_equal(total(&op, f, &items), 500);
    f = (struct check_list_query){.country_iso = "FR", .to_number = "+393491000001"};
    assert_int_equal(total(&op, f, &items), 15);
    assert_null(strstr(items.p, "\"to_number\":\"+393491000002\""));
    f = (struct check_list_query){
        .lead_id = {true, testdb_number(db, "SELECT min(id) FROM leads")}};
    assert_int_equal(total(&op, f, &items), 15);
    f = (struct check_list_query){.scheduled_call_id = {true, 17}};
    assert_int_equal(total(&op, f, &items), 1);
    f = (struct check_list_query){
        .campaign_id = {true, testdb_number(db, "SELECT min(id) FROM campaigns")}};
    assert_int_equal(total(&op, f, &items), 150);
    assert_true(tstamp_parse(STR("2026-11-01T00:10:00Z"), &f.from));
    assert_true(tstamp_parse(STR("2026-11-01T00:20:00Z"), &f.to));
    assert_int_equal(total(&op, f, &items), 1); /* rows 20 to 39, of which the 20th */
    f.campaign_id.set = false;
    assert_int_equal(total(&op, f, &items), 20);
    buf_free(&items);
    op_end(&op);
}

static void one_is_shown_with_everything_and_only_to_its_tenant(void **state)
{
    struct testdb *db = *state;
    int64_t tenant = testdb_tenant(db), other = testdb_tenant(db);
    struct op op = testdb_op(db, tenant), theirs = testdb_op(db, other);
    struct compliance_check c;

    make_checks(db, tenant, 10);
    int64_t id =
        testdb_number(db, "SELECT max(id) FROM compliance_checks WHERE status = 'rejected'");
    assert_ok(&op, check_get(&op, id, &c));
    assert_string_equal(c.rejection_code, "DNC_INTERNAL");
    assert_string_equal(c.all_codes.text, "[\"CONSENT_MISSING\"]");
    assert_true(c.lead_id.set && c.campaign_id.set && c.scheduled_call_id.set);
    assert_fails(&theirs, E_CHECK_NOT_FOUND, check_get(&theirs, id, &c));
    op_end(&op);
    op_end(&theirs);
}

static int64_t export_all(struct op *op, const char *format, const char *status, struct buf *whole)
{
    struct check_export e = {.query = {.format = format, .status = status}};
    bool done = false;
    int64_t pieces = 0;
    struct buf piece = {0};

    for (; !done; pieces++) {
        buf_reset(&piece);
        assert_ok(op, check_export_next(op, &e, &piece, &done));
        buf_add(whole, piece.p, piece.n);
    }
    buf_free(&piece);
    return pieces;
}

static int64_t lines(const struct buf *b)
{
    int64_t n = 0;

    for (size_t i = 0; i < b->n; i++)
        n += b->p[i] == '\n';
    return n;
}

static void an_export_has_every_decision_once(void **state)
{
    struct testdb *db = *state;
    int64_t tenant = testdb_tenant(db);
    struct op op = testdb_op(db, tenant);
    struct buf csv = {0}, ndjson = {0};

    make_checks(db, tenant, 3500); /* two at each instant: pieces end between them */
    assert_int_equal(export_all(&op, "csv", NULL, &csv), 4);
    assert_int_equal(lines(&csv), 3501);
    assert_int_equal(strncmp(csv.p, "\"id\",\"status\",", 14), 0);
    assert_non_null(strstr(csv.p, "\"'=No consent\""));
    assert_non_null(strstr(csv.p, "\"+393491000001\""));
    assert_non_null(strstr(csv.p, "\"2026-11-01T00:00:00Z\""));
    export_all(&op, "ndjson", "rejected", &ndjson);
    assert_int_equal(lines(&ndjson), testdb_number(db, "SELECT count(*) FROM compliance_checks "
                                                       "WHERE status = 'rejected'"));
    assert_int_equal(testdb_number(db,
                                   "SELECT count(DISTINCT (l::jsonb ->> 'id')::bigint) FROM "
                                   "regexp_split_to_table($a$%s$a$, chr(10)) l WHERE l <> ''",
                                   ndjson.p),
                     lines(&ndjson));
    buf_free(&csv);
    buf_free(&ndjson);
    op_end(&op);
}

/* What checks_found() runs for these filters. */
static const char *plan_for(struct testdb *db, struct op *op, const char *filters)
{
    char *sql = testdb_sql(db,
                           "SELECT checks_statement('id', '%s') || ' ORDER BY checked_at DESC, "
                           "id DESC LIMIT 25'",
                           filters);
    char *text = testdb_sql(db,
                            "SET enable_seqscan = off; PREPARE p (bigint, jsonb) AS %s;"
                            "EXPLAIN (FORMAT JSON) EXECUTE p (%lld, '%s')",
                            sql, (long long)op->tenant_id, filters);
    const char *kept = arena_strdup(&op->arena, text);
    free(text);
    free(sql);
    return kept;
}

static void every_filter_has_its_index(void **state)
{
    struct testdb *db = *state;
    int64_t tenant = testdb_tenant(db);
    struct op op = testdb_op(db, tenant);
    static const struct {
        const char *filters, *index;
    } cases[] = {
        {"{}", "checks_by_time"},
        {"{\"from\":\"2026-11-01T10:00:00Z\",\"to\":\"2026-11-01T11:00:00Z\"}", "checks_by_time"},
        {"{\"before_at\":\"2026-11-01T10:00:00Z\",\"before_id\":1000}", "checks_by_time"},
        {"{\"status\":\"rejected\"}", "checks_by_status"},
        {"{\"rejection_code\":\"DNC_INTERNAL\"}", "checks_by_code"},
        {"{\"campaign_id\":3}", "checks_by_campaign"},
        {"{\"lead_id\":3}", "checks_by_lead"},
        {"{\"scheduled_call_id\":3}", "checks_by_row"},
        {"{\"call_id\":\"call_3\"}", "checks_by_call"},
        {"{\"to_number\":\"+393491000001\"}", "checks_by_number"},
        {"{\"country_iso\":\"FR\"}", "checks_by_country"},
    };

    make_checks(db, tenant, 20000);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *plan = plan_for(db, &op, cases[i].filters);
        if (!strstr(plan, cases[i].index) || strstr(plan, "\"Sort\""))
            fail_msg("%s: %s", cases[i].filters, plan);
    }
    op_end(&op);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(filters_find_what_they_say_and_nothing_of_others),
        TEST(one_is_shown_with_everything_and_only_to_its_tenant),
        TEST(an_export_has_every_decision_once),
        TEST(every_filter_has_its_index),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

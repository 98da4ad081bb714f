/* test_dnc_changes.c - the days in a registry's change list. */

#include "common/compliance/dnc_import.h"
#include "tests/support/check.h"
#include "tests/support/testdb.h"

#include <stdlib.h>

#define US "National DNC Registry"

static struct testdb *db;

static struct tstamp at(const char *text)
{
    struct tstamp t;

    assert_true(tstamp_parse(str_of(text), &t));
    return t;
}

static struct dnc_import_options list_of(enum dnc_mode mode, const char *day)
{
    return (struct dnc_import_options){
        .mode = mode, .registry = US, .country_iso = "US", .scrubbed_at = at(day)};
}

static void take(int64_t tenant, struct dnc_import_options o, const char *text,
                 const char *expected)
{
    struct op op = testdb_op(db, tenant);
    struct buf reply = {0};
    struct dnc_import *imp = dnc_import_open(&op, &o);

    assert_ok(&op, imp && dnc_import_feed(&op, imp, str_of(text))
                       && dnc_import_finish(&op, imp, &reply));
    if (!strstr(reply.p, expected))
        fail_msg("%s does not have %s", reply.p, expected);
    buf_free(&reply);
    op_end(&op);
}

/* The standing list by number: its last four digits and since when it is listed. */
static void assert_list(int64_t tenant, const char *expected)
{
    char *got = testdb_sql(db,
                           "SELECT coalesce(string_agg(right(e164, 4) || ' ' || "
                           "to_char(listed_at AT TIME ZONE 'UTC', 'MM-DD HH24'), ', ' "
                           "ORDER BY e164), '') FROM dnc_entries "
                           "WHERE tenant_id = %lld AND removed_at IS NULL",
                           (long long)tenant);

    assert_string_equal(got, expected);
    free(got);
}

static void an_addition_is_listed_since_its_day_was_over_everywhere(void **state)
{
    int64_t tenant = testdb_tenant(db);
    (void)state;

    take(tenant, list_of(DNC_MODE_DELTA, "2026-01-09T10:00:00Z"),
         "2125550123,A,2026-01-02\n2125550124,A,2026-01-09\n2125550125,A,\n"
         "2125550126,A,2026-01-02T08:00:00Z\n",
         "\"imported\":4,\"updated\":0,\"skipped\":0,\"failed\":0,");
    assert_list(tenant, "0123 01-03 12, 0124 01-09 10, 0125 01-09 10, 0126 01-02 08");
}

static void the_days_of_a_headed_file_are_read_in_any_order(void **state)
{
    int64_t tenant = testdb_tenant(db);
    (void)state;

    take(tenant, list_of(DNC_MODE_DELTA, "2026-01-09T10:00:00Z"),
         "Change Date;Area Code;Number;Flag\n01/15/2025;212;5550123;A\n",
         "\"imported\":1,\"updated\":0,\"skipped\":0,\"failed\":0,");
    take(tenant, list_of(DNC_MODE_DELTA, "2026-01-09T10:00:00Z"), "212,5550124,2025-12-30,A\n",
         "\"imported\":1,");
    assert_list(tenant, "0123 01-16 12, 0124 12-31 12");
}

static void a_deletion_takes_off_what_was_listed_by_its_day(void **state)
{
    int64_t tenant = testdb_tenant(db);
    (void)state;

    take(tenant, list_of(DNC_MODE_FULL, "2026-01-05T10:00:00Z"), "2125550123\n2125550124\n",
         "\"imported\":2,");
    take(tenant, list_of(DNC_MODE_DELTA, "2026-01-09T10:00:00Z"),
         "2125550123,D,2026-01-02\n2125550124,D,2026-01-05\n", "\"skipped\":1,");
    assert_list(tenant, "0123 01-05 10");
}

static void the_later_day_counts_and_on_one_day_the_later_row(void **state)
{
    int64_t tenant = testdb_tenant(db);
    (void)state;

    take(tenant, list_of(DNC_MODE_FULL, "2026-01-01T10:00:00Z"),
         "2125550123\n2125550124\n2125550125\n", "\"imported\":3,");
    take(tenant, list_of(DNC_MODE_DELTA, "2026-01-09T10:00:00Z"),
         "2125550123,D,2026-01-06\n2125550123,A,2026-01-04\n"
         "2125550124,A,2026-01-06\n2125550124,D,2026-01-04\n"
         "2125550125,A,2026-01-06\n2125550125,D,2026-01-06\n",
         "\"failed\":0,");
    assert_list(tenant, "0124 01-01 10");
}

static void a_day_that_cannot_be_one_fails_its_row_and_tears_the_list(void **state)
{
    int64_t tenant = testdb_tenant(db);
    (void)state;

    take(tenant, list_of(DNC_MODE_DELTA, "2026-01-09T10:00:00Z"),
         "number,action,date\n2125550123,A,2026-01-11\n2125550124,A,03/04/2025\n"
         "2125550125,A,soon\n2125550126,A,2026-01-10\n",
         "\"imported\":1,\"updated\":0,\"skipped\":0,\"failed\":3,\"errors\":[{\"line\":2,"
         "\"column\":\"date\",\"code\":\"DATE_AFTER_SCRUBBED_AT\",\"value_masked\":\"2026•••-11\"},"
         "{\"line\":3,\"column\":\"date\",\"code\":\"DATE_AMBIGUOUS\",");
    take(tenant, list_of(DNC_MODE_DELTA, "2026-01-09T10:00:00Z"), "2125550126,A,2026-01-10\n",
         "\"LIST_GAP\"");
}

static void the_days_of_a_tenants_own_list_are_not_the_registrys(void **state)
{
    int64_t tenant = testdb_tenant(db);
    struct dnc_import_options own = {.mode = DNC_MODE_DELTA, .country_iso = "US"};
    (void)state;

    take(tenant, own, "number,action,date\n2125550123,A,soon\n", "\"imported\":1,");
    take(tenant, own, "number,action,date\n2125550123,D,2020-01-01\n", "\"TAKEN_OFF\"");
    assert_list(tenant, "");
}

static int open_database(void **state)
{
    testdb_setup(state);
    db = *state;
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_addition_is_listed_since_its_day_was_over_everywhere),
        cmocka_unit_test(the_days_of_a_headed_file_are_read_in_any_order),
        cmocka_unit_test(a_deletion_takes_off_what_was_listed_by_its_day),
        cmocka_unit_test(the_later_day_counts_and_on_one_day_the_later_row),
        cmocka_unit_test(a_day_that_cannot_be_one_fails_its_row_and_tears_the_list),
        cmocka_unit_test(the_days_of_a_tenants_own_list_are_not_the_registrys),
    };
    return cmocka_run_group_tests(tests, open_database, testdb_teardown);
}

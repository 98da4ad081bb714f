/* test_dnc_gaps.c - changes that are missing from a registry's list, and what makes it whole again.
 */

#include "common/base/clock.h"
#include "common/compliance/scrub.h"
#include "common/lead/lead.h"
#include "tests/support/check.h"
#include "tests/support/testdb.h"

#include <stdlib.h>

#define TPS "TPS/CTPS"

static struct testdb *db;
static int64_t now_us; /* one for a whole test: days are told apart by it */

static struct tstamp days_ago(int days)
{
    return (struct tstamp){now_us - days * INT64_C(86400000000)};
}

static struct dnc_import_options list_of(enum dnc_mode mode, int days)
{
    return (struct dnc_import_options){
        .mode = mode, .registry = TPS, .country_iso = "GB", .scrubbed_at = days_ago(days)};
}

/* Import a file and keep the reply. */
static char *reply_to(int64_t tenant, struct dnc_import_options o, const char *text)
{
    struct op op = testdb_op(db, tenant);
    struct buf reply = {0};
    struct dnc_import *imp = dnc_import_open(&op, &o);

    assert_ok(&op, imp && dnc_import_feed(&op, imp, str_of(text))
                       && dnc_import_finish(&op, imp, &reply));
    op_end(&op);
    return reply.p;
}

static void take(int64_t tenant, struct dnc_import_options o, const char *text)
{
    char *reply = reply_to(tenant, o, text);

    if (strstr(reply, "LIST_GAP"))
        fail_msg("%s tells of a gap", reply);
    free(reply);
}

static void take_with_gap(int64_t tenant, struct dnc_import_options o, const char *text)
{
    char *reply = reply_to(tenant, o, text);

    if (!strstr(reply,
                "{\"code\":\"LIST_GAP\",\"column\":null,\"count\":1,\"message\":\"The list "))
        fail_msg("%s does not tell of a gap", reply);
    free(reply);
}

static int64_t tenant_with_a_lead(void)
{
    int64_t tenant = testdb_tenant(db);
    struct op op = testdb_op(db, tenant);
    struct lead l = {.name = "Lead", .phone = "+447400123456", .country_iso = "GB"};

    assert_ok(&op, lead_create(&op, &l));
    op_end(&op);
    return tenant;
}

/* A comparison now is of this day; 0 = nothing is missing. */
static void assert_fresh_as_of(int64_t tenant, int days, int missing_from)
{
    struct op op = testdb_op(db, tenant);
    struct scrub_run run;

    assert_ok(&op, scrub_run(&op, TPS, &run));
    assert_int_equal(run.at.us, days_ago(days).us);
    assert_int_equal(run.missing_from.us, missing_from ? days_ago(missing_from).us : 0);
    op_end(&op);
}

#define WHOLE "number,action\n07400123457,A\n"
#define TORN "number,action\n07400123458,A\n4.47E+11,A\n"

static void a_clean_change_list_after_one_with_bad_rows_does_not_date_the_list(void **state)
{
    int64_t tenant = tenant_with_a_lead();
    (void)state;

    take(tenant, list_of(DNC_MODE_FULL, 9), "07400123459\n");
    take(tenant, list_of(DNC_MODE_DELTA, 8), WHOLE);
    take_with_gap(tenant, list_of(DNC_MODE_DELTA, 7), TORN);
    take_with_gap(tenant, list_of(DNC_MODE_DELTA, 6), WHOLE);
    assert_fresh_as_of(tenant, 8, 7);
}

static void the_same_day_again_may_be_another_file_and_heals_nothing(void **state)
{
    int64_t tenant = tenant_with_a_lead();
    (void)state;

    take(tenant, list_of(DNC_MODE_FULL, 9), "07400123459\n");
    take_with_gap(tenant, list_of(DNC_MODE_DELTA, 7), TORN);
    take_with_gap(tenant, list_of(DNC_MODE_DELTA, 7), WHOLE);
    assert_fresh_as_of(tenant, 9, 7);
}

static void a_whole_list_of_that_day_or_later_heals(void **state)
{
    int64_t tenant = tenant_with_a_lead();
    (void)state;

    take(tenant, list_of(DNC_MODE_FULL, 9), "07400123459\n");
    take_with_gap(tenant, list_of(DNC_MODE_DELTA, 7), TORN);
    take_with_gap(tenant, list_of(DNC_MODE_FULL, 8), "07400123459\n");
    assert_fresh_as_of(tenant, 8, 7);
    take(tenant, list_of(DNC_MODE_FULL, 5), "07400123459\n07400123458\n");
    take(tenant, list_of(DNC_MODE_DELTA, 4), WHOLE);
    assert_fresh_as_of(tenant, 4, 0);
}

static void all_changes_since_the_file_before_heal(void **state)
{
    int64_t tenant = tenant_with_a_lead();
    struct dnc_import_options again = list_of(DNC_MODE_DELTA, 6);
    (void)state;

    take(tenant, list_of(DNC_MODE_FULL, 9), "07400123459\n");
    take_with_gap(tenant, list_of(DNC_MODE_DELTA, 7), TORN);
    again.since = days_ago(8);
    take_with_gap(tenant, again, WHOLE);
    assert_fresh_as_of(tenant, 9, 7);
    again.since = days_ago(9);
    take(tenant, again, WHOLE);
    assert_fresh_as_of(tenant, 6, 0);
}

static void each_gap_is_healed_by_itself(void **state)
{
    int64_t tenant = tenant_with_a_lead();
    struct dnc_import_options again = list_of(DNC_MODE_DELTA, 3);
    (void)state;

    take(tenant, list_of(DNC_MODE_FULL, 9), "07400123459\n");
    take_with_gap(tenant, list_of(DNC_MODE_DELTA, 8), TORN);
    take_with_gap(tenant, list_of(DNC_MODE_DELTA, 7), WHOLE);
    take_with_gap(tenant, list_of(DNC_MODE_DELTA, 6), TORN);
    again.since = days_ago(7);
    take_with_gap(tenant, again, WHOLE);
    assert_fresh_as_of(tenant, 9, 8);
    again = list_of(DNC_MODE_DELTA, 8);
    again.since = days_ago(9);
    take(tenant, again, WHOLE);
    assert_fresh_as_of(tenant, 3, 0);
}

static void changes_that_begin_after_the_file_before_tell_of_one_never_sent(void **state)
{
    int64_t tenant = tenant_with_a_lead();
    struct dnc_import_options late = list_of(DNC_MODE_DELTA, 5);
    struct dnc_import_options between = list_of(DNC_MODE_DELTA, 6);
    (void)state;

    take(tenant, list_of(DNC_MODE_FULL, 9), "07400123459\n");
    late.since = days_ago(6);
    take_with_gap(tenant, late, WHOLE);
    assert_fresh_as_of(tenant, 9, 5);
    between.since = days_ago(9);
    take(tenant, between, WHOLE);
    assert_fresh_as_of(tenant, 5, 0);
}

/* More than a batch, so that some of it is stored; its sender is gone. */
static void cut_off(int64_t tenant, struct dnc_import_options o)
{
    struct op op = testdb_op(db, tenant);
    struct dnc_import *imp = dnc_import_open(&op, &o);
    struct buf file = {0};

    buf_str(&file, "number,action\n");
    for (int i = 0; i < 10001; i++)
        buf_printf(&file, "+4474000%05d,A\n", i);
    assert_ok(&op, imp && dnc_import_feed(&op, imp, buf_view(&file)));
    op_end(&op);
    buf_free(&file);
}

static void what_was_cut_off_is_sent_again_with_its_day(void **state)
{
    int64_t tenant = tenant_with_a_lead();
    (void)state;

    take(tenant, list_of(DNC_MODE_FULL, 9), "07400123459\n");
    cut_off(tenant, list_of(DNC_MODE_DELTA, 7));
    take_with_gap(tenant, list_of(DNC_MODE_DELTA, 6), WHOLE);
    assert_fresh_as_of(tenant, 9, 7);
    take(tenant, list_of(DNC_MODE_DELTA, 7), WHOLE);
    assert_fresh_as_of(tenant, 6, 0);
}

static void a_whole_list_with_bad_rows_is_a_gap_and_one_refused_is_not(void **state)
{
    int64_t tenant = tenant_with_a_lead();
    struct dnc_import_options small = list_of(DNC_MODE_FULL, 8);
    struct op op = testdb_op(db, tenant);
    (void)state;

    take(tenant, list_of(DNC_MODE_FULL, 9), "07400123459\n07400123458\n07400123457\n");
    struct dnc_import *imp = dnc_import_open(&op, &small);
    assert_ok(&op, imp && dnc_import_feed(&op, imp, STR("07400123459\n")));
    assert_fails(&op, E_VALIDATION_ERROR, dnc_import_finish(&op, imp, &(struct buf){0}));
    op_end(&op);
    take(tenant, list_of(DNC_MODE_DELTA, 7), WHOLE);
    assert_fresh_as_of(tenant, 7, 0);
    take_with_gap(tenant, list_of(DNC_MODE_FULL, 6), "07400123459\n07400123458\n4.47E+11\n");
    take_with_gap(tenant, list_of(DNC_MODE_DELTA, 5), WHOLE);
    assert_fresh_as_of(tenant, 7, 6);
}

static void rows_that_do_not_matter_leave_no_gap(void **state)
{
    int64_t tenant = tenant_with_a_lead();
    struct dnc_import_options meant = list_of(DNC_MODE_DELTA, 7);
    (void)state;

    take(tenant, list_of(DNC_MODE_FULL, 9), "07400123459\n");
    meant.force = true;
    take(tenant, meant, TORN);
    assert_fresh_as_of(tenant, 7, 0);
}

static void the_summary_shows_the_list_and_its_gap(void **state)
{
    int64_t tenant = tenant_with_a_lead();
    struct op op = testdb_op(db, tenant);
    struct scrub_summary *items;
    int n;
    (void)state;

    take(tenant, list_of(DNC_MODE_FULL, 9), "07400123459\n");
    take_with_gap(tenant, list_of(DNC_MODE_DELTA, 7), TORN);
    assert_ok(&op, scrub_summaries(&op, &items, &n));
    assert_int_equal(n, 1);
    assert_string_equal(items[0].registry, TPS);
    assert_string_equal(items[0].country_iso, "GB");
    assert_int_equal(items[0].numbers, 0);
    assert_int_equal(items[0].listed_as_of.us, days_ago(9).us);
    assert_int_equal(items[0].missing_from.us, days_ago(7).us);
    op_end(&op);
}

static void since_goes_with_changes_of_a_registry_and_comes_before_their_day(void **state)
{
    struct op op = testdb_op(db, testdb_tenant(db));
    struct dnc_import_options o = list_of(DNC_MODE_DELTA, 7);
    (void)state;

    o.since = days_ago(7);
    assert_null(dnc_import_open(&op, &o));
    assert_string_equal(op.err.details->key, "since");
    op_end(&op);
    op = testdb_op(db, testdb_tenant(db));
    o = list_of(DNC_MODE_FULL, 7);
    o.since = days_ago(8);
    assert_null(dnc_import_open(&op, &o));
    assert_string_equal(op.err.details->key, "since");
    op_end(&op);
}

static int open_database(void **state)
{
    testdb_setup(state);
    db = *state;
    now_us = clock_now_us();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clean_change_list_after_one_with_bad_rows_does_not_date_the_list),
        cmocka_unit_test(the_same_day_again_may_be_another_file_and_heals_nothing),
        cmocka_unit_test(a_whole_list_of_that_day_or_later_heals),
        cmocka_unit_test(all_changes_since_the_file_before_heal),
        cmocka_unit_test(each_gap_is_healed_by_itself),
        cmocka_unit_test(changes_that_begin_after_the_file_before_tell_of_one_never_sent),
        cmocka_unit_test(what_was_cut_off_is_sent_again_with_its_day),
        cmocka_unit_test(a_whole_list_with_bad_rows_is_a_gap_and_one_refused_is_not),
        cmocka_unit_test(rows_that_do_not_matter_leave_no_gap),
        cmocka_unit_test(the_summary_shows_the_list_and_its_gap),
        cmocka_unit_test(since_goes_with_changes_of_a_registry_and_comes_before_their_day),
    };
    return cmocka_run_group_tests(tests, open_database, testdb_teardown);
}

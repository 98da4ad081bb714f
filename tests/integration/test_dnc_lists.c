/* test_dnc_lists.c - whole lists and changes of lists, registries' answers, everybody's list. */

#include "common/base/clock.h"
#include "common/compliance/platform_list.h"
#include "common/compliance/scrub.h"
#include "common/lead/lead.h"
#include "common/store/db.h"
#include "tests/support/check.h"
#include "tests/support/testdb.h"

#include <stdio.h>
#include <stdlib.h>

static struct testdb *db;

static struct tstamp at(const char *text)
{
    struct tstamp t;

    assert_true(tstamp_parse(str_of(text), &t));
    return t;
}

static struct tstamp days_ago(int days)
{
    return (struct tstamp){clock_now_us() - days * INT64_C(86400000000)};
}

/* Feed all of it and finish; the reply begins as expected. */
static void assert_taken(struct op *op, struct dnc_import *imp, const char *text,
                         const char *expected)
{
    struct buf reply = {0};

    assert_non_null(imp);
    assert_ok(op, dnc_import_feed(op, imp, str_of(text)));
    assert_ok(op, dnc_import_finish(op, imp, &reply));
    if (strncmp(reply.p, expected, strlen(expected)) != 0)
        fail_msg("%s is not %s", reply.p, expected);
    buf_free(&reply);
}

static void take(int64_t tenant, struct dnc_import_options o, const char *text,
                 const char *expected)
{
    struct op op = testdb_op(db, tenant);

    assert_taken(&op, dnc_import_open(&op, &o), text, expected);
    op_end(&op);
}

/* The standing list, by number: "+39.../source/registry ". */
static void assert_list(int64_t tenant, const char *expected)
{
    char *got =
        testdb_sql(db,
                   "SELECT coalesce(string_agg(e164 || '/' || source || '/' || registry, ' ' "
                   "ORDER BY e164, source, registry), '') FROM dnc_entries "
                   "WHERE tenant_id = %lld AND removed_at IS NULL",
                   (long long)tenant);

    assert_string_equal(got, expected);
    free(got);
}

#define TPS "TPS/CTPS"
static const struct dnc_import_options full = {
    .mode = DNC_MODE_FULL, .registry = TPS, .country_iso = "GB"};
static const struct dnc_import_options delta = {
    .mode = DNC_MODE_DELTA, .registry = TPS, .country_iso = "GB"};

static void a_full_file_closes_what_it_does_not_have_and_nothing_of_other_lists(void **state)
{
    int64_t tenant = testdb_tenant(db), other = testdb_tenant(db);
    (void)state;

    take(tenant, full, "07400123456\n07400123457\n07400123458\n", "{\"imported\":3,");
    take(other, full, "07400123456\n", "{\"imported\":1,");
    take(tenant, (struct dnc_import_options){.country_iso = "GB"}, "07400123456\n",
         "{\"imported\":1,");
    take(tenant, (struct dnc_import_options){.registry = "A list of mine", .country_iso = "GB"},
         "07400123457\n", "{\"imported\":1,");
    take(tenant, full, "07400123458\n0044 7400 123459\n",
         "{\"imported\":1,\"updated\":0,\"skipped\":1,\"failed\":0,\"errors\":[],\"notices\":"
         "[{\"code\":\"TAKEN_OFF\",\"column\":\"e164\",\"count\":2}]");
    assert_list(tenant, "+447400123456/manual/ +447400123457/registry/A list of mine "
                        "+447400123458/registry/" TPS " +447400123459/registry/" TPS);
    assert_list(other, "+447400123456/registry/" TPS);
    assert_int_equal(testdb_number(db, "SELECT count(*) FROM dnc_staged"), 0);
}

static void a_file_cut_off_half_way_closes_nothing(void **state)
{
    int64_t tenant = testdb_tenant(db);
    struct op op = testdb_op(db, tenant);
    struct dnc_import *imp;
    struct buf reply = {0};
    (void)state;

    take(tenant, full, "07400123456\n07400123457\n", "{\"imported\":2,");
    imp = dnc_import_open(&op, &full);
    assert_non_null(imp);
    assert_ok(&op, dnc_import_feed(&op, imp, STR("phone,note\n07400123457,x\n07400123459,\"y")));
    assert_fails(&op, E_VALIDATION_ERROR, dnc_import_finish(&op, imp, &reply));
    op_end(&op);
    assert_list(tenant, "+447400123456/registry/" TPS " +447400123457/registry/" TPS);
    buf_free(&reply);
}

static void a_full_file_of_less_than_half_is_refused_unless_it_is_meant(void **state)
{
    int64_t tenant = testdb_tenant(db);
    struct op op = testdb_op(db, tenant);
    struct dnc_import_options meant = full;
    struct dnc_import *imp;
    struct buf reply = {0};
    (void)state;

    take(tenant, full, "07400123456\n07400123457\n07400123458\n", "{\"imported\":3,");
    imp = dnc_import_open(&op, &full);
    assert_non_null(imp);
    assert_ok(&op, dnc_import_feed(&op, imp, STR("07400123456\n")));
    assert_fails(&op, E_VALIDATION_ERROR, dnc_import_finish(&op, imp, &reply));
    assert_string_equal(op.err.details->json, "\"FULL_FILE_SHRINKS\"");
    op_end(&op);
    assert_int_equal(testdb_number(db,
                                   "SELECT count(*) FROM dnc_entries WHERE tenant_id = %lld AND "
                                   "removed_at IS NULL",
                                   (long long)tenant),
                     3);
    meant.force = true;
    take(tenant, meant, "07400123456\n", "{\"imported\":0,\"updated\":0,\"skipped\":1,");
    assert_list(tenant, "+447400123456/registry/" TPS);
    buf_free(&reply);
}

static void a_full_file_with_rows_that_cannot_be_read_takes_nothing_off(void **state)
{
    int64_t tenant = testdb_tenant(db);
    struct dnc_import_options meant = full;
    (void)state;

    take(tenant, full, "07400123456\n07400123457\n07400123458\n", "{\"imported\":3,");
    take(tenant, full, "07400123456\n07400123457\n4.47E+11\n",
         "{\"imported\":0,\"updated\":0,\"skipped\":2,\"failed\":1,");
    assert_int_equal(testdb_number(db,
                                   "SELECT count(*) FROM dnc_entries WHERE tenant_id = %lld AND "
                                   "removed_at IS NULL",
                                   (long long)tenant),
                     3);
    assert_int_equal(testdb_number(db,
                                   "SELECT count(*) FROM dnc_imports WHERE tenant_id = %lld AND "
                                   "finished_at IS NULL",
                                   (long long)tenant),
                     1);
    meant.force = true;
    take(tenant, meant, "07400123456\n07400123457\n4.47E+11\n", "{\"imported\":0,");
    assert_list(tenant, "+447400123456/registry/" TPS " +447400123457/registry/" TPS);
}

static void a_change_list_takes_off_by_its_flag_only_and_its_last_word_counts(void **state)
{
    int64_t tenant = testdb_tenant(db);
    (void)state;

    take(tenant, full, "07400123456\n07400123457\n", "{\"imported\":2,");
    take(tenant, delta,
         "number,action\n07400123456,D\n07400123458,A\n07400123459,+\n07400123459,-\n"
         "07400123450,maybe\n07400123451,\n",
         "{\"imported\":1,\"updated\":0,\"skipped\":2,\"failed\":2,\"errors\":"
         "[{\"line\":6,\"column\":\"action\",\"code\":\"ACTION_INVALID\"");
    assert_list(tenant, "+447400123457/registry/" TPS " +447400123458/registry/" TPS);
}

static void a_change_list_without_actions_is_none(void **state)
{
    struct op op = testdb_op(db, testdb_tenant(db));
    struct dnc_import *imp = dnc_import_open(&op, &delta);
    (void)state;

    assert_non_null(imp);
    assert_false(dnc_import_feed(&op, imp, STR("number,note\n07400123456,x\n"))
                 && dnc_import_finish(&op, imp, &(struct buf){0}));
    assert_int_equal(op.err.code, E_VALIDATION_ERROR);
    assert_string_equal(op.err.details->json, "\"ACTION_COLUMN_MISSING\"");
    op_end(&op);
}

static void no_file_takes_an_opt_out_off(void **state)
{
    int64_t tenant = testdb_tenant(db);
    struct op op = testdb_op(db, tenant);
    (void)state;

    take(tenant, (struct dnc_import_options){.source = "opt_out"}, "+447400123456\n",
         "{\"imported\":1,");
    assert_null(dnc_import_open(
        &op, &(struct dnc_import_options){.source = "opt_out", .mode = DNC_MODE_FULL}));
    assert_int_equal(op.err.code, E_VALIDATION_ERROR);
    op_end(&op);
    take(tenant, delta, "number,action,source\n07400123456,D,opt_out\n07400123456,D,\n",
         "{\"imported\":0,\"updated\":0,\"skipped\":1,\"failed\":1,\"errors\":"
         "[{\"line\":2,\"column\":\"action\",\"code\":\"NOT_OF_THIS_LIST\"");
    take(tenant, full, "07400123458\n", "{\"imported\":1,");
    take(tenant, (struct dnc_import_options){.mode = DNC_MODE_FULL}, "+447400123459\n",
         "{\"imported\":1,");
    assert_list(tenant,
                "+447400123456/opt_out/ +447400123458/registry/" TPS " +447400123459/manual/");
}

static void options_that_do_not_go_together_are_told_at_once(void **state)
{
    struct op op = testdb_op(db, testdb_tenant(db));
    (void)state;

    assert_null(dnc_import_open(
        &op, &(struct dnc_import_options){.source = "opt_out",
                                          .mode = DNC_MODE_DELTA,
                                          .registry = "X",
                                          .scrubbed_at = at("2999-01-01T00:00:00Z")}));
    assert_int_equal(op.err.code, E_VALIDATION_ERROR);
    const struct detail *d = op.err.details;
    assert_string_equal(d->key, "mode");
    assert_string_equal(d->next->key, "registry");
    assert_string_equal(d->next->next->key, "scrubbed_at");
    op_end(&op);
}

static int64_t entry_of(int64_t tenant, const char *e164)
{
    return testdb_number(
        db,
        "SELECT id FROM dnc_entries WHERE tenant_id = %lld AND e164 = '%s' AND removed_at IS NULL",
        (long long)tenant, e164);
}

static void what_a_person_took_off_stays_off_what_a_file_took_off_may_return(void **state)
{
    int64_t tenant = testdb_tenant(db);
    struct dnc_import_options all = {.mode = DNC_MODE_FULL};
    struct op op = testdb_op(db, tenant);
    (void)state;

    take(tenant, all, "+447400123456\n+447400123457\n+447400123458\n", "{\"imported\":3,");
    assert_ok(&op, dnc_remove(&op, entry_of(tenant, "+447400123456"), "typed by mistake"));
    op_end(&op);
    take(tenant, all, "+447400123458\n", "{\"imported\":0,");
    take(tenant, all, "+447400123456\n+447400123457\n+447400123458\n", "{\"imported\":1,");
    assert_list(tenant, "+447400123457/manual/ +447400123458/manual/");
    char *why =
        testdb_sql(db,
                   "SELECT removed_reason || ' ' || (removed_by IS NOT NULL) FROM dnc_entries "
                   "WHERE tenant_id = %lld AND e164 = '+447400123456'",
                   (long long)tenant);
    assert_string_equal(why, "typed by mistake true");
    free(why);
}

static void an_opt_out_goes_only_with_a_reason_and_leaves_a_tombstone(void **state)
{
    int64_t tenant = testdb_tenant(db);
    struct dnc_entry e = {.e164 = "+447400123456", .source = DNC_OPT_OUT};
    struct op op = testdb_op(db, tenant);
    (void)state;

    assert_ok(&op, dnc_add(&op, &e));
    assert_fails(&op, E_PERMISSION_DENIED, dnc_remove(&op, e.id, NULL));
    op_forgive(&op);
    assert_fails(&op, E_PERMISSION_DENIED, dnc_remove(&op, e.id, "a mistake"));
    op_forgive(&op);
    assert_ok(&op, dnc_remove(&op, e.id, "they asked to be called again"));
    assert_int_equal(
        testdb_number(
            db,
            "SELECT count(*) FROM dnc_entries WHERE tenant_id = %lld AND removed_at IS NOT NULL"
            " AND removed_by = 'req_test' AND removed_reason = 'they asked to be called again'",
            (long long)tenant),
        1);
    op_end(&op);
}

static void the_us_registrys_two_columns_are_one_number(void **state)
{
    int64_t tenant = testdb_tenant(db);
    struct dnc_import_options us = {.registry = "National DNC Registry",
                                    .country_iso = "US",
                                    .scrubbed_at = at("2026-01-01T10:00:00Z")};
    (void)state;

    take(tenant, us, "212,5550123\n213,5550124\n", "{\"imported\":2,");
    take(tenant, us, "Area Code,Number\n214,5550125\n", "{\"imported\":1,");
    us.mode = DNC_MODE_DELTA;
    us.scrubbed_at = at("2026-01-03T10:00:00Z");
    take(tenant, us, "2125550123,D,2026-01-02\n", "{\"imported\":0,");
    assert_list(tenant, "+12135550124/registry/National DNC Registry "
                        "+12145550125/registry/National DNC Registry");
}

/* ---- answers ------------------------------------------------------------- */

static void answer(int64_t tenant, struct scrub_answer a, const char *text, const char *expected)
{
    struct op op = testdb_op(db, tenant);

    assert_taken(&op, scrub_answer_open(&op, &a), text, expected);
    op_end(&op);
}

static void assert_scrubbed(int64_t tenant, const char *registry, int n)
{
    assert_int_equal(testdb_number(db,
                                   "SELECT count(*) FROM registry_scrubs WHERE tenant_id = %lld "
                                   "AND registry = '%s'",
                                   (long long)tenant, registry),
                     n);
}

static void a_cleaned_list_may_be_called_again_and_takes_its_numbers_off_the_registrys(void **state)
{
    int64_t tenant = testdb_tenant(db);
    struct scrub_answer a = {.country_iso = "IT", .scrubbed_at = days_ago(2), .listed = true};
    (void)state;

    answer(tenant, a, "3491234567\n3491234568\n", "{\"imported\":2,");
    assert_list(tenant, "+393491234567/registry/RPO +393491234568/registry/RPO");
    a = (struct scrub_answer){.country_iso = "IT", .scrubbed_at = days_ago(1)};
    answer(tenant, a, "3491234567\n3491234569\n",
           "{\"imported\":0,\"updated\":0,\"skipped\":1,\"failed\":0,\"errors\":[],\"notices\":"
           "[{\"code\":\"TAKEN_OFF\",\"column\":\"e164\",\"count\":1}]");
    assert_list(tenant, "+393491234568/registry/RPO");
    assert_scrubbed(tenant, "RPO", 3);
    /* An older answer knows nothing of what was listed later. */
    a.scrubbed_at = days_ago(3);
    answer(tenant, a, "3491234568\n", "{\"imported\":0,");
    assert_list(tenant, "+393491234568/registry/RPO");
}

static void an_older_answer_takes_nothing_off_that_a_newer_one_has_confirmed(void **state)
{
    int64_t tenant = testdb_tenant(db);
    struct scrub_answer a = {.country_iso = "IT", .listed = true, .scrubbed_at = days_ago(3)};
    (void)state;

    answer(tenant, a, "3491234567\n3491234568\n", "{\"imported\":2,");
    a.scrubbed_at = days_ago(1);
    answer(tenant, a, "3491234567\n", "{\"imported\":0,");
    a = (struct scrub_answer){.country_iso = "IT", .scrubbed_at = days_ago(2)};
    answer(tenant, a, "3491234567\n3491234568\n", "{\"imported\":0,");
    assert_list(tenant, "+393491234567/registry/RPO");
}

static void every_lead_is_on_record_however_many_they_are(void **state)
{
    int64_t tenant = testdb_tenant(db), n;
    struct op op = testdb_op(db, tenant);
    (void)state;

    free(testdb_sql(db,
                    "INSERT INTO leads (tenant_id, name, phone, country_iso) SELECT %lld, 'Lead', "
                    "'+3934900' || 10000 + i, 'IT' FROM generate_series(1, 20001) i",
                    (long long)tenant));
    assert_ok(&op, scrub_record(&op, "IT", days_ago(1), &n));
    assert_int_equal(n, 20001);
    assert_scrubbed(tenant, "RPO", 20001);
    op_end(&op);
}

static void outcomes_say_who_is_listed(void **state)
{
    int64_t tenant = testdb_tenant(db);
    struct scrub_answer a = {.country_iso = "AU", .scrubbed_at = days_ago(1)};
    (void)state;

    answer(tenant, a, "number,result\n0412345678,Y\n0412345679,N\n0412345670,I\n0412345671,?\n",
           "{\"imported\":1,\"updated\":0,\"skipped\":1,\"failed\":2,\"errors\":"
           "[{\"line\":4,\"column\":\"outcome\",\"code\":\"NUMBER_UNKNOWN_TO_REGISTRY\"");
    assert_list(tenant, "+61412345678/registry/Do Not Call Register");
    assert_scrubbed(tenant, "Do Not Call Register", 2);
}

static void an_answer_too_old_to_help_says_so_and_one_from_the_future_is_none(void **state)
{
    int64_t tenant = testdb_tenant(db);
    struct op op = testdb_op(db, tenant);
    struct scrub_answer a = {.country_iso = "IT", .scrubbed_at = days_ago(16)};
    (void)state;

    answer(tenant, a, "3491234567\n",
           "{\"imported\":0,\"updated\":0,\"skipped\":1,\"failed\":0,\"errors\":[],\"notices\":"
           "[{\"code\":\"SCRUB_EXPIRED\"");
    a = (struct scrub_answer){
        .country_iso = "IT", .registry = "TPS/CTPS", .scrubbed_at = at("2999-01-01T00:00:00Z")};
    assert_null(scrub_answer_open(&op, &a));
    assert_int_equal(op.err.code, E_VALIDATION_ERROR);
    assert_string_equal(op.err.details->key, "registry");
    assert_string_equal(op.err.details->next->key, "scrubbed_at");
    op_forgive(&op);
    a = (struct scrub_answer){.country_iso = "DE", .scrubbed_at = days_ago(1)};
    assert_null(scrub_answer_open(&op, &a));
    assert_int_equal(op.err.code, E_VALIDATION_ERROR);
    op_end(&op);
}

static void the_summary_says_until_when_it_holds(void **state)
{
    int64_t tenant = testdb_tenant(db);
    struct op op = testdb_op(db, tenant);
    struct scrub_summary *items;
    int n;
    (void)state;

    answer(tenant, (struct scrub_answer){.country_iso = "IT", .scrubbed_at = days_ago(16)},
           "3491234567\n", "{");
    answer(tenant, (struct scrub_answer){.country_iso = "IT", .scrubbed_at = days_ago(5)},
           "3491234568\n", "{");
    assert_ok(&op, scrub_summaries(&op, &items, &n));
    assert_int_equal(n, 1);
    assert_string_equal(items[0].registry, "RPO");
    assert_string_equal(items[0].country_iso, "IT");
    assert_int_equal(items[0].numbers, 2);
    assert_int_equal(items[0].valid_numbers, 1);
    assert_int_equal((items[0].next_expiry.us - items[0].newest.us) / 86400000000, 15);
    op_end(&op);
}

static void new_lead(struct op *op, const char *phone, const char *country)
{
    struct lead l = {.name = "Lead", .phone = phone, .country_iso = country};

    assert_ok(op, lead_create(op, &l));
}

static void leads_are_compared_with_the_registry_as_it_was_imported(void **state)
{
    int64_t tenant = testdb_tenant(db);
    struct op op = testdb_op(db, tenant);
    struct dnc_import_options list = full;
    struct scrub_run run;
    (void)state;

    new_lead(&op, "+447400123456", "GB");
    new_lead(&op, "+447400123457", "GB");
    new_lead(&op, "+393491234567", "IT");
    assert_fails(&op, E_INVALID_STATE, scrub_run(&op, TPS, &run));
    op_end(&op);
    list.scrubbed_at = days_ago(3);
    take(tenant, list, "07400123456\n07400123458\n", "{\"imported\":2,");
    op = testdb_op(db, tenant);
    assert_ok(&op, scrub_run(&op, TPS, &run));
    assert_int_equal(run.compared, 2);
    assert_int_equal(run.listed, 1);
    assert_int_equal(run.at.us, list.scrubbed_at.us);
    assert_scrubbed(tenant, TPS, 2);
    op_end(&op);
}

/* ---- everybody's list ---------------------------------------------------- */

static void everybodys_list_is_kept_with_reasons_and_seen_by_no_tenant(void **state)
{
    int64_t tenant = testdb_tenant(db);
    struct op op = testdb_op(db, 0);
    struct platform_entry e = {.e164 = "+393499999999", .reason = "court order"}, *page;
    int n;
    (void)state;

    assert_ok(&op, platform_list_add(&op, &e));
    assert_fails(&op, E_ALREADY_EXISTS, platform_list_add(&op, &e));
    op_end(&op);
    op = testdb_op(db, 0);
    assert_fails(&op, E_VALIDATION_ERROR, platform_list_remove(&op, "+393499999999", ""));
    op_forgive(&op);
    assert_ok(&op, platform_list_page(&op, "", 10, &page, &n));
    assert_int_equal(n, 1);
    assert_string_equal(page[0].reason, "court order");
    assert_list(tenant, "");
    assert_ok(&op, platform_list_remove(&op, "+393499999999", "lifted"));
    assert_fails(&op, E_DNC_ENTRY_NOT_FOUND, platform_list_remove(&op, "+393499999999", "lifted"));
    op_end(&op);
    assert_int_equal(testdb_number(db, "SELECT count(*) FROM platform_dnc_removed WHERE e164 = "
                                       "'+393499999999' AND reason = 'court order' AND "
                                       "removed_reason = 'lifted'"),
                     1);
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
        cmocka_unit_test(a_full_file_closes_what_it_does_not_have_and_nothing_of_other_lists),
        cmocka_unit_test(a_file_cut_off_half_way_closes_nothing),
        cmocka_unit_test(a_full_file_of_less_than_half_is_refused_unless_it_is_meant),
        cmocka_unit_test(a_full_file_with_rows_that_cannot_be_read_takes_nothing_off),
        cmocka_unit_test(a_change_list_takes_off_by_its_flag_only_and_its_last_word_counts),
        cmocka_unit_test(a_change_list_without_actions_is_none),
        cmocka_unit_test(no_file_takes_an_opt_out_off),
        cmocka_unit_test(options_that_do_not_go_together_are_told_at_once),
        cmocka_unit_test(what_a_person_took_off_stays_off_what_a_file_took_off_may_return),
        cmocka_unit_test(an_opt_out_goes_only_with_a_reason_and_leaves_a_tombstone),
        cmocka_unit_test(the_us_registrys_two_columns_are_one_number),
        cmocka_unit_test(
            a_cleaned_list_may_be_called_again_and_takes_its_numbers_off_the_registrys),
        cmocka_unit_test(an_older_answer_takes_nothing_off_that_a_newer_one_has_confirmed),
        cmocka_unit_test(every_lead_is_on_record_however_many_they_are),
        cmocka_unit_test(outcomes_say_who_is_listed),
        cmocka_unit_test(an_answer_too_old_to_help_says_so_and_one_from_the_future_is_none),
        cmocka_unit_test(the_summary_says_until_when_it_holds),
        cmocka_unit_test(leads_are_compared_with_the_registry_as_it_was_imported),
        cmocka_unit_test(everybodys_list_is_kept_with_reasons_and_seen_by_no_tenant),
    };
    return cmocka_run_group_tests(tests, open_database, testdb_teardown);
}

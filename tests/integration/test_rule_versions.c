/* test_rule_versions.c - a country's rules as versions: which holds on a day, and which may follow.
 */

#include "common/compliance/compliance.h"
#include "queries.h"
#include "tests/support/check.h"
#include "tests/support/plan.h"

#include <pthread.h>
#include <stdlib.h>

#define TEST(f) cmocka_unit_test_setup_teardown(f, testdb_setup, testdb_teardown)

#define FORM(...) \
    (struct country_rule) \
    { \
        .enabled = true, .dnc_check_required = true, .country_iso = "FR", __VA_ARGS__ \
    }

static struct tstamp at(const char *text)
{
    struct tstamp t = {0};

    assert_true(tstamp_parse(str_of(text), &t));
    return t;
}

/* A day by the clock of Paris, so many days from today. */
static const char *day(struct testdb *db, struct op *op, int days)
{
    char *text = testdb_sql(db, "SELECT (now() AT TIME ZONE 'Europe/Paris')::date + %d", days);
    const char *kept = arena_strdup(&op->arena, text);

    free(text);
    return kept;
}

static int64_t put(struct op *op, struct country_rule r)
{
    assert_ok(op, rule_put(op, &r));
    return r.id;
}

static const char *complaint(struct op *op, const char *key)
{
    for (const struct detail *d = op->err.details; d; d = d->next)
        if (strcmp(d->key, key) == 0)
            return d->json;
    return NULL;
}

static void a_list_shows_the_law_of_a_day(void **state)
{
    struct testdb *db = *state;
    struct op op = testdb_op(db, testdb_tenant(db));
    struct country_rule *items;
    int n;

    assert_ok(&op, rule_list(&op, "2026-08-10", "FR", &items, &n));
    assert_int_equal(n, 1);
    assert_string_equal(items[0].scope, "platform");
    assert_string_equal(items[0].effective_to, "2026-08-10");
    assert_int_equal(items[0].version, 1);
    assert_true(items[0].review_required);
    assert_non_null(strstr(items[0].sources.text, "FR-"));
    assert_ok(&op, rule_list(&op, "2026-08-11", "FR", &items, &n));
    assert_int_equal(items[0].version, 2);
    assert_string_equal(items[0].effective_from, "2026-08-11");
    assert_null(items[0].effective_to);
    assert_ok(&op, rule_versions(&op, "FR", &items, &n));
    assert_int_equal(n, 2);
    assert_int_equal(items[0].version, 2);
    assert_ok(&op, rule_list(&op, NULL, NULL, &items, &n));
    assert_int_equal(n, 18);
    op_end(&op);
}

static void what_begins_today_replaces_and_what_begins_later_follows(void **state)
{
    struct testdb *db = *state;
    struct op op = testdb_op(db, testdb_tenant(db));
    struct country_rule *items;
    int n;

    int64_t first = put(&op, FORM(.disclosure_text = NULL));
    int64_t second = put(&op, FORM(.require_explicit_consent = true));
    int64_t third = put(&op, FORM(.effective_from = day(db, &op, 10)));
    assert_ok(&op, rule_versions(&op, "FR", &items, &n));
    assert_int_equal(n, 5);
    assert_int_equal(items[0].id, third);
    assert_int_equal(items[0].version, 3);
    assert_int_equal(items[1].id, second);
    assert_string_equal(items[1].effective_to, day(db, &op, 9));
    assert_int_equal(items[1].superseded_at.us, 0);
    assert_int_equal(items[2].id, first);
    assert_true(items[2].superseded_at.us > 0);
    for (int days = 0; days < 12; days += 3) {
        assert_ok(&op, rule_list(&op, day(db, &op, days), "FR", &items, &n));
        assert_int_equal(n, 2);
        assert_string_equal(items[0].scope, "tenant");
        assert_int_equal(items[0].id, days < 10 ? second : third);
    }
    op_end(&op);
}

static int64_t tenants_rule(struct op *op, const char *instant)
{
    struct country_rules rules;

    assert_ok(op, rules_in_force(op, "{FR}", at(instant), &rules));
    for (int i = 0; i < rules.n; i++)
        if (!rules.items[i].platform)
            return rules.items[i].id;
    return 0;
}

static void the_local_day_of_the_rules_zone_chooses(void **state)
{
    struct testdb *db = *state;
    struct op op = testdb_op(db, testdb_tenant(db));

    int64_t paris = put(&op, FORM(.effective_from = "2027-06-01", .effective_to = "2027-06-30"));
    int64_t fiji = put(&op, FORM(.effective_from = "2027-07-01", .effective_to = "2027-07-01",
                                 .timezone = "Pacific/Fiji")); /* +12 */
    assert_int_equal(tenants_rule(&op, "2027-05-31T21:59:59Z"), 0);
    assert_int_equal(tenants_rule(&op, "2027-05-31T22:00:00Z"), paris);
    assert_int_equal(tenants_rule(&op, "2027-06-30T11:59:59Z"), paris);
    assert_int_equal(tenants_rule(&op, "2027-07-01T11:59:59Z"), fiji);
    assert_int_equal(tenants_rule(&op, "2027-07-01T12:00:00Z"), 0);
    op_end(&op);
}

static void a_replaced_version_counts_until_it_was_replaced(void **state)
{
    struct testdb *db = *state;
    struct op op = testdb_op(db, testdb_tenant(db));

    int64_t first = put(&op, FORM(.require_disclosure = true));
    char *before = testdb_sql(db, "SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', "
                                  "'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')");
    int64_t second = put(&op, FORM(.require_disclosure = false));
    char *after = testdb_sql(db, "SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', "
                                 "'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')");
    assert_int_equal(tenants_rule(&op, before), first);
    assert_int_equal(tenants_rule(&op, after), second);
    free(before);
    free(after);
    op_end(&op);
}

static void versions_that_overlap_are_refused(void **state)
{
    struct testdb *db = *state;
    struct op op = testdb_op(db, testdb_tenant(db));
    struct country_rule r = FORM(.effective_from = "2027-03-01", .effective_to = "2027-03-31");

    put(&op, r);
    r = FORM(.require_disclosure = true); /* open, from today: into March */
    assert_fails(&op, E_RULE_OVERLAPS, rule_put(&op, &r));
    assert_non_null(complaint(&op, "effective_from"));
    op_end(&op);
    op = testdb_op(db, op.tenant_id);
    r = FORM(.effective_from = "2027-03-31", .effective_to = "2027-04-30");
    assert_fails(&op, E_RULE_OVERLAPS, rule_put(&op, &r));
    op_end(&op);
    op = testdb_op(db, op.tenant_id);
    put(&op, FORM(.effective_to = "2027-02-28"));
    put(&op, FORM(.effective_from = "2027-04-01"));
    put(&op, FORM(.effective_from = "2027-03-01", .effective_to = "2027-03-15")); /* the same day */
    assert_int_equal(
        testdb_number(db, "SELECT count(*) FROM country_rules WHERE superseded_at IS NULL"), 3);
    op_end(&op);
}

static void everything_wrong_is_said_at_once(void **state)
{
    struct testdb *db = *state;
    struct op op = testdb_op(db, testdb_tenant(db));
    struct country_rule r =
        FORM(.effective_from = "2020-01-01", .quiet_hours_enabled = true,
             .quiet_hours = "23:00-05:00", .timezone = "Europe/Paris",
             .data_retention_days = {true, 30000}, .disclosure_text = "Hello {{nobody}}",
             .extended = {
                 "{\"call_windows\":{\"mon\":[[\"09:00\",\"12:00\"],[\"11:00\",\"13:00\"]]},"
                 "\"holidays\":{\"dates\":[\"2026-02-30\"]},\"timezones\":[\"Mars/Base\"],"
                 "\"attempt_caps\":[{\"max\":0}],\"loosenable_fields\":[\"quiet_hours\"],"
                 "\"new_law\":1,\"consent\":{\"b2c\":{\"regime\":\"sometimes\"}}}"});
    static const char *const keys[] = {"effective_from",
                                       "quiet_hours",
                                       "data_retention_days",
                                       "disclosure_text",
                                       "sources",
                                       "extended.call_windows",
                                       "extended.holidays",
                                       "extended.timezones",
                                       "extended.attempt_caps",
                                       "extended.new_law",
                                       "extended.consent",
                                       "extended.loosenable_fields"};

    assert_fails(&op, E_VALIDATION_ERROR, rule_put(&op, &r));
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        if (!complaint(&op, keys[i]))
            fail_msg("no complaint about %s", keys[i]);
    assert_int_equal(testdb_number(db, "SELECT count(*) FROM country_rules"), 0);
    op_end(&op);
}

static void windows_that_cannot_be_are_refused(void **state)
{
    struct testdb *db = *state;
    static const char *const windows[] = {
        "{}",
        "{\"mon\":[[\"09:00\",\"09:00\"]]}",
        "{\"mon\":[[\"09:00\",\"08:00\"]]}",
        "{\"mon\":[[\"09:00\"]]}",
        "{\"lun\":[]}",
        "{\"mon\":\"09:00-20:00\"}",
        "[]",
        "{\"mon\":[[\"09:00\",\"12:00\"],[\"11:59\",\"13:00\"]]}"};

    for (size_t i = 0; i < ARRAY_LEN(windows); i++) {
        struct op op = testdb_op(db, testdb_tenant(db));
        struct country_rule r =
            FORM(.quiet_hours_enabled = true, .timezone = "Europe/Paris", .sources = {"[\"ours\"]"},
                 .extended = {arena_printf(&op.arena, "{\"call_windows\":%s}", windows[i])});
        assert_fails(&op, E_VALIDATION_ERROR, rule_put(&op, &r));
        assert_non_null(complaint(&op, "extended.call_windows"));
        op_end(&op);
    }
}

static void a_tenants_own_windows_close_what_the_law_leaves_open(void **state)
{
    struct testdb *db = *state;
    struct op op = testdb_op(db, testdb_tenant(db));
    struct country_rules rules;
    struct country_rule r =
        FORM(.quiet_hours_enabled = true, .timezone = "Europe/Paris", .sources = {"[\"ours\"]"},
             .extended = {
                 "{\"call_windows\":{\"mon\":[[\"15:00\",\"16:00\"]]},"
                 "\"attempt_caps\":[{\"max\":1,\"period_days\":7,\"unit\":\"calendar_day\"}]}"});

    put(&op, r);
    assert_ok(&op,
              rules_in_force(&op, "{FR}", (struct tstamp){at("2027-01-01T00:00:00Z").us}, &rules));
    assert_int_equal(rules.n, 2);
    const struct law *law = rules.items[rules.items[0].platform].law;
    assert_null(law->not_understood);
    assert_true(law->times.week_set);
    assert_int_equal(law->times.n_caps, 1);
    op_end(&op);
}

static void a_tenants_rule_takes_nothing_off_its_own_list(void **state)
{
    struct testdb *db = *state;
    struct op op = testdb_op(db, testdb_tenant(db));
    static const char number[] = "+4930123456";
    struct lead lead = {.country_iso = "DE",
                        .consent_basis = "consent",
                        .consent_status = CONSENT_GRANTED,
                        .consent_date = at("2026-11-01T00:00:00Z"),
                        .consent_source = "form",
                        .metadata = {"{\"consent_channels\":[\"automated_voice\"]}"}};
    struct compliance_question q = {
        .to_number = number, .at = at("2026-12-15T11:00:00Z"), .lead = &lead};
    struct compliance_answer a;

    assert_ok(&op, compliance_ask(&op, &q, &a));
    assert_int_equal(a.verdict.code, CC_NONE);
    free(testdb_sql(db,
                    "INSERT INTO dnc_entries (tenant_id, e164, source, created_at) "
                    "VALUES (%lld, '%s', 'registry', '2026-01-01')",
                    (long long)op.tenant_id, number));
    assert_ok(&op, compliance_ask(&op, &q, &a));
    assert_int_equal(a.verdict.code, CC_DNC_INTERNAL);
    put(&op, FORM(.dnc_registry_enabled = true, .sources = {"[\"ours\"]"},
                  .extended = {"{\"dnc\":{\"registry\":\"Ours\",\"registry_enforcement\":\"warn\","
                               "\"consent_overrides_registry\":\"any\"},"
                               "\"consent\":{\"b2c\":{\"regime\":\"opt_out\"}}}"}));
    free(testdb_sql(db,
                    "SET session_replication_role = replica;"
                    "UPDATE country_rules SET country_iso = 'DE', effective_from = '2026-01-01'"));
    assert_ok(&op, compliance_ask(&op, &q, &a));
    assert_int_equal(a.verdict.code, CC_DNC_INTERNAL);
    assert_true(a.tenant_rule_id > 0);
    op_end(&op);
}

static void a_text_that_says_too_little_is_kept_and_not_spoken(void **state)
{
    struct testdb *db = *state;
    struct op op = testdb_op(db, testdb_tenant(db));
    struct compliance_question q = {
        .to_number = "+33123456789", .at = at("2027-01-12T10:30:00Z"), .advisory = true};
    struct compliance_answer a;

    put(&op, FORM(.disclosure_text = "..."));
    assert_ok(&op, compliance_ask(&op, &q, &a));
    assert_string_not_equal(a.verdict.disclosure_text, "...");
    assert_true(a.verdict.warnings & CODE_BIT(CW_OVERRIDE_LOOSENING_IGNORED));
    put(&op, FORM(.disclosure_text = "The AI of {{company_name}} calls"));
    assert_ok(&op, compliance_ask(&op, &q, &a));
    assert_string_equal(a.verdict.disclosure_text, "The AI of {{company_name}} calls");
    assert_false(a.verdict.warnings & CODE_BIT(CW_OVERRIDE_LOOSENING_IGNORED));
    op_end(&op);
}

struct writer {
    struct testdb *db;
    int64_t tenant;
    pthread_barrier_t *together;
};

static void *write_rule(void *arg)
{
    struct writer *w = arg;
    struct op op = testdb_op(w->db, w->tenant);
    struct country_rule r = FORM(.require_disclosure = true);

    pthread_barrier_wait(w->together);
    if (!rule_put(&op, &r))
        abort();
    op_end(&op);
    return NULL;
}

static void writers_at_once_leave_one_version_standing(void **state)
{
    struct testdb *db = *state;
    pthread_barrier_t together;
    pthread_t threads[6];
    struct writer w = {db, testdb_tenant(db), &together};

    pthread_barrier_init(&together, NULL, ARRAY_LEN(threads));
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_rule, &w), 0);
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&together);
    assert_int_equal(testdb_number(db, "SELECT max(version) FROM country_rules"), 6);
    assert_int_equal(testdb_number(db, "SELECT version FROM country_rules "
                                       "WHERE superseded_at IS NULL"),
                     6);
    assert_int_equal(testdb_number(db, "SELECT count(*) FROM country_rules"), 6);
}

static void a_version_is_closed_but_never_edited(void **state)
{
    struct testdb *db = *state;
    struct op op = testdb_op(db, testdb_tenant(db));

    put(&op, FORM(.require_disclosure = true));
    free(testdb_sql(db, "DO $$ BEGIN UPDATE country_rules SET require_disclosure = false;"
                        " RAISE 'edited'; EXCEPTION WHEN restrict_violation THEN NULL; END $$;"
                        "DO $$ BEGIN DELETE FROM country_rules;"
                        " RAISE 'deleted'; EXCEPTION WHEN restrict_violation THEN NULL; END $$;"
                        "UPDATE country_rules SET effective_to = '2099-01-01'"));
    op_end(&op);
}

/* As the product's sessions plan it, for one of many tenants with many versions. */
static void the_rules_in_force_are_found_by_an_index(void **state)
{
    struct testdb *db = *state;
    struct op op = testdb_op(db, testdb_tenant(db));

    for (int i = 0; i < 20; i++)
        testdb_tenant(db);
    free(testdb_sql(db,
                    "INSERT INTO country_rules (tenant_id, country_iso, version, effective_from)"
                    " SELECT t.id, 'FR', i, '2020-01-01'::date + i FROM tenants t,"
                    " generate_series(1, 500) i; ANALYZE country_rules"));
    const char *plan = plan_of(db, &op, &SQL_RULES_IN_FORCE,
                               ARGS({"countries", "{FR}"}, {"at", "2027-01-01T12:00:00Z"}));
    assert_false(plan_reads_all(plan));
    assert_non_null(strstr(plan, "\"country_rules_"));
    op_end(&op);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_list_shows_the_law_of_a_day),
        TEST(what_begins_today_replaces_and_what_begins_later_follows),
        TEST(the_local_day_of_the_rules_zone_chooses),
        TEST(a_replaced_version_counts_until_it_was_replaced),
        TEST(versions_that_overlap_are_refused),
        TEST(everything_wrong_is_said_at_once),
        TEST(windows_that_cannot_be_are_refused),
        TEST(a_tenants_own_windows_close_what_the_law_leaves_open),
        TEST(a_tenants_rule_takes_nothing_off_its_own_list),
        TEST(a_text_that_says_too_little_is_kept_and_not_spoken),
        TEST(writers_at_once_leave_one_version_standing),
        TEST(a_version_is_closed_but_never_edited),
        TEST(the_rules_in_force_are_found_by_an_index),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

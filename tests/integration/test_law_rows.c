/*
 * test_law_rows.c - the law as the database has it: every rule is understood, and lists,
 * scrubs and the past reach the decision.
 */

#include "common/compliance/compliance.h"
#include "common/compliance/scrub.h"
#include "tests/support/scene.h"

/* A Wednesday at noon in Rome and Paris, before every law that changes later. */
static const char *const noon = "2026-12-09T11:00:00Z";

static struct tstamp at(const char *text)
{
    struct tstamp t = {0};

    assert_true(tstamp_parse(str_of(text), &t));
    return t;
}

static const struct lead willing = {
    .country_iso = "IT",
    .consent_basis = "consent",
    .consent_status = CONSENT_GRANTED,
    .consent_date = {1764547200000000}, /* 2025-12-01 */
    .consent_source = "form",
    .metadata = {"{\"consent_channels\":[\"automated_voice\"]}"},
};

static struct compliance_answer ask(struct op *op, const char *number, const char *country)
{
    struct compliance_answer a;
    struct lead lead = willing;

    lead.country_iso = country;
    assert_ok(op, compliance_ask(op,
                                 &(struct compliance_question){
                                     .to_number = number, .at = at(noon), .lead = &lead},
                                 &a));
    return a;
}

static void assert_code(struct op *op, const char *number, const char *country, const char *code)
{
    const char *got = compliance_code_name(ask(op, number, country).verdict.code);

    assert_string_equal(got ? got : "none", code);
}

static void every_rule_of_the_database_is_understood(void **state)
{
    struct testdb *db = *state;
    struct op op = testdb_op(db, testdb_tenant(db));
    struct country_rules rules;
    /* Before and after the changes of June and August. */
    static const char *const days[] = {"2026-02-01T12:00:00Z", "2026-07-15T12:00:00Z",
                                       "2026-12-01T12:00:00Z"};

    for (size_t d = 0; d < ARRAY_LEN(days); d++) {
        assert_ok(&op, rules_in_force(&op, NULL, at(days[d]), &rules));
        assert_int_equal(rules.n, 18);
        for (int i = 0; i < rules.n; i++) {
            const struct law *law = rules.items[i].law;
            if (law->not_understood || law->times.invalid)
                fail_msg("%s: %s", law->country_iso, law->not_understood);
            for (int s = 0; s < law->n_subs; s++)
                assert_false(law->subs[s].times.invalid);
            assert_true(law->times.calendar.n > 0);
            assert_true(law->disclosure.valid && law->recording.valid);
        }
    }
    op_end(&op);
}

static void a_number_is_callable_for_so_long_after_it_was_compared(void **state)
{
    struct testdb *db = *state;
    struct op op = testdb_op(db, testdb_tenant(db));
    struct lead lead = willing;
    int64_t n;

    lead.name = "Lead";
    lead.phone = "+393491234567";
    assert_ok(&op, lead_create(&op, &lead));
    assert_code(&op, lead.phone, "IT", "DNC_REGISTRY_STALE");
    assert_fails(&op, E_VALIDATION_ERROR, scrub_record(&op, NULL, at("2999-01-01T00:00:00Z"), &n));
    op_forgive(&op);
    assert_ok(&op, scrub_record(&op, "FR", (struct tstamp){0}, &n));
    assert_int_equal(n, 0);
    assert_ok(&op, scrub_record(&op, "IT", at("2026-01-01T00:00:00Z"), &n));
    assert_int_equal(n, 1);
    assert_code(&op, lead.phone, "IT", "DNC_REGISTRY_STALE");
    free(testdb_sql(db, "UPDATE registry_scrubs SET scrubbed_at = '2026-11-24T11:00:01Z'"));
    assert_code(&op, lead.phone, "IT", "none");
    free(testdb_sql(db, "UPDATE registry_scrubs SET scrubbed_at = '2026-11-24T11:00:00Z'"));
    assert_code(&op, lead.phone, "IT", "DNC_REGISTRY_STALE");
    op_end(&op);
}

static void the_lists_reach_the_decision_by_their_names(void **state)
{
    struct testdb *db = *state;
    int64_t tenant = testdb_tenant(db), other = testdb_tenant(db);
    struct op op = testdb_op(db, tenant);
    const char *number = "+33123456789";

    assert_code(&op, number, "FR", "none");
    free(testdb_sql(db, "INSERT INTO dnc_entries (tenant_id, e164) VALUES (%lld, '%s')",
                    (long long)other, number));
    assert_code(&op, number, "FR", "none");
    free(testdb_sql(db,
                    "INSERT INTO dnc_entries (tenant_id, e164, source) VALUES "
                    "(%lld, '%s', 'registry'), (%lld, '%s', 'manual')",
                    (long long)tenant, number, (long long)tenant, number));
    assert_code(&op, number, "FR", "DNC_INTERNAL");
    free(testdb_sql(db, "INSERT INTO platform_dnc_entries (e164, source) VALUES ('%s', 'opt_out')",
                    number));
    assert_code(&op, number, "FR", "DNC_OPT_OUT");
    op_end(&op);
}

/* Attempts of the tenant's to this number, whatever campaign they were of. */
static void attempt(struct testdb *db, int64_t tenant, const char *number, const char *when,
                    const char *disposition)
{
    free(testdb_sql(
        db,
        "WITH s AS (INSERT INTO scheduled_calls (tenant_id, to_number, scheduled_at, status) "
        "VALUES (%lld, '%s', now(), 'done') RETURNING id), "
        "k AS (INSERT INTO calls (tenant_id, call_id, scheduled_call_id, to_number, disposition) "
        "SELECT %lld, 'call_' || s.id, s.id, '%s', %s FROM s RETURNING id, scheduled_call_id) "
        "INSERT INTO call_attempts (id, tenant_id, scheduled_call_id, call_id, n, state, provider, "
        "to_number, dial_deadline, lease_until, created_at) "
        "SELECT gen_random_uuid(), %lld, scheduled_call_id, id, 1, 'ended', 'fake', '%s', now(), "
        "now(), '%s' FROM k",
        (long long)tenant, number, (long long)tenant, number, disposition, (long long)tenant,
        number, when));
}

static void attempts_and_refusals_reach_the_decision(void **state)
{
    struct testdb *db = *state;
    int64_t tenant = testdb_tenant(db);
    struct op op = testdb_op(db, tenant);
    const char *number = "+33612345678";

    for (int i = 0; i < 4; i++) {
        assert_code(&op, number, "FR", "none");
        attempt(db, tenant, number, "2026-12-01T10:00:00Z", "NULL");
    }
    struct compliance_verdict v = ask(&op, number, "FR").verdict;
    assert_int_equal(v.code, CC_FREQUENCY_CAP);
    assert_int_equal(v.next_allowed_at.us, at("2026-12-31T09:00:00Z").us);
    attempt(db, tenant, number, "2026-12-02T10:00:00Z", "'refused'");
    v = ask(&op, number, "FR").verdict;
    assert_true(v.codes & CODE_BIT(CC_FREQUENCY_COOLDOWN));
    assert_int_equal(v.next_allowed_at.us, at("2027-02-01T09:00:00Z").us);
    op_end(&op);
}

static void a_rule_changed_by_hand_counts_at_once(void **state)
{
    struct testdb *db = *state;
    struct op op = testdb_op(db, testdb_tenant(db));

    assert_code(&op, "+33123456789", "FR", "none");
    free(testdb_sql(db, "UPDATE platform_country_rules SET extended = extended || "
                        "'{\"new_law\": true}' WHERE country_iso = 'FR'"));
    assert_code(&op, "+33123456789", "FR", "COUNTRY_RULE_INVALID");
    op_end(&op);
}

static void a_holiday_of_the_calendar_closes(void **state)
{
    struct testdb *db = *state;
    struct op op = testdb_op(db, testdb_tenant(db));
    struct compliance_answer a;
    struct lead lead = willing;

    lead.country_iso = "FR";
    assert_ok(&op, compliance_ask(&op,
                                  &(struct compliance_question){.to_number = "+33123456789",
                                                                .at = at("2026-12-25T11:00:00Z"),
                                                                .lead = &lead},
                                  &a));
    assert_int_equal(a.verdict.code, CC_QUIET_HOURS_HOLIDAY);
    assert_int_equal(a.verdict.next_allowed_at.us, at("2026-12-28T09:00:00Z").us);
    op_end(&op);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_rule_of_the_database_is_understood, testdb_setup,
                                        testdb_teardown),
        cmocka_unit_test_setup_teardown(a_number_is_callable_for_so_long_after_it_was_compared,
                                        testdb_setup, testdb_teardown),
        cmocka_unit_test_setup_teardown(the_lists_reach_the_decision_by_their_names, testdb_setup,
                                        testdb_teardown),
        cmocka_unit_test_setup_teardown(attempts_and_refusals_reach_the_decision, testdb_setup,
                                        testdb_teardown),
        cmocka_unit_test_setup_teardown(a_rule_changed_by_hand_counts_at_once, testdb_setup,
                                        testdb_teardown),
        cmocka_unit_test_setup_teardown(a_holiday_of_the_calendar_closes, testdb_setup,
                                        testdb_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

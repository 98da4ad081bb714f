/* test_engine.c - the compliance decision as tables of cases. */

#include "common/compliance/engine.h"

#include "tests/support/check.h"

static struct tstamp at(const char *text)
{
    struct tstamp t = {0};

    assert_true(tstamp_parse(str_of(text), &t));
    return t;
}

static const struct compliance_rule italy = {
    .enabled = true,
    .require_disclosure = true,
    .disclosure_text = "AI",
    .require_explicit_consent = true,
    .dnc_check_required = true,
    .quiet_hours_enabled = true,
    .quiet_hours = "21:00-08:00",
    .zones = "Europe/Rome",
};

/* A lead in Italy who agreed, called on a winter afternoon. */
static struct compliance_facts callable(void)
{
    return (struct compliance_facts){
        .at = at("2026-01-14T14:00:00Z"),
        .country_iso = "IT",
        .platform_rule_found = true,
        .rules = {&italy},
        .n_rules = 1,
        .exclude_dnc = true,
        .lead_known = true,
        .consent_granted = true,
    };
}

static void assert_refused(const struct compliance_facts *f, const char *code, const char *next)
{
    struct compliance_verdict v = compliance_decide(f);
    struct buf b = {0};

    assert_int_equal(v.status, VERDICT_REJECTED);
    assert_string_equal(compliance_code_name(v.code), code);
    if (next) {
        tstamp_write(&b, v.next_allowed_at);
        assert_string_equal(b.p, next);
    } else {
        assert_int_equal(v.next_allowed_at.us, 0);
    }
    buf_free(&b);
}

static void all_checks_passing_approves(void **state)
{
    struct compliance_facts f = callable();
    struct compliance_verdict v = compliance_decide(&f);
    (void)state;

    assert_int_equal(v.status, VERDICT_APPROVED);
    assert_int_equal(v.code, CC_NONE);
    assert_int_equal(v.dnc, CHECK_PASSED);
    assert_int_equal(v.quiet_hours, CHECK_PASSED);
    assert_int_equal(v.consent, CHECK_PASSED);
    assert_int_equal(v.disclosure, CHECK_REQUIRED);
    assert_string_equal(v.disclosure_text, "AI");
}

static void what_is_not_known_is_refused(void **state)
{
    struct compliance_facts f = callable();
    (void)state;

    f.country_iso = NULL;
    assert_refused(&f, "COUNTRY_UNKNOWN", NULL);
    f = callable();
    f.platform_rule_found = false;
    f.n_rules = 0;
    assert_refused(&f, "COUNTRY_NO_RULE", NULL);
    f = callable();
    f.lead_known = false;
    assert_refused(&f, "CONSENT_NO_LEAD", NULL);
    f = callable();
    f.consent_granted = false;
    assert_refused(&f, "CONSENT_MISSING", NULL);
    f = callable();
    f.campaign_quiet_hours = "nonsense";
    f.campaign_timezone = "Europe/Rome";
    assert_refused(&f, "QUIET_HOURS_INVALID_CONFIG", NULL);
    f.campaign_quiet_hours = "22:00-23:00";
    f.campaign_timezone = "Europe/Atlantis";
    assert_refused(&f, "QUIET_HOURS_INVALID_CONFIG", NULL);
}

static void a_rule_without_a_readable_window_is_refused(void **state)
{
    struct compliance_rule broken = italy;
    struct compliance_facts f = callable();
    (void)state;

    f.rules[0] = &broken;
    broken.quiet_hours = NULL;
    assert_refused(&f, "QUIET_HOURS_INVALID_CONFIG", NULL);
    broken.quiet_hours = "08:00-08:00";
    assert_refused(&f, "QUIET_HOURS_INVALID_CONFIG", NULL);
    broken.quiet_hours = "21:00-08:00";
    broken.zones = "";
    assert_refused(&f, "QUIET_HOURS_INVALID_CONFIG", NULL);
}

static void the_edges_of_quiet_hours_are_exact(void **state)
{
    static const struct {
        const char *at, *next;
    } cases[] = {
        {"2026-01-14T06:59:59Z", "2026-01-14T07:00:00Z"},
        {"2026-01-14T20:00:00Z", "2026-01-15T07:00:00Z"},
        {"2026-01-14T23:00:00Z", "2026-01-15T07:00:00Z"},
        {"2026-07-15T05:59:00Z", "2026-07-15T06:00:00Z"},
        {"2026-03-28T20:30:00Z", "2026-03-29T06:00:00Z"},
        {"2026-10-24T19:30:00Z", "2026-10-25T07:00:00Z"},
    };
    struct compliance_facts f = callable();
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        f.at = at(cases[i].at);
        assert_refused(&f, "QUIET_HOURS", cases[i].next);
        f.at = at(cases[i].next);
        assert_int_equal(compliance_decide(&f).status, VERDICT_APPROVED);
    }
    f.at = at("2026-01-14T19:59:59.999999Z");
    assert_int_equal(compliance_decide(&f).status, VERDICT_APPROVED);
}

static void the_guard_keeps_a_distance_from_the_closing_edge(void **state)
{
    struct compliance_facts f = callable();
    (void)state;

    f.guard_seconds = 60;
    f.at = at("2026-01-14T19:58:59Z");
    assert_int_equal(compliance_decide(&f).status, VERDICT_APPROVED);
    f.at = at("2026-01-14T19:59:00Z");
    assert_refused(&f, "QUIET_HOURS", "2026-01-15T07:00:00Z");
}

static void every_zone_of_a_country_must_be_open(void **state)
{
    struct compliance_rule us = italy;
    struct compliance_facts f = callable();
    (void)state;

    us.zones = "America/New_York,America/Los_Angeles";
    f.rules[0] = &us;
    f.country_iso = "US";
    f.at = at("2026-01-14T14:00:00Z"); /* 9:00 in New York, 6:00 in Los Angeles */
    assert_refused(&f, "QUIET_HOURS", "2026-01-14T16:00:00Z");
    f.at = at("2026-01-15T02:30:00Z"); /* 21:30 and 18:30 */
    assert_refused(&f, "QUIET_HOURS", "2026-01-15T16:00:00Z");
}

static void the_campaigns_window_and_the_countrys_must_both_be_open(void **state)
{
    struct compliance_facts f = callable();
    (void)state;

    f.campaign_quiet_hours = "18:00-10:00";
    f.campaign_timezone = "Europe/Rome";
    f.at = at("2026-01-14T08:00:00Z");
    assert_refused(&f, "QUIET_HOURS_CAMPAIGN", "2026-01-14T09:00:00Z");
    f.at = at("2026-01-14T20:30:00Z");
    assert_refused(&f, "QUIET_HOURS", "2026-01-15T09:00:00Z");
    f.campaign_end = at("2026-01-15T09:00:00Z");
    assert_refused(&f, "QUIET_HOURS", NULL);
}

static void windows_that_never_open_together_have_no_next_instant(void **state)
{
    struct compliance_facts f = callable();
    (void)state;

    f.campaign_quiet_hours = "08:00-21:00";
    f.campaign_timezone = "Europe/Rome";
    assert_refused(&f, "QUIET_HOURS_CAMPAIGN", NULL);
}

static void an_objection_holds_with_every_switch_off(void **state)
{
    struct compliance_rule lax = italy;
    struct compliance_facts f = callable();
    (void)state;

    lax.dnc_check_required = false;
    lax.require_explicit_consent = false;
    f.rules[0] = &lax;
    f.exclude_dnc = false;
    f.dnc_internal = f.dnc_platform = true;
    struct compliance_verdict v = compliance_decide(&f);
    assert_int_equal(v.status, VERDICT_WARNING);
    assert_int_equal(v.warnings, 1u << CW_DNC_CHECK_DISABLED);
    assert_int_equal(v.dnc, CHECK_SKIPPED);
    f.dnc_opt_out = true;
    assert_refused(&f, "DNC_OPT_OUT", NULL);
    f.dnc_opt_out = false;
    f.consent_denied = true;
    f.consent_granted = false;
    assert_refused(&f, "CONSENT_DENIED", NULL);
}

static void either_switch_turns_the_dnc_check_on(void **state)
{
    struct compliance_facts f = callable();
    (void)state;

    f.dnc_internal = true;
    f.exclude_dnc = false;
    assert_refused(&f, "DNC_INTERNAL", NULL);
    f = callable();
    f.dnc_platform = true;
    assert_refused(&f, "DNC_PLATFORM", NULL);
}

static void all_checks_are_evaluated_and_the_first_in_order_is_the_code(void **state)
{
    struct compliance_facts f = callable();
    (void)state;

    f.dnc_internal = true;
    f.at = at("2026-01-14T23:00:00Z");
    f.consent_granted = false;
    f.consent_expired = true;
    struct compliance_verdict v = compliance_decide(&f);
    assert_int_equal(v.code, CC_DNC_INTERNAL);
    assert_int_equal(v.codes,
                     1u << CC_DNC_INTERNAL | 1u << CC_QUIET_HOURS | 1u << CC_CONSENT_EXPIRED);
    assert_int_equal(v.dnc, CHECK_FAILED);
    assert_int_equal(v.quiet_hours, CHECK_FAILED);
    assert_int_equal(v.consent, CHECK_FAILED);
    assert_int_equal(v.next_allowed_at.us, 0);
    assert_string_equal(compliance_code_reason(v.code), "DNC");
    assert_int_equal(compliance_final_code(&v), CC_DNC_INTERNAL);

    f.dnc_internal = false;
    v = compliance_decide(&f);
    assert_int_equal(v.code, CC_QUIET_HOURS);
    assert_int_equal(compliance_final_code(&v), CC_CONSENT_EXPIRED);
}

static void a_second_rule_can_only_tighten(void **state)
{
    struct compliance_rule tenants = {.enabled = true,
                                      .quiet_hours_enabled = true,
                                      .quiet_hours = "12:00-16:00",
                                      .zones = "Europe/Rome"};
    struct compliance_facts f = callable();
    (void)state;

    f.rules[f.n_rules++] = &tenants;
    assert_refused(&f, "QUIET_HOURS", "2026-01-14T15:00:00Z");
    f.at = at("2026-01-14T21:00:00Z");
    assert_refused(&f, "QUIET_HOURS", "2026-01-15T07:00:00Z");
    tenants.enabled = false;
    f = callable();
    f.rules[f.n_rules++] = &tenants;
    assert_refused(&f, "COUNTRY_DISABLED", NULL);
}

static void a_question_without_a_lead_is_not_a_refusal(void **state)
{
    struct compliance_facts f = callable();
    (void)state;

    f.advisory = true;
    f.lead_known = f.consent_granted = false;
    struct compliance_verdict v = compliance_decide(&f);
    assert_int_equal(v.status, VERDICT_WARNING);
    assert_int_equal(v.warnings, 1u << CW_CONSENT_NOT_EVALUATED);
    assert_int_equal(v.consent, CHECK_SKIPPED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_checks_passing_approves),
        cmocka_unit_test(what_is_not_known_is_refused),
        cmocka_unit_test(a_rule_without_a_readable_window_is_refused),
        cmocka_unit_test(the_edges_of_quiet_hours_are_exact),
        cmocka_unit_test(the_guard_keeps_a_distance_from_the_closing_edge),
        cmocka_unit_test(every_zone_of_a_country_must_be_open),
        cmocka_unit_test(the_campaigns_window_and_the_countrys_must_both_be_open),
        cmocka_unit_test(windows_that_never_open_together_have_no_next_instant),
        cmocka_unit_test(an_objection_holds_with_every_switch_off),
        cmocka_unit_test(either_switch_turns_the_dnc_check_on),
        cmocka_unit_test(all_checks_are_evaluated_and_the_first_in_order_is_the_code),
        cmocka_unit_test(a_second_rule_can_only_tighten),
        cmocka_unit_test(a_question_without_a_lead_is_not_a_refusal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_engine.c - what the catalogue's cases leave open: the guard, ends, zones, overrides,
 * sectors, caller ids, lists.
 *
 * Each test takes a case that is callable and changes what it is about.
 */

#include "tests/support/check.h"
#include "tests/support/law_cases.h"

static struct op op;
static const struct law_case *cases;
static int n_cases;

static const struct law_case *named(const char *id)
{
    for (int i = 0; i < n_cases; i++)
        if (strcmp(cases[i].id, id) == 0)
            return &cases[i];
    fail_msg("no case %s", id);
    return NULL;
}

static int64_t at(const char *text)
{
    struct tstamp t = {0};

    assert_true(tstamp_parse(str_of(text), &t));
    return t.us;
}

/* Facts of a case, with a law that may be changed. */
struct scene {
    struct compliance_facts f;
    struct law law;
};

static struct scene *scene_of(const char *id)
{
    struct scene *s = ARENA_NEW(&op.arena, struct scene);

    s->f = named(id)->facts;
    s->law = *s->f.laws[0].law;
    s->f.laws[0].law = &s->law;
    return s;
}

/* Italy at midday, consent given, the plain rule: approved. */
static struct scene *italy(void)
{
    return scene_of("A010");
}

static void assert_refused(const struct scene *s, const char *code, const char *next)
{
    struct compliance_verdict v = compliance_decide(&s->f);

    assert_int_equal(v.status, VERDICT_REJECTED);
    assert_string_equal(compliance_code_name(v.code), code);
    assert_int_equal(v.next_allowed_at.us, next ? at(next) : 0);
}

static void assert_approved(const struct scene *s)
{
    struct compliance_verdict v = compliance_decide(&s->f);

    if (v.status != VERDICT_APPROVED)
        fail_msg("%s, warnings %llx", v.code == CC_NONE ? "warned" : compliance_code_name(v.code),
                 (unsigned long long)v.warnings);
}

static void assert_warned(const struct scene *s, enum compliance_warning warning)
{
    struct compliance_verdict v = compliance_decide(&s->f);

    if (!(v.warnings & CODE_BIT(warning)))
        fail_msg("no %s", compliance_warning_name(warning));
}

static void the_guard_must_fit_before_the_window_ends(void **state)
{
    struct scene *s = italy();
    (void)state;

    s->f.at.us = at("2026-01-14T19:59:00Z");
    assert_approved(s);
    s->f.guard_seconds = 59;
    assert_approved(s);
    s->f.guard_seconds = 60;
    assert_refused(s, "QUIET_HOURS", "2026-01-15T07:00:00Z");
}

/* Two minutes open, five wanted: never; a closed minute inside the guard is not jumped over. */
static void a_guard_longer_than_a_gap_does_not_jump_over_it(void **state)
{
    struct scene *s = italy();
    (void)state;

    s->law.times.quiet = (struct quiet_window){720, 722};
    s->f.at.us = at("2026-01-14T10:58:00Z");
    s->f.guard_seconds = 600;
    assert_refused(s, "QUIET_HOURS", "2026-01-14T11:02:00Z");
    s->law.times.quiet = (struct quiet_window){722, 720};
    assert_refused(s, "QUIET_HOURS", NULL);
}

static void nothing_is_promised_after_the_campaigns_end(void **state)
{
    struct scene *s = scene_of("A006");
    (void)state;

    s->f.campaign.end.us = at("2026-01-15T07:00:00Z");
    assert_refused(s, "QUIET_HOURS", NULL);
    assert_warned(s, CW_NEXT_WINDOW_AFTER_CAMPAIGN_END);
    s->f.campaign.end.us++;
    assert_refused(s, "QUIET_HOURS", "2026-01-15T07:00:00Z");
}

static void nothing_is_promised_after_the_consents_end(void **state)
{
    struct scene *s = scene_of("A006");
    (void)state;

    s->f.lead.consent_expires.us = at("2026-01-15T07:00:00Z");
    assert_refused(s, "QUIET_HOURS", NULL);
    assert_warned(s, CW_CONSENT_EXPIRES_BEFORE_NEXT_WINDOW);
    s->f.lead.consent_expires.us++;
    assert_refused(s, "QUIET_HOURS", "2026-01-15T07:00:00Z");
}

static void what_is_not_understood_is_never_approved(void **state)
{
    struct scene *s = italy();
    (void)state;

    s->law.not_understood = "something";
    assert_refused(s, "COUNTRY_RULE_INVALID", NULL);
    s = italy();
    s->law.times.invalid = true;
    assert_refused(s, "QUIET_HOURS_INVALID_CONFIG", NULL);
    s = italy();
    s->f.campaign.override = &(const struct override){.not_understood = "something"};
    assert_refused(s, "COUNTRY_RULE_INVALID", NULL);
}

static void a_country_switched_off_ends_the_run(void **state)
{
    struct scene *s = italy();
    (void)state;

    s->law.enabled = false;
    assert_refused(s, "COUNTRY_DISABLED", NULL);
    assert_int_equal(compliance_decide(&s->f).quiet_hours, CHECK_SKIPPED);
    s = italy();
    s->f.campaign.override = &(const struct override){.enabled = {true, false}};
    assert_refused(s, "COUNTRY_DISABLED", NULL);
}

static void the_country_the_lead_lives_in_needs_a_rule_too(void **state)
{
    struct scene *s = italy();
    (void)state;

    memcpy(s->f.lead.country_iso, "NP", 3);
    assert_refused(s, "COUNTRY_NO_RULE", NULL);
    assert_warned(s, CW_COUNTRY_MISMATCH);
    s->f.policy.no_rule_warns = true;
    assert_warned(s, CW_COUNTRY_NO_RULE);
    assert_int_equal(compliance_decide(&s->f).status, VERDICT_WARNING);
}

static void where_no_rule_only_warns_an_objection_still_holds(void **state)
{
    struct scene *s = ARENA_NEW(&op.arena, struct scene);
    (void)state;

    s->f = named("M028")->facts;
    assert_int_equal(compliance_decide(&s->f).status, VERDICT_WARNING);
    s->f.lead.consent = CONSENT_DENIED;
    assert_refused(s, "CONSENT_DENIED", NULL);
}

static void a_zone_that_is_not_known_is_not_guessed(void **state)
{
    struct scene *s = italy();
    (void)state;

    s->f.lead.zone_invalid = true;
    assert_warned(s, CW_LEAD_TIMEZONE_INVALID);
    s->f.number.n_zones = 0;
    s->law.zone = NULL;
    assert_warned(s, CW_TIMEZONE_FALLBACK); /* the campaign's */
    s->f.campaign.zone = NULL;
    assert_refused(s, "QUIET_HOURS_INVALID_CONFIG", NULL);
}

/* A toll-free number is mapped to everywhere: only the zones the country lists count. */
static void a_number_of_nowhere_keeps_the_zones_its_country_lists(void **state)
{
    struct scene *s = italy();
    const struct tz *rome = tz_get("Europe/Rome");
    (void)state;

    s->law.zones = &rome;
    s->law.n_zones = 1;
    s->f.number.zones[0] = tz_get("Pacific/Auckland"); /* midnight there */
    s->f.number.zones[1] = rome;
    s->f.number.n_zones = 2;
    s->f.number.type = PHONE_FIXED_LINE;
    assert_refused(s, "QUIET_HOURS", "2026-01-14T19:00:00Z");
    s->f.number.type = PHONE_TOLL_FREE;
    assert_approved(s);
    s->f.number.n_zones = 1; /* no zone in common: all of them */
    assert_refused(s, "QUIET_HOURS", "2026-01-14T19:00:00Z");
}

static void an_area_code_that_spans_zones_must_be_open_in_both(void **state)
{
    struct scene *s = scene_of("F001");
    (void)state;

    const struct law *law = law_parse(
        &op, &(struct law_row){.country_iso = "US",
                               .enabled = true,
                               .dnc_check_required = true,
                               .quiet_hours_enabled = true,
                               .quiet_hours = "21:00-08:00",
                               .extended = "{\"split_area_codes\":{\"850\":[\"America/Chicago\","
                                           "\"America/New_York\"]}}"});
    s->f.laws[0].law = law;
    memcpy(s->f.number.e164, "+18505551234", 13);
    s->f.number.zones[0] = tz_get("America/New_York");
    s->f.number.n_zones = 1;
    s->f.at.us = at("2026-01-14T13:30:00Z");
    assert_refused(s, "QUIET_HOURS", "2026-01-14T14:00:00Z");
}

static void a_calendar_that_ends_refuses_instead_of_forgetting_holidays(void **state)
{
    struct scene *s = scene_of("G005");
    (void)state;

    assert_int_equal(compliance_decide(&s->f).status, VERDICT_APPROVED);
    s->f.at.us = at("2029-01-17T11:00:00Z");
    assert_refused(s, "QUIET_HOURS_INVALID_CONFIG", NULL);
}

static void a_sector_may_be_closed_or_only_for_who_asked(void **state)
{
    static const struct sector_law closed = {"energy", true, {0, 0}},
                                   asked = {"energy", false, {0, 0}};
    struct scene *s = italy();
    (void)state;

    s->law.sectors = &closed;
    s->law.n_sectors = 1;
    assert_approved(s);
    s->f.campaign.sector = "energy";
    assert_refused(s, "SECTOR_PROHIBITED", NULL);
    s->f.campaign.sector = "books";
    assert_approved(s);
    s->f.campaign.sector = "energy";
    s->law.sectors = &asked;
    assert_refused(s, "SECTOR_CONSENT", NULL);
    s->f.lead.sectors[0] = "energy";
    s->f.lead.n_sectors = 1;
    assert_approved(s);
}

/* Law from a day on where the person is, not where the server is. */
static void a_sectors_law_begins_with_the_called_persons_day(void **state)
{
    struct scene *s = italy();
    struct sector_law law = {"energy", true, {tz_day((struct tz_date){2026, 6, 19}), 0}};
    (void)state;

    s->law.sectors = &law;
    s->law.n_sectors = 1;
    s->f.campaign.sector = "energy";
    s->law.quiet_hours_enabled = false;
    s->f.at.us = at("2026-06-18T21:59:59Z");
    assert_approved(s);
    s->f.at.us = at("2026-06-18T22:00:00Z");
    assert_refused(s, "SECTOR_PROHIBITED", NULL);
}

static void a_caller_id_outside_the_list_warns_or_is_refused(void **state)
{
    static const char *allowed[] = {"+33937", NULL};
    struct scene *s = italy();
    (void)state;

    s->law.caller_allowed = allowed;
    s->law.caller_unlisted_forbidden = false;
    s->f.from_number = "+390212345678";
    assert_warned(s, CW_CALLER_ID_UNLISTED);
    s->law.caller_unlisted_forbidden = true;
    assert_refused(s, "CALLER_ID_FORBIDDEN", NULL);
    s->f.from_number = "+33937000000";
    assert_approved(s);
    s->f.from_number = ""; /* hidden: whatever the law says of it */
    assert_refused(s, "CALLER_ID_ANONYMOUS", NULL);
}

static void a_registrys_entry_of_the_tenants_own_counts_where_no_registry_does(void **state)
{
    struct scene *s = scene_of("J007"); /* no registry */
    struct dnc_fact entry = {.origin = ORIGIN_REGISTRY};
    (void)state;

    s->f.dnc = &entry;
    s->f.n_dnc = 1;
    assert_refused(s, "DNC_INTERNAL", NULL);
    entry.platform = true; /* a registry this country's rule does not ask */
    assert_approved(s);
    s = italy();
    s->f.dnc = &entry;
    s->f.n_dnc = 1;
    assert_refused(s, "DNC_REGISTRY", NULL);
}

static void an_objection_outlives_its_expiry_but_not_its_withdrawal(void **state)
{
    struct scene *s = italy();
    struct dnc_fact entry = {.origin = ORIGIN_OPT_OUT, .expires_at = {1}};
    (void)state;

    s->f.dnc = &entry;
    s->f.n_dnc = 1;
    assert_refused(s, "DNC_OPT_OUT", NULL);
    entry.deleted_at.us = s->f.at.us + 1;
    assert_refused(s, "DNC_OPT_OUT", NULL);
    entry.deleted_at.us = s->f.at.us;
    assert_approved(s);
}

static void a_consent_without_what_the_registry_asks_does_not_outweigh_it(void **state)
{
    struct scene *s = scene_of("K024"); /* any consent outweighs */
    (void)state;

    assert_warned(s, CW_DNC_REGISTRY_OVERRIDDEN_BY_CONSENT);
    s->f.lead.consent_date.us = 0;
    assert_int_equal(compliance_decide(&s->f).code, CC_DNC_REGISTRY);
    s = scene_of("K018"); /* only a later one */
    assert_refused(s, "DNC_REGISTRY", NULL);
    s->f.lead.consent_date.us = at("2025-12-02T00:00:00Z");
    assert_warned(s, CW_DNC_REGISTRY_OVERRIDDEN_BY_CONSENT);
}

static void a_silent_call_has_a_cooldown_of_its_own(void **state)
{
    struct scene *s = italy();
    struct attempt_fact past = {{0}, ATTEMPT_SILENT};
    (void)state;

    past.at.us = at("2026-01-13T11:00:00Z");
    s->f.attempts = &past;
    s->f.n_attempts = 1;
    assert_approved(s);
    s->law.times.silent_cooldown_hours = 72;
    assert_refused(s, "FREQUENCY_COOLDOWN", "2026-01-16T11:00:00Z");
    s->law.times.silent_cooldown_days = 5;
    assert_refused(s, "FREQUENCY_COOLDOWN", "2026-01-19T07:00:00Z");
    past.end = ATTEMPT_OTHER;
    assert_approved(s);
}

static void overrides_tighten_and_cannot_loosen(void **state)
{
    static const struct override loose[] = {
        {.quiet_hours_enabled = {true, false}},
        {.require_disclosure = {true, false}},
        {.require_explicit_consent = {true, false}},
        {.dnc_check_required = {true, false}},
        {.dnc_registry_enabled = {true, false}},
        {.timezone_set = true},
        {.data_retention_days = {true, 9999}},
        {.disclosure = {"", "Ciao da {{company_name}}", true}}, /* a machine, it forgets to say */
    };
    struct scene *s = italy();
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(loose); i++) {
        s->f.campaign.override = &loose[i];
        assert_warned(s, CW_OVERRIDE_LOOSENING_IGNORED);
        s->f.at.us = at("2026-01-14T20:00:00Z");
        assert_refused(s, "QUIET_HOURS", "2026-01-15T07:00:00Z");
        s->f.at.us = at("2026-01-14T11:00:00Z");
    }
    s = scene_of("J007"); /* no consent asked for, none given */
    s->f.campaign.override = &(const struct override){.require_explicit_consent = {true, true}};
    assert_refused(s, "CONSENT_MISSING", NULL);
}

static void a_grant_ends_when_it_says(void **state)
{
    struct scene *s = italy();
    struct override o = {
        .quiet_set = true,
        .quiet = {1320, 420},
        .grant = {.given = true, .permitted = true, .expires_at = {at("2026-01-14T20:30:00Z")}}};
    (void)state;

    s->law.loosenable = LOOSEN_QUIET_HOURS;
    s->f.campaign.override = &o;
    s->f.at.us = at("2026-01-14T20:29:59Z"); /* 21:29:59: closed by law */
    assert_warned(s, CW_OVERRIDE_LOOSENED);
    assert_int_equal(compliance_decide(&s->f).status, VERDICT_WARNING);
    s->f.guard_seconds = 1;
    assert_refused(s, "QUIET_HOURS", "2026-01-15T07:00:00Z");
    s->f.guard_seconds = 0;
    o.grant.permitted = false;
    assert_refused(s, "QUIET_HOURS", "2026-01-15T07:00:00Z");
    assert_warned(s, CW_OVERRIDE_LOOSENING_IGNORED);
}

static void a_tenants_window_that_opens_the_platforms_is_ignored_and_told(void **state)
{
    struct scene *s = italy();
    struct law own = s->law;
    (void)state;

    own.times.quiet = (struct quiet_window){1380, 300};
    s->f.laws[s->f.n_laws++] = (struct law_in_force){&own, true, false};
    assert_warned(s, CW_OVERRIDE_LOOSENING_IGNORED);
    own.times.quiet = (struct quiet_window){1140, 540};
    assert_approved(s);
    s->f.at.us = at("2026-01-14T18:30:00Z");
    assert_refused(s, "QUIET_HOURS", "2026-01-15T08:00:00Z");
}

static void the_words_are_the_leads_language_then_the_countrys(void **state)
{
    static const struct law_text texts[] = {{"it", "AI it", true}, {"pt-BR", "AI br", true}};
    struct scene *s = italy();
    struct law own = s->law;
    (void)state;

    s->law.disclosure_texts = texts;
    s->law.n_disclosure_texts = 2;
    memcpy(s->f.lead.language, "pt", 3);
    assert_string_equal(compliance_decide(&s->f).disclosure_text, "AI br");
    memcpy(s->f.lead.language, "de", 3);
    assert_string_equal(compliance_decide(&s->f).disclosure_text, s->law.disclosure.text);
    own.disclosure = (struct law_text){"", "AI, ours, {{company_name}}", true};
    s->f.laws[s->f.n_laws++] = (struct law_in_force){&own, true, false};
    assert_string_equal(compliance_decide(&s->f).disclosure_text, own.disclosure.text);
}

static void where_a_state_asks_everybody_an_unknown_one_does(void **state)
{
    struct scene *s = italy();
    (void)state;

    assert_int_equal(compliance_decide(&s->f).recording, RECORDING_ANNOUNCE);
    s->law.recording_by_state = true;
    assert_int_equal(compliance_decide(&s->f).recording, RECORDING_ASK_FIRST);
}

/* The record names the first that waiting cannot cure; the verdict, the first of all. */
static void the_final_code_is_one_that_waiting_cannot_cure(void **state)
{
    struct scene *s = scene_of("K028");
    struct compliance_verdict v = compliance_decide(&s->f);
    (void)state;

    assert_int_equal(v.code, CC_QUIET_HOURS);
    assert_int_equal(compliance_final_code(&v), CC_CONSENT_MISSING);
    assert_string_equal(compliance_code_reason(v.code), "Quiet hours");
    assert_string_equal(compliance_code_reason(CC_DNC_REGISTRY), "DNC");
    assert_string_equal(compliance_code_reason(CC_CONSENT_SCOPE), "No consent");
    assert_null(compliance_code_name(CC_NONE));
}

static int read_cases(void **state)
{
    (void)state;
    cases = law_cases_read(&op, &n_cases);
    return 0;
}

static int forget_cases(void **state)
{
    (void)state;
    op_end(&op);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_guard_must_fit_before_the_window_ends),
        cmocka_unit_test(a_guard_longer_than_a_gap_does_not_jump_over_it),
        cmocka_unit_test(nothing_is_promised_after_the_campaigns_end),
        cmocka_unit_test(nothing_is_promised_after_the_consents_end),
        cmocka_unit_test(what_is_not_understood_is_never_approved),
        cmocka_unit_test(a_country_switched_off_ends_the_run),
        cmocka_unit_test(the_country_the_lead_lives_in_needs_a_rule_too),
        cmocka_unit_test(where_no_rule_only_warns_an_objection_still_holds),
        cmocka_unit_test(a_zone_that_is_not_known_is_not_guessed),
        cmocka_unit_test(a_number_of_nowhere_keeps_the_zones_its_country_lists),
        cmocka_unit_test(an_area_code_that_spans_zones_must_be_open_in_both),
        cmocka_unit_test(a_calendar_that_ends_refuses_instead_of_forgetting_holidays),
        cmocka_unit_test(a_sector_may_be_closed_or_only_for_who_asked),
        cmocka_unit_test(a_sectors_law_begins_with_the_called_persons_day),
        cmocka_unit_test(a_caller_id_outside_the_list_warns_or_is_refused),
        cmocka_unit_test(a_registrys_entry_of_the_tenants_own_counts_where_no_registry_does),
        cmocka_unit_test(an_objection_outlives_its_expiry_but_not_its_withdrawal),
        cmocka_unit_test(a_consent_without_what_the_registry_asks_does_not_outweigh_it),
        cmocka_unit_test(a_silent_call_has_a_cooldown_of_its_own),
        cmocka_unit_test(overrides_tighten_and_cannot_loosen),
        cmocka_unit_test(a_grant_ends_when_it_says),
        cmocka_unit_test(a_tenants_window_that_opens_the_platforms_is_ignored_and_told),
        cmocka_unit_test(the_words_are_the_leads_language_then_the_countrys),
        cmocka_unit_test(where_a_state_asks_everybody_an_unknown_one_does),
        cmocka_unit_test(the_final_code_is_one_that_waiting_cannot_cure),
    };

    return cmocka_run_group_tests(tests, read_cases, forget_cases);
}

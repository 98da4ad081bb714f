/* test_law.c - what a rule's document says, and that nothing in it is passed over. */

#include "common/compliance/law.h"

#include "common/base/json.h"
#include "common/base/tz.h"
#include "common/compliance/override.h"
#include "tests/support/check.h"

static const struct law *parsed(struct op *op, const char *extended)
{
    return law_parse(op, &(struct law_row){.country_iso = "US",
                                           .enabled = true,
                                           .timezone = "America/New_York",
                                           .quiet_hours_enabled = true,
                                           .quiet_hours = "21:00-08:00",
                                           .extended = extended});
}

static void a_document_that_is_understood_leaves_nothing_open(void **state)
{
    static const char *const good[] = {
        "{}",
        "{\"timezones\":[\"Europe/Rome\",\"Asia/Calcutta\"],\"zone_policy\":\"union\"}",
        "{\"attempt_caps\":[{\"max\":3,\"period_hours\":24,\"unit\":\"hour\"}]}",
        "{\"attempt_caps\":[{\"max\":3,\"period_days\":1,\"counts\":\"attempts\"}]}",
        "{\"consent\":{\"b2b\":{\"regime\":\"opt_out\"},\"default_segment\":\"b2c\"}}",
        "{\"dnc\":{\"registry_enforcement\":\"off\",\"registry\":null}}",
        "{\"sub_rules\":[{\"region\":\"US-FL\",\"call_windows\":{\"mon\":[]}}]}",
        "{\"facts\":[{\"anything\":1}],\"notes\":\"for people\"}",
        "{\"loosenable_fields\":[\"quiet_hours\",\"what_no_engine_knows\"]}",
    };
    struct op op = {0};
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        const struct law *law = parsed(&op, good[i]);
        if (law->not_understood || law->times.invalid)
            fail_msg("%s: %s", good[i], law->not_understood);
    }
    op_end(&op);
}

static void whatever_is_not_understood_is_remembered(void **state)
{
    static const char *const bad[] = {
        "not json",
        "[]",
        "{\"religious_days\":[]}",
        "{\"timezones\":[\"Europe/Atlantis\"]}",
        "{\"timezones\":\"Europe/Rome\"}",
        "{\"zone_policy\":\"weakest\"}",
        "{\"attempt_caps\":[{\"max\":3}]}",
        "{\"attempt_caps\":[{\"max\":0,\"period_hours\":24}]}",
        "{\"attempt_caps\":[{\"max\":3,\"period_hours\":24,\"period_days\":1}]}",
        "{\"attempt_caps\":[{\"max\":3,\"period_hours\":24,\"counts\":\"answered\"}]}",
        "{\"attempt_caps\":[{\"max\":3,\"period_hours\":24,\"unit\":\"business_hour\"}]}",
        "{\"attempt_caps\":[{\"max\":3,\"period_hours\":24,\"except\":\"mondays\"}]}",
        "{\"refusal_cooldown_days\":\"60\"}",
        "{\"consent\":{\"b2c\":{\"regime\":\"soft_opt_in\"}}}",
        "{\"consent\":{\"b2c\":{}}}",
        "{\"consent\":{\"b2c\":{\"regime\":\"opt_in\",\"channel_scope\":\"telepathy\"}}}",
        "{\"consent\":{\"b2c\":{\"regime\":\"opt_in\",\"max_age_months\":-1}}}",
        "{\"consent\":{\"b2g\":{\"regime\":\"opt_in\"}}}",
        "{\"dnc\":{\"registry_enforcement\":\"block\"}}",
        "{\"dnc\":{\"registry_enforcement\":\"sometimes\"}}",
        "{\"sub_rules\":[{\"area_codes\":[305]}]}",
        "{\"sub_rules\":[{\"region\":\"US-FL\",\"area_codes\":[\"305\"]}]}",
        "{\"sub_rules\":[{\"region\":\"US-FL\",\"moon_phase\":\"full\"}]}",
        "{\"split_area_codes\":{\"208\":[\"America/Nowhere\"]}}",
        "{\"caller_id\":{\"forbidden_prefixes\":[\"336\"]}}",
        "{\"caller_id\":{\"allowed_prefixes_mode\":\"hint\"}}",
        "{\"sector_rules\":[{\"sector\":\"energy\",\"rule\":\"ask_nicely\"}]}",
        "{\"sector_rules\":[{\"sector\":\"energy\",\"effective_from\":\"soon\"}]}",
        "{\"ai_disclosure\":{\"required\":\"yes\"}}",
        "{\"recording\":{\"model\":\"two_party\"}}",
        "{\"requires_tzdata\":\"2999a\"}",
    };
    struct op op = {0};
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        if (!parsed(&op, bad[i])->not_understood)
            fail_msg("%s was taken", bad[i]);
        assert_int_equal(op.err.code, E_NONE);
    }
    op_end(&op);
}

static void windows_that_cannot_be_read_are_marked(void **state)
{
    struct op op = {0};
    (void)state;

    assert_true(parsed(&op, "{\"call_windows\":{\"monday\":[]}}")->times.invalid);
    assert_true(parsed(&op, "{\"holidays\":{\"dates\":[\"2026-02-30\"]}}")->times.invalid);
    assert_true(parsed(&op, "{\"sub_rules\":[{\"region\":\"US-FL\",\"quiet_hours\":\"nope\"}]}")
                    ->subs[0]
                    .times.invalid);
    assert_true(law_parse(&op, &(struct law_row){.country_iso = "IT", .quiet_hours = "8-9"})
                    ->times.invalid);
    assert_false(law_parse(&op, &(struct law_row){.country_iso = "IT", .quiet_hours = "  "})
                     ->times.quiet_set);
    op_end(&op);
}

static void an_area_code_finds_its_states_and_zones(void **state)
{
    struct op op = {0};
    int n;
    const struct law *law =
        parsed(&op, "{\"sub_rules\":[{\"region\":\"US-FL\",\"area_codes\":[305,850]},"
                    "{\"region\":\"US-XX\",\"area_codes\":[850]}],"
                    "\"split_area_codes\":{\"850\":[\"America/Chicago\",\"America/New_York\"]}}");
    (void)state;

    assert_null(law->not_understood);
    assert_non_null(law_areas(law, "+13055551234", 4, &n));
    assert_int_equal(n, 1);
    law_areas(law, "+18505551234", 4, &n);
    assert_int_equal(n, 3);
    law_areas(law, "+12125551234", 4, &n);
    assert_int_equal(n, 0);
    law_areas(law, "+18505551234", 3, &n);
    assert_int_equal(n, 0);
    law_areas(law, "+18", 4, &n);
    assert_int_equal(n, 0);
    op_end(&op);
}

static void aliases_of_a_zone_are_one_zone(void **state)
{
    (void)state;
    assert_ptr_equal(tz_get("Asia/Calcutta"), tz_get("Asia/Kolkata"));
    assert_ptr_equal(tz_get("Asia/Katmandu"), tz_get("Asia/Kathmandu"));
    assert_string_equal(tz_name(tz_get("Asia/Calcutta")), "Asia/Kolkata");
}

static const struct override *override_of(struct op *op, const char *text)
{
    const struct cJSON *v;

    assert_ok(op, json_parse(op, str_of(text), &v));
    return override_parse(op, v);
}

static void an_override_that_is_not_understood_says_so(void **state)
{
    static const char *const bad[] = {"[]",
                                      "5",
                                      "{\"enabled\":\"no\"}",
                                      "{\"quiet\":\"21:00-08:00\"}",
                                      "{\"require_disclosure\":1}",
                                      "{\"data_retention_days\":-1}"};
    struct op op = {0};
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        if (!override_of(&op, bad[i])->not_understood)
            fail_msg("%s was taken", bad[i]);
    assert_true(override_of(&op, "{\"quiet_hours\":5}")->quiet_invalid);
    assert_true(override_of(&op, "{\"quiet_hours\":\"nope\"}")->quiet_invalid);
    assert_null(override_of(&op, "{\"quiet_hours\":null,\"enabled\":null}")->not_understood);
    op_end(&op);
}

static void a_grant_needs_all_it_is_made_of(void **state)
{
    static const char *const bad[] = {
        "{}", "{\"_loosen\":true}", "{\"_loosen\":{\"granted_by\":\"user:9\",\"reason\":\"x\"}}",
        "{\"_loosen\":{\"granted_by\":\"user:9\",\"expires_at\":\"2027-01-01T00:00:00Z\"}}",
        "{\"_loosen\":{\"granted_by\":\"user:9\",\"reason\":\"x\",\"expires_at\":\"tomorrow\"}}"};
    struct op op = {0};
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(override_of(&op, bad[i])->grant.given);
    const struct override *o =
        override_of(&op, "{\"_loosen\":{\"granted_by\":\"user:9\",\"reason\":"
                         "\"x\",\"expires_at\":\"2027-01-01T00:00:00Z\"}}");
    assert_true(o->grant.given);
    assert_false(o->grant.permitted); /* whether the granter may is not in the document */
    op_end(&op);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_document_that_is_understood_leaves_nothing_open),
        cmocka_unit_test(whatever_is_not_understood_is_remembered),
        cmocka_unit_test(windows_that_cannot_be_read_are_marked),
        cmocka_unit_test(an_area_code_finds_its_states_and_zones),
        cmocka_unit_test(aliases_of_a_zone_are_one_zone),
        cmocka_unit_test(an_override_that_is_not_understood_says_so),
        cmocka_unit_test(a_grant_needs_all_it_is_made_of),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

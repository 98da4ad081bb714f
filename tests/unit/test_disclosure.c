/* test_disclosure.c - templates of what a call must say. */

#include "common/compliance/disclosure_text.h"

#include "tests/support/check.h"

static void a_template_is_sound_or_says_what_is_wrong(void **state)
{
    static const char *const good[] = {"", "Ciao.", "Ciao da {{company_name}}.",
                                       "{{ agent_name }} {{company_name}}{{call_purpose}}"};
    static const char *const bad[] = {"{",
                                      "}",
                                      "{{",
                                      "}}",
                                      "{{}}",
                                      "{{company_name}",
                                      "{company_name}",
                                      "{{company_name}}}",
                                      "{{{company_name}}}",
                                      "{{company name}}",
                                      "{{ceo}}",
                                      "{{company_name",
                                      "{{a{{company_name}}}}"};
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        if (disclosure_complaint(good[i]))
            fail_msg("\"%s\" %s", good[i], disclosure_complaint(good[i]));
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        if (!disclosure_complaint(bad[i]))
            fail_msg("\"%s\" was taken", bad[i]);
}

static void variables_are_filled_in_and_missing_ones_named(void **state)
{
    const char *values[DV_COUNT] = {[DV_company_name] = "ACME {{srl}}", [DV_agent_name] = "Ada"};
    struct buf b = {0};
    (void)state;

    unsigned missing = disclosure_render(
        &b, "Sono {{agent_name}} per {{ company_name }}: {{privacy_url}}", values);
    assert_string_equal(b.p, "Sono Ada per ACME {{srl}}: {{privacy_url}}");
    assert_int_equal(missing, 1u << DV_privacy_url);
    buf_free(&b);
}

static void replacing_a_disclosure_must_keep_the_company_and_the_machine(void **state)
{
    static const char *const good[] = {
        "AI for {{company_name}}",
        "un'assistente basata su intelligenza artificiale di {{company_name}}",
        "Hier spricht die KI von {{company_name}}", "{{company_name}}: IA"};
    static const char *const bad[] = {"AI calling", "Hello from {{company_name}}",
                                      "SAID {{company_name}}", "{{company_name} AI"};
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        if (!disclosure_names_company_and_ai(good[i]))
            fail_msg("\"%s\"", good[i]);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        if (disclosure_names_company_and_ai(bad[i]))
            fail_msg("\"%s\" was taken", bad[i]);
    assert_false(disclosure_names_company_and_ai(NULL));
}

static void the_platforms_own_words_are_sound_in_every_language(void **state)
{
    static const char *const languages[] = {"en", "it", "fr", "de", "es", "pt-BR",
                                            "nl", "pl", "hi", "",   "xx"};
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(languages); i++)
        if (!disclosure_names_company_and_ai(disclosure_default_text(languages[i])))
            fail_msg("%s", languages[i]);
    assert_ptr_equal(disclosure_default_text("xx"), disclosure_default_text("en"));
    assert_ptr_not_equal(disclosure_default_text("pt-BR"), disclosure_default_text("en"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_template_is_sound_or_says_what_is_wrong),
        cmocka_unit_test(variables_are_filled_in_and_missing_ones_named),
        cmocka_unit_test(replacing_a_disclosure_must_keep_the_company_and_the_machine),
        cmocka_unit_test(the_platforms_own_words_are_sound_in_every_language),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

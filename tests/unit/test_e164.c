/* test_e164.c - numbers as people write them, and countries and languages by their codes. */

#include "common/number/e164.h"

#include "common/base/clock.h"
#include "common/base/compiler.h"
#include "common/number/calling_codes.h"
#include "common/number/country.h"
#include "common/number/phone_facts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

struct good {
    const char *text, *country, *e164, *iso; /* iso: whose number it is */
};

static bool is_of(const char *e164, const char *iso)
{
    const char *region = phone_region(e164);

    return strcmp(region ? region : "", iso) == 0;
}

static void assert_reads(const struct good *cases, size_t n, bool converted)
{
    for (size_t i = 0; i < n; i++) {
        struct e164 got;
        enum number_fault fault = e164_parse(str_of(cases[i].text), cases[i].country, &got);

        if (fault != NUMBER_OK || strcmp(got.text, cases[i].e164) != 0
            || !is_of(got.text, cases[i].iso) || got.converted != converted)
            fail_msg("'%s' in %s: %s %s %s converted=%d, not %s %s", cases[i].text,
                     cases[i].country ? cases[i].country : "-", number_fault_name(fault), got.text,
                     phone_region(got.text), got.converted, cases[i].e164, cases[i].iso);
    }
}

struct bad {
    const char *text, *country;
    enum number_fault fault;
};

static void assert_refuses(const struct bad *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct e164 got;
        enum number_fault fault = e164_parse(str_of(cases[i].text), cases[i].country, &got);

        if (fault != cases[i].fault)
            fail_msg("'%s' in %s: %s %s, not %s", cases[i].text,
                     cases[i].country ? cases[i].country : "-", number_fault_name(fault), got.text,
                     number_fault_name(cases[i].fault));
    }
}

static void decoration_is_taken_off(void **state)
{
    static const struct good cases[] = {
        {"+393491234567", NULL, "+393491234567", "IT"},
        {" +39 349 123 4567 ", NULL, "+393491234567", "IT"},
        {"+39 (349) 123-45.67", NULL, "+393491234567", "IT"},
        {"(+39) 349 1234567", NULL, "+393491234567", "IT"},
        {"0039 349 1234567", NULL, "+393491234567", "IT"},
        {"+39\u00a0349\u202f123\u20094567", NULL, "+393491234567", "IT"},
        {"\u202d+39 349 1234567\u202c\u200e", NULL, "+393491234567", "IT"},
        {"\u200f+39349\u20111234567", NULL, "+393491234567", "IT"},
        {"+39\u2013349\u22121234567", NULL, "+393491234567", "IT"},
        {"\uff0b\uff13\uff19\uff13\uff14\uff19\uff11\uff12\uff13\uff14\uff15\uff16\uff17", NULL,
         "+393491234567", "IT"},
        {"\uff0b\u0663\u0669\u0663\u0664\u0669\u0661\u0662\u0663\u0664\u0665\u0666\u0667", NULL,
         "+393491234567", "IT"},
        {"+\u0969\u096f 349 1234567", NULL, "+393491234567", "IT"},
        {"+390669812345", NULL, "+390669812345", "VA"},
        {"+9779812345678", NULL, "+9779812345678", "NP"},
        {"+881612345678", NULL, "+881612345678", ""},
        {"+590690123456", NULL, "+590690123456", "GP"},
    };
    (void)state;

    assert_reads(cases, ARRAY_LEN(cases), false);
}

static void a_national_number_is_read_with_its_country(void **state)
{
    static const struct good cases[] = {
        {"349 123 4567", "IT", "+393491234567", "IT"},
        {"0212345678", "IT", "+390212345678", "IT"},
        {"02 1234567", "IT", "+39021234567", "IT"},
        {"(212) 555-1234", "US", "+12125551234", "US"},
        {"1 212 555 1234", "US", "+12125551234", "US"},
        {"416 555 0123", "CA", "+14165550123", "CA"},
        {"416 555 0123", "US", "+14165550123", "CA"},
        {"020 7946 0123", "GB", "+442079460123", "GB"},
        {"01534 123456", "GB", "+441534123456", "JE"},
        {"01 99 00 12 34", "FR", "+33199001234", "FR"},
        {"0491 570 156", "AU", "+61491570156", "AU"},
        {"030/1234567", "DE", "+49301234567", "DE"},
        {"030 901820", "DE", "+4930901820", "DE"},
        {"8 (912) 345-67-89", "RU", "+79123456789", "RU"},
        {"8 701 234 5678", "KZ", "+77012345678", "KZ"},
        {"06 1 234 5678", "HU", "+3612345678", "HU"},
        {"612 345 678", "ES", "+34612345678", "ES"},
        {"(11) 91234-5678", "BR", "+5511912345678", "BR"},
    };
    (void)state;

    assert_reads(cases, ARRAY_LEN(cases), false);
}

static void spreadsheet_damage_that_left_the_digits_is_repaired(void **state)
{
    static const struct good cases[] = {
        {"393491234567", "IT", "+393491234567", "IT"},
        {"393491234567.0", "IT", "+393491234567", "IT"},
        {"+393491234567.0", NULL, "+393491234567", "IT"},
        {"3491234567.0", "IT", "+393491234567", "IT"},
        {"'+393491234567", NULL, "+393491234567", "IT"},
        {"\u2019+393491234567", NULL, "+393491234567", "IT"},
        {"=\"+393491234567\"", NULL, "+393491234567", "IT"},
        {"442079460123", "GB", "+442079460123", "GB"},
        {"+44 (0)20 7946 0123", NULL, "+442079460123", "GB"},
    };
    (void)state;

    assert_reads(cases, ARRAY_LEN(cases), true);
}

static void what_cannot_be_read_without_guessing_is_refused_by_name(void **state)
{
    static const struct bad cases[] = {
        {"", "IT", NUMBER_MISSING},
        {" \u00a0 ", "IT", NUMBER_MISSING},
        {"-", "IT", NUMBER_MISSING},
        {"+1800FLOWERS", NULL, NUMBER_ALPHANUMERIC},
        {"call me", "IT", NUMBER_ALPHANUMERIC},
        {"\U0001F4DE +393491234567", NULL, NUMBER_ALPHANUMERIC},
        {"+39349123456\u00b9", NULL, NUMBER_ALPHANUMERIC},
        {"=cmd()", "IT", NUMBER_ALPHANUMERIC},
        {"@349 123 4567", "IT", NUMBER_INVALID},
        {"-3491234567", "IT", NUMBER_INVALID},
        {"=3491234567", "IT", NUMBER_INVALID},
        {"3.93E+11", "IT", NUMBER_SCIENTIFIC_NOTATION},
        {"3,93491E+11", "IT", NUMBER_SCIENTIFIC_NOTATION},
        {"4e11", "IT", NUMBER_SCIENTIFIC_NOTATION},
        {"+39021234567 ext 12", NULL, NUMBER_HAS_EXTENSION},
        {"+39021234567 x12", NULL, NUMBER_HAS_EXTENSION},
        {"02 1234567 int. 3", "IT", NUMBER_HAS_EXTENSION},
        {"02 1234567 #3", "IT", NUMBER_HAS_EXTENSION},
        {"*123#", "IT", NUMBER_INVALID},
        {"112", "IT", NUMBER_SHORT_OR_EMERGENCY},
        {"911", "US", NUMBER_SHORT_OR_EMERGENCY},
        {"40404", NULL, NUMBER_SHORT_OR_EMERGENCY},
        {"+39112", NULL, NUMBER_SHORT_OR_EMERGENCY},
        {"+3934912345678901", NULL, NUMBER_INVALID},
        {"++393491234567", NULL, NUMBER_INVALID},
        {"+39349+1234567", NULL, NUMBER_INVALID},
        {"+", NULL, NUMBER_INVALID},
        {"+9991234567", NULL, NUMBER_INVALID},
        {"+0393491234567", NULL, NUMBER_INVALID},
        {"+12125551", NULL, NUMBER_INVALID},
        {"+11234567890", NULL, NUMBER_INVALID},
        {"3491234567", NULL, NUMBER_NO_COUNTRY},
        {"393491234567", NULL, NUMBER_NO_COUNTRY},
        {"3491234567", "ZZ", NUMBER_NO_COUNTRY},
        {"212345678", "IT", NUMBER_AMBIGUOUS},
        {"812345678", "IT", NUMBER_AMBIGUOUS},
        {"331123456", "IT", NUMBER_AMBIGUOUS},
        {"301234567", "DE", NUMBER_AMBIGUOUS},
        {"393491234567", "DE", NUMBER_AMBIGUOUS},
        {"393491234567", "GB", NUMBER_INVALID},
        {"3491234567/3481234567", "IT", NUMBER_INVALID},
        {"3491234567, 3481234567", "IT", NUMBER_INVALID},
        {"\xff\xfe", "IT", NUMBER_INVALID},
    };
    (void)state;

    assert_refuses(cases, ARRAY_LEN(cases));
}

static void a_field_accepts_only_the_finished_spelling(void **state)
{
    (void)state;

    assert_null(e164_complaint("+393491234567"));
    assert_null(e164_complaint("+12125550123"));
    assert_non_null(e164_complaint("393491234567"));
    assert_non_null(e164_complaint("+39 3491234567"));
    assert_non_null(e164_complaint("+4402079460123"));
    assert_non_null(e164_complaint("+39112"));
    assert_non_null(e164_complaint(""));
}

static void a_calling_code_is_found_by_its_country(void **state)
{
    static const char *const some[] = {"IT", "FR", "US", "CA", "PR", "KZ", "RU", "GB", "JE", "VA",
                                       "AX", "SJ", "YT", "RE", "XK", "BR", "IN", "MX", "AU", "DE"};
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(some); i++) {
        assert_non_null(calling_code_of_country(some[i]));
        assert_null(country_complaint(some[i]));
    }
    assert_null(calling_code_of_country("ZZ"));
    assert_null(calling_code_of_country(""));
    assert_null(calling_code_of_country(NULL));
    assert_null(calling_code_of_number(STR("999123")));
    assert_null(calling_code_of_number(STR("0")));
}

static void a_key_is_the_number_itself(void **state)
{
    struct e164 n;
    (void)state;

    assert_int_equal(e164_parse(STR("+393491234567"), NULL, &n), NUMBER_OK);
    assert_true(e164_key(&n) == 393491234567u);
}

static void countries_and_languages_are_iso_codes(void **state)
{
    (void)state;

    assert_null(country_complaint("IT"));
    assert_null(country_complaint("ZW"));
    assert_null(country_complaint("AC"));
    assert_non_null(country_complaint("it"));
    assert_non_null(country_complaint("UK"));
    assert_non_null(country_complaint("ITA"));
    assert_non_null(country_complaint(""));
    assert_null(language_complaint("it"));
    assert_null(language_complaint("aa"));
    assert_null(language_complaint("zu"));
    assert_non_null(language_complaint("IT"));
    assert_non_null(language_complaint("xx"));
    assert_string_equal(country_of_rules("PR"), "US");
    assert_string_equal(country_of_rules("VA"), "IT");
    assert_string_equal(country_of_rules("FR"), "FR");
}

static void a_spreadsheet_names_countries_and_languages_its_own_way(void **state)
{
    (void)state;

    assert_string_equal(country_read(STR(" it ")), "IT");
    assert_string_equal(country_read(STR("Italia")), "IT");
    assert_string_equal(country_read(STR("Espa\u00f1a")), "ES");
    assert_string_equal(country_read(STR("\u00d6sterreich")), "AT");
    assert_string_equal(country_read(STR("UK")), "GB");
    assert_null(country_read(STR("Atlantis")));
    assert_null(country_read(STR("")));
    assert_null(country_read(STR("42")));
    assert_string_equal(language_read(STR("it")), "it");
    assert_string_equal(language_read(STR("IT")), "it");
    assert_string_equal(language_read(STR("pt-BR")), "pt");
    assert_string_equal(language_read(STR("de_CH")), "de");
    assert_null(language_read(STR("xx")));
    assert_null(language_read(STR("italiano")));
    assert_null(language_read(STR("")));
}

/* Measured so that nobody makes it slow by accident; the bound is the field table's budget. */
static void a_finished_number_costs_less_than_a_microsecond(void **state)
{
    enum { ROUNDS = 100000 };
    static const char *const numbers[] = {"+393491234567", "+12125550123", "+442079460123",
                                          "+5511912345678"};
    int64_t best = INT64_MAX;
    (void)state;

    for (int attempt = 0; attempt < 5; attempt++) {
        int64_t start = clock_read_us(CLOCK_THREAD_CPUTIME_ID);
        for (int i = 0; i < ROUNDS; i++)
            assert_null(e164_complaint(numbers[i % 4]));
        int64_t took = clock_read_us(CLOCK_THREAD_CPUTIME_ID) - start;
        best = took < best ? took : best;
    }
    print_message("%.0f ns per number\n", (double)best * 1000 / ROUNDS);
#if defined(__OPTIMIZE__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    assert_true(best < ROUNDS);
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decoration_is_taken_off),
        cmocka_unit_test(a_national_number_is_read_with_its_country),
        cmocka_unit_test(spreadsheet_damage_that_left_the_digits_is_repaired),
        cmocka_unit_test(what_cannot_be_read_without_guessing_is_refused_by_name),
        cmocka_unit_test(a_field_accepts_only_the_finished_spelling),
        cmocka_unit_test(a_calling_code_is_found_by_its_country),
        cmocka_unit_test(a_key_is_the_number_itself),
        cmocka_unit_test(countries_and_languages_are_iso_codes),
        cmocka_unit_test(a_spreadsheet_names_countries_and_languages_its_own_way),
        cmocka_unit_test(a_finished_number_costs_less_than_a_microsecond),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

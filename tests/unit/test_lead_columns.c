/* test_lead_columns.c - headers, consent words and phone cells as exports have them. */

#include "common/lead/lead_columns.h"

#include "common/base/csv_words.h"
#include "common/lead/consent_words.h"
#include "common/number/number_set.h"
#include "common/number/phone_cell.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static void headers_are_known_in_many_languages(void **state)
{
    static const struct {
        const char *header;
        enum lead_column column;
    } cases[] = {
        {"telefono", LEAD_PHONE},
        {"Cellulare ", LEAD_PHONE},
        {"TÉL.", LEAD_PHONE},
        {"Handy", LEAD_PHONE},
        {"phone_number", LEAD_PHONE},
        {"e164", LEAD_PHONE},
        {"E.164", LEAD_PHONE},
        {"Mobile Phone Number", LEAD_PHONE},
        {"Phone 1 - Value", LEAD_PHONE},
        {"N° di telefono", LEAD_PHONE},
        {"N° telefono", LEAD_PHONE},
        {"Número de teléfono", LEAD_PHONE},
        {"電話番号", LEAD_PHONE},
        {"전화번호", LEAD_PHONE},
        {"телефон", LEAD_PHONE},
        {"ＰＨＯＮＥ", LEAD_PHONE},
        {"Nome e Cognome", LEAD_NAME},
        {"Full Name", LEAD_NAME},
        {"Nome", LEAD_FIRST_NAME},
        {"Vorname", LEAD_FIRST_NAME},
        {"Cognome", LEAD_LAST_NAME},
        {"E-Mail", LEAD_EMAIL},
        {"Ragione sociale", LEAD_COMPANY},
        {"Company name", LEAD_COMPANY},
        {"Job Title", LEAD_ROLE},
        {"Country/Region", LEAD_COUNTRY},
        {"país", LEAD_COUNTRY},
        {"Lingua", LEAD_LANGUAGE},
        {"Consenso", LEAD_CONSENT_STATUS},
        {"Opt-In", LEAD_CONSENT_STATUS},
        {"Einwilligung", LEAD_CONSENT_STATUS},
        {"Data consenso", LEAD_CONSENT_DATE},
        {"Do Not Call", LEAD_DO_NOT_CALL},
        {"tenant_id", LEAD_TENANT_ID},
        {"campaign_id", LEAD_CAMPAIGN_ID},
        {"Record ID", LEAD_IGNORED},
        {"Phone 1 - Label", LEAD_IGNORED},
        {"", LEAD_IGNORED},
    };
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        if (lead_column_of(str_of(cases[i].header)) != cases[i].column)
            fail_msg("%s is %d, not %d", cases[i].header,
                     (int)lead_column_of(str_of(cases[i].header)), (int)cases[i].column);
}

static void assert_folded(const char *word)
{
    char folded[CSV_WORD_MAX + 1];

    csv_word(str_of(word), folded);
    assert_string_equal(word, folded);
}

/* A word that is not in its folded form could never be found. */
static void every_word_of_the_tables_is_folded(void **state)
{
    (void)state;

#define ALIAS(column, word) assert_folded(word);
#include "common/lead/lead_columns.def"
#undef ALIAS
#define WORD(meaning, word) assert_folded(word);
#include "common/lead/consent_words.def"
#undef WORD
}

static struct csv_record record_of(struct str *fields, size_t n)
{
    return (struct csv_record){.line = 1, .n = n, .given = n, .fields = fields};
}

static void columns_are_found_wherever_they_stand(void **state)
{
    struct str header[] = {STR("Id"), STR("Cognome"), STR("Tel."), STR("Nome"), STR("tel")};
    struct str row[] = {STR("7"), STR(" Rossi "), STR(""), STR("Mario"), STR(" +39 349 ")};
    struct csv_record h = record_of(header, 5), r = record_of(row, 5);
    struct lead_columns c;
    (void)state;

    assert_true(lead_columns_map(&h, NULL, &c));
    assert_true(c.headed);
    assert_true(str_eq(lead_cell(&r, &c, LEAD_FIRST_NAME), STR("Mario")));
    assert_true(str_eq(lead_cell(&r, &c, LEAD_LAST_NAME), STR("Rossi")));
    assert_true(str_eq(lead_cell(&r, &c, LEAD_EMAIL), STR("")));
    assert_true(str_eq(lead_phone_cell(&r, &c), STR("+39 349")));
}

static void of_two_columns_with_one_meaning_the_first_stands(void **state)
{
    struct str header[] = {STR("name"), STR("name"), STR("phone")};
    struct csv_record h = record_of(header, 3);
    struct lead_columns c;
    (void)state;

    assert_true(lead_columns_map(&h, NULL, &c));
    assert_int_equal(c.at[LEAD_NAME], 1);
}

static void a_column_called_number_is_the_phone_where_nothing_else_is(void **state)
{
    struct str alone[] = {STR("name"), STR("number")};
    struct str beside[] = {STR("number"), STR("mobile")};
    struct csv_record h = record_of(alone, 2);
    struct lead_columns c;
    (void)state;

    assert_true(lead_columns_map(&h, NULL, &c));
    assert_int_equal(c.nphones, 1);
    assert_int_equal(c.phones[0], 1);
    h = record_of(beside, 2);
    assert_true(lead_columns_map(&h, NULL, &c));
    assert_int_equal(c.nphones, 1);
    assert_int_equal(c.phones[0], 1);
}

static void a_list_of_numbers_needs_no_header(void **state)
{
    struct str number[] = {STR("349 123 4567")}, refused[] = {STR("212345678")};
    struct str word[] = {STR("I miei contatti")};
    struct csv_record r = record_of(number, 1);
    struct lead_columns c;
    (void)state;

    assert_true(lead_columns_map(&r, "IT", &c));
    assert_false(c.headed);
    assert_int_equal(c.at[LEAD_PHONE], 1);
    r = record_of(refused, 1);
    assert_true(lead_columns_map(&r, "IT", &c));
    assert_false(c.headed);
    r = record_of(word, 1);
    assert_true(lead_columns_map(&r, "IT", &c));
    assert_true(c.headed);
    assert_int_equal(c.at[LEAD_PHONE], 1);
}

static void without_a_header_the_first_number_is_the_phone(void **state)
{
    struct str row[] = {STR("Mario Rossi"), STR("+393491234567"), STR("12")};
    struct str words[] = {STR("Mario"), STR("Rossi")};
    struct csv_record r = record_of(row, 3);
    struct lead_columns c;
    (void)state;

    assert_true(lead_columns_map(&r, NULL, &c));
    assert_false(c.headed);
    assert_int_equal(c.at[LEAD_PHONE], 2);
    r = record_of(words, 2);
    assert_false(lead_columns_map(&r, NULL, &c));
}

static void consent_words_are_mapped_and_nothing_else_is_granted(void **state)
{
    static const struct {
        const char *word;
        bool known;
        enum consent_status status;
    } cases[] = {
        {"sì", true, CONSENT_GRANTED},      {"si", true, CONSENT_GRANTED},
        {"yes", true, CONSENT_GRANTED},     {"1", true, CONSENT_GRANTED},
        {"x", true, CONSENT_GRANTED},       {"VERO", true, CONSENT_GRANTED},
        {"TRUE", true, CONSENT_GRANTED},    {"Ja", true, CONSENT_GRANTED},
        {"Granted", true, CONSENT_GRANTED}, {"Opt-in", true, CONSENT_GRANTED},
        {"no", true, CONSENT_DENIED},       {"FALSO", true, CONSENT_DENIED},
        {"0", true, CONSENT_DENIED},        {"opt-out", true, CONSENT_DENIED},
        {"scaduto", true, CONSENT_EXPIRED}, {"unknown", true, CONSENT_UNKNOWN},
        {"", true, CONSENT_UNKNOWN},        {"forse", false, CONSENT_UNKNOWN},
        {"2", false, CONSENT_UNKNOWN},      {"not granted", false, CONSENT_UNKNOWN},
    };
    enum consent_status status;
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_int_equal(consent_read(str_of(cases[i].word), &status), cases[i].known);
        assert_int_equal(status, cases[i].status);
    }
}

static void a_do_not_call_cell_objects_unless_it_says_no(void **state)
{
    (void)state;

    assert_true(objection_read(STR("yes")));
    assert_true(objection_read(STR("2026-01-02")));
    assert_true(objection_read(STR("opt-out")));
    assert_false(objection_read(STR("no")));
    assert_false(objection_read(STR("FALSE")));
    assert_false(objection_read(STR("")));
}

static void a_cell_with_several_numbers_gives_the_first_and_the_others(void **state)
{
    static const char *const cells[] = {
        "349 1234567/348 1234567",         "3491234567; 3481234567",
        "+393491234567 ::: +393481234567", "3491234567 o 3481234567",
        "3491234567\n348 123 4567",        "3491234567 / 3481234567 / 3491234567",
    };
    struct phone_cell cell;
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(cells); i++) {
        assert_null(phone_cell_read(str_of(cells[i]), "IT", &cell));
        assert_string_equal(cell.primary.text, "+393491234567");
        assert_int_equal(cell.nothers, 1);
        assert_string_equal(cell.others[0].text, "+393481234567");
    }
    assert_null(phone_cell_read(STR("030/1234567"), "DE", &cell));
    assert_string_equal(cell.primary.text, "+49301234567");
    assert_int_equal(cell.nothers, 0);
}

static void several_numbers_of_which_one_is_unreadable_are_refused(void **state)
{
    struct phone_cell cell;
    (void)state;

    assert_string_equal(phone_cell_read(STR("3491234567 / 212345678"), "IT", &cell),
                        "MULTIPLE_NUMBERS");
    assert_string_equal(
        phone_cell_read(STR("3491234567;3491234568;3491234569;3491234560;3491234561"), "IT", &cell),
        "MULTIPLE_NUMBERS");
    assert_string_equal(phone_cell_read(STR("3.93E+11"), "IT", &cell),
                        "NUMBER_SCIENTIFIC_NOTATION");
    assert_string_equal(phone_cell_read(STR("02 1234567 ext 12"), "IT", &cell),
                        "NUMBER_HAS_EXTENSION");
    assert_string_equal(phone_cell_read(STR("call me / asap"), "IT", &cell), "NUMBER_ALPHANUMERIC");
    assert_string_equal(phone_cell_read(STR(""), "IT", &cell), "NUMBER_MISSING");
}

static void a_set_knows_every_number_it_was_given(void **state)
{
    struct number_set set = {0};
    (void)state;

    for (uint64_t k = 1; k <= 100000; k++)
        assert_int_equal(number_set_add(&set, k * 7919), NUMBER_SET_NEW);
    for (uint64_t k = 1; k <= 100000; k++)
        assert_int_equal(number_set_add(&set, k * 7919), NUMBER_SET_KNOWN);
    assert_int_equal(set.n, 100000);
    assert_true(set.size * sizeof(*set.slots) <= 2 * 1024 * 1024);
    number_set_free(&set);
}

static void a_full_set_says_so_and_still_answers(void **state)
{
    struct number_set set = {0};
    (void)state;

    for (uint64_t k = 1; k <= NUMBER_SET_MAX; k++)
        assert_int_equal(number_set_add(&set, k), NUMBER_SET_NEW);
    assert_int_equal(number_set_add(&set, NUMBER_SET_MAX + 1), NUMBER_SET_FULL);
    assert_int_equal(number_set_add(&set, 1), NUMBER_SET_KNOWN);
    number_set_free(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(headers_are_known_in_many_languages),
        cmocka_unit_test(every_word_of_the_tables_is_folded),
        cmocka_unit_test(columns_are_found_wherever_they_stand),
        cmocka_unit_test(of_two_columns_with_one_meaning_the_first_stands),
        cmocka_unit_test(a_column_called_number_is_the_phone_where_nothing_else_is),
        cmocka_unit_test(a_list_of_numbers_needs_no_header),
        cmocka_unit_test(without_a_header_the_first_number_is_the_phone),
        cmocka_unit_test(consent_words_are_mapped_and_nothing_else_is_granted),
        cmocka_unit_test(a_do_not_call_cell_objects_unless_it_says_no),
        cmocka_unit_test(a_cell_with_several_numbers_gives_the_first_and_the_others),
        cmocka_unit_test(several_numbers_of_which_one_is_unreadable_are_refused),
        cmocka_unit_test(a_set_knows_every_number_it_was_given),
        cmocka_unit_test(a_full_set_says_so_and_still_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_import_row.c - cells to leads: what is taken, what is left out with a notice, what is
 * refused. */

#include "common/lead/import_row.h"

#include "common/lead/date_cell.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { COLUMNS_MAX = 16 };

/* A header and one row of a file, and what became of the row. */
struct fixture {
    struct arena arena;
    struct import_rules rules;
    struct import_report report;
    struct import_row row;
    struct str fields[COLUMNS_MAX];
    size_t n;
    bool ok;
};

static size_t divide(const char *line, struct str out[COLUMNS_MAX])
{
    size_t n = 0;

    for (const char *p = line;; p++) {
        size_t length = strcspn(p, "|");
        out[n++] = (struct str){p, length};
        p += length;
        if (*p == '\0')
            return n;
    }
}

static struct fixture *read_row(const char *header, const char *line, const char *country)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct str names[COLUMNS_MAX];
    size_t n = divide(header, names);
    struct csv_record first = {.line = 1, .n = n, .given = n, .fields = names};

    f->rules =
        (struct import_rules){.default_country = country, .now_us = INT64_C(1767225600000000)};
    assert_true(lead_columns_map(&first, country, &f->rules.columns));
    size_t given = divide(line, f->fields);
    for (f->n = given; f->n < n; f->n++)
        f->fields[f->n] = STR("");
    struct csv_record r = {.line = 7, .n = n, .given = given, .fields = f->fields};
    f->ok = import_row_read(&f->arena, &f->rules, &r, &f->report, &f->row);
    return f;
}

static void done(struct fixture *f)
{
    import_report_free(&f->report);
    arena_end(&f->arena);
    free(f);
}

static void assert_noted(const struct fixture *f, const char *code, const char *column)
{
    for (size_t i = 0; i < f->report.nnotices; i++)
        if (strcmp(f->report.notices[i].code, code) == 0) {
            assert_string_equal(f->report.notices[i].column, column);
            assert_int_equal(f->report.notices[i].first_line, 7);
            return;
        }
    fail_msg("no notice %s", code);
}

static void a_whole_row_becomes_a_lead(void **state)
{
    struct fixture *f =
        read_row("Nome|Cognome|Cellulare|Email|Azienda|Ruolo|Paese|Lingua|Consenso|Data consenso|"
                 "Fonte consenso|Base giuridica",
                 " Mario |Rossi|349 123 4567|m@example.com|Acme|CTO|Italia|it-IT|s\u00ec|"
                 "2025-06-01|web_form|consent",
                 NULL);
    const struct lead *l = &f->row.lead;
    (void)state;

    assert_true(f->ok);
    assert_string_equal(l->name, "Mario Rossi");
    assert_string_equal(l->phone, "+393491234567");
    assert_string_equal(l->email, "m@example.com");
    assert_string_equal(l->company, "Acme");
    assert_string_equal(l->role, "CTO");
    assert_string_equal(l->country_iso, "IT");
    assert_string_equal(l->preferred_lang, "it");
    assert_int_equal(l->consent_status, CONSENT_GRANTED);
    assert_string_equal(l->consent_source, "web_form");
    assert_string_equal(l->consent_basis, "consent");
    assert_int_equal(l->consent_date.us, INT64_C(1748736000000000));
    assert_int_equal(f->report.nnotices, 0);
    assert_int_equal(f->report.failed, 0);
    done(f);
}

static void a_lead_without_a_name_is_called_by_its_number(void **state)
{
    struct fixture *f = read_row("phone|first name", "+393491234567|", NULL);
    (void)state;

    assert_true(f->ok);
    assert_string_equal(f->row.lead.name, "+393491234567");
    assert_string_equal(f->row.lead.country_iso, "IT");
    assert_int_equal(f->row.lead.consent_status, CONSENT_UNKNOWN);
    done(f);
}

static void a_refused_row_names_its_line_column_and_masked_value(void **state)
{
    static const struct {
        const char *header, *row, *country, *column, *code, *masked;
    } cases[] = {
        {"phone|n", "349 123 4567|x", NULL, "\"phone\"", "NUMBER_NO_COUNTRY",
         "\"349 12\u2022\u2022\u2022567\""},
        {"phone|n", "212345678|x", "IT", "\"phone\"", "NUMBER_AMBIGUOUS",
         "\"212\u2022\u2022\u2022678\""},
        {"phone|n", "3.93E+11|x", "IT", "\"phone\"", "NUMBER_SCIENTIFIC_NOTATION",
         "\"\u2022\u2022\u2022\""},
        {"phone|n", "|x", "IT", "\"phone\"", "NUMBER_MISSING", "null"},
        {"phone|n", "02 1234567 ext 12|x", "IT", "\"phone\"", "NUMBER_HAS_EXTENSION",
         "\"02 123\u2022\u2022\u2022 12\""},
        {"phone|n", "3491234567/212345678|x", "IT", "\"phone\"", "MULTIPLE_NUMBERS",
         "\"349123\u2022\u2022\u2022678\""},
        {"phone|campaign_id", "+393491234567|4", NULL, "\"campaign_id\"", "CAMPAIGN_MISMATCH",
         "null"},
        {"phone|consent date", "+393491234567|03/04/2025", NULL, "\"consent_date\"",
         "DATE_AMBIGUOUS", "\"03/0\u2022\u2022\u2022025\""},
        {"phone|consent date", "+393491234567|2126-01-01", NULL, "\"consent_date\"",
         "CONSENT_DATE_IN_FUTURE", "\"2126\u2022\u2022\u2022-01\""},
    };
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char expected[256];
        struct fixture *f = read_row(cases[i].header, cases[i].row, cases[i].country);

        snprintf(expected, sizeof(expected),
                 "{\"line\":7,\"column\":%s,\"code\":\"%s\",\"value_masked\":%s}", cases[i].column,
                 cases[i].code, cases[i].masked);
        assert_false(f->ok);
        assert_string_equal(f->report.errors.p, expected);
        assert_int_equal(f->report.failed, 1);
        done(f);
    }
}

static void text_that_does_not_fit_is_refused_not_cut(void **state)
{
    char row[400];
    (void)state;

    snprintf(row, sizeof(row), "+393491234567|%0256d", 0);
    struct fixture *f = read_row("phone|company", row, NULL);
    assert_false(f->ok);
    assert_non_null(
        strstr(f->report.errors.p, "\"column\":\"company\",\"code\":\"FIELD_TOO_LONG\""));
    done(f);
    snprintf(row, sizeof(row), "+393491234567|%0255d", 0);
    f = read_row("phone|company", row, NULL);
    assert_true(f->ok);
    done(f);
}

static void formulas_are_text(void **state)
{
    struct fixture *f = read_row("phone|name|company", "=\"+393491234567\"|=cmd()|@SUM(A1)", NULL);
    (void)state;

    assert_true(f->ok);
    assert_string_equal(f->row.lead.name, "=cmd()");
    assert_string_equal(f->row.lead.company, "@SUM(A1)");
    assert_noted(f, "NUMBER_CONVERTED", "phone");
    done(f);
}

static void what_does_not_decide_about_a_call_is_left_out_with_a_notice(void **state)
{
    struct fixture *f = read_row("phone|email|country|language|consent",
                                 "+393491234567|nobody|Atlantis|klingon|forse", NULL);
    (void)state;

    assert_true(f->ok);
    assert_null(f->row.lead.email);
    assert_null(f->row.lead.preferred_lang);
    assert_string_equal(f->row.lead.country_iso, "IT");
    assert_int_equal(f->row.lead.consent_status, CONSENT_UNKNOWN);
    assert_noted(f, "VALUE_IGNORED", "country_iso");
    assert_noted(f, "CONSENT_WORD_UNKNOWN", "consent_status");
    assert_int_equal(f->report.nnotices, 4);
    done(f);
}

static void a_stated_country_stands_and_a_different_one_is_noted(void **state)
{
    struct fixture *f = read_row("phone|country", "+33612345678|IT", NULL);
    (void)state;

    assert_true(f->ok);
    assert_string_equal(f->row.lead.country_iso, "IT");
    assert_noted(f, "COUNTRY_MISMATCH", "country_iso");
    done(f);
    f = read_row("phone|country", "+17872345678|US", NULL);
    assert_true(f->ok);
    assert_int_equal(f->report.nnotices, 0);
    done(f);
}

static void an_objection_outweighs_a_consent(void **state)
{
    struct fixture *f = read_row("phone|consent|do not call", "+393491234567|yes|x", NULL);
    (void)state;

    assert_true(f->ok);
    assert_int_equal(f->row.lead.consent_status, CONSENT_DENIED);
    done(f);
}

static void consent_without_date_or_source_is_noted(void **state)
{
    struct fixture *f = read_row("phone|consent|consent date", "+393491234567|yes|", NULL);
    (void)state;

    assert_true(f->ok);
    assert_int_equal(f->row.lead.consent_status, CONSENT_GRANTED);
    assert_noted(f, "CONSENT_WITHOUT_PROOF", "consent_status");
    done(f);
}

static void further_numbers_of_a_cell_are_kept_beside_the_lead(void **state)
{
    struct fixture *f = read_row("phone|n", "349 1234567 ::: 348 1234567|x", "IT");
    (void)state;

    assert_true(f->ok);
    assert_string_equal(f->row.lead.phone, "+393491234567");
    assert_string_equal(f->row.lead.metadata.text, "{\"other_phones\":[\"+393481234567\"]}");
    assert_noted(f, "MULTIPLE_NUMBERS", "phone");
    done(f);
}

static void a_footer_is_skipped_not_failed(void **state)
{
    struct fixture *f =
        read_row("name|phone", "Confidential Information - Do Not Distribute", "IT");
    (void)state;

    assert_false(f->ok);
    assert_int_equal(f->report.skipped, 1);
    assert_int_equal(f->report.failed, 0);
    done(f);
}

static void only_the_first_thousand_errors_are_listed_all_are_counted(void **state)
{
    struct import_report report = {0};
    (void)state;

    for (int i = 0; i < IMPORT_ERRORS_MAX + 5; i++)
        import_error(&report,
                     &(struct import_error){i + 1, "phone", "NUMBER_INVALID", STR("12345")});
    assert_int_equal(report.failed, IMPORT_ERRORS_MAX + 5);
    assert_int_equal(report.nerrors, IMPORT_ERRORS_MAX);
    assert_null(strstr(report.errors.p, "\"line\":1001"));
    import_report_free(&report);
}

static void dates_are_read_when_they_can_be_only_one(void **state)
{
    static const struct {
        const char *cell, *wrong;
        int64_t us;
    } cases[] = {
        {"2025-06-01", NULL, INT64_C(1748736000000000)},
        {"2025/06/01", NULL, INT64_C(1748736000000000)},
        {"01.06.2025", NULL, INT64_C(1748736000000000)},
        {"2025-06-01T10:00:00Z", NULL, INT64_C(1748772000000000)},
        {"2025-06-01T12:00:00+02:00", NULL, INT64_C(1748772000000000)},
        {"2025-06-01 10:00", NULL, INT64_C(1748772000000000)},
        {"2025-06-01 10:00:00", NULL, INT64_C(1748772000000000)},
        {"31/12/2025", NULL, INT64_C(1767139200000000)},
        {"12/31/2025", NULL, INT64_C(1767139200000000)},
        {"01/01/2025", NULL, INT64_C(1735689600000000)},
        {"03/04/2025", "DATE_AMBIGUOUS", 0},
        {"3-4-2025 10:00", "DATE_AMBIGUOUS", 0},
        {"31/02/2025", "DATE_INVALID", 0},
        {"2025-13-01", "DATE_INVALID", 0},
        {"01/02/25", "DATE_INVALID", 0},
        {"45809", "DATE_INVALID", 0},
        {"2025-06/01", "DATE_INVALID", 0},
        {"2025-06-01 soon", "DATE_INVALID", 0},
        {"yesterday", "DATE_INVALID", 0},
        {"", "DATE_INVALID", 0},
    };
    struct tstamp t;
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *wrong = date_cell_read(str_of(cases[i].cell), &t);

        if (cases[i].wrong ? !wrong || strcmp(wrong, cases[i].wrong) != 0
                           : wrong || t.us != cases[i].us)
            fail_msg("'%s': %s, %lld", cases[i].cell, wrong ? wrong : "read", (long long)t.us);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_row_becomes_a_lead),
        cmocka_unit_test(a_lead_without_a_name_is_called_by_its_number),
        cmocka_unit_test(a_refused_row_names_its_line_column_and_masked_value),
        cmocka_unit_test(text_that_does_not_fit_is_refused_not_cut),
        cmocka_unit_test(formulas_are_text),
        cmocka_unit_test(what_does_not_decide_about_a_call_is_left_out_with_a_notice),
        cmocka_unit_test(a_stated_country_stands_and_a_different_one_is_noted),
        cmocka_unit_test(an_objection_outweighs_a_consent),
        cmocka_unit_test(consent_without_date_or_source_is_noted),
        cmocka_unit_test(further_numbers_of_a_cell_are_kept_beside_the_lead),
        cmocka_unit_test(a_footer_is_skipped_not_failed),
        cmocka_unit_test(only_the_first_thousand_errors_are_listed_all_are_counted),
        cmocka_unit_test(dates_are_read_when_they_can_be_only_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_csv.c - files as they arrive, whole and in pieces. */

#include "common/base/csv.h"

#include "common/base/csv_words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static char printable(char c)
{
    return memchr("\0\x1b\x7f", c, 3) ? '?' : c;
}

/* A file as one text: "line: field | field", faults in front, the summary behind. */
static bool write_record(void *ctx, const struct csv_record *r)
{
    struct buf *out = ctx;

    buf_i64(out, r->line);
    buf_str(out, ":");
    if (r->fault)
        buf_printf(out, " !%s", r->fault);
    for (size_t i = 0; i < r->n; i++) {
        buf_str(out, i ? "|" : " ");
        for (size_t j = 0; j < r->fields[i].n; j++)
            buf_char(out, printable(r->fields[i].p[j]));
    }
    buf_str(out, "\n");
    return true;
}

static void write_summary(struct buf *out, const struct csv_reader *r)
{
    struct csv_summary s = csv_summary(r);
    char delimiter = s.delimiter == '\t' ? 't' : s.delimiter ? s.delimiter : '-';

    buf_printf(out, "%s %c", csv_encoding_name(s.encoding), delimiter);
    if (s.blank)
        buf_printf(out, " blank=%d", (int)s.blank);
    if (s.strays)
        buf_printf(out, " strays=%d", (int)s.strays);
    if (s.fault)
        buf_printf(out, " %s@%d", s.fault, (int)s.fault_line);
}

/* Read text in chunks of the given size, the first one being `first` bytes. */
static char *read_in_chunks(struct str text, size_t first, size_t chunk)
{
    struct buf out = {0};
    struct csv_reader *r = csv_open(&(struct csv_options){.take = write_record, .ctx = &out});
    bool ok = true;

    for (size_t at = 0; ok && at < text.n;) {
        size_t n = at == 0 && first ? first : chunk;
        n = n < text.n - at ? n : text.n - at;
        ok = csv_feed(r, (struct str){text.p + at, n});
        at += n;
    }
    ok = ok && csv_finish(r);
    write_summary(&out, r);
    assert_true(ok == !csv_summary(r).fault);
    csv_close(r);
    return out.p;
}

static void assert_file(struct str text, const char *expected)
{
    for (size_t split = 0; split <= text.n && split < 400; split++) {
        char *got = read_in_chunks(text, split, split ? text.n : text.n + 1);
        assert_string_equal(got, expected);
        free(got);
    }
    char *got = read_in_chunks(text, 0, 1);
    assert_string_equal(got, expected);
    free(got);
}

#define ASSERT_FILE(literal, expected) assert_file(STR(literal), expected)

static void byte_order_marks_choose_the_encoding(void **state)
{
    (void)state;

    ASSERT_FILE("\xEF\xBB\xBFNome,Tel\nZo\xC3\xA8,1\n", "1: Nome|Tel\n2: Zo\u00e8|1\nutf-8 ,");
    ASSERT_FILE("\xFF\xFEN\0o\0\t\0T\0\r\0\n\0\xE8\0\t\0"
                "1\0\x3D\xD8\xDE\xDC\r\0\n\0",
                "1: No|T\n2: \u00e8|1\U0001F4DE\nutf-16le t");
    ASSERT_FILE("\xFE\xFF\0N\0;\0T\0\n\0\xE8\0;\0"
                "1\0\n",
                "1: N|T\n2: \u00e8|1\nutf-16be ;");
    ASSERT_FILE("\xFF\xFE"
                "a\0\xDC\xDC\n\0\x3D\xD8"
                "b\0\n\0c\0\x3D\xD8",
                "1: a\uFFFD\n2: \uFFFDb\n3: c\uFFFD\nutf-16le ,");
}

static void bytes_that_are_not_utf8_are_windows_1252(void **state)
{
    (void)state;

    ASSERT_FILE("Nome;Note\r\nNicol\xF2;l\x92\x80\r\n",
                "1: Nome|Note\n2: Nicol\u00f2|l\u2019\u20ac\nwindows-1252 ;");
    ASSERT_FILE("a,b\nNicol\xF2", "1: a|b\n2: Nicol\u00f2|\nwindows-1252 ,");
    ASSERT_FILE("a,b\nNicol\xC3\xB2,\xE2\x82",
                "1: a|b\n2: Nicol\u00c3\u00b2|\u00e2\u201a\nwindows-1252 ,");
}

/* Beyond the head nothing can be read again: the first character there decides. */
static void a_late_first_accent_decides_and_a_late_stray_is_one_character(void **state)
{
    enum { LINES = 10000 };
    struct buf text = {0};
    char tail[64], *got;
    (void)state;

    for (int i = 0; i < LINES; i++)
        buf_str(&text, "Lead,+393491234567\n");
    size_t ascii = text.n;
    buf_str(&text, "Nicol\xF2,1\nNicol\xC3\xB2,2\n");
    got = read_in_chunks(buf_view(&text), 0, 1000);
    snprintf(tail, sizeof(tail), "%d: Nicol\u00f2|1\n%d: Nicol\u00c3\u00b2|2\nwindows-1252 ,",
             LINES + 1, LINES + 2);
    assert_string_equal(got + strlen(got) - strlen(tail), tail);
    free(got);

    text.n = ascii;
    buf_str(&text, "Nicol\xC3\xB2,1\nNicol\xF2,2\n");
    got = read_in_chunks(buf_view(&text), 0, 999);
    snprintf(tail, sizeof(tail), "%d: Nicol\u00f2|1\n%d: Nicol\u00f2|2\nutf-8 , strays=1",
             LINES + 1, LINES + 2);
    assert_string_equal(got + strlen(got) - strlen(tail), tail);
    free(got);
    buf_free(&text);
}

static void the_delimiter_is_found_outside_quotes(void **state)
{
    (void)state;

    ASSERT_FILE("a,b\n1,2\n", "1: a|b\n2: 1|2\nutf-8 ,");
    ASSERT_FILE("a;b\n1,5;2\n", "1: a|b\n2: 1,5|2\nutf-8 ;");
    ASSERT_FILE("a\tb\n1, 2\t3\n", "1: a|b\n2: 1, 2|3\nutf-8 t");
    ASSERT_FILE("a|b\n1|2\n", "1: a|b\n2: 1|2\nutf-8 |");
    ASSERT_FILE("\"a;b;c\",d\n\"1;2;3\",4\n", "1: a;b;c|d\n2: 1;2;3|4\nutf-8 ,");
    ASSERT_FILE("\"a \"\"x\"\", y; z\";b\n1;2\n", "1: a \"x\", y; z|b\n2: 1|2\nutf-8 ;");
    ASSERT_FILE("a, b, c;d\n1;2\n3;4\n", "1: a, b, c|d\n2: 1|2\n3: 3|4\nutf-8 ;");
    ASSERT_FILE("\t\t\na\t\tc\n\t2\t3\n", "2: a||c\n3: |2|3\nutf-8 t blank=1");
}

static void a_sep_line_names_the_delimiter_and_is_no_record(void **state)
{
    (void)state;

    ASSERT_FILE("sep=;\r\na,b;c\r\n1;2\r\n", "2: a,b|c\n3: 1|2\nutf-8 ;");
    ASSERT_FILE("SEP=,\na;b,c\n", "2: a;b|c\nutf-8 ,");
    ASSERT_FILE("\"sep=|\"\na|b\n", "2: a|b\nutf-8 |");
    ASSERT_FILE("\xFF\xFEs\0e\0p\0=\0;\0\r\0\n\0a\0;\0b\0,\0c\0", "2: a|b,c\nutf-16le ;");
    ASSERT_FILE("sep=x\na\n", "1: sep=x\n2: a\nutf-8 ,");
    ASSERT_FILE("separator,b\n1,2\n", "1: separator|b\n2: 1|2\nutf-8 ,");
}

static void any_line_ending_counts_once(void **state)
{
    (void)state;

    ASSERT_FILE("a\r\nb\nc\rd\r\n\r\ne", "1: a\n2: b\n3: c\n4: d\n6: e\nutf-8 , blank=1");
    ASSERT_FILE("a\n\n\r\n \nb\n", "1: a\n5: b\nutf-8 , blank=3");
    ASSERT_FILE("\r\r\n\na", "4: a\nutf-8 , blank=3");
}

static void a_newline_in_quotes_stays_in_its_record(void **state)
{
    (void)state;

    ASSERT_FILE("a,b\n\"1\n2\r\n3\",x\ny,z\n", "1: a|b\n2: 1\n2\r\n3|x\n5: y|z\nutf-8 ,");
    ASSERT_FILE("a,b\n\"\n\",x\n\"\",\"\"\ny,z\n", "1: a|b\n2: \n|x\n5: y|z\nutf-8 , blank=1");
}

static void quotes_are_rfc_4180_and_lenient(void **state)
{
    (void)state;

    ASSERT_FILE("a,b\n\"x \"\"y\"\"\",2\n", "1: a|b\n2: x \"y\"|2\nutf-8 ,");
    ASSERT_FILE("a,b\n5\" pipe,2\n", "1: a|b\n2: 5\" pipe|2\nutf-8 ,");
    ASSERT_FILE("a,b\n \"x\" , y \n", "1: a|b\n2: x|y\nutf-8 ,");
    ASSERT_FILE("a,b\n\"=\"\"+39\"\"\",=cmd()\n", "1: a|b\n2: =\"+39\"|=cmd()\nutf-8 ,");
}

static void a_quote_never_closed_is_a_file_error_where_it_opened(void **state)
{
    struct buf text = {0};
    (void)state;

    ASSERT_FILE("a,b\n1,2\n3,\"4\n5,6\n7,8\n", "1: a|b\n2: 1|2\nutf-8 , QUOTE_NOT_CLOSED@3");
    ASSERT_FILE("a,b\n\"x\ny\",\"z\n5,6", "1: a|b\nutf-8 , QUOTE_NOT_CLOSED@3");
    ASSERT_FILE("\"", "utf-8 , QUOTE_NOT_CLOSED@1");

    buf_str(&text, "a,b\n1,2\n3,\"4\n");
    while (text.n < 3 * CSV_RECORD_MAX)
        buf_str(&text, "Lead,+393491234567\n");
    for (size_t chunk = 1000; chunk <= text.n; chunk *= 57) {
        char *got = read_in_chunks(buf_view(&text), 0, chunk);
        assert_string_equal(got, "1: a|b\n2: 1|2\nutf-8 , QUOTE_NOT_CLOSED@3");
        free(got);
    }
    buf_free(&text);
}

static void a_record_without_end_is_a_file_error(void **state)
{
    struct buf text = {0};
    (void)state;

    buf_str(&text, "a,b\n");
    while (text.n < 2 * CSV_RECORD_MAX)
        buf_str(&text, "0123456789,");
    char *got = read_in_chunks(buf_view(&text), 0, 70000);
    assert_string_equal(got, "1: a|b\nutf-8 , RECORD_TOO_LONG@2");
    free(got);
    buf_free(&text);
}

static void control_characters_spoil_their_record_only(void **state)
{
    (void)state;

    ASSERT_FILE(
        "a,b\n1\0,2\n3,4\n5,\x1b[2J\n6\x7f,7\n",
        "1: a|b\n2: !NUL_BYTE 1?|2\n3: 3|4\n4: !NUL_BYTE 5|?[2J\n5: !NUL_BYTE 6?|7\nutf-8 ,");
}

static void more_fields_than_columns_are_an_error_fewer_are_padded(void **state)
{
    (void)state;

    ASSERT_FILE("a,b,c\n1,2\n1,2,3,4\n1\n1,2,\n",
                "1: a|b|c\n2: 1|2|\n3: !FIELD_COUNT 1|2|3\n4: 1||\n"
                "5: 1|2|\nutf-8 ,");
}

static void a_field_beyond_64_kb_spoils_its_record_only(void **state)
{
    struct buf text = {0};
    (void)state;

    buf_str(&text, "a,b\n1,");
    for (int i = 0; i <= CSV_FIELD_MAX; i++)
        buf_char(&text, 'x');
    buf_str(&text, "\n3,4\n");
    char *got = read_in_chunks(buf_view(&text), 0, 5000);
    assert_string_equal(got, "1: a|b\n2: !FIELD_TOO_LONG 1|\n3: 3|4\nutf-8 ,");
    free(got);
    buf_free(&text);
}

static void a_million_columns_are_one_bad_record(void **state)
{
    struct buf text = {0}, out = {0};
    struct csv_reader *r;
    (void)state;

    buf_str(&text, "a,b\n");
    for (int i = 0; i < 1000000; i++)
        buf_char(&text, ',');
    buf_str(&text, "x\n3,4\n");
    r = csv_open(&(struct csv_options){.take = write_record, .ctx = &out});
    assert_true(csv_feed(r, buf_view(&text)) && csv_finish(r));
    assert_string_equal(out.p, "1: a|b\n2: !FIELD_COUNT |\n3: 3|4\n");
    csv_close(r);
    buf_free(&out);
    buf_free(&text);
}

static void what_is_no_csv_is_refused_on_its_first_bytes(void **state)
{
    static const struct str files[] = {
        {"PK\x03\x04\x14\0\x06\0", 8},
        {"\x1F\x8B\x08\0", 4},
        {"%PDF-1.7\n", 9},
        {"\xD0\xCF\x11\xE0\xA1\xB1", 6},
        {"\n <!DOCTYPE html>", 17},
        {"<?xml version=\"1.0\"?>", 21},
        {"[{\"phone\":1}]", 13},
        {"{\"a\":1}", 7},
        {"\xEF\xBB\xBF{\"a\":1}", 10},
        {"\xFF\xFE<\0h\0", 6},
    };
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(files); i++) {
        char *got = read_in_chunks(files[i], 0, 3);
        assert_non_null(strstr(got, "UNSUPPORTED_FORMAT@0"));
        assert_null(strchr(got, ':'));
        free(got);
    }
    ASSERT_FILE("[id],b\n1,2\n", "1: [id]|b\n2: 1|2\nutf-8 ,");
}

static void an_empty_file_has_no_records(void **state)
{
    (void)state;

    ASSERT_FILE("", "utf-8 ,");
    ASSERT_FILE("\n\n", "utf-8 , blank=2");
    ASSERT_FILE("\xEF\xBB\xBF", "utf-8 ,");
}

static bool take_one(void *ctx, const struct csv_record *r)
{
    (void)r;
    return --*(int *)ctx > 0;
}

static void a_reader_that_has_enough_stops(void **state)
{
    int wanted = 2;
    struct csv_reader *r = csv_open(&(struct csv_options){.take = take_one, .ctx = &wanted});
    (void)state;

    bool fed = csv_feed(r, STR("a\nb\nc\nd\n"));
    assert_true(fed);
    assert_false(csv_finish(r));
    assert_int_equal(wanted, 0);
    assert_null(csv_summary(r).fault);
    csv_close(r);
}

/* Cut anywhere, fed byte by byte: one sample with everything difficult in it. */
static void every_split_point_gives_the_same_records(void **state)
{
    (void)state;

    ASSERT_FILE(
        "\xEF\xBB\xBFNome;T\xC3\xA9l. ;\"Note;\"\"x\"\"\"\r\n\"Zo\xC3\xA8\r\nB\";+39 349;a\"b\r"
        ";;\r\n\r\nX;\xF0\x9F\x93\x9E;\xFFz\n\"c\nd\ne\";1;2;3\nlast;one;\"end\"",
        "1: Nome|T\u00e9l.|Note;\"x\"\n2: Zo\u00e8\r\nB|+39 349|a\"b\n"
        "6: X|\U0001F4DE|\u00ffz\n7: !FIELD_COUNT c\nd\ne|1|2\n10: last|one|end\n"
        "utf-8 ; blank=2 strays=1");
}

static void words_are_compared_without_case_accents_and_marks(void **state)
{
    static const struct {
        const char *text, *word;
    } cases[] = {
        {"Tél. ", "tel"},
        {"N° di telefono", "nditelefono"},
        {"PHONE_NUMBER", "phonenumber"},
        {"Straße", "strasse"},
        {"ＰＨＯＮＥ", "phone"},
        {"電話番号", "電話番号"},
        {"전화번호", "전화번호"},
        {"телефон", "телефон"},
        {"ΤΗΛΈΦΩΝΟ", "τηλεφωνο"},
        {"\uFEFFphone", "phone"},
        {"---", ""},
        {"", ""},
    };
    char word[CSV_WORD_MAX + 1];
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_int_equal(csv_word(str_of(cases[i].text), word), strlen(cases[i].word));
        assert_string_equal(word, cases[i].word);
    }
    assert_int_equal(csv_word((struct str){"\xff\xfe", 2}, word), 0);
    for (size_t n = CSV_WORD_MAX - 1; n <= CSV_WORD_MAX + 1; n++) {
        char *letters = malloc(n);
        memset(letters, 'A', n);
        assert_int_equal(csv_word((struct str){letters, n}, word), n <= CSV_WORD_MAX ? n : 0);
        free(letters);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(byte_order_marks_choose_the_encoding),
        cmocka_unit_test(bytes_that_are_not_utf8_are_windows_1252),
        cmocka_unit_test(a_late_first_accent_decides_and_a_late_stray_is_one_character),
        cmocka_unit_test(the_delimiter_is_found_outside_quotes),
        cmocka_unit_test(a_sep_line_names_the_delimiter_and_is_no_record),
        cmocka_unit_test(any_line_ending_counts_once),
        cmocka_unit_test(a_newline_in_quotes_stays_in_its_record),
        cmocka_unit_test(quotes_are_rfc_4180_and_lenient),
        cmocka_unit_test(a_quote_never_closed_is_a_file_error_where_it_opened),
        cmocka_unit_test(a_record_without_end_is_a_file_error),
        cmocka_unit_test(control_characters_spoil_their_record_only),
        cmocka_unit_test(more_fields_than_columns_are_an_error_fewer_are_padded),
        cmocka_unit_test(a_field_beyond_64_kb_spoils_its_record_only),
        cmocka_unit_test(a_million_columns_are_one_bad_record),
        cmocka_unit_test(what_is_no_csv_is_refused_on_its_first_bytes),
        cmocka_unit_test(an_empty_file_has_no_records),
        cmocka_unit_test(a_reader_that_has_enough_stops),
        cmocka_unit_test(every_split_point_gives_the_same_records),
        cmocka_unit_test(words_are_compared_without_case_accents_and_marks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

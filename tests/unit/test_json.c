/* test_json.c - what the JSON door lets through, to the letter, and what it does not. */

#include "common/base/json.h"

#include "tests/support/check.h"

static void what_is_not_strict_json_is_refused(void **state)
{
    static const struct {
        const char *text;
        size_t n; /* 0 = strlen */
        const char *why;
    } cases[] = {
        {"", 0, "a value was expected"},
        {"{", 0, "an object key was expected"},
        {"[1,]", 0, "a value was expected"},
        {"{\"a\":1,}", 0, "an object key was expected"},
        {"{\"a\" 1}", 0, "a colon was expected after an object key"},
        {"01", 0, "there is text after the document"},
        {"+1", 0, "a value was expected"},
        {"1.", 0, "a number needs digits after its point"},
        {"1e", 0, "a number needs digits in its exponent"},
        {"1e1000", 0, "a number's exponent is out of range"},
        {"-0.1E-99999", 0, "a number's exponent is out of range"},
        {"NaN", 0, "a value was expected"},
        {"Infinity", 0, "a value was expected"},
        {"true false", 0, "there is text after the document"},
        {"{} x", 0, "there is text after the document"},
        {"\xEF\xBB\xBF{}", 0, "a value was expected"},
        {"\"\t\"", 0, "a control character must be escaped"},
        {"\"\\u0000\"", 0, "the character U+0000 is not allowed"},
        {"\"a\0b\"", 5, "a control character must be escaped"},
        {"\"\\ud800\"", 0, "a surrogate must be one of a pair"},
        {"\"\\ud800\\u0041\"", 0, "a surrogate must be one of a pair"},
        {"\"\\udc00\"", 0, "a surrogate must be one of a pair"},
        {"\"\\x41\"", 0, "an escape is not one of JSON's"},
        {"\"\xFF\"", 0, "the text is not valid UTF-8"},
        {"\"\xED\xA0\x80\"", 0, "the text is not valid UTF-8"},
        {"\"\xC0\x80\"", 0, "the text is not valid UTF-8"},
        {"\"open", 0, "a string is not closed"},
        {"'single'", 0, "a value was expected"},
        {"{\"a\":1 \"b\":2}", 0, "a comma or a closing bracket was expected"},
        {"[1}", 0, "a comma or a closing bracket was expected"},
    };
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        size_t at;
        size_t n = cases[i].n ? cases[i].n : strlen(cases[i].text);
        const char *why = json_complaint((struct str){cases[i].text, n}, &at);
        assert_non_null(why);
        assert_string_equal(why, cases[i].why);
        assert_true(at <= n);
    }
}

static void nothing_at_all_is_no_document(void **state)
{
    size_t at;
    (void)state;

    assert_string_equal(json_complaint((struct str){0}, &at), "a value was expected");
    assert_int_equal(at, 0);
}

static void a_key_twice_in_one_object_is_refused(void **state)
{
    struct op op = {.request_id = "t"};
    const struct cJSON *v;
    (void)state;

    assert_fails(&op, E_MALFORMED_REQUEST,
                 json_parse(&op, STR("{\"a\":{\"b\":1,\"c\":2,\"b\":3}}"), &v));
    op_forgive(&op);
    assert_ok(&op, json_parse(&op, STR("{\"a\":{\"b\":1},\"b\":{\"b\":2}}"), &v));
    op_end(&op);
}

static void depth_is_bounded_before_anything_is_built(void **state)
{
    struct op op = {.request_id = "t"};
    const struct cJSON *v;
    char text[20000];
    size_t at;
    (void)state;

    memset(text, '[', 10000);
    memset(text + 10000, ']', 10000);
    assert_string_equal(json_complaint((struct str){text, 20000}, &at), "nesting is too deep");
    assert_int_equal(at, JSON_MAX_DEPTH);
    memset(text + JSON_MAX_DEPTH, ']', JSON_MAX_DEPTH);
    assert_ok(&op, json_parse(&op, (struct str){text, 2 * JSON_MAX_DEPTH}, &v));
    op_end(&op);
}

static void a_number_longer_than_the_database_can_hold_is_refused(void **state)
{
    char text[1025];
    size_t at;
    (void)state;

    memset(text, '9', sizeof(text));
    assert_null(json_complaint((struct str){text, 1024}, &at));
    assert_string_equal(json_complaint((struct str){text, 1025}, &at), "a number is too long");
}

static void numbers_pass_to_the_letter(void **state)
{
    static const char text[] = "{\"a\":9007199254740993,\"b\":-9223372036854775808,\"c\":1.10,"
                               "\"d\":1e400,\"e\":0,\"f\":-0,\"g\":[12345678901234567890]}";
    struct op op = {.request_id = "t"};
    const struct cJSON *v;
    int64_t n;
    (void)state;

    assert_ok(&op, json_parse(&op, STR(text), &v));
    assert_string_equal(json_text(&op, v), text);
    assert_true(json_get_i64(v, "a", &n) && n == 9007199254740993);
    assert_true(json_get_i64(v, "b", &n) && n == INT64_MIN);
    assert_false(json_get_i64(v, "c", &n));
    assert_true(json_get_i64(v, "e", &n) && n == 0);
    assert_false(json_i64(json_first(json_get(v, "g")), &n));
    op_end(&op);
}

static void text_of_every_kind_survives(void **state)
{
    struct op op = {.request_id = "t"};
    const struct cJSON *v;
    (void)state;

    assert_ok(&op, json_parse(&op, STR("{\"s\":\"caff\\u00e8 \\ud83d\\ude00 \\\"q\\\"\"}"), &v));
    assert_string_equal(json_get_string(v, "s"), "caff\xC3\xA8 \xF0\x9F\x98\x80 \"q\"");
    assert_null(json_get_string(v, "S"));
    op_end(&op);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_strict_json_is_refused),
        cmocka_unit_test(nothing_at_all_is_no_document),
        cmocka_unit_test(a_key_twice_in_one_object_is_refused),
        cmocka_unit_test(depth_is_bounded_before_anything_is_built),
        cmocka_unit_test(a_number_longer_than_the_database_can_hold_is_refused),
        cmocka_unit_test(numbers_pass_to_the_letter),
        cmocka_unit_test(text_of_every_kind_survives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

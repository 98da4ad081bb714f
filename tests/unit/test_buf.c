/* test_buf.c - buffers grow to their ceiling and not beyond. */

#include "common/base/buf.h"

#include "tests/support/check.h"

static void appends_are_kept_in_order_and_terminated(void **state)
{
    struct buf b = {0};
    (void)state;

    for (int i = 0; i < 1000; i++)
        buf_add(&b, "ab", 2);
    buf_char(&b, 'c');
    buf_i64(&b, INT64_MIN);
    assert_int_equal(b.n, 2001 + 20);
    assert_string_equal(b.p + 1998, "abc-9223372036854775808");
    assert_false(b.over);
    buf_free(&b);
}

static void a_buffer_never_passes_its_ceiling(void **state)
{
    (void)state;

    for (size_t max = 1; max < 600; max += 7) {
        struct buf b = {.max = max};

        for (size_t i = 0; i < max; i++)
            buf_char(&b, 'x');
        assert_int_equal(b.n, max);
        assert_false(b.over);
        buf_add(&b, "yz", 2);
        assert_int_equal(b.n, max);
        assert_true(b.over);
        assert_int_equal(strlen(b.p), max);
        buf_free(&b);
    }
}

static void json_strings_are_escaped_and_made_utf8(void **state)
{
    static const struct {
        const char *in;
        size_t n;
        const char *out;
    } cases[] = {
        {"plain", 5, "\"plain\""},
        {"a\"b\\c\n\t\r", 8, "\"a\\\"b\\\\c\\n\\t\\r\""},
        {"\x01\x7f", 2, "\"\\u0001\\u007f\""},
        {"caff\xC3\xA8 \xF0\x9F\x98\x80", 11, "\"caff\xC3\xA8 \xF0\x9F\x98\x80\""},
        {"\xFF\xC3", 2, "\"\xEF\xBF\xBD\xEF\xBF\xBD\""},
        {"a\0b", 3, "\"a\\u0000b\""},
    };
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf b = {0};

        buf_json_string(&b, (struct str){cases[i].in, cases[i].n});
        assert_string_equal(b.p, cases[i].out);
        buf_free(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(appends_are_kept_in_order_and_terminated),
        cmocka_unit_test(a_buffer_never_passes_its_ceiling),
        cmocka_unit_test(json_strings_are_escaped_and_made_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

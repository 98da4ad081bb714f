/* test_tstamp.c - instants as text, both ways. */

#include "common/base/tstamp.h"

#include "tests/support/check.h"

static void instants_are_read_and_written_alike(void **state)
{
    static const struct {
        const char *in, *out;
    } cases[] = {
        {"2024-01-15T10:30:00Z", "2024-01-15T10:30:00Z"},
        {"2024-01-15t10:30:00z", "2024-01-15T10:30:00Z"},
        {"2024-01-15T10:30:00+01:00", "2024-01-15T09:30:00Z"},
        {"2024-01-15T00:30:00+05:45", "2024-01-14T18:45:00Z"},
        {"2024-02-29T23:59:59.999999-01:00", "2024-03-01T00:59:59.999999Z"},
        {"2024-01-15T10:30:00.5Z", "2024-01-15T10:30:00.500Z"},
        {"2024-01-15T10:30:00.123456789Z", "2024-01-15T10:30:00.123456Z"},
        {"2024-01-15 10:30:00.25+00", "2024-01-15T10:30:00.250Z"},
        {"9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"},
        {"2000-02-29T00:00:00Z", "2000-02-29T00:00:00Z"},
    };
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct tstamp t = {0};
        struct buf b = {0};

        assert_true(tstamp_parse(str_of(cases[i].in), &t));
        tstamp_write(&b, t);
        assert_string_equal(b.p, cases[i].out);
        buf_free(&b);
    }
}

static void what_is_no_instant_is_refused(void **state)
{
    static const char *const cases[] = {
        "",
        "2024-01-15",
        "2024-01-15T10:30:00",
        "2024-01-15T10:30Z",
        "2024-13-01T00:00:00Z",
        "2023-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z",
        "2024-01-15T24:00:00Z",
        "2024-01-15T10:60:00Z",
        "2024-06-30T23:59:60Z",
        "2024-01-15T10:30:00.Z",
        "2024-01-15T10:30:00+24:00",
        "2024-01-15T10:30:00Z ",
        " 2024-01-15T10:30:00Z",
        "2024-01-15T10:30:00.1234567890Z",
        "1969-12-31T23:59:59Z",
        "24-01-15T10:30:00Z",
        "2024-1-5T10:30:00Z",
        "1970-01-01T00:00:00Z",
        "9999-12-31T23:59:59-00:01",
        "10000-01-01T00:00:00Z",
    };
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct tstamp t = {0};
        if (tstamp_parse(str_of(cases[i]), &t))
            fail_msg("accepted \"%s\"", cases[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(instants_are_read_and_written_alike),
        cmocka_unit_test(what_is_no_instant_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

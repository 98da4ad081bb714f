/* test_outcome.c - every class of error has one fate. */

#include "worker/outcome.h"

#include "common/base/compiler.h"
#include "tests/support/check.h"

static void every_class_has_its_fate(void **state)
{
    static const struct {
        enum err_class class;
        int64_t retries, max;
        enum outcome want;
    } cases[] = {
        {EC_NONE, 0, 3, OUT_ACK},           {EC_MISSING, 0, 3, OUT_ACK},
        {EC_REFUSED, 0, 3, OUT_ACK},        {EC_THROTTLED, 9, 3, OUT_SNOOZE},
        {EC_BUSY, 9, 3, OUT_SNOOZE},        {EC_CONFLICT, 0, 3, OUT_RETRY},
        {EC_UPSTREAM, 2, 3, OUT_RETRY},     {EC_UPSTREAM, 3, 3, OUT_DEAD},
        {EC_UPSTREAM, 4, 3, OUT_DEAD},      {EC_FAULT, 0, 0, OUT_DEAD},
        {EC_FAULT, 1000000, -1, OUT_RETRY}, {EC_TIMEOUT, 0, 1, OUT_RETRY},
        {EC_INVALID, 0, 3, OUT_DEAD},       {EC_MALFORMED, 0, 3, OUT_DEAD},
        {EC_ANONYMOUS, 0, 3, OUT_DEAD},     {EC_DENIED, 0, 3, OUT_DEAD},
        {EC_UNPAID, 0, 3, OUT_DEAD},        {EC_TOO_LARGE, 0, 3, OUT_DEAD},
    };
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(outcome_of(cases[i].class, cases[i].retries, cases[i].max), cases[i].want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_class_has_its_fate)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}

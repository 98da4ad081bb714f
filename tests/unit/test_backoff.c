/* test_backoff.c - Dramatiq 2's retry delays at both ends of the dice, and the snooze. */

#include "worker/backoff.h"

#include "common/base/compiler.h"
#include "tests/support/check.h"

#define SECOND INT64_C(1000)
#define DAY (86400 * SECOND)
#define ALMOST 0.999999999999

static void a_retry_waits_as_long_as_in_python(void **state)
{
    static const struct {
        int64_t retries, min_ms, max_ms, shortest, longest;
    } cases[] = {
        {0, BACKOFF_MIN_MS, BACKOFF_MAX_MS, 15 * SECOND, 30 * SECOND},
        {1, BACKOFF_MIN_MS, BACKOFF_MAX_MS, 30 * SECOND, 60 * SECOND},
        {3, BACKOFF_MIN_MS, BACKOFF_MAX_MS, 120 * SECOND, 240 * SECOND},
        {8, BACKOFF_MIN_MS, BACKOFF_MAX_MS, 64 * 60 * SECOND, 128 * 60 * SECOND},
        {16, BACKOFF_MIN_MS, BACKOFF_MAX_MS, 7 * DAY / 2, 7 * DAY},
        {32, BACKOFF_MIN_MS, BACKOFF_MAX_MS, 7 * DAY / 2, 7 * DAY},
        {1000000, BACKOFF_MIN_MS, BACKOFF_MAX_MS, 7 * DAY / 2, 7 * DAY},
        {-5, 1000, BACKOFF_MAX_MS, 1000, 2000},
        {0, 60000, BACKOFF_MAX_MS, 60000, 120000},
        {5, 100, 1000, 500, 1000},
        {0, 0, BACKOFF_MAX_MS, 0, 0},
        {0, 15000, 0, 0, 0},
        {9, 15000, 30 * DAY, 15000 * 512, 15000 * 1024},
        {20, 15000, 30 * DAY, 7 * DAY / 2, 7 * DAY},
        {0, -7, -7, 0, 0},
    };
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        int64_t low =
            backoff_ms(cases[i].retries, cases[i].min_ms, cases[i].max_ms, (double[]){0, 0});
        int64_t high = backoff_ms(cases[i].retries, cases[i].min_ms, cases[i].max_ms,
                                  (double[]){ALMOST, ALMOST});
        assert_in_range(low, cases[i].shortest, cases[i].longest);
        assert_in_range(high, cases[i].shortest, cases[i].longest);
        assert_true(low == cases[i].shortest);
        assert_true(high >= cases[i].longest - 1);
    }
}

static void just_below_the_ceiling_the_delay_is_not_halved(void **state)
{
    (void)state;
    assert_int_equal(backoff_ms(15, 15000, BACKOFF_MAX_MS, (double[]){0, 0}), 15000 * 32768);
    assert_int_equal(backoff_ms(15, 15000, BACKOFF_MAX_MS, (double[]){0.5, 0}), 7 * DAY / 2);
}

static void a_snooze_grows_to_a_minute(void **state)
{
    static const struct {
        int64_t snoozes, shortest, longest;
    } cases[] = {{0, 1000, 1200},   {1, 2000, 2400},         {5, 32000, 38400},
                 {6, 60000, 72000}, {1000000, 60000, 72000}, {-1, 1000, 1200}};
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_int_equal(snooze_ms(cases[i].snoozes, 0), cases[i].shortest);
        assert_in_range(snooze_ms(cases[i].snoozes, ALMOST), cases[i].longest - 1,
                        cases[i].longest);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_retry_waits_as_long_as_in_python),
        cmocka_unit_test(just_below_the_ceiling_the_delay_is_not_halved),
        cmocka_unit_test(a_snooze_grows_to_a_minute),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

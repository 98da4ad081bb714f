/* test_budget.c - shares of a budget, and what a process hands out when it is alone. */

#include "api/budget.h"

#include "tests/support/check.h"

enum { SECOND = 1000000 };

static struct budget budget_of(int64_t per_minute, int64_t burst)
{
    return (struct budget){.size = {per_minute, burst}};
}

static void no_limit_is_never_asked_about(void **state)
{
    struct budget b = budget_of(0, 5);

    (void)state;
    for (int i = 0; i < 1000; i++)
        assert_int_equal(budget_take(&b, 1), BUDGET_GRANTED);
}

static void a_share_is_handed_out_and_then_asked_for_again(void **state)
{
    struct budget b = budget_of(600, 100);

    (void)state;
    assert_int_equal(budget_take(&b, 0), BUDGET_ASK);
    budget_lease(&b, &(struct budget_lease){.granted = 2, .left = 98}, 0);
    assert_int_equal(budget_take(&b, 1), BUDGET_GRANTED);
    assert_int_equal(budget_left(&b), 99);
    assert_int_equal(budget_take(&b, 2), BUDGET_GRANTED);
    assert_int_equal(budget_take(&b, 3), BUDGET_ASK);
}

static void shares_follow_what_is_used(void **state)
{
    struct budget b = budget_of(600000, 100000);
    int64_t now = 0, wanted = 0;

    (void)state;
    for (int i = 0; i < 20; i++) { /* without a pause: twice as many each time, to a bound */
        wanted = budget_wanted(&b, now);
        budget_lease(&b, &(struct budget_lease){.granted = wanted}, now);
        while (budget_take(&b, now) == BUDGET_GRANTED)
            now++;
    }
    assert_int_equal(wanted, 256);
    budget_lease(&b, &(struct budget_lease){.granted = wanted}, now);
    for (int i = 0; i < 3; i++)
        assert_int_equal(budget_take(&b, now), BUDGET_GRANTED);
    assert_int_equal(budget_take(&b, now + SECOND), BUDGET_ASK); /* it is not kept for ever */
    assert_int_equal(budget_wanted(&b, now + SECOND), 3);
}

static void a_small_budget_is_taken_one_by_one(void **state)
{
    struct budget b = budget_of(60, 10);

    (void)state;
    for (int i = 0; i < 5; i++) {
        assert_int_equal(budget_wanted(&b, i), 1);
        budget_lease(&b, &(struct budget_lease){.granted = 1, .left = 9 - i}, i);
        assert_int_equal(budget_take(&b, i), BUDGET_GRANTED);
    }
}

static void an_empty_budget_is_not_asked_about_at_once(void **state)
{
    struct budget b = budget_of(60, 5);

    (void)state;
    budget_lease(&b, &(struct budget_lease){.wait_us = 1500000, .full_us = 5 * SECOND}, 0);
    assert_int_equal(budget_take(&b, 99999), BUDGET_REFUSED);
    assert_int_equal(budget_wait_seconds(&b, 0), 2);
    assert_int_equal(budget_full_seconds(&b, 0), 5);
    assert_int_equal(budget_take(&b, 100001), BUDGET_ASK);
}

/* In any second and in all: the part of the burst, and then the part of the rate. */
static void alone_it_hands_out_its_part_and_no_more(void **state)
{
    struct budget b = budget_of(6000, 100);
    int64_t let_in = 0;

    (void)state;
    for (int64_t now = 1; now < 10 * SECOND; now += 100)
        let_in += budget_take_alone(&b, 4, now);
    assert_in_range(let_in, 25 + 240, 25 + 250 + 1);
    let_in = 0;
    for (int i = 0; i < 1000; i++)
        let_in += budget_take_alone(&b, 4, 60 * (int64_t)SECOND);
    assert_int_equal(let_in, 25);
}

static void even_the_smallest_budget_lets_one_in(void **state)
{
    struct budget b = budget_of(1, 1);

    (void)state;
    assert_true(budget_take_alone(&b, 100, 1));
    assert_false(budget_take_alone(&b, 100, 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_limit_is_never_asked_about),
        cmocka_unit_test(a_share_is_handed_out_and_then_asked_for_again),
        cmocka_unit_test(shares_follow_what_is_used),
        cmocka_unit_test(a_small_budget_is_taken_one_by_one),
        cmocka_unit_test(an_empty_budget_is_not_asked_about_at_once),
        cmocka_unit_test(alone_it_hands_out_its_part_and_no_more),
        cmocka_unit_test(even_the_smallest_budget_lets_one_in),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

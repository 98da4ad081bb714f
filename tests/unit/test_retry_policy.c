/* test_retry_policy.c - what a campaign may say of retries, and what is made of it. */

#include "common/campaign/retry_policy.h"

#include "tests/support/check.h"

static const struct {
    const char *text;
    const char *complaints; /* of the details, in order; NULL = it passes */
} cases[] = {
    {NULL, NULL},
    {"{}", NULL},
    {"{\"max_attempts\":1}", NULL},
    {"{\"max_attempts\":20,\"outcomes\":{}}", NULL},
    {"{\"outcomes\":null}", NULL},
    {"{\"outcomes\":{\"busy\":{},\"no_answer\":{\"retry\":false},\"carrier_down\":{\"max\":10}}}",
     NULL},
    {"{\"outcomes\":{\"early_hangup\":{\"delay_minutes\":10080,\"other_part_of_day\":true}}}",
     NULL},

    {"{\"max_attempts\":0}", "max_attempts"},
    {"{\"max_attempts\":21}", "max_attempts"},
    {"{\"max_attempts\":null}", "max_attempts"},
    {"{\"max_attempts\":\"3\"}", "max_attempts"},
    {"{\"attempts\":3}", "attempts"},
    {"{\"outcomes\":[]}", "outcomes"},
    {"{\"outcomes\":{\"busy\":5}}", "outcomes.busy"},
    {"{\"outcomes\":{\"busy\":{\"delay_minutes\":0}}}", "outcomes.busy.delay_minutes"},
    {"{\"outcomes\":{\"busy\":{\"delay_minutes\":10081}}}", "outcomes.busy.delay_minutes"},
    {"{\"outcomes\":{\"busy\":{\"max\":-1}}}", "outcomes.busy.max"},
    {"{\"outcomes\":{\"busy\":{\"max\":11}}}", "outcomes.busy.max"},
    {"{\"outcomes\":{\"busy\":{\"retry\":1}}}", "outcomes.busy.retry"},
    {"{\"outcomes\":{\"busy\":{\"outcome\":\"x\"}}}", "outcomes.busy.outcome"},
    {"{\"outcomes\":{\"answered\":{}}}", "outcomes.answered"}, /* nobody is called again */
    {"{\"outcomes\":{\"dnc\":{}}}", "outcomes.dnc"},           /* whatever a campaign says */
    {"{\"outcomes\":{\"billing\":{}}}", "outcomes.billing"},   /* its workspace stands still */
    {"{\"outcomes\":{\"invalid_number\":{}}}", "outcomes.invalid_number"},
    {"{\"outcomes\":{\"nonsense\":{}}}", "outcomes.nonsense"},
    {"{\"outcomes\":{\"dial_busy\":{}}}", "outcomes.dial_busy"}, /* a reason, no outcome */
    {"{\"max_attempts\":99,\"x\":1,\"outcomes\":{\"dnc\":{},\"busy\":{\"max\":99,\"y\":1}}}",
     "max_attempts x outcomes.dnc outcomes.busy.max outcomes.busy.y"},
};

static const char *complaints_of(struct op *op)
{
    const char *all = "";

    for (const struct detail *d = op->err.details; d; d = d->next)
        all = arena_printf(&op->arena, "%s%s%s", all, *all ? " " : "", d->key);
    return all;
}

static void every_complaint_comes_at_once_under_its_path(void **state)
{
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct op op = {.request_id = "test"};
        struct retry_policy p;
        bool ok = retry_policy_read(&op, (struct json_text){cases[i].text}, &p);
        if (ok != (cases[i].complaints == NULL))
            fail_msg("%s: %s", cases[i].text, ok ? "passes" : complaints_of(&op));
        if (!ok) {
            assert_int_equal(op.err.code, E_VALIDATION_ERROR);
            assert_string_equal(complaints_of(&op), cases[i].complaints);
        }
        op_end(&op);
    }
}

static void a_rule_says_what_was_said_and_nothing_else(void **state)
{
    struct op op = {.request_id = "test"};
    const struct json_text text = {
        "{\"max_attempts\":7,\"outcomes\":{\"busy\":{\"delay_minutes\":15},\"voicemail\":{\"max\":"
        "0},"
        "\"no_answer\":{\"retry\":true,\"max\":4,\"other_part_of_day\":true}}}"};
    struct retry_policy p;
    (void)state;

    assert_ok(&op, retry_policy_read(&op, text, &p));
    assert_int_equal(p.max_attempts, 7);
    const struct retry_rule *busy = retry_policy_rule(&p, "busy");
    assert_true(busy->retry && !busy->other_part_of_day);
    assert_int_equal(busy->delay_minutes, 15);
    assert_int_equal(busy->max, 0); /* unsaid */
    assert_false(retry_policy_rule(&p, "voicemail")->retry);
    const struct retry_rule *no_answer = retry_policy_rule(&p, "no_answer");
    assert_true(no_answer->retry && no_answer->other_part_of_day);
    assert_int_equal(no_answer->max, 4);
    assert_null(retry_policy_rule(&p, "declined"));
    op_end(&op);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_complaint_comes_at_once_under_its_path),
        cmocka_unit_test(a_rule_says_what_was_said_and_nothing_else),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

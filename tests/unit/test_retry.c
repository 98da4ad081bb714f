/* Retries: who is called again, when, and how often at most. */

#include "common/call/retry.h"

#include "common/base/arena.h"
#include "common/base/compiler.h"
#include "common/base/str.h"
#include "common/base/tz.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct tstamp at(const char *text)
{
    struct tstamp t;

    assert_true(tstamp_parse(str_of(text), &t));
    return t;
}

static struct call_outcome outcome(const char *status, const char *reason)
{
    return call_outcome_of(&(struct call_facts){.status = status, .disconnection_reason = reason});
}

struct instance {
    const char *status, *reason, *zone, *ended;
    struct retry_history history;
    const char *next; /* NULL = never */
};

static void check(const struct instance *cases, size_t n)
{
    struct arena arena = {0};

    for (size_t i = 0; i < n; i++) {
        const struct instance *c = &cases[i];
        const struct call_outcome o = outcome(c->status, c->reason);
        const struct retry_terms terms = retry_terms_of(&o);
        struct tstamp next =
            retry_at(&o, &terms, &c->history, RETRY_MAX_ATTEMPTS, at(c->ended), c->zone);
        const char *text = tstamp_format(&arena, next);
        if (c->next ? !text || strcmp(text, c->next) != 0 : text != NULL)
            fail_msg("%s at %s in %s: %s, not %s", c->reason, c->ended, c->zone,
                     text ? text : "never", c->next ? c->next : "never");
    }
    arena_end(&arena);
}

static void each_outcome_waits_as_long_as_its_row_of_the_table_says(void **state)
{
    static const struct instance cases[] = {
        /* busy: half an hour, whatever the hour */
        {"not_connected",
         "dial_busy",
         "Europe/Rome",
         "2026-06-01T08:00:00Z",
         {0, 1},
         "2026-06-01T08:30:00Z"},
        /* no answer at 10:00 in Rome: not before 12:30, which is another part of the day */
        {"not_connected",
         "dial_no_answer",
         "Europe/Rome",
         "2026-06-01T08:00:00Z",
         {0, 1},
         "2026-06-01T10:30:00Z"},
        /* at 17:50: 20:20 is night, so the next morning at 9 */
        {"not_connected",
         "dial_no_answer",
         "Europe/Rome",
         "2026-06-01T15:50:00Z",
         {0, 1},
         "2026-06-02T07:05:00Z"},
        /* voicemail at 14:00: 18:00 on is the evening */
        {"ended",
         "voicemail_reached",
         "Europe/Rome",
         "2026-06-01T12:00:00Z",
         {0, 1},
         "2026-06-01T16:00:00Z"},
        /* declined: a day later is the next day */
        {"not_connected",
         "user_declined",
         "Europe/Rome",
         "2026-06-01T08:00:00Z",
         {0, 1},
         "2026-06-02T08:00:00Z"},
        /* the zone decides what a part of the day is: 10:00 in Auckland */
        {"not_connected",
         "dial_no_answer",
         "Pacific/Auckland",
         "2026-05-31T22:00:00Z",
         {0, 1},
         "2026-06-01T00:30:00Z"},
        /* without a zone the parts are UTC's: 10:00, then 12:30 */
        {"not_connected",
         "dial_no_answer",
         NULL,
         "2026-06-01T10:00:00Z",
         {0, 1},
         "2026-06-01T12:30:00Z"},
        /* a technical fault doubles its wait: 5, 10, 20 minutes */
        {"not_connected",
         "telephony_provider_unavailable",
         "UTC",
         "2026-06-01T10:00:00Z",
         {0, 1},
         "2026-06-01T10:05:00Z"},
        {"not_connected",
         "telephony_provider_unavailable",
         "UTC",
         "2026-06-01T10:00:00Z",
         {1, 2},
         "2026-06-01T10:10:00Z"},
        {"not_connected",
         "telephony_provider_unavailable",
         "UTC",
         "2026-06-01T10:00:00Z",
         {2, 3},
         "2026-06-01T10:20:00Z"},
    };
    (void)state;

    check(cases, ARRAY_LEN(cases));
}

static void nobody_is_called_more_often_than_the_caps_say(void **state)
{
    static const struct instance cases[] = {
        {"not_connected", "dial_no_answer", "UTC", "2026-06-01T10:00:00Z", {3, 4}, NULL},
        {"not_connected", "user_declined", "UTC", "2026-06-01T10:00:00Z", {1, 2}, NULL},
        {"not_connected",
         "dial_busy",
         "UTC",
         "2026-06-01T10:00:00Z",
         {0, RETRY_MAX_ATTEMPTS},
         NULL},
        {"not_connected",
         "telephony_provider_unavailable",
         "UTC",
         "2026-06-01T10:00:00Z",
         {3, 4},
         NULL},
        {"not_connected", "sip_routing_error", "UTC", "2026-06-01T10:00:00Z", {1, 2}, NULL},
    };
    (void)state;

    check(cases, ARRAY_LEN(cases));
}

static void what_is_settled_is_not_tried_again(void **state)
{
    static const struct instance cases[] = {
        {"ended", "user_hangup", "UTC", "2026-06-01T10:00:00Z", {0, 1}, NULL},
        {"ended", "agent_hangup", "UTC", "2026-06-01T10:00:00Z", {0, 1}, NULL},
        {"ended", "user_requested_dnc", "UTC", "2026-06-01T10:00:00Z", {0, 1}, NULL},
        {"not_connected", "invalid_destination", "UTC", "2026-06-01T10:00:00Z", {0, 1}, NULL},
        {"ended", "manual_stopped", "UTC", "2026-06-01T10:00:00Z", {0, 1}, NULL},
        {"error", "scam_detected", "UTC", "2026-06-01T10:00:00Z", {0, 1}, NULL},
    };
    (void)state;

    check(cases, ARRAY_LEN(cases));
}

static void a_campaigns_own_terms_are_what_counts(void **state)
{
    const struct call_outcome o = outcome("not_connected", "dial_busy");
    const struct retry_terms often = {true, 1, RETRY_ANY_TIME, 9}, never = {.again = false};
    const struct retry_history history = {8, 9};
    const struct tstamp ended = at("2026-06-01T10:00:00Z");
    (void)state;

    assert_int_equal(retry_at(&o, &often, &history, 20, ended, "UTC").us, ended.us + 60000000);
    assert_int_equal(retry_at(&o, &often, &history, 9, ended, "UTC").us, 0);
    assert_int_equal(retry_at(&o, &never, &(struct retry_history){0, 1}, 20, ended, "UTC").us, 0);
}

/* Every instant of two days around both changes of the clock: the next try is in daylight, in
 * another part, and never before the wait is over. */
static void another_part_of_the_day_is_another_part_on_every_day_of_the_year(void **state)
{
    static const char *const days[] = {"2026-03-28T00:00:00Z", "2026-10-24T00:00:00Z",
                                       "2026-06-30T00:00:00Z"};
    const struct call_outcome o = outcome("ended", "voicemail_reached");
    const struct retry_terms terms = retry_terms_of(&o);
    const struct tz *tz = tz_get("Europe/Rome");
    (void)state;

    for (size_t d = 0; d < ARRAY_LEN(days); d++)
        for (int minute = 0; minute < 2 * 24 * 60; minute += 7) {
            struct tstamp ended = {at(days[d]).us + minute * 60000000LL};
            struct tstamp next = retry_at(&o, &terms, &(struct retry_history){0, 1},
                                          RETRY_MAX_ATTEMPTS, ended, "Europe/Rome");
            int hour = tz_local(tz, next.us).second_of_day / 3600;
            assert_true(next.us >= ended.us + terms.delay_minutes * 60000000LL);
            assert_true(next.us <= ended.us + 24 * 3600 * 1000000LL);
            assert_true(hour >= 9 && hour < 20);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_outcome_waits_as_long_as_its_row_of_the_table_says),
        cmocka_unit_test(nobody_is_called_more_often_than_the_caps_say),
        cmocka_unit_test(what_is_settled_is_not_tried_again),
        cmocka_unit_test(a_campaigns_own_terms_are_what_counts),
        cmocka_unit_test(another_part_of_the_day_is_another_part_on_every_day_of_the_year),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Outcomes: every reason the provider documents, and those it has not invented yet. */

#include "common/provider/outcome.h"

#include "common/base/compiler.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

struct instance {
    struct call_facts facts;
    const char *status, *outcome;
    enum retry_class retry;
    enum suspect suspect;
};

static bool same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static void check(const struct instance *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const struct instance *c = &cases[i];
        struct call_outcome o = call_outcome_of(&c->facts);
        if (!same(o.status, c->status) || !same(o.outcome, c->outcome) || o.retry != c->retry
            || o.suspect != c->suspect)
            fail_msg("%s, %s: %s, %s, %d, %d", c->facts.status, c->facts.disconnection_reason,
                     o.status, o.outcome, (int)o.retry, (int)o.suspect);
    }
}

#define FACTS(status_, reason) \
    { \
        .status = (status_), .disconnection_reason = (reason) \
    }

static void every_documented_reason_means_what_the_reference_says(void **state)
{
    static const struct instance cases[] = {
        {FACTS("ended", "user_hangup"), "completed", "answered", RETRY_NEVER, 0},
        {FACTS("ended", "agent_hangup"), "completed", "answered", RETRY_NEVER, 0},
        {FACTS("ended", "call_transfer"), "completed", "transferred", RETRY_NEVER, 0},
        {FACTS("ended", "transfer_bridged"), "completed", "transferred", RETRY_NEVER, 0},
        {FACTS("ended", "transfer_cancelled"), "completed", "transfer_failed", RETRY_NEVER, 0},
        {FACTS("ended", "call_take_over"), "completed", "human_takeover", RETRY_NEVER, 0},
        {FACTS("ended", "voicemail_reached"), "completed", "voicemail", RETRY_REDIAL, 0},
        {FACTS("ended", "ivr_reached"), "completed", "ivr", RETRY_REDIAL, 0},
        {FACTS("ended", "inactivity"), "completed", "silent", RETRY_REDIAL, 0},
        {FACTS("ended", "max_duration_reached"), "completed", "answered_cut", RETRY_NEVER, 0},
        {FACTS("ended", "manual_stopped"), "canceled", "canceled", RETRY_NEVER, 0},
        {FACTS("ended", "no_concurrency_fallback"), "completed", "forwarded", RETRY_NEVER, 0},
        {FACTS("not_connected", "dial_busy"), "failed", "busy", RETRY_REDIAL, 0},
        {FACTS("not_connected", "dial_no_answer"), "failed", "no_answer", RETRY_REDIAL, 0},
        {FACTS("not_connected", "user_declined"), "failed", "declined", RETRY_REDIAL, 0},
        {FACTS("not_connected", "dial_failed"), "failed", "unreachable", RETRY_REDIAL,
         SUSPECT_FROM_NUMBER},
        {FACTS("not_connected", "invalid_destination"), "failed", "invalid_number", RETRY_BLOCK, 0},
        {FACTS("not_connected", "marked_as_spam"), "failed", "spam_blocked", RETRY_PAUSE,
         SUSPECT_FROM_NUMBER},
        {FACTS("not_connected", "telephony_provider_permission_denied"), "failed", "trunk_auth",
         RETRY_PAUSE, SUSPECT_FROM_NUMBER},
        {FACTS("not_connected", "telephony_provider_unavailable"), "failed", "carrier_down",
         RETRY_TECHNICAL, 0},
        {FACTS("not_connected", "sip_routing_error"), "failed", "carrier_config", RETRY_TECHNICAL,
         SUSPECT_TRUNK},
        {FACTS("error", "concurrency_limit_reached"), "failed", "capacity", RETRY_TECHNICAL, 0},
        {FACTS("error", "no_valid_payment"), "failed", "billing", RETRY_PAUSE, SUSPECT_WORKSPACE},
        {FACTS("error", "scam_detected"), "failed", "policy", RETRY_PAUSE, SUSPECT_AGENT},
        {FACTS("error", "error_llm_websocket_open"), "failed", "agent_fault", RETRY_TECHNICAL,
         SUSPECT_AGENT},
        {FACTS("error", "error_llm_websocket_lost_connection"), "failed", "agent_fault",
         RETRY_TECHNICAL, SUSPECT_AGENT},
        {FACTS("error", "error_llm_websocket_runtime"), "failed", "agent_fault", RETRY_TECHNICAL,
         SUSPECT_AGENT},
        {FACTS("error", "error_llm_websocket_corrupt_payload"), "failed", "agent_fault",
         RETRY_TECHNICAL, SUSPECT_AGENT},
        {FACTS("error", "error_no_audio_received"), "failed", "provider_fault", RETRY_TECHNICAL, 0},
        {FACTS("error", "error_asr"), "failed", "provider_fault", RETRY_TECHNICAL, 0},
        {FACTS("error", "error_retell"), "failed", "provider_fault", RETRY_TECHNICAL, 0},
        {FACTS("error", "error_unknown"), "failed", "provider_fault", RETRY_TECHNICAL, 0},
        {FACTS("error", "error_user_not_joined"), "failed", "web_abandoned", RETRY_NEVER, 0},
        {FACTS("error", "registered_call_timeout"), "failed", "not_started", RETRY_TECHNICAL, 0},
        {FACTS("ended", "user_requested_dnc"), "completed", "dnc", RETRY_BLOCK, 0},
        {FACTS("ended", "user_requested_callback"), "completed", "callback", RETRY_NEVER, 0},
        {FACTS("not_connected", "network_blocked"), "failed", "blocked", RETRY_PAUSE,
         SUSPECT_FROM_NUMBER},
        {FACTS("error", "credit_exhausted"), "failed", "billing", RETRY_PAUSE, SUSPECT_WORKSPACE},
        {FACTS("error", "budget_reached"), "failed", "billing", RETRY_PAUSE, SUSPECT_WORKSPACE},
    };
    (void)state;

    check(cases, ARRAY_LEN(cases));
}

static void a_reason_not_yet_invented_is_judged_by_the_call_status(void **state)
{
    static const struct instance cases[] = {
        {FACTS("ended", "abducted_by_aliens"), "completed", "other", RETRY_NEVER, 0},
        {FACTS("not_connected", "abducted_by_aliens"), "failed", "other", RETRY_REDIAL, 0},
        {FACTS("error", "abducted_by_aliens"), "failed", "other", RETRY_TECHNICAL, 0},
        {FACTS("ended", NULL), "completed", "other", RETRY_NEVER, 0},
        {FACTS("ended", ""), "completed", "other", RETRY_NEVER, 0},
    };
    (void)state;

    check(cases, ARRAY_LEN(cases));
}

static void a_call_that_is_not_over_has_no_outcome(void **state)
{
    static const struct instance cases[] = {
        {FACTS("registered", NULL), "queued", NULL, RETRY_OPEN, 0},
        {FACTS("ongoing", NULL), "in_progress", NULL, RETRY_OPEN, 0},
        {FACTS("paused_by_2027", NULL), NULL, NULL, RETRY_OPEN, 0},
        {FACTS(NULL, NULL), NULL, NULL, RETRY_OPEN, 0},
    };
    (void)state;

    check(cases, ARRAY_LEN(cases));
}

static void a_stale_call_status_does_not_outweigh_the_reason(void **state)
{
    static const struct instance cases[] = {
        {FACTS("registered", "dial_busy"), "failed", "busy", RETRY_REDIAL, 0},
        {FACTS(NULL, "agent_hangup"), "completed", "answered", RETRY_NEVER, 0},
    };
    (void)state;

    check(cases, ARRAY_LEN(cases));
}

static void hanging_up_at_once_is_worth_one_more_try(void **state)
{
    static const struct instance cases[] = {
        {{"ended", "user_hangup", true, 7999, false}, "completed", "early_hangup", RETRY_REDIAL, 0},
        {{"ended", "user_hangup", true, 8000, false}, "completed", "answered", RETRY_NEVER, 0},
        {{"ended", "user_hangup", true, 7999, true}, "completed", "answered", RETRY_NEVER, 0},
        {{"ended", "user_hangup", true, 0, false}, "completed", "answered", RETRY_NEVER, 0},
        {{"ended", "agent_hangup", true, 1000, false}, "completed", "answered", RETRY_NEVER, 0},
    };
    (void)state;

    check(cases, ARRAY_LEN(cases));
}

static void a_provider_fault_in_mid_call_uses_up_an_attempt(void **state)
{
    static const struct instance cases[] = {
        {{"error", "error_retell", true, 20000, false},
         "failed",
         "provider_fault",
         RETRY_REDIAL,
         0},
        {{"error", "error_retell", false, 0, false},
         "failed",
         "provider_fault",
         RETRY_TECHNICAL,
         0},
    };
    (void)state;

    check(cases, ARRAY_LEN(cases));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_documented_reason_means_what_the_reference_says),
        cmocka_unit_test(a_reason_not_yet_invented_is_judged_by_the_call_status),
        cmocka_unit_test(a_call_that_is_not_over_has_no_outcome),
        cmocka_unit_test(a_stale_call_status_does_not_outweigh_the_reason),
        cmocka_unit_test(hanging_up_at_once_is_worth_one_more_try),
        cmocka_unit_test(a_provider_fault_in_mid_call_uses_up_an_attempt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

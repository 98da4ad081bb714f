/* Retell's Call object and webhook bodies: read openly, whatever the year brings. */

#include "common/base/conf.h"
#include "common/provider/provider.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct provider *retell;

static bool read_event(struct op *op, const char *body, const char **event,
                       struct provider_call *call)
{
    *event = NULL;
    return retell->read_webhook(op, retell, str_of(body), event, call);
}

static struct provider_call read_call(struct op *op, const char *body)
{
    const char *event;
    struct provider_call call;

    if (!read_event(op, body, &event, &call))
        fail_msg("%s", op->err.message);
    return call;
}

static void a_whole_call_is_read_field_by_field(void **state)
{
    struct op op = {0};
    const char *event;
    struct provider_call c;
    (void)state;

    assert_true(read_event(
        &op,
        "{\"event\":\"call_analyzed\",\"call\":{\"call_id\":\"call_1\",\"call_type\":\"phone_"
        "call\","
        "\"call_status\":\"ended\",\"direction\":\"outbound\",\"agent_id\":\"agent_1\","
        "\"agent_version\":3,\"from_number\":\"+14157774444\",\"to_number\":\"+393491234567\","
        "\"disconnection_reason\":\"user_hangup\",\"start_timestamp\":1714608475945,"
        "\"end_timestamp\":1714608491736,\"duration_ms\":15791,"
        "\"recording_url\":\"https://x/y.wav\",\"metadata\":{\"aga_attempt\":\"a-1\",\"n\":"
        "9007199254740993},\"transcript\":\"Agent: hi\","
        "\"transcript_object\":[{\"role\":\"agent\",\"content\":\"hi\",\"words\":[]}],"
        "\"call_analysis\":{\"call_successful\":true,\"in_voicemail\":false},"
        "\"call_cost\":{\"combined_cost\":12.75}}}",
        &event, &c));
    assert_string_equal(event, "call_analyzed");
    assert_string_equal(c.provider_call_id, "call_1");
    assert_string_equal(c.status, "ended");
    assert_string_equal(c.direction, "outbound");
    assert_string_equal(c.agent_id, "agent_1");
    assert_string_equal(c.from_number, "+14157774444");
    assert_string_equal(c.to_number, "+393491234567");
    assert_string_equal(c.disconnection_reason, "user_hangup");
    assert_int_equal(c.started_at.us, INT64_C(1714608475945000));
    assert_int_equal(c.ended_at.us, INT64_C(1714608491736000));
    assert_int_equal(c.duration_ms, 15791);
    assert_string_equal(c.recording_url, "https://x/y.wav");
    assert_string_equal(c.metadata.text, "{\"aga_attempt\":\"a-1\",\"n\":9007199254740993}");
    assert_string_equal(c.transcript.text,
                        "[{\"role\":\"agent\",\"content\":\"hi\",\"words\":[]}]");
    assert_string_equal(c.analysis.text, "{\"call_successful\":true,\"in_voicemail\":false}");
    assert_true(c.cost_cents > 12.74 && c.cost_cents < 12.76);
    op_end(&op);
}

static void what_is_not_told_stays_untold(void **state)
{
    struct op op = {0};
    struct provider_call c = read_call(&op, "{\"event\":\"e\",\"call\":{\"call_id\":\"call_1\"}}");
    (void)state;

    assert_null(c.status);
    assert_null(c.to_number);
    assert_null(c.disconnection_reason);
    assert_null(c.metadata.text);
    assert_null(c.transcript.text);
    assert_null(c.analysis.text);
    assert_int_equal(c.started_at.us, 0);
    assert_int_equal(c.duration_ms, 0);
    assert_true(c.cost_cents < 0);
    op_end(&op);
}

static void unknown_fields_and_words_do_not_matter(void **state)
{
    struct op op = {0};
    struct provider_call c = read_call(
        &op, "{\"new\":[1,{\"deep\":[[]]}],\"event\":\"call_ended\",\"call\":{"
             "\"call_id\":\"call_1\",\"call_status\":\"levitating\",\"tool_calls\":[{}],"
             "\"disconnection_reason\":\"left_the_planet\",\"opt_out\":null},\"data\":7}");
    (void)state;

    assert_string_equal(c.status, "levitating");
    assert_string_equal(c.disconnection_reason, "left_the_planet");
    op_end(&op);
}

static void a_field_of_the_wrong_type_is_untold_not_fatal(void **state)
{
    struct op op = {0};
    struct provider_call c = read_call(
        &op, "{\"event\":\"call_ended\",\"call\":{\"call_id\":\"call_1\",\"call_status\":5,"
             "\"start_timestamp\":\"yesterday\",\"end_timestamp\":-4,\"duration_ms\":{},"
             "\"metadata\":\"text\",\"transcript_object\":{},\"call_analysis\":[],"
             "\"call_cost\":{\"combined_cost\":\"12\"}}}");
    (void)state;

    assert_null(c.status);
    assert_int_equal(c.started_at.us, 0);
    assert_int_equal(c.ended_at.us, 0);
    assert_int_equal(c.duration_ms, 0);
    assert_null(c.metadata.text);
    assert_null(c.transcript.text);
    assert_null(c.analysis.text);
    assert_true(c.cost_cents < 0);
    op_end(&op);
}

static void numbers_beyond_reason_are_untold(void **state)
{
    struct op op = {0};
    struct provider_call c = read_call(
        &op, "{\"event\":\"call_ended\",\"call\":{\"call_id\":\"call_1\","
             "\"start_timestamp\":9223372036854775807,\"end_timestamp\":1e300,"
             "\"duration_ms\":99999999999999999999,\"call_cost\":{\"combined_cost\":1e999}}}");
    (void)state;

    assert_int_equal(c.started_at.us, 0);
    assert_int_equal(c.ended_at.us, 0);
    assert_int_equal(c.duration_ms, 0);
    assert_true(c.cost_cents < 0);
    op_end(&op);
}

static void milliseconds_may_come_as_floats(void **state)
{
    struct op op = {0};
    struct provider_call c =
        read_call(&op, "{\"event\":\"call_ended\",\"call\":{\"call_id\":\"call_1\","
                       "\"start_timestamp\":1714608475945.0,\"duration_ms\":15791.6}}");
    (void)state;

    assert_int_equal(c.started_at.us, INT64_C(1714608475945000));
    assert_int_equal(c.duration_ms, 15791);
    op_end(&op);
}

static void the_specifications_event_names_are_understood(void **state)
{
    struct op op = {0};
    const char *event;
    struct provider_call c;
    (void)state;

    assert_true(read_event(&op, "{\"event\":\"call_analysis_ready\",\"call\":{\"call_id\":\"c\"}}",
                           &event, &c));
    assert_string_equal(event, "call_analyzed");
    assert_true(read_event(
        &op, "{\"event\":\"call_metadata_updated\",\"call\":{\"call_id\":\"c\"}}", &event, &c));
    assert_string_equal(event, "call_metadata_updated");
    op_end(&op);
}

static void a_body_without_event_or_call_is_refused(void **state)
{
    static const char *const bodies[] = {
        "{}",
        "[]",
        "\"call_ended\"",
        "{\"event\":\"call_ended\"}",
        "{\"call\":{\"call_id\":\"c\"}}",
        "{\"event\":7,\"call\":{\"call_id\":\"c\"}}",
        "{\"event\":\"call_ended\",\"call\":[]}",
        "{\"event\":\"call_ended\",\"call\":{}}",
        "{\"event\":\"call_ended\",\"call\":{\"call_id\":\"\"}}",
        "{\"event\":\"call_ended\",\"call\":{\"call_id\":7}}",
    };
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        struct op op = {0};
        const char *event;
        struct provider_call c;
        assert_false(read_event(&op, bodies[i], &event, &c));
        assert_int_equal(op.err.code, E_VALIDATION_ERROR);
        op_end(&op);
    }
}

static void a_body_that_is_not_strict_json_is_refused(void **state)
{
    static const char *const bodies[] = {
        "",
        "{",
        "{\"event\":\"call_ended\",\"call\":{\"call_id\":\"c\"}}x",
        "{\"event\":\"call_ended\",\"call\":{\"call_id\":\"c\"}}1",
        "{\"event\":\"call_ended\",\"event\":\"call_started\",\"call\":{\"call_id\":\"c\"}}",
        "{\"event\":\"call_ended\",\"call\":{\"call_id\":\"\xff\"}}",
    };
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        struct op op = {0};
        const char *event;
        struct provider_call c;
        assert_false(read_event(&op, bodies[i], &event, &c));
        assert_int_equal(op.err.code, E_MALFORMED_REQUEST);
        op_end(&op);
    }
}

static int open_retell(void **state)
{
    struct conf conf = conf_defaults();

    (void)state;
    conf.retell_api_key = "key_test";
    retell = provider_open("retell", &conf);
    return retell ? 0 : -1;
}

static int close_retell(void **state)
{
    (void)state;
    retell->close(retell);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_whole_call_is_read_field_by_field),
        cmocka_unit_test(what_is_not_told_stays_untold),
        cmocka_unit_test(unknown_fields_and_words_do_not_matter),
        cmocka_unit_test(a_field_of_the_wrong_type_is_untold_not_fatal),
        cmocka_unit_test(numbers_beyond_reason_are_untold),
        cmocka_unit_test(milliseconds_may_come_as_floats),
        cmocka_unit_test(the_specifications_event_names_are_understood),
        cmocka_unit_test(a_body_without_event_or_call_is_refused),
        cmocka_unit_test(a_body_that_is_not_strict_json_is_refused),
    };
    return cmocka_run_group_tests(tests, open_retell, close_retell);
}

/* test_message.c - the codec: what Python writes is read, what is forwarded keeps every byte. */

#include "common/queue/message.h"

#include "common/queue/names.h"
#include "common/queue/results.h"
#include "common/queue/rewrite.h"
#include "tests/support/check.h"

#include <math.h>
#include <stdlib.h>

#define HEAD "{\"queue_name\":\"q\",\"actor_name\":\"a\","
#define TAIL \
    ",\"message_id\":\"11111111-1111-4111-8111-111111111111\",\"message_timestamp\":" \
    "1700000000000}"
#define WITH(args, kwargs, options) \
    HEAD "\"args\":" args ",\"kwargs\":" kwargs ",\"options\":" options TAIL

static void expect_str(struct str got, const char *want)
{
    assert_int_equal(got.n, strlen(want));
    assert_memory_equal(got.p, want, got.n);
}

static struct message decoded(struct arena *a, const char *payload)
{
    struct message m = {0};
    const char *wrong = message_decode(a, str_of(payload), &m);

    if (wrong)
        fail_msg("%s: %s", wrong, payload);
    return m;
}

static void every_field_is_read(void **state)
{
    struct arena a = {0};
    (void)state;
    struct message m =
        decoded(&a, WITH("[1,2]", "{\"k\":1}",
                         "{\"redis_message_id\":\"r\",\"retries\":2,\"eta\":1700000000000.5,"
                         "\"max_retries\":null,\"on_success\":\"done\",\"x\":{\"k\":[1]}}"));

    expect_str(m.queue_name, "q");
    expect_str(m.actor_name, "a");
    expect_str(m.args, "[1,2]");
    expect_str(m.kwargs, "{\"k\":1}");
    expect_str(m.message_id, "11111111-1111-4111-8111-111111111111");
    assert_int_equal(m.timestamp_ms, 1700000000000);
    expect_str(m.opt.redis_message_id, "r");
    expect_str(m.opt.on_success, "done");
    assert_int_equal(option_i64(&m.opt.retries, 0), 2);
    assert_int_equal(option_i64(&m.opt.eta, 0), 1700000000000);
    assert_int_equal(m.opt.max_retries.kind, OPTION_NULL);
    assert_int_equal(m.opt.max_age.kind, OPTION_ABSENT);
    arena_end(&a);
}

static void what_python_accepts_is_accepted(void **state)
{
    static const char *const good[] = {
        WITH("[NaN,Infinity,-Infinity]", "{}", "{\"time_limit\":Infinity}"),
        WITH("[\"\\ud800\"]", "{}", "{}"),
        WITH("[\"\\u0000\"]", "{}", "{}"),
        WITH("[123456789012345678901234567890123456789012345678901234567890]", "{}", "{}"),
        WITH("[-0.0,1e+300,1e400,-0]", "{}", "{}"),
        WITH("[]", "{}", "{\"eta\":null}"),
        WITH("[]", "{}", "{\"eta\":\"soon\"}"),
        WITH("[\"\u20ac\xe2\x80\xa8\"]", "{}", "{}"),
        " \n\t" WITH("[ 1 , 2 ]", "{ \"a\" : 1 }", "{ }") "\r\n",
        "{\"queue_name\":\"q\",\"actor_name\":\"a\",\"args\":[],\"kwargs\":{},\"options\":{}}",
        "{\"queue_name\":\"q\",\"\\u0061ctor_name\":\"\",\"args\":[],\"kwargs\":{},\"options\":{}}",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        struct arena a = {0};
        decoded(&a, good[i]);
        arena_end(&a);
    }
}

static void what_is_no_message_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "{}",
        "[]",
        "null",
        "nonsense",
        "\xEF\xBB\xBF" WITH("[]", "{}", "{}"),
        WITH("[]", "{}", "{}") "x",
        WITH("null", "{}", "{}"),
        WITH("\"xy\"", "{}", "{}"),
        WITH("{}", "{}", "{}"),
        WITH("[]", "null", "{}"),
        WITH("[]", "[]", "{}"),
        WITH("[]", "{}", "null"),
        WITH("[]", "{}", "[]"),
        WITH("[1,]", "{}", "{}"),
        WITH("[01]", "{}", "{}"),
        WITH("[+1]", "{}", "{}"),
        WITH("[.5]", "{}", "{}"),
        WITH("[1.]", "{}", "{}"),
        WITH("[nan]", "{}", "{}"),
        WITH("[\"\x01\"]", "{}", "{}"),
        WITH("[\"\xff\"]", "{}", "{}"),
        WITH("[\"\xed\xa0\x80\"]", "{}", "{}"),
        WITH("[\"\\x41\"]", "{}", "{}"),
        WITH("[\"\\u12g4\"]", "{}", "{}"),
        WITH("[\"open]", "{}", "{}"),
        HEAD "\"args\":[],\"kwargs\":{},\"options\":{},\"extra\":1" TAIL,
        HEAD "\"args\":[],\"kwargs\":{}" TAIL,
        "{\"queue_name\":1,\"actor_name\":\"a\",\"args\":[],\"kwargs\":{},\"options\":{}}",
        "{\"queue_name\":\"q\",\"actor_name\":null,\"args\":[],\"kwargs\":{},\"options\":{}}",
        HEAD "\"args\":[],\"kwargs\":{},\"options\":{},\"message_id\":7}",
        HEAD "\"args\":[],\"kwargs\":{},\"options\":{},\"message_timestamp\":\"now\"}",
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct arena a = {0};
        struct message m;
        if (!message_decode(&a, str_of(bad[i]), &m))
            fail_msg("taken for a message: %s", bad[i]);
        arena_end(&a);
    }
}

static void depth_is_bounded_without_recursion(void **state)
{
    static const int depths[] = {100, 890, 1000, 1000000};
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(depths); i++) {
        struct buf b = {0};
        struct arena a = {0};
        struct message m;
        buf_str(&b, HEAD "\"args\":");
        for (int d = 0; d < depths[i]; d++)
            buf_char(&b, '[');
        for (int d = 0; d < depths[i]; d++)
            buf_char(&b, ']');
        buf_str(&b, ",\"kwargs\":{},\"options\":{}" TAIL);
        bool good = !message_decode(&a, buf_view(&b), &m);
        assert_int_equal(good, depths[i] < SPAN_MAX_DEPTH);
        buf_free(&b);
        arena_end(&a);
    }
}

static void the_last_of_two_keys_wins(void **state)
{
    struct arena a = {0};
    (void)state;
    struct message m = decoded(&a, "{\"queue_name\":\"old\",\"actor_name\":\"a\",\"args\":[],"
                                   "\"kwargs\":{},\"options\":{\"retries\":1,\"retries\":5},"
                                   "\"queue_name\":\"new\"}");

    expect_str(m.queue_name, "new");
    assert_int_equal(option_i64(&m.opt.retries, 0), 5);
    arena_end(&a);
}

static void a_retry_changes_its_options_and_no_other_byte(void **state)
{
    struct arena a = {0};
    struct buf b = {0};
    (void)state;
    struct message m = decoded(
        &a, WITH("[9007199254740993, NaN,\"\\ud800\"]", "{\"z\":1e400,\"a\":[ ]}",
                 "{\"custom\":\"keep\",\"redis_message_id\":\"r0\",\"n\":12345678901234567890,"
                 "\"snoozes\":4,\"traceback\":\"old\"}"));

    rewrite_retry(
        &b, &m, STR("q"), "r1",
        &(struct attempt){.retries = 1, .now_ms = 5, .eta_ms = 65, .error = "caf\xc3\xa9\n"});
    assert_string_equal(
        b.p, "{\"queue_name\":\"q.DQ\",\"actor_name\":\"a\",\"args\":[9007199254740993, "
             "NaN,\"\\ud800\"],\"kwargs\":{\"z\":1e400,\"a\":[ ]},\"options\":{\"custom\":\"keep\","
             "\"n\":12345678901234567890,\"redis_message_id\":\"r1\",\"retries\":1,\"traceback\":"
             "\"caf\\u00e9\\n\",\"requeue_timestamp\":5,\"eta\":65}" TAIL);
    buf_free(&b);
    arena_end(&a);
}

static void a_promotion_drops_the_eta_and_corrects_the_queue(void **state)
{
    struct arena a = {0};
    struct buf b = {0};
    (void)state;
    struct message m = decoded(
        &a, WITH("[]", "{}", "{\"eta\":1,\"x\":{\"k\":[1]},\"redis_message_id\":\"d\",\"eta\":2}"));

    rewrite_promotion(&b, &m, STR("default"), "n");
    assert_string_equal(
        b.p, "{\"queue_name\":\"default\",\"actor_name\":\"a\",\"args\":[],\"kwargs\":{},"
             "\"options\":{\"x\":{\"k\":[1]},\"redis_message_id\":\"n\"}" TAIL);
    buf_free(&b);
    arena_end(&a);
}

static void a_replay_forgets_every_attempt(void **state)
{
    struct arena a = {0};
    struct buf b = {0};
    (void)state;
    struct message m =
        decoded(&a, WITH("[]", "{}",
                         "{\"eta\":1,\"retries\":3,\"traceback\":\"t\",\"requeue_timestamp\":4,"
                         "\"redis_message_id\":\"x\",\"max_retries\":3}"));

    rewrite_replay(&b, &m, STR("q"), "n");
    struct message again = decoded(&a, b.p);
    expect_str(again.options, "{\"max_retries\":3,\"redis_message_id\":\"n\"}");
    buf_free(&b);
    arena_end(&a);
}

static void a_result_joins_the_next_stage(void **state)
{
    static const struct {
        const char *args, *result, *want;
    } cases[] = {{"[\"p\"]", "42", "[\"p\",42]"},
                 {"[]", "null", "[null]"},
                 {"[ ]", "[1]", "[ [1]]"},
                 {"[1]", "", "[1]"}};
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena a = {0};
        struct buf b = {0};
        struct message m = decoded(&a, WITH("[]", "{}", "{}"));
        m.args = str_of(cases[i].args);
        rewrite_stage(&b, &m, "n", str_of(cases[i].result), 0);
        struct message stage = decoded(&a, b.p);
        expect_str(stage.args, cases[i].want);
        expect_str(stage.options, "{\"redis_message_id\":\"n\"}");
        buf_free(&b);
        arena_end(&a);
    }
}

static void a_composed_message_has_seven_keys_in_pythons_spelling(void **state)
{
    struct buf b = {0};
    (void)state;

    message_compose(&b,
                    &(struct new_message){.queue = STR("calls"),
                                          .actor = "go",
                                          .kwargs = STR("{\"n\":\"\xe2\x82\xac\xf0\x9f\x98\x80\"}"),
                                          .message_id = "11111111-1111-4111-8111-111111111111",
                                          .request_id = "req_1",
                                          .redis_message_id = "r",
                                          .timestamp_ms = 1700000000000});
    assert_string_equal(b.p, "{\"queue_name\":\"calls\",\"actor_name\":\"go\",\"args\":[],"
                             "\"kwargs\":{\"n\":\"\\u20ac\\ud83d\\ude00\"},\"options\":"
                             "{\"redis_message_id\":\"r\",\"request_id\":\"req_1\"}" TAIL);
    buf_free(&b);
}

static void a_missing_identity_is_filled_in(void **state)
{
    struct arena a = {0};
    struct buf b = {0};
    (void)state;
    struct message m = decoded(
        &a, "{\"queue_name\":\"q\",\"actor_name\":\"a\",\"args\":[],\"kwargs\":{},\"options\":{}}");

    message_write(&b, &m, STR("q"), NULL, 0);
    struct message again = decoded(&a, b.p);
    assert_int_equal(again.message_id.n, 36);
    assert_true(again.timestamp_ms > 1700000000000);
    buf_free(&b);
    arena_end(&a);
}

static void truth_is_pythons(void **state)
{
    static const struct {
        const char *json;
        bool truth;
    } cases[] = {{"null", false},  {"false", false},   {"0", false},  {"0.0", false},
                 {"-0", false},    {"\"\"", false},    {"[]", false}, {"{ }", false},
                 {"true", true},   {"1", true},        {"NaN", true}, {"\"0\"", true},
                 {"[null]", true}, {"{\"a\":0}", true}};
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(span_truth(str_of(cases[i].json)), cases[i].truth);
}

static void numbers_are_clamped(void **state)
{
    static const struct {
        struct option_number in;
        int64_t want;
    } cases[] = {{{OPTION_NUMBER, 1e300}, INT64_MAX},
                 {{OPTION_NUMBER, -1e300}, INT64_MIN},
                 {{OPTION_NUMBER, 7.9}, 7},
                 {{OPTION_NUMBER, NAN}, 42},
                 {{OPTION_ABSENT, 0}, 42},
                 {{OPTION_NULL, 0}, 42}};
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(option_i64(&cases[i].in, 42), cases[i].want);
}

static void names_follow_dramatiq(void **state)
{
    static const char *const good[] = {"default", "_x", "a.b-c_1", "x.DQ2"};
    static const char *const bad[] = {"",       "1a",       "x.DQ", "x.XQ", "x.msgs",
                                      "x.acks", "__acks__", "a b",  "a*"};
    struct arena a = {0};
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        assert_true(queue_name_valid(str_of(good[i])));
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_false(queue_name_valid(str_of(bad[i])));
    expect_str(queue_canonical(STR("q.DQ")), "q");
    expect_str(queue_canonical(STR("q.XQ")), "q");
    expect_str(queue_canonical(STR("q")), "q");
    expect_str(queue_delayed(&a, STR("q")), "q.DQ");
    expect_str(queue_delayed(&a, STR("q.XQ")), "q.DQ");
    expect_str(queue_delayed(&a, STR("q.DQ")), "q.DQ");
    arena_end(&a);
}

static void a_result_lies_where_python_looks(void **state)
{
    char key[RESULT_KEY_SIZE];
    (void)state;

    result_key(key, STR("default"), STR("dbl"), STR("11111111-1111-4111-8111-111111111111"));
    assert_string_equal(key, "894969d97b6e544b9b2f6672dfaa0531");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_is_read),
        cmocka_unit_test(what_python_accepts_is_accepted),
        cmocka_unit_test(what_is_no_message_is_refused),
        cmocka_unit_test(depth_is_bounded_without_recursion),
        cmocka_unit_test(the_last_of_two_keys_wins),
        cmocka_unit_test(a_retry_changes_its_options_and_no_other_byte),
        cmocka_unit_test(a_promotion_drops_the_eta_and_corrects_the_queue),
        cmocka_unit_test(a_replay_forgets_every_attempt),
        cmocka_unit_test(a_result_joins_the_next_stage),
        cmocka_unit_test(a_composed_message_has_seven_keys_in_pythons_spelling),
        cmocka_unit_test(a_missing_identity_is_filled_in),
        cmocka_unit_test(truth_is_pythons),
        cmocka_unit_test(numbers_are_clamped),
        cmocka_unit_test(names_follow_dramatiq),
        cmocka_unit_test(a_result_lies_where_python_looks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

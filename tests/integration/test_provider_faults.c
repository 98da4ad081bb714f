/* The provider client against servers that misbehave: what is known, and one POST only. */

#include "common/base/clock.h"
#include "common/base/conf.h"
#include "common/provider/provider.h"
#include "tests/support/rude_server.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

/* Calls with this value under this key of their metadata. */
#define TAGGED(key_, value) \
    &(const struct provider_query) \
    { \
        .key = (key_), .values = (const char *const[]){value}, .n = 1 \
    }

#define ANSWER(status_, ...) \
    { \
        .way = RUDE_ANSWER, .status = (status_), __VA_ARGS__ \
    }
#define CREATED ANSWER("201 Created", .body = "{\"call_id\":\"call_9\"}")
#define CALL ANSWER("200 OK", .body = "{\"call_id\":\"call_9\"}")

enum { TIMEOUT_MS = 700 };

/* One client, one server, one operation. */
struct rig {
    struct rude_server *server;
    struct provider *retell;
    struct op op;
};

static struct provider *open_with_keys(const char *url, const char *keys)
{
    struct conf conf = conf_defaults();

    conf.retell_idempotency = keys;
    conf.retell_api_key = "key_secret";
    conf.retell_base_url = url;
    conf.provider_timeout_ms = TIMEOUT_MS;
    struct provider *p = provider_open("retell", &conf);
    assert_non_null(p);
    return p;
}

static struct provider *open_at(const char *url)
{
    return open_with_keys(url, "off");
}

static struct rig set_up(const struct rude_step *steps, size_t n)
{
    struct rig r = {.server = rude_start(steps, n), .op = {.request_id = "req_t"}};

    r.retell = open_at(rude_url(r.server));
    return r;
}

static void tear_down(struct rig *r)
{
    op_end(&r->op);
    r->retell->close(r->retell);
    rude_stop(r->server);
}

static struct dial_answer dial(struct op *op, struct provider *p)
{
    struct dial_request request = {.from_number = "+14157774444",
                                   .to_number = "+393491234567",
                                   .agent_id = "agent_1",
                                   .metadata = "{\"aga_attempt\":\"a-1\"}",
                                   .webhook_url = "https://hooks.example/api/v1/webhooks/retell",
                                   .idempotency_key = "7f2c",
                                   .ring_seconds = 30};
    struct dial_answer answer;

    p->create_phone_call(op, p, &request, &answer);
    assert_int_equal(op->err.code, E_NONE);
    return answer;
}

static struct dial_answer dial_at(const char *url)
{
    struct provider *p = open_at(url);
    struct op op = {.request_id = "req_t"};
    struct dial_answer answer = dial(&op, p);

    assert_int_equal(answer.http_status, 0);
    if (!answer.message || !answer.message[0])
        fail_msg("nothing says why");
    op_end(&op);
    p->close(p);
    answer.message = NULL;
    return answer;
}

static int free_port(void)
{
    static const struct rude_step unused = {.way = RUDE_CLOSE};
    struct rude_server *s = rude_start(&unused, 1);
    int port = rude_port(s);

    rude_stop(s);
    return port;
}

static void a_request_that_could_not_leave_was_never_sent(void **state)
{
    char refused[64];
    (void)state;

    snprintf(refused, sizeof(refused), "http://127.0.0.1:%d", free_port());
    assert_int_equal(dial_at(refused).result, DIAL_NEVER_SENT);
    assert_int_equal(dial_at("http://no-such-host.invalid").result, DIAL_NEVER_SENT);
    assert_int_equal(dial_at("http://127.0.0.1:1/a b").result, DIAL_NEVER_SENT);
}

static void a_handshake_that_breaks_is_never_sent(void **state)
{
    static const struct rude_step steps[] = {{.way = RUDE_RESET_SOON}};
    struct rude_server *s = rude_start(steps, 1);
    char url[64];
    (void)state;

    snprintf(url, sizeof(url), "https://127.0.0.1:%d", rude_port(s));
    assert_int_equal(dial_at(url).result, DIAL_NEVER_SENT);
    rude_stop(s);
}

static void without_time_left_nothing_is_sent(void **state)
{
    static const struct rude_step steps[] = {CREATED};
    struct rig r = set_up(steps, 1);
    (void)state;

    r.op.deadline_us = clock_mono_us() - 1;
    assert_int_equal(dial(&r.op, r.retell).result, DIAL_NEVER_SENT);
    assert_int_equal(rude_connections(r.server), 0);
    tear_down(&r);
}

/* Whatever happens after the first byte: unknown, and the POST is not repeated. */
static void after_the_first_byte_only_an_answer_counts(void **state)
{
    static const struct rude_step ways[] = {
        {.way = RUDE_RESET},
        {.way = RUDE_RESET_SOON},
        {.way = RUDE_CLOSE},
        {.way = RUDE_HANG},
        {.way = RUDE_CUT, .raw = "HTTP/1.1 201 Cre"},
        {.way = RUDE_CUT, .raw = "HTTP/1.1 201 Created\r\nContent-Length: 20\r\n\r\n{\"call_id\":"},
        ANSWER("201 Created", .body = "{\"call_id\":"),
        ANSWER("201 Created", .body = "{\"call_id\":"),
        ANSWER("201 Created", .body = "{}"),
        ANSWER("201 Created", .body = "{\"call_id\":\"\"}"),
        ANSWER("200 OK", .body = "okay"),
        {.way = RUDE_ANSWER, .raw = "HTTP/1.1 204 No Content\r\n\r\n"},
        ANSWER("302 Found", .headers = "Location: /v2/create-phone-call\r\n"),
        ANSWER("307 Again", .headers = "Location: /v2/create-phone-call\r\n"),
        ANSWER("408 Request Timeout"),
        ANSWER("409 Conflict"),
        ANSWER("417 Expectation Failed"),
        ANSWER("421 Misdirected"),
        ANSWER("500 Oops"),
        ANSWER("502 Bad Gateway", .body = "<html></html>"),
        ANSWER("503 Busy", .headers = "Retry-After: 1\r\n"),
        {.way = RUDE_ANSWER, .raw = "SSH-2.0-OpenSSH_9.2\r\n\r\n"},
    };
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
        struct rig r = set_up(&ways[i], 1);
        struct dial_answer a = dial(&r.op, r.retell);
        if (a.result != DIAL_UNKNOWN || a.provider_call_id || a.refusal != REFUSAL_NONE)
            fail_msg("way %zu: result %d, status %d", i, (int)a.result, a.http_status);
        assert_int_equal(rude_connections(r.server), 1);
        if (ways[i].way != RUDE_RESET_SOON)
            assert_int_equal(rude_requests(r.server, "POST"), 1);
        tear_down(&r);
    }
}

static void an_answer_without_end_is_unknown(void **state)
{
    size_t size = (size_t)2 << 20;
    char *text = malloc(size + 1);
    (void)state;

    assert_non_null(text);
    memset(text, ' ', size);
    text[size] = '\0';
    memcpy(text, "HTTP/1.1 201 Created\r\n\r\n", 24);
    const struct rude_step steps[] = {{.way = RUDE_CUT, .raw = text}};
    struct rig r = set_up(steps, 1);
    struct dial_answer a = dial(&r.op, r.retell);
    assert_int_equal(a.result, DIAL_UNKNOWN);
    assert_non_null(strstr(a.message, "longer than 1048576 bytes"));
    assert_int_equal(rude_requests(r.server, "POST"), 1);
    tear_down(&r);
    free(text);
}

/*
 * The trap: a kept connection dies under a POST, and libcurl by itself would send
 * it again on a new one.
 */
static void a_creation_whose_kept_connection_dies_is_not_sent_again(void **state)
{
    static const enum rude_way deaths[] = {RUDE_RESET, RUDE_CLOSE};
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(deaths); i++) {
        const struct rude_step steps[] = {CALL, CREATED, {.way = deaths[i]}, CREATED};
        struct rig r = set_up(steps, ARRAY_LEN(steps));
        struct provider_call call;

        assert_true(r.retell->get_call(&r.op, r.retell, "call_9", &call));
        assert_int_equal(dial(&r.op, r.retell).result, DIAL_ACCEPTED);
        assert_int_equal(rude_connections(r.server), 1);
        assert_int_equal(dial(&r.op, r.retell).result, DIAL_UNKNOWN);
        assert_int_equal(rude_requests(r.server, "POST"), 2);
        assert_int_equal(dial(&r.op, r.retell).result, DIAL_ACCEPTED);
        assert_int_equal(rude_requests(r.server, "POST"), 3);
        tear_down(&r);
    }
}

static void a_creation_takes_no_connection_that_has_rested(void **state)
{
    static const struct rude_step steps[] = {CREATED};
    const struct timespec rest = {.tv_sec = 5};
    struct rig r = set_up(steps, ARRAY_LEN(steps));
    (void)state;

    assert_int_equal(dial(&r.op, r.retell).result, DIAL_ACCEPTED);
    assert_int_equal(dial(&r.op, r.retell).result, DIAL_ACCEPTED);
    assert_int_equal(rude_connections(r.server), 1);
    nanosleep(&rest, NULL);
    assert_int_equal(dial(&r.op, r.retell).result, DIAL_ACCEPTED);
    assert_int_equal(rude_connections(r.server), 2);
    tear_down(&r);
}

static void silence_ends_at_the_deadline_of_the_operation(void **state)
{
    static const struct rude_step steps[] = {{.way = RUDE_HANG}};
    struct rig r = set_up(steps, 1);
    int64_t began = clock_mono_us();
    (void)state;

    r.op.deadline_us = began + 200000;
    assert_int_equal(dial(&r.op, r.retell).result, DIAL_UNKNOWN);
    assert_in_range(clock_mono_us() - began, 190000, (TIMEOUT_MS - 100) * 1000);
    tear_down(&r);
}

static void an_accepted_call_has_an_id(void **state)
{
    static const struct rude_step steps[] = {CREATED};
    struct rig r = set_up(steps, 1);
    struct dial_answer a = dial(&r.op, r.retell);
    (void)state;

    assert_int_equal(a.result, DIAL_ACCEPTED);
    assert_int_equal(a.http_status, 201);
    assert_string_equal(a.provider_call_id, "call_9");
    tear_down(&r);
}

static void a_creation_says_exactly_this(void **state)
{
    static const struct rude_step steps[] = {CREATED};
    struct rig r = set_up(steps, 1);
    (void)state;

    dial(&r.op, r.retell);
    const char *sent = rude_last(r.server);
    assert_ptr_equal(strstr(sent, "POST /v2/create-phone-call HTTP/1.1\r\n"), sent);
    assert_non_null(strstr(sent, "\r\nAuthorization: Bearer key_secret\r\n"));
    assert_non_null(strstr(sent, "\r\nContent-Type: application/json\r\n"));
    assert_null(strstr(sent, "Expect:"));
    assert_string_equal(
        strstr(sent, "\r\n\r\n") + 4,
        "{\"from_number\":\"+14157774444\",\"to_number\":\"+393491234567\",\"override_agent_id\":"
        "\"agent_1\",\"metadata\":{\"aga_attempt\":\"a-1\"},\"agent_override\":{\"agent\":{"
        "\"webhook_url\":\"https://hooks.example/api/v1/webhooks/"
        "retell\",\"webhook_events\":[\"call_started\",\"call_ended\",\"call_analyzed\"],\"ring_"
        "duration_ms\":30000}},\"idempotency_key\":\"7f2c\"}");
    tear_down(&r);
}

struct refusal {
    struct rude_step step;
    int status;
    enum dial_refusal refusal;
    const char *message;
};

static void a_definite_no_is_told_by_its_kind(void **state)
{
    static const struct refusal cases[] = {
        {ANSWER("400 Bad", .body = "{\"status\":\"error\",\"message\":\"bad to\"}"), 400,
         REFUSAL_REQUEST, "bad to"},
        {ANSWER("400 Bad", .body = "{\"error_message\":\"request/body/to_number must be\"}"), 400,
         REFUSAL_REQUEST, "request/body/to_number must be"},
        {ANSWER("401 No", .body = "{\"message\":\"k\"}"), 401, REFUSAL_CREDENTIALS, "k"},
        {ANSWER("402 Pay", .body = "{\"message\":\"p\"}"), 402, REFUSAL_UNPAID, "p"},
        {ANSWER("403 No"), 403, REFUSAL_CREDENTIALS, ""},
        {ANSWER("404 No", .body = "{\"message\":\"Item +1415 not found from phone-number\"}"), 404,
         REFUSAL_FROM_NUMBER, "Item +1415 not found from phone-number"},
        {ANSWER("404 No", .body = "Cannot POST /v2/create-phone-call"), 404, REFUSAL_REQUEST,
         "Cannot POST /v2/create-phone-call"},
        {ANSWER("422 No", .body = "\xff\xfex"), 422, REFUSAL_REQUEST, "??x"},
    };
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct rig r = set_up(&cases[i].step, 1);
        struct dial_answer a = dial(&r.op, r.retell);
        assert_int_equal(a.result, DIAL_REJECTED);
        assert_int_equal(a.http_status, cases[i].status);
        assert_int_equal(a.refusal, cases[i].refusal);
        assert_string_equal(a.message, cases[i].message);
        assert_int_equal(rude_requests(r.server, "POST"), 1);
        tear_down(&r);
    }
}

static void long_words_are_cut_between_characters(void **state)
{
    static char body[1201];
    const struct rude_step step = ANSWER("400 Bad", .body = body);
    (void)state;

    for (size_t i = 0; i < 1200; i += 3)
        memcpy(body + i, "€", 3);
    struct rig r = set_up(&step, 1);
    struct dial_answer a = dial(&r.op, r.retell);
    assert_int_equal(strlen(a.message), 498);
    tear_down(&r);
}

static int retry_after(const char *header)
{
    const struct rude_step step = ANSWER("429 Slow", .headers = header);
    struct rig r = set_up(&step, 1);
    struct dial_answer a = dial(&r.op, r.retell);
    assert_int_equal(a.result, DIAL_REJECTED);
    assert_int_equal(a.refusal, REFUSAL_BUSY);
    tear_down(&r);
    return a.retry_after_seconds;
}

static void the_time_to_wait_is_read_in_all_three_forms(void **state)
{
    char date[64];
    time_t then = time(NULL) + 100;
    struct tm tm;
    (void)state;

    strftime(date, sizeof(date), "Retry-After: %a, %d %b %Y %H:%M:%S GMT\r\n",
             gmtime_r(&then, &tm));
    assert_int_equal(retry_after("Retry-After: 17\r\n"), 17);
    assert_in_range(retry_after(date), 95, 100);
    assert_int_equal(retry_after("Retry-After-Ms: 120\r\n"), 1);
    assert_int_equal(retry_after("retry-after-ms: 2000\r\nRetry-After: 60\r\n"), 2);
    assert_int_equal(retry_after("Retry-After: 99999999\r\n"), 86400);
    assert_int_equal(retry_after("Retry-After: -5\r\n"), 0);
    assert_int_equal(retry_after("Retry-After: soon\r\n"), 0);
    assert_int_equal(retry_after("X-Other: 1\r\n"), 0);
}

/* One call that is refused for its key; whether the next would carry one. */
static bool refused_for_its_key(const char *setting, int *wait_seconds)
{
    static const struct rude_step step = ANSWER(
        "400 Bad", .body = "{\"error_message\":\"request/body/idempotency_key is not allowed\"}");
    struct rude_server *s = rude_start(&step, 1);
    struct provider *p = open_with_keys(rude_url(s), setting);
    struct op op = {.request_id = "req_t"};

    assert_true(p->takes_keys(p));
    struct dial_answer a = dial(&op, p);
    assert_int_equal(a.result, DIAL_REJECTED);
    assert_int_equal(a.refusal, REFUSAL_KEY);
    assert_int_equal(rude_requests(s, "POST"), 1);
    *wait_seconds = a.retry_after_seconds;
    bool takes = p->takes_keys(p);
    op_end(&op);
    p->close(p);
    rude_stop(s);
    return takes;
}

static void an_api_that_does_not_know_keys_gets_none_any_more_unless_told_to(void **state)
{
    int wait;
    (void)state;

    assert_false(refused_for_its_key("auto", &wait));
    assert_int_equal(wait, 0);
    assert_true(refused_for_its_key("on", &wait));
    assert_int_equal(wait, 300);
}

static void keys_are_asked_for_by_one_word_of_three(void **state)
{
    struct provider *p = open_with_keys("http://127.0.0.1:1", "off");
    (void)state;

    assert_false(p->takes_keys(p));
    p->close(p);
    struct conf conf = conf_defaults();
    conf.retell_api_key = "key_secret";
    conf.retell_idempotency = "yes";
    assert_null(provider_open("retell", &conf));
}

static void an_account_is_one_key_at_one_address(void **state)
{
    struct provider *a = open_at("http://127.0.0.1:1"), *b = open_at("http://127.0.0.1:1/"),
                    *c = open_at("http://127.0.0.1:2");
    struct conf conf = conf_defaults();
    (void)state;

    conf.retell_base_url = "http://127.0.0.1:1";
    struct provider *keyless = provider_open_keyless("retell", &conf, a->exchange, a->signing_key);
    conf.retell_api_key = "another_key";
    struct provider *d = provider_open("retell", &conf);
    assert_int_equal(strlen(a->account), PROVIDER_ACCOUNT_SIZE - 1);
    assert_string_equal(a->account, b->account);
    assert_string_equal(a->account, keyless->account);
    assert_string_not_equal(a->account, c->account);
    assert_string_not_equal(a->account, d->account);
    struct provider *const all[] = {a, b, c, d, keyless};
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        all[i]->close(all[i]);
}

static enum err_code read_code(const char *status, const char *body, const char **message)
{
    static char text[1024];
    const struct rude_step step = ANSWER(status, .body = body);
    struct rig r = set_up(&step, 1);
    struct provider_call call;

    assert_false(r.retell->get_call(&r.op, r.retell, "call_9", &call));
    enum err_code code = r.op.err.code;
    snprintf(text, sizeof(text), "%s", r.op.err.message);
    *message = text;
    tear_down(&r);
    return code;
}

static void a_read_fails_with_the_code_that_fits(void **state)
{
    const char *m;
    (void)state;

    assert_int_equal(read_code("404 No", "", &m), E_RESOURCE_NOT_FOUND);
    assert_int_equal(read_code("422 No", "", &m), E_RESOURCE_NOT_FOUND);
    assert_int_equal(read_code("429 No", "", &m), E_SERVICE_UNAVAILABLE);
    assert_int_equal(read_code("503 No", "", &m), E_SERVICE_UNAVAILABLE);
    assert_int_equal(read_code("500 No", "", &m), E_PROVIDER_ERROR);
    assert_int_equal(read_code("302 No", "", &m), E_PROVIDER_ERROR);
    assert_int_equal(read_code("200 OK", "{}", &m), E_PROVIDER_ERROR);
    assert_int_equal(read_code("200 OK", "xx", &m), E_PROVIDER_ERROR);
    assert_int_equal(read_code("401 No", "{\"message\":\"no +14157774444 at me\"}", &m),
                     E_PROVIDER_ERROR);
    assert_null(strstr(m, "+14157774444"));
}

static void an_id_that_names_another_path_is_not_asked_for(void **state)
{
    static const char *const ids[] = {"", ".", ".."};
    static const struct rude_step steps[] = {CALL};
    struct rig r = set_up(steps, 1);
    struct provider_call call;
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
        assert_false(r.retell->get_call(&r.op, r.retell, ids[i], &call));
        assert_int_equal(r.op.err.code, E_RESOURCE_NOT_FOUND);
        op_forgive(&r.op);
    }
    assert_int_equal(rude_connections(r.server), 0);
    assert_true(r.retell->get_call(&r.op, r.retell, "../x?y=z#\r\nA: b", &call));
    assert_ptr_equal(strstr(rude_last(r.server),
                            "GET /v2/get-call/..%2Fx%3Fy%3Dz%23%0D%0AA%3A%20b HTTP/1.1\r\n"),
                     rude_last(r.server));
    tear_down(&r);
}

static void a_number_travels_with_its_plus(void **state)
{
    static const struct rude_step steps[] = {
        {.way = RUDE_ANSWER, .raw = "HTTP/1.1 204 No Content\r\n\r\n"}};
    struct rig r = set_up(steps, 1);
    (void)state;

    assert_true(r.retell->release_number(&r.op, r.retell, "+14157774444"));
    const char *sent = rude_last(r.server);
    assert_ptr_equal(strstr(sent, "DELETE /delete-phone-number/+14157774444 HTTP/1.1\r\n"), sent);
    assert_null(strstr(sent, "Content-Type"));
    tear_down(&r);
}

static void a_list_may_come_as_the_old_bare_array(void **state)
{
    static const struct rude_step steps[] = {ANSWER(
        "200 OK",
        .body = "[{\"phone_number\":\"+1\"},{\"phone_number\":\"+2\"},{\"other\":1},{}]   ")};
    struct rig r = set_up(steps, 1);
    struct provider_numbers numbers;
    (void)state;

    assert_true(r.retell->list_numbers(&r.op, r.retell, &numbers));
    assert_int_equal(numbers.n, 2);
    assert_string_equal(numbers.items[1].e164, "+2");
    tear_down(&r);
}

static void a_list_that_does_not_advance_is_an_error_not_a_loop(void **state)
{
    static const struct rude_step same[] = {
        ANSWER("200 OK", .body = "{\"items\":[{\"call_id\":\"c\"}],\"has_more\":true,"
                                 "\"pagination_key\":\"again\"}")};
    static const struct rude_step none[] = {
        ANSWER("200 OK", .body = "{\"items\":[{\"call_id\":\"c\"}],\"has_more\":true}")};
    struct provider_calls calls;
    (void)state;

    struct rig r = set_up(same, 1);
    assert_false(r.retell->find_calls(&r.op, r.retell, TAGGED("k", "v"), 100, &calls));
    assert_int_equal(r.op.err.code, E_PROVIDER_ERROR);
    assert_int_equal(rude_requests(r.server, "POST"), 2);
    tear_down(&r);

    r = set_up(none, 1);
    assert_false(r.retell->find_calls(&r.op, r.retell, TAGGED("k", "v"), 100, &calls));
    assert_int_equal(r.op.err.code, E_PROVIDER_ERROR);
    tear_down(&r);
}

static void a_limited_list_says_that_there_was_more(void **state)
{
    static const struct rude_step steps[] = {
        ANSWER("200 OK", .body = "{\"items\":[{\"call_id\":\"c\"}],\"has_more\":true,"
                                 "\"pagination_key\":\"k1\"}"),
        ANSWER("200 OK", .body = "{\"items\":[{\"call_id\":\"d\"}],\"has_more\":false}")};
    struct provider_calls calls;
    (void)state;

    struct rig r = set_up(steps, ARRAY_LEN(steps));
    assert_true(r.retell->find_calls(&r.op, r.retell, TAGGED("k", "v"), 1, &calls));
    assert_int_equal(calls.n, 1);
    assert_false(calls.complete);
    tear_down(&r);

    r = set_up(steps, ARRAY_LEN(steps));
    assert_true(r.retell->find_calls(&r.op, r.retell, TAGGED("k", "v"), 2, &calls));
    assert_int_equal(calls.n, 2);
    assert_true(calls.complete);
    assert_non_null(strstr(rude_last(r.server), "\"pagination_key\":\"k1\""));
    tear_down(&r);
}

static void a_listed_call_that_cannot_be_read_leaves_the_list_incomplete(void **state)
{
    static const struct rude_step steps[] = {
        ANSWER("200 OK", .body = "{\"items\":[{\"call_id\":7},{\"call_id\":\"c\"}]}")};
    struct rig r = set_up(steps, 1);
    struct provider_calls calls;
    (void)state;

    assert_true(r.retell->find_calls(&r.op, r.retell, TAGGED("k", "v"), 9, &calls));
    assert_int_equal(calls.n, 1);
    assert_false(calls.complete);
    tear_down(&r);
}

static void the_seed_profile_speaks_the_specifications_paths(void **state)
{
    static const struct rude_step steps[] = {CREATED};
    struct rude_server *s = rude_start(steps, 1);
    struct conf conf = conf_defaults();
    struct op op = {.request_id = "req_t"};
    struct provider_call call;
    (void)state;

    conf.retell_api_key = "key_secret";
    conf.retell_base_url = rude_url(s);
    conf.retell_paths = "seed";
    struct provider *p = provider_open("retell", &conf);
    assert_int_equal(dial(&op, p).result, DIAL_ACCEPTED);
    assert_ptr_equal(strstr(rude_last(s), "POST /create-phone-call HTTP/1.1\r\n"), rude_last(s));
    assert_non_null(strstr(rude_last(s), "\"agent_id\":\"agent_1\""));
    assert_true(p->get_call(&op, p, "call_9", &call));
    assert_ptr_equal(strstr(rude_last(s), "GET /get-call/call_9 HTTP/1.1\r\n"), rude_last(s));
    op_end(&op);
    p->close(p);
    rude_stop(s);
}

static int ignore_sigpipe(void **state)
{
    (void)state;
    return signal(SIGPIPE, SIG_IGN) == SIG_ERR ? -1 : 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_that_could_not_leave_was_never_sent),
        cmocka_unit_test(a_handshake_that_breaks_is_never_sent),
        cmocka_unit_test(without_time_left_nothing_is_sent),
        cmocka_unit_test(after_the_first_byte_only_an_answer_counts),
        cmocka_unit_test(an_answer_without_end_is_unknown),
        cmocka_unit_test(a_creation_whose_kept_connection_dies_is_not_sent_again),
        cmocka_unit_test(a_creation_takes_no_connection_that_has_rested),
        cmocka_unit_test(silence_ends_at_the_deadline_of_the_operation),
        cmocka_unit_test(an_accepted_call_has_an_id),
        cmocka_unit_test(a_creation_says_exactly_this),
        cmocka_unit_test(a_definite_no_is_told_by_its_kind),
        cmocka_unit_test(long_words_are_cut_between_characters),
        cmocka_unit_test(the_time_to_wait_is_read_in_all_three_forms),
        cmocka_unit_test(an_api_that_does_not_know_keys_gets_none_any_more_unless_told_to),
        cmocka_unit_test(keys_are_asked_for_by_one_word_of_three),
        cmocka_unit_test(an_account_is_one_key_at_one_address),
        cmocka_unit_test(a_read_fails_with_the_code_that_fits),
        cmocka_unit_test(an_id_that_names_another_path_is_not_asked_for),
        cmocka_unit_test(a_number_travels_with_its_plus),
        cmocka_unit_test(a_list_may_come_as_the_old_bare_array),
        cmocka_unit_test(a_list_that_does_not_advance_is_an_error_not_a_loop),
        cmocka_unit_test(a_limited_list_says_that_there_was_more),
        cmocka_unit_test(a_listed_call_that_cannot_be_read_leaves_the_list_incomplete),
        cmocka_unit_test(the_seed_profile_speaks_the_specifications_paths),
    };
    return cmocka_run_group_tests(tests, ignore_sigpipe, NULL);
}

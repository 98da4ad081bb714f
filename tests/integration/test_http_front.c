/* test_http_front.c - over raw sockets: what is answered, what is refused, what is closed. */

#include "common/base/log.h"
#include "tests/support/check.h"
#include "tests/support/front.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static const struct {
    const char *request;
    int status;
    const char *code; /* of the error body; NULL: none is expected */
} cases[] = {
    {GET("/things?name=a"), 200, NULL},
    {GET("/things?name=a&limit=0"), 422, "VALIDATION_ERROR"},
    {GET("/things?name=%FF"), 422, "VALIDATION_ERROR"},
    {POST("/things", JSON, "12", "{\"name\":\"a\"}"), 201, NULL},
    {POST("/things", "application/json; charset=utf-8", "12", "{\"name\":\"a\"}"), 201, NULL},
    {POST("/things", JSON, "2", "{}"), 422, "VALIDATION_ERROR"},
    {POST("/things", JSON, "2", "[]"), 422, "VALIDATION_ERROR"},
    {POST("/things", JSON, "0", ""), 422, "VALIDATION_ERROR"},
    {POST("/things", JSON, "10", "{\"name\":1}"), 422, "VALIDATION_ERROR"},
    {POST("/things", JSON, "18", "{\"name\":\"a\",\"x\":1}"), 422, "VALIDATION_ERROR"},
    {POST("/things", JSON, "23", "{\"name\":\"a\",\"name\":\"b\"}"), 400, "MALFORMED_REQUEST"},
    {POST("/things", JSON, "13", "{\"name\":\"\xFF\"}x"), 400, "MALFORMED_REQUEST"},
    {POST("/things", JSON, "17", "{\"name\":\"\\u0000\"}"), 400, "MALFORMED_REQUEST"},
    {POST("/things", JSON, "13", "{\"name\":\"a\"}x"), 400, "MALFORMED_REQUEST"},
    {POST("/things", JSON, "1", "{"), 400, "MALFORMED_REQUEST"},
    {POST("/things", "text/plain", "12", "{\"name\":\"a\"}"), 415, "UNSUPPORTED_MEDIA_TYPE"},
    {POST("/things", JSON "\r\nContent-Encoding: gzip", "1", "x"), 415, "UNSUPPORTED_MEDIA_TYPE"},
    {POST("/things", JSON, "4097", ""), 413, "PAYLOAD_TOO_LARGE"},
    {POST("/things", JSON, "999999999999999999", ""), 413, "PAYLOAD_TOO_LARGE"},
    {POST("/import", "text/csv", "8388609", ""), 413, "PAYLOAD_TOO_LARGE"},
    {POST("/things/7/stop", JSON, "0", ""), 204, NULL},
    {POST("/things/7/stop", JSON, "2", "{}"), 204, NULL},
    {POST("/things/7/stop", JSON, "7", "{\"a\":1}"), 422, "VALIDATION_ERROR"},
    {POST("/raw", "x/y", "3", "\xFF\xFE "), 200, NULL},
    {GET("/nothing"), 404, "RESOURCE_NOT_FOUND"},
    {GET("/Things"), 404, "RESOURCE_NOT_FOUND"},
    {GET("/things/"), 404, "RESOURCE_NOT_FOUND"},
    {GET("/thingsx"), 404, "RESOURCE_NOT_FOUND"},
    {GET("//things"), 404, "RESOURCE_NOT_FOUND"},
    {GET("/./things"), 404, "RESOURCE_NOT_FOUND"},
    {GET("/things;x=1"), 404, "RESOURCE_NOT_FOUND"},
    {GET("/things%00"), 404, "RESOURCE_NOT_FOUND"},
    {GET("/%74hings"), 404, "RESOURCE_NOT_FOUND"},
    {GET("/x%2f..%2fthings"), 404, "RESOURCE_NOT_FOUND"},
    {GET("/..//evil.example/%2e%2e"), 404, "RESOURCE_NOT_FOUND"},
    {POST("/things/07/stop", JSON, "0", ""), 404, "RESOURCE_NOT_FOUND"},
    {"PUT /things HTTP/1.1\r\nHost: h\r\n\r\n", 405, "METHOD_NOT_ALLOWED"},
    {"HEAD /things HTTP/1.1\r\nHost: h\r\n\r\n", 405, "METHOD_NOT_ALLOWED"},
    {"OPTIONS /things HTTP/1.1\r\nHost: h\r\nOrigin: http://evil.example\r\n"
     "Access-Control-Request-Method: POST\r\n\r\n",
     405, "METHOD_NOT_ALLOWED"},
    {"GET /things?name=a HTTP/1.1\r\nHost: h\r\nX-HTTP-Method-Override: PUT\r\n\r\n", 200, NULL},
    {"TRACE /things HTTP/1.1\r\nHost: h\r\n\r\n", 400, "MALFORMED_REQUEST"},
    {"get /things HTTP/1.1\r\nHost: h\r\n\r\n", 400, "MALFORMED_REQUEST"},
    {"BREW /things HTTP/1.1\r\nHost: h\r\n\r\n", 400, "MALFORMED_REQUEST"},
    {"GET /things HTTP/2.0\r\nHost: h\r\n\r\n", 400, "MALFORMED_REQUEST"},
    {"nonsense\r\n\r\n", 400, "MALFORMED_REQUEST"},
    {"\x16\x03\x01\x02", 400, "MALFORMED_REQUEST"},
    {"GET /private HTTP/1.1\r\nHost: h\r\n\r\n", 401, "UNAUTHENTICATED"},
    {"GET /private HTTP/1.1\r\nHost: h\r\nAuthorization: Basic eDp5\r\n\r\n", 401,
     "UNAUTHENTICATED"},
    {"GET /private HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer a b\r\n\r\n", 401,
     "UNAUTHENTICATED"},
    {"GET /private HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer a\r\nX-API-Key: a\r\n\r\n", 400,
     "MALFORMED_REQUEST"},
    {"GET /private HTTP/1.1\r\nHost: h\r\nX-API-Key: a\r\nX-API-Key: a\r\n\r\n", 400,
     "MALFORMED_REQUEST"},
    {"GET /things?name=a HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
     200, NULL},
};

static void every_request_gets_its_answer(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct probe_answer a = probe_ask(front_port(), cases[i].request);
        if (a.status != cases[i].status)
            fail_msg("%s\nanswered %d:\n%s%s", cases[i].request, a.status, a.head, a.body);
        if (cases[i].code)
            assert_is_error(&a, cases[i].code, cases[i].request);
        assert_non_null(probe_header(&a, "X-Request-Id"));
        assert_non_null(probe_header(&a, "X-Content-Type-Options"));
    }
}

static void a_target_that_is_no_path_reaches_nothing(void **state)
{
    static const char *const requests[] = {
        "GET http://h/things?name=a HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET http://mydomain.com/things?name=a HTTP/1.1\r\nHost: mydomain.com\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n",
        "CONNECT h:80 HTTP/1.1\r\nHost: h\r\n\r\n",
    };
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
        struct probe_answer a = probe_ask(front_port(), requests[i]);
        assert_true(a.status == 400 || a.status == 0); /* closed without an answer */
    }
}

static void complaints_are_in_details_by_field(void **state)
{
    struct probe_answer a =
        probe_ask(front_port(), POST("/things", JSON, "19", "{\"limit\":0,\"x\":[1]}"));
    (void)state;

    assert_int_equal(a.status, 422);
    assert_non_null(strstr(a.body, "\"name\":\"is required\""));
    assert_non_null(strstr(a.body, "\"limit\":\"must be an integer from 1 to 200\""));
    assert_non_null(strstr(a.body, "\"x\":\"is not a known field\""));
}

static void an_error_says_what_would_work(void **state)
{
    struct probe_answer a = probe_ask(front_port(), "PUT /things HTTP/1.1\r\nHost: h\r\n\r\n");
    (void)state;

    assert_memory_equal(probe_header(&a, "Allow"), "GET, POST\r\n", 11);
    a = probe_ask(front_port(), GET("/private"));
    assert_memory_equal(probe_header(&a, "WWW-Authenticate"), "Bearer ", 7);
}

static void a_well_formed_request_id_is_kept(void **state)
{
    struct probe_answer a =
        probe_ask(front_port(), "GET /nothing HTTP/1.1\r\nHost: h\r\nX-Request-Id: mine-1\r\n\r\n");
    (void)state;

    assert_memory_equal(probe_header(&a, "X-Request-Id"), "mine-1\r\n", 8);
    assert_non_null(strstr(a.body, "\"request_id\":\"mine-1\""));
    a = probe_ask(front_port(), "GET /nothing HTTP/1.1\r\nHost: h\r\nX-Request-Id: a b\r\n\r\n");
    assert_memory_equal(probe_header(&a, "X-Request-Id"), "req_", 4);
}

static void nesting_ten_thousand_deep_is_malformed(void **state)
{
    static char text[2 * FRONT_MAX_BODY];
    struct probe_answer a;
    int n = snprintf(text, sizeof(text), POST("/things", JSON, "4000", ""));
    (void)state;

    memset(text + n, '[', 4000);
    a = probe_ask(front_port(), text);
    assert_int_equal(a.status, 400);
    assert_is_error(&a, "MALFORMED_REQUEST", "depth");
}

static void a_head_too_large_is_refused_whole(void **state)
{
    static char text[24 * 1024];
    struct probe_answer a;
    int n = snprintf(text, sizeof(text), "GET /things?name=a HTTP/1.1\r\nHost: h\r\n");
    (void)state;

    for (int i = 0; i < 70; i++)
        n += snprintf(text + n, sizeof(text) - (size_t)n, "X-%d: 1\r\n", i);
    snprintf(text + n, sizeof(text) - (size_t)n, "\r\n");
    a = probe_ask(front_port(), text);
    assert_int_equal(a.status, 431);
    snprintf(text, sizeof(text), "GET /things HTTP/1.1\r\nHost: h\r\nX: %020000d\r\n\r\n", 1);
    a = probe_ask(front_port(), text);
    assert_int_equal(a.status, 431);
    snprintf(text, sizeof(text), "GET /things?name=%09000d HTTP/1.1\r\nHost: h\r\n\r\n", 1);
    a = probe_ask(front_port(), text);
    assert_int_equal(a.status, 414);
}

static void a_connection_serves_many_requests(void **state)
{
    struct probe p;
    struct probe_answer a;
    (void)state;

    probe_open(&p, front_port());
    for (int i = 0; i < 3; i++) {
        assert_true(probe_send(&p, STR(POST("/things", JSON, "12", "{\"name\":\"a\"}"))));
        assert_true(probe_receive(&p, &a, SOON_MS));
        assert_int_equal(a.status, 201);
        assert_null(probe_header(&a, "Connection"));
        assert_true(probe_send(&p, STR(GET("/nothing"))));
        assert_true(probe_receive(&p, &a, SOON_MS));
        assert_int_equal(a.status, 404);
    }
    assert_true(
        probe_send(&p, STR("GET /nothing HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")));
    assert_true(probe_receive(&p, &a, SOON_MS));
    assert_memory_equal(probe_header(&a, "Connection"), "close", 5);
    assert_true(probe_is_closed(&p, SOON_MS));
    probe_close(&p);
}

static void pipelined_requests_are_answered_in_order(void **state)
{
    struct probe p;
    struct probe_answer a;
    (void)state;

    probe_open(&p, front_port());
    assert_true(probe_send(
        &p, STR(POST("/raw", "x/y", "3", "one") POST("/raw", "x/y", "3", "two") GET("/nothing"))));
    assert_true(probe_receive(&p, &a, SOON_MS));
    assert_string_equal(a.body, "one");
    assert_true(probe_receive(&p, &a, SOON_MS));
    assert_string_equal(a.body, "two");
    assert_true(probe_receive(&p, &a, SOON_MS));
    assert_int_equal(a.status, 404);
    probe_close(&p);
}

#define SMUGGLED "GET /things?name=smuggled HTTP/1.1\r\nHost: h\r\n\r\n"

/* After each, one answer and no second one. */
static const struct {
    const char *request;
    int status;
} ambiguous[] = {
    {"POST /raw HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: "
     "chunked\r\n\r\n0\r\n\r\n" SMUGGLED,
     400},
    {"POST /raw HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" SMUGGLED, 411},
    {"POST /raw HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: "
     "chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\n" SMUGGLED,
     411},
    {"POST /raw HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: identity\r\nContent-Length: "
     "0\r\n\r\n" SMUGGLED,
     400},
    {"POST /raw HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: x\r\n\r\n" SMUGGLED, 400},
    {"POST /raw HTTP/1.1\r\nHost: h\r\nTransfer-Encoding : chunked\r\nContent-Length: "
     "4\r\n\r\n0\r\n\r\n" SMUGGLED,
     400},
    {"POST /raw HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nContent-Length: 44\r\n\r\n" SMUGGLED,
     400},
    {"POST /raw HTTP/1.1\r\nHost: h\r\nContent-Length: 0x0\r\n\r\n" SMUGGLED, 400},
    {"POST /raw HTTP/1.1\r\nHost: h\r\nContent-Length: +0\r\n\r\n" SMUGGLED, 400},
    {"POST /raw HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n" SMUGGLED, 400},
    {"POST /raw HTTP/1.1\r\nHost: h\r\nContent-Length : 0\r\n\r\n" SMUGGLED, 400},
    {"POST /raw HTTP/1.1\r\nHost: h\r\n folded\r\nContent-Length: 44\r\n\r\n" SMUGGLED, 400},
    {"GET /things?name=a HTTP/1.1\nHost: h\n\n" SMUGGLED, 400},
    {"GET /things?name=a HTTP/1.1\r\nHost: h\r\nContent-Length: 44\r\n\r\n" SMUGGLED, 400},
    {"GET /things?name=a HTTP/1.1\r\n\r\n" SMUGGLED, 400},
    {"GET /things?name=a HTTP/1.1\r\nHost: h\r\nHost: i\r\n\r\n" SMUGGLED, 400},
    {"GET //things HTTP/1.1\r\nHost: h\r\n\r\n" SMUGGLED, 404},
    {"POST /things HTTP/1.1\r\nHost: h\r\nContent-Type: text/plain\r\nContent-Length: "
     "44\r\n\r\n" SMUGGLED,
     415},
    {"GET /things?name=a HTTP/1.0\r\nHost: h\r\nConnection: keep-alive\r\n\r\n" SMUGGLED, 200},
    {"GET /things?name=a HTTP/1.1\r\nHost: h\r\nX:\x01\r\n\r\n" SMUGGLED, 400},
};

static void an_ambiguous_request_ends_the_connection(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(ambiguous); i++) {
        struct probe p;
        struct probe_answer a;

        probe_open(&p, front_port());
        assert_true(probe_send(&p, str_of(ambiguous[i].request)));
        if (!probe_receive(&p, &a, SOON_MS) || a.status != ambiguous[i].status)
            fail_msg("%s\nanswered %d", ambiguous[i].request, a.status);
        assert_memory_equal(probe_header(&a, "Connection"), "close", 5);
        if (!probe_is_closed(&p, SOON_MS))
            fail_msg("%s\nwas not closed: %.*s", ambiguous[i].request, (int)p.n, p.in);
        probe_close(&p);
    }
}

static void a_body_refused_by_its_size_does_not_swallow_the_answer(void **state)
{
    static char megabyte[1024 * 1024];
    struct probe p;
    struct probe_answer a;
    (void)state;

    memset(megabyte, ' ', sizeof(megabyte));
    probe_open(&p, front_port());
    assert_true(probe_send(&p, STR(POST("/things", JSON, "10485760", ""))));
    for (int i = 0; i < 10; i++)
        if (!probe_send(&p, (struct str){megabyte, sizeof(megabyte)}))
            break;
    assert_true(probe_receive(&p, &a, SOON_MS));
    assert_int_equal(a.status, 413);
    probe_close(&p);
}

static void a_client_that_waits_to_be_asked_is_asked(void **state)
{
    struct probe p;
    struct probe_answer a;
    (void)state;

    probe_open(&p, front_port());
    assert_true(probe_send(&p, STR("POST /raw HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n"
                                   "Expect: 100-continue\r\n\r\n")));
    assert_true(probe_receive(&p, &a, SOON_MS));
    assert_int_equal(a.status, 100);
    assert_true(probe_send(&p, STR("abc")));
    assert_true(probe_receive(&p, &a, SOON_MS));
    assert_string_equal(a.body, "abc");
    assert_true(
        probe_send(&p, STR("POST /things HTTP/1.1\r\nHost: h\r\nContent-Length: 9999\r\n"
                           "Content-Type: application/json\r\nExpect: 100-continue\r\n\r\n")));
    assert_true(probe_receive(&p, &a, SOON_MS));
    assert_int_equal(a.status, 413);
    probe_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_request_gets_its_answer, front_start, front_stop),
        cmocka_unit_test_setup_teardown(a_target_that_is_no_path_reaches_nothing, front_start,
                                        front_stop),
        cmocka_unit_test_setup_teardown(complaints_are_in_details_by_field, front_start,
                                        front_stop),
        cmocka_unit_test_setup_teardown(an_error_says_what_would_work, front_start, front_stop),
        cmocka_unit_test_setup_teardown(a_well_formed_request_id_is_kept, front_start, front_stop),
        cmocka_unit_test_setup_teardown(nesting_ten_thousand_deep_is_malformed, front_start,
                                        front_stop),
        cmocka_unit_test_setup_teardown(a_head_too_large_is_refused_whole, front_start, front_stop),
        cmocka_unit_test_setup_teardown(a_connection_serves_many_requests, front_start, front_stop),
        cmocka_unit_test_setup_teardown(pipelined_requests_are_answered_in_order, front_start,
                                        front_stop),
        cmocka_unit_test_setup_teardown(an_ambiguous_request_ends_the_connection, front_start,
                                        front_stop),
        cmocka_unit_test_setup_teardown(a_body_refused_by_its_size_does_not_swallow_the_answer,
                                        front_start, front_stop),
        cmocka_unit_test_setup_teardown(a_client_that_waits_to_be_asked_is_asked, front_start,
                                        front_stop),
    };

    signal(SIGPIPE, SIG_IGN);
    log_start("test", "error");
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    log_stop();
    return failed;
}

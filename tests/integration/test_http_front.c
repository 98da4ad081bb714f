/*
 * test_http_front.c - the server with routes of its own, over raw sockets: what
 * is refused, what is closed, what is waited for and for how long.
 */

#include "api/server.h"
#include "api/upload.h"
#include "common/base/clock.h"
#include "common/base/conf.h"
#include "common/base/log.h"
#include "tests/support/http_probe.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <cmocka.h>

enum { SOON_MS = 2000, THREADS = 8, MAX_BODY = 4096, MAX_UPLOAD = 8 * 1024 * 1024 };

struct thing {
    const char *name;
    int32_t limit;
};
static const struct field thing_fields[] = {
    FIELD(struct thing, name, .flags = F_REQUIRED, .max = 20),
    FIELD(struct thing, limit, .min = 1, .max = 200),
};
static const struct type thing_type = TYPE(struct thing, thing_fields);

static bool post_thing(struct op *op, const struct req *req, struct reply *rep)
{
    struct thing t = {.limit = 25};

    return req_body(op, req, &thing_type, &t) && reply_with(rep, 201, &thing_type, &t);
}

static bool get_thing(struct op *op, const struct req *req, struct reply *rep)
{
    struct thing t = {.name = "thing", .limit = 25};

    return req_query(op, req, &thing_type, &t) && reply_with(rep, 200, &thing_type, &t);
}

static bool stop_thing(struct op *op, const struct req *req, struct reply *rep)
{
    if (!req_no_body(op, req))
        return false;
    rep->status = 204;
    return true;
}

static bool echo(struct op *op, const struct req *req, struct reply *rep)
{
    (void)op;
    buf_add(&rep->body, req->body.p, req->body.n);
    return true;
}

static bool get_large(struct op *op, const struct req *req, struct reply *rep)
{
    (void)op, (void)req;
    for (int i = 0; i < 300 * 1000; i++)
        buf_str(&rep->body, "0123456789abcdef");
    return true;
}

static bool count(struct op *op, void *ctx, struct str bytes)
{
    (void)op;
    *(size_t *)ctx += bytes.n;
    return true;
}

static bool import(struct op *op, const struct req *req, struct reply *rep)
{
    struct thing form = {.limit = 25};
    size_t n = 0;

    if (!req_upload(op, req, &(struct upload){&thing_type, &form, count, &n}))
        return false;
    buf_printf(&rep->body, "%s %d %zu", form.name, form.limit, n);
    return true;
}

/* A handler that stays until let go. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t change;
    int inside;
    bool open;
} room = {.lock = PTHREAD_MUTEX_INITIALIZER, .change = PTHREAD_COND_INITIALIZER};

static bool stay(struct op *op, const struct req *req, struct reply *rep)
{
    (void)op, (void)req;
    pthread_mutex_lock(&room.lock);
    room.inside++;
    pthread_cond_broadcast(&room.change);
    while (!room.open)
        pthread_cond_wait(&room.change, &room.lock);
    room.inside--;
    pthread_mutex_unlock(&room.lock);
    buf_str(&rep->body, "{\"stayed\":true}");
    return true;
}

static void wait_until_inside(int n)
{
    pthread_mutex_lock(&room.lock);
    while (room.inside < n)
        pthread_cond_wait(&room.change, &room.lock);
    pthread_mutex_unlock(&room.lock);
}

static void set_open(bool open)
{
    pthread_mutex_lock(&room.lock);
    room.open = open;
    pthread_cond_broadcast(&room.change);
    pthread_mutex_unlock(&room.lock);
}

static const struct route table[] = {
    {"GET", "/things", get_thing, ROLE_PUBLIC, KIND_NONE, "a query"},
    {"POST", "/things", post_thing, ROLE_PUBLIC, KIND_JSON, "a JSON body"},
    {"GET", "/large", get_large, ROLE_PUBLIC, KIND_NONE, "4.8 MB"},
    {"POST", "/things/{thing_id}/stop", stop_thing, ROLE_PUBLIC, KIND_NONE, "no body"},
    {"POST", "/raw", echo, ROLE_PUBLIC, KIND_RAW, "any bytes"},
    {"POST", "/import", import, ROLE_PUBLIC, KIND_STREAM, "a file"},
    {"POST", "/stay", stay, ROLE_PUBLIC, KIND_JSON, "until let go"},
    {"GET", "/private", echo, ROLE_VIEWER, KIND_NONE, "needs a key"},
};

static struct conf conf;
static struct app app = {.conf = &conf};
static struct server *server;
static int port;

static int start(void **state)
{
    (void)state;
    conf = conf_defaults();
    conf.http_listen = "127.0.0.1:0";
    conf.http_threads = THREADS;
    conf.http_max_body_bytes = MAX_BODY;
    conf.http_max_upload_bytes = MAX_UPLOAD;
    conf.http_request_timeout_ms = 1000;
    server = server_start(&app, (struct routes){table, ARRAY_LEN(table)});
    if (!server)
        return -1;
    port = server_port(server);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    set_open(true);
    if (server)
        server_stop(server, SOON_MS);
    server = NULL;
    set_open(false);
    return 0;
}

#define GET(path) "GET " path " HTTP/1.1\r\nHost: h\r\n\r\n"
#define POST(path, type, length, body) \
    "POST " path " HTTP/1.1\r\nHost: h\r\nContent-Type: " type "\r\nContent-Length: " length \
    "\r\n\r\n" body
#define JSON "application/json"

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

static void assert_is_error(const struct probe_answer *a, const char *code, const char *request)
{
    char begin[128];

    snprintf(begin, sizeof(begin), "{\"error\":{\"code\":\"%s\",\"message\":\"", code);
    if (strncmp(a->body, begin, strlen(begin)) != 0 || !strstr(a->body, "\"details\":{")
        || !strstr(a->body, "\"request_id\":\"req_"))
        fail_msg("%s\nanswered %s%s", request, a->head, a->body);
}

static void every_request_gets_its_answer(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct probe_answer a = probe_ask(port, cases[i].request);
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
        struct probe_answer a = probe_ask(port, requests[i]);
        assert_true(a.status == 400 || a.status == 0); /* closed without an answer */
    }
}

static void complaints_are_in_details_by_field(void **state)
{
    struct probe_answer a = probe_ask(port, POST("/things", JSON, "19", "{\"limit\":0,\"x\":[1]}"));
    (void)state;

    assert_int_equal(a.status, 422);
    assert_non_null(strstr(a.body, "\"name\":\"is required\""));
    assert_non_null(strstr(a.body, "\"limit\":\"must be an integer from 1 to 200\""));
    assert_non_null(strstr(a.body, "\"x\":\"is not a known field\""));
}

static void an_error_says_what_would_work(void **state)
{
    struct probe_answer a = probe_ask(port, "PUT /things HTTP/1.1\r\nHost: h\r\n\r\n");
    (void)state;

    assert_memory_equal(probe_header(&a, "Allow"), "GET, POST\r\n", 11);
    a = probe_ask(port, GET("/private"));
    assert_memory_equal(probe_header(&a, "WWW-Authenticate"), "Bearer ", 7);
}

static void a_well_formed_request_id_is_kept(void **state)
{
    struct probe_answer a =
        probe_ask(port, "GET /nothing HTTP/1.1\r\nHost: h\r\nX-Request-Id: mine-1\r\n\r\n");
    (void)state;

    assert_memory_equal(probe_header(&a, "X-Request-Id"), "mine-1\r\n", 8);
    assert_non_null(strstr(a.body, "\"request_id\":\"mine-1\""));
    a = probe_ask(port, "GET /nothing HTTP/1.1\r\nHost: h\r\nX-Request-Id: a b\r\n\r\n");
    assert_memory_equal(probe_header(&a, "X-Request-Id"), "req_", 4);
}

static void nesting_ten_thousand_deep_is_malformed(void **state)
{
    static char text[2 * MAX_BODY];
    struct probe_answer a;
    int n = snprintf(text, sizeof(text), POST("/things", JSON, "4000", ""));
    (void)state;

    memset(text + n, '[', 4000);
    a = probe_ask(port, text);
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
    a = probe_ask(port, text);
    assert_int_equal(a.status, 431);
    snprintf(text, sizeof(text), "GET /things HTTP/1.1\r\nHost: h\r\nX: %020000d\r\n\r\n", 1);
    a = probe_ask(port, text);
    assert_int_equal(a.status, 431);
    snprintf(text, sizeof(text), "GET /things?name=%09000d HTTP/1.1\r\nHost: h\r\n\r\n", 1);
    a = probe_ask(port, text);
    assert_int_equal(a.status, 414);
}

static void a_connection_serves_many_requests(void **state)
{
    struct probe p;
    struct probe_answer a;
    (void)state;

    probe_open(&p, port);
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

    probe_open(&p, port);
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

        probe_open(&p, port);
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
    probe_open(&p, port);
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

    probe_open(&p, port);
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

/* Send one byte every few milliseconds until an answer comes. */
static bool drip(struct probe *p, struct probe_answer *a, int limit_ms)
{
    int64_t deadline_us = clock_mono_us() + (int64_t)limit_ms * 1000;

    while (clock_mono_us() < deadline_us) {
        if (!probe_send(p, STR(" ")))
            return probe_receive(p, a, 0);
        if (probe_receive(p, a, 20))
            return true;
    }
    return false;
}

static void a_body_that_drips_is_cut_at_the_deadline(void **state)
{
    struct probe p;
    struct probe_answer a;
    int64_t from_us = clock_mono_us();
    (void)state;

    probe_open(&p, port);
    assert_true(probe_send(&p, STR(POST("/things", JSON, "4000", "{"))));
    assert_true(drip(&p, &a, 5000));
    int64_t took_ms = (clock_mono_us() - from_us) / 1000;
    assert_int_equal(a.status, 408);
    assert_is_error(&a, "REQUEST_TIMEOUT", "drip");
    assert_true(took_ms >= 450 && took_ms < 1500);
    probe_close(&p);
}

static void a_body_that_ends_early_is_malformed(void **state)
{
    struct probe p;
    struct probe_answer a;
    (void)state;

    probe_open(&p, port);
    assert_true(probe_send(&p, STR(POST("/things", JSON, "4000", "{"))));
    assert_int_equal(shutdown(p.fd, SHUT_WR), 0);
    assert_true(probe_receive(&p, &a, SOON_MS));
    assert_int_equal(a.status, 400);
    probe_close(&p);
}

static void dripping_clients_do_not_stop_the_others(void **state)
{
    struct probe slow[THREADS / 2];
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(slow); i++) {
        probe_open(&slow[i], port);
        assert_true(probe_send(&slow[i], STR(POST("/things", JSON, "4000", "{"))));
    }
    for (int i = 0; i < 20; i++) {
        int64_t from_us = clock_mono_us();
        struct probe_answer a = probe_ask(port, GET("/things?name=a"));
        assert_int_equal(a.status, 200);
        assert_true(clock_mono_us() - from_us < 500 * 1000);
    }
    for (size_t i = 0; i < ARRAY_LEN(slow); i++)
        probe_close(&slow[i]);
}

static void a_large_answer_arrives_whole(void **state)
{
    static char in[64 * 1024];
    const size_t body = 300 * 1000 * 16;
    struct probe p;
    size_t total = 0, head = 0;
    (void)state;

    probe_open(&p, port);
    assert_true(probe_send(&p, STR("GET /large HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")));
    for (ssize_t n; (n = recv(p.fd, in, sizeof(in), 0)) > 0; total += (size_t)n)
        if (total == 0) {
            const char *end = memmem(in, (size_t)n, "\r\n\r\n", 4);
            assert_non_null(end);
            head = (size_t)(end - in) + 4;
        }
    assert_int_equal(total, head + body);
    probe_close(&p);
}

#define PART(disposition, data) \
    "--b\r\nContent-Disposition: form-data; " disposition "\r\n\r\n" data "\r\n"
#define THE_FILE PART("name=\"file\"; filename=\"x.csv\"", "a,b\n1,2\n")

/* The length is filled in. */
static struct probe_answer send_form(const char *target, const char *type, const char *body)
{
    static char text[8192];

    snprintf(text, sizeof(text),
             "POST %s HTTP/1.1\r\nHost: h\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n%s",
             target, type, strlen(body), body);
    return probe_ask(port, text);
}

static const struct {
    const char *target, *type, *body;
    int status;
    const char *says; /* part of the answer */
} uploads[] = {
    {"/import?name=n", "text/csv", "a,b\n1,2\n", 200, "n 25 8"},
    {"/import?name=n", "text/csv; charset=utf-8", "", 200, "n 25 0"},
    {"/import", "text/csv", "a", 422, "\"name\":\"is required\""},
    {"/import?name=n", "application/json", "{}", 415, "multipart/form-data"},
    {"/import?name=n", "multipart/form-data", "", 415, "multipart/form-data"},
    {"/import?name=n", "multipart/form-data; boundary=b", THE_FILE "--b--\r\n", 200, "n 25 8"},
    {"/import", "multipart/form-data; boundary=b",
     PART("name=name", "m") PART("name=limit", "7") THE_FILE "--b--\r\n", 200, "m 7 8"},
    {"/import?name=n", "multipart/form-data; boundary=b", PART("name=name", "m") THE_FILE "--b--",
     422, "\"name\":\"is given more than once\""},
    {"/import?name=n", "multipart/form-data; boundary=b", PART("name=limit", "x") THE_FILE "--b--",
     422, "\"limit\":\""},
    {"/import?name=n", "multipart/form-data; boundary=b", PART("name=nope", "x") THE_FILE "--b--",
     422, "\"nope\":\"is not a known parameter\""},
    {"/import?name=n", "multipart/form-data; boundary=b", THE_FILE PART("name=limit", "7") "--b--",
     422, "before the file"},
    {"/import?name=n", "multipart/form-data; boundary=b", THE_FILE THE_FILE "--b--", 422,
     "one file"},
    {"/import?name=n", "multipart/form-data; boundary=b", "--b--\r\n", 422, "no part named"},
    {"/import?name=n", "multipart/form-data; boundary=b", PART("name=limit", "7") "--b--", 422,
     "no part named"},
    {"/import?name=n", "multipart/form-data; boundary=b",
     PART("name=other; filename=x", "7") "--b--", 422, "must be the part named"},
    {"/import?name=n", "multipart/form-data; boundary=b", THE_FILE, 400,
     "ended before its last boundary"},
    {"/import?name=n", "multipart/form-data; boundary=b", "x" THE_FILE "--b--", 400,
     "does not begin with its boundary"},
};

static void every_upload_gets_its_answer(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(uploads); i++) {
        struct probe_answer a = send_form(uploads[i].target, uploads[i].type, uploads[i].body);
        if (a.status != uploads[i].status || !strstr(a.body, uploads[i].says))
            fail_msg("upload %zu answered %d: %s", i, a.status, a.body);
    }
}

static void a_large_file_passes_through_in_pieces(void **state)
{
    static char megabyte[1024 * 1024];
    struct probe p;
    struct probe_answer a;
    (void)state;

    memset(megabyte, '\r', sizeof(megabyte));
    probe_open(&p, port);
    assert_true(probe_send(&p, STR(POST("/import?name=n", "text/csv", "8388608", ""))));
    for (int i = 0; i < 8; i++)
        assert_true(probe_send(&p, (struct str){megabyte, sizeof(megabyte)}));
    assert_true(probe_receive(&p, &a, SOON_MS));
    assert_string_equal(a.body, "n 25 8388608");
    probe_close(&p);
}

static void uploads_at_once_are_bounded(void **state)
{
    struct probe first;
    struct probe_answer a;
    (void)state;

    /* One of eight threads may hold an upload. */
    probe_open(&first, port);
    assert_true(probe_send(&first, STR("POST /import?name=n HTTP/1.1\r\nHost: h\r\n"
                                       "Content-Type: text/csv\r\nContent-Length: 3\r\n"
                                       "Expect: 100-continue\r\n\r\n")));
    assert_true(probe_receive(&first, &a, SOON_MS));
    assert_int_equal(a.status, 100);
    a = send_form("/import?name=n", "text/csv", "a");
    assert_int_equal(a.status, 503);
    assert_non_null(probe_header(&a, "Retry-After"));
    assert_true(probe_send(&first, STR("abc")));
    assert_true(probe_receive(&first, &a, SOON_MS));
    assert_int_equal(a.status, 200);
    probe_close(&first);
    a = send_form("/import?name=n", "text/csv", "a");
    assert_int_equal(a.status, 200);
}

#define STAY POST("/stay", JSON, "0", "")

static void above_its_limit_it_answers_503_and_probes_still_pass(void **state)
{
    struct probe inside[6]; /* three quarters of eight */
    struct probe_answer a;
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(inside); i++) {
        probe_open(&inside[i], port);
        assert_true(probe_send(&inside[i], STR(STAY)));
    }
    wait_until_inside(ARRAY_LEN(inside));
    a = probe_ask(port, STAY);
    assert_int_equal(a.status, 503);
    assert_is_error(&a, "SERVICE_UNAVAILABLE", "one too many");
    assert_non_null(probe_header(&a, "Retry-After"));
    a = probe_ask(port, GET("/things?name=a"));
    assert_int_equal(a.status, 200);
    set_open(true);
    for (size_t i = 0; i < ARRAY_LEN(inside); i++) {
        assert_true(probe_receive(&inside[i], &a, SOON_MS));
        assert_int_equal(a.status, 200);
        probe_close(&inside[i]);
    }
}

static void a_crowded_server_closes_after_each_answer(void **state)
{
    struct probe idle[THREADS - 1], one;
    struct probe_answer a;
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(idle); i++) {
        probe_open(&idle[i], port);
        assert_true(probe_send(&idle[i], STR(GET("/things?name=a"))));
        assert_true(probe_receive(&idle[i], &a, SOON_MS));
    }
    assert_true(probe_header(&a, "Connection")); /* the seventh of eight */
    probe_open(&one, port);
    assert_true(probe_send(&one, STR(GET("/things?name=a"))));
    assert_true(probe_receive(&one, &a, SOON_MS));
    assert_int_equal(a.status, 200);
    probe_close(&one);
    for (size_t i = 0; i < ARRAY_LEN(idle); i++)
        probe_close(&idle[i]);
}

static void *stop_server(void *unused)
{
    (void)unused;
    server_stop(server, SOON_MS * 2);
    return NULL;
}

static void stopping_waits_for_running_requests_and_refuses_new_ones(void **state)
{
    struct probe running, idle;
    struct probe_answer a;
    pthread_t thread;
    (void)state;

    probe_open(&idle, port);
    assert_true(probe_send(&idle, STR(GET("/things?name=a"))));
    assert_true(probe_receive(&idle, &a, SOON_MS));
    probe_open(&running, port);
    assert_true(probe_send(&running, STR(STAY)));
    wait_until_inside(1);
    assert_int_equal(pthread_create(&thread, NULL, stop_server, NULL), 0);
    do {
        a = probe_ask(port, POST("/raw", "x/y", "1", "x"));
    } while (a.status == 200); /* until the flag is seen */
    assert_int_equal(a.status, 503);
    set_open(true);
    assert_true(probe_receive(&running, &a, SOON_MS));
    assert_int_equal(a.status, 200);
    assert_memory_equal(probe_header(&a, "Connection"), "close", 5);
    assert_true(probe_is_closed(&running, SOON_MS));
    assert_true(probe_is_closed(&idle, SOON_MS));
    pthread_join(thread, NULL);
    server = NULL;
    probe_close(&running);
    probe_close(&idle);
}

static void stopping_an_idle_server_is_immediate(void **state)
{
    struct probe idle[4];
    struct probe_answer a;
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(idle); i++) {
        probe_open(&idle[i], port);
        assert_true(probe_send(&idle[i], STR(GET("/things?name=a"))));
        assert_true(probe_receive(&idle[i], &a, SOON_MS));
    }
    int64_t from_us = clock_mono_us();
    server_stop(server, SOON_MS);
    server = NULL;
    assert_true(clock_mono_us() - from_us < 1000 * 1000);
    for (size_t i = 0; i < ARRAY_LEN(idle); i++)
        probe_close(&idle[i]);
}

static void an_address_that_asks_for_tls_is_refused(void **state)
{
    static const char *const listen[] = {"127.0.0.1:8443s", "8080r", "8080,8443s", "", "+"};
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(listen); i++) {
        conf = conf_defaults();
        conf.http_listen = listen[i];
        assert_null(server_start(&app, (struct routes){table, ARRAY_LEN(table)}));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_request_gets_its_answer, start, stop),
        cmocka_unit_test_setup_teardown(a_target_that_is_no_path_reaches_nothing, start, stop),
        cmocka_unit_test_setup_teardown(complaints_are_in_details_by_field, start, stop),
        cmocka_unit_test_setup_teardown(an_error_says_what_would_work, start, stop),
        cmocka_unit_test_setup_teardown(a_well_formed_request_id_is_kept, start, stop),
        cmocka_unit_test_setup_teardown(nesting_ten_thousand_deep_is_malformed, start, stop),
        cmocka_unit_test_setup_teardown(a_head_too_large_is_refused_whole, start, stop),
        cmocka_unit_test_setup_teardown(a_connection_serves_many_requests, start, stop),
        cmocka_unit_test_setup_teardown(pipelined_requests_are_answered_in_order, start, stop),
        cmocka_unit_test_setup_teardown(an_ambiguous_request_ends_the_connection, start, stop),
        cmocka_unit_test_setup_teardown(a_body_refused_by_its_size_does_not_swallow_the_answer,
                                        start, stop),
        cmocka_unit_test_setup_teardown(a_client_that_waits_to_be_asked_is_asked, start, stop),
        cmocka_unit_test_setup_teardown(a_body_that_drips_is_cut_at_the_deadline, start, stop),
        cmocka_unit_test_setup_teardown(a_body_that_ends_early_is_malformed, start, stop),
        cmocka_unit_test_setup_teardown(dripping_clients_do_not_stop_the_others, start, stop),
        cmocka_unit_test_setup_teardown(a_large_answer_arrives_whole, start, stop),
        cmocka_unit_test_setup_teardown(every_upload_gets_its_answer, start, stop),
        cmocka_unit_test_setup_teardown(a_large_file_passes_through_in_pieces, start, stop),
        cmocka_unit_test_setup_teardown(uploads_at_once_are_bounded, start, stop),
        cmocka_unit_test_setup_teardown(above_its_limit_it_answers_503_and_probes_still_pass, start,
                                        stop),
        cmocka_unit_test_setup_teardown(a_crowded_server_closes_after_each_answer, start, stop),
        cmocka_unit_test_setup_teardown(stopping_waits_for_running_requests_and_refuses_new_ones,
                                        start, stop),
        cmocka_unit_test_setup_teardown(stopping_an_idle_server_is_immediate, start, stop),
        cmocka_unit_test(an_address_that_asks_for_tls_is_refused),
    };

    signal(SIGPIPE, SIG_IGN);
    log_start("test", "error");
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    log_stop();
    return failed;
}

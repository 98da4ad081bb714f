/* test_reply.c - errors and answers as bytes. */

#include "api/reply.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct {
    enum err_code code;
    int status;
} statuses[] = {
    {E_VALIDATION_ERROR, 422},     {E_MALFORMED_REQUEST, 400},      {E_UNAUTHENTICATED, 401},
    {E_INVALID_SIGNATURE, 401},    {E_PERMISSION_DENIED, 403},      {E_CAMPAIGN_NOT_FOUND, 404},
    {E_METHOD_NOT_ALLOWED, 405},   {E_REQUEST_TIMEOUT, 408},        {E_INVALID_STATE, 409},
    {E_COMPLIANCE_VIOLATION, 409}, {E_LENGTH_REQUIRED, 411},        {E_PAYLOAD_TOO_LARGE, 413},
    {E_URI_TOO_LONG, 414},         {E_UNSUPPORTED_MEDIA_TYPE, 415}, {E_RATE_LIMIT_EXCEEDED, 429},
    {E_HEADERS_TOO_LARGE, 431},    {E_BUDGET_EXCEEDED, 402},        {E_INTERNAL_ERROR, 500},
    {E_PROVIDER_ERROR, 502},       {E_SERVICE_UNAVAILABLE, 503},
};

static void every_class_has_its_status(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
        struct op op = {.request_id = "req_1", .err = {.code = statuses[i].code, .message = "No"}};
        struct reply rep = {0};

        reply_error(&op, &rep);
        assert_int_equal(rep.status, statuses[i].status);
        buf_free(&rep.body);
        op_end(&op);
    }
}

static void an_error_is_the_specifications_body(void **state)
{
    struct op op = {.request_id = "req_abc"};
    struct reply rep = {0};
    (void)state;

    buf_str(&rep.body, "{\"half\":");
    rep.content_type = "text/plain";
    op.err = (struct err){.code = E_CAMPAIGN_NOT_FOUND, .message = "Campaign \"7\" not found"};
    err_detail(&op, "na\"me", "is\nwrong");
    err_detail_i64(&op, "limit", 9007199254740993);
    reply_error(&op, &rep);
    assert_string_equal(rep.body.p,
                        "{\"error\":{\"code\":\"CAMPAIGN_NOT_FOUND\","
                        "\"message\":\"Campaign \\\"7\\\" not found\","
                        "\"details\":{\"na\\\"me\":\"is\\nwrong\",\"limit\":9007199254740993},"
                        "\"request_id\":\"req_abc\"}}");
    assert_null(rep.content_type);
    buf_free(&rep.body);
    op_end(&op);
}

/* The head without its Date. */
static const char *head_of(struct buf *out, const struct reply *rep, bool close)
{
    buf_reset(out);
    reply_head(out, rep, "req_1", close);
    char *date = strstr(out->p, "Date: ");
    assert_non_null(date);
    char *end = strstr(date, "\r\n") + 2;
    assert_int_equal(end - date, sizeof("Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n") - 1);
    memmove(date, end, strlen(end) + 1);
    return out->p;
}

#define ALWAYS \
    "X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n" \
    "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n" \
    "X-Request-Id: req_1\r\n"

static void an_answer_says_its_length_and_type(void **state)
{
    struct buf out = {0};
    struct reply rep = {.status = 201};
    (void)state;

    buf_str(&rep.body, "{\"id\":1}");
    assert_string_equal(head_of(&out, &rep, false),
                        "HTTP/1.1 201 Created\r\n" ALWAYS
                        "Content-Type: application/json\r\nContent-Length: 8\r\n\r\n");
    buf_free(&rep.body);
    rep = (struct reply){.status = 204};
    assert_string_equal(head_of(&out, &rep, true),
                        "HTTP/1.1 204 No Content\r\n" ALWAYS "Connection: close\r\n\r\n");
    buf_free(&out);
}

/* A failure takes back where a handler was about to send somebody. */
static void a_redirect_says_where_and_what_to_keep(void **state)
{
    struct buf out = {0};
    struct reply rep = {.status = 303, .location = "https://id.example/", .cookie = "a=b; Path=/"};
    struct op op = {.request_id = "r", .err = {.code = E_PROVIDER_ERROR, .message = "No"}};
    (void)state;

    const char *head = head_of(&out, &rep, false);
    assert_non_null(strstr(head, "HTTP/1.1 303 See Other\r\n"));
    assert_non_null(
        strstr(head, "\r\nLocation: https://id.example/\r\nSet-Cookie: a=b; Path=/\r\n"));
    reply_error(&op, &rep);
    head = head_of(&out, &rep, false);
    assert_null(strstr(head, "Location"));
    assert_null(strstr(head, "Set-Cookie"));
    buf_free(&out);
    buf_free(&rep.body);
}

static void an_error_says_how_to_do_better(void **state)
{
    struct buf out = {0};
    struct reply rep = {.status = 405, .allow = "GET, POST"};
    (void)state;

    assert_non_null(strstr(head_of(&out, &rep, false), "\r\nAllow: GET, POST\r\n"));
    rep = (struct reply){.status = 401};
    assert_non_null(strstr(head_of(&out, &rep, false), "\r\nWWW-Authenticate: Bearer"));
    rep = (struct reply){.status = 503, .retry_after = 3};
    assert_non_null(strstr(head_of(&out, &rep, false), "\r\nRetry-After: 3\r\n"));
    buf_free(&out);
}

static void being_too_busy_always_says_when_to_come_back(void **state)
{
    static const enum err_code codes[] = {E_RATE_LIMIT_EXCEEDED, E_SERVICE_UNAVAILABLE};
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
        struct op op = {.request_id = "r", .err = {.code = codes[i], .message = "No"}};
        struct reply rep = {0};

        reply_error(&op, &rep);
        assert_int_equal(rep.retry_after, 1);
        op.err.retry_after = 30;
        reply_error(&op, &rep);
        assert_int_equal(rep.retry_after, 30);
        buf_free(&rep.body);
        op_end(&op);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_class_has_its_status),
        cmocka_unit_test(an_error_is_the_specifications_body),
        cmocka_unit_test(an_answer_says_its_length_and_type),
        cmocka_unit_test(a_redirect_says_where_and_what_to_keep),
        cmocka_unit_test(an_error_says_how_to_do_better),
        cmocka_unit_test(being_too_busy_always_says_when_to_come_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

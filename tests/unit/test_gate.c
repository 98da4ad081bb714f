/* test_gate.c - raw request heads, as civetweb shows them, and what the gate says. */

#include "tests/support/cut_head.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

struct verdict {
    enum err_code code;
    bool known; /* civetweb passed it on */
    struct gate_pass pass;
};

static struct verdict judge(const char *raw, size_t n)
{
    static char text[64 * 1024];
    static struct cut_head cut;
    struct verdict v = {.code = E_MALFORMED_REQUEST};
    const char *why = NULL;

    assert_true(n + CUT_HEAD_SLACK < sizeof(text));
    memset(text, 0, sizeof(text));
    memcpy(text, raw, n);
    if (!cut_head(text, n, &cut))
        return v;
    v.known = true;
    v.code = gate_check(&cut.head, &v.pass, &why);
    if (v.code == E_NONE && !gate_layout_is_strict(&cut.head))
        v.code = E_MALFORMED_REQUEST;
    if (v.code != E_NONE && v.code != E_MALFORMED_REQUEST)
        assert_non_null(why);
    return v;
}

static const struct {
    const char *raw;
    enum err_code code;
} cases[] = {
    {"GET /a HTTP/1.1\r\nHost: h\r\n\r\n", E_NONE},
    {"GET /a?b=c&d HTTP/1.1\r\nHost: h:8080\r\nAccept:*/*\r\nX:\r\n\r\n", E_NONE},
    {"GET /a HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", E_NONE},
    {"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello", E_NONE},
    {"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 0005 \r\n\r\nhello", E_NONE},
    {"GET /a HTTP/1.0\r\n\r\n", E_NONE},
    {"GET /a HTTP/1.0\r\nX: 1\r\n\r\n", E_NONE},
    {"DELETE /a HTTP/1.1\r\nhOsT: h\r\n\r\n", E_NONE},

    /* who is meant */
    {"GET /a HTTP/1.1\r\nX: 1\r\n\r\n", E_MALFORMED_REQUEST},
    {"GET /a HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n", E_MALFORMED_REQUEST},
    {"GET /a HTTP/1.1\r\nHost:\r\n\r\n", E_MALFORMED_REQUEST},
    {"GET /a HTTP/1.1\r\nHost: u@h\r\n\r\n", E_MALFORMED_REQUEST},
    {"GET /a HTTP/1.1\r\nHost: h:99999\r\n\r\n", E_MALFORMED_REQUEST},
    {"GET /a HTTP/1.1\r\nHost: h:\r\n\r\n", E_MALFORMED_REQUEST},
    {"GET /a HTTP/1.1\r\nHost: h/x\r\n\r\n", E_MALFORMED_REQUEST},
    {"GET /a HTTP/1.1\r\nHost: a, b\r\n\r\n", E_MALFORMED_REQUEST},
    {"GET /a HTTP/1.1\r\nHost: [::1\r\n\r\n", E_MALFORMED_REQUEST},

    /* how long the body is */
    {"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n",
     E_MALFORMED_REQUEST},
    {"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\ncontent-length: 6\r\n\r\n",
     E_MALFORMED_REQUEST},
    {"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5, 5\r\n\r\n", E_MALFORMED_REQUEST},
    {"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: +5\r\n\r\n", E_MALFORMED_REQUEST},
    {"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n", E_MALFORMED_REQUEST},
    {"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 0x5\r\n\r\n", E_MALFORMED_REQUEST},
    {"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5 6\r\n\r\n", E_MALFORMED_REQUEST},
    {"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length:\r\n\r\n", E_MALFORMED_REQUEST},
    {"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 18446744073709551616\r\n\r\n",
     E_MALFORMED_REQUEST},
    {"GET /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello", E_MALFORMED_REQUEST},
    {"POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n", E_LENGTH_REQUIRED},
    {"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
     E_MALFORMED_REQUEST},
    {"POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: identity\r\n\r\n", E_MALFORMED_REQUEST},
    {"POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
     E_MALFORMED_REQUEST},
    {"POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: "
     "chunked\r\n\r\n",
     E_MALFORMED_REQUEST},
    {"POST /a HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", E_MALFORMED_REQUEST},
    {"POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding : chunked\r\n\r\n", E_LENGTH_REQUIRED},
    {"POST /a HTTP/1.1\r\nHost: h\r\nExpect: 200-ok\r\n\r\n", E_MALFORMED_REQUEST},

    /* what civetweb forgives */
    {"GET /a HTTP/1.1\nHost: h\n\n", E_MALFORMED_REQUEST},
    {"GET /a HTTP/1.1\nHost: h\r\n\r\n", E_MALFORMED_REQUEST},
    {"GET /a HTTP/1.1\r\nHost: h\nX: 1\r\n\r\n", E_MALFORMED_REQUEST},
    {"GET /a HTTP/1.1\r\nHost: h\r\n\n", E_MALFORMED_REQUEST},
    {"GET /a HTTP/1.1\r\nHost : h\r\n\r\n", E_MALFORMED_REQUEST},
    {"GET /a HTTP/1.1\r\nHost: h\r\n X: folded\r\n\r\n", E_MALFORMED_REQUEST},
    {"GET /a HTTP/1.1\r\n Host: h\r\n\r\n", E_MALFORMED_REQUEST},
    {"POST /a HTTP/1.1\r\nHost: h\r\n folded\r\nContent-Length: 5\r\n\r\nhello",
     E_MALFORMED_REQUEST},
    {"GET /a HTTP/1.1\r\nHost: h\r\n:x\r\nX: 1\r\n\r\n", E_MALFORMED_REQUEST},
    {"GET /a HTTP/1.1\r\nHost: h\r\n\x80: 1\r\n\r\n", E_MALFORMED_REQUEST},
    {"GET /a HTTP/1.1\r\nHost: h\r\nX(y): 1\r\n\r\n", E_MALFORMED_REQUEST},
    {"GET  /a HTTP/1.1\r\nHost: h\r\n\r\n", E_MALFORMED_REQUEST},
    {"GET /a  HTTP/1.1\r\nHost: h\r\n\r\n", E_MALFORMED_REQUEST},
    {"GET /a HTTP/1.0\r\n:x\r\n\r\n", E_MALFORMED_REQUEST},

    /* two credentials, two bodies' names */
    {"GET /a HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n",
     E_MALFORMED_REQUEST},
    {"GET /a HTTP/1.1\r\nHost: h\r\nCookie: a=1\r\ncookie: b=2\r\n\r\n", E_MALFORMED_REQUEST},
    {"GET /a HTTP/1.1\r\nHost: h\r\nX-API-Key: a\r\nx-api-key: b\r\n\r\n", E_MALFORMED_REQUEST},
    {"GET /a HTTP/1.1\r\nHost: h\r\nContent-Type: a/b\r\nContent-Type: a/b\r\n\r\n",
     E_MALFORMED_REQUEST},

    /* paths nobody here has */
    {"GET //a HTTP/1.1\r\nHost: h\r\n\r\n", E_RESOURCE_NOT_FOUND},
    {"GET /a/./b HTTP/1.1\r\nHost: h\r\n\r\n", E_RESOURCE_NOT_FOUND},
    {"GET /a/../b HTTP/1.1\r\nHost: h\r\n\r\n", E_RESOURCE_NOT_FOUND},
    {"GET /a/.. HTTP/1.1\r\nHost: h\r\n\r\n", E_RESOURCE_NOT_FOUND},
    {"GET /a%2fb HTTP/1.1\r\nHost: h\r\n\r\n", E_RESOURCE_NOT_FOUND},
    {"GET /a%00 HTTP/1.1\r\nHost: h\r\n\r\n", E_RESOURCE_NOT_FOUND},
    {"GET /a;x=1 HTTP/1.1\r\nHost: h\r\n\r\n", E_RESOURCE_NOT_FOUND},
    {"GET /a\\b HTTP/1.1\r\nHost: h\r\n\r\n", E_RESOURCE_NOT_FOUND},
    {"GET /a//b?q=// HTTP/1.1\r\nHost: h\r\n\r\n", E_RESOURCE_NOT_FOUND},
    {"GET /a?q=//..;%00 HTTP/1.1\r\nHost: h\r\n\r\n", E_NONE},
};

static void every_head_gets_its_verdict(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct verdict v = judge(cases[i].raw, strlen(cases[i].raw));
        if (!v.known)
            fail_msg("case %zu: civetweb would not pass this on", i);
        if (v.code != cases[i].code)
            fail_msg("case %zu: %s, not %s:\n%s", i, err_name(v.code), err_name(cases[i].code),
                     cases[i].raw);
    }
}

static void a_head_too_large_is_never_cut_short(void **state)
{
    static char raw[60 * 1024];
    int n;
    (void)state;

    n = snprintf(raw, sizeof(raw), "GET /a HTTP/1.1\r\nHost: h\r\n");
    for (int i = 0; i < 62; i++)
        n += snprintf(raw + n, sizeof(raw) - (size_t)n, "X-%d: 1\r\n", i);
    memcpy(raw + n, "\r\n", 3);
    assert_int_equal(judge(raw, (size_t)n + 2).code, E_NONE);
    memcpy(raw + n, "Y: 1\r\n\r\n", 9);
    assert_int_equal(judge(raw, (size_t)n + 8).code, E_HEADERS_TOO_LARGE);
    memcpy(raw + n, "Y: 1\r\nContent-Length: 5\r\n\r\n", 28);
    assert_int_equal(judge(raw, (size_t)n + 27).code, E_HEADERS_TOO_LARGE);

    n = snprintf(raw, sizeof(raw), "GET /a HTTP/1.1\r\nHost: h\r\nX: %0*d\r\n\r\n", GATE_MAX_HEAD,
                 7);
    assert_int_equal(judge(raw, (size_t)n).code, E_HEADERS_TOO_LARGE);
    n = snprintf(raw, sizeof(raw), "GET /%0*d HTTP/1.1\r\nHost: h\r\n\r\n", GATE_MAX_URI, 7);
    assert_int_equal(judge(raw, (size_t)n).code, E_URI_TOO_LONG);
    n = snprintf(raw, sizeof(raw), "GET /?%0*d HTTP/1.1\r\nHost: h\r\n\r\n", GATE_MAX_URI, 7);
    assert_int_equal(judge(raw, (size_t)n).code, E_URI_TOO_LONG);
}

static struct gate_pass passed(const char *raw)
{
    struct verdict v = judge(raw, strlen(raw));

    assert_int_equal(v.code, E_NONE);
    return v.pass;
}

static void what_the_head_says_is_handed_on(void **state)
{
    struct gate_pass p = passed("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 42\r\n"
                                "Content-Type: application/json\r\nExpect: 100-continue\r\n"
                                "X-Request-Id: abc-1.2_Z\r\nX-API-Key: k\r\n\r\n");
    (void)state;

    assert_int_equal(p.content_length, 42);
    assert_true(p.expects_continue && p.keep_alive);
    assert_string_equal(p.content_type, "application/json");
    assert_string_equal(p.request_id, "abc-1.2_Z");
    assert_string_equal(p.api_key, "k");
    assert_null(p.authorization);
}

static void a_request_id_that_is_not_well_formed_is_not_taken(void **state)
{
    (void)state;
    assert_null(passed("GET /a HTTP/1.1\r\nHost: h\r\nX-Request-Id:\r\n\r\n").request_id);
    assert_null(passed("GET /a HTTP/1.1\r\nHost: h\r\nX-Request-Id: a\"b\r\n\r\n").request_id);
    assert_null(passed("GET /a HTTP/1.1\r\nHost: h\r\nX-Request-Id: a\xC3\xA9\r\n\r\n").request_id);
}

static void the_connection_stays_open_only_when_both_sides_agree(void **state)
{
    (void)state;
    assert_true(passed("GET /a HTTP/1.1\r\nHost: h\r\nConnection: Keep-Alive\r\n\r\n").keep_alive);
    assert_false(passed("GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").keep_alive);
    assert_false(
        passed("GET /a HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, close\r\n\r\n").keep_alive);
    assert_false(passed("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").keep_alive);
    assert_false(passed("GET /a HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\n"
                        "Upgrade: websocket\r\n\r\n")
                     .keep_alive);
    assert_false(passed("GET /a HTTP/1.1\r\nHost: h\r\nUpgrade: h2c\r\n\r\n").keep_alive);
}

static void a_body_must_fit_its_route(void **state)
{
    const struct gate_limits limits = {.json_bytes = 100, .upload_bytes = 1000};
    static const struct {
        enum route_kind kind;
        int64_t length;
        const char *type, *coding;
        enum err_code code;
    } bodies[] = {
        {KIND_JSON, 100, "application/json", NULL, E_NONE},
        {KIND_JSON, 101, "application/json", NULL, E_PAYLOAD_TOO_LARGE},
        {KIND_JSON, 1, "Application/JSON; charset=UTF-8", NULL, E_NONE},
        {KIND_JSON, 1, "application/json;charset=\"utf-8\"", NULL, E_NONE},
        {KIND_JSON, 1, "application/json; charset=latin1", NULL, E_UNSUPPORTED_MEDIA_TYPE},
        {KIND_JSON, 1, "application/jsonp", NULL, E_UNSUPPORTED_MEDIA_TYPE},
        {KIND_JSON, 1, "text/plain", NULL, E_UNSUPPORTED_MEDIA_TYPE},
        {KIND_JSON, 1, NULL, NULL, E_UNSUPPORTED_MEDIA_TYPE},
        {KIND_JSON, 0, NULL, NULL, E_NONE},
        {KIND_OPTIONAL, 0, NULL, NULL, E_NONE},
        {KIND_OPTIONAL, 100, "application/json", NULL, E_NONE},
        {KIND_OPTIONAL, 101, "application/json", NULL, E_PAYLOAD_TOO_LARGE},
        {KIND_OPTIONAL, 2, "text/plain", NULL, E_UNSUPPORTED_MEDIA_TYPE},
        {KIND_NONE, 2, "application/json", NULL, E_NONE},
        {KIND_NONE, 2, "text/plain", NULL, E_UNSUPPORTED_MEDIA_TYPE},
        {KIND_JSON, 1, "application/json", "gzip", E_UNSUPPORTED_MEDIA_TYPE},
        {KIND_RAW, GATE_MAX_RAW_BODY, "whatever", NULL, E_NONE},
        {KIND_RAW, GATE_MAX_RAW_BODY + 1, "application/json", NULL, E_PAYLOAD_TOO_LARGE},
        {KIND_STREAM, 1000, "text/csv", NULL, E_NONE},
        {KIND_STREAM, 1001, "text/csv", NULL, E_PAYLOAD_TOO_LARGE},
    };
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        struct gate_pass p = {.content_length = bodies[i].length,
                              .content_type = bodies[i].type,
                              .content_encoding = bodies[i].coding};
        const char *why = NULL;
        enum err_code code = gate_check_body(&p, bodies[i].kind, &limits, &why);
        if (code != bodies[i].code)
            fail_msg("body %zu: %s, not %s", i, err_name(code), err_name(bodies[i].code));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_head_gets_its_verdict),
        cmocka_unit_test(a_head_too_large_is_never_cut_short),
        cmocka_unit_test(what_the_head_says_is_handed_on),
        cmocka_unit_test(a_request_id_that_is_not_well_formed_is_not_taken),
        cmocka_unit_test(the_connection_stays_open_only_when_both_sides_agree),
        cmocka_unit_test(a_body_must_fit_its_route),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

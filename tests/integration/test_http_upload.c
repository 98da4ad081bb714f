/* test_http_upload.c - files sent whole and as forms, over raw sockets. */

#include "common/base/clock.h"
#include "common/base/log.h"
#include "tests/support/check.h"
#include "tests/support/front.h"

#include <signal.h>
#include <stdio.h>

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
    return probe_ask(front_port(), text);
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
    probe_open(&p, front_port());
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
    probe_open(&first, front_port());
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

static void begin_upload(struct probe *p)
{
    probe_open(p, front_port());
    assert_true(probe_send(p, STR(POST("/import?name=n", "text/csv", "262144", ""))));
}

static void an_upload_may_take_longer_than_a_request_while_it_comes(void **state)
{
    static char piece[64 * 1024];
    int64_t from_us = clock_mono_us();
    struct probe p;
    struct probe_answer a;
    (void)state;

    memset(piece, '\r', sizeof(piece));
    begin_upload(&p);
    for (int i = 0; i < 4; i++) {
        assert_true(probe_send(&p, (struct str){piece, sizeof(piece)}));
        assert_true(i == 3 || !probe_receive(&p, &a, 400));
    }
    assert_true(probe_receive(&p, &a, SOON_MS));
    assert_string_equal(a.body, "n 25 262144");
    assert_true(clock_mono_us() - from_us > 1000 * 1000);
    probe_close(&p);
}

/* Half of a request's second, and next to nothing for what it sent. */
static void assert_cut(struct probe *p, struct probe_answer *a, int64_t from_us)
{
    int64_t took_ms = (clock_mono_us() - from_us) / 1000;

    assert_int_equal(a->status, 408);
    assert_is_error(a, "REQUEST_TIMEOUT", "an upload");
    assert_true(took_ms >= 450 && took_ms < 1500);
    probe_close(p);
}

static void an_upload_that_stands_still_is_cut(void **state)
{
    int64_t from_us = clock_mono_us();
    struct probe p;
    struct probe_answer a;
    (void)state;

    begin_upload(&p);
    assert_true(probe_send(&p, STR("phone\r\n")));
    assert_true(probe_receive(&p, &a, SOON_MS));
    assert_cut(&p, &a, from_us);
}

static void an_upload_that_drips_is_cut(void **state)
{
    int64_t from_us = clock_mono_us();
    struct probe p;
    struct probe_answer a;
    (void)state;

    begin_upload(&p);
    while (!probe_receive(&p, &a, 20)) {
        assert_true(clock_mono_us() - from_us < SOON_MS * 1000);
        assert_true(probe_send(&p, STR("\r")));
    }
    assert_cut(&p, &a, from_us);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_upload_gets_its_answer, front_start, front_stop),
        cmocka_unit_test_setup_teardown(a_large_file_passes_through_in_pieces, front_start,
                                        front_stop),
        cmocka_unit_test_setup_teardown(uploads_at_once_are_bounded, front_start, front_stop),
        cmocka_unit_test_setup_teardown(an_upload_may_take_longer_than_a_request_while_it_comes,
                                        front_start, front_stop),
        cmocka_unit_test_setup_teardown(an_upload_that_stands_still_is_cut, front_start,
                                        front_stop),
        cmocka_unit_test_setup_teardown(an_upload_that_drips_is_cut, front_start, front_stop),
    };

    signal(SIGPIPE, SIG_IGN);
    log_start("test", "error");
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    log_stop();
    return failed;
}

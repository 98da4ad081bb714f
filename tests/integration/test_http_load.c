/* test_http_load.c - slow clients, many clients, large answers, and the end. */

#include "api/server.h"
#include "common/base/clock.h"
#include "common/base/conf.h"
#include "common/base/log.h"
#include "tests/support/check.h"
#include "tests/support/front.h"

#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>

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

    probe_open(&p, front_port());
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

    probe_open(&p, front_port());
    assert_true(probe_send(&p, STR(POST("/things", JSON, "4000", "{"))));
    assert_int_equal(shutdown(p.fd, SHUT_WR), 0);
    assert_true(probe_receive(&p, &a, SOON_MS));
    assert_int_equal(a.status, 400);
    probe_close(&p);
}

static void dripping_clients_do_not_stop_the_others(void **state)
{
    struct probe slow[FRONT_THREADS / 2];
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(slow); i++) {
        probe_open(&slow[i], front_port());
        assert_true(probe_send(&slow[i], STR(POST("/things", JSON, "4000", "{"))));
    }
    for (int i = 0; i < 20; i++) {
        int64_t from_us = clock_mono_us();
        struct probe_answer a = probe_ask(front_port(), GET("/things?name=a"));
        assert_int_equal(a.status, 200);
        assert_true(clock_mono_us() - from_us < 500 * 1000);
    }
    for (size_t i = 0; i < ARRAY_LEN(slow); i++)
        probe_close(&slow[i]);
}

static void a_large_answer_arrives_whole(void **state)
{
    static char in[64 * 1024];
    struct probe p;
    size_t total = 0, head = 0;
    (void)state;

    probe_open(&p, front_port());
    assert_true(probe_send(&p, STR("GET /large HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")));
    for (ssize_t n; (n = recv(p.fd, in, sizeof(in), 0)) > 0; total += (size_t)n)
        if (total == 0) {
            const char *end = memmem(in, (size_t)n, "\r\n\r\n", 4);
            assert_non_null(end);
            head = (size_t)(end - in) + 4;
        }
    assert_int_equal(total, head + FRONT_LARGE);
    probe_close(&p);
}
#define STAY POST("/stay", JSON, "0", "")

static void above_its_limit_it_answers_503_and_probes_still_pass(void **state)
{
    struct probe inside[6]; /* three quarters of eight */
    struct probe_answer a;
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(inside); i++) {
        probe_open(&inside[i], front_port());
        assert_true(probe_send(&inside[i], STR(STAY)));
    }
    front_wait_until_inside(ARRAY_LEN(inside));
    a = probe_ask(front_port(), STAY);
    assert_int_equal(a.status, 503);
    assert_is_error(&a, "SERVICE_UNAVAILABLE", "one too many");
    assert_non_null(probe_header(&a, "Retry-After"));
    a = probe_ask(front_port(), GET("/things?name=a"));
    assert_int_equal(a.status, 200);
    front_open_door(true);
    for (size_t i = 0; i < ARRAY_LEN(inside); i++) {
        assert_true(probe_receive(&inside[i], &a, SOON_MS));
        assert_int_equal(a.status, 200);
        probe_close(&inside[i]);
    }
}

static void what_is_urgent_gets_through_when_everything_else_is_answered_503(void **state)
{
    struct probe inside[6];
    struct probe_answer a;
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(inside); i++) {
        probe_open(&inside[i], front_port());
        assert_true(probe_send(&inside[i], STR(STAY)));
    }
    front_wait_until_inside(ARRAY_LEN(inside));
    for (int i = 0; i < 20; i++) {
        a = probe_ask(front_port(), STAY);
        assert_int_equal(a.status, 503);
        a = probe_ask(front_port(), POST("/urgent", JSON, "12", "{\"name\":\"a\"}"));
        assert_int_equal(a.status, 201);
    }
    front_open_door(true);
    for (size_t i = 0; i < ARRAY_LEN(inside); i++) {
        assert_true(probe_receive(&inside[i], &a, SOON_MS));
        probe_close(&inside[i]);
    }
}

static void a_crowded_server_closes_after_each_answer(void **state)
{
    struct probe idle[FRONT_THREADS - 1], one;
    struct probe_answer a;
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(idle); i++) {
        probe_open(&idle[i], front_port());
        assert_true(probe_send(&idle[i], STR(GET("/things?name=a"))));
        assert_true(probe_receive(&idle[i], &a, SOON_MS));
    }
    assert_true(probe_header(&a, "Connection")); /* the seventh of eight */
    probe_open(&one, front_port());
    assert_true(probe_send(&one, STR(GET("/things?name=a"))));
    assert_true(probe_receive(&one, &a, SOON_MS));
    assert_int_equal(a.status, 200);
    probe_close(&one);
    for (size_t i = 0; i < ARRAY_LEN(idle); i++)
        probe_close(&idle[i]);
}

static void *drain(void *unused)
{
    (void)unused;
    front_drain(SOON_MS * 2);
    return NULL;
}

static void stopping_waits_for_running_requests_and_refuses_new_ones(void **state)
{
    struct probe running, idle;
    struct probe_answer a;
    pthread_t thread;
    (void)state;

    probe_open(&idle, front_port());
    assert_true(probe_send(&idle, STR(GET("/things?name=a"))));
    assert_true(probe_receive(&idle, &a, SOON_MS));
    probe_open(&running, front_port());
    assert_true(probe_send(&running, STR(STAY)));
    front_wait_until_inside(1);
    assert_int_equal(pthread_create(&thread, NULL, drain, NULL), 0);
    do {
        a = probe_ask(front_port(), POST("/raw", "x/y", "1", "x"));
    } while (a.status == 200); /* until the flag is seen */
    assert_int_equal(a.status, 503);
    front_open_door(true);
    assert_true(probe_receive(&running, &a, SOON_MS));
    assert_int_equal(a.status, 200);
    assert_memory_equal(probe_header(&a, "Connection"), "close", 5);
    assert_true(probe_is_closed(&running, SOON_MS));
    assert_true(probe_is_closed(&idle, SOON_MS));
    pthread_join(thread, NULL);
    probe_close(&running);
    probe_close(&idle);
}

static void stopping_an_idle_server_is_immediate(void **state)
{
    struct probe idle[4];
    struct probe_answer a;
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(idle); i++) {
        probe_open(&idle[i], front_port());
        assert_true(probe_send(&idle[i], STR(GET("/things?name=a"))));
        assert_true(probe_receive(&idle[i], &a, SOON_MS));
    }
    int64_t from_us = clock_mono_us();
    front_drain(SOON_MS);
    assert_true(clock_mono_us() - from_us < 1000 * 1000);
    for (size_t i = 0; i < ARRAY_LEN(idle); i++)
        probe_close(&idle[i]);
}

static void an_address_that_asks_for_tls_is_refused(void **state)
{
    static const char *const listen[] = {"127.0.0.1:8443s", "8080r", "8080,8443s", "", "+"};
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(listen); i++) {
        struct conf conf = conf_defaults();
        struct app app = {.conf = &conf};

        conf.http_listen = listen[i];
        assert_null(server_start(&app, &app, (struct routes){0}));
    }
}
int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_body_that_drips_is_cut_at_the_deadline, front_start,
                                        front_stop),
        cmocka_unit_test_setup_teardown(a_body_that_ends_early_is_malformed, front_start,
                                        front_stop),
        cmocka_unit_test_setup_teardown(dripping_clients_do_not_stop_the_others, front_start,
                                        front_stop),
        cmocka_unit_test_setup_teardown(a_large_answer_arrives_whole, front_start, front_stop),
        cmocka_unit_test_setup_teardown(above_its_limit_it_answers_503_and_probes_still_pass,
                                        front_start, front_stop),
        cmocka_unit_test_setup_teardown(
            what_is_urgent_gets_through_when_everything_else_is_answered_503, front_start,
            front_stop),
        cmocka_unit_test_setup_teardown(a_crowded_server_closes_after_each_answer, front_start,
                                        front_stop),
        cmocka_unit_test_setup_teardown(stopping_waits_for_running_requests_and_refuses_new_ones,
                                        front_start, front_stop),
        cmocka_unit_test_setup_teardown(stopping_an_idle_server_is_immediate, front_start,
                                        front_stop),
        cmocka_unit_test(an_address_that_asks_for_tls_is_refused),
    };

    signal(SIGPIPE, SIG_IGN);
    log_start("test", "error");
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    log_stop();
    return failed;
}

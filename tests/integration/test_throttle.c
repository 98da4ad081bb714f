/*
 * test_throttle.c - budgets of requests with a real Redis, and without (S102, S103: many keys, many
 * processes, bursts; what is urgent is not starved).
 */

#include "api/throttle.h"
#include "common/base/clock.h"
#include "common/tenant/api_key.h"
#include "common/tenant/rates.h"
#include "tests/support/api_process.h"
#include "tests/support/check.h"
#include "tests/support/redis_server.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

static const struct route reading = {.manner = {.unit = UNIT_NONE, .class = CLASS_READ}};
static const struct route writing = {.manner = {.unit = UNIT_WHOLE, .class = CLASS_WRITE}};
static const struct route urgent = {.manner = {.unit = UNIT_STEPS, .class = CLASS_URGENT}};

struct bench {
    struct testdb *db;
    struct redis_server redis;
    struct conf conf;
    int64_t tenant;
};

static int set_up(void **state)
{
    struct bench *b = calloc(1, sizeof(*b));
    void *db = NULL;

    if (!b || testdb_setup(&db) != 0)
        return -1;
    b->db = db;
    b->redis.forgetful = true;
    redis_server_start(&b->redis);
    b->conf = b->db->conf;
    b->conf.redis_url = b->redis.url;
    b->conf.rate_wait_ms = 1000; /* the machine may be busy; the tests of the wait set their own */
    b->tenant = testdb_tenant(b->db);
    *state = b;
    return 0;
}

static int tear_down(void **state)
{
    struct bench *b = *state;
    void *db = b->db;

    redis_server_end(&b->redis);
    free(b);
    return testdb_teardown(&db);
}

static void set_limit(struct bench *b, int64_t tenant, const char *principal, const char *class,
                      int64_t per_minute, int64_t burst)
{
    struct op op = testdb_op(b->db, tenant);
    const struct rate_limit l = {principal, class, per_minute, burst};

    assert_ok(&op, rate_limit_set(&op, &l));
    op_end(&op);
}

static const char *make_key(struct bench *b, int64_t tenant)
{
    struct op op = testdb_op(b->db, tenant);
    struct api_key key = {.name = "test"};
    const char *secret;

    assert_ok(&op, api_key_create(&op, &key, &secret));
    char *prefix = strdup(key.prefix);
    op_end(&op);
    return prefix;
}

static bool ask(struct bench *b, struct throttle *t, int64_t tenant, const char *principal,
                const struct route *route)
{
    struct op op = testdb_op(b->db, tenant);
    struct rate rate = {0};

    op.principal = principal;
    bool ok = throttle_enter(&op, t, route, &rate);
    if (ok)
        throttle_leave(t, &op, route);
    else
        assert_int_equal(op.err.code, E_RATE_LIMIT_EXCEEDED);
    op_end(&op);
    return ok;
}

static int ask_often(struct bench *b, struct throttle *t, int64_t tenant, const char *principal,
                     const struct route *route, int times)
{
    int let_in = 0;

    for (int i = 0; i < times; i++)
        let_in += ask(b, t, tenant, principal, route);
    return let_in;
}

static void two_processes_let_in_what_one_would(void **state)
{
    struct bench *b = *state;
    struct throttle *one = throttle_open(&b->conf, 100), *two = throttle_open(&b->conf, 100);
    int let_in = 0;

    set_limit(b, b->tenant, "", "write", 60, 50);
    int64_t from = clock_mono_us();
    for (int i = 0; i < 100; i++)
        let_in += ask(b, one, b->tenant, "a", &writing) + ask(b, two, b->tenant, "a", &writing);
    int64_t more = (clock_mono_us() - from) / 1000000 + 1; /* one a second grows again */
    assert_in_range(let_in, 40, 50 + more); /* a share may be left unused in either */
    throttle_close(one);
    throttle_close(two);
}

static void s102_many_keys_share_their_tenants_budget(void **state)
{
    struct bench *b = *state;
    struct throttle *t = throttle_open(&b->conf, 100);
    char key[16];
    int let_in = 0;

    set_limit(b, b->tenant, "", "write", 60, 20);
    for (int i = 0; i < 60; i++) {
        snprintf(key, sizeof(key), "key%d", i);
        let_in += ask(b, t, b->tenant, key, &writing);
    }
    assert_in_range(let_in, 20, 24);
    assert_int_equal(ask_often(b, t, testdb_tenant(b->db), "a", &writing, 10), 10);
    throttle_close(t);
}

static void a_key_may_have_less_than_its_tenant(void **state)
{
    struct bench *b = *state;
    struct throttle *t = throttle_open(&b->conf, 100);
    const char *small = make_key(b, b->tenant);

    set_limit(b, b->tenant, "", "read", 6000, 100);
    set_limit(b, b->tenant, small, "read", 6, 3);
    assert_int_equal(ask_often(b, t, b->tenant, small, &reading, 20), 3);
    assert_in_range(ask_often(b, t, b->tenant, "other", &reading, 40), 40, 40);
    throttle_close(t);
    free((void *)(uintptr_t)small);
}

static void what_is_urgent_gets_through_when_the_rest_is_used_up(void **state)
{
    struct bench *b = *state;
    struct throttle *t = throttle_open(&b->conf, 1);
    struct op op = testdb_op(b->db, b->tenant);
    struct rate rate = {0};

    set_limit(b, b->tenant, "", "write", 1, 1);
    assert_true(throttle_enter(&op, t, &writing, &rate)); /* and stays */
    assert_false(ask(b, t, b->tenant, "a", &writing));
    assert_false(ask(b, t, b->tenant, "a", &reading)); /* one at once */
    assert_int_equal(ask_often(b, t, b->tenant, "a", &urgent, 20), 20);
    throttle_leave(t, &op, &writing);
    assert_true(ask(b, t, b->tenant, "a", &reading));
    op_end(&op);
    throttle_close(t);
}

static void without_redis_each_process_lets_in_its_part(void **state)
{
    struct bench *b = *state;
    struct throttle *t;

    redis_server_kill(&b->redis, SIGKILL);
    b->conf.rate_processes = 4;
    set_limit(b, b->tenant, "", "write", 60, 40);
    t = throttle_open(&b->conf, 100);
    assert_in_range(ask_often(b, t, b->tenant, "a", &writing, 100), 10, 12);
    throttle_close(t);
}

static void a_redis_that_does_not_answer_holds_nobody_up(void **state)
{
    struct bench *b = *state;
    struct throttle *t;
    int64_t longest_us = 0;

    b->conf.rate_wait_ms = 5;
    set_limit(b, b->tenant, "", "write", 6000, 200);
    t = throttle_open(&b->conf, 100);
    assert_true(ask(b, t, b->tenant, "a", &writing));
    kill(b->redis.pid, SIGSTOP);
    for (int i = 0; i < 60; i++) {
        int64_t from = clock_mono_us();
        ask(b, t, b->tenant, "a", &writing);
        int64_t took = clock_mono_us() - from;
        longest_us = took > longest_us ? took : longest_us;
    }
    kill(b->redis.pid, SIGCONT);
    assert_in_range(longest_us, 0, 100 * 1000); /* 5 ms, and the other processes of the machine */
    throttle_close(t);
}

struct crowd {
    struct bench *bench;
    struct throttle *throttle;
    atomic_int let_in;
};

static void *press(void *arg)
{
    struct crowd *c = arg;

    atomic_fetch_add(&c->let_in,
                     ask_often(c->bench, c->throttle, c->bench->tenant, "a", &writing, 50));
    return NULL;
}

static void eight_threads_at_once_get_no_more_than_one(void **state)
{
    struct bench *b = *state;
    struct crowd c = {.bench = b, .throttle = throttle_open(&b->conf, 100)};
    pthread_t threads[8];

    set_limit(b, b->tenant, "", "write", 60, 100);
    int64_t from = clock_mono_us();
    for (int i = 0; i < 8; i++)
        pthread_create(&threads[i], NULL, press, &c);
    for (int i = 0; i < 8; i++)
        pthread_join(threads[i], NULL);
    int64_t more = (clock_mono_us() - from) / 1000000 + 1;
    assert_in_range(atomic_load(&c.let_in), 90, 100 + more);
    throttle_close(c.throttle);
}

static void over_http_it_is_429_with_what_is_left_and_when_to_come_again(void **state)
{
    struct api_process *api = *state;
    struct op op = testdb_op(api->db, api->tenant);
    const struct rate_limit l = {"", "write", 6, 8}; /* for two processes: four here */

    assert_ok(&op, rate_limit_set(&op, &l));
    op_end(&op);
    struct probe_answer a;
    for (int i = 0; i < 4; i++) {
        a = api_process_ask(api, "POST", "/api/v1/campaigns", STR("{\"name\":\"x\"}"));
        assert_int_equal(a.status, 201);
        assert_int_equal(strtol(probe_header(&a, "RateLimit-Limit"), NULL, 10), 8);
        assert_non_null(probe_header(&a, "RateLimit-Remaining"));
        assert_non_null(probe_header(&a, "RateLimit-Reset"));
    }
    a = api_process_ask(api, "POST", "/api/v1/campaigns", STR("{\"name\":\"x\"}"));
    assert_int_equal(a.status, 429);
    assert_non_null(strstr(a.body, "\"code\":\"RATE_LIMIT_EXCEEDED\""));
    assert_in_range(strtol(probe_header(&a, "Retry-After"), NULL, 10), 1, 20);
    assert_int_equal(testdb_number(api->db, "SELECT count(*) FROM campaigns"), 4);
    a = api_process_ask(api, "GET", "/api/v1/campaigns", (struct str){0});
    assert_int_equal(a.status, 200);
    a = api_process_ask(api, "POST", "/api/v1/halt", STR("{\"reason\":\"enough\"}"));
    assert_int_equal(a.status, 200);
}

#define BENCH(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        BENCH(two_processes_let_in_what_one_would),
        BENCH(s102_many_keys_share_their_tenants_budget),
        BENCH(a_key_may_have_less_than_its_tenant),
        BENCH(what_is_urgent_gets_through_when_the_rest_is_used_up),
        BENCH(without_redis_each_process_lets_in_its_part),
        BENCH(a_redis_that_does_not_answer_holds_nobody_up),
        BENCH(eight_threads_at_once_get_no_more_than_one),
        cmocka_unit_test_setup_teardown(
            over_http_it_is_429_with_what_is_left_and_when_to_come_again, api_process_start,
            api_process_stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

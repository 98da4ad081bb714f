/* test_worker.c - the whole worker as a process: what it leaves in Redis, and how it dies. */

#include "tests/support/test_worker.h"

#include "common/base/clock.h"
#include "common/queue/calls.h"
#include "common/queue/message.h"
#include "tests/support/check.h"
#include "tests/support/queue_tool.h"
#include "tests/support/redis_server.h"

#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define ID "11111111-1111-4111-8111-111111111111"
#define WORKERS 4
#define NO_ENV ((const char *const[]){NULL})
#define ENV(...) ((const char *const[]){__VA_ARGS__, NULL})
#define FAST_BEAT "QUEUE_HEARTBEAT_TIMEOUT_MS=1000", "QUEUE_MAINTENANCE_MS=200"

static struct redis_server server;

struct world {
    struct arena arena;
    pid_t workers[WORKERS];
    int n;
};

static int64_t now_ms(void)
{
    return clock_now_us() / 1000;
}

static pid_t start(struct world *w, const char *const *env)
{
    const char *log = arena_printf(&w->arena, "%s/worker.log", server.dir);

    assert_true(w->n < WORKERS);
    w->workers[w->n] = test_worker_start(server.url, log, env);
    return w->workers[w->n++];
}

/* How often the workers' common log has said a word so far. */
static int log_count(const char *word)
{
    char path[64], line[4096];
    int n = 0;

    snprintf(path, sizeof(path), "%s/worker.log", server.dir);
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof(line), f))
        n += strstr(line, word) != NULL;
    if (f)
        fclose(f);
    return n;
}

static int fresh(void **state)
{
    redis_do(&server, "FLUSHALL");
    *state = calloc(1, sizeof(struct world));
    return 0;
}

static int gone(void **state)
{
    struct world *w = *state;

    for (int i = 0; i < w->n; i++) {
        kill(w->workers[i], SIGKILL);
        test_worker_wait(w->workers[i], 1000);
    }
    arena_end(&w->arena);
    free(w);
    return 0;
}

static const char *payload(struct world *w, const char *queue, const char *rid, const char *actor,
                           const char *args, const char *options)
{
    return arena_printf(&w->arena,
                        "{\"queue_name\":\"%s\",\"actor_name\":\"%s\",\"args\":%s,\"kwargs\":"
                        "{\"ms\":800},\"options\":{\"redis_message_id\":\"%s\"%s%s},"
                        "\"message_id\":\"" ID "\",\"message_timestamp\":1700000000000}",
                        queue, actor, args, rid, *options ? "," : "", options);
}

static void put(struct world *w, const char *queue, const char *rid, const char *actor,
                const char *args, const char *options)
{
    redis_do(&server, "HSET dramatiq:%s.msgs %s %s", queue, rid,
             payload(w, queue, rid, actor, args, options));
    redis_do(&server, "RPUSH dramatiq:%s %s", queue, rid);
}

static bool keys_are(const char *want)
{
    return strcmp(redis_keys(&server), want) == 0;
}

#define EXPECT_KEYS(want, limit_ms) \
    do { \
        if (!WAIT_UNTIL(keys_are(want), limit_ms)) \
            assert_string_equal(redis_keys(&server), want); \
    } while (0)

static struct message stored(struct world *w, const char *hash, const char *rid)
{
    const struct redisReply *r = redis_do(&server, "HGET dramatiq:%s %s", hash, rid);
    struct message m = {0};

    assert_int_equal(r->type, REDIS_REPLY_STRING);
    const char *text = arena_strndup(&w->arena, r->str, (size_t)r->len);
    assert_null(message_decode(&w->arena, str_of(text), &m));
    return m;
}

static const char *only_item(struct world *w, const char *key)
{
    return arena_strdup(&w->arena, redis_items(&server, key));
}

static long long ran(void)
{
    return redis_int(&server, "LLEN test:ran");
}

static void expect_span(struct str got, const char *want)
{
    assert_int_equal(got.n, strlen(want));
    assert_memory_equal(got.p, want, got.n);
}

/* T01 */
static void a_message_is_run_and_leaves_nothing(void **state)
{
    struct world *w = *state;

    put(w, "default", "r", "add", "[1,2]", "");
    start(w, NO_ENV);
    EXPECT_KEYS("", 3000);
}

/* T07 */
static void a_delayed_message_is_promoted_when_due(void **state)
{
    struct world *w = *state;

    put(w, "default.DQ", "d1", "pause", "[]",
        arena_printf(&w->arena, "\"eta\":%" PRId64 ",\"x\":{\"k\":[1]}", now_ms() + 600));
    start(w, NO_ENV);
    assert_true(WAIT_UNTIL(redis_int(&server, "LLEN dramatiq:default.DQ") == 0, 500));
    assert_int_equal(redis_int(&server, "HLEN dramatiq:default.DQ.msgs"), 1);
    assert_true(WAIT_UNTIL(redis_int(&server, "HLEN dramatiq:default.msgs") == 1, 1500));
    const char *rid = only_item(w, "dramatiq:default.msgs");
    assert_string_not_equal(rid, "d1");
    struct message m = stored(w, "default.msgs", rid);
    expect_span(m.queue_name, "default");
    expect_span(m.options,
                arena_printf(&w->arena, "{\"x\":{\"k\":[1]},\"redis_message_id\":\"%s\"}", rid));
    expect_span(m.message_id, ID);
    assert_int_equal(m.timestamp_ms, 1700000000000);
    EXPECT_KEYS("", 3000);
}

static void a_near_message_overtakes_a_thousand_far_ones(void **state)
{
    struct world *w = *state;

    for (int i = 0; i < 1000; i++)
        put(w, "default.DQ", arena_printf(&w->arena, "far%d", i), "record", "[0]",
            "\"eta\":9999999999999");
    put(w, "default.DQ", "near", "record", "[1]",
        arena_printf(&w->arena, "\"eta\":%" PRId64, now_ms() + 100));
    start(w, NO_ENV);
    assert_true(WAIT_UNTIL(ran() == 1, 3000));
    assert_string_equal(redis_items(&server, "test:ran"), "[1]");
}

static void a_strange_eta_means_now(void **state)
{
    static const char *const etas[] = {"\"eta\":null", "\"eta\":\"soon\"", "\"eta\":true",
                                       "\"eta\":NaN",  "\"eta\":-5",       ""};
    struct world *w = *state;

    for (size_t i = 0; i < ARRAY_LEN(etas); i++)
        put(w, "default.DQ", arena_printf(&w->arena, "s%zu", i), "record", "[1]", etas[i]);
    put(w, "default", "ready", "record", "[2]", "\"eta\":1.5");
    start(w, NO_ENV);
    assert_true(WAIT_UNTIL(ran() == ARRAY_LEN(etas) + 1, 3000));
    EXPECT_KEYS("test:ran", 1000);
}

static void a_far_eta_on_a_ready_queue_goes_to_the_delay_queue(void **state)
{
    struct world *w = *state;

    put(w, "default", "r", "record", "[1]", "\"eta\":9999999999999");
    start(w, NO_ENV);
    assert_true(WAIT_UNTIL(redis_int(&server, "HLEN dramatiq:default.DQ.msgs") == 1, 2000));
    assert_int_equal(redis_int(&server, "HLEN dramatiq:default.msgs"), 0);
    assert_int_equal(ran(), 0);
}

/* T08 */
static void a_first_failure_waits_on_the_delay_queue(void **state)
{
    struct world *w = *state;

    put(w, "default", "r0", "broken", "[]",
        "\"custom\":\"keep\",\"min_backoff\":60000,\"max_retries\":3");
    start(w, NO_ENV);
    assert_true(WAIT_UNTIL(redis_int(&server, "HLEN dramatiq:default.DQ.msgs") == 1, 3000));
    const char *rid = only_item(w, "dramatiq:default.DQ.msgs");
    struct message m = stored(w, "default.DQ.msgs", rid);
    struct str stamp;
    assert_string_not_equal(rid, "r0");
    assert_int_equal(option_i64(&m.opt.retries, 0), 1);
    assert_true(span_get(m.options, "custom", &stamp));
    assert_true(m.opt.traceback.n > 0);
    assert_true(span_get(m.options, "requeue_timestamp", &stamp));
    int64_t wait = option_i64(&m.opt.eta, 0) - strtoll(stamp.p, NULL, 10);
    assert_in_range(wait, 60000, 120050);
    expect_span(m.queue_name, "default.DQ");
    expect_span(m.message_id, ID);
    assert_int_equal(redis_int(&server, "EXISTS dramatiq:default.msgs"), 0);
}

/* T09, with the last error written into the dead letter */
static void the_last_failure_is_a_dead_letter_with_its_reason(void **state)
{
    struct world *w = *state;

    put(w, "default", "r3", "broken", "[]",
        "\"retries\":3,\"traceback\":\"old\",\"requeue_timestamp\":5");
    start(w, NO_ENV);
    EXPECT_KEYS("dramatiq:default.XQ dramatiq:default.XQ.msgs", 3000);
    struct message m = stored(w, "default.XQ.msgs", "r3");
    assert_int_equal(option_i64(&m.opt.retries, 0), 4);
    expect_span(m.opt.traceback, "INTERNAL_ERROR: It broke\nthe cause");
    expect_span(m.opt.redis_message_id, "r3");
}

/* T10 */
static void an_unknown_actor_is_dead_to_the_letter(void **state)
{
    struct world *w = *state;
    const char *before = payload(w, "default", "u", "nobody", "[]", "");

    put(w, "default", "u", "nobody", "[]", "");
    start(w, NO_ENV);
    EXPECT_KEYS("dramatiq:default.XQ dramatiq:default.XQ.msgs", 3000);
    assert_string_equal(redis_do(&server, "HGET dramatiq:default.XQ.msgs u")->str, before);
}

/* T12 */
static void a_stopped_worker_finishes_one_and_returns_the_rest(void **state)
{
    struct world *w = *state;

    for (int i = 0; i < 6; i++)
        put(w, "default", arena_printf(&w->arena, "m%d", i), "pause", "[]", "");
    put(w, "default.DQ", "dd", "pause", "[]", "\"eta\":9999999999999");
    pid_t pid = start(w, ENV("WORKER_THREADS=1"));
    assert_true(WAIT_UNTIL(redis_int(&server, "LLEN dramatiq:default") == 4, 3000));
    assert_true(WAIT_UNTIL(redis_int(&server, "LLEN dramatiq:default.DQ") == 0, 1000));
    kill(pid, SIGTERM);
    assert_int_equal(test_worker_wait(pid, 3000), 0);
    assert_string_equal(redis_items(&server, "dramatiq:default"), "m2 m3 m4 m5 m1");
    assert_string_equal(redis_items(&server, "dramatiq:default.msgs"), "m1 m2 m3 m4 m5");
    assert_string_equal(redis_items(&server, "dramatiq:default.DQ"), "dd");
    assert_string_equal(redis_keys(&server), "dramatiq:default dramatiq:default.DQ "
                                             "dramatiq:default.DQ.msgs dramatiq:default.msgs");
    assert_int_equal(redis_int(&server, "ZCARD dramatiq:__heartbeats__"), 0);
}

static void a_worker_out_of_time_returns_what_still_runs(void **state)
{
    struct world *w = *state;

    put(w, "default", "long", "linger", "[9000]", "");
    pid_t pid = start(w, ENV("WORKER_SHUTDOWN_MS=100"));
    assert_true(WAIT_UNTIL(ran() == 1, 3000));
    kill(pid, SIGTERM);
    assert_int_equal(test_worker_wait(pid, 5000), 1);
    assert_string_equal(redis_items(&server, "dramatiq:default"), "long");
}

static void a_second_signal_ends_it_at_once(void **state)
{
    struct world *w = *state;

    put(w, "default", "long", "pause", "[9000]", "");
    pid_t pid = start(w, NO_ENV);
    assert_true(WAIT_UNTIL(redis_int(&server, "LLEN dramatiq:default") == 0, 3000));
    kill(pid, SIGTERM);
    assert_int_equal(test_worker_wait(pid, 100), -1);
    kill(pid, SIGTERM);
    assert_int_equal(test_worker_wait(pid, 5000), 1);
    assert_int_equal(redis_int(&server, "HLEN dramatiq:default.msgs"), 1);
}

/* T15 */
static void a_result_is_stored_and_feeds_the_next_stage(void **state)
{
    struct world *w = *state;

    put(w, "default", "a", "dbl", "[21]",
        "\"store_results\":true,\"pipe_target\":{\"queue_name\":\"cq\",\"actor_name\":\"sink\","
        "\"args\":[\"p\"],\"kwargs\":{},\"options\":{},\"message_id\":"
        "\"22222222-2222-4222-8222-222222222222\",\"message_timestamp\":1700000000000}");
    start(w, NO_ENV);
    EXPECT_KEYS("894969d97b6e544b9b2f6672dfaa0531 dramatiq:cq dramatiq:cq.msgs", 3000);
    assert_string_equal(redis_items(&server, "894969d97b6e544b9b2f6672dfaa0531"), "42");
    const char *rid = only_item(w, "dramatiq:cq");
    struct message m = stored(w, "cq.msgs", rid);
    expect_span(m.args, "[\"p\",42]");
    expect_span(m.message_id, "22222222-2222-4222-8222-222222222222");
    assert_int_equal(m.timestamp_ms, 1700000000000);
    expect_span(m.options, arena_printf(&w->arena, "{\"redis_message_id\":\"%s\"}", rid));
}

static void callbacks_get_the_message_and_the_outcome(void **state)
{
    struct world *w = *state;
    struct message inner;
    struct str whole = {0}, word = {0};

    put(w, "default", "ok", "dbl", "[4]", "\"on_success\":\"done\"");
    put(w, "default", "ko", "broken", "[]",
        "\"on_failure\":\"failed\",\"max_retries\":0,"
        "\"on_retry_exhausted\":\"over\"");
    start(w, ENV("QUEUE_FOREIGN_ACTORS=done=d,failed=f,over=o"));
    assert_true(
        WAIT_UNTIL(redis_int(&server, "EXISTS dramatiq:d dramatiq:f dramatiq:o") == 3, 3000));
    struct message m = stored(w, "d.msgs", only_item(w, "dramatiq:d"));
    struct span_walk walk = {m.args};
    expect_span(m.actor_name, "done");
    assert_true(span_item(&walk, &whole) && span_item(&walk, &word));
    expect_span(word, "8");
    m = stored(w, "f.msgs", only_item(w, "dramatiq:f"));
    walk = (struct span_walk){m.args};
    assert_true(span_item(&walk, &whole) && span_item(&walk, &word));
    expect_span(word, "{\"type\":\"INTERNAL_ERROR\",\"message\":\"It broke\"}");
    assert_null(message_decode_span(&w->arena, whole, &inner));
    assert_int_equal(option_i64(&inner.opt.retries, 0), 1);
    m = stored(w, "o.msgs", only_item(w, "dramatiq:o"));
    walk = (struct span_walk){m.args};
    assert_true(span_item(&walk, &whole) && span_item(&walk, &word));
    expect_span(word, "{\"retries\":0,\"max_retries\":0}");
}

static void a_callback_nobody_knows_keeps_the_job(void **state)
{
    struct world *w = *state;

    put(w, "default", "a", "record", "[1]", "\"on_success\":\"stranger\"");
    start(w, NO_ENV);
    EXPECT_KEYS("dramatiq:default.XQ dramatiq:default.XQ.msgs", 3000);
    assert_int_equal(ran(), 0);
}

static void a_snooze_spends_no_retry(void **state)
{
    struct world *w = *state;

    put(w, "default", "a", "busy", "[]", "\"max_retries\":0");
    start(w, NO_ENV);
    assert_true(WAIT_UNTIL(redis_int(&server, "HLEN dramatiq:default.DQ.msgs") == 1, 3000));
    struct message m = stored(w, "default.DQ.msgs", only_item(w, "dramatiq:default.DQ.msgs"));
    assert_int_equal(m.opt.retries.kind, OPTION_ABSENT);
    assert_int_equal(option_i64(&m.opt.snoozes, 0), 1);
    assert_in_range(option_i64(&m.opt.eta, 0), now_ms() + 25000, now_ms() + 30001);
}

static void a_refusal_is_an_end(void **state)
{
    struct world *w = *state;

    put(w, "default", "a", "refused", "[]", "");
    start(w, NO_ENV);
    EXPECT_KEYS("", 3000);
}

static void a_message_past_its_age_is_not_run(void **state)
{
    struct world *w = *state;

    put(w, "default", "a", "record", "[1]", "\"max_age\":1000");
    start(w, NO_ENV);
    EXPECT_KEYS("dramatiq:default.XQ dramatiq:default.XQ.msgs", 3000);
    struct message m = stored(w, "default.XQ.msgs", "a");
    expect_span(m.opt.traceback, "Message age limit exceeded");
}

static void poison_is_buried_by_id_and_the_worker_lives(void **state)
{
    static const char *const payloads[] = {
        "",
        "null",
        "garbage",
        "{}",
        "[1]",
        "\xff\xfe",
        "{\"queue_name\":\"default\"}",
        "{\"queue_name\":\"default\",\"actor_name\":\"add\",\"args\":[],\"kwargs\":{},\"options\":"
        "null}",
        "{\"queue_name\":\"default\",\"actor_name\":\"add\",\"args\":null,\"kwargs\":{},"
        "\"options\":{}}",
        "{\"queue_name\":\"default\",\"actor_name\":\"add\",\"args\":[],\"kwargs\":null,"
        "\"options\":{}}",
        "{\"queue_name\":\"default\",\"actor_name\":\"add\",\"args\":[],\"kwargs\":{},\"options\":{"
        "},\"x\":1}",
    };
    struct world *w = *state;
    struct buf deep = {0};

    for (size_t i = 0; i < ARRAY_LEN(payloads); i++) {
        redis_do(&server, "HSET dramatiq:default.msgs p%d %s", (int)i, payloads[i]);
        redis_do(&server, "RPUSH dramatiq:default p%d", (int)i);
        redis_do(&server, "HSET dramatiq:default.DQ.msgs q%d %s", (int)i, payloads[i]);
        redis_do(&server, "RPUSH dramatiq:default.DQ q%d", (int)i);
    }
    for (int i = 0; i < 100000; i++)
        buf_char(&deep, '[');
    redis_do(&server, "HSET dramatiq:default.msgs deep %b", deep.p, deep.n);
    redis_do(&server, "RPUSH dramatiq:default deep ghost");
    buf_free(&deep);
    put(w, "elsewhere", "moved", "record", "[\"moved\"]", "");
    redis_do(&server, "RENAME dramatiq:elsewhere.msgs tmp");
    redis_do(&server, "DEL dramatiq:elsewhere");
    const struct redisReply *r = redis_do(&server, "HGET tmp moved");
    const char *moved = arena_strdup(&w->arena, r->str);
    redis_do(&server, "DEL tmp");
    redis_do(&server, "HSET dramatiq:default.msgs moved %s", moved); /* 17-A */
    redis_do(&server, "RPUSH dramatiq:default moved");
    put(w, "default", "kills", "record", "[\"throws\"]", "\"throws\":\"ValueError\"");
    put(w, "default", "nulls", "broken", "[]", "\"min_backoff\":null,\"max_backoff\":null");
    put(w, "default", "last", "record", "[\"last\"]", "");
    start(w, NO_ENV);
    assert_true(WAIT_UNTIL(ran() == 3, 5000));
    assert_true(WAIT_UNTIL(redis_int(&server, "ZCARD dramatiq:default.XQ")
                               == 2 * (long long)ARRAY_LEN(payloads) + 1,
                           3000));
    assert_int_equal(redis_int(&server, "EXISTS dramatiq:default.msgs"), 0);
    assert_true(WAIT_UNTIL(redis_int(&server, "HLEN dramatiq:default.DQ.msgs") == 1, 1000));
}

static void a_killed_workers_messages_are_finished_by_another(void **state)
{
    struct world *w = *state;

    put(w, "default", "slow", "pause", "[]", "");
    for (int i = 0; i < 40; i++)
        put(w, "default", arena_printf(&w->arena, "m%d", i), "record", "[1]", "");
    put(w, "default.DQ", "d", "record", "[2]",
        arena_printf(&w->arena, "\"eta\":%" PRId64, now_ms() + 500));
    pid_t first = start(w, ENV(FAST_BEAT, "WORKER_THREADS=1"));
    assert_true(WAIT_UNTIL(redis_int(&server, "LLEN dramatiq:default") == 39, 3000));
    kill(first, SIGKILL);
    start(w, ENV(FAST_BEAT));
    assert_true(WAIT_UNTIL(ran() == 41, 6000));
    EXPECT_KEYS("test:ran", 3000);
}

/* Whoever is at work beside it is a suspect too, and must not be buried with it. */
static void a_message_that_kills_its_workers_is_buried_alone(void **state)
{
    struct world *w = *state;

    put(w, "default", "poison", "crash", "[]", "");
    for (int i = 0; i < 7; i++)
        put(w, "default", arena_printf(&w->arena, "m%d", i), "pause", "[60]", "");
    for (int lives = 0; lives < 4; lives++) {
        w->n = 0;
        pid_t pid = start(w, ENV(FAST_BEAT, "QUEUE_MAX_CRASHES=3", "WORKER_THREADS=8"));
        assert_int_equal(test_worker_wait(pid, 6000), 128 + SIGKILL);
    }
    w->n = 0;
    start(w, ENV(FAST_BEAT, "QUEUE_MAX_CRASHES=3"));
    EXPECT_KEYS("dramatiq:default.XQ dramatiq:default.XQ.msgs", 6000);
    struct message m = stored(w, "default.XQ.msgs", "poison");
    expect_span(m.opt.traceback, "every worker that ran it died");
}

static void redis_may_restart_under_the_worker(void **state)
{
    struct world *w = *state;

    for (int i = 0; i < 300; i++)
        put(w, "default", arena_printf(&w->arena, "m%d", i), i % 10 ? "record" : "pause", "[1]",
            "\"min_backoff\":10");
    for (int i = 0; i < 100; i++)
        put(w, "default.DQ", arena_printf(&w->arena, "d%d", i), "record", "[2]",
            arena_printf(&w->arena, "\"min_backoff\":10,\"eta\":%" PRId64,
                         now_ms() + 500 + 10 * i));
    start(w, ENV("WORKER_THREADS=8"));
    assert_true(WAIT_UNTIL(ran() > 10, 3000));
    redis_server_kill(&server, SIGTERM);
    redis_server_start(&server);
    if (!WAIT_UNTIL(ran() >= 370, 15000))
        fail_msg("%lld of 370 ran; keys: %s; dead: %s", ran(), redis_keys(&server),
                 redis_items(&server, "dramatiq:default.XQ"));
    EXPECT_KEYS("test:ran", 5000);
}

static void what_falls_due_while_redis_is_away_is_run_when_it_is_back(void **state)
{
    struct world *w = *state;
    int before = log_count("redis.lost");
    int64_t due_ms = now_ms() + 1000;

    put(w, "default.DQ", "d", "record", "[1]", arena_printf(&w->arena, "\"eta\":%" PRId64, due_ms));
    start(w, NO_ENV);
    assert_true(WAIT_UNTIL(redis_int(&server, "LLEN dramatiq:default.DQ") == 0, 3000));
    redis_server_kill(&server, SIGTERM);
    assert_true(WAIT_UNTIL(log_count("redis.lost") > before, 3000));
    assert_true(WAIT_UNTIL(now_ms() > due_ms + 500, 3000));
    redis_server_start(&server);
    assert_true(WAIT_UNTIL(ran() == 1, 5000));
}

static void a_worker_waits_for_a_redis_that_is_not_there_yet(void **state)
{
    struct world *w = *state;
    int port = 20000 + (int)(getpid() % 10000), before = log_count("redis.lost");

    start(w, ENV(arena_printf(&w->arena, "REDIS_URL=redis://localhost:%d/0", port)));
    assert_true(WAIT_UNTIL(log_count("redis.lost") > before, 3000)); /* refused, not timed out */
    redis_do(&server, "CONFIG SET port %d", port);
    put(w, "default", "a", "record", "[1]", "");
    assert_true(WAIT_UNTIL(ran() == 1, 3000));
    redis_do(&server, "CONFIG SET port 0");
}

static void a_flushed_redis_only_loses_what_it_held(void **state)
{
    struct world *w = *state;

    for (int i = 0; i < 4; i++)
        put(w, "default", arena_printf(&w->arena, "m%d", i), "pause", "[]", "");
    start(w, ENV("WORKER_THREADS=2"));
    assert_true(WAIT_UNTIL(redis_int(&server, "LLEN dramatiq:default") == 0, 3000));
    redis_do(&server, "FLUSHALL");
    put(w, "default", "new", "record", "[1]", "");
    assert_true(WAIT_UNTIL(ran() == 1, 5000));
    EXPECT_KEYS("test:ran", 3000);
}

static void scripts_may_be_flushed(void **state)
{
    struct world *w = *state;

    start(w, NO_ENV);
    put(w, "default", "a", "record", "[1]", "");
    assert_true(WAIT_UNTIL(ran() == 1, 3000));
    redis_do(&server, "SCRIPT FLUSH");
    put(w, "default", "b", "record", "[1]", "");
    assert_true(WAIT_UNTIL(ran() == 2, 3000));
}

static const char *worker_id(struct world *w)
{
    assert_true(WAIT_UNTIL(redis_int(&server, "ZCARD dramatiq:__heartbeats__") == 1, 3000));
    return only_item(w, "dramatiq:__heartbeats__");
}

static void what_a_lost_answer_left_behind_is_returned(void **state)
{
    struct world *w = *state;

    start(w, ENV("QUEUE_MAINTENANCE_MS=200"));
    const char *id = worker_id(w);
    redis_do(&server, "HSET dramatiq:default.msgs stray %s",
             payload(w, "default", "stray", "record", "[1]", ""));
    redis_do(&server, "SADD dramatiq:__acks__.%s.default stray", id);
    redis_do(&server, "HSET dramatiq:default.DQ.msgs late %s",
             payload(w, "default.DQ", "late", "record", "[2]", "\"eta\":5"));
    redis_do(&server, "SADD dramatiq:__acks__.%s.default.DQ late", id);
    assert_true(WAIT_UNTIL(ran() == 2, 4000));
    EXPECT_KEYS("test:ran", 2000);
}

static void a_lost_lease_has_no_consequences(void **state)
{
    struct world *w = *state;
    int before = log_count("lease_lost");

    put(w, "default", "a", "pause", "[]",
        "\"store_results\":true,\"pipe_target\":{\"queue_name\":\"cq\",\"actor_name\":\"s\","
        "\"args\":[],\"kwargs\":{},\"options\":{}}");
    start(w, NO_ENV);
    const char *id = worker_id(w);
    assert_true(WAIT_UNTIL(redis_int(&server, "LLEN dramatiq:default") == 0, 3000));
    redis_do(&server, "DEL dramatiq:__acks__.%s.default", id);
    assert_true(WAIT_UNTIL(log_count("lease_lost") > before, 3000));
    assert_string_equal(redis_keys(&server), "dramatiq:default.msgs");
}

static void an_evicting_redis_is_refused(void **state)
{
    struct world *w = *state;

    redis_do(&server, "CONFIG SET maxmemory-policy allkeys-lru");
    int code = test_worker_wait(start(w, ENV("WORKER_SHUTDOWN_MS=200")), 3000);
    redis_do(&server, "CONFIG SET maxmemory-policy noeviction");
    assert_int_equal(code, 3);
}

static void python_enqueues_are_heard_where_redis_tells(void **state)
{
    struct world *w = *state;
    int64_t slowest = 0;

    redis_do(&server, "CONFIG SET notify-keyspace-events Kl");
    start(w, NO_ENV);
    assert_true(WAIT_UNTIL(redis_int(&server, "PUBSUB NUMSUB __keyspace@0__:dramatiq:default") == 0
                               && strstr(redis_do(&server, "CLIENT LIST")->str, "sub=3"),
                           3000));
    for (int i = 1; i <= 5; i++) {
        int64_t since = clock_mono_us();
        put(w, "default", arena_printf(&w->arena, "m%d", i), "record", "[1]", "");
        assert_true(WAIT_UNTIL(ran() == i, 3000));
        if (clock_mono_us() - since > slowest)
            slowest = clock_mono_us() - since;
    }
    redis_do(&server, "CONFIG SET notify-keyspace-events %s", "");
    assert_true(slowest < 100000);
}

static int start_redis(void **state)
{
    (void)state;
    redis_server_start(&server);
    return 0;
}

static int end_redis(void **state)
{
    (void)state;
    if (getenv("KEEP_LOG")) /* the workers' log, to look into a failure */
        redis_server_kill(&server, SIGTERM);
    else
        redis_server_end(&server);
    return 0;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, fresh, gone)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        CASE(a_message_is_run_and_leaves_nothing),
        CASE(a_delayed_message_is_promoted_when_due),
        CASE(a_near_message_overtakes_a_thousand_far_ones),
        CASE(a_strange_eta_means_now),
        CASE(a_far_eta_on_a_ready_queue_goes_to_the_delay_queue),
        CASE(a_first_failure_waits_on_the_delay_queue),
        CASE(the_last_failure_is_a_dead_letter_with_its_reason),
        CASE(an_unknown_actor_is_dead_to_the_letter),
        CASE(a_stopped_worker_finishes_one_and_returns_the_rest),
        CASE(a_worker_out_of_time_returns_what_still_runs),
        CASE(a_second_signal_ends_it_at_once),
        CASE(a_result_is_stored_and_feeds_the_next_stage),
        CASE(callbacks_get_the_message_and_the_outcome),
        CASE(a_callback_nobody_knows_keeps_the_job),
        CASE(a_snooze_spends_no_retry),
        CASE(a_refusal_is_an_end),
        CASE(a_message_past_its_age_is_not_run),
        CASE(poison_is_buried_by_id_and_the_worker_lives),
        CASE(a_killed_workers_messages_are_finished_by_another),
        CASE(a_message_that_kills_its_workers_is_buried_alone),
        CASE(redis_may_restart_under_the_worker),
        CASE(what_falls_due_while_redis_is_away_is_run_when_it_is_back),
        CASE(a_worker_waits_for_a_redis_that_is_not_there_yet),
        CASE(a_flushed_redis_only_loses_what_it_held),
        CASE(scripts_may_be_flushed),
        CASE(what_a_lost_answer_left_behind_is_returned),
        CASE(a_lost_lease_has_no_consequences),
        CASE(an_evicting_redis_is_refused),
        CASE(python_enqueues_are_heard_where_redis_tells),
    };

    test_worker_main(argc, argv);
    queue_tool_main(argc, argv);
    signal(SIGPIPE, SIG_IGN);
    cmocka_set_test_filter(getenv("TEST"));
    return cmocka_run_group_tests(tests, start_redis, end_redis);
}

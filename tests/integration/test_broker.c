/* test_broker.c - the states of Dramatiq's keys after each step, on a real Redis. */

#include "common/base/clock.h"

#include "common/queue/broker.h"
#include "common/queue/deadletters.h"
#include "common/queue/rewrite.h"
#include "tests/support/check.h"
#include "tests/support/redis_server.h"

#include <hiredis/hiredis.h>
#include <signal.h>
#include <stdlib.h>

static struct redis_server server;
static struct conf conf;

/* One test's broker with its operation and the last answer. */
struct bench {
    struct op op;
    struct broker *broker;
    struct call call;
    const struct redisReply *answer;
};

static int fresh(void **state)
{
    struct bench *t = calloc(1, sizeof(*t));

    redis_do(&server, "FLUSHALL");
    redis_do(&server, "SCRIPT FLUSH");
    t->broker = broker_open(&conf);
    *state = t;
    return t->broker ? 0 : -1;
}

static int gone(void **state)
{
    struct bench *t = *state;

    call_end(&t->call);
    op_end(&t->op);
    broker_close(t->broker);
    free(t);
    return 0;
}

static void send_call(struct bench *t)
{
    if (!broker_call(&t->op, t->broker, &t->call, &t->answer))
        fail_msg("%s: %s", t->op.err.message, t->op.err.cause);
}

static const char *as(struct bench *t, const char *key)
{
    return arena_printf(&t->op.arena, "dramatiq:%s", key);
}

static const char *acks(struct bench *t, const char *worker, const char *queue)
{
    return arena_printf(&t->op.arena, "dramatiq:__acks__.%s.%s", worker, queue);
}

static struct caller worker(const char *id)
{
    return (struct caller){"dramatiq", id};
}

static void put(struct bench *t, const char *queue, const char *rid, const char *options)
{
    redis_do(&server, "HSET dramatiq:%s.msgs %s %s", queue, rid,
             arena_printf(&t->op.arena,
                          "{\"queue_name\":\"%s\",\"actor_name\":\"a\",\"args\":[],\"kwargs\":{},"
                          "\"options\":{\"redis_message_id\":\"%s\"%s},\"message_id\":"
                          "\"11111111-1111-4111-8111-111111111111\","
                          "\"message_timestamp\":1700000000000}",
                          queue, rid, options));
    redis_do(&server, "RPUSH dramatiq:%s %s", queue, rid);
}

static void fetch(struct bench *t, const char *id, const char *queue, size_t n)
{
    struct caller by = worker(id);

    call_fetch(&t->call, &by, queue, n);
    send_call(t);
}

static bool ack(struct bench *t, const char *id, const char *queue, const char *rid)
{
    struct caller by = worker(id);
    struct str one = str_of(rid);

    call_ack(&t->call, &by, queue, &one, 1);
    send_call(t);
    return reply_digit(t->answer, 0);
}

static bool settle(struct bench *t, const char *id, const char *queue, const struct settlement *s)
{
    struct caller by = worker(id);

    call_settle(&t->call, &by, queue, s);
    send_call(t);
    return reply_number(t->answer) == 1;
}

static void maintain(struct bench *t, const char *id, const char *queue)
{
    struct caller by = worker(id);
    const char *queues[] = {queue, NULL};
    struct upkeep u = {queues, 60000, 604800000, 1000};

    call_maintain(&t->call, &by, &u);
    send_call(t);
    do {
        call_reap(&t->call, &by, &u);
        send_call(t);
    } while (reply_number(t->answer) == 0);
}

static int64_t now_ms(void)
{
    return clock_now_us() / 1000;
}

/* T01 */
static void an_enqueued_message_lies_where_python_looks(void **state)
{
    struct bench *t = *state;
    struct new_message m = {.queue = STR("default"), .actor = "add", .args = STR("[1,2]")};

    assert_true(broker_send(&t->op, t->broker, &m, 1));
    assert_string_equal(redis_keys(&server), "dramatiq:default dramatiq:default.msgs");
    const char *rid = arena_strdup(&t->op.arena, redis_items(&server, "dramatiq:default"));
    const struct redisReply *r = redis_do(&server, "HGET dramatiq:default.msgs %s", rid);
    struct message back;
    assert_null(message_decode(&t->op.arena, reply_text(r), &back));
    const char *options = arena_printf(&t->op.arena, "{\"redis_message_id\":\"%s\"}", rid);
    assert_true(str_eq(back.options, str_of(options)));
    assert_false(str_eq(back.message_id, str_of(rid)));
}

/* T02 */
static void a_fetch_moves_ids_into_the_workers_ack_set(void **state)
{
    struct bench *t = *state;
    struct fetched first, second, third;

    put(t, "default", "a", "");
    put(t, "default", "b", "");
    put(t, "default", "c", "");
    fetch(t, "W", "default", 2);
    assert_true(reply_fetched(t->answer, 0, &first));
    assert_true(reply_fetched(t->answer, 1, &second));
    assert_false(reply_fetched(t->answer, 2, &third));
    assert_true(str_eq(first.rid, STR("a")));
    assert_true(str_eq(second.rid, STR("b")));
    assert_int_equal(first.crashes, -1);
    assert_string_equal(redis_items(&server, as(t, "default")), "c");
    assert_string_equal(redis_items(&server, acks(t, "W", "default")), "a b");
    assert_string_equal(redis_items(&server, as(t, "default.msgs")), "a b c");
    long long beat = redis_int(&server, "ZSCORE dramatiq:__heartbeats__ W");
    assert_true(llabs(beat - now_ms()) < 1000);
}

/* T03 */
static void a_foreign_ack_changes_nothing(void **state)
{
    struct bench *t = *state;

    put(t, "default", "a", "");
    put(t, "default", "b", "");
    put(t, "default", "c", "");
    fetch(t, "W", "default", 2);
    assert_false(ack(t, "V", "default", "b"));
    assert_string_equal(redis_items(&server, acks(t, "W", "default")), "a b");
    assert_string_equal(redis_items(&server, as(t, "default.msgs")), "a b c");
    assert_true(ack(t, "W", "default", "a"));
    assert_false(ack(t, "W", "default", "a"));
    assert_string_equal(redis_items(&server, acks(t, "W", "default")), "b");
    assert_string_equal(redis_items(&server, as(t, "default.msgs")), "b c");
    assert_string_equal(redis_items(&server, as(t, "default")), "c");
}

/* T04 */
static void a_dead_letter_keeps_its_bytes(void **state)
{
    struct bench *t = *state;

    put(t, "default", "b", "");
    const struct redisReply *r = redis_do(&server, "HGET dramatiq:default.msgs b");
    const char *before = arena_strdup(&t->op.arena, r->str);
    fetch(t, "W", "default", 1);
    assert_false(settle(t, "V", "default", &(struct settlement){.rid = STR("b"), .dead = true}));
    assert_true(settle(t, "W", "default", &(struct settlement){.rid = STR("b"), .dead = true}));
    assert_string_equal(redis_keys(&server), "dramatiq:default.XQ dramatiq:default.XQ.msgs");
    assert_string_equal(redis_do(&server, "HGET dramatiq:default.XQ.msgs b")->str, before);
    assert_true(llabs(redis_int(&server, "ZSCORE dramatiq:default.XQ b") - now_ms()) < 1000);
}

/* T05 */
static void a_dead_delayed_message_joins_the_same_dead_letters(void **state)
{
    struct bench *t = *state;

    put(t, "default.DQ", "d", ",\"eta\":5");
    fetch(t, "W", "default.DQ", 1);
    assert_true(settle(t, "W", "default.DQ", &(struct settlement){.rid = STR("d"), .dead = true}));
    assert_string_equal(redis_keys(&server), "dramatiq:default.XQ dramatiq:default.XQ.msgs");
}

/* T06 */
static void a_delayed_message_carries_an_integer_eta(void **state)
{
    struct bench *t = *state;
    int64_t eta = now_ms() + 5000;
    struct new_message m = {
        .queue = STR("default.DQ"), .actor = "later", .redis_message_id = "r", .eta_ms = eta};

    assert_true(broker_send(&t->op, t->broker, &m, 1));
    assert_string_equal(redis_keys(&server), "dramatiq:default.DQ dramatiq:default.DQ.msgs");
    const struct redisReply *r = redis_do(&server, "HGET dramatiq:default.DQ.msgs r");
    struct message back;
    assert_null(message_decode(&t->op.arena, reply_text(r), &back));
    assert_true(str_eq(back.queue_name, STR("default.DQ")));
    const char *options =
        arena_printf(&t->op.arena, "{\"redis_message_id\":\"r\",\"eta\":%lld}", (long long)eta);
    assert_true(str_eq(back.options, str_of(options)));
}

/* T07, the broker's part: what is tracked becomes due, and is promoted once. */
static void a_due_message_is_promoted_once(void **state)
{
    struct bench *t = *state;
    struct caller by = worker("W");
    struct due due;
    struct fetched one;
    struct due_time when = {STR("d1"), (double)now_ms() - 1};
    struct outgoing next = {STR("default"), STR("n"), STR("{}")};

    put(t, "default.DQ", "d1", ",\"eta\":1");
    fetch(t, "W", "default.DQ", 10);
    call_track(&t->call, &by, "default.DQ", &when, 1);
    send_call(t);
    call_due(&t->call, &by, "default.DQ", 10);
    send_call(t);
    reply_due(t->answer, &due);
    assert_int_equal(due.n, 1);
    assert_int_equal(due.next_ms, -1);
    assert_true(reply_due_at(t->answer, 0, &one));
    assert_true(str_eq(one.rid, STR("d1")));
    struct settlement s = {.rid = STR("d1"), .follow = &next, .nfollow = 1};
    assert_true(settle(t, "W", "default.DQ", &s));
    assert_false(settle(t, "W", "default.DQ", &s));
    assert_string_equal(redis_keys(&server), "dramatiq:default dramatiq:default.msgs");
    assert_string_equal(redis_items(&server, as(t, "default")), "n");
}

static void only_what_is_due_is_shown(void **state)
{
    struct bench *t = *state;
    struct caller by = worker("W");
    struct due due;
    struct due_time when[] = {{STR("late"), (double)now_ms() + 50000}, {STR("gone"), 1}};

    put(t, "q.DQ", "late", "");
    put(t, "q.DQ", "gone", "");
    fetch(t, "W", "q.DQ", 10);
    call_track(&t->call, &by, "q.DQ", when, 2);
    send_call(t);
    redis_do(&server, "HDEL dramatiq:q.DQ.msgs gone");
    call_due(&t->call, &by, "q.DQ", 10);
    send_call(t);
    reply_due(t->answer, &due);
    assert_int_equal(due.n, 0);
    assert_in_range(due.next_ms, 40000, 50001);
    assert_string_equal(redis_items(&server, acks(t, "W", "q.DQ")), "late");
}

static void a_held_message_nobody_tracks_goes_back(void **state)
{
    struct bench *t = *state;
    struct caller by = worker("W");
    struct due_time when = {STR("known"), 1};

    put(t, "q.DQ", "known", "");
    put(t, "q.DQ", "stray", "");
    fetch(t, "W", "q.DQ", 10);
    call_track(&t->call, &by, "q.DQ", &when, 1);
    send_call(t);
    call_strays(&t->call, &by, "q.DQ", "0");
    send_call(t);
    assert_string_equal(redis_items(&server, as(t, "q.DQ")), "stray");
    assert_string_equal(redis_items(&server, acks(t, "W", "q.DQ")), "known");
}

/* T08, the broker's part */
static void a_retry_replaces_the_original_in_one_step(void **state)
{
    struct bench *t = *state;
    struct outgoing retry = {STR("default.DQ"), STR("n"), STR("{}")};
    struct settlement s = {.rid = STR("r0"), .follow = &retry, .nfollow = 1};

    put(t, "default", "r0", "");
    fetch(t, "W", "default", 1);
    assert_false(settle(t, "V", "default", &s));
    assert_true(settle(t, "W", "default", &s));
    assert_false(settle(t, "W", "default", &s));
    assert_string_equal(redis_keys(&server), "dramatiq:default.DQ dramatiq:default.DQ.msgs");
    assert_string_equal(redis_items(&server, as(t, "default.DQ")), "n");
}

static void nothing_follows_from_a_purged_message(void **state)
{
    struct bench *t = *state;
    struct outgoing retry = {STR("default.DQ"), STR("n"), STR("{}")};

    put(t, "default", "r0", "");
    fetch(t, "W", "default", 1);
    redis_do(&server, "DEL dramatiq:default.msgs");
    assert_false(settle(t, "W", "default",
                        &(struct settlement){.rid = STR("r0"), .follow = &retry, .nfollow = 1}));
    assert_string_equal(redis_keys(&server), "");
}

/* T11 */
static void a_dead_workers_messages_go_back(void **state)
{
    struct bench *t = *state;

    put(t, "default", "c", "");
    redis_do(&server, "HSET dramatiq:default.msgs a 1 b 2 s 3");
    redis_do(&server, "SADD dramatiq:__acks__.DEAD.default a b ghost");
    redis_do(&server, "SADD dramatiq:__acks__.DEAD.other z");
    redis_do(&server, "SADD dramatiq:__acks__.SLOW.default s");
    redis_do(&server, "ZADD dramatiq:__heartbeats__ %lld DEAD %lld SLOW %lld GONE",
             (long long)now_ms() - 60001, (long long)now_ms() - 59000, (long long)now_ms() - 99999);
    maintain(t, "LIVE", "default");
    const char *list = redis_items(&server, as(t, "default"));
    assert_true(strcmp(list, "c a b") == 0 || strcmp(list, "c b a") == 0);
    assert_string_equal(redis_items(&server, acks(t, "DEAD", "default")), "");
    assert_string_equal(redis_items(&server, acks(t, "DEAD", "other")), "z");
    assert_string_equal(redis_items(&server, acks(t, "SLOW", "default")), "s");
    assert_string_equal(redis_items(&server, as(t, "__heartbeats__")), "DEAD LIVE SLOW");
    maintain(t, "LIVE", "other");
    assert_int_equal(redis_int(&server, "EXISTS dramatiq:other"), 0);
    assert_string_equal(redis_items(&server, as(t, "__heartbeats__")), "LIVE SLOW");
}

static void what_was_taken_back_is_a_suspect_until_it_ends(void **state)
{
    struct bench *t = *state;
    struct caller by = worker("W");
    struct fetched one;

    redis_do(&server, "HSET dramatiq:q.msgs a 1");
    redis_do(&server, "SADD dramatiq:__acks__.DEAD.q a");
    redis_do(&server, "ZADD dramatiq:__heartbeats__ 5 DEAD");
    maintain(t, "W", "q");
    fetch(t, "W", "q", 1);
    assert_true(reply_fetched(t->answer, 0, &one));
    assert_int_equal(one.crashes, 0);
    for (int starts = 0; starts < 2; starts++) {
        call_start(&t->call, &by, "q", STR("a"));
        send_call(t);
        assert_int_equal(reply_number(t->answer), starts);
    }
    assert_true(ack(t, "W", "q", "a"));
    assert_string_equal(redis_keys(&server), "");
}

static void recovery_is_bounded_and_finishes(void **state)
{
    struct bench *t = *state;
    struct caller by = worker("W");
    const char *queues[] = {"q", NULL};
    struct upkeep u = {queues, 60000, 604800000, 100};

    for (int i = 0; i < 250; i++) {
        redis_do(&server, "HSET dramatiq:q.msgs m%d x", i);
        redis_do(&server, "SADD dramatiq:__acks__.DEAD.q m%d", i);
    }
    redis_do(&server, "ZADD dramatiq:__heartbeats__ 5 DEAD");
    for (int round = 1; round <= 3; round++) {
        call_maintain(&t->call, &by, &u);
        send_call(t);
        assert_int_equal(reply_number(reply_at(t->answer, 0)), round < 3 ? 100 : 50);
        assert_int_equal(reply_number(reply_at(t->answer, 2)), round == 3);
    }
    assert_int_equal(redis_int(&server, "LLEN dramatiq:q"), 250);
}

static void a_namespace_with_glob_characters_is_only_a_name(void **state)
{
    struct bench *t = *state;
    struct caller by = {"a*[b]", "W"};
    const char *queues[] = {"q", NULL};
    struct upkeep u = {queues, 60000, 604800000, 100};

    redis_do(&server, "ZADD a*[b]:__heartbeats__ 5 DEAD 5 GONE");
    redis_do(&server, "SADD a*[b]:__acks__.DEAD.other x");
    call_reap(&t->call, &by, &u);
    send_call(t);
    assert_string_equal(redis_items(&server, "a*[b]:__heartbeats__"), "DEAD");
}

/* T12, the broker's part */
static void a_requeue_goes_to_the_tail_and_drops_ghosts(void **state)
{
    struct bench *t = *state;
    struct caller by = worker("W");
    const struct str rids[] = {STR("a"), STR("ghost"), STR("foreign")};

    put(t, "q", "a", "");
    put(t, "q", "ghost", "");
    put(t, "q", "c", "");
    fetch(t, "W", "q", 2);
    redis_do(&server, "HDEL dramatiq:q.msgs ghost");
    call_requeue(&t->call, &by, "q", rids, 3);
    send_call(t);
    assert_true(str_eq(reply_text(t->answer), STR("100")));
    assert_string_equal(redis_items(&server, as(t, "q")), "c a");
    assert_string_equal(redis_keys(&server), "dramatiq:q dramatiq:q.msgs");
}

/* T13 */
static void a_purge_leaves_other_workers_alone(void **state)
{
    struct bench *t = *state;
    struct caller by = worker("W");

    put(t, "q", "a", "");
    put(t, "q", "b", "");
    put(t, "q", "c", "");
    put(t, "q.DQ", "d", "");
    fetch(t, "W", "q", 1);
    fetch(t, "V", "q", 1);
    redis_do(&server, "ZADD dramatiq:q.XQ 5 x");
    redis_do(&server, "HSET dramatiq:q.XQ.msgs x 1");
    call_purge(&t->call, &by, "q");
    send_call(t);
    assert_string_equal(redis_keys(&server),
                        "dramatiq:__acks__.V.q dramatiq:q.DQ dramatiq:q.DQ.msgs");
    assert_true(ack(t, "V", "q", "b"));
    assert_string_equal(redis_keys(&server), "dramatiq:q.DQ dramatiq:q.DQ.msgs");
}

/* T14 */
static void old_dead_letters_expire(void **state)
{
    struct bench *t = *state;

    redis_do(&server, "ZADD dramatiq:q.XQ %lld old %lld new", (long long)now_ms() - 604800001,
             (long long)now_ms() - 604790000);
    redis_do(&server, "HSET dramatiq:q.XQ.msgs old 1 new 2");
    maintain(t, "W", "q.DQ");
    assert_string_equal(redis_items(&server, as(t, "q.XQ")), "new");
    assert_string_equal(redis_items(&server, as(t, "q.XQ.msgs")), "new");
}

/* T15, the broker's part */
static void a_result_and_the_next_stage_come_with_the_ack(void **state)
{
    struct bench *t = *state;
    struct outgoing stage = {STR("cq"), STR("n"), STR("{}")};
    struct str result;
    struct settlement s = {.rid = STR("a"),
                           .result_key = "894969d97b6e544b9b2f6672dfaa0531",
                           .result = STR("42"),
                           .result_ttl_ms = 600000,
                           .follow = &stage,
                           .nfollow = 1};

    put(t, "default", "a", "");
    fetch(t, "W", "default", 1);
    assert_true(settle(t, "W", "default", &s));
    assert_string_equal(redis_items(&server, s.result_key), "42");
    assert_in_range(redis_int(&server, "PTTL %s", s.result_key), 599000, 600000);
    assert_string_equal(redis_items(&server, "dramatiq:cq"), "n");
    assert_int_equal(redis_int(&server, "EXISTS dramatiq:default.msgs"), 0);
    assert_true(broker_result(&t->op, t->broker, s.result_key, 1000, &result));
    assert_true(str_eq(result, STR("42")));
}

static void an_id_without_payload_is_dropped_by_the_fetch(void **state)
{
    struct bench *t = *state;
    struct fetched one;

    redis_do(&server, "RPUSH dramatiq:q ghost");
    put(t, "q", "a", "");
    fetch(t, "W", "q", 10);
    assert_int_equal(reply_count(t->answer), 3);
    assert_true(reply_fetched(t->answer, 0, &one));
    assert_true(str_eq(one.rid, STR("a")));
    assert_string_equal(redis_items(&server, acks(t, "W", "q")), "a");
}

static void a_large_fetch_is_cut_to_a_size_lua_can_take(void **state)
{
    struct bench *t = *state;

    for (int i = 0; i < 1500; i++) {
        redis_do(&server, "HSET dramatiq:q.msgs m%d {}", i);
        redis_do(&server, "RPUSH dramatiq:q m%d", i);
    }
    fetch(t, "W", "q", 1000000);
    assert_int_equal(reply_count(t->answer), 3 * CALL_MAX_IDS);
    assert_int_equal(redis_int(&server, "LLEN dramatiq:q"), 500);
}

static void a_replayed_dead_letter_starts_anew(void **state)
{
    struct bench *t = *state;
    struct message back;
    struct str rids[] = {STR("x"), STR("unknown")};
    size_t replayed;

    put(t, "q", "x", ",\"retries\":3,\"traceback\":\"t\",\"eta\":5,\"keep\":1");
    fetch(t, "W", "q", 1);
    settle(t, "W", "q", &(struct settlement){.rid = STR("x"), .dead = true});
    assert_true(dead_letters_replay(&t->op, t->broker, "q", rids, 2, &replayed));
    assert_int_equal(replayed, 1);
    assert_string_equal(redis_keys(&server), "dramatiq:q dramatiq:q.msgs");
    const char *rid = arena_strdup(&t->op.arena, redis_items(&server, "dramatiq:q"));
    assert_string_not_equal(rid, "x");
    const struct redisReply *r = redis_do(&server, "HGET dramatiq:q.msgs %s", rid);
    assert_null(message_decode(&t->op.arena, reply_text(r), &back));
    const char *options =
        arena_printf(&t->op.arena, "{\"keep\":1,\"redis_message_id\":\"%s\"}", rid);
    assert_true(str_eq(back.options, str_of(options)));
}

static void a_restarted_redis_is_reached_again(void **state)
{
    struct bench *t = *state;
    struct new_message m = {.queue = STR("q"), .actor = "a"};

    assert_true(broker_send(&t->op, t->broker, &m, 1));
    redis_server_kill(&server, SIGKILL);
    assert_false(broker_send(&t->op, t->broker, &m, 1));
    assert_int_equal(t->op.err.code, E_SERVICE_UNAVAILABLE);
    redis_server_start(&server);
    op_forgive(&t->op);
    assert_true(broker_send(&t->op, t->broker, &m, 1));
    assert_int_equal(redis_int(&server, "LLEN dramatiq:q"), 2);
}

static void a_late_answer_is_never_taken_for_the_next_one(void **state)
{
    struct bench *t = *state;
    struct caller by = worker("W");
    struct new_message m = {.queue = STR("q"), .actor = "a"};

    assert_true(broker_send(&t->op, t->broker, &m, 1));
    redis_do(&server, "CLIENT PAUSE 400 ALL");
    t->op.deadline_us = clock_mono_us() + 100000;
    call_stats(&t->call, &by, "q");
    assert_false(broker_call(&t->op, t->broker, &t->call, &t->answer));
    op_forgive(&t->op);
    t->op.deadline_us = 0;
    call_held(&t->call, &by, "q"); /* would read the five numbers of stats on a reused connection */
    send_call(t);
    assert_int_equal(reply_count(t->answer), 0);
}

static void a_redis_that_may_evict_is_refused(void **state)
{
    struct bench *t = *state;
    struct new_message m = {.queue = STR("q"), .actor = "a"};

    redis_do(&server, "CONFIG SET maxmemory-policy allkeys-lru");
    assert_false(broker_send(&t->op, t->broker, &m, 1));
    assert_non_null(strstr(t->op.err.cause, "noeviction"));
    redis_do(&server, "CONFIG SET maxmemory-policy noeviction");
    assert_string_equal(redis_keys(&server), "");
}

static int start_all(void **state)
{
    (void)state;
    redis_server_start(&server);
    conf = conf_defaults();
    conf.redis_url = server.url;
    return 0;
}

static int stop_all(void **state)
{
    (void)state;
    redis_server_end(&server);
    return 0;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, fresh, gone)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(an_enqueued_message_lies_where_python_looks),
        CASE(a_fetch_moves_ids_into_the_workers_ack_set),
        CASE(a_foreign_ack_changes_nothing),
        CASE(a_dead_letter_keeps_its_bytes),
        CASE(a_dead_delayed_message_joins_the_same_dead_letters),
        CASE(a_delayed_message_carries_an_integer_eta),
        CASE(a_due_message_is_promoted_once),
        CASE(only_what_is_due_is_shown),
        CASE(a_held_message_nobody_tracks_goes_back),
        CASE(a_retry_replaces_the_original_in_one_step),
        CASE(nothing_follows_from_a_purged_message),
        CASE(a_dead_workers_messages_go_back),
        CASE(what_was_taken_back_is_a_suspect_until_it_ends),
        CASE(recovery_is_bounded_and_finishes),
        CASE(a_namespace_with_glob_characters_is_only_a_name),
        CASE(a_requeue_goes_to_the_tail_and_drops_ghosts),
        CASE(a_purge_leaves_other_workers_alone),
        CASE(old_dead_letters_expire),
        CASE(a_result_and_the_next_stage_come_with_the_ack),
        CASE(an_id_without_payload_is_dropped_by_the_fetch),
        CASE(a_large_fetch_is_cut_to_a_size_lua_can_take),
        CASE(a_replayed_dead_letter_starts_anew),
        CASE(a_restarted_redis_is_reached_again),
        CASE(a_late_answer_is_never_taken_for_the_next_one),
        CASE(a_redis_that_may_evict_is_refused),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, start_all, stop_all);
}

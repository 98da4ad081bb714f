/* test_redis_address.c - REDIS_URL in its parts, and when two clocks are too far apart. */

#include "common/queue/address.h"

#include "common/queue/hello.h"
#include "tests/support/check.h"

#include <string.h>

static bool same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static void a_url_is_taken_apart(void **state)
{
    static const struct {
        const char *url;
        struct redis_address want;
    } cases[] = {
        {"redis://", {.host = "127.0.0.1", .port = 6379, .db = "0"}},
        {"redis://h", {.host = "h", .port = 6379, .db = "0"}},
        {"redis://h:1234/7", {.host = "h", .port = 1234, .db = "7"}},
        {"redis://h/", {.host = "h", .port = 6379, .db = "0"}},
        {"redis://[::1]:99/2", {.host = "::1", .port = 99, .db = "2"}},
        {"redis://[::1]", {.host = "::1", .port = 6379, .db = "0"}},
        {"redis://:s%40c%2Fret@h", {.host = "h", .port = 6379, .password = "s@c/ret", .db = "0"}},
        {"redis://u:p@h:1", {.host = "h", .port = 1, .user = "u", .password = "p", .db = "0"}},
        {"redis://secret@h", {.host = "h", .port = 6379, .password = "secret", .db = "0"}},
        {"redis://h?db=3&password=x", {.host = "h", .port = 6379, .password = "x", .db = "3"}},
        {"redis://:100%@h", {.host = "h", .port = 6379, .password = "100%", .db = "0"}},
        {"unix:///run/redis.sock", {.path = "/run/redis.sock", .db = "0"}},
        {"unix:///run/r.sock?db=5", {.path = "/run/r.sock", .db = "5"}},
    };
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct redis_address *want = &cases[i].want;
        struct arena a = {0};
        struct redis_address got;
        const char *wrong = redis_address_parse(&a, cases[i].url, &got);
        if (wrong || !same(got.host, want->host) || got.port != want->port
            || !same(got.path, want->path) || !same(got.user, want->user)
            || !same(got.password, want->password) || !same(got.db, want->db))
            fail_msg("%s: %s", cases[i].url, wrong ? wrong : "other parts");
        arena_end(&a);
    }
}

static void what_is_no_address_is_refused(void **state)
{
    static const char *const urls[] = {
        "",           "localhost:6379",  "http://h",     "redis://h:x",       "redis://h:70000",
        "redis://h:", "redis://h/one",   "redis://h/-1", "redis://[::1",      "redis://h?timeout=1",
        "unix://",    "unix://run/sock", "rediss://h",   "redis://h/1234567", "unix:///s?db=x"};
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
        struct arena a = {0};
        struct redis_address got;
        if (!redis_address_parse(&a, urls[i], &got))
            fail_msg("taken for an address: %s", urls[i]);
        arena_end(&a);
    }
}

static void two_seconds_apart_is_too_far(void **state)
{
    static const struct {
        int64_t server_ms, asked_ms, now_ms;
        bool skewed;
    } cases[] = {
        {10000, 10000, 10000, false},
        {12000, 10000, 10000, false},
        {12001, 10000, 10000, true},
        {8000, 10000, 10000, false},
        {7999, 10000, 10000, true},
        {15000, 10000, 14000, false}, /* a slow answer explains itself */
        {8500, 10000, 14000, false},
    };
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(clock_skewed(cases[i].server_ms * 1000, cases[i].asked_ms * 1000,
                                      cases[i].now_ms * 1000),
                         cases[i].skewed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_url_is_taken_apart),
        cmocka_unit_test(what_is_no_address_is_refused),
        cmocka_unit_test(two_seconds_apart_is_too_far),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

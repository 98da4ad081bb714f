/* test_oidc_cache.c - how often somebody else's document is asked for, and who waits. */

#include "common/identity/oidc_cache.h"

#include "common/base/clock.h"
#include "tests/support/check.h"

#include <stdatomic.h>
#include <unistd.h>

enum { CROWD = 16 };
static const int64_t long_ago_us = INT64_C(3601) * 1000000;

/* Somebody else: gives what it has, or nothing, in its own time. */
struct source {
    struct oidc_cache cache;
    const char *text; /* NULL = it does not answer */
    atomic_int asked, at_once, most_at_once;
    atomic_bool hold; /* answers once this is taken back */
};

static bool fetch(struct op *op, const void *what, const char **text)
{
    struct source *s = (struct source *)(uintptr_t)what;
    int now = atomic_fetch_add(&s->at_once, 1) + 1;

    if (now > atomic_load(&s->most_at_once))
        atomic_store(&s->most_at_once, now);
    atomic_fetch_add(&s->asked, 1);
    /* It would hang here if the lock were held: the others come for it. */
    while (atomic_load(&s->hold)) {
        pthread_mutex_lock(&s->cache.lock);
        pthread_mutex_unlock(&s->cache.lock);
        usleep(1000);
    }
    atomic_fetch_sub(&s->at_once, 1);
    *text = s->text;
    return s->text || (fail)(op, E_PROVIDER_ERROR, "no answer");
}

static const char *get(struct source *s, struct op *op)
{
    const char *text;

    return oidc_cache_get(op, &s->cache, fetch, s, &text) ? text : NULL;
}

static void what_is_kept_is_not_asked_for_until_it_is_an_hour_old(void **state)
{
    struct source s = {.text = "one"};
    struct op op = {0};

    (void)state;
    oidc_cache_init(&s.cache);
    assert_string_equal(get(&s, &op), "one");
    s.text = "two";
    assert_string_equal(get(&s, &op), "one");
    assert_int_equal(s.asked, 1);
    s.cache.kept_us = clock_mono_us() - long_ago_us;
    assert_string_equal(get(&s, &op), "two");
    assert_int_equal(s.asked, 2);
    oidc_cache_end(&s.cache);
    op_end(&op);
}

static void who_does_not_answer_is_left_alone_for_a_while(void **state)
{
    struct source s = {0};
    struct op first = {0}, second = {0}, third = {0};

    (void)state;
    oidc_cache_init(&s.cache);
    assert_null(get(&s, &first));
    assert_int_equal(first.err.code, E_PROVIDER_ERROR);
    assert_null(get(&s, &second));
    assert_int_equal(second.err.code, E_SERVICE_UNAVAILABLE);
    assert_int_equal(s.asked, 1);
    s.text = "back";
    s.cache.tried_us -= 5000001;
    assert_string_equal(get(&s, &third), "back");
    oidc_cache_end(&s.cache);
    op_end(&first);
    op_end(&second);
    op_end(&third);
}

static void S028_before_its_time_it_is_asked_for_once_a_minute(void **state)
{
    struct source s = {.text = "one"};
    struct op op = {0};
    const char *text;

    (void)state;
    oidc_cache_init(&s.cache);
    assert_string_equal(get(&s, &op), "one");
    s.text = "two";
    assert_ok(&op, oidc_cache_get_anew(&op, &s.cache, fetch, &s, &text));
    assert_string_equal(text, "two");
    for (int i = 0; i < 100; i++) {
        assert_ok(&op, oidc_cache_get_anew(&op, &s.cache, fetch, &s, &text));
        assert_null(text);
    }
    assert_int_equal(s.asked, 2);
    s.cache.anew_us -= 60000001;
    assert_ok(&op, oidc_cache_get_anew(&op, &s.cache, fetch, &s, &text));
    assert_string_equal(text, "two");
    assert_int_equal(s.asked, 3);
    oidc_cache_end(&s.cache);
    op_end(&op);
}

static void *come(void *source)
{
    struct op op = {0};
    const char *text = get(source, &op);
    bool good = text && strcmp(text, "one") == 0;

    op_end(&op);
    return (void *)(uintptr_t)good;
}

static void of_a_crowd_one_asks_and_all_are_answered(void **state)
{
    struct source s = {.text = "one", .hold = true};
    pthread_t crowd[CROWD];
    void *good;

    (void)state;
    oidc_cache_init(&s.cache);
    for (int i = 0; i < CROWD; i++)
        assert_int_equal(pthread_create(&crowd[i], NULL, come, &s), 0);
    while (atomic_load(&s.asked) == 0)
        usleep(1000);
    atomic_store(&s.hold, false);
    for (int i = 0; i < CROWD; i++) {
        pthread_join(crowd[i], &good);
        assert_non_null(good);
    }
    assert_int_equal(s.asked, 1);
    assert_int_equal(s.most_at_once, 1);
    oidc_cache_end(&s.cache);
}

static void who_waits_gives_up_at_the_requests_end(void **state)
{
    struct source s = {.text = "one", .hold = true};
    struct op op = {.deadline_us = clock_mono_us() + 100000};
    pthread_t slow;
    void *good;

    (void)state;
    oidc_cache_init(&s.cache);
    assert_int_equal(pthread_create(&slow, NULL, come, &s), 0);
    while (atomic_load(&s.asked) == 0)
        usleep(1000);
    assert_null(get(&s, &op));
    assert_int_equal(op.err.code, E_SERVICE_UNAVAILABLE);
    atomic_store(&s.hold, false);
    pthread_join(slow, &good);
    assert_non_null(good);
    oidc_cache_end(&s.cache);
    op_end(&op);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_kept_is_not_asked_for_until_it_is_an_hour_old),
        cmocka_unit_test(who_does_not_answer_is_left_alone_for_a_while),
        cmocka_unit_test(S028_before_its_time_it_is_asked_for_once_a_minute),
        cmocka_unit_test(of_a_crowd_one_asks_and_all_are_answered),
        cmocka_unit_test(who_waits_gives_up_at_the_requests_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

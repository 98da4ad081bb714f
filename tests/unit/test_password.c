/* test_password.c - passwords: what a hash is, what a wrong one costs, how many at once. */

#include "common/identity/password.h"

#include "common/base/clock.h"
#include "common/base/conf.h"
#include "tests/support/check.h"

#include <pthread.h>
#include <string.h>

enum { CROWD = 40 };

/* Small, so that the tests are quick; the forms are the same. */
static struct conf small_conf(void)
{
    struct conf c = conf_defaults();

    c.password_memory_kib = 8192;
    c.password_passes = 1;
    return c;
}

static void S040_a_hash_is_argon2id_with_todays_parameters_and_never_the_same_twice(void **state)
{
    struct conf conf = conf_defaults();
    struct app app = {.conf = &conf};
    struct op op = {.app = &app};
    const char *one, *two;
    (void)state;

    assert_ok(&op, password_hash(&op, "correct horse battery", &one));
    assert_ok(&op, password_hash(&op, "correct horse battery", &two));
    assert_memory_equal(one, "$argon2id$v=19$m=65536,t=2,p=1$", 31);
    assert_string_not_equal(one, two);
    assert_null(strstr(one, "horse"));
    op_end(&op);
}

static void only_the_password_itself_is_good(void **state)
{
    static const char *const wrong[] = {"", "correct horse batter", "correct horse battery ",
                                        "Correct horse battery"};
    struct conf conf = small_conf();
    struct app app = {.conf = &conf};
    struct op op = {.app = &app};
    const char *hash;
    bool good;
    (void)state;

    assert_ok(&op, password_hash(&op, "correct horse battery", &hash));
    assert_ok(&op, password_verify(&op, hash, "correct horse battery", &good));
    assert_true(good);
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        assert_ok(&op, password_verify(&op, hash, wrong[i], &good));
        assert_false(good);
    }
    assert_ok(&op, password_verify(&op, "no hash at all", "x", &good));
    assert_false(good);
    op_end(&op);
}

static int64_t best_us(struct op *op, const char *hash)
{
    int64_t best = INT64_MAX;
    bool good;

    for (int i = 0; i < 7; i++) {
        int64_t from = clock_read_us(CLOCK_THREAD_CPUTIME_ID);
        assert_ok(op, password_verify(op, hash, "not the password", &good));
        assert_false(good);
        int64_t took = clock_read_us(CLOCK_THREAD_CPUTIME_ID) - from;
        best = took < best ? took : best;
    }
    return best;
}

static void S039_an_unknown_user_costs_the_same_as_a_wrong_password(void **state)
{
    struct conf conf = small_conf();
    struct app app = {.conf = &conf};
    struct op op = {.app = &app};
    const char *hash;
    (void)state;

    assert_ok(&op, password_hash(&op, "correct horse battery", &hash));
    int64_t known = best_us(&op, hash), unknown = best_us(&op, NULL);
    if (known * 4 > unknown * 5 || unknown * 4 > known * 5)
        fail_msg("%lld us known, %lld us unknown", (long long)known, (long long)unknown);
    op_end(&op);
}

struct guest {
    const struct app *app;
    pthread_barrier_t *start;
    pthread_t thread;
    enum err_code code;
    int retry_after;
};

static void *knock(void *p)
{
    struct guest *g = p;
    struct op op = {.app = g->app};
    bool good;

    pthread_barrier_wait(g->start);
    if (!password_verify(&op, NULL, "x", &good)) {
        g->code = op.err.code;
        g->retry_after = op.err.retry_after;
    }
    op_end(&op);
    return NULL;
}

/* Nine of forty have a place or may wait for one. */
static void S040_a_crowd_is_told_when_to_come_back(void **state)
{
    struct conf conf = small_conf();
    struct app app = {.conf = &conf};
    struct guest guests[CROWD] = {0};
    pthread_barrier_t start;
    int served = 0;
    (void)state;

    conf.password_memory_kib = 65536;
    conf.password_hashes = 1;
    conf.password_wait_ms = 30000;
    pthread_barrier_init(&start, NULL, CROWD);
    for (int i = 0; i < CROWD; i++) {
        guests[i] = (struct guest){.app = &app, .start = &start};
        assert_int_equal(pthread_create(&guests[i].thread, NULL, knock, &guests[i]), 0);
    }
    for (int i = 0; i < CROWD; i++) {
        pthread_join(guests[i].thread, NULL);
        served += guests[i].code == E_NONE;
        if (guests[i].code != E_NONE) {
            assert_int_equal(guests[i].code, E_SERVICE_UNAVAILABLE);
            assert_true(guests[i].retry_after > 0);
        }
    }
    assert_true(served >= 9 && served < CROWD);
    pthread_barrier_destroy(&start);
}

static void who_waits_too_long_is_told_so(void **state)
{
    struct conf conf = small_conf();
    struct app app = {.conf = &conf};
    struct guest guests[2] = {0};
    pthread_barrier_t start;
    (void)state;

    conf.password_memory_kib = 262144;
    conf.password_passes = 4;
    conf.password_hashes = 1;
    conf.password_wait_ms = 100;
    pthread_barrier_init(&start, NULL, 2);
    for (int i = 0; i < 2; i++) {
        guests[i] = (struct guest){.app = &app, .start = &start};
        assert_int_equal(pthread_create(&guests[i].thread, NULL, knock, &guests[i]), 0);
    }
    for (int i = 0; i < 2; i++)
        pthread_join(guests[i].thread, NULL);
    assert_true((guests[0].code == E_NONE) != (guests[1].code == E_NONE));
    pthread_barrier_destroy(&start);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(S040_a_hash_is_argon2id_with_todays_parameters_and_never_the_same_twice),
        cmocka_unit_test(only_the_password_itself_is_good),
        cmocka_unit_test(S039_an_unknown_user_costs_the_same_as_a_wrong_password),
        cmocka_unit_test(S040_a_crowd_is_told_when_to_come_back),
        cmocka_unit_test(who_waits_too_long_is_told_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

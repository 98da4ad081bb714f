/* test_witness.c - a database that may lack intents is not dialled from. */

#include "common/call/witness.h"

#include "common/base/clock.h"
#include "common/base/id.h"
#include "common/call/halt.h"
#include "common/store/db.h"
#include "common/store/pool.h"
#include "tests/support/scene.h"

#include <pthread.h>

static struct witness *witness_of(struct scene *s)
{
    static char ns[UUID_SIZE];

    if (!s->db->conf.redis_url || strcmp(s->db->conf.dramatiq_namespace, ns) != 0) {
        uuid_make(ns);
        s->db->conf.redis_url = getenv("REDIS_URL");
        s->db->conf.dramatiq_namespace = ns;
        s->db->conf.reconcile_window_seconds = 1;
    }
    struct witness *w = witness_open(&s->db->app);
    assert_non_null(w);
    return w;
}

static bool look(struct scene *s, struct witness *w)
{
    struct op op = testdb_op(s->db, 0);
    bool busy;

    assert_ok(&op, witness_look(&op, w, &busy));
    op_end(&op);
    return busy;
}

static void assert_no_intent(struct scene *s, int64_t row)
{
    struct op op = testdb_op(s->db, s->tenant);
    struct claim c;

    scene_give_start(row);
    if (scheduled_call_claim(&op, row, &c))
        assert_int_not_equal(c.fate, CLAIM_INTENT);
    else
        assert_int_equal(op.err.code, E_SERVICE_UNAVAILABLE);
    op_end(&op);
    assert_says(s, "(SELECT count(*) FROM call_attempts) = 0");
}

static void compared(struct scene *s, struct witness *w)
{
    for (int i = 0; i < 3; i++) {
        assert_says(s, "(SELECT frozen_at IS NOT NULL FROM dial_epoch)");
        free(testdb_sql(s->db, "UPDATE chores SET due_at = now() WHERE name = 'failover'; UPDATE "
                               "dial_epoch SET frozen_at = frozen_at - interval '5 seconds'"));
        look(s, w);
    }
    assert_says(s, "(SELECT frozen_at IS NULL AND timeline = wal_timeline() FROM dial_epoch)");
}

static void dealt_with(struct scene *s, struct witness *w)
{
    compared(s, w);
    assert_says(s, "(SELECT count(*) FROM halts WHERE lifted_at IS NULL) = 0");
}

static void no_intent_is_committed_on_another_timeline_even_before_anybody_looked(void **state)
{
    struct scene *s = *state;
    int64_t row = scene_row(s, ITALIAN);
    struct witness *w = witness_of(s);

    assert_false(look(s, w));
    free(testdb_sql(s->db, "UPDATE dial_epoch SET timeline = 0"));
    assert_no_intent(s, row);
    assert_says(s, "(SELECT count(*) FROM halts) = 0");
    assert_true(look(s, w));
    assert_says(s, "(SELECT count(*) FROM halts WHERE scope = 'platform' AND cause = 'failover' "
                   "AND lifted_at IS NULL) = 1");
    assert_no_intent(s, row);
    s->provider->fails_with = E_PROVIDER_ERROR; /* what cannot be compared stays frozen */
    free(testdb_sql(s->db, "UPDATE dial_epoch SET frozen_at = now() - interval '1 hour'"));
    struct op op = testdb_op(s->db, 0);
    bool busy;
    assert_false(witness_look(&op, w, &busy));
    op_end(&op);
    assert_says(s, "(SELECT listings = 0 AND frozen_at IS NOT NULL FROM dial_epoch)");
    s->provider->fails_with = E_NONE;
    dealt_with(s, w);
    free(testdb_sql(s->db, "UPDATE scheduled_calls SET scheduled_at = now()"));
    scene_dial(s, s->tenant, row);
    witness_close(w);
}

static void an_operators_platform_halt_and_a_freeze_stand_side_by_side(void **state)
{
    struct scene *s = *state;
    struct witness *w = witness_of(s);
    struct op op = testdb_op(s->db, 0);
    struct halt word = {.scope = DIALLING_PLATFORM, .set_by = HALT_BY_PLATFORM, .reason = "r"};

    assert_false(look(s, w));
    assert_ok(&op, halt_set(&op, &word)); /* first, and again while it is frozen */
    free(testdb_sql(s->db, "UPDATE dial_epoch SET timeline = 0"));
    assert_true(look(s, w));
    assert_says(s, "(SELECT count(*) FROM halts WHERE lifted_at IS NULL) = 2");
    assert_ok(&op, halt_lift(&op, word.id, &word));
    assert_says(s, "(SELECT frozen_at IS NOT NULL FROM dial_epoch)");
    assert_says(s, "(SELECT cause = 'failover' FROM halts WHERE lifted_at IS NULL)");
    word = (struct halt){.scope = DIALLING_PLATFORM, .set_by = HALT_BY_PLATFORM, .reason = "r"};
    assert_ok(&op, halt_set(&op, &word));
    op_end(&op);
    compared(s, w);
    assert_says(s, "(SELECT cause = 'operator' FROM halts WHERE lifted_at IS NULL)");
    witness_close(w);
}

static char folder[] = "/tmp/aga_witness.XXXXXX", path[64];

/* What a worker knew when it was last here. */
static void keep_in_file(struct scene *s, const char *known)
{
    memcpy(folder + strlen(folder) - 6, "XXXXXX", 6);
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/witness", folder);
    FILE *f = fopen(path, "we");
    fputs(known, f);
    fclose(f);
    s->db->conf.state_dir = folder;
}

static void forget_file(struct scene *s)
{
    s->db->conf.state_dir = NULL;
    remove(path);
    remove(folder);
}

static void a_log_that_stands_further_back_than_it_stood_freezes(void **state)
{
    struct scene *s = *state;
    struct witness *w = witness_of(s), *other = witness_of(s);

    assert_false(look(s, w));
    char *ahead =
        testdb_sql(s->db, "SELECT '00000000' || left(wal_position(), 8) || '0fffffffffffffff'");
    keep_in_file(s, ahead);
    struct witness *third = witness_of(s);
    assert_true(look(s, third));
    assert_says(s, "(SELECT count(*) FROM halts WHERE lifted_at IS NULL) = 1");
    assert_true(look(s, other)); /* and hears of the position that is gone */
    dealt_with(s, third);
    assert_false(look(s, third));
    assert_false(look(s, other));
    assert_false(look(s, w));
    forget_file(s);
    free(ahead);
    witness_close(w);
    witness_close(other);
    witness_close(third);
}

static void an_attempt_that_is_gone_is_written_again_from_the_providers_call(void **state)
{
    struct scene *s = *state;
    int64_t row = scene_row(s, ITALIAN);
    struct op op = testdb_op(s->db, 0);
    int rebuilt, missing;

    scene_dial(s, s->tenant, row);
    char *attempt = testdb_sql(s->db, "SELECT id FROM call_attempts");
    free(testdb_sql(s->db, "DELETE FROM call_attempts; DELETE FROM calls; "
                           "UPDATE scheduled_calls SET status = 'queued', attempts = 0"));
    fake_call(s->provider, (struct provider_call){.provider_call_id = "fake_1",
                                                  .status = "registered",
                                                  .metadata = {s->provider->metadata},
                                                  .cost_cents = -1});
    free(testdb_sql(s->db, "UPDATE dial_epoch SET frozen_at = now()"));
    assert_ok(&op, witness_rebuild(&op, &rebuilt, &missing));
    assert_int_equal(rebuilt, 1);
    assert_ok(&op, witness_rebuild(&op, &rebuilt, &missing));
    assert_int_equal(rebuilt, 0);
    op_end(&op);
    assert_says(s,
                "(SELECT id = '%s' AND state = 'accepted' AND provider_call_id = 'fake_1' "
                "AND look_at <= now() FROM call_attempts)",
                attempt);
    assert_says(s, "(SELECT status = 'processing' AND attempts = 1 FROM scheduled_calls)");
    assert_says(s, "(SELECT count(*) FROM calls) = 1");
    free(attempt);
}

static void a_session_of_an_old_primary_is_refused_and_one_that_is_open_is_closed(void **state)
{
    struct scene *s = *state;
    struct op op = testdb_op(s->db, 0);

    char *here = testdb_sql(s->db, "SELECT wal_position()");
    struct pool *pool = pool_open(s->db->url, 2, 500);
    struct app app = s->db->app;
    app.pool = pool;
    op.app = &app;
    pool_expect(pool, here);
    assert_ok(&op, pool_ready(&op));
    db_release(&op);
    here[7]++; /* a later timeline is known */
    pool_expect(pool, here);
    assert_fails(&op, E_SERVICE_UNAVAILABLE, pool_ready(&op));
    op_forgive(&op);
    pool_expect(pool, NULL);
    assert_ok(&op, pool_ready(&op));
    op_end(&op);
    pool_close(pool);
    free(here);
}

/* The API does not look at the log itself. */
static void who_only_writes_is_bound_by_what_the_workers_know(void **state)
{
    struct scene *s = *state;
    struct witness *w = witness_of(s), *follower = witness_of(s);
    struct pool *pool = pool_open(s->db->url, 2, 500);
    struct op op = testdb_op(s->db, 0);
    struct app app = s->db->app;

    app.pool = pool;
    op.app = &app;
    witness_follow(&op, follower, &pool, 1);
    assert_ok(&op, pool_ready(&op));
    db_release(&op);
    assert_false(look(s, w));
    witness_follow(&op, follower, &pool, 1);
    assert_ok(&op, pool_ready(&op));
    db_release(&op);
    free(testdb_sql(s->db, "UPDATE dial_epoch SET timeline = 0"));
    char *ahead = testdb_sql(s->db, "SELECT '00000000' || left(wal_position(), 7) || 'f' || "
                                    "right(wal_position(), 16)");
    keep_in_file(s, ahead); /* another worker has seen a later timeline */
    struct witness *third = witness_of(s);
    look(s, third);
    witness_follow(&op, follower, &pool, 1);
    assert_fails(&op, E_SERVICE_UNAVAILABLE, pool_ready(&op));
    op_end(&op);
    pool_close(pool);
    free(ahead);
    forget_file(s);
    witness_close(third);
    witness_close(follower);
    witness_close(w);
}

static void *release_soon(void *arg)
{
    const struct timespec while_another_waits = {.tv_nsec = 100 * 1000000};

    nanosleep(&while_another_waits, NULL);
    db_release(arg);
    return NULL;
}

/* Opened before anything was known, and handed from one to the next without ever lying idle. */
static void
a_session_that_was_opened_before_is_not_used_once_a_later_timeline_is_known(void **state)
{
    struct scene *s = *state;
    struct op op = testdb_op(s->db, 0), next = testdb_op(s->db, 0);
    char *here = testdb_sql(s->db, "SELECT wal_position()");
    struct pool *pool = pool_open(s->db->url, 1, 500);
    struct app app = s->db->app;

    app.pool = pool;
    op.app = next.app = &app;
    assert_ok(&op, pool_ready(&op));
    db_release(&op);
    here[7]++;
    pool_expect(pool, here);
    assert_fails(&op, E_SERVICE_UNAVAILABLE, pool_ready(&op));
    op_forgive(&op);
    pool_expect(pool, NULL);
    assert_ok(&op, pool_ready(&op));
    pool_expect(pool, here);
    next.deadline_us = clock_mono_us() + 400000;
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, release_soon, &op), 0);
    assert_fails(&next, E_SERVICE_UNAVAILABLE, pool_ready(&next));
    pthread_join(thread, NULL);
    op_end(&next);
    op_end(&op);
    pool_close(pool);
    free(here);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(no_intent_is_committed_on_another_timeline_even_before_anybody_looked),
        SCENE(an_operators_platform_halt_and_a_freeze_stand_side_by_side),
        SCENE(a_log_that_stands_further_back_than_it_stood_freezes),
        SCENE(who_only_writes_is_bound_by_what_the_workers_know),
        SCENE(an_attempt_that_is_gone_is_written_again_from_the_providers_call),
        SCENE(a_session_that_was_opened_before_is_not_used_once_a_later_timeline_is_known),
        SCENE(a_session_of_an_old_primary_is_refused_and_one_that_is_open_is_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_stopped.c - processes that stand still in the middle of a transaction, and who goes on. */

#include "common/base/clock.h"
#include "common/call/dispatch.h"
#include "common/compliance/dnc_import.h"
#include "common/store/db.h"
#include "common/store/pool.h"
#include "queries.h"
#include "tests/support/scene.h"

#include <libpq-fe.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { AT_ONCE_MS = 1000, SOON_MS = 4000 };

static int64_t ms_since(int64_t from_us)
{
    return (clock_mono_us() - from_us) / 1000;
}

static bool import(struct op *op, const char *file)
{
    struct dnc_import_options o = {0};
    struct dnc_import *imp = dnc_import_open(op, &o);
    struct buf reply = {0};
    bool ok = imp && dnc_import_feed(op, imp, str_of(file)) && dnc_import_finish(op, imp, &reply);

    buf_free(&reply);
    return ok;
}

/* A process of its own that imports; its exit says whether it could. */
static pid_t start_import(struct scene *s, const char *file)
{
    pid_t pid = fork();

    if (pid)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    s->db->app.pool = pool_open(s->db->url, 1, 5000);
    struct op op = testdb_op(s->db, s->tenant);
    _exit(import(&op, file) ? 0 : 1);
}

/* Somebody's claim that does not end before it is told to. */
static PGconn *hold_claims_lock(struct scene *s)
{
    PGconn *pg = PQconnectdb(s->db->url);
    char sql[160];

    snprintf(sql, sizeof(sql),
             "BEGIN; SELECT pg_advisory_xact_lock_shared(hashtextextended('dnc:' || %lld, 0))",
             (long long)s->tenant);
    PGresult *r = PQexec(pg, sql);
    assert_int_equal(PQresultStatus(r), PGRES_TUPLES_OK);
    PQclear(r);
    return pg;
}

static void wait_until_queued_for_the_lock(struct scene *s)
{
    int64_t from_us = clock_mono_us();

    while (!scene_says(
        s, "EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted)")) {
        assert_true(ms_since(from_us) < SOON_MS);
        usleep(5000);
    }
}

static void an_import_that_is_stopped_in_a_merge_holds_no_claim_up(void **state)
{
    struct scene *s = *state;
    int64_t campaign = scene_running(s, s->tenant, scene_draft(), 1);
    PGconn *other = hold_claims_lock(s);
    pid_t importer = start_import(s, "+393499999999\n");
    struct op op = testdb_op(s->db, s->tenant);
    struct claim c;
    int status;

    wait_until_queued_for_the_lock(s);
    assert_int_equal(kill(importer, SIGSTOP), 0);
    assert_int_equal(waitpid(importer, &status, WUNTRACED), importer);
    assert_true(WIFSTOPPED(status));
    PQfinish(other);
    int64_t from_us = clock_mono_us();
    assert_int_equal(scene_claim(&op, scene_first_row(s, campaign), &c), CLAIM_INTENT);
    assert_true(ms_since(from_us) < AT_ONCE_MS);
    op_end(&op);
    assert_int_equal(kill(importer, SIGCONT), 0);
    assert_int_equal(waitpid(importer, &status, 0), importer);
    assert_int_equal(status, 0);
    assert_says(s, "(SELECT count(*) FROM dnc_entries) = 1");
}

static void an_import_that_is_stopped_between_two_batches_does_not_stop_the_next(void **state)
{
    struct scene *s = *state;
    struct op stopped = testdb_op(s->db, s->tenant), next = testdb_op(s->db, s->tenant);
    struct rows turn;

    assert_ok(&stopped,
              db_begin(&stopped) && db_query(&stopped, &SQL_DNC_IMPORT_TURN, NO_ARGS, &turn));
    int64_t from_us = clock_mono_us();
    assert_ok(&next, import(&next, "+393499999999\n"));
    assert_true(ms_since(from_us) < SOON_MS);
    op_end(&next);
    op_end(&stopped);
}

static void a_dispatcher_that_is_stopped_at_its_turn_does_not_stop_the_others(void **state)
{
    struct scene *s = *state;
    struct op stopped = testdb_op(s->db, 0), next;
    struct rows turn;
    int64_t queued = 0, from_us = clock_mono_us();
    int sleep_ms;

    scene_running(s, s->tenant, scene_draft(), 1);
    assert_ok(&stopped,
              db_begin(&stopped) && db_query(&stopped, &SQL_DISPATCH_TURN, NO_ARGS, &turn));
    while (!queued) {
        next = testdb_op(s->db, 0);
        assert_ok(&next, dispatch_due(&next, &queued, &sleep_ms));
        op_end(&next);
        assert_true(ms_since(from_us) < SOON_MS);
        usleep((useconds_t)sleep_ms * 1000);
    }
    op_end(&stopped);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(an_import_that_is_stopped_in_a_merge_holds_no_claim_up),
        SCENE(an_import_that_is_stopped_between_two_batches_does_not_stop_the_next),
        SCENE(a_dispatcher_that_is_stopped_at_its_turn_does_not_stop_the_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

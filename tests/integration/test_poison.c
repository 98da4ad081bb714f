/* test_poison.c - F54: a row that kills the workers that touch it ends, and only that row. */

#include "common/call/suspect.h"

#include "common/call/dispatch.h"
#include "common/call/events.h"
#include "common/call/reconcile.h"
#include "common/store/pool.h"
#include "tests/support/scene.h"

#include <sys/wait.h>
#include <unistd.h>

static enum claim_fate claimed(struct scene *s, int64_t row)
{
    struct op op = testdb_op(s->db, s->tenant);
    struct claim c;
    enum claim_fate f = scene_claim(&op, row, &c);

    op_end(&op);
    return f;
}

/* A run is begun in op; what follows of it is the test's. */
static enum suspect_fate begun(struct op *op, int64_t row)
{
    enum suspect_fate fate;

    scene_give_start(row);
    assert_ok(op, suspect_begin(op, row, &fate));
    return fate;
}

/* A run that its worker does not survive. */
static enum suspect_fate dies(struct scene *s, int64_t row)
{
    struct op op = testdb_op(s->db, s->tenant);
    enum suspect_fate fate = begun(&op, row);

    op_end(&op);
    return fate;
}

static void a_row_that_killed_three_workers_fails_as_poison(void **state)
{
    struct scene *s = *state;
    int64_t row = scene_row(s, ITALIAN);

    /* The first was no suspect's, and nobody counted it. */
    assert_int_equal(dies(s, row), SUSPECT_RUNS);
    assert_int_equal(dies(s, row), SUSPECT_RUNS);
    assert_int_equal(dies(s, row), SUSPECT_POISON);
    assert_says(s, "(SELECT status = 'failed' AND reason = 'POISON' FROM scheduled_calls)");
    assert_says(s, "NOT EXISTS (SELECT 1 FROM call_attempts)");
    assert_int_equal(dies(s, row), SUSPECT_GONE); /* a message more */
}

static void the_call_that_a_client_asked_for_fails_with_its_row(void **state)
{
    struct scene *s = *state;
    int64_t row = scene_row(s, ITALIAN);

    free(testdb_sql(s->db,
                    "INSERT INTO calls (tenant_id, call_id, scheduled_call_id, to_number) "
                    "VALUES (%lld, 'call_x', %lld, '" ITALIAN "')",
                    (long long)s->tenant, (long long)row));
    for (int i = 0; i < 3; i++)
        dies(s, row);
    assert_says(s, "(SELECT status = 'failed' AND outcome = 'POISON' FROM calls)");
}

static void from_its_third_run_on_a_suspect_is_alone_and_others_wait(void **state)
{
    struct scene *s = *state;
    int64_t one = scene_row(s, ITALIAN), other = scene_row(s, "+393497654321");
    struct op op = testdb_op(s->db, s->tenant);

    dies(s, one);
    dies(s, other);
    assert_int_equal(begun(&op, one), SUSPECT_RUNS);
    assert_int_equal(dies(s, other), SUSPECT_WAITS);
    assert_says(s,
                "(SELECT status = 'scheduled' AND reason = 'SUSPECT' AND crashes = 2 AND "
                "scheduled_at > now() FROM scheduled_calls WHERE id = %lld)",
                (long long)other);
    op_end(&op);
    free(testdb_sql(s->db, "UPDATE scheduled_calls SET scheduled_at = now()"));
    assert_int_equal(dies(s, other), SUSPECT_RUNS);
}

static void a_run_that_ended_is_forgotten(void **state)
{
    struct scene *s = *state;
    int64_t row = scene_row(s, GERMAN);

    for (int i = 0; i < 4; i++) {
        free(testdb_sql(s->db, "UPDATE scheduled_calls SET scheduled_at = now()"));
        assert_int_equal(dies(s, row), SUSPECT_RUNS);
        assert_int_equal(claimed(s, row), CLAIM_LATER);
        assert_says(s, "(SELECT crashes = 0 FROM scheduled_calls)");
    }
}

static void a_run_that_failed_without_a_death_is_forgotten(void **state)
{
    struct scene *s = *state;
    int64_t row = scene_row(s, ITALIAN);

    for (int i = 0; i < 4; i++) {
        struct op op = testdb_op(s->db, s->tenant);
        assert_int_equal(begun(&op, row), SUSPECT_RUNS);
        assert_false(fail_because(&op, E_SERVICE_UNAVAILABLE, "a test", "Not now"));
        suspect_acquit(&op, row);
        op_end(&op);
    }
    assert_says(s, "(SELECT crashes = 0 AND status = 'queued' FROM scheduled_calls)");
}

static void what_was_swept_is_suspect_however_often_it_was(void **state)
{
    struct scene *s = *state;
    struct op op = testdb_op(s->db, 0);

    scene_row(s, ITALIAN);
    for (int i = 0; i < 4; i++) {
        free(testdb_sql(s->db, "UPDATE scheduled_calls SET status = 'queued', "
                               "queued_at = now() - interval '1 hour'"));
        assert_ok(&op, dispatch_sweep(&op));
    }
    op_end(&op);
    assert_says(s, "(SELECT crashes = 1 AND status = 'scheduled' FROM scheduled_calls)");
}

static void only_a_suspects_message_says_so(void **state)
{
    struct scene *s = *state;
    int64_t row = scene_row(s, ITALIAN), other = scene_row(s, "+393497654321"), queued;
    struct op op = testdb_op(s->db, 0);
    int sleep_ms;

    free(testdb_sql(s->db, "UPDATE scheduled_calls SET crashes = 1 WHERE id = %lld",
                    (long long)row));
    free(testdb_sql(s->db, "DELETE FROM outbox"));
    assert_ok(&op, dispatch_due(&op, &queued, &sleep_ms));
    assert_int_equal(queued, 2);
    op_end(&op);
    assert_says(s,
                "(SELECT kwargs::jsonb = '{\"scheduled_call_id\": %lld, \"tenant_id\": %lld, "
                "\"suspect\": true}' FROM outbox WHERE dedupe_key = 'call:%lld')",
                (long long)row, (long long)s->tenant, (long long)row);
    assert_says(s,
                "(SELECT kwargs::jsonb = '{\"scheduled_call_id\": %lld, \"tenant_id\": %lld}' "
                "FROM outbox WHERE dedupe_key = 'call:%lld')",
                (long long)other, (long long)s->tenant, (long long)other);
}

/* Its attempt is the reconciler's: what may have been placed is not given up for dead. */
static void a_row_whose_call_is_in_doubt_is_left_alone(void **state)
{
    struct scene *s = *state;
    int64_t row = scene_row(s, ITALIAN);

    dies(s, row);
    dies(s, row);
    assert_int_equal(claimed(s, row), CLAIM_INTENT);
    assert_int_equal(dies(s, row), SUSPECT_GONE);
    assert_says(s, "(SELECT status = 'processing' AND crashes = 3 FROM scheduled_calls)");
}

static void let_the_lease_run_out(struct scene *s)
{
    struct op op = testdb_op(s->db, 0);
    int looked;

    free(testdb_sql(s->db, "UPDATE call_attempts SET look_at = now(), lease_until = now(), "
                           "dial_deadline = now() - interval '1 day', absent_listings = 9 "
                           "WHERE state = 'intent'"));
    assert_ok(&op, reconcile_due(&op, &looked));
    assert_int_equal(looked, 1);
    free(testdb_sql(s->db, "UPDATE call_attempts SET look_at = now() WHERE state = 'unknown'"));
    assert_ok(&op, reconcile_due(&op, &looked));
    op_end(&op);
    assert_says(s, "NOT EXISTS (SELECT 1 FROM call_attempts WHERE state <> 'refuted')");
    free(testdb_sql(s->db, "UPDATE scheduled_calls SET scheduled_at = now()"));
}

static void a_row_that_kills_after_its_intent_ends_when_the_doubt_is_over(void **state)
{
    struct scene *s = *state;
    int64_t row = scene_row(s, ITALIAN);

    assert_int_equal(claimed(s, row), CLAIM_INTENT);
    let_the_lease_run_out(s);
    for (int i = 0; i < 2; i++) {
        assert_says(s, "(SELECT status = 'scheduled' AND crashes = %d FROM scheduled_calls)",
                    i + 1);
        assert_int_equal(dies(s, row), SUSPECT_RUNS);
        assert_int_equal(claimed(s, row), CLAIM_INTENT);
        let_the_lease_run_out(s);
    }
    assert_int_equal(dies(s, row), SUSPECT_POISON);
    assert_says(s, "(SELECT status = 'failed' AND reason = 'POISON' FROM scheduled_calls)");
}

static void an_answer_that_is_recorded_acquits_its_row(void **state)
{
    struct scene *s = *state;
    int64_t row = scene_row(s, ITALIAN);

    dies(s, row);
    fake_answer(s->provider, (struct dial_answer){.result = DIAL_UNKNOWN, .message = "timeout"});
    scene_dial(s, s->tenant, row);
    assert_says(s, "(SELECT status = 'processing' AND crashes = 0 FROM scheduled_calls)");
}

static void another_tenants_row_is_nobodys_suspect(void **state)
{
    struct scene *s = *state;
    int64_t row = scene_row(s, ITALIAN);
    struct op op = testdb_op(s->db, scene_stranger(s));

    assert_int_equal(begun(&op, row), SUSPECT_GONE);
    op_end(&op);
    assert_says(s, "(SELECT crashes = 0 FROM scheduled_calls WHERE id = %lld)", (long long)row);
}

static bool kills(struct op *op, const struct provider *p, struct str body, const char **event,
                  struct provider_call *out)
{
    (void)op, (void)p, (void)body, (void)event, (void)out;
    _exit(0);
}

/* A process that reads the event as its last deed, or true when it never came to read it. */
static bool survives_the_event(struct scene *s)
{
    struct provider deadly = s->provider->provider;
    pid_t pid = fork();
    int status;

    if (pid == 0) {
        deadly.read_webhook = kills;
        struct app app = {
            .conf = &s->db->conf, .pool = pool_open(s->db->url, 1, 5000), .provider = &deadly};
        struct op op = {.app = &app, .request_id = "dying"};
        _exit(webhooks_try(&op, "fake_1") ? 1 : 2);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) != 2);
    return WEXITSTATUS(status) == 1;
}

static void leave_an_event(struct scene *s)
{
    struct op op = testdb_op(s->db, 0);
    bool stored;

    assert_ok(&op,
              webhook_store(&op, NULL,
                            str_of("{\"event\":\"call_ended\",\"call\":{\"call_id\":\"fake_1\","
                                   "\"call_status\":\"ended\"}}"),
                            &stored));
    op_end(&op);
}

static void an_event_that_killed_three_workers_is_set_aside_unread(void **state)
{
    struct scene *s = *state;

    leave_an_event(s);
    for (int i = 0; i < 3; i++) {
        assert_says(s, "(SELECT runs = %d AND applied_at IS NULL FROM webhook_inbox)", i);
        assert_false(survives_the_event(s));
    }
    assert_true(survives_the_event(s));
    assert_says(s, "(SELECT result = 'poison' AND applied_at IS NOT NULL FROM webhook_inbox)");
}

static void an_event_that_waits_for_its_call_is_no_suspect_however_often_it_is_tried(void **state)
{
    struct scene *s = *state;
    struct op op = testdb_op(s->db, 0);

    leave_an_event(s);
    for (int i = 0; i < 5; i++)
        assert_ok(&op, webhooks_try(&op, "fake_1"));
    op_end(&op);
    assert_says(s, "(SELECT runs = 0 AND applied_at IS NULL FROM webhook_inbox)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(a_row_that_killed_three_workers_fails_as_poison),
        SCENE(the_call_that_a_client_asked_for_fails_with_its_row),
        SCENE(from_its_third_run_on_a_suspect_is_alone_and_others_wait),
        SCENE(a_run_that_ended_is_forgotten),
        SCENE(a_run_that_failed_without_a_death_is_forgotten),
        SCENE(what_was_swept_is_suspect_however_often_it_was),
        SCENE(only_a_suspects_message_says_so),
        SCENE(a_row_whose_call_is_in_doubt_is_left_alone),
        SCENE(a_row_that_kills_after_its_intent_ends_when_the_doubt_is_over),
        SCENE(an_answer_that_is_recorded_acquits_its_row),
        SCENE(another_tenants_row_is_nobodys_suspect),
        SCENE(an_event_that_killed_three_workers_is_set_aside_unread),
        SCENE(an_event_that_waits_for_its_call_is_no_suspect_however_often_it_is_tried),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

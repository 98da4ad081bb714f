/* test_said_meanwhile.c - rows that come to be while somebody says no end at their claim. */

#include "common/base/clock.h"
#include "common/call/call.h"
#include "common/call/opt_out.h"
#include "common/store/db.h"
#include "queries.h"
#include "tests/support/scene.h"

#include <pthread.h>
#include <unistd.h>

static void said(struct op *op)
{
    assert_ok(op, db_commit(op));
    op_end(op);
}

/* It waits, is claimed, and is over: with its code, its decision, and no request. */
static void assert_refused_at_its_claim(struct scene *s, int64_t row, const char *code)
{
    struct op op = testdb_op(s->db, s->tenant);
    struct claim c;

    assert_says(s, "(SELECT status = 'scheduled' FROM scheduled_calls WHERE id = %lld)",
                (long long)row);
    assert_int_equal(scene_claim(&op, row, &c), CLAIM_NEVER);
    op_end(&op);
    assert_says(s,
                "(SELECT status = 'canceled' AND reason = '%s' FROM scheduled_calls WHERE id = "
                "%lld)",
                code, (long long)row);
    assert_says(s,
                "(SELECT count(*) = 1 AND bool_and(status = 'rejected' AND rejection_code = '%s' "
                "AND record IS NOT NULL) FROM compliance_checks WHERE scheduled_call_id = %lld)",
                code, (long long)row);
    assert_says(s, "NOT EXISTS (SELECT 1 FROM call_attempts)");
}

static void a_row_of_a_start_is_refused_when_an_opt_out_was_committed_beside_it(void **state)
{
    struct scene *s = *state;
    int64_t campaign = scene_campaign(s, s->tenant, scene_draft());

    scene_lead(s, s->tenant, campaign, ITALIAN);
    struct op writer = testdb_op(s->db, s->tenant);
    assert_ok(&writer, db_begin(&writer) && opt_out_write(&writer, ITALIAN, false));
    scene_start(s, s->tenant, campaign);
    said(&writer);
    assert_refused_at_its_claim(s, scene_first_row(s, campaign), "DNC_OPT_OUT");
}

static void a_row_of_a_start_is_refused_when_a_refusal_was_committed_beside_it(void **state)
{
    struct scene *s = *state;
    int64_t campaign = scene_campaign(s, s->tenant, scene_draft());
    int64_t other = scene_lead(s, s->tenant, 0, ITALIAN);
    struct rows rows;

    scene_lead(s, s->tenant, campaign, ITALIAN);
    struct op writer = testdb_op(s->db, s->tenant);
    const struct arg *no = ARGS(
        {"lead_id", sql_i64(&writer, other)}, {"status", "denied"}, {"basis", NULL},
        {"purpose", NULL}, {"text_version", NULL}, {"channels", NULL}, {"level", NULL},
        {"source", NULL}, {"evidence_hash", NULL}, {"occurred_at", NULL}, {"expires_at", NULL});
    assert_ok(&writer, db_begin(&writer) && db_query(&writer, &SQL_CONSENT_RECORD, no, &rows));
    scene_start(s, s->tenant, campaign);
    said(&writer);
    assert_refused_at_its_claim(s, scene_first_row(s, campaign), "CONSENT_DENIED");
}

static void *ask_for_a_call(void *arg)
{
    struct scene *s = arg;
    struct op op = testdb_op(s->db, s->tenant);
    struct outbound_request r = {
        .to_number = ITALIAN, .from_number = FAKE_NUMBER, .agent_id = FAKE_AGENT};
    struct outbound_reply reply;

    assert_ok(&op, call_outbound(&op, &r, &reply));
    op_end(&op);
    return NULL;
}

static void wait_until_somebody_waits_for_a_lock(struct scene *s)
{
    int64_t until = clock_mono_us() + 20 * 1000000;

    while (!scene_says(s, "(SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = "
                          "'advisory') > 0")) {
        assert_true(clock_mono_us() < until);
        usleep(2000);
    }
}

/* Decided before the word was there, inserted after it. */
static void a_call_that_was_asked_for_meanwhile_is_refused_and_says_so(void **state)
{
    struct scene *s = *state;
    pthread_t client;

    free(testdb_sql(s->db, "UPDATE platform_country_rules SET require_explicit_consent = false "
                           "WHERE country_iso = 'IT'"));
    struct op writer = testdb_op(s->db, s->tenant);
    assert_ok(&writer, db_begin(&writer) && opt_out_write(&writer, ITALIAN, false));
    assert_int_equal(pthread_create(&client, NULL, ask_for_a_call, s), 0);
    wait_until_somebody_waits_for_a_lock(s);
    said(&writer);
    pthread_join(client, NULL);
    assert_refused_at_its_claim(s, testdb_number(s->db, "SELECT id FROM scheduled_calls"),
                                "DNC_OPT_OUT");
    assert_says(s, "(SELECT status = 'canceled' AND outcome = 'DNC_OPT_OUT' FROM calls)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(a_row_of_a_start_is_refused_when_an_opt_out_was_committed_beside_it),
        SCENE(a_row_of_a_start_is_refused_when_a_refusal_was_committed_beside_it),
        SCENE(a_call_that_was_asked_for_meanwhile_is_refused_and_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_repeat.c - a request nobody answered for, sent once more: when, as what, and when not. */

#include "common/call/attempt.h"
#include "common/call/events.h"
#include "common/call/halt.h"
#include "common/call/idempotency.h"
#include "common/call/reconcile.h"
#include "common/store/db.h"
#include "tests/support/scene.h"

#include <pthread.h>

#define OTHER_NUMBER "+390287654321"

static const struct dial_answer silence = {.result = DIAL_UNKNOWN, .message = "timeout"};

static void prove(struct scene *s, int gap_seconds)
{
    free(testdb_sql(s->db,
                    "INSERT INTO idempotency_proofs (account, provider, gap_seconds) "
                    "VALUES ('fake', 'retell', %d)",
                    gap_seconds));
}

/* Keys are on and proven; a row whose keyed request was never answered. */
static int64_t unanswered_of(struct scene *s, struct campaign campaign)
{
    int64_t id;

    s->provider->takes_keys = true;
    prove(s, 3600);
    id = scene_running(s, s->tenant, campaign, 1);
    fake_answer(s->provider, silence);
    scene_dial(s, s->tenant, scene_first_row(s, id));
    assert_says(s, "(SELECT state = 'unknown' FROM call_attempts)");
    return scene_first_row(s, id);
}

static int64_t unanswered(struct scene *s)
{
    return unanswered_of(s, scene_draft());
}

static void pass_seconds(struct scene *s, int seconds)
{
    free(testdb_sql(s->db,
                    "UPDATE call_attempts SET created_at = created_at - make_interval(secs => "
                    "%d), dial_deadline = dial_deadline - make_interval(secs => %d), look_at = "
                    "now()",
                    seconds, seconds));
}

static void reconcile(struct scene *s)
{
    struct op op = testdb_op(s->db, 0);
    int looked;

    assert_ok(&op, reconcile_due(&op, &looked));
    op_end(&op);
}

/* What a worker does with the message; true when it sent the request again. */
static bool repeated(struct scene *s, int64_t row)
{
    struct op op = testdb_op(s->db, s->tenant);
    int before = s->provider->dials;
    struct claim c;

    assert_ok(&op, scheduled_call_claim(&op, row, &c));
    if (c.fate == CLAIM_INTENT)
        assert_ok(&op, call_dial(&op, &c));
    op_end(&op);
    assert_int_equal(s->provider->dials - before, c.fate == CLAIM_INTENT);
    return c.fate == CLAIM_INTENT;
}

static void assert_still_unknown(struct scene *s, int repeats)
{
    assert_says(s,
                "(SELECT count(*) = 1 AND bool_and(state = 'unknown' AND repeats = %d) "
                "FROM call_attempts)",
                repeats);
    assert_says(s, "(SELECT bool_and(status = 'processing' AND attempts = 1) FROM scheduled_calls "
                   "WHERE id IN (SELECT scheduled_call_id FROM call_attempts))");
}

static void by_default_no_request_has_a_key_and_none_is_sent_again(void **state)
{
    struct scene *s = *state;
    int64_t row = scene_row(s, ITALIAN);

    prove(s, 3600);
    fake_answer(s->provider, silence);
    scene_dial(s, s->tenant, row);
    assert_string_equal(s->provider->key, "");
    pass_seconds(s, 60);
    reconcile(s);
    assert_says(s, "(SELECT count(*) FROM outbox WHERE dedupe_key LIKE 'repeat:%%') = 0");
    assert_false(repeated(s, row));
    s->provider->takes_keys = true; /* switched on later: the first request had none */
    pass_seconds(s, 60);
    reconcile(s);
    assert_false(repeated(s, row));
    assert_still_unknown(s, 0);
}

static void an_unanswered_request_is_sent_again_as_the_same_attempt_with_the_same_key(void **state)
{
    struct scene *s = *state;
    int64_t row = unanswered(s);
    char metadata[2048], key[64];

    assert_says(s, "(SELECT id::text = '%s' FROM call_attempts)", s->provider->key);
    memcpy(metadata, s->provider->metadata, sizeof(metadata));
    memcpy(key, s->provider->key, sizeof(key));
    pass_seconds(s, 31);
    reconcile(s);
    assert_says(
        s,
        "(SELECT count(*) = 1 FROM outbox WHERE actor = 'process_scheduled_call' AND "
        "dedupe_key = 'repeat:%s' AND (kwargs::jsonb->>'scheduled_call_id')::bigint = %lld)",
        key, (long long)row);
    assert_true(repeated(s, row));
    assert_string_equal(s->provider->metadata, metadata);
    assert_string_equal(s->provider->key, key);
    assert_says(s, "(SELECT count(*) = 1 AND bool_and(state = 'accepted' AND n = 1 AND repeats = 1 "
                   "AND provider_call_id = 'fake_2') FROM call_attempts)");
    assert_says(s,
                "(SELECT status = 'processing' AND attempts = 1 AND compliance_check_id = (SELECT "
                "max(id) FROM compliance_checks) FROM scheduled_calls)");
    assert_says(s,
                "(SELECT count(*) FROM compliance_checks WHERE scheduled_call_id IS NOT NULL) = 2");
    assert_says(s, "(SELECT count(*) FROM calls) = 1");
    assert_false(repeated(s, row));
}

/* One thing is different from the case above. */
static void only_what_is_proven_for_this_account_and_this_long_is_sent_again(void **state)
{
    static const char *const differences[] = {
        "UPDATE call_attempts SET dial_deadline = now() - interval '24 seconds'",
        "UPDATE call_attempts SET created_at = now() - interval '51 minutes'",
        "UPDATE idempotency_proofs SET gap_seconds = 20",
        "UPDATE idempotency_proofs SET revoked_at = now()",
        "UPDATE idempotency_proofs SET proven_at = now() - interval '31 days'",
        "UPDATE idempotency_proofs SET account = 'other'",
        "DELETE FROM idempotency_proofs",
        "UPDATE call_attempts SET keyed_for = 'other'",
        "UPDATE call_attempts SET keyed_for = NULL",
        "UPDATE call_attempts SET state = 'intent'",
        "UPDATE tenants SET on_unknown = 'never_redial'",
    };
    struct scene *s = *state;
    int64_t row = unanswered(s);

    free(testdb_sql(s->db,
                    "CREATE TABLE a AS SELECT id, dial_deadline, created_at, keyed_for "
                    "FROM call_attempts; CREATE TABLE p AS SELECT * FROM idempotency_proofs"));
    for (size_t i = 0; i < ARRAY_LEN(differences); i++) {
        free(testdb_sql(s->db,
                        "UPDATE call_attempts SET state = 'unknown', keyed_for = a.keyed_for, "
                        "created_at = now() - interval '60 seconds', "
                        "dial_deadline = now() - interval '55 seconds' FROM a; "
                        "DELETE FROM idempotency_proofs; "
                        "INSERT INTO idempotency_proofs SELECT * FROM p; "
                        "UPDATE tenants SET on_unknown = 'redial'"));
        free(testdb_sql(s->db, "%s", differences[i]));
        if (repeated(s, row))
            fail_msg("repeated although: %s", differences[i]);
    }
    free(testdb_sql(s->db, "UPDATE tenants SET on_unknown = 'redial'"));
    assert_true(repeated(s, row));
}

static void halt(struct scene *s)
{
    struct op op = testdb_op(s->db, s->tenant);
    struct halt h = {.scope = DIALLING_TENANT, .cause = HALT_OPERATOR, .reason = "test"};

    assert_ok(&op, halt_set(&op, &h));
    op_end(&op);
}

static void every_gate_that_closed_keeps_it_from_being_sent_again(void **state)
{
    static const char *const gates[] = {
        "INSERT INTO dnc_entries (tenant_id, e164, source) SELECT tenant_id, to_number, 'manual' "
        "FROM call_attempts",
        "UPDATE campaigns SET status = 'paused'",
        "UPDATE campaigns SET status = 'completed'",
        "UPDATE leads SET consent_status = 'denied'",
        "UPDATE leads SET dead_reason = 'invalid'",
        "UPDATE leads SET country_iso = 'DE'", /* asleep */
        "UPDATE scheduled_calls SET valid_until = now()",
        "INSERT INTO tenant_budgets (tenant_id, limit_cents) SELECT tenant_id, 0 FROM "
        "call_attempts",
        "INSERT INTO halts (scope, cause, reason) VALUES ('platform', 'operator', 'test')",
        "INSERT INTO halts (scope, key, cause, reason) SELECT 'from_number', from_number, "
        "'breaker', "
        "'test' FROM call_attempts",
        "UPDATE dial_epoch SET frozen_at = now()",
    };
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(gates); i++) {
        void *fresh = NULL;
        assert_int_equal(scene_setup(&fresh), 0);
        struct scene *s = fresh;
        struct claim c;
        int64_t row = unanswered(s);
        struct op op = testdb_op(s->db, s->tenant);
        pass_seconds(s, 60);
        free(testdb_sql(s->db, "%s", gates[i]));
        if (scheduled_call_claim(&op, row, &c) && c.fate == CLAIM_INTENT)
            fail_msg("sent again although: %s", gates[i]);
        op_end(&op);
        assert_still_unknown(s, 0);
        scene_teardown(&fresh);
    }
}

static void what_is_no_acceptance_leaves_it_unknown_and_it_is_sent_ever_more_seldom(void **state)
{
    static const struct dial_answer answers[] = {
        {.result = DIAL_UNKNOWN, .message = "timeout"},
        {.result = DIAL_NEVER_SENT, .message = "no route"},
        {.result = DIAL_REJECTED, .refusal = REFUSAL_REQUEST, .http_status = 400},
        {.result = DIAL_REJECTED, .refusal = REFUSAL_BUSY, .http_status = 429},
    };
    struct scene *s = *state;
    int64_t row = unanswered(s);

    for (int i = 0; i < (int)ARRAY_LEN(answers); i++) {
        fake_answer(s->provider, answers[i]);
        pass_seconds(s, 5 + (25 << i) - 2);
        assert_false(repeated(s, row));
        pass_seconds(s, 3);
        assert_true(repeated(s, row));
        assert_still_unknown(s, i + 1);
    }
    pass_seconds(s, 600);
    assert_true(repeated(s, row));
    assert_says(s, "(SELECT state = 'accepted' AND repeats = 5 FROM call_attempts)");
}

static void a_repetition_that_is_refused_for_its_key_withdraws_the_proof(void **state)
{
    struct scene *s = *state;
    int64_t row = unanswered(s);

    fake_answer(s->provider, (struct dial_answer){.result = DIAL_REJECTED, .refusal = REFUSAL_KEY});
    pass_seconds(s, 31);
    assert_true(repeated(s, row));
    assert_still_unknown(s, 1);
    assert_says(s, "(SELECT revoked_at IS NOT NULL FROM idempotency_proofs)");
    pass_seconds(s, 600);
    assert_false(repeated(s, row));
}

/* Somebody who was held up tells what was so before the request was sent again. */
static void news_from_before_a_repetition_does_not_free_the_row(void **state)
{
    static const enum dial_event_kind late[] = {EVENT_REJECTED, EVENT_NEVER_SENT, EVENT_ABSENT,
                                                EVENT_UNRESOLVABLE};
    struct scene *s = *state;
    int64_t row = unanswered(s);
    struct op op = testdb_op(s->db, s->tenant);
    char *id = testdb_sql(s->db, "SELECT id FROM call_attempts");

    fake_answer(s->provider, silence);
    pass_seconds(s, 31);
    assert_true(repeated(s, row));
    for (size_t i = 0; i < ARRAY_LEN(late); i++) {
        const struct dial_event e = {.kind = late[i], .again = true};
        assert_ok(&op, attempt_tell(&op, id, &e, &(struct attempt_news){.evidence = "late"}));
        assert_still_unknown(s, 1);
    }
    const struct dial_event absent = {.kind = EVENT_ABSENT, .again = true};
    assert_ok(&op, attempt_tell(&op, id, &absent,
                                &(struct attempt_news){.evidence = "new", .repeats = 1}));
    assert_says(s, "(SELECT state = 'refuted' FROM call_attempts)");
    op_end(&op);
    free(id);
}

static void the_window_begins_anew_and_then_decides(void **state)
{
    struct scene *s = *state;
    int64_t row = unanswered(s);

    pass_seconds(s, 1300); /* twice the window: nearly over */
    free(testdb_sql(s->db, "UPDATE call_attempts SET absent_listings = 5"));
    fake_answer(s->provider, silence);
    assert_true(repeated(s, row));
    pass_seconds(s, 10);
    reconcile(s);
    assert_says(s, "(SELECT state = 'unknown' AND absent_listings = 1 FROM call_attempts)");
    free(testdb_sql(s->db, "UPDATE idempotency_proofs SET revoked_at = now()"));
    for (int i = 0; i < 6; i++) {
        pass_seconds(s, 300);
        reconcile(s);
    }
    assert_says(s, "(SELECT state = 'refuted' FROM call_attempts)");
    assert_says(s, "(SELECT status = 'scheduled' AND reason = 'NOT_PLACED' FROM scheduled_calls)");
}

static void an_attempt_does_not_count_against_itself(void **state)
{
    struct scene *s = *state;
    struct campaign c = scene_draft();

    c.max_calls_per_day = (struct opt_i64){true, 1};
    c.max_calls_per_hour = (struct opt_i64){true, 1};
    int64_t row = unanswered_of(s, c);
    free(testdb_sql(s->db, "INSERT INTO tenant_budgets (tenant_id, limit_cents, reserve_cents) "
                           "SELECT tenant_id, 50, 50 FROM call_attempts"));
    pass_seconds(s, 31);
    assert_true(repeated(s, row));
}

static void a_halt_waits_for_a_repetition_that_may_be_leaving(void **state)
{
    struct scene *s = *state;
    struct op op = testdb_op(s->db, s->tenant);
    int64_t row = unanswered(s);
    struct claim c;

    pass_seconds(s, 60);
    assert_ok(&op, scheduled_call_claim(&op, row, &c)); /* and its worker dies */
    assert_int_equal(c.repeats, 1);
    op_end(&op);
    free(testdb_sql(s->db, "UPDATE call_attempts SET dial_deadline = clock_timestamp() - "
                           "interval '500 ms'"));
    halt(s);
    assert_says(s, "(SELECT dial_deadline + interval '1 second' <= clock_timestamp() "
                   "FROM call_attempts)");
}

struct racer {
    struct scene *s;
    int64_t row;
    pthread_t thread;
    enum claim_fate fate;
};

static void *race(void *ctx)
{
    struct racer *r = ctx;
    struct op op = testdb_op(r->s->db, r->s->tenant);
    struct claim c;

    r->fate = scheduled_call_claim(&op, r->row, &c) ? c.fate : CLAIM_NEVER;
    op_end(&op);
    return NULL;
}

static void many_messages_repeat_it_once(void **state)
{
    struct scene *s = *state;
    int64_t row = unanswered(s);
    struct racer racers[8];
    int sent = 0;

    pass_seconds(s, 60);
    for (size_t i = 0; i < ARRAY_LEN(racers); i++) {
        racers[i] = (struct racer){.s = s, .row = row};
        pthread_create(&racers[i].thread, NULL, race, &racers[i]);
    }
    for (size_t i = 0; i < ARRAY_LEN(racers); i++) {
        pthread_join(racers[i].thread, NULL);
        sent += racers[i].fate == CLAIM_INTENT;
        assert_int_not_equal(racers[i].fate, CLAIM_NEVER);
    }
    assert_int_equal(sent, 1);
    assert_still_unknown(s, 1);
}

static void a_second_call_of_a_repeated_request_is_hung_up_and_ends_the_proof(void **state)
{
    struct scene *s = *state;
    int64_t row = unanswered(s);
    struct op op = testdb_op(s->db, 0);
    char metadata[100];
    bool matched;

    pass_seconds(s, 31);
    assert_true(repeated(s, row));
    snprintf(metadata, sizeof(metadata), "{\"aga_attempt\":\"%s\"}", s->provider->key);
    const struct provider_call twin = {.provider_call_id = "twin",
                                       .status = "ended",
                                       .disconnection_reason = "user_hangup",
                                       .metadata = {metadata},
                                       .cost_cents = -1};
    for (int i = 0; i < 2; i++) {
        assert_true(db_begin(&op));
        assert_ok(&op, call_apply(&op, "call_ended", &twin, &matched));
        assert_true(matched && db_commit(&op));
    }
    op_end(&op);
    assert_says(s,
                "(SELECT state = 'accepted' AND provider_call_id = 'fake_2' FROM call_attempts)");
    assert_says(s, "(SELECT provider_call_id = 'twin' AND stop_at IS NOT NULL FROM stray_calls)");
    assert_says(s, "(SELECT revoked_at IS NOT NULL FROM idempotency_proofs)");
}

/* ---- the proof ---- */

static const struct idempotency_test test = {FAKE_NUMBER, OTHER_NUMBER, FAKE_AGENT, 1};

static void own_other_number(struct scene *s)
{
    free(testdb_sql(s->db,
                    "INSERT INTO numbers (tenant_id, e164, status) VALUES (%lld, '%s', 'active')",
                    (long long)s->tenant, OTHER_NUMBER));
}

static void answer_with(struct scene *s, const char *first, const char *second)
{
    fake_answer(s->provider,
                (struct dial_answer){.result = DIAL_ACCEPTED, .provider_call_id = first});
    fake_answer(s->provider,
                (struct dial_answer){.result = DIAL_ACCEPTED, .provider_call_id = second});
}

static void the_same_call_twice_is_a_proof_and_the_call_is_hung_up(void **state)
{
    struct scene *s = *state;
    struct op op = testdb_op(s->db, s->tenant);

    own_other_number(s);
    answer_with(s, "one", "one");
    assert_ok(&op, idempotency_prove(&op, &test));
    op_end(&op);
    assert_says(s, "(SELECT account = 'fake' AND gap_seconds = 1 AND revoked_at IS NULL "
                   "FROM idempotency_proofs)");
    assert_says(s, "(SELECT count(*) = 1 AND bool_and(provider_call_id = 'one') FROM stray_calls)");
    assert_says(s, "(SELECT to_number = '%s' AND provider_call_id = 'one' FROM calls)",
                OTHER_NUMBER);
}

static void two_calls_are_none_and_both_are_hung_up(void **state)
{
    struct scene *s = *state;
    struct op op = testdb_op(s->db, s->tenant);

    prove(s, 3600); /* it was so once */
    own_other_number(s);
    answer_with(s, "one", "two");
    assert_fails(&op, E_PROVIDER_ERROR, idempotency_prove(&op, &test));
    op_end(&op);
    assert_says(s, "(SELECT revoked_at IS NOT NULL FROM idempotency_proofs)");
    assert_says(s, "(SELECT count(*) FROM stray_calls) = 2");
}

static void a_request_that_is_not_accepted_proves_nothing(void **state)
{
    struct scene *s = *state;
    struct op op = testdb_op(s->db, s->tenant);

    own_other_number(s);
    fake_answer(s->provider, silence);
    assert_fails(&op, E_PROVIDER_ERROR, idempotency_prove(&op, &test));
    assert_int_equal(s->provider->dials, 1);
    op_forgive(&op);
    fake_answer(s->provider,
                (struct dial_answer){.result = DIAL_ACCEPTED, .provider_call_id = "one"});
    fake_answer(s->provider,
                (struct dial_answer){.result = DIAL_REJECTED, .refusal = REFUSAL_BUSY});
    assert_fails(&op, E_PROVIDER_ERROR, idempotency_prove(&op, &test));
    op_end(&op);
    assert_says(s, "(SELECT count(*) FROM idempotency_proofs) = 0");
}

static void nobody_but_the_tenant_itself_is_called_for_a_proof(void **state)
{
    struct scene *s = *state;
    struct op op = testdb_op(s->db, s->tenant);

    assert_fails(&op, E_VALIDATION_ERROR, idempotency_prove(&op, &test));
    op_end(&op);
    own_other_number(s);
    op = testdb_op(s->db, scene_stranger(s));
    assert_fails(&op, E_VALIDATION_ERROR, idempotency_prove(&op, &test));
    op_end(&op);
    halt(s);
    op = testdb_op(s->db, s->tenant);
    assert_fails(&op, E_INVALID_STATE, idempotency_prove(&op, &test));
    op_end(&op);
    assert_int_equal(s->provider->dials, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(by_default_no_request_has_a_key_and_none_is_sent_again),
        SCENE(an_unanswered_request_is_sent_again_as_the_same_attempt_with_the_same_key),
        SCENE(only_what_is_proven_for_this_account_and_this_long_is_sent_again),
        cmocka_unit_test(every_gate_that_closed_keeps_it_from_being_sent_again),
        SCENE(what_is_no_acceptance_leaves_it_unknown_and_it_is_sent_ever_more_seldom),
        SCENE(a_repetition_that_is_refused_for_its_key_withdraws_the_proof),
        SCENE(news_from_before_a_repetition_does_not_free_the_row),
        SCENE(the_window_begins_anew_and_then_decides),
        SCENE(an_attempt_does_not_count_against_itself),
        SCENE(a_halt_waits_for_a_repetition_that_may_be_leaving),
        SCENE(many_messages_repeat_it_once),
        SCENE(a_second_call_of_a_repeated_request_is_hung_up_and_ends_the_proof),
        SCENE(the_same_call_twice_is_a_proof_and_the_call_is_hung_up),
        SCENE(two_calls_are_none_and_both_are_hung_up),
        SCENE(a_request_that_is_not_accepted_proves_nothing),
        SCENE(nobody_but_the_tenant_itself_is_called_for_a_proof),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

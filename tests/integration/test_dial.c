/* test_dial.c - one POST, and what its answer makes of the attempt, the row and the call. */

#include "common/call/dial.h"

#include "common/base/clock.h"
#include "common/base/json.h"
#include "tests/support/scene.h"

static void a_refused_dial_waits_longer_each_time_but_not_for_ever(void **state)
{
    static const struct {
        enum dial_refusal refusal;
        int attempt, retry_after, seconds;
    } cases[] = {
        {REFUSAL_NONE, 1, 0, 1},      {REFUSAL_NONE, 2, 0, 2},
        {REFUSAL_NONE, 5, 0, 16},     {REFUSAL_NONE, 8, 0, 128},
        {REFUSAL_NONE, 100, 0, 128},  {REFUSAL_NONE, 0, 0, 1},
        {REFUSAL_NONE, 1, 30, 30},    {REFUSAL_NONE, 8, 30, 128},
        {REFUSAL_NONE, 1, 9999, 300}, {REFUSAL_BUSY, 1, 0, 1},
        {REFUSAL_BUSY, 4, 0, 8},      {REFUSAL_BUSY, 100, 0, 8},
        {REFUSAL_BUSY, 100, 20, 20},  {REFUSAL_BUSY, 1, 9999, 300},
        {REFUSAL_UNPAID, 1, 0, 300},  {REFUSAL_CREDENTIALS, 1, 5, 300},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(
            dial_backoff_seconds(cases[i].refusal, cases[i].attempt, cases[i].retry_after),
            cases[i].seconds);
}

static void an_accepted_call_is_one_request_with_our_marks_in_it(void **state)
{
    struct scene *s = *state;
    int64_t row = scene_row(s, ITALIAN);
    struct op op = testdb_op(s->db, s->tenant);
    const struct cJSON *metadata;
    char number[32];

    scene_dial(s, s->tenant, row);
    assert_int_equal(s->provider->dials, 1);
    assert_says(s,
                "(SELECT state = 'accepted' AND provider_call_id = 'fake_1' AND http_status = 201 "
                "AND look_at > now() FROM call_attempts)");
    assert_says(s, "(SELECT r.status = 'processing' AND k.provider_call_id = 'fake_1' "
                   "FROM scheduled_calls r, calls k)");
    assert_ok(&op, json_parse(&op, str_of(s->provider->metadata), &metadata));
    char *attempt = testdb_sql(s->db, "SELECT id FROM call_attempts");
    assert_string_equal(json_get_string(metadata, "aga_attempt"), attempt);
    assert_string_equal(json_get_string(metadata, "aga_sig"), attempt_signature(&op, attempt, row));
    snprintf(number, sizeof(number), "%lld", (long long)row);
    assert_string_equal(json_get_string(metadata, "aga_sc"), number);
    snprintf(number, sizeof(number), "%lld", (long long)s->tenant);
    assert_string_equal(json_get_string(metadata, "aga_tenant"), number);
    free(attempt);
    op_end(&op);
}

static void a_signature_belongs_to_one_attempt_of_one_row_of_one_tenant(void **state)
{
    struct scene *s = *state;
    struct op one = testdb_op(s->db, 1), two = testdb_op(s->db, 2);
    const char *sig = attempt_signature(&one, "a", 1);

    assert_int_equal(strlen(sig), 32);
    assert_string_equal(sig, attempt_signature(&one, "a", 1));
    assert_string_not_equal(sig, attempt_signature(&one, "b", 1));
    assert_string_not_equal(sig, attempt_signature(&one, "a", 2));
    assert_string_not_equal(sig, attempt_signature(&two, "a", 1));
    op_end(&one);
    op_end(&two);
}

/* What each answer makes of the attempt, of its row and of its call; again in how many seconds. */
static void every_answer_leaves_its_mark(void **state)
{
    struct scene *s = *state;
    static const struct {
        struct dial_answer answer;
        const char *attempt, *row, *reason, *call;
        int again;
    } cases[] = {
        {{DIAL_REJECTED, REFUSAL_BUSY, 429, NULL, NULL, 7},
         "rejected",
         "scheduled",
         "PROVIDER_BUSY",
         "queued",
         7},
        {{DIAL_REJECTED, REFUSAL_UNPAID, 402, NULL, NULL, 0},
         "rejected",
         "scheduled",
         "PROVIDER_UNPAID",
         "queued",
         300},
        {{DIAL_REJECTED, REFUSAL_CREDENTIALS, 401, NULL, NULL, 0},
         "rejected",
         "scheduled",
         "PROVIDER_CREDENTIALS",
         "queued",
         300},
        {{DIAL_REJECTED, REFUSAL_NONE, 418, NULL, NULL, 0},
         "rejected",
         "scheduled",
         "PROVIDER_REFUSED",
         "queued",
         1},
        {{DIAL_REJECTED, REFUSAL_FROM_NUMBER, 404, NULL, NULL, 0},
         "rejected",
         "scheduled",
         "FROM_NUMBER_REFUSED",
         "queued",
         300},
        {{DIAL_REJECTED, REFUSAL_REQUEST, 422, NULL, NULL, 0},
         "rejected",
         "failed",
         "REQUEST_REFUSED",
         "failed",
         -1},
        {{DIAL_NEVER_SENT, REFUSAL_NONE, 0, NULL, "no route", 0},
         "refuted",
         "scheduled",
         "NEVER_SENT",
         "queued",
         1},
        {{DIAL_UNKNOWN, REFUSAL_NONE, 500, NULL, "oops", 0},
         "unknown",
         "processing",
         "",
         "queued",
         -1},
    };
    int64_t id = scene_running(s, s->tenant, scene_draft(), ARRAY_LEN(cases)),
            row = scene_first_row(s, id);

    for (size_t i = 0; i < ARRAY_LEN(cases); i++, row++) {
        fake_answer(s->provider, cases[i].answer);
        free(testdb_sql(s->db, "UPDATE halts SET lifted_at = now()")); /* of the case before */
        scene_dial(s, s->tenant, row);
        assert_says(s,
                    "(SELECT a.state || ' ' || r.status || ' ' || coalesce(r.reason, '') || ' ' || "
                    "k.status "
                    "FROM scheduled_calls r JOIN call_attempts a ON a.scheduled_call_id = r.id "
                    "JOIN calls k ON k.scheduled_call_id = r.id WHERE r.id = %lld) = '%s %s %s %s'",
                    (long long)row, cases[i].attempt, cases[i].row, cases[i].reason, cases[i].call);
        if (cases[i].again >= 0)
            assert_says(
                s,
                "(SELECT extract(epoch FROM scheduled_at - updated_at) BETWEEN %d - 1 AND %d + 1 "
                "FROM scheduled_calls WHERE id = %lld)",
                cases[i].again, cases[i].again, (long long)row);
    }
}

/* What stands still after each answer, and for whom. */
static void an_answer_that_speaks_against_somebody_makes_them_stand_still(void **state)
{
    struct scene *s = *state;
    static const struct {
        enum dial_refusal refusal;
        const char *halt;
    } cases[] = {
        {REFUSAL_UNPAID, "0 provider retell"},
        {REFUSAL_CREDENTIALS, "0 provider retell"},
        {REFUSAL_FROM_NUMBER, "1 from_number " FAKE_NUMBER},
        {REFUSAL_BUSY, ""},
        {REFUSAL_REQUEST, ""},
    };
    enum { N = sizeof(cases) / sizeof(cases[0]) };
    int64_t id = scene_running(s, s->tenant, scene_draft(), N + 1), row = scene_first_row(s, id);

    for (size_t i = 0; i < N; i++, row++) {
        free(testdb_sql(s->db, "DELETE FROM halts"));
        fake_answer(s->provider,
                    (struct dial_answer){.result = DIAL_REJECTED, .refusal = cases[i].refusal});
        scene_dial(s, s->tenant, row);
        assert_says(s,
                    "coalesce((SELECT coalesce(tenant_id, 0) || ' ' || scope || ' ' || key FROM "
                    "halts WHERE cause = 'breaker' AND probe_at > now()), '') = '%s'",
                    cases[i].halt);
    }
}

static void what_stands_still_is_not_claimed_and_goes_on_when_it_is_lifted(void **state)
{
    struct scene *s = *state;
    static const char *const halts[] = {
        "NULL, 'platform', ''",
        "1, 'tenant', ''",
        "1, 'country', 'IT'",
        "1, 'campaign', '1'",
        "NULL, 'provider', (SELECT provider FROM provider_limits)",
        "1, 'from_number', '" FAKE_NUMBER "'",
        "1, 'agent', '" FAKE_AGENT "'",
    };
    enum { N = sizeof(halts) / sizeof(halts[0]) };
    int64_t id = scene_running(s, s->tenant, scene_draft(), N), row = scene_first_row(s, id);

    assert_true(id == 1 && s->tenant == 1);
    for (size_t i = 0; i < N; i++) {
        struct op op = testdb_op(s->db, s->tenant);
        struct claim c;
        free(testdb_sql(s->db,
                        "INSERT INTO halts (tenant_id, scope, key, cause, reason) "
                        "VALUES (%s, 'operator', 'a test')",
                        halts[i]));
        assert_int_equal(scene_claim(&op, row + (int)i, &c), CLAIM_LATER);
        assert_says(s, "(SELECT reason FROM scheduled_calls WHERE id = %lld) = 'HALTED'",
                    (long long)row + (int)i);
        free(testdb_sql(s->db, "UPDATE halts SET lifted_at = now(); "
                               "UPDATE scheduled_calls SET scheduled_at = now() "
                               "WHERE reason = 'HALTED'"));
        assert_int_equal(scene_claim(&op, row + (int)i, &c), CLAIM_INTENT);
        op_end(&op);
    }
}

/* F12: it is asked at half the rate each time, at last once in ten seconds or so. */
static void a_provider_that_turns_us_away_is_asked_more_and_more_slowly(void **state)
{
    struct scene *s = *state;
    int64_t id = scene_running(s, s->tenant, scene_draft(), 12), row = scene_first_row(s, id);
    const struct dial_answer busy = {.result = DIAL_REJECTED,
                                     .refusal = REFUSAL_BUSY,
                                     .http_status = 429,
                                     .retry_after_seconds = 7};
    double before = 1000;

    for (int i = 0; i < 10; i++) {
        fake_answer(s->provider, busy);
        scene_dial(s, s->tenant, row + i);
        char *text = testdb_sql(s->db, "SELECT slow_per_second FROM provider_limits");
        double now = strtod(text, NULL);
        free(text);
        assert_true(now < before || now == 0.05);
        before = now;
        assert_says(s,
                    "(SELECT next_start_at > now() + interval '6 seconds' FROM provider_limits)");
        free(testdb_sql(s->db,
                        "UPDATE provider_limits SET slowed_at = slowed_at - interval '1.1 s'; "
                        "UPDATE call_attempts SET created_at = created_at - interval '2 s'"));
    }
    assert_true(before <= 0.06);
}

/* Five that are answered, five bad ones, and the sixth that makes them the most. */
static void storm(struct scene *s, struct dial_answer bad)
{
    int64_t id = scene_running(s, s->tenant, scene_draft(), 12), row = scene_first_row(s, id);

    for (int i = 0; i < 5; i++)
        scene_dial(s, s->tenant, row++);
    for (int i = 0; i < 5; i++) {
        fake_answer(s->provider, bad);
        scene_dial(s, s->tenant, row++);
        assert_says(s, "NOT EXISTS (SELECT 1 FROM halts)");
    }
    fake_answer(s->provider, bad);
    scene_dial(s, s->tenant, row);
    assert_says(s, "(SELECT scope = 'provider' AND key = 'retell' FROM halts)");
}

static void half_a_minute_of_silence_stops_the_provider_and_single_faults_do_not(void **state)
{
    storm(*state, (struct dial_answer){.result = DIAL_UNKNOWN, .http_status = 500});
}

/* F65: the rows wait; they are not tried ten times each and given up. */
static void a_provider_that_cannot_be_reached_is_stopped_too(void **state)
{
    storm(*state, (struct dial_answer){.result = DIAL_NEVER_SENT, .message = "no such name"});
}

/* Attempt by attempt the same refusal, until the row is no longer scheduled. */
static int attempts_until_it_ends(struct scene *s, struct dial_answer a, int most)
{
    int64_t row = scene_row(s, ITALIAN);

    free(testdb_sql(s->db, "UPDATE scheduled_calls SET attempts = %d", most - 3));
    for (int i = most - 2;; i++) {
        fake_answer(s->provider, a);
        scene_dial(s, s->tenant, row);
        if (!scene_says(s, "(SELECT status FROM scheduled_calls WHERE id = %lld) = 'scheduled'",
                        (long long)row))
            return i;
        if (i > most)
            return 0;
        free(testdb_sql(s->db, "UPDATE scheduled_calls SET scheduled_at = now()"));
    }
}

static void
a_row_no_request_leaves_for_ends_after_ten_attempts_and_a_full_provider_is_asked_on(void **state)
{
    struct scene *s = *state;

    assert_int_equal(attempts_until_it_ends(s, (struct dial_answer){.result = DIAL_NEVER_SENT}, 10),
                     10);
    free(testdb_sql(s->db, "DELETE FROM call_attempts; DELETE FROM calls"));
    assert_int_equal(
        attempts_until_it_ends(
            s, (struct dial_answer){.result = DIAL_REJECTED, .refusal = REFUSAL_BUSY}, 10),
        0);
}

static void an_intent_that_waited_too_long_is_not_sent(void **state)
{
    struct scene *s = *state;
    struct op op = testdb_op(s->db, s->tenant);
    int64_t row = scene_row(s, ITALIAN);
    struct claim c;

    assert_int_equal(scene_claim(&op, row, &c), CLAIM_INTENT);
    c.send_before_us = clock_boot_us() - 1;
    assert_ok(&op, call_dial(&op, &c));
    op_end(&op);
    assert_int_equal(s->provider->dials, 0);
    assert_says(s, "(SELECT state = 'refuted' FROM call_attempts)");
    assert_says(s, "(SELECT status = 'scheduled' AND reason = 'NEVER_SENT' FROM scheduled_calls)");
}

/* A refuted attempt of a row that waits, or that another attempt calls already. */
static void accept_late(struct scene *s, bool another_calls)
{
    struct op op = testdb_op(s->db, s->tenant);
    int64_t row = scene_row(s, ITALIAN);
    struct claim c;

    assert_int_equal(scene_claim(&op, row, &c), CLAIM_INTENT);
    free(testdb_sql(s->db, "UPDATE call_attempts SET state = 'refuted', look_at = NULL; "
                           "UPDATE scheduled_calls SET status = 'scheduled'"));
    if (another_calls)
        scene_dial(s, s->tenant, row);
    assert_ok(&op, attempt_record(&op, &c,
                                  &(struct dial_answer){.result = DIAL_ACCEPTED,
                                                        .http_status = 201,
                                                        .provider_call_id = "late"}));
    op_end(&op);
}

static void an_acceptance_after_the_refutation_takes_its_row_back(void **state)
{
    struct scene *s = *state;

    accept_late(s, false);
    assert_says(s, "(SELECT state = 'accepted' AND provider_call_id = 'late' AND look_at > now() "
                   "FROM call_attempts)");
    assert_says(s, "(SELECT status = 'processing' FROM scheduled_calls)");
    assert_says(s, "(SELECT status = 'queued' AND provider_call_id = 'late' FROM calls)");
}

static void an_acceptance_after_another_attempt_began_is_hung_up(void **state)
{
    struct scene *s = *state;

    accept_late(s, true);
    assert_says(s, "(SELECT state = 'accepted_late' AND stop_wanted AND look_at IS NOT NULL FROM "
                   "call_attempts WHERE n = 1)");
    assert_says(s, "(SELECT state FROM call_attempts WHERE n = 2) = 'accepted'");
    assert_says(s, "(SELECT provider_call_id FROM calls) = 'fake_1'");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refused_dial_waits_longer_each_time_but_not_for_ever),
        SCENE(an_accepted_call_is_one_request_with_our_marks_in_it),
        SCENE(a_signature_belongs_to_one_attempt_of_one_row_of_one_tenant),
        SCENE(every_answer_leaves_its_mark),
        SCENE(an_answer_that_speaks_against_somebody_makes_them_stand_still),
        SCENE(what_stands_still_is_not_claimed_and_goes_on_when_it_is_lifted),
        SCENE(a_provider_that_turns_us_away_is_asked_more_and_more_slowly),
        SCENE(half_a_minute_of_silence_stops_the_provider_and_single_faults_do_not),
        SCENE(a_provider_that_cannot_be_reached_is_stopped_too),
        SCENE(a_row_no_request_leaves_for_ends_after_ten_attempts_and_a_full_provider_is_asked_on),
        SCENE(an_intent_that_waited_too_long_is_not_sent),
        SCENE(an_acceptance_after_the_refutation_takes_its_row_back),
        SCENE(an_acceptance_after_another_attempt_began_is_hung_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

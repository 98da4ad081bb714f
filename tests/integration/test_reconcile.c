/* test_reconcile.c - what is asked of the provider when it tells nothing, and what follows. */

#include "common/base/clock.h"
#include "common/call/crosscheck.h"
#include "common/call/events.h"
#include "common/call/gauge.h"
#include "common/call/reconcile.h"
#include "common/provider/limits.h"
#include "common/store/db.h"
#include "tests/support/scene.h"

static const char *attempt_of(struct scene *s, int64_t row, char out[40])
{
    char *id = testdb_sql(s->db, "SELECT id FROM call_attempts WHERE scheduled_call_id = %lld",
                          (long long)row);

    snprintf(out, 40, "%s", id);
    free(id);
    return out;
}

/* The provider has a call of this attempt.  The metadata lives as long as the test. */
static struct provider_call *placed(struct scene *s, const char *id, const char *status,
                                    const char *attempt)
{
    static char metadata[FAKE_SCRIPT][100];
    int n = s->provider->n_calls;

    snprintf(metadata[n], sizeof(metadata[n]), "{\"aga_attempt\":\"%s\"}", attempt);
    fake_call(s->provider, (struct provider_call){.provider_call_id = id,
                                                  .status = status,
                                                  .metadata = {metadata[n]},
                                                  .cost_cents = -1});
    return &s->provider->calls[n];
}

static int reconcile(struct scene *s)
{
    struct op op = testdb_op(s->db, 0);
    int looked;

    assert_ok(&op, reconcile_due(&op, &looked));
    op_end(&op);
    return looked;
}

static void look_now(struct scene *s)
{
    free(testdb_sql(s->db, "UPDATE call_attempts SET look_at = now() WHERE look_at IS NOT NULL"));
}

/* A row whose request was sent and never answered. */
static int64_t unanswered(struct scene *s)
{
    int64_t row = scene_row(s, ITALIAN);

    fake_answer(s->provider, (struct dial_answer){.result = DIAL_UNKNOWN, .message = "timeout"});
    scene_dial(s, s->tenant, row);
    assert_says(s, "(SELECT state = 'unknown' AND look_at IS NOT NULL FROM call_attempts)");
    assert_says(s, "(SELECT status = 'processing' FROM scheduled_calls)");
    look_now(s);
    return row;
}

static void window_over(struct scene *s)
{
    free(testdb_sql(
        s->db, "UPDATE call_attempts SET dial_deadline = now() - make_interval(secs => %lld + 10)",
        (long long)s->db->conf.reconcile_window_seconds));
}

static void an_unanswered_call_that_the_provider_has_is_accepted_and_applied(void **state)
{
    struct scene *s = *state;
    int64_t row = unanswered(s);
    char attempt[40], metadata[100];

    snprintf(metadata, sizeof(metadata), "{\"aga_attempt\":\"%s\"}", attempt_of(s, row, attempt));
    fake_call(s->provider, (struct provider_call){.provider_call_id = "found",
                                                  .status = "registered",
                                                  .metadata = {metadata},
                                                  .cost_cents = -1});
    assert_int_equal(reconcile(s), 1);
    assert_says(s, "(SELECT state = 'accepted' AND provider_call_id = 'found' FROM call_attempts)");
    s->provider->calls[0].status = "not_connected";
    s->provider->calls[0].disconnection_reason = "dial_busy";
    look_now(s);
    assert_int_equal(reconcile(s), 1);
    assert_says(s, "(SELECT state = 'not_connected' AND look_at IS NULL FROM call_attempts)");
    assert_says(s, "(SELECT status = 'failed' AND reason = 'busy' FROM scheduled_calls WHERE "
                   "parent_id IS NULL)");
    assert_says(s, "(SELECT status = 'failed' AND outcome = 'busy' FROM calls)");
    assert_int_equal(reconcile(s), 0);
    assert_int_equal(s->provider->finds, 2);
    assert_int_equal(s->provider->dials, 1);
}

static void before_the_window_is_over_absence_proves_nothing(void **state)
{
    struct scene *s = *state;

    unanswered(s);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(reconcile(s), 1);
        assert_int_equal(reconcile(s), 0); /* the next listing is some time away */
        look_now(s);
    }
    assert_says(s, "(SELECT state = 'unknown' AND absent_listings = 5 FROM call_attempts)");
    assert_says(s, "(SELECT status = 'processing' FROM scheduled_calls)");
}

/* Another row, dialled and accepted by now; the provider shows its call. */
static struct provider_call *canary_sings(struct scene *s, const char *status)
{
    int64_t row = scene_row(s, "+393497654321");
    char attempt[40];

    scene_dial(s, s->tenant, row);
    free(testdb_sql(s->db, "UPDATE call_attempts SET look_at = now() + interval '1 day' "
                           "WHERE state = 'accepted'"));
    return placed(s, "fake_2", status, attempt_of(s, row, attempt));
}

static void look_at_unknown(struct scene *s)
{
    free(testdb_sql(s->db, "UPDATE call_attempts SET look_at = now() WHERE state = 'unknown'"));
}

static void three_listings_with_a_canary_after_the_window_set_the_row_free(void **state)
{
    struct scene *s = *state;
    int64_t row = unanswered(s);

    window_over(s);
    canary_sings(s, "registered");
    for (int i = 0; i < 3; i++) {
        assert_says(s, "(SELECT count(*) FROM call_attempts WHERE state = 'unknown') = 1");
        look_at_unknown(s);
        assert_int_equal(reconcile(s), 1);
    }
    assert_says(s,
                "(SELECT state = 'refuted' AND look_at IS NULL FROM call_attempts "
                "WHERE scheduled_call_id = %lld)",
                (long long)row);
    assert_says(s,
                "(SELECT status = 'scheduled' AND reason = 'NOT_PLACED' "
                "AND scheduled_at < now() + interval '5 seconds' FROM scheduled_calls WHERE id = "
                "%lld)",
                (long long)row);
    free(testdb_sql(s->db, "UPDATE scheduled_calls SET scheduled_at = now() WHERE id = %lld",
                    (long long)row));
    scene_dial(s, s->tenant, row);
    assert_says(s,
                "(SELECT array_agg(n || state ORDER BY n) FROM call_attempts WHERE "
                "scheduled_call_id = %lld) = '{1refuted,2accepted}'",
                (long long)row);
}

static void a_listing_that_does_not_show_the_canary_proves_nothing(void **state)
{
    struct scene *s = *state;

    unanswered(s);
    window_over(s);
    struct provider_call *canary = canary_sings(s, "registered");
    canary->metadata.text = NULL; /* the list is older than that call */
    for (int i = 0; i < 8; i++) {
        look_at_unknown(s);
        assert_int_equal(reconcile(s), 1);
    }
    assert_says(s, "(SELECT count(*) FROM call_attempts WHERE state = 'unknown' "
                   "AND absent_listings = 0) = 1");
}

static void without_any_later_call_a_second_window_and_six_listings_are_needed(void **state)
{
    struct scene *s = *state;

    unanswered(s);
    window_over(s);
    for (int i = 0; i < 8; i++) {
        look_now(s);
        assert_int_equal(reconcile(s), 1);
    }
    assert_says(s, "(SELECT state = 'unknown' AND absent_listings = 8 FROM call_attempts)");
    free(testdb_sql(s->db,
                    "UPDATE call_attempts SET absent_listings = 4, "
                    "dial_deadline = now() - make_interval(secs => 2 * %lld + 10)",
                    (long long)s->db->conf.reconcile_window_seconds));
    look_now(s);
    assert_int_equal(reconcile(s), 1);
    assert_says(s, "(SELECT state = 'unknown' FROM call_attempts)");
    look_now(s);
    assert_int_equal(reconcile(s), 1);
    assert_says(s, "(SELECT state = 'refuted' FROM call_attempts)");
}

/* Whatever keeps its requests from leaving, a dialler that dies of it: it does not go on for ever.
 */
static void a_row_whose_tenth_request_was_never_placed_fails(void **state)
{
    static const struct {
        int before;
        const char *status;
    } cases[] = {{8, "scheduled"}, {9, "failed"}};
    struct scene *s = *state;
    int64_t row = unanswered(s);

    free(testdb_sql(s->db, "UPDATE call_attempts SET n = 10"));
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        free(testdb_sql(s->db,
                        "DELETE FROM call_attempts WHERE n < 10;"
                        "INSERT INTO call_attempts (id, tenant_id, scheduled_call_id, call_id, n, "
                        "state, provider, to_number, dial_deadline, lease_until, absent_listings) "
                        "SELECT gen_random_uuid(), tenant_id, scheduled_call_id, call_id, g, "
                        "'refuted', provider, to_number, now(), now(), 3 "
                        "FROM call_attempts, generate_series(1, %d) g WHERE n = 10;"
                        "UPDATE scheduled_calls SET status = 'processing';"
                        "UPDATE call_attempts SET state = 'unknown', look_at = now(), "
                        "absent_listings = 5, dial_deadline = now() - interval '1 day' "
                        "WHERE n = 10",
                        cases[i].before));
        assert_int_equal(reconcile(s), 1);
        assert_says(s, "(SELECT state = 'refuted' FROM call_attempts WHERE n = 10)");
        assert_says(s,
                    "(SELECT status = '%s' AND reason = 'NOT_PLACED' FROM scheduled_calls "
                    "WHERE id = %lld)",
                    cases[i].status, (long long)row);
    }
    assert_says(s, "(SELECT status = 'failed' AND outcome = 'NOT_PLACED' FROM calls)");
}

static void many_unanswered_attempts_are_looked_for_by_one_request(void **state)
{
    struct scene *s = *state;
    int64_t id = scene_running(s, s->tenant, scene_draft(), 5), row = scene_first_row(s, id);

    for (int i = 0; i < 5; i++) {
        fake_answer(s->provider, (struct dial_answer){.result = DIAL_UNKNOWN});
        scene_dial(s, s->tenant, row + i);
    }
    look_now(s);
    assert_int_equal(reconcile(s), 5);
    assert_int_equal(s->provider->finds, 1);
}

static void of_two_calls_of_one_attempt_the_younger_is_hung_up(void **state)
{
    struct scene *s = *state;
    int64_t row = unanswered(s);
    char attempt[40];

    attempt_of(s, row, attempt);
    placed(s, "young", "registered", attempt);
    placed(s, "old", "ongoing", attempt)->started_at.us = 1767000000000000;
    reconcile(s);
    assert_says(s, "(SELECT state = 'ongoing' AND provider_call_id = 'old' FROM call_attempts)");
    assert_says(s, "(SELECT provider_call_id = 'young' AND stop_at IS NOT NULL FROM stray_calls)");
    assert_int_equal(s->provider->stops, 0); /* it cannot be hung up before it is going on */
    s->provider->calls[0].status = "ongoing";
    free(testdb_sql(s->db, "UPDATE stray_calls SET stop_at = now()"));
    reconcile(s);
    assert_int_equal(s->provider->stops, 1);
    assert_string_equal(s->provider->calls[0].status, "ended");
    assert_string_equal(s->provider->calls[1].status, "ongoing");
    free(testdb_sql(s->db, "UPDATE stray_calls SET stop_at = now()"));
    reconcile(s);
    assert_says(s, "(SELECT stop_at IS NULL FROM stray_calls)");
    assert_int_equal(s->provider->stops, 1);
}

static void a_row_whose_time_is_over_does_not_wait_for_a_list_that_never_comes(void **state)
{
    struct scene *s = *state;
    int64_t row = unanswered(s);
    char attempt[40];

    window_over(s);
    free(testdb_sql(s->db, "UPDATE scheduled_calls SET valid_until = now()"));
    s->provider->fails_with = E_PROVIDER_ERROR;
    assert_int_equal(reconcile(s), 1);
    assert_says(s, "(SELECT state = 'unresolved' AND look_at > now() FROM call_attempts)");
    assert_says(s, "(SELECT status = 'failed' AND reason = 'UNVERIFIED' FROM scheduled_calls)");
    s->provider->fails_with = E_NONE;
    look_now(s);
    reconcile(s);
    assert_says(s, "(SELECT state = 'unresolved' AND look_at > now() + interval '30 seconds' "
                   "FROM call_attempts)");
    free(testdb_sql(s->db, "UPDATE call_attempts SET created_at = now() - interval '8 days'"));
    look_now(s);
    reconcile(s);
    assert_says(s, "(SELECT look_at IS NULL FROM call_attempts)");
    attempt_of(s, row, attempt);
}

static void
silent_live_calls_are_asked_about_by_one_request_and_the_ended_ones_fetched(void **state)
{
    struct scene *s = *state;
    int64_t id = scene_running(s, s->tenant, scene_draft(), 3), row = scene_first_row(s, id);
    char attempt[40];

    for (int i = 0; i < 3; i++)
        scene_dial(s, s->tenant, row + i);
    placed(s, "fake_1", "ongoing", attempt_of(s, row, attempt));
    placed(s, "fake_2", "ended", attempt_of(s, row + 1, attempt));
    placed(s, "fake_3", "registered", attempt_of(s, row + 2, attempt));
    look_now(s);
    assert_int_equal(reconcile(s), 3);
    assert_says(s, "(SELECT array_agg(state ORDER BY scheduled_call_id) FROM call_attempts) = "
                   "'{ongoing,ended,accepted}'");
    assert_int_equal(s->provider->finds, 1);
    assert_int_equal(s->provider->gets, 1);
    assert_says(s, "(SELECT bool_and(look_at > now()) FROM call_attempts WHERE state <> 'ended')");
    assert_int_equal(reconcile(s), 0);
}

static void a_live_call_the_provider_forgot_holds_its_slot_for_an_hour(void **state)
{
    struct scene *s = *state;

    scene_dial(s, s->tenant, scene_row(s, ITALIAN));
    look_now(s);
    assert_int_equal(reconcile(s), 1);
    assert_says(s, "(SELECT state = 'accepted' AND look_at > now() FROM call_attempts)");
    free(testdb_sql(s->db, "UPDATE call_attempts SET created_at = now() - interval '2 hours'"));
    look_now(s);
    assert_int_equal(reconcile(s), 1);
    assert_says(s, "(SELECT state = 'ended' FROM call_attempts)");
}

static void a_call_that_shall_stop_is_hung_up_as_soon_as_it_is_going_on(void **state)
{
    struct scene *s = *state;
    int64_t row = scene_row(s, ITALIAN);
    char attempt[40];

    scene_dial(s, s->tenant, row);
    struct provider_call *call = placed(s, "fake_1", "registered", attempt_of(s, row, attempt));
    free(testdb_sql(s->db, "UPDATE call_attempts SET stop_wanted = true"));
    assert_int_equal(reconcile(s), 1);
    assert_int_equal(s->provider->stops, 0);
    assert_int_equal(reconcile(s), 0);
    call->status = "ongoing";
    free(testdb_sql(s->db, "UPDATE call_attempts SET stop_at = now()"));
    assert_int_equal(reconcile(s), 1);
    assert_int_equal(s->provider->stops, 1);
    free(testdb_sql(s->db, "UPDATE call_attempts SET stop_at = now()"));
    assert_int_equal(reconcile(s), 1);
    assert_says(s, "(SELECT NOT stop_wanted AND state = 'ended' FROM call_attempts)");
}

static void gauge(struct scene *s)
{
    struct op op = testdb_op(s->db, 0);

    assert_ok(&op, gauge_provider(&op));
    assert_ok(&op, gauge_probe(&op));
    op_end(&op);
}

static void gauge_now(struct scene *s)
{
    free(testdb_sql(s->db, "UPDATE chores SET due_at = now()"));
    gauge(s);
}

static void the_providers_limit_is_assumed_until_it_is_told_and_kept_after(void **state)
{
    struct scene *s = *state;

    s->db->conf.provider_max_live_calls = 7;
    s->db->conf.provider_starts_per_second = "2.5";
    s->provider->fails_with = E_PROVIDER_ERROR;
    gauge(s);
    assert_says(s, "(SELECT concurrency_limit = 7 AND told_at IS NULL AND starts_per_second = 2.5 "
                   "FROM provider_limits)");
    s->provider->fails_with = E_NONE;
    s->provider->concurrency = (struct provider_concurrency){5, 30, 3};
    gauge(s); /* not yet: it was asked a moment ago */
    assert_int_equal(s->provider->concurrency_asked, 1);
    scene_dial(s, s->tenant, scene_row(s, ITALIAN));
    gauge_now(s);
    assert_says(s, "(SELECT concurrency_limit = 30 AND reserved_inbound = 3 AND others_live = 4 "
                   "AND told_at IS NOT NULL FROM provider_limits)");
    s->provider->fails_with = E_PROVIDER_ERROR;
    gauge_now(s);
    assert_says(s, "(SELECT concurrency_limit = 30 FROM provider_limits)");
    s->provider->fails_with = E_NONE;
    s->provider->concurrency.current = 0; /* what we think live has ended there */
    gauge_now(s);
    assert_says(s, "(SELECT others_live = 0 FROM provider_limits)");
}

static void set_starts(struct scene *s, const char *rate)
{
    struct op op = testdb_op(s->db, 0);

    assert_ok(&op, provider_limits_set_starts(&op, "retell", rate));
    op_end(&op);
}

static void the_operators_rate_stands_whatever_the_setting_says_until_it_is_taken_back(void **state)
{
    static const char *const wrong[] = {"0", "-1", "fast", "5x", "", "inf", "nan", "1e9"};
    struct scene *s = *state;
    struct op op = testdb_op(s->db, 0);

    s->db->conf.provider_starts_per_second = "2.5";
    set_starts(s, "7.25");
    s->provider->fails_with = E_PROVIDER_ERROR; /* what is assumed */
    gauge(s);
    s->provider->fails_with = E_NONE; /* and what is told */
    s->provider->concurrency = (struct provider_concurrency){0, 30, 0};
    gauge_now(s);
    assert_says(s, "(SELECT starts_per_second = 7.25 AND starts_set_by = 'operator' AND "
                   "concurrency_limit = 30 FROM provider_limits)");
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        assert_fails(&op, E_VALIDATION_ERROR, provider_limits_set_starts(&op, "retell", wrong[i]));
        op_forgive(&op);
    }
    assert_fails(&op, E_RESOURCE_NOT_FOUND, provider_limits_set_starts(&op, "nobody", "1"));
    op_end(&op);
    set_starts(s, NULL);
    assert_says(s, "(SELECT starts_per_second = 2.5 AND starts_set_by = 'setting' FROM "
                   "provider_limits)");
    s->db->conf.provider_starts_per_second = "3";
    gauge_now(s);
    assert_says(s, "(SELECT starts_per_second = 3 FROM provider_limits)");
}

static void halt(struct scene *s, const char *scope, const char *key, const char *cause,
                 const char *probe_at)
{
    free(testdb_sql(s->db,
                    "INSERT INTO halts (scope, key, cause, reason, probe_at) "
                    "VALUES ('%s', '%s', '%s', 'test', %s)",
                    scope, key, cause, probe_at));
}

static void a_stopped_provider_is_probed_with_a_question_and_not_with_a_person(void **state)
{
    struct scene *s = *state;

    halt(s, "provider", "retell", "breaker", "now()");
    s->provider->fails_with = E_PROVIDER_ERROR;
    gauge(s);
    assert_says(s, "(SELECT lifted_at IS NULL AND probe_at > now() FROM halts)");
    s->provider->fails_with = E_NONE;
    gauge(s);
    assert_says(s, "(SELECT lifted_at IS NULL FROM halts)");
    free(testdb_sql(s->db, "UPDATE halts SET probe_at = now()"));
    gauge(s);
    assert_says(s, "(SELECT lifted_at IS NOT NULL FROM halts)");
    assert_int_equal(s->provider->dials, 0);
}

static void only_what_a_breaker_stopped_and_whose_time_has_come_is_lifted(void **state)
{
    struct scene *s = *state;

    halt(s, "from_number", FAKE_NUMBER, "breaker", "now()");
    halt(s, "agent", FAKE_AGENT, "breaker", "now() + interval '1 minute'");
    halt(s, "country", "IT", "breaker", "now()");
    halt(s, "provider", "retell", "operator", "NULL");
    gauge(s);
    assert_says(s, "(SELECT array_agg(scope) FROM halts WHERE lifted_at IS NOT NULL) = "
                   "'{from_number}'");
}

static void a_listing_that_failed_or_was_cut_short_does_not_count(void **state)
{
    struct scene *s = *state;

    unanswered(s);
    window_over(s);
    s->provider->fails_with = E_PROVIDER_ERROR;
    for (int i = 0; i < 6; i++) {
        if (i == 3) {
            s->provider->fails_with = E_NONE;
            s->provider->list_incomplete = true;
        }
        assert_int_equal(reconcile(s), 1);
        assert_says(
            s,
            "(SELECT look_at BETWEEN now() AND now() + interval '3 seconds' FROM call_attempts)");
        look_now(s);
    }
    assert_says(s, "(SELECT state = 'unknown' AND absent_listings = 0 FROM call_attempts)");
}

static void one_attempt_that_cannot_be_looked_at_does_not_hold_up_the_others(void **state)
{
    struct scene *s = *state;
    int64_t id = scene_running(s, s->tenant, scene_draft(), 2), row = scene_first_row(s, id);

    scene_dial(s, s->tenant, row);
    scene_dial(s, s->tenant, row + 1);
    fake_call(s->provider, (struct provider_call){.provider_call_id = "fake_2",
                                                  .status = "not_connected",
                                                  .disconnection_reason = "dial_no_answer",
                                                  .cost_cents = -1});
    look_now(s);
    assert_int_equal(reconcile(s), 2); /* fake_1 is not found there */
    assert_says(s, "(SELECT array_agg(state ORDER BY scheduled_call_id) FROM call_attempts) = "
                   "'{accepted,not_connected}'");
    assert_says(s, "(SELECT look_at IS NOT NULL FROM call_attempts WHERE state = 'accepted')");
}

static void an_intent_whose_worker_died_is_looked_for_when_its_lease_is_over(void **state)
{
    struct scene *s = *state;
    int64_t row = scene_row(s, ITALIAN);
    struct op op = testdb_op(s->db, s->tenant);
    struct claim c;

    assert_int_equal(scene_claim(&op, row, &c), CLAIM_INTENT);
    op_end(&op);
    assert_int_equal(reconcile(s), 0);
    free(testdb_sql(s->db, "UPDATE call_attempts SET lease_until = now(), look_at = now()"));
    assert_int_equal(reconcile(s), 1);
    assert_says(s, "(SELECT state = 'unknown' AND absent_listings = 1 FROM call_attempts)");
}

static void an_event_that_came_before_its_call_was_known_is_matched_later(void **state)
{
    struct scene *s = *state;
    struct op op = testdb_op(s->db, 0);
    bool stored;

    assert_ok(&op,
              webhook_store(&op, NULL,
                            STR("{\"event\":\"call_started\",\"call\":{\"call_id\":\"fake_1\","
                                "\"call_status\":\"ongoing\",\"start_timestamp\":1767000000000}}"),
                            &stored));
    assert_ok(&op, webhooks_apply(&op, "fake_1"));
    op_end(&op);
    scene_dial(s, s->tenant, scene_row(s, ITALIAN));
    reconcile(s);
    assert_says(s,
                "(SELECT applied_at IS NULL FROM webhook_inbox)"); /* its message may be coming */
    free(testdb_sql(s->db, "UPDATE webhook_inbox SET received_at = now() - interval '11 seconds'"));
    reconcile(s);
    assert_says(s, "(SELECT applied_at IS NOT NULL FROM webhook_inbox)");
    assert_says(s, "(SELECT state = 'ongoing' FROM call_attempts)");
    free(testdb_sql(s->db, "UPDATE webhook_inbox SET applied_at = now() - interval '8 days'; "
                           "UPDATE chores SET due_at = now()"));
    reconcile(s);
    assert_says(s, "(SELECT count(*) FROM webhook_inbox) = 0");
}

static void the_nightly_check_finds_and_repairs_differences_on_both_sides(void **state)
{
    struct scene *s = *state;
    struct op op = testdb_op(s->db, 0);
    int64_t id = scene_running(s, s->tenant, scene_draft(), 3), row = scene_first_row(s, id);
    char attempt[40];
    struct differences d;

    for (int i = 0; i < 3; i++)
        scene_dial(s, s->tenant, row + i);
    placed(s, "fake_1", "ended", attempt_of(s, row, attempt)); /* nobody told us */
    placed(s, "fake_2", "registered", attempt_of(s, row + 1, attempt));
    placed(s, "twin", "ongoing", attempt)->started_at.us = clock_now_us() - 180000000;
    placed(s, "orphan", "ended", "00000000-0000-4000-8000-000000000000")->started_at.us =
        clock_now_us() - 180000000;
    free(testdb_sql(s->db, "UPDATE call_attempts SET created_at = now() - interval '1 hour'"));
    assert_ok(&op, crosscheck(&op, 48, &d));
    op_end(&op);
    assert_int_equal(d.compared, 3);
    assert_int_equal(d.repaired, 1);
    assert_int_equal(d.attempt_missing, 1);
    assert_int_equal(d.placed_twice, 1);
    assert_int_equal(d.call_missing, 1); /* fake_3 */
    assert_says(s, "(SELECT array_agg(state ORDER BY scheduled_call_id) FROM call_attempts) = "
                   "'{ended,accepted,accepted}'");
    assert_says(s, "(SELECT provider_call_id = 'twin' FROM stray_calls)");
    op = testdb_op(s->db, 0);
    assert_ok(&op, crosscheck_lags(&op));
    op_end(&op);
}

/* What the provider has, from n on; but for one, so have we, and one more. */
static void many_of_both(struct scene *s, int n)
{
    s->provider->many = n;
    s->provider->many_from_us = clock_now_us() - 3600000000;
    free(testdb_sql(
        s->db,
        "SET session_replication_role = replica;"
        "INSERT INTO call_attempts (id, tenant_id, scheduled_call_id, call_id, n, state, provider, "
        "provider_call_id, to_number, dial_deadline, lease_until, created_at) "
        "SELECT " FAKE_MANY_ATTEMPT ", 1, i, i, 1, 'ended', 'retell', 'many_' || i, '+39', now(), "
        "now(), now() - interval '61 minutes' FROM generate_series(0, %d) i WHERE i <> 2345",
        n));
}

static void the_nightly_check_holds_a_page_of_the_providers_calls_at_once(void **state)
{
    struct scene *s = *state;
    struct op op = testdb_op(s->db, 0);
    struct differences d;

    many_of_both(s, 5000);
    assert_ok(&op, crosscheck(&op, 48, &d));
    op_end(&op);
    assert_int_equal(d.compared, 5000);
    assert_int_equal(d.attempt_missing, 1);
    assert_int_equal(d.call_missing, 1);
    assert_int_equal(d.repaired + d.placed_twice, 0);
    assert_true(s->provider->most_listed <= 1000);
}

static void seconds_until_the_next_check(struct scene *s, int least, int most)
{
    assert_says(s,
                "(SELECT due_at - now() BETWEEN make_interval(secs => %d) AND make_interval(secs "
                "=> %d) FROM chores WHERE name = 'crosscheck')",
                least, most);
}

static void a_nightly_check_that_failed_is_tried_again_in_the_same_night(void **state)
{
    struct scene *s = *state;
    struct op op = testdb_op(s->db, 0);

    s->provider->fails_with = E_PROVIDER_ERROR;
    assert_fails(&op, E_PROVIDER_ERROR, crosscheck_nightly(&op));
    op_end(&op);
    seconds_until_the_next_check(s, 1, 900);
    s->provider->fails_with = E_NONE;
    free(testdb_sql(s->db, "UPDATE chores SET due_at = now()"));
    op = testdb_op(s->db, 0);
    assert_ok(&op, crosscheck_nightly(&op));
    op_end(&op);
    seconds_until_the_next_check(s, 80000, 86400);
}

static void a_phone_whose_call_may_go_on_unseen_is_not_dialled_for_another_row(void **state)
{
    struct scene *s = *state;

    unanswered(s);
    window_over(s);
    free(testdb_sql(s->db, "UPDATE scheduled_calls SET valid_until = now()"));
    s->provider->fails_with = E_PROVIDER_ERROR;
    reconcile(s);
    s->provider->fails_with = E_NONE;
    assert_says(s, "(SELECT state FROM call_attempts) = 'unresolved'");
    struct op op = testdb_op(s->db, s->tenant);
    struct claim c;
    assert_int_equal(scene_claim(&op, scene_row(s, ITALIAN), &c), CLAIM_LATER);
    op_end(&op);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(a_phone_whose_call_may_go_on_unseen_is_not_dialled_for_another_row),
        SCENE(an_unanswered_call_that_the_provider_has_is_accepted_and_applied),
        SCENE(before_the_window_is_over_absence_proves_nothing),
        SCENE(three_listings_with_a_canary_after_the_window_set_the_row_free),
        SCENE(a_listing_that_does_not_show_the_canary_proves_nothing),
        SCENE(without_any_later_call_a_second_window_and_six_listings_are_needed),
        SCENE(a_row_whose_tenth_request_was_never_placed_fails),
        SCENE(many_unanswered_attempts_are_looked_for_by_one_request),
        SCENE(of_two_calls_of_one_attempt_the_younger_is_hung_up),
        SCENE(a_row_whose_time_is_over_does_not_wait_for_a_list_that_never_comes),
        SCENE(silent_live_calls_are_asked_about_by_one_request_and_the_ended_ones_fetched),
        SCENE(a_live_call_the_provider_forgot_holds_its_slot_for_an_hour),
        SCENE(a_call_that_shall_stop_is_hung_up_as_soon_as_it_is_going_on),
        SCENE(the_providers_limit_is_assumed_until_it_is_told_and_kept_after),
        SCENE(the_operators_rate_stands_whatever_the_setting_says_until_it_is_taken_back),
        SCENE(a_stopped_provider_is_probed_with_a_question_and_not_with_a_person),
        SCENE(an_event_that_came_before_its_call_was_known_is_matched_later),
        SCENE(the_nightly_check_finds_and_repairs_differences_on_both_sides),
        SCENE(the_nightly_check_holds_a_page_of_the_providers_calls_at_once),
        SCENE(a_nightly_check_that_failed_is_tried_again_in_the_same_night),
        SCENE(only_what_a_breaker_stopped_and_whose_time_has_come_is_lifted),
        SCENE(a_listing_that_failed_or_was_cut_short_does_not_count),
        SCENE(one_attempt_that_cannot_be_looked_at_does_not_hold_up_the_others),
        SCENE(an_intent_whose_worker_died_is_looked_for_when_its_lease_is_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

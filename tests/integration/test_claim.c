/* test_claim.c - from a due row to one committed intent, whoever else is at work. */

#include "common/call/claim.h"

#include "common/base/clock.h"
#include "common/call/dispatch.h"
#include "common/compliance/dnc.h"
#include "common/store/db.h"
#include "queries.h"
#include "tests/support/scene.h"

#include <pthread.h>

static int64_t dispatch(struct scene *s)
{
    struct op op = testdb_op(s->db, 0);
    int64_t queued;
    int sleep_ms;

    assert_ok(&op, dispatch_due(&op, &queued, &sleep_ms));
    assert_true(sleep_ms >= 1 && sleep_ms <= s->db->conf.dispatch_poll_ms);
    op_end(&op);
    return queued;
}

static void assert_queued(struct scene *s, const char *where, int n)
{
    assert_says(s, "(SELECT count(*) FROM scheduled_calls WHERE status = 'queued' AND %s) = %d",
                where, n);
}

static void every_due_row_is_queued_once_with_one_message(void **state)
{
    struct scene *s = *state;

    scene_running(s, s->tenant, scene_draft(), 3);
    free(testdb_sql(s->db, "UPDATE scheduled_calls SET scheduled_at = now() + interval '1 hour' "
                           "WHERE id = (SELECT max(id) FROM scheduled_calls)"));
    assert_int_equal(dispatch(s), 2);
    assert_int_equal(dispatch(s), 0);
    assert_queued(s, "queued_at IS NOT NULL", 2);
    assert_says(
        s,
        "(SELECT array_agg((kwargs::jsonb->>'scheduled_call_id')::bigint ORDER BY id) FROM outbox "
        "WHERE actor = 'process_scheduled_call') = "
        "(SELECT array_agg(id ORDER BY id) FROM scheduled_calls WHERE status = 'queued')");
}

static void a_tenants_live_calls_are_capped_whatever_they_are_doing(void **state)
{
    struct scene *s = *state;

    s->db->conf.tenant_max_live_calls = 3;
    int64_t id = scene_running(s, s->tenant, scene_draft(), 6);
    scene_dial(s, s->tenant, scene_first_row(s, id));
    assert_int_equal(dispatch(s), 2);
    free(testdb_sql(s->db,
                    "UPDATE scheduled_calls SET status = 'done' WHERE status = 'processing'"));
    assert_int_equal(dispatch(s), 1);
    assert_int_equal(dispatch(s), 0);
}

static void a_big_tenant_does_not_hold_up_a_small_one(void **state)
{
    struct scene *s = *state;
    int64_t stranger = scene_stranger(s);

    s->db->conf.tenant_max_live_calls = 5;
    int64_t big = scene_running(s, s->tenant, scene_draft(), 40);
    int64_t small = scene_running(s, stranger, scene_draft(), 3);
    assert_int_equal(dispatch(s), 8);
    assert_says(
        s,
        "(SELECT count(*) FROM scheduled_calls WHERE status = 'queued' AND campaign_id = %lld) = 5",
        (long long)big);
    assert_says(
        s,
        "(SELECT count(*) FROM scheduled_calls WHERE status = 'queued' AND campaign_id = %lld) = 3",
        (long long)small);
    assert_says(s,
                "(SELECT bool_and(o.tenant_id = r.tenant_id) FROM outbox o JOIN scheduled_calls r "
                "ON o.dedupe_key = 'call:' || r.id)");
}

static void a_tenants_campaigns_share_its_room_in_turn(void **state)
{
    struct scene *s = *state;

    s->db->conf.tenant_max_live_calls = 6;
    int64_t first = scene_running(s, s->tenant, scene_draft(), 10);
    int64_t second = scene_running(s, s->tenant, scene_draft(), 10);
    free(testdb_sql(s->db,
                    "UPDATE scheduled_calls SET scheduled_at = scheduled_at - interval '1 hour' "
                    "WHERE campaign_id = %lld",
                    (long long)first));
    assert_int_equal(dispatch(s), 6);
    assert_says(
        s,
        "(SELECT count(*) FROM scheduled_calls WHERE status = 'queued' AND campaign_id = %lld) = 3",
        (long long)second);
}

static void a_campaign_with_spacing_gets_one_row_at_a_time(void **state)
{
    struct scene *s = *state;
    struct campaign c = scene_draft();

    c.spacing_seconds = 60;
    int64_t id = scene_running(s, s->tenant, c, 3);
    assert_int_equal(dispatch(s), 1);
    assert_int_equal(dispatch(s), 0);
    scene_dial(s, s->tenant, scene_first_row(s, id));
    assert_int_equal(dispatch(s), 0); /* its pace does not allow the next yet */
    free(testdb_sql(s->db, "UPDATE campaign_pacing SET next_call_at = now()"));
    assert_int_equal(dispatch(s), 1);
}

static void the_dispatcher_wakes_for_the_next_paced_call(void **state)
{
    struct scene *s = *state;
    struct op op = testdb_op(s->db, 0);
    int64_t queued;
    int sleep_ms;

    s->db->conf.dispatch_poll_ms = 60000;
    scene_running(s, s->tenant, scene_draft(), 1);
    free(testdb_sql(
        s->db, "UPDATE campaign_pacing SET next_call_at = clock_timestamp() + interval '5 s'"));
    assert_ok(&op, dispatch_due(&op, &queued, &sleep_ms));
    assert_int_equal(queued, 0);
    assert_true(sleep_ms > 0 && sleep_ms <= 5001);
    op_end(&op);
}

static void rows_of_campaigns_that_do_not_run_stay_where_they_are(void **state)
{
    struct scene *s = *state;
    static const char *const not_running[] = {"paused", "scheduled", "cancelled", "completed"};

    scene_running(s, s->tenant, scene_draft(), 1);
    for (size_t i = 0; i < ARRAY_LEN(not_running); i++) {
        free(testdb_sql(s->db, "UPDATE campaigns SET status = '%s'", not_running[i]));
        assert_int_equal(dispatch(s), 0);
    }
    free(testdb_sql(
        s->db, "UPDATE campaigns SET status = 'running'; UPDATE tenants SET status = 'suspended'"));
    assert_int_equal(dispatch(s), 0);
    free(testdb_sql(s->db, "UPDATE tenants SET status = 'active'"));
    assert_int_equal(dispatch(s), 1);
}

static void *dispatch_often(void *arg)
{
    struct scene *s = arg;

    for (int i = 0; i < 10; i++) {
        struct op op = testdb_op(s->db, 0);
        int64_t queued;
        int sleep_ms;
        if (!dispatch_due(&op, &queued, &sleep_ms))
            abort();
        op_end(&op);
    }
    return NULL;
}

static void dispatchers_at_once_stay_below_the_cap(void **state)
{
    struct scene *s = *state;
    pthread_t threads[4];

    s->db->conf.tenant_max_live_calls = 7;
    scene_running(s, s->tenant, scene_draft(), 60);
    for (int round = 1; round <= 6; round++) {
        for (size_t i = 0; i < ARRAY_LEN(threads); i++)
            assert_int_equal(pthread_create(&threads[i], NULL, dispatch_often, s), 0);
        for (size_t i = 0; i < ARRAY_LEN(threads); i++)
            pthread_join(threads[i], NULL);
        assert_queued(s, "true", 7);
        assert_says(s, "(SELECT count(*) FROM outbox WHERE actor = 'process_scheduled_call') = %d",
                    7 * round);
        free(testdb_sql(s->db,
                        "UPDATE scheduled_calls SET status = 'done' WHERE status = 'queued'"));
    }
}

static void a_row_whose_message_was_lost_is_put_back(void **state)
{
    struct scene *s = *state;
    struct op op = testdb_op(s->db, 0);

    scene_running(s, s->tenant, scene_draft(), 2);
    assert_int_equal(dispatch(s), 2);
    free(
        testdb_sql(s->db,
                   "UPDATE scheduled_calls SET queued_at = now() - make_interval(secs => %lld + 1) "
                   "WHERE id = (SELECT min(id) FROM scheduled_calls)",
                   (long long)s->db->conf.claim_timeout_seconds));
    assert_ok(&op, dispatch_sweep(&op));
    op_end(&op);
    assert_queued(s, "true", 1);
    free(testdb_sql(s->db, "DELETE FROM outbox"));
    assert_int_equal(dispatch(s), 1);
    assert_says(s, "(SELECT count(*) FROM outbox) = 1");
}

static void an_intent_is_one_attempt_one_call_and_one_check(void **state)
{
    struct scene *s = *state;
    int64_t row = scene_row(s, ITALIAN);
    struct op op = testdb_op(s->db, s->tenant), again = testdb_op(s->db, s->tenant);
    struct claim c, second;

    assert_int_equal(scene_claim(&op, row, &c), CLAIM_INTENT);
    assert_string_equal(c.to_number, ITALIAN);
    assert_string_equal(c.from_number, FAKE_NUMBER);
    assert_string_equal(c.agent_id, FAKE_AGENT);
    assert_int_equal(c.attempt, 1);
    assert_says(
        s,
        "(SELECT id::text = '%s' AND state = 'intent' AND n = 1 AND dial_deadline > created_at "
        "AND lease_until > dial_deadline FROM call_attempts)",
        c.attempt_id);
    assert_says(s, "(SELECT k.status = 'queued' AND k.compliance_status IN ('approved', 'warning') "
                   "AND k.compliance_check_id = h.id AND h.scheduled_call_id = r.id AND r.status = "
                   "'processing' "
                   "AND r.attempts = 1 AND r.compliance_check_id = h.id "
                   "FROM calls k, compliance_checks h, scheduled_calls r)");
    assert_true(c.send_before_us > clock_boot_us());
    assert_int_equal(scene_claim(&again, row, &second), CLAIM_GONE);
    assert_says(s, "(SELECT count(*) FROM call_attempts) = 1");
    op_end(&again);
    op_end(&op);
}

static enum claim_fate fate(struct scene *s, int64_t tenant, int64_t row)
{
    struct op op = testdb_op(s->db, tenant);
    struct claim c;
    enum claim_fate f = scene_claim(&op, row, &c);

    op_end(&op);
    return f;
}

static void a_row_that_is_ended_not_due_foreign_or_missing_is_gone(void **state)
{
    struct scene *s = *state;
    static const char *const ended[] = {"processing", "done", "failed", "canceled"};
    int64_t row = scene_row(s, ITALIAN);

    assert_int_equal(fate(s, scene_stranger(s), row), CLAIM_GONE);
    assert_int_equal(fate(s, s->tenant, row + 1000), CLAIM_GONE);
    for (size_t i = 0; i < ARRAY_LEN(ended); i++) {
        free(testdb_sql(s->db, "UPDATE scheduled_calls SET status = '%s'", ended[i]));
        assert_int_equal(fate(s, s->tenant, row), CLAIM_GONE);
    }
    free(testdb_sql(s->db, "UPDATE scheduled_calls SET status = 'scheduled', scheduled_at = now() "
                           "+ interval '1 minute'"));
    assert_int_equal(fate(s, s->tenant, row), CLAIM_GONE);
    assert_says(s, "NOT EXISTS (SELECT 1 FROM call_attempts) AND NOT EXISTS (SELECT 1 FROM "
                   "compliance_checks)");
}

static void assert_row(struct scene *s, int64_t row, const char *status, const char *reason)
{
    assert_says(s,
                "(SELECT status || ' ' || coalesce(reason, '') FROM scheduled_calls WHERE id = "
                "%lld) = '%s %s'",
                (long long)row, status, reason);
}

static void a_paused_campaign_takes_its_row_back_and_a_stopped_one_ends_it(void **state)
{
    struct scene *s = *state;
    int64_t row = scene_row(s, ITALIAN);

    assert_int_equal(dispatch(s), 1);
    free(testdb_sql(s->db, "UPDATE campaigns SET status = 'paused'"));
    assert_int_equal(fate(s, s->tenant, row), CLAIM_LATER);
    assert_row(s, row, "scheduled", "CAMPAIGN_PAUSED");
    free(testdb_sql(s->db, "UPDATE campaigns SET status = 'cancelled'"));
    assert_int_equal(fate(s, s->tenant, row), CLAIM_NEVER);
    assert_row(s, row, "canceled", "CAMPAIGN_STOPPED");
    assert_says(s, "NOT EXISTS (SELECT 1 FROM call_attempts)");
}

static void list(struct scene *s, const char *phone)
{
    struct op op = testdb_op(s->db, s->tenant);
    struct dnc_entry e = {.e164 = phone, .source = DNC_MANUAL};

    assert_ok(&op, dnc_add(&op, &e));
    op_end(&op);
}

static void what_changed_since_the_row_was_made_counts_and_is_recorded(void **state)
{
    struct scene *s = *state;
    int64_t id = scene_running(s, s->tenant, scene_draft(), 2), row = scene_first_row(s, id);
    char phone[16];

    list(s, scene_phone(phone, (int)id * 1000));
    assert_int_equal(fate(s, s->tenant, row), CLAIM_NEVER);
    assert_row(s, row, "canceled", "DNC_INTERNAL");
    assert_says(s,
                "(SELECT rejection_code FROM compliance_checks WHERE scheduled_call_id = %lld) = "
                "'DNC_INTERNAL'",
                (long long)row);
    free(testdb_sql(s->db, "UPDATE leads SET consent_status = 'denied'"));
    free(testdb_sql(s->db, /* made while the refusal came: it was not there to be called off */
                    "UPDATE scheduled_calls SET status = 'scheduled', reason = NULL "
                    "WHERE id = %lld",
                    (long long)row + 1));
    assert_int_equal(fate(s, s->tenant, row + 1), CLAIM_NEVER);
    assert_row(s, row + 1, "canceled", "CONSENT_DENIED");
    assert_says(s, "NOT EXISTS (SELECT 1 FROM call_attempts)");
}

static void a_number_asleep_goes_back_until_it_wakes(void **state)
{
    struct scene *s = *state;
    int64_t row = scene_row(s, GERMAN);

    free(testdb_sql(s->db, "UPDATE scheduled_calls SET scheduled_at = now(), reason = NULL"));
    assert_int_equal(fate(s, s->tenant, row), CLAIM_LATER);
    assert_row(s, row, "scheduled", "QUIET_HOURS");
    assert_says(
        s,
        "(SELECT r.scheduled_at = h.next_allowed_at AND h.rejection_code = 'QUIET_HOURS' "
        "AND r.scheduled_at BETWEEN now() + interval '110 minutes' AND now() + interval '2 hours' "
        "FROM scheduled_calls r, compliance_checks h)");
}

static void a_row_past_its_time_fails_as_expired(void **state)
{
    struct scene *s = *state;
    int64_t row = scene_row(s, ITALIAN);

    free(testdb_sql(s->db, "UPDATE scheduled_calls SET valid_until = now() - interval '1 second'"));
    assert_int_equal(fate(s, s->tenant, row), CLAIM_NEVER);
    assert_row(s, row, "failed", "EXPIRED");
}

/* The first row is called; the second must wait until the instant SQL says, and with it the lane.
 */
static void assert_lane_held(struct scene *s, struct campaign c, const char *reason,
                             const char *until)
{
    int64_t id = scene_running(s, s->tenant, c, 3), row = scene_first_row(s, id);

    assert_int_equal(fate(s, s->tenant, row), CLAIM_INTENT);
    assert_int_equal(fate(s, s->tenant, row + 1), CLAIM_LATER);
    assert_row(s, row + 1, "scheduled", reason);
    assert_says(
        s,
        "(SELECT abs(extract(epoch FROM r.scheduled_at - %s)) < 2 AND p.next_call_at >= "
        "r.scheduled_at "
        "FROM scheduled_calls r JOIN campaign_pacing p USING (campaign_id) WHERE r.id = %lld)",
        until, (long long)row + 1);
    assert_int_equal(dispatch(s), 0);
}

static void spacing_holds_the_lane(void **state)
{
    struct campaign c = scene_draft();

    c.spacing_seconds = 90;
    assert_lane_held(*state, c, "SPACING", "(now() + interval '90 seconds')");
}

static void the_hourly_cap_holds_the_lane_until_the_oldest_call_is_an_hour_old(void **state)
{
    struct campaign c = scene_draft();

    c.max_calls_per_hour = (struct opt_i64){true, 1};
    assert_lane_held(*state, c, "MAX_CALLS_PER_HOUR", "(now() + interval '1 hour')");
}

static void the_daily_cap_holds_the_lane_until_midnight_in_the_campaigns_zone(void **state)
{
    struct campaign c = scene_draft();

    c.max_calls_per_day = (struct opt_i64){true, 1};
    c.timezone = "Pacific/Auckland";
    assert_lane_held(
        *state, c, "MAX_CALLS_PER_DAY",
        "((date_trunc('day', now() AT TIME ZONE 'Pacific/Auckland') + interval '1 day') "
        "AT TIME ZONE 'Pacific/Auckland')");
}

static void calls_the_provider_refused_do_not_use_up_a_cap(void **state)
{
    struct scene *s = *state;
    struct campaign c = scene_draft();

    c.max_calls_per_hour = (struct opt_i64){true, 1};
    int64_t id = scene_running(s, s->tenant, c, 2), row = scene_first_row(s, id);
    fake_answer(s->provider, (struct dial_answer){.result = DIAL_NEVER_SENT});
    scene_dial(s, s->tenant, row);
    assert_int_equal(fate(s, s->tenant, row + 1), CLAIM_INTENT);
}

static void a_number_that_is_being_called_is_not_called_again(void **state)
{
    struct scene *s = *state;
    int64_t first = scene_row(s, ITALIAN), second = scene_row(s, ITALIAN);

    assert_int_equal(fate(s, s->tenant, first), CLAIM_INTENT);
    assert_int_equal(fate(s, s->tenant, second), CLAIM_LATER);
    assert_row(s, second, "scheduled", "NUMBER_BUSY");
    assert_says(s, "(SELECT scheduled_at > now() FROM scheduled_calls WHERE id = %lld)",
                (long long)second);
}

/* Several threads do their part of a round at once. */
struct racer {
    struct scene *s;
    int64_t row;
    const char *phone;
    pthread_barrier_t *together;
    _Atomic int *intents, *others;
};

static void *race_to_claim(void *arg)
{
    struct racer *r = arg;
    struct op op = testdb_op(r->s->db, r->s->tenant);
    struct claim c = {0};

    pthread_barrier_wait(r->together);
    bool ok = scheduled_call_claim(&op, r->row, &c);
    if (ok && c.fate == CLAIM_INTENT)
        ++*r->intents;
    else if (ok || op.err.code == E_ALREADY_EXISTS)
        ++*r->others;
    op_end(&op);
    return NULL;
}

static void *race_to_forbid(void *arg)
{
    struct racer *r = arg;
    struct op op = testdb_op(r->s->db, r->s->tenant);
    struct dnc_entry e = {.e164 = r->phone, .source = DNC_MANUAL};

    pthread_barrier_wait(r->together);
    if (!dnc_add(&op, &e))
        abort();
    op_end(&op);
    return NULL;
}

static void run_both(void *(*first)(void *), struct racer *a, void *(*second)(void *),
                     struct racer *b)
{
    pthread_barrier_t together;
    pthread_t threads[2];

    scene_give_start(a->row);
    scene_give_start(b->row);
    pthread_barrier_init(&together, NULL, 2);
    a->together = b->together = &together;
    assert_int_equal(pthread_create(&threads[0], NULL, first, a), 0);
    assert_int_equal(pthread_create(&threads[1], NULL, second, b), 0);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    pthread_barrier_destroy(&together);
}

static void of_two_claims_of_a_row_one_becomes_an_intent(void **state)
{
    struct scene *s = *state;
    enum { ROUNDS = 60 };
    int64_t id = scene_running(s, s->tenant, scene_draft(), ROUNDS), row = scene_first_row(s, id);
    _Atomic int intents = 0, others = 0;

    for (int i = 0; i < ROUNDS; i++) {
        struct racer a = {.s = s, .row = row + i, .intents = &intents, .others = &others}, b = a;
        run_both(race_to_claim, &a, race_to_claim, &b);
    }
    assert_int_equal(intents, ROUNDS);
    assert_int_equal(others, ROUNDS);
    assert_says(s, "(SELECT count(*) FROM call_attempts) = %d", ROUNDS);
    assert_says(s, "(SELECT count(*) FROM compliance_checks) = %d", ROUNDS);
}

static void
of_two_claims_of_a_phone_one_becomes_an_intent_and_the_other_row_stays_open(void **state)
{
    struct scene *s = *state;
    enum { ROUNDS = 40 };
    int64_t one = scene_running(s, s->tenant, scene_draft(), ROUNDS);
    int64_t two = scene_campaign(s, s->tenant, scene_draft());
    _Atomic int intents = 0, others = 0;

    free(testdb_sql(
        s->db,
        "INSERT INTO leads (tenant_id, campaign_id, name, phone, country_iso, consent_status) "
        "SELECT tenant_id, %lld, name, phone, country_iso, consent_status FROM leads ORDER BY id",
        (long long)two));
    scene_start(s, s->tenant, two);
    int64_t first = scene_first_row(s, one), second = scene_first_row(s, two);
    for (int i = 0; i < ROUNDS; i++) {
        struct racer a = {.s = s, .row = first + i, .intents = &intents, .others = &others}, b = a;
        b.row = second + i;
        run_both(race_to_claim, &a, race_to_claim, &b);
    }
    assert_int_equal(intents, ROUNDS);
    assert_int_equal(others, ROUNDS);
    assert_says(s,
                "(SELECT count(*) FROM scheduled_calls "
                "WHERE status = 'scheduled' AND reason = 'NUMBER_BUSY') = %d",
                ROUNDS);
}

static void no_intent_is_committed_after_its_number_was_forbidden(void **state)
{
    struct scene *s = *state;
    enum { ROUNDS = 150 };
    int64_t id = scene_running(s, s->tenant, scene_draft(), ROUNDS), row = scene_first_row(s, id);
    _Atomic int intents = 0, others = 0;
    char phone[16];

    for (int i = 0; i < ROUNDS; i++) {
        struct racer claimer = {.s = s, .row = row + i, .intents = &intents, .others = &others};
        struct racer writer = {.s = s, .phone = scene_phone(phone, (int)id * 1000 + i)};
        run_both(race_to_claim, &claimer, race_to_forbid, &writer);
    }
    assert_int_equal(intents + others, ROUNDS);
    print_message("           %d intents, %d refusals\n", intents, others);
    assert_says(s, "(SELECT count(*) FROM call_attempts) = %d", intents);
    assert_says(s, "(SELECT count(*) FROM dnc_entries) = %d", ROUNDS);
    assert_says(
        s, "NOT EXISTS (SELECT 1 FROM call_attempts a JOIN dnc_entries d ON d.e164 = a.to_number "
           "WHERE pg_xact_commit_timestamp(a.xmin) > pg_xact_commit_timestamp(d.xmin))");
    assert_says(s,
                "(SELECT count(*) FROM call_attempts a JOIN dnc_entries d ON d.e164 = a.to_number "
                "WHERE pg_xact_commit_timestamp(a.xmin) IS NOT NULL) = %d",
                intents);
}

/* Claims until told to stop: ever the next row. */
struct flood {
    struct scene *s;
    int64_t first;
    _Atomic int next;
    _Atomic bool over;
};

static void *claim_on_and_on(void *arg)
{
    struct flood *f = arg;

    while (!f->over) {
        struct op op = testdb_op(f->s->db, f->s->tenant);
        struct claim c;
        if (!scheduled_call_claim(&op, f->first + f->next++, &c))
            abort();
        op_end(&op);
    }
    return NULL;
}

struct patient {
    struct scene *s;
    int64_t row;
    enum claim_fate fate;
    _Atomic bool began;
};

static void *claim_patiently(void *ctx)
{
    struct patient *p = ctx;
    struct op op = testdb_op(p->s->db, p->s->tenant);
    struct claim c;

    p->began = true;
    assert_ok(&op, scheduled_call_claim(&op, p->row, &c));
    p->fate = c.fate;
    op_end(&op);
    return NULL;
}

/* A dispatcher locks rows it then finds queued already: the message must not be lost to that. */
static void a_row_somebody_is_looking_at_is_waited_for_not_given_up(void **state)
{
    struct scene *s = *state;
    int64_t id = scene_running(s, s->tenant, scene_draft(), 1);
    struct patient p = {.s = s, .row = scene_first_row(s, id)};
    struct op holder = testdb_op(s->db, s->tenant);
    struct rows rows;
    pthread_t thread;

    scene_give_start(p.row);
    assert_ok(&holder, db_begin(&holder));
    assert_ok(&holder,
              db_query(&holder, &SQL_CLAIM_ROW,
                       ARGS({"id", sql_i64(&holder, p.row)}, {"provider", "retell"}), &rows));
    assert_int_equal(rows.n, 1);
    assert_int_equal(pthread_create(&thread, NULL, claim_patiently, &p), 0);
    int64_t deadline = clock_mono_us() + 5000000;
    while (testdb_number(s->db, "SELECT count(*) FROM pg_locks WHERE NOT granted") == 0
           && clock_mono_us() < deadline)
        sched_yield();
    op_end(&holder);
    pthread_join(thread, NULL);
    assert_int_equal(p.fate, CLAIM_INTENT);
}

static void after_a_pause_returned_no_intent_is_committed(void **state)
{
    struct scene *s = *state;
    int64_t id = scene_running(s, s->tenant, scene_draft(), 900);
    struct flood f = {.s = s, .first = scene_first_row(s, id)};
    struct op op = testdb_op(s->db, s->tenant);
    struct campaign c = {0};
    pthread_t threads[3];

    for (int i = 0; i < 880; i++) /* the last twenty are given theirs after the pause */
        scene_give_start(f.first + i);
    int64_t deadline = clock_mono_us() + 10000000;
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, claim_on_and_on, &f), 0);
    while (f.next < 20 && clock_mono_us() < deadline)
        sched_yield();
    assert_ok(&op, campaign_pause(&op, id, &c));
    int64_t then = testdb_number(s->db, "SELECT count(*) FROM call_attempts");
    for (int i = 880; i < 900; i++) {
        struct claim late;
        assert_int_equal(scene_claim(&op, f.first + i, &late), CLAIM_LATER);
    }
    f.over = true;
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        pthread_join(threads[i], NULL);
    op_end(&op);
    assert_true(then > 0);
    assert_says(s, "(SELECT count(*) FROM call_attempts) = %lld", (long long)then);
}

static bool swap_agent(struct op *op, struct campaign *c, void *agent_id)
{
    (void)op;
    c->agent_id = agent_id;
    return true;
}

static void what_a_paused_campaign_was_given_is_what_its_calls_use(void **state)
{
    struct scene *s = *state;
    int64_t id = scene_running(s, s->tenant, scene_draft(), 1);
    struct op op = testdb_op(s->db, s->tenant);
    char agent[] = "agent_other";
    struct campaign c = {0};
    struct claim claim;

    assert_ok(&op, campaign_pause(&op, id, &c));
    assert_ok(&op, campaign_update(&op, id, swap_agent, agent, &c));
    assert_ok(&op, campaign_resume(&op, id, &c));
    assert_int_equal(scene_claim(&op, scene_first_row(s, id), &claim), CLAIM_INTENT);
    assert_string_equal(claim.agent_id, "agent_other");
    assert_says(s, "(SELECT agent_id FROM calls) = 'agent_other'");
    op_end(&op);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(every_due_row_is_queued_once_with_one_message),
        SCENE(a_tenants_live_calls_are_capped_whatever_they_are_doing),
        SCENE(a_big_tenant_does_not_hold_up_a_small_one),
        SCENE(a_tenants_campaigns_share_its_room_in_turn),
        SCENE(a_campaign_with_spacing_gets_one_row_at_a_time),
        SCENE(the_dispatcher_wakes_for_the_next_paced_call),
        SCENE(rows_of_campaigns_that_do_not_run_stay_where_they_are),
        SCENE(dispatchers_at_once_stay_below_the_cap),
        SCENE(a_row_whose_message_was_lost_is_put_back),
        SCENE(an_intent_is_one_attempt_one_call_and_one_check),
        SCENE(a_row_that_is_ended_not_due_foreign_or_missing_is_gone),
        SCENE(a_paused_campaign_takes_its_row_back_and_a_stopped_one_ends_it),
        SCENE(what_changed_since_the_row_was_made_counts_and_is_recorded),
        SCENE(a_number_asleep_goes_back_until_it_wakes),
        SCENE(a_row_past_its_time_fails_as_expired),
        SCENE(spacing_holds_the_lane),
        SCENE(the_hourly_cap_holds_the_lane_until_the_oldest_call_is_an_hour_old),
        SCENE(the_daily_cap_holds_the_lane_until_midnight_in_the_campaigns_zone),
        SCENE(calls_the_provider_refused_do_not_use_up_a_cap),
        SCENE(a_number_that_is_being_called_is_not_called_again),
        SCENE(of_two_claims_of_a_row_one_becomes_an_intent),
        SCENE(of_two_claims_of_a_phone_one_becomes_an_intent_and_the_other_row_stays_open),
        SCENE(a_row_somebody_is_looking_at_is_waited_for_not_given_up),
        SCENE(no_intent_is_committed_after_its_number_was_forbidden),
        SCENE(after_a_pause_returned_no_intent_is_committed),
        SCENE(what_a_paused_campaign_was_given_is_what_its_calls_use),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_campaign.c - starting, moving, changing, settling and counting campaigns. */

#include "common/campaign/execution.h"

#include "common/base/clock.h"
#include "common/call/events.h"
#include "common/compliance/dnc.h"
#include "common/store/db.h"
#include "queries.h"
#include "tests/support/scene.h"

#include <pthread.h>

#define HOUR_US (3600LL * 1000000)

static void assert_untouched(struct scene *s, int64_t id)
{
    assert_says(s, "(SELECT status FROM campaigns WHERE id = %lld) = 'draft'", (long long)id);
    assert_says(s, "NOT EXISTS (SELECT 1 FROM campaign_executions)");
    assert_says(s, "NOT EXISTS (SELECT 1 FROM outbox)");
}

static const char *complaint(const struct op *op, const char *key)
{
    for (const struct detail *d = op->err.details; d; d = d->next)
        if (strcmp(d->key, key) == 0)
            return d->json;
    return NULL;
}

/* Start must fail with this code and leave no trace; the complaint must be about key. */
static void assert_no_start(struct scene *s, struct campaign c, enum err_code code, const char *key)
{
    int64_t id = scene_campaign(s, s->tenant, c);
    struct op op = testdb_op(s->db, s->tenant);
    struct campaign_execution e;

    assert_fails(&op, code, campaign_start(&op, id, &e));
    if (key && !complaint(&op, key))
        fail_msg("no complaint about %s", key);
    op_end(&op);
    assert_untouched(s, id);
}

static void a_start_opens_an_execution_and_writes_its_message(void **state)
{
    struct scene *s = *state;
    int64_t id = scene_campaign(s, s->tenant, scene_draft());
    struct op op = testdb_op(s->db, s->tenant);
    struct campaign_execution e;
    struct campaign c = {0};

    assert_ok(&op, campaign_start(&op, id, &e));
    assert_string_equal(e.status, "queued");
    assert_ok(&op, campaign_get(&op, id, &c));
    assert_int_equal(c.status, CAMPAIGN_RUNNING);
    assert_true(c.started_at.us != 0);
    op_end(&op);
    assert_says(s, "(SELECT count(*) FROM outbox WHERE actor = 'start_campaign_execution') = 1");
    assert_says(s, "(SELECT (kwargs::jsonb->>'campaign_id')::bigint FROM outbox) = %lld",
                (long long)id);
}

static void an_incomplete_campaign_does_not_start(void **state)
{
    struct scene *s = *state;
    struct campaign c = scene_draft();

    c.agent_id = NULL;
    assert_no_start(s, c, E_VALIDATION_ERROR, "agent_id");
    c = scene_draft();
    c.from_number = NULL;
    assert_no_start(s, c, E_VALIDATION_ERROR, "from_number");
    c = scene_draft();
    c.end_date.us = clock_now_us() - HOUR_US;
    assert_no_start(s, c, E_VALIDATION_ERROR, "end_date");
}

static void a_start_with_an_agent_or_a_number_of_somebody_else_is_refused(void **state)
{
    struct scene *s = *state;
    struct campaign c = scene_draft();
    char theirs[32];

    c.agent_id = "agent_of_nobody";
    assert_no_start(s, c, E_VALIDATION_ERROR, "agent_id");
    c = scene_draft();
    snprintf(theirs, sizeof(theirs), "+3906%07lld", (long long)scene_stranger(s));
    c.from_number = theirs;
    assert_no_start(s, c, E_VALIDATION_ERROR, "from_number");
    free(testdb_sql(s->db, "UPDATE numbers SET status = 'suspended'"));
    assert_no_start(s, scene_draft(), E_VALIDATION_ERROR, "from_number");
}

static void a_start_that_the_provider_cannot_confirm_leaves_no_trace(void **state)
{
    struct scene *s = *state;

    s->provider->fails_with = E_PROVIDER_ERROR;
    assert_no_start(s, scene_draft(), E_PROVIDER_ERROR, NULL);
    assert_int_equal(s->provider->agents_asked, 1);
}

static bool stop_plainly(struct op *op, int64_t id, struct campaign *out)
{
    return campaign_stop(op, id, &(struct campaign_stop){0}, out);
}

static void another_tenants_campaign_is_like_none(void **state)
{
    struct scene *s = *state;
    int64_t id = scene_campaign(s, s->tenant, scene_draft()), stranger = scene_stranger(s);
    const int64_t ids[] = {id, id + 1000};

    for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
        struct op op = testdb_op(s->db, stranger);
        struct campaign c = {0}, *page;
        struct campaign_execution e, *all;
        struct campaign_stats stats;
        struct campaign_query q = {.limit = 10};
        int64_t total;
        int n;

#define REFUSED(expr) \
    assert_fails(&op, E_CAMPAIGN_NOT_FOUND, expr); \
    db_rollback(&op); \
    op_forgive(&op)
        REFUSED(campaign_get(&op, ids[i], &c));
        REFUSED(campaign_start(&op, ids[i], &e));
        REFUSED(campaign_pause(&op, ids[i], &c));
        REFUSED(campaign_resume(&op, ids[i], &c));
        REFUSED(stop_plainly(&op, ids[i], &c));
        REFUSED(campaign_update(&op, ids[i], NULL, NULL, &c));
        REFUSED(campaign_stats(&op, ids[i], &stats));
        REFUSED(campaign_executions(&op, ids[i], &all, &n));
        assert_ok(&op, campaign_list(&op, &q, &page, &n, &total));
        assert_int_equal(n, 0);
        assert_int_equal(total, 0);
        op_end(&op);
    }
    assert_untouched(s, id);
}

static struct starters {
    struct scene *s;
    int64_t campaign;
    _Atomic int started, refused;
    pthread_barrier_t together;
} starters;

static void *start_once(void *arg)
{
    struct starters *t = arg;
    struct op op = testdb_op(t->s->db, t->s->tenant);
    struct campaign_execution e;

    pthread_barrier_wait(&t->together);
    if (campaign_start(&op, t->campaign, &e))
        t->started++;
    else if (op.err.code == E_INVALID_STATE)
        t->refused++;
    op_end(&op);
    return NULL;
}

static void starting_at_once_opens_one_execution(void **state)
{
    struct scene *s = *state;
    pthread_t threads[6];

    for (int round = 0; round < 10; round++) {
        starters = (struct starters){.s = s};
        starters.campaign = scene_campaign(s, s->tenant, scene_draft());
        pthread_barrier_init(&starters.together, NULL, ARRAY_LEN(threads));
        for (size_t i = 0; i < ARRAY_LEN(threads); i++)
            assert_int_equal(pthread_create(&threads[i], NULL, start_once, &starters), 0);
        for (size_t i = 0; i < ARRAY_LEN(threads); i++)
            pthread_join(threads[i], NULL);
        pthread_barrier_destroy(&starters.together);
        assert_int_equal(starters.started, 1);
        assert_int_equal(starters.refused, ARRAY_LEN(threads) - 1);
        assert_says(s, "(SELECT count(*) FROM campaign_executions WHERE campaign_id = %lld) = 1",
                    (long long)starters.campaign);
        assert_says(s, "(SELECT count(*) FROM outbox) = %d", round + 1);
    }
}

static bool start(struct op *op, int64_t id, struct campaign *out)
{
    struct campaign_execution e;

    return campaign_start(op, id, &e) && campaign_get(op, id, out);
}

static bool rename_it(struct op *op, struct campaign *c, void *name)
{
    (void)op;
    c->name = name;
    return true;
}

static bool change_name(struct op *op, int64_t id, struct campaign *out)
{
    char name[] = "changed";

    return campaign_update(op, id, rename_it, name, out);
}

/* From each status, what each verb makes of it; -1 = it is refused and nothing changes. */
static void every_verb_works_from_the_states_it_names_and_from_no_other(void **state)
{
    struct scene *s = *state;
    static const struct {
        const char *name;
        bool (*verb)(struct op *op, int64_t id, struct campaign *out);
        int to[6]; /* by enum campaign_status */
    } verbs[] = {
        {"start", start, {CAMPAIGN_RUNNING, -1, -1, -1, -1, -1}},
        {"pause", campaign_pause, {-1, CAMPAIGN_PAUSED, CAMPAIGN_PAUSED, -1, -1, -1}},
        {"resume", campaign_resume, {-1, -1, -1, CAMPAIGN_RUNNING, -1, -1}},
        {"stop",
         stop_plainly,
         {-1, CAMPAIGN_CANCELLED, CAMPAIGN_CANCELLED, CAMPAIGN_CANCELLED, -1, -1}},
        {"change", change_name, {CAMPAIGN_DRAFT, -1, -1, CAMPAIGN_PAUSED, -1, -1}},
    };

    for (size_t v = 0; v < ARRAY_LEN(verbs); v++)
        for (int from = CAMPAIGN_DRAFT; from <= CAMPAIGN_CANCELLED; from++) {
            int64_t id = scene_campaign(s, s->tenant, scene_draft());
            struct op op = testdb_op(s->db, s->tenant);
            struct campaign c = {0};
            int to = verbs[v].to[from];

            free(testdb_sql(s->db, "UPDATE campaigns SET status = '%s' WHERE id = %lld",
                            campaign_status_names[from], (long long)id));
            bool ok = verbs[v].verb(&op, id, &c);
            if (ok != (to >= 0) || (ok && (int)c.status != to))
                fail_msg("%s from %s", verbs[v].name, campaign_status_names[from]);
            if (!ok)
                assert_string_equal(err_name(op.err.code), "INVALID_STATE");
            op_end(&op);
            assert_says(s, "(SELECT status FROM campaigns WHERE id = %lld) = '%s'", (long long)id,
                        campaign_status_names[to >= 0 ? to : from]);
        }
}

static bool swap_dates(struct op *op, struct campaign *c, void *ctx)
{
    (void)op;
    (void)ctx;
    c->name = "never stored";
    c->start_date.us = clock_now_us() + HOUR_US;
    c->end_date.us = c->start_date.us - 1000000;
    return true;
}

static void a_change_that_makes_no_sense_as_a_whole_is_not_stored(void **state)
{
    struct scene *s = *state;
    int64_t id = scene_campaign(s, s->tenant, scene_draft());
    struct op op = testdb_op(s->db, s->tenant);
    struct campaign c = {0};

    assert_fails(&op, E_VALIDATION_ERROR, campaign_update(&op, id, swap_dates, NULL, &c));
    assert_non_null(complaint(&op, "end_date"));
    op_end(&op);
    assert_says(s, "(SELECT name FROM campaigns) = 'scene'");
}

static void filters_and_overrides_are_checked_by_their_paths(void **state)
{
    struct scene *s = *state;
    struct op op = testdb_op(s->db, s->tenant);
    struct campaign c = scene_draft();

    c.lead_filters.text = "{\"country_iso\":\"Italy\",\"colour\":\"red\"}";
    c.country_rules_override.text = "{\"IT\":{\"quiet_hours\":\"25:00-08:00\"},\"ITA\":{}}";
    assert_fails(&op, E_VALIDATION_ERROR, campaign_create(&op, &c));
    assert_non_null(complaint(&op, "lead_filters.country_iso"));
    assert_non_null(complaint(&op, "lead_filters.colour"));
    assert_non_null(complaint(&op, "country_rules_override.IT.quiet_hours"));
    assert_non_null(complaint(&op, "country_rules_override.ITA"));
    op_end(&op);
    assert_says(s, "NOT EXISTS (SELECT 1 FROM campaigns)");
}

static void an_override_may_tighten_and_is_refused_when_it_would_loosen(void **state)
{
    static const char *const loose[] = {
        "{\"FR\":{\"quiet_hours\":\"22:00-07:00\"}}", "{\"FR\":{\"require_disclosure\":false}}",
        "{\"FR\":{\"timezone\":\"Asia/Tokyo\"}}", "{\"FR\":{\"country_iso\":\"IT\"}}"};
    struct scene *s = *state;
    struct campaign c = scene_draft();

    for (size_t i = 0; i < ARRAY_LEN(loose); i++) {
        struct op op = testdb_op(s->db, s->tenant);
        c.country_rules_override.text = loose[i];
        assert_fails(&op, E_VALIDATION_ERROR, campaign_create(&op, &c));
        assert_non_null(complaint(&op, "country_rules_override.FR"));
        op_end(&op);
    }
    struct op op = testdb_op(s->db, s->tenant);
    c.country_rules_override.text = "{\"FR\":{\"quiet_hours\":\"19:00-10:30\"},"
                                    "\"IT\":{\"require_explicit_consent\":true}}";
    assert_ok(&op, campaign_create(&op, &c));
    op_end(&op);
}

static void settle(struct scene *s)
{
    struct op op = testdb_op(s->db, 0);

    assert_ok(&op, executions_settle(&op));
    op_end(&op);
}

static void a_campaign_with_a_start_date_waits_for_it(void **state)
{
    struct scene *s = *state;
    struct campaign c = scene_draft();

    c.start_date.us = clock_now_us() + HOUR_US;
    int64_t id = scene_running(s, s->tenant, c, 1);
    settle(s);
    assert_says(s, "(SELECT status FROM campaigns) = 'scheduled'");
    assert_says(s, "(SELECT s.scheduled_at = c.start_date FROM scheduled_calls s, campaigns c)");
    free(testdb_sql(s->db, "UPDATE campaigns SET start_date = now() - interval '1 second'"));
    settle(s);
    assert_says(s, "(SELECT status FROM campaigns WHERE id = %lld) = 'running'", (long long)id);
}

static void a_campaign_is_over_when_its_last_call_is(void **state)
{
    struct scene *s = *state;
    int64_t id = scene_running(s, s->tenant, scene_draft(), 2);

    free(testdb_sql(s->db, "UPDATE scheduled_calls SET status = 'done' WHERE id = %lld",
                    (long long)scene_first_row(s, id)));
    settle(s);
    assert_says(s, "(SELECT status FROM campaigns) = 'running'");
    free(testdb_sql(s->db, "UPDATE scheduled_calls SET status = 'failed' WHERE status <> 'done'"));
    settle(s);
    assert_says(s, "(SELECT status FROM campaigns) = 'completed'");
    assert_says(s, "(SELECT completed_at IS NOT NULL FROM campaigns)");
    assert_says(s, "(SELECT status FROM campaign_executions) = 'completed'");
}

/* Housekeeping that waits for a row keeps every tenant's calls waiting. */
static void a_campaign_somebody_holds_keeps_no_other_from_being_settled(void **state)
{
    static const char *const moves[] = {
        "UPDATE scheduled_calls SET status = 'done'",
        "UPDATE campaigns SET status = 'scheduled', start_date = now() - interval '1 second'",
        ("UPDATE campaigns SET status = 'cancelled'; "
         "UPDATE campaign_executions SET generated = false"),
        "UPDATE campaign_executions SET generated = false, touched_at = now() - interval '1 hour'",
    };
    struct scene *s = *state;
    struct rows rows;

    for (size_t i = 0; i < ARRAY_LEN(moves); i++) {
        int64_t held = scene_running(s, s->tenant, scene_draft(), 1);
        struct op op = testdb_op(s->db, s->tenant);

        free(testdb_sql(s->db, "%s", moves[i]));
        int64_t other = scene_running(s, s->tenant, scene_draft(), 1);
        free(testdb_sql(s->db,
                        "UPDATE scheduled_calls SET status = 'done' WHERE campaign_id = %lld",
                        (long long)other));
        const char *id = sql_i64(&op, held);
        assert_ok(&op, db_begin(&op));
        assert_ok(&op, db_query(&op, &SQL_CAMPAIGN_LOCK, ARGS({"id", id}), &rows));
        assert_ok(&op, db_query(&op, &SQL_EXECUTION_TAKE, ARGS({"campaign_id", id}), &rows));
        settle(s);
        assert_says(s, "(SELECT status FROM campaigns WHERE id = %lld) = 'completed'",
                    (long long)other);
        op_end(&op);
    }
}

static void a_campaign_still_turning_leads_into_calls_is_not_over(void **state)
{
    struct scene *s = *state;

    scene_running(s, s->tenant, scene_draft(), 1);
    free(testdb_sql(s->db, "UPDATE scheduled_calls SET status = 'done'; "
                           "UPDATE campaign_executions SET generated = false"));
    settle(s);
    assert_says(s, "(SELECT status FROM campaigns) = 'running'");
}

static void stop(struct scene *s, int64_t id)
{
    struct op op = testdb_op(s->db, s->tenant);
    struct campaign c = {0};

    assert_ok(&op, stop_plainly(&op, id, &c));
    assert_true(c.completed_at.us != 0);
    op_end(&op);
}

static void what_is_left_of_a_stopped_campaign_is_canceled_and_live_calls_go_on(void **state)
{
    struct scene *s = *state;
    int64_t id = scene_running(s, s->tenant, scene_draft(), 4), other;

    other = scene_running(s, s->tenant, scene_draft(), 2);
    scene_dial(s, s->tenant, scene_first_row(s, id));
    stop(s, id);
    settle(s);
    assert_says(s,
                "(SELECT count(*) FROM scheduled_calls WHERE campaign_id = %lld "
                "AND status = 'canceled' AND reason = 'CAMPAIGN_STOPPED') = 3",
                (long long)id);
    assert_says(s, "(SELECT status FROM scheduled_calls WHERE id = %lld) = 'processing'",
                (long long)scene_first_row(s, id));
    assert_says(s, "(SELECT status FROM campaign_executions WHERE campaign_id = %lld) = 'running'",
                (long long)id);
    free(testdb_sql(s->db,
                    "UPDATE scheduled_calls SET status = 'done' WHERE status = 'processing'"));
    settle(s);
    assert_says(s, "(SELECT status FROM campaigns WHERE id = %lld) = 'cancelled'", (long long)id);
    assert_says(s,
                "(SELECT status FROM campaign_executions WHERE campaign_id = %lld) = 'completed'",
                (long long)id);
    assert_says(s,
                "(SELECT count(*) FROM scheduled_calls WHERE campaign_id = %lld "
                "AND status = 'scheduled') = 2",
                (long long)other);
}

static void a_refused_call_that_waited_to_be_tried_again_ends_with_its_campaign(void **state)
{
    struct scene *s = *state;
    int64_t id = scene_running(s, s->tenant, scene_draft(), 1);

    fake_answer(
        s->provider,
        (struct dial_answer){.result = DIAL_REJECTED, .refusal = REFUSAL_BUSY, .http_status = 429});
    scene_dial(s, s->tenant, scene_first_row(s, id));
    assert_says(s, "(SELECT status FROM calls) = 'queued'");
    stop(s, id);
    settle(s);
    assert_says(s, "(SELECT status FROM scheduled_calls) = 'canceled'");
    assert_says(s, "(SELECT status FROM calls) = 'canceled'");
    assert_says(s, "(SELECT outcome FROM calls) = 'CAMPAIGN_STOPPED'");
}

static void the_end_date_cancels_what_is_left(void **state)
{
    struct scene *s = *state;
    struct campaign c = scene_draft();

    c.end_date.us = clock_now_us() + HOUR_US;
    scene_running(s, s->tenant, c, 2);
    settle(s);
    assert_says(s, "(SELECT count(*) FROM scheduled_calls WHERE status = 'scheduled') = 2");
    free(testdb_sql(s->db, "UPDATE campaigns SET end_date = now() - interval '1 second'"));
    settle(s);
    assert_says(s, "(SELECT count(*) FROM scheduled_calls WHERE status = 'canceled' "
                   "AND reason = 'CAMPAIGN_ENDED') = 2");
    assert_says(s, "(SELECT status FROM campaigns) = 'completed'");
}

/* What the provider tells about the call it accepted as fake_n. */
static void tell(struct scene *s, int n, const char *status, const char *reason, int duration_ms)
{
    struct op op = testdb_op(s->db, 0);
    int64_t now = clock_now_us();
    bool matched;
    struct provider_call pc = {
        .provider_call_id = arena_printf(&op.arena, "fake_%d", n),
        .status = status,
        .disconnection_reason = reason,
        .started_at = {duration_ms ? now - duration_ms * 1000LL : 0},
        .ended_at = {reason ? now : 0},
        .duration_ms = duration_ms,
        .analysis = {duration_ms ? "{\"custom_analysis_data\":{\"disposition\":\"interested\"}}"
                                 : NULL},
        .cost_cents = -1,
    };

    assert_ok(&op, call_apply(&op, reason ? "call_ended" : "call_started", &pc, &matched));
    assert_true(matched);
    op_end(&op);
}

static void forbid(struct scene *s, const char *phone)
{
    struct op op = testdb_op(s->db, s->tenant);
    struct dnc_entry e = {.e164 = phone, .source = DNC_MANUAL};

    assert_ok(&op, dnc_add(&op, &e));
    op_end(&op);
}

/* Nine leads: 1 on the list, 1 asleep, 2 answered, 1 busy, 1 talking, 1 ringing, 1 to be tried
 * again, 1 waiting. */
static int64_t make_mixture(struct scene *s)
{
    int64_t id = scene_campaign(s, s->tenant, scene_draft());
    const struct dial_answer busy = {
        .result = DIAL_REJECTED, .refusal = REFUSAL_BUSY, .http_status = 429};
    char phone[16];

    for (int i = 0; i < 8; i++)
        scene_lead(s, s->tenant, id, scene_phone(phone, i));
    scene_lead(s, s->tenant, id, GERMAN);
    forbid(s, scene_phone(phone, 7));
    scene_start(s, s->tenant, id);
    int64_t row = scene_first_row(s, id);
    for (int i = 0; i < 5; i++)
        scene_dial(s, s->tenant, row + i);
    fake_answer(s->provider, busy);
    scene_dial(s, s->tenant, row + 5);
    tell(s, 1, "ended", "user_hangup", 60000);
    tell(s, 2, "ended", "agent_hangup", 31000);
    tell(s, 3, "not_connected", "dial_busy", 0);
    tell(s, 4, "ongoing", NULL, 5000);
    return id;
}

/* A call that completed may be followed by another (a voicemail): the lead is one all the same. */
static void a_lead_that_completed_twice_counts_once_in_the_completion_rate(void **state)
{
    struct scene *s = *state;
    int64_t id = scene_running(s, s->tenant, scene_draft(), 2), row = scene_first_row(s, id);
    struct op op = testdb_op(s->db, s->tenant);
    struct campaign_stats stats;

    for (int i = 0; i < 3; i++) {
        scene_dial(s, s->tenant, row);
        free(testdb_sql(s->db,
                        "UPDATE calls SET status = 'completed'; "
                        "UPDATE call_attempts SET state = 'ended'; "
                        "UPDATE scheduled_calls SET status = 'done' WHERE status = 'processing'"));
        row = testdb_number(s->db,
                            "INSERT INTO scheduled_calls (tenant_id, campaign_id, execution_id, "
                            "lead_id, parent_id, to_number, scheduled_at) SELECT tenant_id, "
                            "campaign_id, execution_id, lead_id, id, to_number, now() "
                            "FROM scheduled_calls WHERE id = %lld RETURNING id",
                            (long long)row);
    }
    assert_ok(&op, campaign_stats(&op, id, &stats));
    assert_int_equal(stats.calls_completed, 3);
    assert_int_equal(stats.calls_scheduled, 2);
    assert_true(stats.completion_rate > 49.99 && stats.completion_rate < 50.01);
    op_end(&op);
}

static void assert_mixture(const struct campaign_stats *stats)
{
    assert_int_equal(stats->total_leads, 9);
    assert_int_equal(stats->calls_scheduled, 8);
    assert_int_equal(stats->calls_completed, 2);
    assert_int_equal(stats->calls_failed, 1);
    assert_int_equal(stats->calls_in_progress, 1);
    /* ringing, to be sent again, waiting, asleep, and another try of the busy one */
    assert_int_equal(stats->calls_queued, 5);
    assert_true(stats->completion_rate > 24.99 && stats->completion_rate < 25.01);
    assert_int_equal(stats->compliance_violations, 1);
}

static void statistics_are_a_count_of_the_rows(void **state)
{
    struct scene *s = *state;
    int64_t id = make_mixture(s);
    int64_t empty = scene_campaign(s, s->tenant, scene_draft());
    struct op op = testdb_op(s->db, s->tenant);
    const struct campaign both[] = {{.id = empty}, {.id = id}};
    struct campaign_stats stats, *many;
    struct campaign_execution *executions;
    int n;

    assert_ok(&op, campaign_stats(&op, id, &stats));
    assert_mixture(&stats);
    assert_int_equal(stats.average_duration_seconds, 46);
    assert_string_equal(stats.dispositions.text, "{\"interested\": 3}");
    assert_ok(&op, campaign_stats_of(&op, both, 2, &many));
    assert_int_equal(many[0].total_leads, 0);
    assert_mixture(&many[1]);
    assert_ok(&op, campaign_executions(&op, id, &executions, &n));
    assert_int_equal(n, 1);
    assert_int_equal(executions[0].total_leads, 9);
    assert_int_equal(executions[0].calls_scheduled, 8);
    assert_int_equal(executions[0].calls_completed, 2);
    assert_int_equal(executions[0].calls_failed, 1);
    op_end(&op);
}

static void stopping_a_campaign_does_not_make_its_leads_refused(void **state)
{
    struct scene *s = *state;
    int64_t id = make_mixture(s);
    struct op op = testdb_op(s->db, s->tenant);
    struct campaign_execution *executions;
    struct campaign_stats stats;
    int n;

    stop(s, id);
    settle(s);
    assert_ok(&op, campaign_stats(&op, id, &stats));
    assert_int_equal(stats.calls_scheduled, 8);
    assert_int_equal(stats.calls_queued, 1); /* the one that rings */
    assert_int_equal(stats.compliance_violations, 1);
    assert_ok(&op, campaign_executions(&op, id, &executions, &n));
    assert_int_equal(executions[0].calls_scheduled, 8);
    op_end(&op);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(a_start_opens_an_execution_and_writes_its_message),
        SCENE(an_incomplete_campaign_does_not_start),
        SCENE(a_start_with_an_agent_or_a_number_of_somebody_else_is_refused),
        SCENE(a_start_that_the_provider_cannot_confirm_leaves_no_trace),
        SCENE(another_tenants_campaign_is_like_none),
        SCENE(starting_at_once_opens_one_execution),
        SCENE(every_verb_works_from_the_states_it_names_and_from_no_other),
        SCENE(a_change_that_makes_no_sense_as_a_whole_is_not_stored),
        SCENE(filters_and_overrides_are_checked_by_their_paths),
        SCENE(an_override_may_tighten_and_is_refused_when_it_would_loosen),
        SCENE(a_campaign_with_a_start_date_waits_for_it),
        SCENE(a_campaign_is_over_when_its_last_call_is),
        SCENE(a_campaign_somebody_holds_keeps_no_other_from_being_settled),
        SCENE(a_campaign_still_turning_leads_into_calls_is_not_over),
        SCENE(what_is_left_of_a_stopped_campaign_is_canceled_and_live_calls_go_on),
        SCENE(a_refused_call_that_waited_to_be_tried_again_ends_with_its_campaign),
        SCENE(the_end_date_cancels_what_is_left),
        SCENE(statistics_are_a_count_of_the_rows),
        SCENE(a_lead_that_completed_twice_counts_once_in_the_completion_rate),
        SCENE(stopping_a_campaign_does_not_make_its_leads_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

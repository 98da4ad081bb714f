/* test_generate.c - leads into scheduled calls: every lead once, with its reason. */

#include "common/campaign/execution.h"

#include "common/base/clock.h"
#include "common/compliance/dnc.h"
#include "common/lead/lead.h"
#include "common/store/pool.h"
#include "tests/support/scene.h"

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

static int batches;

static void count_batch(void)
{
    batches++;
}

static void generate(struct scene *s, int64_t tenant, int64_t campaign)
{
    struct op op = testdb_op(s->db, tenant);

    assert_ok(&op, execution_generate(&op, campaign, count_batch));
    op_end(&op);
}

/* Started, its leads still to be turned into calls. */
static int64_t started(struct scene *s, struct campaign c)
{
    int64_t id = scene_campaign(s, s->tenant, c);
    struct op op = testdb_op(s->db, s->tenant);
    struct campaign_execution e;

    assert_ok(&op, campaign_start(&op, id, &e));
    op_end(&op);
    return id;
}

/* n leads of a campaign (0 = unassigned) at once; their numbers begin at first. */
static void many_leads(struct scene *s, int64_t tenant, int64_t campaign, int first, int n)
{
    free(testdb_sql(
        s->db,
        "INSERT INTO leads (tenant_id, campaign_id, name, phone, country_iso, consent_status) "
        "SELECT %lld, nullif(%lld, 0), 'n', '+39349' || (1000000 + %d + i), 'IT', 'granted' "
        "FROM generate_series(0, %d - 1) i",
        (long long)tenant, (long long)campaign, first, n));
}

static void forbid_every_tenth(struct scene *s)
{
    free(testdb_sql(s->db,
                    "INSERT INTO dnc_entries (tenant_id, e164) SELECT tenant_id, phone FROM leads "
                    "WHERE tenant_id = %lld AND phone LIKE '%%0'",
                    (long long)s->tenant));
}

/* Each of n leads has one row, each tenth is refused with one check. */
static void assert_every_lead_once(struct scene *s, int64_t campaign, int n)
{
    assert_says(s, "(SELECT count(*) FROM scheduled_calls WHERE campaign_id = %lld) = %d",
                (long long)campaign, n);
    assert_says(
        s, "(SELECT count(DISTINCT lead_id) FROM scheduled_calls WHERE campaign_id = %lld) = %d",
        (long long)campaign, n);
    assert_says(
        s,
        "(SELECT count(*) FROM scheduled_calls WHERE campaign_id = %lld "
        "AND status = 'canceled' AND reason = 'DNC_INTERNAL' AND to_number LIKE '%%0') = %d",
        (long long)campaign, n / 10);
    assert_says(
        s, "(SELECT count(*) FROM compliance_checks WHERE rejection_code = 'DNC_INTERNAL') = %d",
        n / 10);
    assert_says(s, "(SELECT count(DISTINCT scheduled_call_id) FROM compliance_checks) = %d",
                n / 10);
    assert_says(s, "(SELECT generated FROM campaign_executions WHERE campaign_id = %lld)",
                (long long)campaign);
}

static void the_first_batch_is_small_and_every_lead_gets_its_row(void **state)
{
    struct scene *s = *state;
    int64_t id = started(s, scene_draft());

    many_leads(s, s->tenant, id, 0, 250);
    forbid_every_tenth(s);
    batches = 0;
    generate(s, s->tenant, id);
    assert_int_equal(batches, 2);
    assert_every_lead_once(s, id, 250);
    assert_says(s, "(SELECT bool_and(from_number = '" FAKE_NUMBER "' AND agent_id = '" FAKE_AGENT
                   "' AND scheduled_at <= now()) FROM scheduled_calls)");
    generate(s, s->tenant, id);
    assert_every_lead_once(s, id, 250);
}

/* One session is on its way with a batch, and there is none for the next: it waits its turn. */
static void a_single_session_is_enough(void **state)
{
    struct scene *s = *state;
    int64_t id = started(s, scene_draft());

    many_leads(s, s->tenant, id, 0, 9000);
    forbid_every_tenth(s);
    pool_close(s->db->app.pool);
    s->db->app.pool = pool_open(s->db->url, 1, 5000);
    generate(s, s->tenant, id);
    assert_every_lead_once(s, id, 9000);
}

static void a_campaign_without_leads_is_generated_at_once(void **state)
{
    struct scene *s = *state;
    int64_t id = started(s, scene_draft());

    generate(s, s->tenant, id);
    assert_every_lead_once(s, id, 0);
}

static void die(void)
{
    _exit(0);
}

/* A process of its own, with one session, generates until its first commit; then it is gone. */
static void generate_and_die(struct scene *s, int64_t campaign)
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        struct app app = {.conf = &s->db->conf, .pool = pool_open(s->db->url, 1, 5000)};
        struct op op = {.app = &app, .request_id = "dying", .tenant_id = s->tenant};
        if (!execution_generate(&op, campaign, die))
            _exit(2);
        _exit(1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void a_second_run_goes_on_where_a_killed_one_stopped(void **state)
{
    struct scene *s = *state;
    int64_t id = started(s, scene_draft());

    many_leads(s, s->tenant, id, 0, 250);
    forbid_every_tenth(s);
    generate_and_die(s, id);
    assert_says(s, "(SELECT count(*) FROM scheduled_calls) = 100");
    assert_says(
        s, "(SELECT cursor_lead = (SELECT max(lead_id) FROM scheduled_calls) AND NOT generated "
           "FROM campaign_executions)");
    batches = 0;
    generate(s, s->tenant, id);
    assert_int_equal(batches, 2); /* a run begins with a small batch: 100, then 50 */
    assert_every_lead_once(s, id, 250);
}

struct generator {
    struct scene *s;
    int64_t campaign;
    pthread_barrier_t *together;
};

static void keep_quiet(void)
{
}

static void *generate_together(void *arg)
{
    struct generator *g = arg;
    struct op op = testdb_op(g->s->db, g->s->tenant);

    pthread_barrier_wait(g->together);
    if (!execution_generate(&op, g->campaign, keep_quiet))
        abort();
    op_end(&op);
    return NULL;
}

static void generators_at_once_make_every_row_and_every_check_once(void **state)
{
    struct scene *s = *state;
    pthread_barrier_t together;
    pthread_t threads[3];

    pthread_barrier_init(&together, NULL, ARRAY_LEN(threads));
    for (int round = 0; round < 8; round++) {
        struct generator g = {.s = s, .together = &together};
        free(testdb_sql(s->db, "SET session_replication_role = replica;"
                               "DELETE FROM compliance_checks; DELETE FROM dnc_entries"));
        g.campaign = started(s, scene_draft());
        many_leads(s, s->tenant, g.campaign, round * 1000, 600);
        forbid_every_tenth(s);
        for (size_t i = 0; i < ARRAY_LEN(threads); i++)
            assert_int_equal(pthread_create(&threads[i], NULL, generate_together, &g), 0);
        for (size_t i = 0; i < ARRAY_LEN(threads); i++)
            pthread_join(threads[i], NULL);
        assert_every_lead_once(s, g.campaign, 600);
    }
    pthread_barrier_destroy(&together);
}

static struct {
    struct scene *s;
    int64_t campaign;
    bool done;
} stopper;

/* Between two batches: stopped, and settled by the dispatcher. */
static void stop_and_settle(void)
{
    struct op op = testdb_op(stopper.s->db, stopper.s->tenant);
    struct campaign c = {0};

    if (!stopper.done) {
        assert_ok(&op, campaign_stop(&op, stopper.campaign, &(struct campaign_stop){0}, &c));
        assert_ok(&op, executions_settle(&op));
    }
    stopper.done = true;
    op_end(&op);
}

static void a_campaign_stopped_between_two_batches_leaves_no_row_waiting(void **state)
{
    struct scene *s = *state;
    int64_t id = started(s, scene_draft());
    struct op op = testdb_op(s->db, s->tenant);

    many_leads(s, s->tenant, id, 0, 250);
    stopper.s = s;
    stopper.campaign = id;
    stopper.done = false;
    assert_ok(&op, execution_generate(&op, id, stop_and_settle));
    assert_ok(&op, executions_settle(&op));
    op_end(&op);
    assert_true(stopper.done);
    assert_says(s, "NOT EXISTS (SELECT 1 FROM scheduled_calls WHERE status <> 'canceled')");
    assert_says(s, "(SELECT status FROM campaign_executions) = 'completed'");
}

static int64_t lead_with(struct scene *s, int64_t campaign, const char *phone,
                         enum consent_status consent)
{
    int64_t id = scene_lead(s, s->tenant, campaign, phone);

    free(testdb_sql(s->db, "UPDATE leads SET consent_status = '%s' WHERE id = %lld",
                    consent_status_names[consent], (long long)id));
    return id;
}

static void assert_row(struct scene *s, int64_t lead, const char *status, const char *reason)
{
    assert_says(s, "(SELECT status FROM scheduled_calls WHERE lead_id = %lld) = '%s'",
                (long long)lead, status);
    assert_says(s,
                "(SELECT reason FROM scheduled_calls WHERE lead_id = %lld) IS NOT DISTINCT FROM "
                "nullif('%s', '')",
                (long long)lead, reason);
    assert_says(s, "(SELECT count(*) FROM compliance_checks WHERE lead_id = %lld) = %d",
                (long long)lead, strcmp(status, "canceled") == 0);
}

static void list(struct scene *s, const char *phone, enum dnc_source source)
{
    struct op op = testdb_op(s->db, s->tenant);
    struct dnc_entry e = {.e164 = phone, .source = source};

    assert_ok(&op, dnc_add(&op, &e));
    op_end(&op);
}

static void every_refusal_is_a_canceled_row_with_its_reason_and_its_check(void **state)
{
    struct scene *s = *state;
    int64_t id = started(s, scene_draft());
    char phone[16];

    int64_t free_lead = lead_with(s, id, scene_phone(phone, 0), CONSENT_GRANTED);
    int64_t denied = lead_with(s, id, scene_phone(phone, 1), CONSENT_DENIED);
    int64_t expired = lead_with(s, id, scene_phone(phone, 2), CONSENT_EXPIRED);
    int64_t unknown = lead_with(s, id, scene_phone(phone, 3), CONSENT_UNKNOWN);
    int64_t manual = lead_with(s, id, scene_phone(phone, 4), CONSENT_GRANTED);
    list(s, phone, DNC_MANUAL);
    int64_t objected = lead_with(s, id, scene_phone(phone, 5), CONSENT_GRANTED);
    list(s, phone, DNC_OPT_OUT);
    int64_t nowhere = lead_with(s, id, "+4721234567", CONSENT_GRANTED); /* Norway: no rule */
    int64_t asleep_and_denied = lead_with(s, id, GERMAN, CONSENT_DENIED);
    generate(s, s->tenant, id);

    assert_row(s, free_lead, "scheduled", "");
    assert_row(s, denied, "canceled", "CONSENT_DENIED");
    assert_row(s, expired, "canceled", "CONSENT_EXPIRED");
    assert_row(s, unknown, "canceled", "CONSENT_MISSING");
    assert_row(s, manual, "canceled", "DNC_INTERNAL");
    assert_row(s, objected, "canceled", "DNC_OPT_OUT");
    assert_row(s, nowhere, "canceled", "COUNTRY_NO_RULE");
    assert_row(s, asleep_and_denied, "canceled", "CONSENT_DENIED");
    assert_says(s,
                "(SELECT all_codes FROM compliance_checks WHERE lead_id = %lld) = "
                "'{QUIET_HOURS,CONSENT_DENIED}'",
                (long long)asleep_and_denied);
}

/* Italy asks what a consent is for, and these do not say. */
static const char ask_the_scope[] =
    "UPDATE platform_country_rules SET extended = extended || '{\"consent\": {\"b2c\": {"
    "\"regime\": \"opt_in\", \"channel_scope\": \"automated_voice\"}}}' WHERE country_iso = 'IT'";

static void a_consent_without_a_scope_is_worth_what_the_tenant_was_told(void **state)
{
    struct scene *s = *state;
    char phone[16];

    free(testdb_sql(s->db, ask_the_scope));
    int64_t first = started(s, scene_draft());
    int64_t warned = lead_with(s, first, scene_phone(phone, 0), CONSENT_GRANTED);
    generate(s, s->tenant, first);
    assert_row(s, warned, "scheduled", "");
    free(testdb_sql(s->db, "UPDATE tenants SET unknown_scope = 'block'"));
    int64_t second = started(s, scene_draft());
    int64_t refused = lead_with(s, second, scene_phone(phone, 1), CONSENT_GRANTED);
    generate(s, s->tenant, second);
    assert_row(s, refused, "canceled", "CONSENT_SCOPE");
}

static void a_deployment_may_call_where_it_has_no_rule(void **state)
{
    struct scene *s = *state;
    int64_t id = started(s, scene_draft());
    int64_t nowhere = lead_with(s, id, "+4721234567", CONSENT_GRANTED);

    s->db->conf.country_without_rule = "warn";
    generate(s, s->tenant, id);
    assert_row(s, nowhere, "scheduled", "");
}

static void a_lead_asleep_waits_for_its_next_allowed_instant(void **state)
{
    struct scene *s = *state;
    int64_t id = started(s, scene_draft()), lead = lead_with(s, id, GERMAN, CONSENT_GRANTED);

    generate(s, s->tenant, id);
    assert_row(s, lead, "scheduled", "QUIET_HOURS");
    /* Two hours from when the test began, on the minute. */
    assert_says(
        s, "(SELECT scheduled_at BETWEEN now() + interval '110 minutes' "
           "AND now() + interval '2 hours' AND scheduled_at = date_trunc('minute', scheduled_at) "
           "FROM scheduled_calls)");
}

static void a_lead_that_wakes_after_the_campaigns_end_is_not_kept_waiting(void **state)
{
    struct scene *s = *state;
    struct campaign c = scene_draft();

    c.end_date.us = clock_now_us() + 3600LL * 1000000;
    int64_t id = started(s, c), lead = lead_with(s, id, GERMAN, CONSENT_GRANTED);
    int64_t awake = lead_with(s, id, ITALIAN, CONSENT_GRANTED);
    generate(s, s->tenant, id);
    assert_row(s, lead, "canceled", "QUIET_HOURS");
    assert_row(s, awake, "scheduled", "");
    assert_says(
        s, "(SELECT bool_and(r.valid_until = c.end_date) FROM scheduled_calls r, campaigns c)");
}

static void without_filters_only_the_campaigns_own_leads_are_taken(void **state)
{
    struct scene *s = *state;
    int64_t other = scene_campaign(s, s->tenant, scene_draft()), stranger = scene_stranger(s);
    int64_t theirs = scene_campaign(s, stranger, scene_draft());
    int64_t id = started(s, scene_draft());

    many_leads(s, s->tenant, id, 0, 3);
    many_leads(s, s->tenant, other, 10, 3);
    many_leads(s, s->tenant, 0, 20, 3);
    many_leads(s, stranger, theirs, 30, 3);
    many_leads(s, stranger, 0, 40, 3);
    generate(s, s->tenant, id);
    assert_says(s, "(SELECT count(*) FROM scheduled_calls) = 3");
    assert_says(s,
                "(SELECT bool_and(l.campaign_id = %lld) FROM scheduled_calls r JOIN leads l ON "
                "l.id = r.lead_id)",
                (long long)id);
}

static void with_filters_unassigned_leads_join_and_nobody_elses(void **state)
{
    struct scene *s = *state;
    int64_t other = scene_campaign(s, s->tenant, scene_draft()), stranger = scene_stranger(s);
    struct campaign c = scene_draft();

    c.lead_filters.text = "{}";
    int64_t id = started(s, c);
    many_leads(s, s->tenant, id, 0, 3);
    many_leads(s, s->tenant, other, 10, 3);
    many_leads(s, s->tenant, 0, 2, 4); /* the first is the campaign's last lead's phone again */
    many_leads(s, stranger, 0, 40, 3);
    generate(s, s->tenant, id);
    assert_says(s, "(SELECT count(*) FROM scheduled_calls) = 6");
    assert_says(s, "(SELECT count(DISTINCT to_number) FROM scheduled_calls) = 6");
    assert_says(s,
                "(SELECT bool_and(coalesce(l.campaign_id, %lld) = %lld AND l.tenant_id = %lld) "
                "FROM scheduled_calls r JOIN leads l ON l.id = r.lead_id)",
                (long long)id, (long long)id, (long long)s->tenant);
}

static void each_filter_takes_what_matches_it(void **state)
{
    struct scene *s = *state;
    static const struct {
        const char *filters, *condition;
    } cases[] = {
        {"{\"country_iso\":\"IT\"}", "country_iso = 'IT'"},
        {"{\"consent_status\":\"granted\"}", "consent_status = 'granted'"},
        {"{\"preferred_lang\":\"fr\"}", "preferred_lang = 'fr'"},
        {"{\"consent_basis\":\"contract\"}", "consent_basis = 'contract'"},
        {"{\"country_iso\":\"IT\",\"preferred_lang\":\"fr\"}",
         "country_iso = 'IT' AND preferred_lang = 'fr'"},
    };

    for (int i = 0; i < 24; i++)
        free(testdb_sql(
            s->db,
            "INSERT INTO leads (tenant_id, name, phone, country_iso, consent_status, "
            "preferred_lang, consent_basis) VALUES (%lld, 'n', '+39349%07d', '%s', '%s', "
            "'%s', '%s')",
            (long long)s->tenant, 1000000 + i, i % 2 ? "IT" : "CH", i % 3 ? "granted" : "denied",
            i % 4 ? "it" : "fr", i % 5 ? "consent" : "contract"));
    free(testdb_sql(s->db, "UPDATE leads SET preferred_lang = 'fr' WHERE phone LIKE '%%1'"));
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct campaign c = scene_draft();
        c.lead_filters.text = cases[i].filters;
        int64_t id = started(s, c);
        generate(s, s->tenant, id);
        assert_says(s, "(SELECT count(*) > 0 FROM scheduled_calls WHERE campaign_id = %lld)",
                    (long long)id);
        assert_says(s,
                    "(SELECT array_agg(id ORDER BY id) FROM leads WHERE %s) = "
                    "(SELECT array_agg(lead_id ORDER BY lead_id) FROM scheduled_calls "
                    "WHERE campaign_id = %lld)",
                    cases[i].condition, (long long)id);
    }
}

static void a_strangers_campaign_is_not_generated(void **state)
{
    struct scene *s = *state;
    int64_t id = started(s, scene_draft());
    struct op op = testdb_op(s->db, scene_stranger(s));

    many_leads(s, s->tenant, id, 0, 3);
    assert_fails(&op, E_CAMPAIGN_NOT_FOUND, execution_generate(&op, id, keep_quiet));
    op_end(&op);
    assert_says(s, "NOT EXISTS (SELECT 1 FROM scheduled_calls)");
    assert_says(s, "(SELECT status FROM campaign_executions) = 'queued'");
}

static int64_t messages(struct scene *s)
{
    return testdb_number(s->db,
                         "SELECT count(*) FROM outbox WHERE actor = 'start_campaign_execution'");
}

static void settle(struct scene *s)
{
    struct op op = testdb_op(s->db, 0);

    assert_ok(&op, executions_settle(&op));
    op_end(&op);
}

static void an_execution_whose_message_was_lost_gets_another(void **state)
{
    struct scene *s = *state;
    struct campaign draft = scene_draft();
    int64_t id = started(s, draft);

    free(testdb_sql(s->db, "DELETE FROM outbox"));
    settle(s);
    assert_int_equal(messages(s), 0); /* somebody may be at it */
    free(
        testdb_sql(s->db, "UPDATE campaign_executions SET touched_at = now() - interval '1 hour'"));
    settle(s);
    settle(s);
    assert_int_equal(messages(s), 1);
    generate(s, s->tenant, id);
    free(testdb_sql(s->db, "DELETE FROM outbox; UPDATE campaign_executions "
                           "SET touched_at = now() - interval '1 hour'"));
    settle(s);
    assert_int_equal(messages(s), 0); /* nothing is left to do */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(the_first_batch_is_small_and_every_lead_gets_its_row),
        SCENE(a_single_session_is_enough),
        SCENE(a_campaign_without_leads_is_generated_at_once),
        SCENE(a_second_run_goes_on_where_a_killed_one_stopped),
        SCENE(generators_at_once_make_every_row_and_every_check_once),
        SCENE(a_campaign_stopped_between_two_batches_leaves_no_row_waiting),
        SCENE(every_refusal_is_a_canceled_row_with_its_reason_and_its_check),
        SCENE(a_consent_without_a_scope_is_worth_what_the_tenant_was_told),
        SCENE(a_deployment_may_call_where_it_has_no_rule),
        SCENE(a_lead_asleep_waits_for_its_next_allowed_instant),
        SCENE(a_lead_that_wakes_after_the_campaigns_end_is_not_kept_waiting),
        SCENE(without_filters_only_the_campaigns_own_leads_are_taken),
        SCENE(with_filters_unassigned_leads_join_and_nobody_elses),
        SCENE(each_filter_takes_what_matches_it),
        SCENE(a_strangers_campaign_is_not_generated),
        SCENE(an_execution_whose_message_was_lost_gets_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_dry_run.c - what a dry run says of every lead is what a start and its claims then do. */

#include "common/base/json.h"
#include "common/campaign/dry_run.h"
#include "common/compliance/replay.h"
#include "tests/support/fake_clock.h"
#include "tests/support/scene.h"

/* A Tuesday: noon in Rome, afternoon in India, before dawn in New York. */
#define NOON "2026-12-15T11:00:00Z"

static struct buf dry_run(struct scene *s, int64_t campaign, const char *at, int limit)
{
    struct op op = testdb_op(s->db, s->tenant);
    struct dry_run_options options = {.limit = limit};
    struct buf out = {0};

    assert_true(tstamp_parse(str_of(at), &options.at));
    assert_ok(&op, campaign_dry_run(&op, campaign, &options, &out));
    op_end(&op);
    return out;
}

/* The answer as a table of the database, where it is compared. */
static void keep_answer(struct scene *s, const struct buf *answer)
{
    free(testdb_sql(
        s->db,
        "CREATE TABLE fake.answer AS SELECT $a$%s$a$::jsonb AS a;"
        "CREATE TABLE fake.said AS SELECT x.* FROM fake.answer, jsonb_to_recordset(a -> 'items') "
        "AS x (lead_id bigint, verdict text, at timestamptz, reason text, codes jsonb)",
        answer->p));
}

static void assert_nothing(struct scene *s, const char *what, const char *rows)
{
    char *found = testdb_sql(s->db,
                             "SELECT string_agg(x::text, chr(10)) FROM (SELECT * FROM (%s) y "
                             "LIMIT 5) x",
                             rows);

    if (found)
        fail_msg("%s: %s", what, found);
}

/*
 * i-th lead: the country, the consent, the lists and the rest go round with different periods, so
 * that in a few thousand every pair of them meets.
 */
static void make_leads(struct scene *s, int64_t campaign, int n)
{
    free(testdb_sql(
        s->db,
        "INSERT INTO leads (tenant_id, campaign_id, name, phone, country_iso, preferred_lang, "
        "consent_status, consent_basis, consent_date, consent_source, consent_channels, "
        "consent_level, consent_expires_at, metadata, dead_reason) "
        "SELECT %lld, CASE WHEN i %% 9 > 0 THEN %lld END, 'n', c.prefix || c.first + i, "
        "CASE WHEN i %% 31 = 0 THEN 'BE' WHEN i %% 37 > 0 THEN c.iso END, "
        "CASE i %% 5 WHEN 0 THEN 'en' WHEN 1 THEN 'it' END, "
        "(ARRAY['granted','granted','granted','unknown','denied','expired','granted'])[1 + i %% "
        "7], "
        "(ARRAY['consent','consent','contract','legitimate_interest'])[1 + i %% 4], "
        "CASE WHEN i %% 11 > 0 THEN '2026-12-01'::timestamptz - i %% 1000 * interval '1 day' END, "
        "CASE WHEN i %% 6 > 0 THEN 'form' END, "
        "(ARRAY['[\"automated_voice\",\"artificial_voice\"]','[\"sms\"]',NULL])[1 + i / 2 %% 3]"
        "::jsonb, "
        "(ARRAY['express_written','express',NULL])[1 + i / 3 %% 3], "
        "CASE WHEN i %% 29 = 0 THEN '2026-12-16'::timestamptz END, "
        "(ARRAY['{\"segment\":\"b2b\"}','{\"timezone\":\"America/Denver\"}',"
        "'{\"timezone\":\"Asia/Tokyo\",\"timezone_verified\":true}','{\"timezone\":\"Mars/Base\"}',"
        "NULL,'{}'])[1 + i / 5 %% 6]::jsonb, "
        "CASE WHEN i %% 53 = 0 THEN 'not_in_service' END "
        "FROM generate_series(1, %d) i JOIN (VALUES "
        "(0, 'IT', '+39349', 1000000), (1, 'FR', '+336', 12000000), (2, 'DE', '+4915', 123000000), "
        "(3, 'ES', '+346', 12000000), (4, 'GB', '+447400', 100000), (5, 'US', '+1212', 2000000), "
        "(6, 'US', '+1305', 2000000), (7, 'US', '+1808', 2000000), (8, 'CA', '+1604', 2000000), "
        "(9, 'AU', '+614', 12000000), (10, 'IN', '+91', 9800000000), (11, 'NO', '+47', 90100000), "
        "(12, 'BR', '+5511', 980000000), (13, 'FR', '+331', 42000000), (14, 'US', '+1208', "
        "5550000), "
        "(15, 'MX', '+5255', 50000000)) c (n, iso, prefix, first) ON c.n = i / 7 %% 16",
        (long long)s->tenant, (long long)campaign, n));
}

static void make_lists(struct scene *s)
{
    free(testdb_sql(
        s->db,
        "INSERT INTO dnc_entries (tenant_id, e164, source) SELECT tenant_id, phone, "
        "(ARRAY['manual','opt_out','registry'])[1 + id %% 3] FROM leads WHERE id %% 17 = 0;"
        "INSERT INTO platform_dnc_entries (e164) SELECT phone FROM leads WHERE id %% 41 = 0;"
        "INSERT INTO registry_scrubs (tenant_id, e164, registry, scrubbed_at) "
        "SELECT DISTINCT ON (l.tenant_id, l.phone, r.name) l.tenant_id, l.phone, r.name, "
        "'" NOON "'::timestamptz - l.id %% 45 * interval '1 day' "
        "FROM leads l JOIN (SELECT DISTINCT country_iso, extended -> 'dnc' ->> 'registry' AS name "
        "FROM platform_country_rules) r ON r.country_iso = l.country_iso AND r.name IS NOT NULL "
        "WHERE l.id %% 4 > 0"));
}

/* The tenant's own rules beside the platform's: one closes mornings, one asks for consents again.
 */
static void make_own_rules(struct scene *s)
{
    struct op op = testdb_op(s->db, s->tenant);
    struct country_rule windows = {
        .country_iso = "GB",
        .enabled = true,
        .quiet_hours_enabled = true,
        .timezone = "Europe/London",
        .sources = {"[\"ours\"]"},
        .extended = {"{\"call_windows\":{\"tue\":[[\"13:00\",\"14:00\"]],"
                     "\"wed\":[[\"09:30\",\"12:00\"]]}}"},
    };
    struct country_rule consents = {
        .country_iso = "BR", .enabled = true, .require_explicit_consent = true};

    assert_ok(&op, rule_put(&op, &windows));
    assert_ok(&op, rule_put(&op, &consents));
    op_end(&op);
}

static int64_t campaign_of_many(struct scene *s, int n)
{
    struct campaign c = scene_draft();

    c.timezone = "Europe/Rome";
    c.quiet_hours = "18:30-11:30";
    c.lead_filters.text = "{}";
    c.country_rules_override.text = "{\"ES\":{\"quiet_hours\":\"12:00-09:00\"},"
                                    "\"AU\":{\"enabled\":false}}";
    int64_t id = scene_campaign(s, s->tenant, c);
    make_own_rules(s);
    make_leads(s, id, n);
    make_lists(s);
    return id;
}

static void claim_everything(struct scene *s)
{
    int64_t last = testdb_number(s->db, "SELECT max(id) FROM scheduled_calls");
    struct op op;
    struct claim c;

    free(testdb_sql(s->db, "UPDATE scheduled_calls SET status = 'queued', queued_at = '" NOON
                           "' WHERE status = 'scheduled'"));
    for (int64_t id = 1; id <= last; id++) {
        op = testdb_op(s->db, s->tenant);
        assert_ok(&op, scheduled_call_claim(&op, id, &c));
        op_end(&op);
    }
}

static void never_told(const struct replay *r)
{
    fail_msg("check %lld is not what it was", (long long)r->id);
}

/* Whatever was decided, by the tenant's own rules too, is decided so again from its record. */
static void assert_replayed(struct scene *s)
{
    struct op op = testdb_op(s->db, s->tenant);
    int64_t counts[REPLAY_RESULTS] = {0};

    assert_ok(&op, replay_all(&op, counts, never_told));
    assert_int_equal(counts[REPLAY_IDENTICAL],
                     testdb_number(s->db, "SELECT count(*) FROM compliance_checks"));
    op_end(&op);
}

static void assert_totals(struct scene *s)
{
    assert_nothing(s, "the totals",
                   "SELECT a - 'items' FROM fake.answer, (SELECT count(*) AS n, "
                   "count(*) FILTER (WHERE verdict = 'now') AS now, "
                   "count(*) FILTER (WHERE verdict = 'at') AS later, "
                   "count(*) FILTER (WHERE verdict = 'never') AS never, min(at) AS first, "
                   "max(at) AS last FROM fake.said) t "
                   "WHERE (a ->> 'leads')::int <> n OR (a ->> 'callable_now')::int <> now "
                   "OR (a ->> 'later')::int <> later OR (a ->> 'never')::int <> never "
                   "OR (a ->> 'first_callable_at')::timestamptz <> first "
                   "OR (a ->> 'last_callable_at')::timestamptz <> last "
                   "OR least(now, later, never) < 20");
    assert_nothing(s, "the reasons",
                   "SELECT * FROM (SELECT reason, count(*) AS n FROM fake.said WHERE verdict <> "
                   "'now' AND reason IS NOT NULL GROUP BY 1) x FULL JOIN (SELECT key, value::int "
                   "FROM fake.answer, jsonb_each_text(a -> 'by_reason')) y ON reason = key "
                   "WHERE n IS DISTINCT FROM value");
}

static void every_lead_meets_the_fate_it_was_told(void **state)
{
    struct scene *s = *state;

    fake_clock_install(s->db, NOON);
    int64_t id = campaign_of_many(s, 3000);
    struct buf answer = dry_run(s, id, NOON, 100000);
    assert_says(s, "(SELECT count(*) FROM scheduled_calls) + (SELECT count(*) FROM "
                   "compliance_checks) = 0");
    keep_answer(s, &answer);
    buf_free(&answer);
    assert_totals(s);
    assert_says(s, "(SELECT min(at) FILTER (WHERE verdict = 'at') = '2026-12-15T13:00:00Z' FROM "
                   "fake.said JOIN leads l ON l.id = lead_id WHERE phone LIKE '+44%%')");
    scene_start(s, s->tenant, id);
    assert_nothing(s, "a lead left out, or one too many",
                   "SELECT * FROM fake.said FULL JOIN scheduled_calls r USING (lead_id) WHERE "
                   "verdict IS NULL OR r.id IS NULL");
    assert_nothing(s, "the start disagrees",
                   "SELECT * FROM fake.said x JOIN scheduled_calls r USING (lead_id) WHERE CASE "
                   "WHEN x.reason = 'NUMBER_DEAD' THEN false "
                   "WHEN verdict = 'never' THEN (r.status, r.reason) <> ('canceled', x.reason) "
                   "ELSE r.status <> 'scheduled' OR r.scheduled_at <> x.at END");
    claim_everything(s);
    assert_nothing(s, "a claim disagrees",
                   "SELECT * FROM fake.said x JOIN scheduled_calls r USING (lead_id) WHERE CASE "
                   "verdict WHEN 'never' THEN (r.status, r.reason) <> ('canceled', x.reason) "
                   "WHEN 'at' THEN (r.status, r.reason, r.scheduled_at) <> ('scheduled', x.reason, "
                   "x.at) ELSE r.status <> 'processing' OR NOT EXISTS (SELECT 1 FROM call_attempts "
                   "a WHERE a.scheduled_call_id = r.id AND a.state = 'intent') END");
    assert_replayed(s);
}

/*
 * France asks for consent from 11 August 2026 on; before, who had not objected could be called
 * after a look into Bloctel.  (The law as it ships has automated calls opt-in before as well.)
 */
static const char opt_out_before[] =
    "UPDATE platform_country_rules SET extended = jsonb_set(extended, '{consent,b2c,regime}', "
    "'\"opt_out\"'), require_explicit_consent = false "
    "WHERE country_iso = 'FR' AND effective_from < '2026-08-11'";

static void a_campaign_that_spans_a_change_is_decided_by_the_version_of_the_instant(void **state)
{
    struct scene *s = *state;
    char phone[24];

    fake_clock_install(s->db, "2026-08-10T09:00:00Z");
    free(testdb_sql(s->db, "%s", opt_out_before));
    int64_t id = scene_campaign(s, s->tenant, scene_draft());
    for (int i = 0; i < 3; i++) {
        snprintf(phone, sizeof(phone), "+3314200000%d", i);
        int64_t lead = scene_lead(s, s->tenant, id, phone);
        free(testdb_sql(s->db,
                        "UPDATE leads SET consent_status = 'unknown' WHERE id = %lld;"
                        "INSERT INTO registry_scrubs SELECT %lld, '%s', 'Bloctel', '2026-08-09'",
                        (long long)lead, (long long)s->tenant, phone));
    }
    struct buf before = dry_run(s, id, "2026-08-10T09:00:00Z", 5);
    struct buf after = dry_run(s, id, "2026-08-11T09:00:00Z", 5);
    assert_non_null(strstr(before.p, "\"callable_now\":3,"));
    assert_non_null(strstr(after.p, "\"by_reason\":{\"CONSENT_MISSING\":3}"));
    buf_free(&before);
    buf_free(&after);
    scene_start(s, s->tenant, id);
    struct op op = testdb_op(s->db, s->tenant);
    struct claim c;
    assert_int_equal(scene_claim(&op, scene_first_row(s, id), &c), CLAIM_INTENT);
    fake_clock_set(s->db, "2026-08-11T09:00:00Z");
    assert_int_equal(scene_claim(&op, scene_first_row(s, id) + 1, &c), CLAIM_NEVER);
    op_end(&op);
    assert_says(s, "(SELECT reason FROM scheduled_calls WHERE id = %lld) = 'CONSENT_MISSING'",
                (long long)scene_first_row(s, id) + 1);
    assert_says(s, "(SELECT count(DISTINCT platform_rule_id) FROM compliance_checks) = 2");
}

/* And as it ships: until 10 August Bloctel must have been asked, from the 11th on it is no more. */
static void a_registry_that_is_abolished_is_not_asked_for_any_more(void **state)
{
    struct scene *s = *state;
    int64_t id = scene_campaign(s, s->tenant, scene_draft());

    scene_lead(s, s->tenant, id, "+33142000001");
    free(testdb_sql(s->db, "UPDATE leads SET consent_basis = 'consent', consent_source = 'form', "
                           "consent_date = '2026-08-01', "
                           "consent_channels = '[\"automated_voice\"]'"));
    struct buf before = dry_run(s, id, "2026-08-10T17:59:29Z", 5);
    struct buf after = dry_run(s, id, "2026-08-11T08:00:00Z", 5);
    assert_non_null(strstr(before.p, "\"by_reason\":{\"DNC_REGISTRY_STALE\":1}"));
    assert_non_null(strstr(before.p, "\"change\":\"scrub_registry\",\"registry\":\"Bloctel\""));
    assert_non_null(strstr(after.p, "\"callable_now\":1,"));
    buf_free(&before);
    buf_free(&after);
}

/* Started before the change, begun after it. */
static void a_start_that_lies_ahead_is_judged_by_the_law_of_its_day(void **state)
{
    struct scene *s = *state;
    struct campaign c = scene_draft();

    fake_clock_install(s->db, "2026-08-10T09:00:00Z");
    assert_true(tstamp_parse(STR("2026-08-11T09:00:00Z"), &c.start_date));
    int64_t id = scene_campaign(s, s->tenant, c);
    scene_lead(s, s->tenant, id, "+33142000001");
    free(testdb_sql(s->db, "UPDATE leads SET consent_status = 'unknown'; %s", opt_out_before));
    struct buf answer = dry_run(s, id, "2026-08-10T09:00:00Z", 5);
    assert_non_null(strstr(answer.p, "CONSENT_MISSING"));
    buf_free(&answer);
    scene_start(s, s->tenant, id);
    assert_says(s, "(SELECT reason FROM scheduled_calls) = 'CONSENT_MISSING'");
}

static int64_t freed_by(struct scene *s, const struct buf *answer, const char *change)
{
    return testdb_number(s->db,
                         "SELECT f ->> 'leads' FROM jsonb_array_elements($a$%s$a$::jsonb -> "
                         "'frees_most') f WHERE f ->> 'change' || coalesce(':' || (f ->> "
                         "'registry'), '') = '%s'",
                         answer->p, change);
}

static void it_says_which_change_would_free_most(void **state)
{
    struct scene *s = *state;
    struct campaign c = scene_draft();
    char phone[24];

    c.quiet_hours = "00:00-23:00"; /* of UTC: closed at noon */
    c.country_rules_override.text = "{\"ES\":{\"enabled\":false}}";
    int64_t id = scene_campaign(s, s->tenant, c);
    for (int i = 0; i < 2; i++)
        scene_lead(s, s->tenant, id, scene_phone(phone, i)); /* only too early for the campaign */
    for (int i = 0; i < 3; i++) {
        snprintf(phone, sizeof(phone), "+3902%07d", i + 5000000);
        scene_lead(s, s->tenant, id, phone);
        free(testdb_sql(s->db, "INSERT INTO dnc_entries (tenant_id, e164) VALUES (%lld, '%s')",
                        (long long)s->tenant, phone));
    }
    scene_lead(s, s->tenant, id, "+34612000001");
    free(testdb_sql(s->db, "UPDATE platform_country_rules SET dnc_registry_enabled = true, "
                           "extended = extended - 'consent' WHERE country_iso = 'ES'"));
    struct buf answer = dry_run(s, id, NOON, 5);
    assert_int_equal(freed_by(s, &answer, "remove_from_dnc_list"), 3);
    assert_int_equal(freed_by(s, &answer, "widen_campaign_window"), 2);
    const char *most = strstr(answer.p, "\"frees_most\":[{\"change\":\"remove_from_dnc_list\"");
    assert_non_null(most);
    buf_free(&answer);
    c.quiet_hours = NULL;
    c.country_rules_override.text = NULL;
    id = scene_campaign(s, s->tenant, c);
    free(testdb_sql(s->db, "UPDATE leads SET campaign_id = %lld", (long long)id));
    answer = dry_run(s, id, NOON, 5);
    assert_true(strstr(answer.p, "\"change\":\"scrub_registry\",\"registry\":\"") != NULL);
    buf_free(&answer);
}

/* On a list, and asleep until 23:00: off the list it would still have to be called in time. */
static void a_change_frees_only_whom_the_campaign_lives_to_call(void **state)
{
    static const struct {
        const char *end;
        int64_t freed;
    } cases[] = {{"2026-12-15T23:00:00Z", 0}, {"2026-12-15T23:00:01Z", 1}};
    struct scene *s = *state;
    struct campaign c = scene_draft();

    c.quiet_hours = "00:00-23:00";
    free(testdb_sql(s->db, "INSERT INTO dnc_entries (tenant_id, e164) VALUES (%lld, '" ITALIAN "')",
                    (long long)s->tenant));
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_true(tstamp_parse(str_of(cases[i].end), &c.end_date));
        int64_t id = scene_campaign(s, s->tenant, c);
        scene_lead(s, s->tenant, id, ITALIAN);
        struct buf answer = dry_run(s, id, NOON, 5);
        assert_int_equal(freed_by(s, &answer, "remove_from_dnc_list"), cases[i].freed);
        buf_free(&answer);
    }
}

static void leads_are_told_by_pages_and_counted_all(void **state)
{
    struct scene *s = *state;
    struct op op = testdb_op(s->db, s->tenant);
    struct dry_run_options options = {.limit = 2, .offset = 3};
    struct buf out = {0};
    char phone[24];

    int64_t id = scene_campaign(s, s->tenant, scene_draft()), lead[5];
    for (int i = 0; i < 5; i++)
        lead[i] = scene_lead(s, s->tenant, id, scene_phone(phone, i));
    assert_ok(&op, campaign_dry_run(&op, id, &options, &out));
    assert_non_null(strstr(out.p, "\"leads\":5,\"callable_now\":5,"));
    assert_non_null(strstr(out.p, "\"pagination\":{\"limit\":2,\"offset\":3}"));
    assert_int_equal(testdb_number(s->db, "SELECT $a$%s$a$::jsonb #>> '{items,0,lead_id}'", out.p),
                     lead[3]);
    assert_int_equal(
        testdb_number(s->db, "SELECT jsonb_array_length($a$%s$a$::jsonb -> 'items')", out.p), 2);
    buf_reset(&out);
    assert_fails(&op, E_CAMPAIGN_NOT_FOUND, campaign_dry_run(&op, id + 1, &options, &out));
    buf_free(&out);
    op_end(&op);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(every_lead_meets_the_fate_it_was_told),
        SCENE(a_campaign_that_spans_a_change_is_decided_by_the_version_of_the_instant),
        SCENE(a_registry_that_is_abolished_is_not_asked_for_any_more),
        SCENE(a_start_that_lies_ahead_is_judged_by_the_law_of_its_day),
        SCENE(it_says_which_change_would_free_most),
        SCENE(a_change_frees_only_whom_the_campaign_lives_to_call),
        SCENE(leads_are_told_by_pages_and_counted_all),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

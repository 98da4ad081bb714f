/* test_consent.c - the ledger of what people agreed to, and that a status cannot change without it.
 */

#include "common/lead/consent.h"

#include "common/base/clock.h"
#include "common/lead/import.h"
#include "common/store/db.h"
#include "tests/support/scene.h"

#define DAY_US (86400LL * 1000000)

static struct consent_event record(struct scene *s, int64_t lead, struct consent_event e)
{
    static char event[16];
    struct op op = testdb_op(s->db, s->tenant);

    assert_ok(&op, consent_record(&op, lead, &e));
    snprintf(event, sizeof(event), "%s", e.event);
    op_end(&op);
    e.event = event;
    return e;
}

static void assert_refused(struct scene *s, int64_t lead, struct consent_event e,
                           enum err_code code)
{
    struct op op = testdb_op(s->db, s->tenant);

    assert_fails(&op, code, consent_record(&op, lead, &e));
    op_end(&op);
}

/* Every lead is what the newest of its events says, and what was never said is unknown. */
static void assert_leads_follow_their_events(struct scene *s)
{
    assert_says(
        s,
        "NOT EXISTS (SELECT 1 FROM leads l"
        " LEFT JOIN LATERAL (SELECT * FROM consent_events e WHERE e.lead_id = l.id"
        "                     ORDER BY e.id DESC LIMIT 1) e ON true"
        " WHERE (l.consent_status, l.consent_basis, l.consent_source, l.consent_date,"
        "        l.consent_expires_at, l.consent_text_version)"
        "       IS DISTINCT FROM (coalesce(e.status, 'unknown'), e.basis, e.source, e.occurred_at,"
        "                         e.expires_at, e.text_version))");
}

static void a_lead_made_with_a_consent_has_its_event(void **state)
{
    struct scene *s = *state;
    int64_t lead = scene_lead(s, s->tenant, 0, ITALIAN);

    assert_says(
        s,
        "(SELECT count(*) = 1 FROM consent_events WHERE lead_id = %lld AND event = 'granted'"
        " AND phone = '" ITALIAN "')",
        (long long)lead);
    assert_leads_follow_their_events(s);
}

static void a_recorded_consent_carries_its_proof(void **state)
{
    struct scene *s = *state;
    int64_t lead = scene_lead(s, s->tenant, 0, ITALIAN);
    int64_t now = clock_now_us();
    struct consent_event e =
        record(s, lead,
               (struct consent_event){.status = CONSENT_GRANTED,
                                      .basis = "consent",
                                      .purpose = "marketing",
                                      .text_version = "2026-02",
                                      .channels = {"[\"automated_voice\"]"},
                                      .level = "express_written",
                                      .source = "web_form",
                                      .evidence_hash = "0123456789abcdef0123456789abcdef"
                                                       "0123456789abcdef0123456789abcdef",
                                      .occurred_at = {now - DAY_US},
                                      .expires_at = {now + DAY_US}});

    assert_string_equal(e.event, "renewed");
    assert_true(e.id > 0 && e.lead_id == lead && e.recorded_at.us >= now);
    assert_says(
        s,
        "(SELECT consent_level = 'express_written' AND consent_channels = '[\"automated_voice\"]'"
        " AND consent_purpose = 'marketing' FROM leads WHERE id = %lld)",
        (long long)lead);
    assert_leads_follow_their_events(s);
}

static void a_refusal_reaches_every_lead_of_the_person_and_nobody_elses(void **state)
{
    struct scene *s = *state;
    int64_t campaign = scene_campaign(s, s->tenant, scene_draft());
    int64_t here = scene_lead(s, s->tenant, 0, ITALIAN);
    int64_t there = scene_lead(s, s->tenant, campaign, ITALIAN);
    int64_t other = scene_lead(s, s->tenant, campaign, GERMAN);
    int64_t foreign = scene_lead(s, scene_stranger(s), 0, ITALIAN);
    struct consent_event e =
        record(s, here, (struct consent_event){.status = CONSENT_DENIED, .source = "email"});

    assert_string_equal(e.event, "revoked");
    assert_says(s,
                "(SELECT array_agg(id ORDER BY id) = ARRAY[%lld, %lld]::bigint[] FROM leads"
                " WHERE consent_status = 'denied')",
                (long long)here, (long long)there);
    assert_says(
        s,
        "(SELECT count(*) = 2 FROM leads WHERE id IN (%lld, %lld) AND consent_status = 'granted')",
        (long long)other, (long long)foreign);
    assert_leads_follow_their_events(s);
}

static void a_refusal_does_not_expire_but_a_new_grant_lifts_it(void **state)
{
    struct scene *s = *state;
    int64_t lead = scene_lead(s, s->tenant, 0, ITALIAN);

    record(s, lead, (struct consent_event){.status = CONSENT_DENIED});
    assert_refused(s, lead, (struct consent_event){.status = CONSENT_EXPIRED}, E_INVALID_STATE);
    assert_string_equal(
        record(s, lead, (struct consent_event){.status = CONSENT_GRANTED, .basis = "consent"})
            .event,
        "granted");
    assert_leads_follow_their_events(s);
}

static void what_cannot_be_is_refused_and_leaves_no_event(void **state)
{
    struct scene *s = *state;
    int64_t lead = scene_lead(s, s->tenant, 0, ITALIAN);
    struct tstamp now = {clock_now_us()};

    assert_refused(s, lead, (struct consent_event){.status = CONSENT_UNKNOWN}, E_VALIDATION_ERROR);
    assert_refused(
        s, lead,
        (struct consent_event){.status = CONSENT_GRANTED, .occurred_at = {now.us + DAY_US}},
        E_VALIDATION_ERROR);
    assert_refused(s, lead,
                   (struct consent_event){.status = CONSENT_GRANTED,
                                          .occurred_at = now,
                                          .expires_at = {now.us - DAY_US}},
                   E_VALIDATION_ERROR);
    assert_refused(s, 999, (struct consent_event){.status = CONSENT_DENIED}, E_LEAD_NOT_FOUND);
    assert_refused(s, scene_lead(s, scene_stranger(s), 0, ITALIAN),
                   (struct consent_event){.status = CONSENT_DENIED}, E_LEAD_NOT_FOUND);
    assert_says(s, "(SELECT count(*) = 1 FROM consent_events WHERE lead_id = %lld)",
                (long long)lead);
}

static void import(struct scene *s, const char *csv)
{
    struct op op = testdb_op(s->db, s->tenant);
    struct buf report = {0};
    struct lead_import *imp = lead_import_open(&op, &(struct lead_import_options){0});

    assert_non_null(imp);
    assert_ok(&op,
              lead_import_feed(&op, imp, str_of(csv)) && lead_import_finish(&op, imp, &report));
    buf_free(&report);
    op_end(&op);
}

static void an_import_leaves_an_event_for_each_change_and_for_nothing_else(void **state)
{
    struct scene *s = *state;

    import(s, "phone,name,consent_status,consent_source\n"
              "+393491234567,Ada,granted,form\n+393491234568,Bea,,\n");
    assert_says(s, "(SELECT count(*) = 1 FROM consent_events)");
    import(s, "phone,name,consent_status,consent_source\n"
              "+393491234567,Ada Rossi,granted,form\n+393491234568,Bea,denied,letter\n");
    assert_says(s,
                "(SELECT array_agg(event ORDER BY id) = '{granted,denied}' FROM consent_events)");
    assert_leads_follow_their_events(s);
}

static void an_event_stands_whoever_wants_it_gone(void **state)
{
    struct scene *s = *state;
    int64_t lead = scene_lead(s, s->tenant, 0, ITALIAN);

    free(testdb_sql(s->db, "DO $$ BEGIN UPDATE consent_events SET status = 'denied';"
                           " EXCEPTION WHEN restrict_violation THEN NULL; END $$"));
    free(testdb_sql(s->db, "DO $$ BEGIN DELETE FROM consent_events;"
                           " EXCEPTION WHEN restrict_violation THEN NULL; END $$"));
    assert_says(
        s, "(SELECT count(*) = 1 FROM consent_events WHERE lead_id = %lld AND status = 'granted')",
        (long long)lead);
}

static void the_newest_events_are_listed_first(void **state)
{
    struct scene *s = *state;
    struct op op = testdb_op(s->db, s->tenant);
    int64_t lead = scene_lead(s, s->tenant, 0, ITALIAN), total;
    struct consent_event *events;
    int n;

    record(s, lead, (struct consent_event){.status = CONSENT_DENIED});
    assert_ok(&op,
              consent_list(&op, lead, &(struct consent_query){.limit = 1}, &events, &n, &total));
    assert_int_equal(n, 1);
    assert_int_equal(total, 2);
    assert_int_equal(events[0].status, CONSENT_DENIED);
    assert_fails(&op, E_LEAD_NOT_FOUND,
                 consent_list(&op, 999, &(struct consent_query){.limit = 1}, &events, &n, &total));
    op_end(&op);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(a_lead_made_with_a_consent_has_its_event),
        SCENE(a_recorded_consent_carries_its_proof),
        SCENE(a_refusal_reaches_every_lead_of_the_person_and_nobody_elses),
        SCENE(a_refusal_does_not_expire_but_a_new_grant_lifts_it),
        SCENE(what_cannot_be_is_refused_and_leaves_no_event),
        SCENE(an_import_leaves_an_event_for_each_change_and_for_nothing_else),
        SCENE(an_event_stands_whoever_wants_it_gone),
        SCENE(the_newest_events_are_listed_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

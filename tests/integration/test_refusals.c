/* test_refusals.c - a refusal is the person's: whichever way it comes, all their leads have it. */

#include "common/call/call.h"
#include "common/compliance/compliance.h"
#include "common/lead/consent.h"
#include "common/lead/import.h"
#include "common/store/db.h"
#include "tests/support/scene.h"

/* The person's leads: unassigned, and in a campaign; and two who are somebody else. */
struct people {
    int64_t campaign, here, there, bystander, strangers;
};

static struct people people(struct scene *s)
{
    struct people p = {.campaign = scene_campaign(s, s->tenant, scene_draft())};

    p.here = scene_lead(s, s->tenant, 0, ITALIAN);
    p.there = scene_lead(s, s->tenant, p.campaign, ITALIAN);
    p.bystander = scene_lead(s, s->tenant, 0, "+393490000001");
    p.strangers = scene_lead(s, scene_stranger(s), 0, ITALIAN);
    return p;
}

static void assert_consent(struct scene *s, int64_t lead, const char *status)
{
    assert_says(s,
                "(SELECT l.consent_status = '%s' AND e.status = '%s' AND "
                "(e.source, e.occurred_at) IS NOT DISTINCT FROM (l.consent_source, l.consent_date) "
                "FROM leads l JOIN consent_events e ON e.lead_id = l.id WHERE l.id = %lld "
                "ORDER BY e.id DESC LIMIT 1)",
                status, status, (long long)lead);
}

static void assert_only_the_person_refused(struct scene *s, const struct people *p)
{
    assert_consent(s, p->here, "denied");
    assert_consent(s, p->there, "denied");
    assert_consent(s, p->bystander, "granted");
    assert_consent(s, p->strangers, "granted");
}

static void record(struct scene *s, int64_t lead, enum consent_status status)
{
    struct op op = testdb_op(s->db, s->tenant);
    struct consent_event e = {.status = status, .source = "letter", .basis = "consent"};

    assert_ok(&op, consent_record(&op, lead, &e));
    op_end(&op);
}

static struct lead create(struct scene *s, struct lead l)
{
    struct op op = testdb_op(s->db, s->tenant);

    l.name = "Lead";
    l.phone = ITALIAN;
    assert_ok(&op, lead_create(&op, &l));
    op_end(&op);
    return l;
}

/* The report is good until the next one. */
static const char *import(struct scene *s, int64_t campaign, const char *csv)
{
    static char report[1024];
    struct op op = testdb_op(s->db, s->tenant);
    struct buf reply = {0};
    struct lead_import *imp = lead_import_open(
        &op, &(struct lead_import_options){.campaign_id = {campaign != 0, campaign}});

    assert_non_null(imp);
    assert_ok(&op, lead_import_feed(&op, imp, str_of(csv)) && lead_import_finish(&op, imp, &reply));
    snprintf(report, sizeof(report), "%s", reply.p);
    buf_free(&reply);
    op_end(&op);
    return report;
}

static void a_recorded_refusal_reaches_every_lead_of_the_person(void **state)
{
    struct scene *s = *state;
    struct people p = people(s);

    record(s, p.there, CONSENT_DENIED);
    assert_only_the_person_refused(s, &p);
}

static void a_refusal_in_a_file_reaches_every_lead_of_the_person(void **state)
{
    struct scene *s = *state;
    struct people p = people(s);

    import(s, p.campaign,
           "phone,name,consent_status,consent_source\n" ITALIAN ",Ada,denied,letter\n");
    assert_only_the_person_refused(s, &p);
    assert_says(s, "(SELECT count(*) = 2 FROM leads WHERE consent_source = 'letter')");
}

static void a_refusal_that_comes_with_a_new_lead_reaches_the_others(void **state)
{
    struct scene *s = *state;
    struct people p = people(s);

    create(s, (struct lead){.campaign_id = {true, scene_campaign(s, s->tenant, scene_draft())},
                            .consent_status = CONSENT_DENIED,
                            .consent_source = "letter"});
    assert_only_the_person_refused(s, &p);
}

static void a_refusal_that_somebody_writes_into_a_lead_reaches_the_others(void **state)
{
    struct scene *s = *state;
    struct people p = people(s);

    free(testdb_sql(s->db, "UPDATE leads SET consent_status = 'denied' WHERE id = %lld",
                    (long long)p.here));
    assert_only_the_person_refused(s, &p);
}

static void a_lead_that_is_made_later_begins_denied_whatever_it_says(void **state)
{
    struct scene *s = *state;
    struct people p = people(s);
    int64_t other = scene_campaign(s, s->tenant, scene_draft());

    record(s, p.here, CONSENT_DENIED);
    struct lead made =
        create(s, (struct lead){.campaign_id = {true, other}, .consent_status = CONSENT_GRANTED});
    assert_int_equal(made.consent_status, CONSENT_DENIED);
    assert_consent(s, made.id, "denied");
    assert_only_the_person_refused(s, &p);
}

static void what_a_refused_lead_said_of_its_consent_is_not_told_back(void **state)
{
    struct scene *s = *state;
    int64_t campaign = scene_campaign(s, s->tenant, scene_draft());

    create(s, (struct lead){.consent_status = CONSENT_DENIED});
    struct lead made = create(s, (struct lead){.campaign_id = {true, campaign},
                                               .consent_status = CONSENT_GRANTED,
                                               .consent_source = "form"});
    assert_int_equal(made.consent_status, CONSENT_DENIED);
    assert_null(made.consent_source);
}

static void a_lead_that_a_file_brings_later_begins_denied_and_the_report_says_so(void **state)
{
    struct scene *s = *state;
    struct people p = people(s);
    int64_t other = scene_campaign(s, s->tenant, scene_draft());

    record(s, p.here, CONSENT_DENIED);
    const char *report = import(s, other,
                                "phone,name,consent_status\n" ITALIAN ",Ada,granted\n"
                                "+393490000002,Bea,granted\n");
    assert_non_null(
        strstr(report, "{\"code\":\"REFUSED_BEFORE\",\"column\":\"phone\",\"count\":1}"));
    assert_says(s,
                "(SELECT string_agg(consent_status, ' ' ORDER BY phone DESC) = 'denied granted' "
                "FROM leads WHERE campaign_id = %lld)",
                (long long)other);
    assert_only_the_person_refused(s, &p);
}

static void a_grant_lifts_a_refusal_for_its_lead_alone_and_a_file_does_not_undo_it(void **state)
{
    struct scene *s = *state;
    struct people p = people(s);

    record(s, p.here, CONSENT_DENIED);
    record(s, p.there, CONSENT_GRANTED);
    import(s, p.campaign, "phone,name\n" ITALIAN ",Ada Rossi\n");
    assert_consent(s, p.there, "granted");
    assert_consent(s, p.here, "denied");
}

/* No consent is asked for here: what is refused is refused for the person's word alone. */
static void nobody_needs_consent(struct scene *s)
{
    free(testdb_sql(s->db, "UPDATE platform_country_rules SET require_explicit_consent = false "
                           "WHERE country_iso = 'IT'"));
}

static enum compliance_code asked(struct scene *s)
{
    struct op op = testdb_op(s->db, s->tenant);
    struct compliance_question q = {.to_number = ITALIAN, .from_number = FAKE_NUMBER};
    struct compliance_answer a;

    assert_true(tstamp_parse(STR("2026-11-20T10:00:00Z"), &q.at));
    assert_ok(&op, compliance_ask(&op, &q, &a));
    op_end(&op);
    return a.verdict.code;
}

static void without_a_lead_the_number_is_refused_all_the_same(void **state)
{
    struct scene *s = *state;
    struct op op = testdb_op(s->db, s->tenant);
    struct outbound_request r = {
        .to_number = ITALIAN, .from_number = FAKE_NUMBER, .agent_id = FAKE_AGENT};
    struct outbound_reply reply;

    nobody_needs_consent(s);
    int64_t lead = scene_lead(s, s->tenant, 0, ITALIAN);
    assert_int_equal(asked(s), CC_NONE);
    record(s, lead, CONSENT_DENIED);
    assert_int_equal(asked(s), CC_CONSENT_DENIED);
    assert_fails(&op, E_COMPLIANCE_VIOLATION, call_outbound(&op, &r, &reply));
    op_end(&op);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(a_recorded_refusal_reaches_every_lead_of_the_person),
        SCENE(a_refusal_in_a_file_reaches_every_lead_of_the_person),
        SCENE(a_refusal_that_comes_with_a_new_lead_reaches_the_others),
        SCENE(a_refusal_that_somebody_writes_into_a_lead_reaches_the_others),
        SCENE(a_lead_that_is_made_later_begins_denied_whatever_it_says),
        SCENE(what_a_refused_lead_said_of_its_consent_is_not_told_back),
        SCENE(a_lead_that_a_file_brings_later_begins_denied_and_the_report_says_so),
        SCENE(a_grant_lifts_a_refusal_for_its_lead_alone_and_a_file_does_not_undo_it),
        SCENE(without_a_lead_the_number_is_refused_all_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

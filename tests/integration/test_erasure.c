/* test_erasure.c - a person is forgotten, found nowhere, not called; and the ledger verifies. */

#include "common/call/erasure.h"

#include "common/call/call.h"
#include "common/call/events.h"
#include "common/compliance/dnc.h"
#include "common/compliance/scrub.h"
#include "common/lead/consent.h"
#include "common/lead/import.h"
#include "common/ledger/ledger_file.h"
#include "common/ledger/seal.h"
#include "common/store/db.h"
#include "tests/support/scene.h"

/* What no table may show afterwards, in whatever it is written. */
#define CANARIES "kanarie|3491234567"

static char *tables_that_know(struct scene *s)
{
    return testdb_sql(s->db, "SELECT coalesce(string_agg(table_name, ' ' ORDER BY table_name), '')"
                             "  FROM information_schema.tables"
                             " WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
                             "   AND query_to_xml(format('SELECT t::text FROM %%I t', table_name), "
                             "true, false, '')::text"
                             "       ~* '" CANARIES "'");
}

static void assert_nowhere(struct scene *s)
{
    char *tables = tables_that_know(s);

    assert_string_equal(tables, "");
    free(tables);
}

static int64_t canary(struct scene *s, int64_t campaign)
{
    struct op op = testdb_op(s->db, s->tenant);
    struct lead l = {.name = "Kanarie Vogel",
                     .phone = ITALIAN,
                     .email = "kanarie@example.com",
                     .company = "Kanarie Srl",
                     .campaign_id = {campaign != 0, campaign},
                     .consent_status = CONSENT_GRANTED,
                     .consent_source = "kanarie's form",
                     .metadata = {"{\"note\":\"kanarie sings\"}"}};

    assert_ok(&op, lead_create(&op, &l));
    op_end(&op);
    return l.id;
}

/* more: members of the analysis, after a comma. */
static void tell(struct scene *s, const char *event, const char *call, const char *more)
{
    struct op op = testdb_op(s->db, 0);
    char text[1024];
    bool stored;

    snprintf(text, sizeof(text),
             "{\"event\":\"%s\",\"call\":{\"call_id\":\"%s\",\"to_number\":\"" ITALIAN "\","
             "\"call_status\":\"ended\",\"start_timestamp\":1767000000000,"
             "\"end_timestamp\":1767000061000,\"disconnection_reason\":\"agent_hangup\","
             "\"transcript_object\":[{\"role\":\"agent\",\"content\":\"Hello\"},"
             "{\"role\":\"user\",\"content\":\"I am Kanarie\"}],"
             "\"call_analysis\":{\"call_summary\":\"A kanarie\"%s}}}",
             event, call, more);
    assert_ok(&op, webhook_store(&op, NULL, str_of(text), &stored));
    assert_ok(&op, webhooks_apply(&op, call));
    op_end(&op);
}

static struct erasure erase(struct scene *s, int64_t lead)
{
    struct op op = testdb_op(s->db, s->tenant);
    struct erasure e = {.reason = "asked by letter"};

    assert_ok(&op, erasure_of_lead(&op, lead, &e));
    op_end(&op);
    return e;
}

static void go_on(struct scene *s)
{
    struct op op = testdb_op(s->db, 0);
    int looked;

    free(testdb_sql(s->db, "UPDATE erasures SET look_at = now() WHERE look_at IS NOT NULL"));
    free(testdb_sql(s->db, "UPDATE erasure_copies SET due_at = now()"));
    assert_ok(&op, erasures_go_on(&op, &looked));
    op_end(&op);
}

static void assert_status(struct scene *s, int64_t id, enum erasure_status status)
{
    struct op op = testdb_op(s->db, s->tenant);
    struct erasure e = {0};

    assert_ok(&op, erasure_get(&op, id, &e));
    assert_int_equal(e.status, status);
    op_end(&op);
}

/* Called, talked to, on lists, waiting in another campaign and for a call of its own. */
static int64_t well_known(struct scene *s)
{
    int64_t first = scene_campaign(s, s->tenant, scene_draft());
    int64_t second = scene_campaign(s, s->tenant, scene_draft());
    int64_t lead = canary(s, first);
    struct op op = testdb_op(s->db, s->tenant);
    struct consent_event consent = {
        .status = CONSENT_GRANTED, .basis = "consent", .source = "kanarie"};
    struct dnc_entry entry = {.e164 = ITALIAN};
    struct outbound_request wanted = {.to_number = ITALIAN,
                                      .from_number = FAKE_NUMBER,
                                      .agent_id = FAKE_AGENT,
                                      .metadata = {"{\"who\":\"kanarie\"}"}};
    struct outbound_reply got;
    int64_t n;

    free(testdb_sql(s->db, "UPDATE platform_country_rules SET require_explicit_consent = false"
                           " WHERE country_iso = 'IT'")); /* for a call to nobody's lead */
    canary(s, second);
    scene_start(s, s->tenant, first);
    scene_start(s, s->tenant, second);
    scene_dial(s, s->tenant, scene_first_row(s, first));
    tell(s, "call_ended", "fake_1", "");
    tell(s, "call_analyzed", "fake_1", "");
    assert_ok(&op, consent_record(&op, lead, &consent));
    assert_ok(&op, call_outbound(&op, &wanted, &got));
    assert_ok(&op, scrub_record(&op, NULL, (struct tstamp){0}, &n));
    free(testdb_sql(s->db,
                    "INSERT INTO registry_scrubs (tenant_id, e164, registry, scrubbed_at)"
                    " VALUES (%lld, '" ITALIAN "', 'RPO', now()) ON CONFLICT DO NOTHING",
                    (long long)s->tenant));
    assert_ok(&op, dnc_add(&op, &entry));
    op_end(&op);
    return lead;
}

static void nothing_tells_of_the_person_any_more(void **state)
{
    struct scene *s = *state;
    int64_t lead = well_known(s);
    char *before = tables_that_know(s);

    assert_string_equal(before, "call_attempts calls compliance_checks consent_events dnc_entries "
                                "leads registry_scrubs scheduled_calls webhook_inbox");
    free(before);
    struct erasure e = erase(s, lead);
    assert_int_equal(e.status, ERASURE_ERASED);
    assert_int_equal(e.leads, 2);
    assert_int_equal(e.provider_copies_left, 1);
    assert_nowhere(s);
}

static void what_waits_for_the_person_is_called_off_and_nobody_elses(void **state)
{
    struct scene *s = *state;
    int64_t lead = well_known(s);
    int64_t other = scene_running(s, s->tenant, scene_draft(), 3);

    erase(s, lead);
    assert_says(s,
                "(SELECT count(*) = 2 FROM scheduled_calls WHERE status = 'canceled' AND reason = "
                "'ERASED')");
    assert_says(s, "(SELECT status = 'canceled' FROM calls k WHERE NOT EXISTS (SELECT 1 FROM "
                   "call_attempts a WHERE a.call_id = k.id))");
    assert_says(s,
                "(SELECT count(*) = 3 FROM scheduled_calls WHERE campaign_id = %lld"
                " AND status = 'scheduled' AND to_number LIKE '+%%')",
                (long long)other);
}

static void the_number_stays_blocked_for_that_tenant_only(void **state)
{
    struct scene *s = *state;
    int64_t stranger = scene_stranger(s), row;
    struct op op = testdb_op(s->db, s->tenant), theirs = testdb_op(s->db, stranger);
    struct outbound_request wanted = {
        .to_number = ITALIAN, .from_number = FAKE_NUMBER, .agent_id = FAKE_AGENT};
    struct compliance_question q = {
        .to_number = ITALIAN, .advisory = true, .at = {1800000000LL * 1000000}};
    struct compliance_answer a;
    struct outbound_reply got;

    erase(s, well_known(s));
    assert_fails(&op, E_COMPLIANCE_VIOLATION, call_outbound(&op, &wanted, &got));
    op_forgive(&op);
    row = scene_row(s, ITALIAN); /* somebody imports the person again */
    assert_says(s,
                "(SELECT status = 'canceled' AND reason = 'DNC_OPT_OUT' FROM scheduled_calls WHERE "
                "id = %lld)",
                (long long)row);
    assert_ok(&op, compliance_ask(&op, &q, &a));
    assert_int_equal(a.verdict.code, CC_DNC_OPT_OUT);
    assert_ok(&theirs, compliance_ask(&theirs, &q, &a));
    assert_true(a.verdict.code != CC_DNC_OPT_OUT);
    op_end(&op);
    op_end(&theirs);
}

static void a_row_that_was_written_meanwhile_is_refused_at_its_claim(void **state)
{
    struct scene *s = *state;
    int64_t row = scene_row(s, ITALIAN);
    struct op op = testdb_op(s->db, s->tenant), erasing = testdb_op(s->db, s->tenant);
    struct erasure e = {.reason = "asked by letter"};
    struct claim c;

    free(testdb_sql(s->db, "UPDATE leads SET phone = '" GERMAN "'"));
    free(testdb_sql(s->db, "UPDATE scheduled_calls SET to_number = '+393499999999'"));
    assert_ok(&erasing, erasure_of_number(&erasing, ITALIAN, &e));
    free(testdb_sql(s->db, "UPDATE scheduled_calls SET to_number = '" ITALIAN "'"));
    assert_int_equal(scene_claim(&op, row, &c), CLAIM_NEVER);
    assert_says(s, "(SELECT reason = 'DNC_OPT_OUT' FROM scheduled_calls)");
    op_end(&op);
    op_end(&erasing);
}

static void a_file_that_brings_the_number_back_is_told_so(void **state)
{
    struct scene *s = *state;
    struct op op = testdb_op(s->db, s->tenant);
    struct buf reply = {0};

    erase(s, well_known(s));
    struct lead_import *imp = lead_import_open(&op, &(struct lead_import_options){0});
    assert_ok(&op, lead_import_feed(&op, imp, STR("phone\n" ITALIAN "\n+393491234568\n")));
    assert_ok(&op, lead_import_finish(&op, imp, &reply));
    buf_char(&reply, '\0');
    assert_non_null(
        strstr(reply.p, "{\"code\":\"ERASED_BEFORE\",\"column\":\"phone\",\"count\":1}"));
    buf_free(&reply);
    op_end(&op);
}

static void a_call_that_is_going_on_is_hung_up_and_waited_for(void **state)
{
    struct scene *s = *state;
    int64_t campaign = scene_campaign(s, s->tenant, scene_draft());
    int64_t lead = canary(s, campaign);

    scene_start(s, s->tenant, campaign);
    scene_dial(s, s->tenant, scene_first_row(s, campaign));
    struct erasure e = erase(s, lead);
    assert_int_equal(e.status, ERASURE_WAITING);
    assert_says(s, "(SELECT stop_wanted FROM call_attempts)");
    go_on(s);
    assert_status(s, e.id, ERASURE_WAITING);
    tell(s, "call_ended", "fake_1", "");
    go_on(s);
    assert_status(s, e.id, ERASURE_ERASED);
    assert_nowhere(s);
}

static void what_the_provider_tells_later_is_not_kept(void **state)
{
    struct scene *s = *state;

    erase(s, well_known(s));
    free(testdb_sql(s->db, "DELETE FROM webhook_inbox"));
    tell(s, "call_analyzed", "fake_1",
         ",\"custom_analysis_data\":{\"user_requested_dnc\":true,\"dnc_scope\":\"platform\"}");
    assert_says(s, "(SELECT body = '{}' AND result = 'applied' FROM webhook_inbox)");
    assert_says(s, "(SELECT count(*) = 0 FROM platform_dnc_entries)");
    assert_nowhere(s);
}

static void the_provider_is_asked_until_it_has_deleted_its_copy(void **state)
{
    struct scene *s = *state;
    struct erasure e = erase(s, well_known(s));

    s->provider->fails_with = E_SERVICE_UNAVAILABLE;
    go_on(s);
    assert_says(s, "(SELECT problem = 'SERVICE_UNAVAILABLE' AND deleted_at IS NULL AND due_at > "
                   "now() FROM erasure_copies)");
    s->provider->fails_with = E_RESOURCE_NOT_FOUND; /* it has none */
    free(testdb_sql(s->db, "UPDATE erasures SET erased_at = erased_at - interval '1 hour'"));
    go_on(s);
    assert_int_equal(s->provider->deletes, 2);
    assert_status(s, e.id, ERASURE_ERASED);
    go_on(s);
    assert_status(s, e.id, ERASURE_DONE);
    go_on(s);
    assert_int_equal(s->provider->deletes, 2);
}

static void a_batch_that_was_read_before_is_forgotten_too(void **state)
{
    struct scene *s = *state;
    int64_t lead = well_known(s);
    struct erasure e = erase(s, lead);

    free(testdb_sql(s->db,
                    "INSERT INTO scheduled_calls (tenant_id, campaign_id, execution_id, lead_id,"
                    " to_number, scheduled_at)"
                    " SELECT x.tenant_id, x.campaign_id, x.id, %lld, '" ITALIAN "', now()"
                    "  FROM campaign_executions x ORDER BY id DESC LIMIT 1",
                    (long long)lead));
    go_on(s);
    assert_nowhere(s);
    assert_says(s, "NOT EXISTS (SELECT 1 FROM scheduled_calls WHERE status = 'scheduled')");
    assert_status(s, e.id, ERASURE_ERASED);
}

static void who_asks_again_is_shown_the_erasure_there_is(void **state)
{
    struct scene *s = *state;
    int64_t lead = well_known(s);
    struct erasure first = erase(s, lead), again = {.reason = "asked once more"};
    struct op op = testdb_op(s->db, s->tenant);

    assert_int_equal(erase(s, lead).id, first.id);
    assert_ok(&op, erasure_of_number(&op, ITALIAN, &again));
    assert_int_equal(again.id, first.id);
    op_end(&op);
}

static void an_unknown_number_is_blocked_all_the_same(void **state)
{
    struct scene *s = *state;
    struct op op = testdb_op(s->db, s->tenant);
    struct erasure e = {.reason = "asked by telephone", .asked_by = ERASURE_BY_PLATFORM};

    assert_ok(&op, erasure_of_number(&op, ITALIAN, &e));
    assert_int_equal(e.leads, 0);
    op_end(&op);
    assert_says(s, "(SELECT count(*) = 1 FROM suppressed_numbers)");
    assert_nowhere(s);
}

static void another_tenants_are_not_found(void **state)
{
    struct scene *s = *state;
    int64_t lead = well_known(s);
    struct op op = testdb_op(s->db, scene_stranger(s));
    struct erasure e = {.reason = "asked by letter"};

    assert_fails(&op, E_LEAD_NOT_FOUND, erasure_of_lead(&op, lead, &e));
    op_forgive(&op);
    assert_fails(&op, E_RESOURCE_NOT_FOUND, erasure_get(&op, erase(s, lead).id, &e));
    op_forgive(&op);
    e.reason = "short";
    assert_fails(&op, E_VALIDATION_ERROR, erasure_of_number(&op, ITALIAN, &e));
    op_end(&op);
}

static void the_erased_lead_is_not_found_any_more(void **state)
{
    struct scene *s = *state;
    int64_t lead = well_known(s);
    struct op op = testdb_op(s->db, s->tenant);
    struct lead l = {0};
    int64_t n;

    free(testdb_sql(s->db, "UPDATE leads SET country_iso = 'GB'")); /* which has a registry */
    erase(s, lead);
    assert_fails(&op, E_LEAD_NOT_FOUND, lead_get(&op, lead, &l));
    op_forgive(&op);
    assert_ok(&op, scrub_record(&op, "GB", (struct tstamp){0}, &n));
    op_end(&op);
}

/* The signed chain, read as a stranger would; how many entries still show their person. */
static int64_t verify(struct scene *s)
{
    struct op sealing = testdb_op(s->db, 0), op = testdb_op(s->db, s->tenant);
    struct ledger_check c = {0};
    char *text = NULL, *rest, *line;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    bool ok = true;
    int n;

    assert_ok(&sealing, ledger_seal(&sealing, &ledger_of_decisions, NULL, &n));
    assert_ok(&op, ledger_export(&op, &ledger_of_decisions, out));
    fclose(out);
    for (rest = text; ok && (line = strsep(&rest, "\n")) && *line;)
        ok = ledger_check_line(&c, str_of(line));
    if (!ok || !ledger_check_end(&c))
        fail_msg("entry %lld: %s", (long long)c.bad, c.problem);
    assert_true(c.entries > 0);
    free(text);
    op_end(&op);
    op_end(&sealing);
    return c.opened;
}

static void the_ledger_verifies_as_before(void **state)
{
    struct scene *s = *state;
    int64_t lead = well_known(s);

    assert_true(verify(s) > 0);
    erase(s, lead);
    assert_int_equal(verify(s), 0);
    assert_says(s, "NOT EXISTS (SELECT 1 FROM compliance_checks WHERE record IS NULL)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(nothing_tells_of_the_person_any_more),
        SCENE(what_waits_for_the_person_is_called_off_and_nobody_elses),
        SCENE(the_number_stays_blocked_for_that_tenant_only),
        SCENE(a_row_that_was_written_meanwhile_is_refused_at_its_claim),
        SCENE(a_file_that_brings_the_number_back_is_told_so),
        SCENE(a_call_that_is_going_on_is_hung_up_and_waited_for),
        SCENE(what_the_provider_tells_later_is_not_kept),
        SCENE(the_provider_is_asked_until_it_has_deleted_its_copy),
        SCENE(a_batch_that_was_read_before_is_forgotten_too),
        SCENE(who_asks_again_is_shown_the_erasure_there_is),
        SCENE(an_unknown_number_is_blocked_all_the_same),
        SCENE(another_tenants_are_not_found),
        SCENE(the_erased_lead_is_not_found_any_more),
        SCENE(the_ledger_verifies_as_before),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

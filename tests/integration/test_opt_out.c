/* test_opt_out.c - by whichever way somebody says no, nothing that waits for them is dialled. */

#include "common/call/opt_out.h"

#include "common/base/clock.h"
#include "common/call/events.h"
#include "common/compliance/dnc.h"
#include "common/compliance/dnc_import.h"
#include "common/lead/consent.h"
#include "common/store/db.h"
#include "queries.h"
#include "tests/support/scene.h"

/* Rows for one number: waiting for its turn, queued, a retry of a campaign, and another tenant's.
 */
struct crowd {
    int64_t due, queued, retry, bystander, strangers;
};

static struct crowd crowd(struct scene *s)
{
    struct crowd c = {.due = scene_row(s, ITALIAN), .queued = scene_row(s, ITALIAN)};
    int64_t stranger = scene_stranger(s), theirs = scene_campaign(s, stranger, scene_draft());

    scene_give_start(c.queued);
    int64_t done = scene_row(s, ITALIAN);
    c.retry = testdb_number(
        s->db,
        "WITH d AS (UPDATE scheduled_calls SET status = 'done' WHERE id = %lld RETURNING *) "
        "INSERT INTO scheduled_calls (tenant_id, campaign_id, execution_id, lead_id, parent_id, "
        "to_number, scheduled_at) SELECT tenant_id, campaign_id, execution_id, lead_id, id, "
        "to_number, now() + interval '1 day' FROM d RETURNING id",
        (long long)done);
    c.bystander = scene_row(s, "+393490000001");
    scene_lead(s, stranger, theirs, ITALIAN);
    scene_start(s, stranger, theirs);
    c.strangers = scene_first_row(s, theirs);
    return c;
}

static void assert_row(struct scene *s, int64_t row, const char *status, const char *reason)
{
    assert_says(s,
                "(SELECT status = '%s' AND coalesce(reason, '') = '%s' FROM scheduled_calls WHERE "
                "id = %lld)",
                status, reason, (long long)row);
}

static void assert_called_off(struct scene *s, const struct crowd *c, const char *reason)
{
    assert_row(s, c->due, "canceled", reason);
    assert_row(s, c->queued, "canceled", reason);
    assert_row(s, c->retry, "canceled", reason);
    assert_row(s, c->bystander, "scheduled", "");
    assert_row(s, c->strangers, "scheduled", "");
}

static void add_entry(struct scene *s, const char *phone, enum dnc_source source)
{
    struct op op = testdb_op(s->db, s->tenant);
    struct dnc_entry e = {.e164 = phone, .source = source};

    assert_ok(&op, dnc_add(&op, &e));
    op_end(&op);
}

static void an_opt_out_calls_off_whatever_waits_for_the_number(void **state)
{
    struct scene *s = *state;
    struct crowd c = crowd(s);

    add_entry(s, ITALIAN, DNC_OPT_OUT);
    assert_called_off(s, &c, "DNC_OPT_OUT");
}

static void an_entry_of_another_source_leaves_the_rows_to_their_claims(void **state)
{
    struct scene *s = *state;
    struct crowd c = crowd(s);

    add_entry(s, ITALIAN, DNC_MANUAL);
    assert_row(s, c.due, "scheduled", "");
    assert_row(s, c.queued, "queued", "");
}

static void a_files_opt_outs_bite_as_one_by_hand_does(void **state)
{
    struct scene *s = *state;
    struct crowd c = crowd(s);
    struct op op = testdb_op(s->db, s->tenant);
    struct buf reply = {0};
    struct dnc_import *imp = dnc_import_open(&op, &(struct dnc_import_options){0});

    assert_ok(&op, dnc_import_feed(&op, imp,
                                   STR("number;source\n" ITALIAN ";opt_out\n"
                                       "+393490000001;manual\n")));
    assert_ok(&op, dnc_import_finish(&op, imp, &reply));
    buf_free(&reply);
    op_end(&op);
    assert_called_off(s, &c, "DNC_OPT_OUT");
}

static void a_refusal_of_one_lead_calls_off_the_rows_of_all_with_its_number(void **state)
{
    struct scene *s = *state;
    struct crowd c = crowd(s);
    struct op op = testdb_op(s->db, s->tenant);
    struct consent_event e = {.status = CONSENT_DENIED};

    assert_ok(&op, consent_record(
                       &op,
                       testdb_number(s->db, "SELECT lead_id FROM scheduled_calls WHERE id = %lld",
                                     (long long)c.due),
                       &e));
    op_end(&op);
    assert_called_off(s, &c, "CONSENT_DENIED");
}

static void a_refusal_that_comes_with_a_new_lead_bites_too(void **state)
{
    struct scene *s = *state;
    struct crowd c = crowd(s);
    struct op op = testdb_op(s->db, s->tenant);
    struct lead l = {.name = "Lead", .phone = ITALIAN, .consent_status = CONSENT_DENIED};

    assert_ok(&op, lead_create(&op, &l));
    op_end(&op);
    assert_called_off(s, &c, "CONSENT_DENIED");
}

static void an_opt_out_waits_for_the_claim_that_looks_at_a_row(void **state)
{
    struct scene *s = *state;
    int64_t row = scene_row(s, ITALIAN);
    struct op claim = testdb_op(s->db, s->tenant), writer = testdb_op(s->db, s->tenant);
    struct dnc_entry e = {.e164 = ITALIAN, .source = DNC_OPT_OUT};
    struct rows rows;

    assert_ok(&claim, db_begin(&claim));
    assert_ok(&claim, db_query(&claim, &SQL_CLAIM_ROW,
                               ARGS({"id", sql_i64(&claim, row)}, {"provider", "retell"}), &rows));
    writer.deadline_us = clock_mono_us() + 300000;
    assert_fails(&writer, E_SERVICE_UNAVAILABLE, dnc_add(&writer, &e));
    op_end(&writer);
    op_end(&claim);
    assert_row(s, row, "scheduled", "");
}

static void a_request_on_its_way_is_to_be_hung_up_and_a_conversation_is_not(void **state)
{
    static const char *const states[] = {"intent", "unknown", "accepted", "ringing", "ongoing"};
    struct scene *s = *state;
    int64_t row = scene_row(s, ITALIAN);

    scene_dial(s, s->tenant, row);
    for (size_t i = 0; i < ARRAY_LEN(states); i++) {
        free(testdb_sql(s->db,
                        "DELETE FROM dnc_entries; UPDATE call_attempts SET stop_wanted = false, "
                        "state = '%s'",
                        states[i]));
        add_entry(s, ITALIAN, DNC_OPT_OUT);
        assert_says(s, "(SELECT stop_wanted = (state <> 'ongoing') FROM call_attempts)");
    }
    assert_row(s, row, "processing", "");
}

/* ---- what is said in a call ------------------------------------------------ */

#define PHRASES "{\"opt_out_phrases\":{\"it\":[\"Non chiamatemi più\"],\"en\":[\"stop calling\"]}}"

/* A dialled row of a campaign with phrases. */
static int64_t dialled(struct scene *s)
{
    struct campaign draft = scene_draft();

    draft.metadata.text = PHRASES;
    int64_t id = scene_campaign(s, s->tenant, draft);
    scene_lead(s, s->tenant, id, ITALIAN);
    scene_start(s, s->tenant, id);
    int64_t row = scene_first_row(s, id);
    scene_dial(s, s->tenant, row);
    return row;
}

static void tell(struct scene *s, const char *event, const char *extra)
{
    struct op op = testdb_op(s->db, 0);
    char *attempt =
        testdb_sql(s->db, "SELECT id FROM call_attempts ORDER BY created_at DESC LIMIT 1");
    bool stored;
    const char *body = arena_printf(
        &op.arena,
        "{\"event\":\"%s\",\"call\":{\"call_status\":\"ended\",\"start_timestamp\":1767000000000,"
        "\"end_timestamp\":1767000061000,\"duration_ms\":61000,\"disconnection_reason\":\"user_"
        "hangup\","
        "%s,\"call_id\":\"fake_1\",\"metadata\":{\"aga_attempt\":\"%s\"}}}",
        event, extra, attempt);

    assert_ok(&op, webhook_store(&op, NULL, str_of(body), &stored));
    assert_true(stored);
    assert_ok(&op, webhooks_apply(&op, "fake_1"));
    free(attempt);
    op_end(&op);
}

static void tell_words(struct scene *s, const char *event, const char *role, const char *words)
{
    char extra[512];

    snprintf(extra, sizeof(extra),
             "\"transcript_object\":[{\"role\":\"agent\",\"content\":\"Hello\"},"
             "{\"role\":\"%s\",\"content\":\"%s\"}]",
             role, words);
    tell(s, event, extra);
}

static void assert_opted_out(struct scene *s, bool expected)
{
    assert_says(s,
                "(SELECT count(*) FROM dnc_entries WHERE source = 'opt_out' AND e164 = '" ITALIAN
                "' AND tenant_id = %lld) = %d",
                (long long)s->tenant, expected);
}

static void whoever_says_a_phrase_of_the_campaign_has_opted_out(void **state)
{
    struct scene *s = *state;
    int64_t row = dialled(s), other = scene_row(s, ITALIAN);

    tell_words(s, "call_ended", "user", "Basta! NON CHIAMATEMI, PIU'.");
    assert_opted_out(s, true);
    assert_row(s, other, "canceled", "DNC_OPT_OUT");
    assert_row(s, row, "done", "answered");
}

static void only_the_persons_own_whole_words_count(void **state)
{
    struct scene *s = *state;

    dialled(s);
    tell_words(s, "call_ended", "agent", "Say stop calling if you like");
    tell_words(s, "call_analyzed", "user", "I was nonstop calling them");
    tell_words(s, "call_analyzed", "user", "non chiamatemi piuttosto");
    assert_opted_out(s, false);
}

static void words_that_come_after_the_end_of_the_call_are_heard(void **state)
{
    struct scene *s = *state;

    dialled(s);
    tell_words(s, "call_ended", "user", "Yes");
    int64_t other = scene_row(s, ITALIAN);
    tell_words(s, "call_analyzed", "user", "please STOP  calling me");
    assert_opted_out(s, true);
    assert_row(s, other, "canceled", "DNC_OPT_OUT");
}

static void what_the_analysis_found_counts(void **state)
{
    struct scene *s = *state;

    dialled(s);
    tell(s, "call_analyzed",
         "\"call_analysis\":{\"custom_analysis_data\":{\"user_requested_dnc\":true}}");
    assert_opted_out(s, true);
    assert_says(s, "NOT EXISTS (SELECT 1 FROM platform_dnc_entries)");
}

static void whoever_wants_no_calls_from_anybody_gets_none(void **state)
{
    struct scene *s = *state;
    int64_t stranger = scene_stranger(s), theirs = scene_campaign(s, stranger, scene_draft());

    dialled(s);
    scene_lead(s, stranger, theirs, ITALIAN);
    scene_start(s, stranger, theirs);
    tell(s, "call_analyzed",
         "\"call_analysis\":{\"custom_analysis_data\":{\"dnc_scope\":\"platform\"}}");
    assert_opted_out(s, true);
    assert_says(s,
                "(SELECT source = 'opt_out' FROM platform_dnc_entries WHERE e164 = '" ITALIAN "')");
    assert_row(s, scene_first_row(s, theirs), "canceled", "DNC_OPT_OUT");
}

static void phrases_that_cannot_be_used_are_refused_with_the_campaign(void **state)
{
    struct scene *s = *state;
    static const char *const wrong[] = {"{\"opt_out_phrases\":[]}",
                                        "{\"opt_out_phrases\":{\"it\":\"x\"}}",
                                        "{\"opt_out_phrases\":{\"it\":[]}}",
                                        "{\"opt_out_phrases\":{\"it\":[1]}}",
                                        "{\"opt_out_phrases\":{\"it\":[\"?!\"]}}",
                                        "{\"opt_out_phrases\":{\"i t\":[\"x\"]}}"};

    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        struct op op = testdb_op(s->db, s->tenant);
        struct campaign c = scene_draft();
        c.metadata.text = wrong[i];
        assert_fails(&op, E_VALIDATION_ERROR, campaign_create(&op, &c));
        op_end(&op);
    }
}

/* ---- the past ---------------------------------------------------------------- */

/* "r", "s", "o": how the attempts on the number ended, by what is known of lead and number. */
static void assert_past(struct scene *s, int64_t lead, const char *phone, const char *ends)
{
    struct op op = testdb_op(s->db, s->tenant);
    struct rows rows;
    char found[16] = "";

    assert_ok(&op, db_query(&op, &SQL_PERSON_EVIDENCE,
                            ARGS({"e164", phone}, {"lead_id", lead ? sql_i64(&op, lead) : NULL}),
                            &rows));
    const char *past = db_text(&rows, 0, "attempts");
    for (const char *p = past ? strchr(past, ',') : NULL; p; p = strchr(p + 1, ','))
        strncat(found, p + 1, 1);
    assert_string_equal(found, ends);
    op_end(&op);
}

static void attempts_on_a_number_that_the_lead_had_before_still_count(void **state)
{
    struct scene *s = *state;
    int64_t row = scene_row(s, ITALIAN);
    int64_t lead =
        testdb_number(s->db, "SELECT lead_id FROM scheduled_calls WHERE id = %lld", (long long)row);

    scene_dial(s, s->tenant, row);
    assert_past(s, lead, ITALIAN, "o");
    assert_past(s, lead, "+393490000002", "o");
    assert_past(s, 0, "+393490000002", "");
    assert_past(s, lead + 1, "+393490000002", "");
}

static void an_answered_call_in_which_the_agent_said_nothing_was_silent(void **state)
{
    struct scene *s = *state;

    dialled(s);
    tell(s, "call_ended", "\"transcript_object\":[{\"role\":\"user\",\"content\":\"Pronto?\"}]");
    assert_says(s, "(SELECT silent FROM calls)");
    assert_past(s, 0, ITALIAN, "s");
    tell_words(s, "call_analyzed", "user", "Pronto?"); /* the agent's word was missing before */
    assert_says(s, "(SELECT NOT silent FROM calls)");
    assert_past(s, 0, ITALIAN, "o");
}

static void without_a_transcript_nobody_knows_whether_it_was_silent(void **state)
{
    struct scene *s = *state;

    dialled(s);
    tell(s, "call_ended", "\"call_type\":\"phone_call\"");
    assert_says(s, "(SELECT silent IS NULL FROM calls)");
    assert_past(s, 0, ITALIAN, "o");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(an_opt_out_calls_off_whatever_waits_for_the_number),
        SCENE(an_entry_of_another_source_leaves_the_rows_to_their_claims),
        SCENE(a_files_opt_outs_bite_as_one_by_hand_does),
        SCENE(a_refusal_of_one_lead_calls_off_the_rows_of_all_with_its_number),
        SCENE(a_refusal_that_comes_with_a_new_lead_bites_too),
        SCENE(an_opt_out_waits_for_the_claim_that_looks_at_a_row),
        SCENE(a_request_on_its_way_is_to_be_hung_up_and_a_conversation_is_not),
        SCENE(whoever_says_a_phrase_of_the_campaign_has_opted_out),
        SCENE(only_the_persons_own_whole_words_count),
        SCENE(words_that_come_after_the_end_of_the_call_are_heard),
        SCENE(what_the_analysis_found_counts),
        SCENE(whoever_wants_no_calls_from_anybody_gets_none),
        SCENE(phrases_that_cannot_be_used_are_refused_with_the_campaign),
        SCENE(attempts_on_a_number_that_the_lead_had_before_still_count),
        SCENE(an_answered_call_in_which_the_agent_said_nothing_was_silent),
        SCENE(without_a_transcript_nobody_knows_whether_it_was_silent),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

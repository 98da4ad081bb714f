/* test_events.c - what the provider tells, in any order. */

#include "common/call/events.h"

#include "common/base/clock.h"
#include "common/store/db.h"
#include "queries.h"
#include "tests/support/scene.h"

static const char *attempt_of(struct scene *s, int64_t row, char out[40])
{
    char *id = testdb_sql(s->db, "SELECT id FROM call_attempts WHERE scheduled_call_id = %lld",
                          (long long)row);

    snprintf(out, 40, "%s", id);
    free(id);
    return out;
}

/* One event about a call, as Retell writes it; extra members end with a comma. */
static const char *body(char out[1024], const char *event, const char *provider_call_id,
                        const char *attempt, const char *extra)
{
    snprintf(
        out, 1024,
        "{\"event\":\"%s\",\"call\":{%s\"call_id\":\"%s\",\"metadata\":{\"aga_attempt\":\"%s\"}}}",
        event, extra, provider_call_id, attempt);
    return out;
}

#define STARTED "\"call_status\":\"ongoing\",\"start_timestamp\":1767000000000,"
#define ENDED \
    "\"call_status\":\"ended\",\"start_timestamp\":1767000000000," \
    "\"end_timestamp\":1767000061000,\"duration_ms\":61000," \
    "\"disconnection_reason\":\"agent_hangup\"," \
    "\"call_cost\":{\"combined_cost\":12.5}," \
    "\"transcript_object\":[{\"role\":\"agent\",\"content\":\"Hello\"}],"
#define ANALYZED \
    ENDED "\"call_analysis\":{\"call_summary\":\"Fine\"," \
          "\"custom_analysis_data\":{\"disposition\":\"interested\"}},"

static bool store(struct scene *s, const char *text)
{
    struct op op = testdb_op(s->db, 0);
    bool stored;

    assert_ok(&op, webhook_store(&op, NULL, str_of(text), &stored));
    op_end(&op);
    return stored;
}

static void apply(struct scene *s, const char *provider_call_id)
{
    struct op op = testdb_op(s->db, 0);

    assert_ok(&op, webhooks_apply(&op, provider_call_id));
    op_end(&op);
}

static void assert_final(struct scene *s, int64_t row)
{
    assert_says(
        s, "(SELECT status = 'done' AND reason = 'answered' FROM scheduled_calls WHERE id = %lld)",
        (long long)row);
    assert_says(s,
                "(SELECT state = 'ended' AND look_at IS NULL FROM call_attempts WHERE "
                "scheduled_call_id = %lld)",
                (long long)row);
    assert_says(
        s,
        "(SELECT status = 'completed' AND outcome = 'answered' "
        "AND disconnection_reason = 'agent_hangup' AND duration_seconds = 61 AND cost_cents = 12.5 "
        "AND started_at = to_timestamp(1767000000) AND ended_at = to_timestamp(1767000061) "
        "AND disposition = 'interested' AND summary->>'call_summary' = 'Fine' "
        "AND jsonb_array_length(segments) = 1 AND provider_call_id IS NOT NULL "
        "FROM calls WHERE scheduled_call_id = %lld)",
        (long long)row);
}

/* Three events in the nth order, each told twice if its bit is set, applied at once or one by one.
 */
static void tell_in_order(struct scene *s, int64_t row, int order, int twice, bool one_by_one)
{
    static const int orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                     {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    static const char *const events[] = {"call_started", "call_ended", "call_analyzed"};
    static const char *const extras[] = {STARTED, ENDED, ANALYZED};
    char attempt[40], call[64], text[1024];

    attempt_of(s, row, attempt);
    snprintf(call, sizeof(call), "told_%lld", (long long)row);
    for (int i = 0; i < 3; i++) {
        int e = orders[order][i];
        body(text, events[e], call, attempt, extras[e]);
        assert_true(store(s, text));
        if (twice & 1 << e)
            assert_false(store(s, text));
        if (one_by_one)
            apply(s, call);
        if (twice & 1 << e && one_by_one)
            apply(s, call);
    }
    apply(s, call);
}

static void events_in_any_order_and_number_end_in_the_same_rows(void **state)
{
    struct scene *s = *state;
    enum { CASES = 6 * 8 * 2 };
    int64_t id = scene_running(s, s->tenant, scene_draft(), CASES), row = scene_first_row(s, id);

    for (int i = 0; i < CASES; i++) {
        struct op op = testdb_op(s->db, s->tenant);
        struct claim c;
        assert_int_equal(scene_claim(&op, row + i, &c), CLAIM_INTENT);
        op_end(&op);
        tell_in_order(s, row + i, i % 6, i / 6 % 8, i / 48);
        assert_final(s, row + i);
    }
    assert_says(s, "NOT EXISTS (SELECT 1 FROM webhook_inbox WHERE applied_at IS NULL)");
    assert_says(s, "(SELECT count(*) FROM webhook_inbox) = %d", 3 * CASES);
    assert_says(s, "(SELECT count(*) FROM outbox WHERE actor = 'sync_retell_call_status') = %d",
                3 * CASES);
}

static void an_event_stored_while_the_last_ones_message_leaves_has_a_message_too(void **state)
{
    struct scene *s = *state;
    struct op relay = testdb_op(s->db, 0);
    struct rows taken, deleted;
    char text[1024];

    store(s, body(text, "call_started", "c", "", STARTED));
    assert_ok(&relay, db_begin(&relay));
    assert_ok(&relay,
              db_query(&relay, &SQL_OUTBOX_TAKE, ARGS({"limit", "10"}, {"test", "false"}), &taken));
    assert_int_equal(taken.n, 1);
    apply(s, "c"); /* published: a worker is quick */
    store(s, body(text, "call_ended", "c", "", ENDED));
    const char *ids = arena_printf(&relay.arena, "{%s}", db_text(&taken, 0, "id"));
    assert_ok(&relay, db_query_commit(&relay, &SQL_OUTBOX_DELETE, ARGS({"ids", ids}), &deleted));
    op_end(&relay);
    assert_says(s,
                "(SELECT count(*) FROM outbox WHERE kwargs::jsonb->>'provider_call_id' = 'c') = 1");
}

static void an_answer_that_comes_after_the_events_changes_nothing(void **state)
{
    struct scene *s = *state;
    int64_t row = scene_row(s, ITALIAN);
    struct op op = testdb_op(s->db, s->tenant);
    struct claim c;

    assert_int_equal(scene_claim(&op, row, &c), CLAIM_INTENT);
    tell_in_order(s, row, 0, 0, true);
    char *call = testdb_sql(s->db, "SELECT provider_call_id FROM call_attempts");
    const struct dial_answer late[] = {
        {.result = DIAL_ACCEPTED, .http_status = 201, .provider_call_id = call},
        {.result = DIAL_UNKNOWN},
        {.result = DIAL_REJECTED, .http_status = 429, .refusal = REFUSAL_BUSY},
        {.result = DIAL_NEVER_SENT},
    };
    for (size_t i = 0; i < ARRAY_LEN(late); i++) {
        assert_ok(&op, attempt_record(&op, &c, &late[i]));
        assert_final(s, row);
    }
    free(call);
    op_end(&op);
}

static void an_event_of_a_call_nobody_knows_waits_until_it_is_known(void **state)
{
    struct scene *s = *state;
    int64_t row = scene_row(s, ITALIAN);
    struct op op = testdb_op(s->db, s->tenant);
    struct claim c;
    char text[1024];

    assert_int_equal(scene_claim(&op, row, &c), CLAIM_INTENT);
    store(s, body(text, "call_analyzed", "fake_1", "", ANALYZED)); /* without our metadata */
    apply(s, "fake_1");
    assert_says(s, "(SELECT applied_at IS NULL FROM webhook_inbox)");
    assert_says(s, "(SELECT state = 'intent' FROM call_attempts)");
    assert_ok(&op, call_dial(&op, &c));
    op_end(&op);
    apply(s, "fake_1");
    assert_final(s, row);
    assert_says(s, "(SELECT result = 'applied' FROM webhook_inbox)");
}

static void a_webhook_without_a_call_is_refused_and_not_kept(void **state)
{
    struct scene *s = *state;
    static const char *const bodies[] = {"{\"event\":\"call_ended\"}",
                                         "{\"call\":{\"call_id\":\"x\"}}", "[]", "x"};

    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        struct op op = testdb_op(s->db, 0);
        bool stored = false;
        assert_false(webhook_store(&op, NULL, str_of(bodies[i]), &stored));
        op_end(&op);
    }
    assert_says(s,
                "NOT EXISTS (SELECT 1 FROM webhook_inbox) AND NOT EXISTS (SELECT 1 FROM outbox)");
}

#define OPTED_OUT \
    "\"call_status\":\"ended\",\"start_timestamp\":1767000000000,\"duration_ms\":5000," \
    "\"disconnection_reason\":\"user_requested_dnc\","

static void who_asks_not_to_be_called_again_stands_on_the_list_of_that_tenant(void **state)
{
    struct scene *s = *state;
    int64_t row = scene_row(s, ITALIAN);
    char attempt[40], text[1024];

    scene_dial(s, s->tenant, row);
    for (int i = 0; i < 2; i++) {
        store(s, body(text, i ? "call_analyzed" : "call_ended", "fake_1",
                      attempt_of(s, row, attempt), OPTED_OUT));
        apply(s, "fake_1");
    }
    assert_says(s, "(SELECT count(*) FROM dnc_entries) = 1");
    assert_says(s,
                "(SELECT e164 = '" ITALIAN
                "' AND source = 'opt_out' AND tenant_id = %lld FROM dnc_entries)",
                (long long)s->tenant);
    assert_says(s, "(SELECT outcome = 'dnc' AND status = 'completed' FROM calls)");
}

static void a_claim_under_way_ends_before_an_opt_out_stands(void **state)
{
    struct scene *s = *state;
    int64_t row = scene_row(s, ITALIAN);
    struct op claim = testdb_op(s->db, s->tenant), event = testdb_op(s->db, 0);
    char attempt[40], text[1024];
    struct rows rows;

    scene_dial(s, s->tenant, row);
    store(s, body(text, "call_ended", "fake_1", attempt_of(s, row, attempt), OPTED_OUT));
    assert_ok(&claim, db_begin(&claim));
    assert_ok(&claim,
              db_query(&claim, &SQL_CLAIM_NUMBER, ARGS({"id", sql_i64(&claim, row)}), &rows));
    event.deadline_us = clock_mono_us() + 300000;
    assert_fails(&event, E_SERVICE_UNAVAILABLE, webhooks_apply(&event, "fake_1"));
    op_end(&event);
    assert_says(s, "NOT EXISTS (SELECT 1 FROM dnc_entries)");
    op_end(&claim);
    int64_t deadline = clock_mono_us() + 10000000;
    while (!scene_says(s, "EXISTS (SELECT 1 FROM dnc_entries)") && clock_mono_us() < deadline)
        apply(s, "fake_1"); /* nothing to see until the abandoned session has let the inbox go */
    assert_says(s, "(SELECT count(*) FROM dnc_entries) = 1");
}

static void an_attempt_that_was_written_off_and_rang_after_all_has_its_row_back(void **state)
{
    struct scene *s = *state;
    int64_t row = scene_row(s, ITALIAN);
    char attempt[40], text[1024];

    fake_answer(s->provider, (struct dial_answer){.result = DIAL_NEVER_SENT});
    scene_dial(s, s->tenant, row);
    store(s, body(text, "call_started", "ghost", attempt_of(s, row, attempt), STARTED));
    apply(s, "ghost");
    assert_says(s, "(SELECT state = 'ongoing' AND provider_call_id = 'ghost' FROM call_attempts)");
    assert_says(s, "(SELECT status = 'processing' FROM scheduled_calls)");
    assert_says(s, "(SELECT status = 'in_progress' FROM calls)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(events_in_any_order_and_number_end_in_the_same_rows),
        SCENE(an_event_stored_while_the_last_ones_message_leaves_has_a_message_too),
        SCENE(an_answer_that_comes_after_the_events_changes_nothing),
        SCENE(an_event_of_a_call_nobody_knows_waits_until_it_is_known),
        SCENE(a_webhook_without_a_call_is_refused_and_not_kept),
        SCENE(who_asks_not_to_be_called_again_stands_on_the_list_of_that_tenant),
        SCENE(a_claim_under_way_ends_before_an_opt_out_stands),
        SCENE(an_attempt_that_was_written_off_and_rang_after_all_has_its_row_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

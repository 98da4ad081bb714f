/* test_row_ends.c - whoever ends a row that waits ends it as the step does, and its call with it.
 */

#include "common/call/dispatch.h"
#include "common/call/erasure.h"
#include "common/call/step.h"
#include "common/call/suspect.h"
#include "common/compliance/dnc.h"
#include "common/lead/consent.h"
#include "common/store/db.h"
#include "queries.h"
#include "tests/support/scene.h"

struct subject {
    const char *phone;
    int64_t row, lead, campaign;
};

static void claim_ends(struct op *op, const struct subject *w, const char *status)
{
    struct rows rows;

    assert_ok(op,
              db_query(op, &SQL_CLAIM_END,
                       ARGS({"id", sql_i64(op, w->row)}, {"status", status}, {"reason", status}),
                       &rows));
}

static void a_claim_cancels(struct scene *s, struct op *op, const struct subject *w)
{
    (void)s;
    claim_ends(op, w, "canceled");
}

static void a_claim_fails(struct scene *s, struct op *op, const struct subject *w)
{
    (void)s;
    claim_ends(op, w, "failed");
}

static void the_person_opts_out(struct scene *s, struct op *op, const struct subject *w)
{
    struct dnc_entry e = {.e164 = w->phone, .source = DNC_OPT_OUT};

    (void)s;
    assert_ok(op, dnc_add(op, &e));
}

static void the_person_opts_out_of_everybody(struct scene *s, struct op *op,
                                             const struct subject *w)
{
    (void)op;
    free(testdb_sql(s->db,
                    "INSERT INTO platform_dnc_entries (e164, source) VALUES ('%s', 'opt_out')",
                    w->phone));
}

static void the_person_refuses(struct scene *s, struct op *op, const struct subject *w)
{
    struct consent_event e = {.status = CONSENT_DENIED};

    (void)s;
    assert_ok(op, consent_record(op, w->lead, &e));
}

static void the_person_is_forgotten(struct scene *s, struct op *op, const struct subject *w)
{
    struct erasure e = {.reason = "asked by letter"};

    (void)s;
    assert_ok(op, erasure_of_lead(op, w->lead, &e));
}

static void the_campaign_stops(struct scene *s, struct op *op, const struct subject *w)
{
    free(testdb_sql(s->db, "UPDATE campaigns SET status = 'cancelled' WHERE id = %lld",
                    (long long)w->campaign));
    assert_ok(op, executions_settle(op));
}

static void the_campaign_ends(struct scene *s, struct op *op, const struct subject *w)
{
    free(testdb_sql(s->db, "UPDATE campaigns SET end_date = now() WHERE id = %lld",
                    (long long)w->campaign));
    assert_ok(op, executions_settle(op));
}

static void it_kills_its_workers(struct scene *s, struct op *op, const struct subject *w)
{
    enum suspect_fate fate;

    free(testdb_sql(s->db, "UPDATE scheduled_calls SET crashes = 100 WHERE id = %lld",
                    (long long)w->row));
    assert_ok(op, suspect_begin(op, w->row, &fate));
}

static const struct way {
    const char *name;
    void (*end)(struct scene *s, struct op *op, const struct subject *w);
    enum dial_event_kind event;
    const char *reason;
    bool queued_only; /* it is no word on rows that are not queued */
} ways[] = {
    {"a claim that cancels", a_claim_cancels, EVENT_CANCELED, "canceled", false},
    {"a claim that fails", a_claim_fails, EVENT_EXPIRED, "failed", false},
    {"an opt-out", the_person_opts_out, EVENT_CANCELED, "DNC_OPT_OUT", false},
    {"an opt-out of all", the_person_opts_out_of_everybody, EVENT_CANCELED, "DNC_OPT_OUT", false},
    {"a refusal", the_person_refuses, EVENT_CANCELED, "CONSENT_DENIED", false},
    {"an erasure", the_person_is_forgotten, EVENT_CANCELED, "ERASED", false},
    {"a stop", the_campaign_stops, EVENT_CANCELED, "CAMPAIGN_STOPPED", false},
    {"a campaign's end", the_campaign_ends, EVENT_CANCELED, "CAMPAIGN_ENDED", false},
    {"poison", it_kills_its_workers, EVENT_EXPIRED, "POISON", true},
};

/* A row in this state, with a call that a client asked for. */
static struct subject subject_in(struct scene *s, enum row_state from, const char *phone)
{
    struct subject w = {.phone = phone, .row = scene_row(s, phone)};
    long long row = w.row;

    w.lead = testdb_number(s->db, "SELECT lead_id FROM scheduled_calls WHERE id = %lld", row);
    w.campaign =
        testdb_number(s->db, "SELECT campaign_id FROM scheduled_calls WHERE id = %lld", row);
    free(testdb_sql(s->db,
                    "INSERT INTO calls (tenant_id, call_id, scheduled_call_id, campaign_id, "
                    "lead_id, to_number) SELECT tenant_id, 'call_' || id, id, campaign_id, "
                    "lead_id, to_number FROM scheduled_calls WHERE id = %lld;"
                    "UPDATE scheduled_calls SET status = '%s', queued_at = now() WHERE id = %lld",
                    row, row_state_names[from], row));
    return w;
}

static struct dial_step step_of(enum row_state from, enum attempt_state attempt,
                                enum dial_event_kind event)
{
    return dial_step(&(struct dial_state){.row = from, .attempt = attempt},
                     &(struct dial_event){.kind = event});
}

static void assert_ended(struct scene *s, const struct subject *w, const struct way *way,
                         enum row_state from)
{
    const struct dial_step to = step_of(from, ATTEMPT_NONE, way->event);
    bool moved = to.moved && !(way->queued_only && from != ROW_QUEUED);
    const char *row = moved ? row_state_names[to.row] : row_state_names[from];

    if (!scene_says(s,
                    "SELECT s.status = '%s' AND k.status = '%s' AND "
                    "(s.reason IS NOT DISTINCT FROM '%s' AND k.outcome IS NOT DISTINCT FROM '%s') "
                    "= (%d = 1) FROM scheduled_calls s JOIN calls k ON k.scheduled_call_id = s.id "
                    "WHERE s.id = %lld",
                    row, moved ? row : "queued", way->reason, way->reason, moved,
                    (long long)w->row))
        fail_msg("%s of a row that is %s: not so", way->name, row_state_names[from]);
}

static void whoever_ends_a_waiting_row_does_as_the_step_says(void **state)
{
    struct scene *s = *state;
    char phone[16];
    int n = 0;

    for (size_t i = 0; i < ARRAY_LEN(ways); i++)
        for (int from = ROW_SCHEDULED; from <= ROW_CANCELED; from++) {
            struct subject w = subject_in(s, (enum row_state)from, scene_phone(phone, n++));
            struct op op = testdb_op(s->db, s->tenant);
            ways[i].end(s, &op, &w);
            op_end(&op);
            assert_ended(s, &w, &ways[i], (enum row_state)from);
        }
}

/* A row in every state, with its last attempt in every state: row and attempt are in the reason. */
static void make_every_state(struct scene *s)
{
    for (int row = ROW_SCHEDULED; row <= ROW_CANCELED; row++)
        for (int attempt = ATTEMPT_NONE; attempt <= ATTEMPT_ACCEPTED_LATE; attempt++)
            free(testdb_sql(
                s->db,
                "WITH r AS (INSERT INTO scheduled_calls (tenant_id, to_number, scheduled_at, "
                "status, reason) VALUES (%lld, '+39350' || %d + 1000000, now(), '%s', '%d %d') "
                "RETURNING *), k AS (INSERT INTO calls (tenant_id, call_id, scheduled_call_id) "
                "SELECT tenant_id, 'call_' || id, id FROM r RETURNING *) "
                "INSERT INTO call_attempts (id, tenant_id, scheduled_call_id, call_id, n, state, "
                "provider, to_number, dial_deadline, lease_until) SELECT gen_random_uuid(), "
                "r.tenant_id, r.id, k.id, 1, '%s', 'fake', r.to_number, now(), now() FROM r, k "
                "WHERE %d <> %d",
                (long long)s->tenant, row * 100 + attempt, row_state_names[row], row, attempt,
                attempt_state_names[attempt], attempt, ATTEMPT_NONE));
}

static void assert_every_state(struct scene *s, enum dial_event_kind event, const char *becomes)
{
    for (int row = ROW_SCHEDULED; row <= ROW_CANCELED; row++)
        for (int attempt = ATTEMPT_NONE; attempt <= ATTEMPT_ACCEPTED_LATE; attempt++) {
            struct dial_step to = step_of((enum row_state)row, (enum attempt_state)attempt, event);
            assert_int_equal(to.attempt, attempt);
            if (to.moved)
                assert_string_equal(row_state_names[to.row], becomes);
            assert_says(s,
                        "SELECT status = '%s' AND (reason = 'why') = (%d = 1) FROM scheduled_calls "
                        "WHERE to_number = '+39350' || %d + 1000000",
                        row_state_names[to.row], to.moved, row * 100 + attempt);
        }
}

static void the_function_ends_of_all_states_those_that_the_step_ends(void **state)
{
    static const struct {
        enum dial_event_kind event;
        const char *becomes;
    } ends[] = {{EVENT_CANCELED, "canceled"}, {EVENT_EXPIRED, "failed"}};
    struct scene *s = *state;

    for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
        free(testdb_sql(s->db, "DELETE FROM call_attempts; DELETE FROM calls; "
                               "DELETE FROM scheduled_calls"));
        make_every_state(s);
        assert_int_equal(
            testdb_number(s->db,
                          "SELECT end_waiting(ARRAY (SELECT id FROM scheduled_calls), '%s', 'why')",
                          ends[i].becomes),
            2 * (ATTEMPT_ACCEPTED_LATE + 1));
        assert_every_state(s, ends[i].event, ends[i].becomes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(whoever_ends_a_waiting_row_does_as_the_step_says),
        SCENE(the_function_ends_of_all_states_those_that_the_step_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

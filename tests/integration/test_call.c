/* test_call.c - asking for a call, and reading calls back. */

#include "common/call/call.h"

#include "common/base/clock.h"
#include "common/base/json.h"
#include "common/compliance/dnc.h"
#include "common/lead/lead.h"
#include "common/number/number.h"
#include "tests/support/scene.h"

#include <pthread.h>

static const struct outbound_request plain = {
    .to_number = "+61491570156", /* Australia asks for no lead's consent */
    .from_number = FAKE_NUMBER,
    .agent_id = FAKE_AGENT,
};

static void australia_is_awake(struct scene *s)
{
    free(testdb_sql(s->db, "UPDATE platform_country_rules SET quiet_hours_enabled = false, "
                           "extended = extended - 'dnc' WHERE country_iso = 'AU'"));
}

static const char *detail(const struct op *op, const char *key)
{
    for (const struct detail *d = op->err.details; d; d = d->next)
        if (strcmp(d->key, key) == 0)
            return d->json;
    return "";
}

static void a_call_asked_for_is_due_at_once_and_dialled_with_its_metadata(void **state)
{
    struct scene *s = *state;
    struct op op = testdb_op(s->db, s->tenant);
    struct outbound_request r = plain;
    struct outbound_reply reply;
    struct call_detail k = {0};
    const struct cJSON *sent;

    australia_is_awake(s);
    r.metadata.text = "{\"order\":\"A-17\",\"nested\":{\"x\":[1,2]}}";
    assert_ok(&op, call_outbound(&op, &r, &reply));
    assert_string_equal(reply.status, "queued");
    assert_null(reply.provider_call_id);
    assert_true(reply.estimated_start.us != 0);
    assert_says(s, "(SELECT status = 'scheduled' AND scheduled_at <= now() AND valid_until > now() "
                   "FROM scheduled_calls)");
    scene_dial(s, s->tenant, testdb_number(s->db, "SELECT id FROM scheduled_calls"));
    assert_ok(&op, call_get(&op, reply.call_id, &k));
    assert_string_equal(k.call.provider_call_id, "fake_1");
    assert_string_equal(k.call.to_number, plain.to_number);
    assert_ok(&op, json_parse(&op, str_of(s->provider->metadata), &sent));
    assert_string_equal(json_get_string(sent, "order"), "A-17");
    assert_true(json_is_object(json_get(sent, "nested")));
    assert_non_null(json_get_string(sent, "aga_attempt"));
    op_end(&op);
}

static void an_unlawful_call_is_refused_with_its_reasons_and_a_stored_check(void **state)
{
    struct scene *s = *state;
    struct op op = testdb_op(s->db, s->tenant);
    struct outbound_request r = plain;
    struct outbound_reply reply;
    char id[32];

    r.to_number = ITALIAN; /* consent is asked for, and nobody is known there */
    assert_fails(&op, E_COMPLIANCE_VIOLATION, call_outbound(&op, &r, &reply));
    snprintf(id, sizeof(id), "%lld",
             (long long)testdb_number(s->db, "SELECT id FROM compliance_checks"));
    assert_string_equal(detail(&op, "compliance_check_id"), id);
    assert_string_equal(detail(&op, "rejection_code"), "\"CONSENT_NO_LEAD\"");
    assert_string_equal(detail(&op, "next_allowed_at"), "");
    op_end(&op);
    assert_says(s, "(SELECT status = 'rejected' AND to_number = '" ITALIAN
                   "' FROM compliance_checks)");
    assert_says(s, "NOT EXISTS (SELECT 1 FROM calls) AND NOT EXISTS (SELECT 1 FROM outbox)");
}

static void a_call_refused_for_the_hour_says_when_it_may_be_made(void **state)
{
    struct scene *s = *state;
    int64_t lead = scene_lead(s, s->tenant, 0, GERMAN);
    struct op op = testdb_op(s->db, s->tenant);
    const struct lead_call_request r = {.agent_id = FAKE_AGENT, .from_number = FAKE_NUMBER};
    struct outbound_reply reply;

    assert_fails(&op, E_COMPLIANCE_VIOLATION, call_lead(&op, lead, &r, &reply));
    assert_string_equal(detail(&op, "rejection_code"), "\"QUIET_HOURS\"");
    assert_int_equal(detail(&op, "next_allowed_at")[0], '"');
    op_end(&op);
}

static void a_lead_who_said_yes_can_be_called_by_its_id(void **state)
{
    struct scene *s = *state;
    int64_t lead = scene_lead(s, s->tenant, 0, ITALIAN);
    struct op op = testdb_op(s->db, s->tenant);
    const struct lead_call_request r = {.agent_id = FAKE_AGENT, .from_number = FAKE_NUMBER};
    struct outbound_reply reply;
    struct call *calls;
    int n;

    assert_ok(&op, call_lead(&op, lead, &r, &reply));
    assert_ok(&op, call_list_of_lead(&op, lead, &calls, &n));
    assert_int_equal(n, 1);
    assert_string_equal(calls[0].call_id, reply.call_id);
    op_end(&op);
}

/* The request must fail so, and leave nothing. */
static void assert_refused(struct scene *s, const struct outbound_request *r, enum err_code code,
                           const char *key)
{
    struct op op = testdb_op(s->db, s->tenant);
    struct outbound_reply reply;
    int64_t before = testdb_number(s->db, "SELECT count(*) FROM calls");

    assert_fails(&op, code, call_outbound(&op, r, &reply));
    if (key && !*detail(&op, key))
        fail_msg("no complaint about %s", key);
    op_end(&op);
    assert_says(s, "(SELECT count(*) FROM calls) = %lld", (long long)before);
}

static void what_a_request_may_not_say_is_refused(void **state)
{
    struct scene *s = *state;
    int64_t stranger = scene_stranger(s), theirs = scene_lead(s, stranger, 0, plain.to_number);
    int64_t mine = scene_lead(s, s->tenant, 0, ITALIAN),
            campaign = scene_campaign(s, stranger, scene_draft());
    char text[64];
    struct outbound_request r = plain;

    australia_is_awake(s);
    r.metadata.text = "{\"aga_attempt\":\"x\"}";
    assert_refused(s, &r, E_VALIDATION_ERROR, "metadata.aga_attempt");
    r.metadata.text = text;
    snprintf(text, sizeof(text), "{\"lead_id\":%lld}", (long long)theirs);
    assert_refused(s, &r, E_LEAD_NOT_FOUND, NULL);
    snprintf(text, sizeof(text), "{\"lead_id\":%lld}", (long long)theirs + 1000);
    assert_refused(s, &r, E_LEAD_NOT_FOUND, NULL);
    snprintf(text, sizeof(text), "{\"lead_id\":%lld}", (long long)mine);
    assert_refused(s, &r, E_VALIDATION_ERROR, "metadata.lead_id"); /* another phone */
    snprintf(text, sizeof(text), "{\"campaign_id\":%lld}", (long long)campaign);
    assert_refused(s, &r, E_CAMPAIGN_NOT_FOUND, NULL);
    r = plain;
    snprintf(text, sizeof(text), "+3906%07lld", (long long)stranger);
    r.from_number = text;
    assert_refused(s, &r, E_VALIDATION_ERROR, "from_number");
}

static void a_second_call_to_a_number_must_wait_for_the_first(void **state)
{
    struct scene *s = *state;
    struct op op = testdb_op(s->db, s->tenant);
    struct outbound_reply reply;

    australia_is_awake(s);
    assert_ok(&op, call_outbound(&op, &plain, &reply));
    assert_refused(s, &plain, E_CALL_IN_PROGRESS, NULL);
    scene_dial(s, s->tenant, testdb_number(s->db, "SELECT id FROM scheduled_calls"));
    assert_refused(s, &plain, E_CALL_IN_PROGRESS, NULL);
    free(testdb_sql(
        s->db,
        "UPDATE call_attempts SET state = 'ended'; UPDATE scheduled_calls SET status = 'done'"));
    assert_ok(&op, call_outbound(&op, &plain, &reply));
    op_end(&op);
}

struct asker {
    struct scene *s;
    const char *phone;
    pthread_barrier_t *together;
    _Atomic int *queued, *refused;
};

static void *ask_for_a_call(void *arg)
{
    struct asker *a = arg;
    struct op op = testdb_op(a->s->db, a->s->tenant);
    struct outbound_request r = plain;
    struct outbound_reply reply;

    r.to_number = a->phone;
    pthread_barrier_wait(a->together);
    if (call_outbound(&op, &r, &reply))
        ++*a->queued;
    else if (op.err.code == E_CALL_IN_PROGRESS)
        ++*a->refused;
    op_end(&op);
    return NULL;
}

static void of_requests_at_once_for_one_number_one_is_taken(void **state)
{
    struct scene *s = *state;
    enum { ROUNDS = 20, ASKERS = 3 };
    pthread_barrier_t together;
    pthread_t threads[ASKERS];
    _Atomic int queued = 0, refused = 0;
    char phone[32];

    australia_is_awake(s);
    pthread_barrier_init(&together, NULL, ASKERS);
    for (int round = 0; round < ROUNDS; round++) {
        struct asker a = {s, phone, &together, &queued, &refused};
        snprintf(phone, sizeof(phone), "+614915701%02d", round);
        for (int i = 0; i < ASKERS; i++)
            assert_int_equal(pthread_create(&threads[i], NULL, ask_for_a_call, &a), 0);
        for (int i = 0; i < ASKERS; i++)
            pthread_join(threads[i], NULL);
    }
    pthread_barrier_destroy(&together);
    assert_int_equal(queued, ROUNDS);
    assert_int_equal(refused, ROUNDS * (ASKERS - 1));
    assert_says(s, "(SELECT count(*) FROM calls) = %d", ROUNDS);
}

static void an_outbound_call_whose_number_is_forbidden_meanwhile_ends_canceled(void **state)
{
    struct scene *s = *state;
    struct op op = testdb_op(s->db, s->tenant), claimer = testdb_op(s->db, s->tenant);
    struct dnc_entry e = {.e164 = plain.to_number};
    struct outbound_reply reply;
    struct claim c;

    australia_is_awake(s);
    assert_ok(&op, call_outbound(&op, &plain, &reply));
    assert_ok(&op, dnc_add(&op, &e));
    op_end(&op);
    int64_t row = testdb_number(s->db, "SELECT id FROM scheduled_calls");
    assert_int_equal(scene_claim(&claimer, row, &c), CLAIM_NEVER);
    op_end(&claimer);
    assert_says(s, "(SELECT status = 'canceled' AND outcome = 'DNC_INTERNAL' FROM calls)");
}

static const char *const statuses[] = {NULL,        "queued", "in_progress",
                                       "completed", "failed", "canceled"};

/* Endings, reopenings and inserts, several to a transaction, for two tenants and two campaigns of
 * each.
 */
static void mix_calls(struct scene *s, int64_t stranger, unsigned seed)
{
    free(testdb_sql(s->db,
                    "INSERT INTO campaigns (id, tenant_id, name, agent_id, from_number) "
                    "OVERRIDING SYSTEM VALUE "
                    "SELECT n, CASE WHEN n > 2 THEN %lld ELSE %lld END, 'mixed', 'agent_abc123', "
                    "'+390212345678' FROM generate_series(1, 4) n",
                    (long long)stranger, (long long)s->tenant));
    for (int step = 0; step < 40; step++) {
        seed = seed * 1103515245 + 12345;
        free(testdb_sql(s->db,
                        "INSERT INTO calls (tenant_id, call_id, campaign_id, status, created_at) "
                        "SELECT CASE WHEN i %% 4 = 0 THEN %lld ELSE %lld END, 'c_%d_' || i, "
                        "nullif((i + %u) %% 3, 0) + CASE WHEN i %% 4 = 0 THEN 2 ELSE 0 END, "
                        "(ARRAY['queued','in_progress','completed','failed','canceled'])[1 + (i * "
                        "7 + %u) %% 5], "
                        "now() - make_interval(mins => %d) FROM generate_series(1, %u) i; "
                        "UPDATE calls SET status = "
                        "(ARRAY['in_progress','completed','failed','canceled','completed']) "
                        "[1 + (id + %u) %% 5] WHERE id %% 7 = %u",
                        (long long)stranger, (long long)s->tenant, step, seed >> 8, seed >> 4, step,
                        1 + (seed >> 16) % 5, seed >> 12, (seed >> 20) % 7));
    }
}

/* The ids of a page, in its order, each with a comma after it. */
static char *ids_of(struct op *op, const struct buf *items)
{
    const struct cJSON *page;
    char *ids = arena_strdup(&op->arena, "");

    assert_ok(op, json_parse(op,
                             str_of(arena_printf(&op->arena, "[%.*s]", (int)items->n,
                                                 items->p ? items->p : "")),
                             &page));
    for (const struct cJSON *v = json_first(page); v; v = json_next(v))
        ids = arena_printf(&op->arena, "%s%s,", ids, json_get_string(v, "call_id"));
    return ids;
}

/* What q asks for, as SQL. */
static const char *condition(struct op *op, const struct call_query *q)
{
    const char *text = arena_printf(&op->arena, "tenant_id = %lld", (long long)op->tenant_id);

    if (q->status)
        text = arena_printf(&op->arena, "%s AND status = '%s'", text, q->status);
    if (q->campaign_id.set)
        text = arena_printf(&op->arena, "%s AND campaign_id = %lld", text,
                            (long long)q->campaign_id.v);
    if (q->from_date.us)
        text = arena_printf(&op->arena, "%s AND created_at >= to_timestamp(%lld / 1e6)", text,
                            (long long)q->from_date.us);
    return text;
}

static void assert_list(struct scene *s, struct op *op, const struct call_query *q)
{
    const char *where = condition(op, q);
    struct buf items = {0};
    int64_t total;

    assert_ok(op, call_list(op, q, &items, &total));
    int64_t counted = testdb_number(s->db, "SELECT count(*) FROM calls WHERE %s", where);
    if (total != counted)
        fail_msg("%s: total %lld, counted %lld", where, (long long)total, (long long)counted);
    char *expected = testdb_sql(
        s->db,
        "SELECT coalesce(string_agg(call_id || ',', ''), '') FROM (SELECT call_id FROM calls "
        "WHERE %s ORDER BY created_at DESC, id DESC LIMIT %d) page",
        where, q->limit);
    assert_string_equal(ids_of(op, &items), expected);
    free(expected);
    buf_free(&items);
}

static void the_total_of_a_list_is_its_count_whatever_is_asked(void **state)
{
    struct scene *s = *state;
    int64_t stranger = scene_stranger(s);
    const int64_t tenants[] = {s->tenant, stranger};

    mix_calls(s, stranger, 20261122);
    for (size_t t = 0; t < ARRAY_LEN(tenants); t++)
        for (size_t i = 0; i < ARRAY_LEN(statuses); i++)
            for (int campaign = 0; campaign <= 4; campaign++)
                for (int dated = 0; dated < 2; dated++) {
                    struct op op = testdb_op(s->db, tenants[t]);
                    const struct call_query q = {
                        .status = statuses[i],
                        .campaign_id = {campaign > 0, campaign},
                        .from_date = {dated ? clock_now_us() - 20LL * 60 * 1000000 : 0},
                        .limit = 10,
                    };
                    assert_list(s, &op, &q);
                    op_end(&op);
                }
    assert_says(s, "(SELECT count(*) >= 20 FROM calls WHERE status = 'completed')");
}

static void a_listed_call_reads_like_the_call_itself(void **state)
{
    struct scene *s = *state;
    struct op op = testdb_op(s->db, s->tenant);
    struct buf items = {0}, single = {0};
    struct call_detail k = {0};
    int64_t total;

    scene_dial(s, s->tenant, scene_row(s, ITALIAN));
    free(testdb_sql(s->db,
                    "UPDATE calls SET outcome = E'a \"b\" \\\\ \\n \\u00e8', duration_seconds = 7, "
                    "started_at = '2026-01-02T03:04:05Z', ended_at = '2026-01-02T03:04:05.6Z', "
                    "created_at = '2026-01-02T03:04:05.12345Z'"));
    assert_ok(&op, call_list(&op, &(struct call_query){.limit = 5}, &items, &total));
    char *call_id = testdb_sql(s->db, "SELECT call_id FROM calls");
    assert_ok(&op, call_get(&op, call_id, &k));
    to_json(&single, &call_type, &k.call);
    assert_int_equal(items.n, single.n);
    assert_memory_equal(items.p, single.p, single.n);
    free(call_id);
    buf_free(&items);
    buf_free(&single);
    op_end(&op);
}

static void another_tenants_rows_are_like_none(void **state)
{
    struct scene *s = *state;
    int64_t stranger = scene_stranger(s), lead = scene_lead(s, s->tenant, 0, ITALIAN);
    struct op op = testdb_op(s->db, stranger);
    const struct lead_call_request request = {.agent_id = FAKE_AGENT, .from_number = FAKE_NUMBER};
    struct outbound_reply reply;
    struct call_detail k = {0};
    struct lead l = {0};
    struct number number = {0};
    struct call *calls;
    int n;

    scene_dial(s, s->tenant, scene_row(s, "+393491111111"));
    char *call_id = testdb_sql(s->db, "SELECT call_id FROM calls");
    int64_t number_id =
        testdb_number(s->db, "SELECT id FROM numbers WHERE tenant_id = %lld", (long long)s->tenant);
    int64_t entry = testdb_number(
        s->db,
        "INSERT INTO dnc_entries (tenant_id, e164) VALUES (%lld, '" ITALIAN "') RETURNING id",
        (long long)s->tenant);
    const char *const call_ids[] = {call_id, "call_00000000000000000000000000"};
    for (int missing = 0; missing < 2; missing++) {
#define REFUSED(code, expr) \
    assert_fails(&op, code, expr); \
    op_forgive(&op)
        REFUSED(E_CALL_NOT_FOUND, call_get(&op, call_ids[missing], &k));
        REFUSED(E_LEAD_NOT_FOUND, lead_get(&op, lead + missing * 1000, &l));
        REFUSED(E_LEAD_NOT_FOUND, call_list_of_lead(&op, lead + missing * 1000, &calls, &n));
        REFUSED(E_LEAD_NOT_FOUND, call_lead(&op, lead + missing * 1000, &request, &reply));
        REFUSED(E_NUMBER_NOT_FOUND, number_get(&op, number_id + missing * 1000, &number));
        REFUSED(E_DNC_ENTRY_NOT_FOUND, dnc_remove(&op, entry + missing * 1000, NULL));
    }
    op_end(&op);
    assert_says(s, "(SELECT removed_at IS NULL FROM dnc_entries)");
    free(call_id);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(a_call_asked_for_is_due_at_once_and_dialled_with_its_metadata),
        SCENE(an_unlawful_call_is_refused_with_its_reasons_and_a_stored_check),
        SCENE(a_call_refused_for_the_hour_says_when_it_may_be_made),
        SCENE(a_lead_who_said_yes_can_be_called_by_its_id),
        SCENE(what_a_request_may_not_say_is_refused),
        SCENE(a_second_call_to_a_number_must_wait_for_the_first),
        SCENE(of_requests_at_once_for_one_number_one_is_taken),
        SCENE(an_outbound_call_whose_number_is_forbidden_meanwhile_ends_canceled),
        SCENE(the_total_of_a_list_is_its_count_whatever_is_asked),
        SCENE(a_listed_call_reads_like_the_call_itself),
        SCENE(another_tenants_rows_are_like_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

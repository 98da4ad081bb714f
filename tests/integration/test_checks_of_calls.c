/* test_checks_of_calls.c - from a call to the decisions that were made for it, and back. */

#include "common/call/call.h"
#include "common/compliance/checks.h"
#include "common/compliance/dnc.h"
#include "common/store/db.h"
#include "tests/support/scene.h"

static int64_t found(struct scene *s, int64_t tenant, const char *call_id, struct buf *items)
{
    struct op op = testdb_op(s->db, tenant);
    const struct check_list_query q = {.call_id = call_id, .limit = 10};
    int64_t total;

    buf_reset(items);
    assert_ok(&op, check_list(&op, &q, items, &total));
    op_end(&op);
    return total;
}

/* Its decisions, each of which names it, and the one it rests on. */
static void assert_checks(struct scene *s, const char *call_id, int n)
{
    struct buf items = {0};
    char named[64];

    assert_int_equal(found(s, s->tenant, call_id, &items), n);
    snprintf(named, sizeof(named), "\"call_id\":\"%s\"", call_id);
    const char *p = items.p;
    for (int i = 0; i < n; i++) {
        assert_non_null(p = strstr(p, named));
        p++;
    }
    buf_free(&items);
}

static struct compliance_check shown(struct op *op, int64_t id)
{
    struct compliance_check c = {0};

    assert_ok(op, check_get(op, id, &c));
    return c;
}

static void the_check_of_a_campaigns_call_is_found_by_the_call(void **state)
{
    struct scene *s = *state;
    struct op op = testdb_op(s->db, s->tenant);

    scene_dial(s, s->tenant, scene_row(s, ITALIAN));
    scene_dial(s, s->tenant, scene_row(s, "+393490000001"));
    char *call_id = testdb_sql(s->db, "SELECT call_id FROM calls WHERE to_number = '" ITALIAN "'");
    assert_checks(s, call_id, 1);
    struct compliance_check c = shown(
        &op, testdb_number(s->db, "SELECT compliance_check_id FROM calls WHERE call_id = '%s'",
                           call_id));
    assert_string_equal(c.call_id, call_id);
    assert_string_equal(c.to_number, ITALIAN);
    free(call_id);
    op_end(&op);
}

static void every_claim_of_a_call_has_its_check_and_a_refusal_too(void **state)
{
    struct scene *s = *state;
    struct op op = testdb_op(s->db, s->tenant);
    struct outbound_request r = {
        .to_number = ITALIAN, .from_number = FAKE_NUMBER, .agent_id = FAKE_AGENT};
    struct outbound_reply reply;
    struct claim c;

    free(testdb_sql(s->db, "UPDATE platform_country_rules SET require_explicit_consent = false "
                           "WHERE country_iso = 'IT'"));
    assert_ok(&op, call_outbound(&op, &r, &reply));
    int64_t row = testdb_number(s->db, "SELECT id FROM scheduled_calls");
    scene_dial(s, s->tenant, row);
    assert_checks(s, reply.call_id, 1);
    free(testdb_sql(s->db,
                    "UPDATE call_attempts SET state = 'rejected'; "
                    "UPDATE scheduled_calls SET status = 'scheduled', scheduled_at = now()"));
    free(testdb_sql(s->db, "INSERT INTO dnc_entries (tenant_id, e164) VALUES (%lld, '" ITALIAN "')",
                    (long long)s->tenant));
    assert_int_equal(scene_claim(&op, row, &c), CLAIM_NEVER);
    assert_checks(s, reply.call_id, 2);
    assert_says(s, "(SELECT count(DISTINCT call_id) = 1 AND count(call_id) = 2 FROM "
                   "compliance_checks)");
    op_end(&op);
}

static void a_decision_before_there_is_a_call_has_none(void **state)
{
    struct scene *s = *state;
    struct op op = testdb_op(s->db, s->tenant);
    struct claim c;
    int64_t row = scene_row(s, ITALIAN);

    free(testdb_sql(s->db, "INSERT INTO dnc_entries (tenant_id, e164) VALUES (%lld, '" ITALIAN "')",
                    (long long)s->tenant));
    assert_int_equal(scene_claim(&op, row, &c), CLAIM_NEVER);
    struct compliance_check k =
        shown(&op, testdb_number(s->db, "SELECT max(id) FROM compliance_checks"));
    assert_null(k.call_id);
    assert_int_equal(k.scheduled_call_id.v, row);
    op_end(&op);
}

static void another_tenants_call_finds_nothing(void **state)
{
    struct scene *s = *state;
    int64_t stranger = scene_stranger(s);
    struct buf items = {0};

    scene_dial(s, s->tenant, scene_row(s, ITALIAN));
    char *call_id = testdb_sql(s->db, "SELECT call_id FROM calls");
    assert_int_equal(found(s, stranger, call_id, &items), 0);
    assert_int_equal(found(s, s->tenant, "call_nobody", &items), 0);
    free(call_id);
    buf_free(&items);
}

static void an_export_of_one_call_has_its_decisions_alone(void **state)
{
    struct scene *s = *state;
    struct op op = testdb_op(s->db, s->tenant);
    struct buf out = {0};
    bool done;

    scene_dial(s, s->tenant, scene_row(s, ITALIAN));
    scene_dial(s, s->tenant, scene_row(s, "+393490000001"));
    char *call_id = testdb_sql(s->db, "SELECT call_id FROM calls WHERE to_number = '" ITALIAN "'");
    struct check_export e = {.query = {.format = "ndjson", .call_id = call_id}};
    assert_ok(&op, check_export_next(&op, &e, &out, &done));
    assert_true(done);
    assert_non_null(strstr(out.p, ITALIAN));
    assert_ptr_equal(strchr(out.p, '\n'), out.p + out.n - 1);
    free(call_id);
    buf_free(&out);
    op_end(&op);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(the_check_of_a_campaigns_call_is_found_by_the_call),
        SCENE(every_claim_of_a_call_has_its_check_and_a_refusal_too),
        SCENE(a_decision_before_there_is_a_call_has_none),
        SCENE(another_tenants_call_finds_nothing),
        SCENE(an_export_of_one_call_has_its_decisions_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_repeat_sim.c - requests sent again to a provider that keeps its word about keys, or not. */

#include "common/call/idempotency.h"
#include "common/call/polled.h"
#include "common/provider/provider.h"
#include "tests/support/scene.h"
#include "tests/support/sim_server.h"

#include <signal.h>

#define OTHER_NUMBER "+390287654321"

enum { MANY = 40, ROUNDS_MOST = 200 };

/* Without accidents but those a test asks for; numbers and agent are the scene's. */
static const char config[] =
    "{\"time_scale\":10,"
    "\"api\":{\"latency_ms\":{\"p50\":0,\"p95\":0,\"max\":0},"
    "\"per_op\":{\"create_phone_call\":{\"p50\":0,\"p95\":0}},\"rate_limit\":{\"requests\":0},"
    "\"faults\":{\"http_500\":0,\"http_503\":0,\"reset\":0,\"reset_after_commit\":0,"
    "\"html_502\":0}},"
    "\"outcomes\":{\"user_hangup\":1},\"telephony\":{\"ring_ms\":{\"p50\":1,\"p95\":1}},"
    "\"workspaces\":[{\"org_name\":\"Test\","
    "\"keys\":[{\"key\":\"key_test\",\"webhook\":true,\"scopes\":\"all\"}],"
    "\"concurrency_limit\":1000,\"cps\":{\"custom\":1000},\"card_on_file\":true,"
    "\"balance_cents\":100000,"
    "\"agents\":[{\"agent_id\":\"" FAKE_AGENT "\",\"is_published\":true}],"
    "\"numbers\":[{\"phone_number\":\"" FAKE_NUMBER "\",\"type\":\"custom\"}]}]}";

static struct sim_server sim;
static struct provider *retell;

static void tell_sim(const char *path, const char *body)
{
    struct op op = {0};

    sim_server_ask(&op, &sim, path, body);
    op_end(&op);
}

/* Each test has a world of its own. */
static int setup(void **state)
{
    if (scene_setup(state) != 0)
        return -1;
    struct scene *s = *state;
    struct conf conf = s->db->conf;
    conf.retell_api_key = "key_test";
    conf.retell_base_url = sim.url;
    conf.retell_idempotency = "auto";
    retell = provider_open("retell", &conf);
    s->db->app.provider = retell;
    tell_sim("/sim/reset", "{}");
    return 0;
}

static int teardown(void **state)
{
    retell->close(retell);
    return scene_teardown(state);
}

#define WITH_SIM(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static int calls_placed(void)
{
    struct op op = {0};
    const char *stats = sim_server_ask(&op, &sim, "/sim/stats", NULL);
    const char *placed = strstr(stats, "\"calls_placed\":");

    assert_non_null(placed);
    int n = (int)strtol(placed + strlen("\"calls_placed\":"), NULL, 10);
    op_end(&op);
    return n;
}

static void believe_keys(struct scene *s)
{
    free(testdb_sql(s->db,
                    "INSERT INTO idempotency_proofs (account, provider, gap_seconds) "
                    "VALUES ('%s', 'retell', 3600)",
                    retell->account));
}

static void pass_a_minute(struct scene *s)
{
    free(testdb_sql(s->db, "UPDATE call_attempts SET created_at = created_at - interval '1 minute',"
                           " dial_deadline = dial_deadline - interval '1 minute'"));
}

static bool repeat(struct scene *s, int64_t row)
{
    struct op op = testdb_op(s->db, s->tenant);
    struct claim c;

    assert_ok(&op, scheduled_call_claim(&op, row, &c));
    bool sent = c.fate == CLAIM_INTENT;
    if (sent)
        assert_ok(&op, call_dial(&op, &c));
    op_end(&op);
    return sent;
}

static void check_one(struct scene *s, const char *fault, int placed_at_first)
{
    int64_t row = scene_row(s, ITALIAN);

    believe_keys(s);
    tell_sim("/sim/fault", fault);
    scene_dial(s, s->tenant, row);
    assert_says(s, "(SELECT state = 'unknown' FROM call_attempts)");
    assert_int_equal(calls_placed(), placed_at_first);
    pass_a_minute(s);
    assert_true(repeat(s, row));
    assert_int_equal(calls_placed(), 1);
    assert_says(s, "(SELECT count(*) = 1 AND bool_and(state = 'accepted' AND repeats = 1) "
                   "FROM call_attempts)");
}

static void a_call_whose_answer_was_lost_is_not_placed_again(void **state)
{
    check_one(*state, "{\"op\":\"create_phone_call\",\"count\":1,\"fault\":\"reset_after_commit\"}",
              1);
}

static void a_request_that_came_to_nothing_is_placed_by_the_second(void **state)
{
    check_one(*state, "{\"op\":\"create_phone_call\",\"count\":1,\"fault\":\"reset\"}", 0);
}

/* The breaker is right to stop such a provider; here it is asked all the same. */
static void lift_all(struct scene *s)
{
    free(testdb_sql(s->db, "UPDATE halts SET lifted_at = now() WHERE lifted_at IS NULL"));
}

/* Two of three answers are lost, whether the call was placed or not. */
static void of_many_each_is_placed_once(void **state)
{
    static const char no_unknown[] =
        "SELECT count(*) = 0 FROM call_attempts WHERE state = 'unknown'";
    struct scene *s = *state;
    int64_t id = scene_running(s, s->tenant, scene_draft(), MANY), row = scene_first_row(s, id);

    believe_keys(s);
    tell_sim("/sim/config", "{\"api\":{\"faults\":{\"reset\":0.33,\"reset_after_commit\":0.5}}}");
    for (int i = 0; i < MANY; i++, lift_all(s))
        scene_dial(s, s->tenant, row + i);
    assert_says(s, "(SELECT count(*) FROM call_attempts WHERE state = 'unknown') > %d", MANY / 3);
    for (int round = 0; round < ROUNDS_MOST && !scene_says(s, "%s", no_unknown); round++) {
        /* The growing pauses are another test's. */
        free(testdb_sql(s->db, "UPDATE call_attempts SET dial_deadline = now() - interval '1 day' "
                               "WHERE state = 'unknown'"));
        for (int i = 0; i < MANY; i++, lift_all(s))
            repeat(s, row + i);
    }
    tell_sim("/sim/config", "{\"api\":{\"faults\":{\"reset\":0,\"reset_after_commit\":0}}}");
    assert_says(s, "(SELECT count(*) FROM call_attempts WHERE state = 'accepted') = %d", MANY);
    assert_says(s, "(SELECT count(DISTINCT provider_call_id) FROM call_attempts) = %d", MANY);
    assert_int_equal(calls_placed(), MANY);
}

static void an_api_without_keys_costs_a_call_one_more_request(void **state)
{
    struct scene *s = *state;
    int64_t row = scene_row(s, ITALIAN);

    tell_sim("/sim/config", "{\"compat\":{\"idempotency_key\":\"refuse\"}}");
    scene_dial(s, s->tenant, row);
    assert_says(s, "(SELECT status = 'scheduled' AND reason = 'KEY_REFUSED' FROM scheduled_calls)");
    assert_false(retell->takes_keys(retell));
    free(testdb_sql(s->db, "UPDATE scheduled_calls SET scheduled_at = now()"));
    scene_dial(s, s->tenant, row);
    assert_says(s,
                "(SELECT array_agg(state || coalesce(keyed_for, '-') ORDER BY n) "
                "FROM call_attempts) = ARRAY['rejected%s', 'accepted-']",
                retell->account);
    assert_int_equal(calls_placed(), 1);
}

/* What the provider tells of every call of the attempt, as a webhook or a poll would. */
static void hear_of_all(struct scene *s)
{
    struct op op = testdb_op(s->db, 0);
    char *id = testdb_sql(s->db, "SELECT id FROM call_attempts");
    const struct provider_query q = {
        .key = "aga_attempt", .values = (const char *const[]){id}, .n = 1};
    struct provider_calls calls;

    assert_ok(&op, retell->find_calls(&op, retell, &q, 10, &calls));
    for (size_t i = 0; i < calls.n; i++)
        assert_ok(&op, polled_apply(&op, op.app->provider, &calls.items[i]));
    op_end(&op);
    free(id);
}

/* What the proof is for: it was believed, and the provider places both. */
static void a_provider_that_ignores_keys_is_found_out(void **state)
{
    struct scene *s = *state;
    int64_t row = scene_row(s, ITALIAN);

    believe_keys(s);
    tell_sim("/sim/config", "{\"compat\":{\"idempotency_key\":\"ignore\"}}");
    tell_sim("/sim/fault",
             "{\"op\":\"create_phone_call\",\"count\":1,\"fault\":\"reset_after_commit\"}");
    scene_dial(s, s->tenant, row);
    pass_a_minute(s);
    assert_true(repeat(s, row));
    assert_int_equal(calls_placed(), 2);
    hear_of_all(s);
    assert_says(s, "(SELECT revoked_at IS NOT NULL FROM idempotency_proofs)");
    assert_says(s, "(SELECT count(*) FROM stray_calls WHERE stop_at IS NOT NULL) = 1");
}

/* ---- the proof ---- */

static enum err_code prove(struct scene *s)
{
    const struct idempotency_test test = {FAKE_NUMBER, OTHER_NUMBER, FAKE_AGENT, 1};
    struct op op = testdb_op(s->db, s->tenant);

    free(testdb_sql(s->db,
                    "INSERT INTO numbers (tenant_id, e164, status) VALUES (%lld, '%s', 'active')",
                    (long long)s->tenant, OTHER_NUMBER));
    enum err_code code = idempotency_prove(&op, &test) ? E_NONE : op.err.code;
    op_end(&op);
    return code;
}

static void a_provider_that_keeps_keys_proves_it(void **state)
{
    struct scene *s = *state;

    assert_int_equal(prove(s), E_NONE);
    assert_int_equal(calls_placed(), 1);
    assert_says(s, "(SELECT account = '%s' AND revoked_at IS NULL FROM idempotency_proofs)",
                retell->account);
}

static void a_provider_that_ignores_or_refuses_keys_proves_nothing(void **state)
{
    struct scene *s = *state;

    tell_sim("/sim/config", "{\"compat\":{\"idempotency_key\":\"ignore\"}}");
    assert_int_equal(prove(s), E_PROVIDER_ERROR);
    assert_int_equal(calls_placed(), 2);
    assert_says(s, "(SELECT count(*) FROM stray_calls) = 2");
    free(testdb_sql(s->db, "DELETE FROM numbers WHERE e164 = '%s'", OTHER_NUMBER));
    tell_sim("/sim/config", "{\"compat\":{\"idempotency_key\":\"refuse\"}}");
    assert_int_equal(prove(s), E_PROVIDER_ERROR);
    assert_says(s, "(SELECT count(*) FROM idempotency_proofs) = 0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SIM(a_call_whose_answer_was_lost_is_not_placed_again),
        WITH_SIM(a_request_that_came_to_nothing_is_placed_by_the_second),
        WITH_SIM(of_many_each_is_placed_once),
        WITH_SIM(an_api_without_keys_costs_a_call_one_more_request),
        WITH_SIM(a_provider_that_ignores_keys_is_found_out),
        WITH_SIM(a_provider_that_keeps_keys_proves_it),
        WITH_SIM(a_provider_that_ignores_or_refuses_keys_proves_nothing),
    };

    signal(SIGPIPE, SIG_IGN);
    sim_server_start(&sim, config);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    sim_server_stop(&sim);
    return failed;
}

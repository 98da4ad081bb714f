/*
 * test_test_tenants.c - a tenant made for tests: its calls are the simulator's, at the door, at the
 * dispatcher, at the claim and in the row of the intent.
 */

#include "common/call/dispatch.h"
#include "common/tenant/api_key.h"
#include "common/tenant/tenant.h"
#include "tests/support/scene.h"

static void become_test(struct scene *s)
{
    free(testdb_sql(s->db, "ALTER TABLE tenants DISABLE TRIGGER tenants_kind_stands; "
                           "UPDATE tenants SET test = true; "
                           "ALTER TABLE tenants ENABLE TRIGGER tenants_kind_stands"));
}

/* What a process of the simulator's is, beside its settings. */
static struct provider simulator(struct scene *s)
{
    struct provider p = *s->db->app.provider;

    p.name = "simulator";
    free(testdb_sql(s->db, "INSERT INTO provider_limits (provider, concurrency_limit) "
                           "VALUES ('simulator', 20)"));
    return p;
}

static int64_t dispatch(struct scene *s)
{
    struct op op = testdb_op(s->db, 0);
    int64_t queued;
    int sleep_ms;

    assert_ok(&op, dispatch_due(&op, &queued, &sleep_ms));
    op_end(&op);
    return queued;
}

static void a_test_tenants_calls_get_starts_from_the_simulators_dispatcher_only(void **state)
{
    struct scene *s = *state;
    const struct provider *real = s->db->app.provider;
    struct provider fake = simulator(s);

    scene_running(s, s->tenant, scene_draft(), 3);
    s->db->app.provider = &fake;
    assert_int_equal(dispatch(s), 0); /* a real tenant is none of its business */
    become_test(s);
    s->db->app.provider = real;
    assert_int_equal(dispatch(s), 0);
    s->db->app.provider = &fake;
    assert_int_equal(dispatch(s), 3);
    s->db->app.provider = real;
}

static void a_message_that_comes_to_the_wrong_worker_dials_nobody(void **state)
{
    struct scene *s = *state;
    const struct provider *real = s->db->app.provider;
    struct provider fake = simulator(s);
    int64_t row = scene_first_row(s, scene_running(s, s->tenant, scene_draft(), 1));
    struct op op = testdb_op(s->db, s->tenant);
    struct claim c;

    become_test(s);
    free(testdb_sql(s->db, "UPDATE scheduled_calls SET status = 'queued', queued_at = now()"));
    assert_ok(&op, scheduled_call_claim(&op, row, &c));
    assert_int_equal(c.fate, CLAIM_GONE);
    assert_says(s, "(SELECT count(*) FROM call_attempts) = 0");
    s->db->app.provider = &fake;
    assert_ok(&op, scheduled_call_claim(&op, row, &c));
    assert_int_equal(c.fate, CLAIM_INTENT);
    assert_says(s, "(SELECT provider FROM call_attempts) = 'simulator'");
    s->db->app.provider = real;
    op_end(&op);
}

static void no_intent_of_a_test_tenant_is_a_real_providers(void **state)
{
    struct scene *s = *state;
    int64_t row = scene_first_row(s, scene_running(s, s->tenant, scene_draft(), 1));
    struct op op = testdb_op(s->db, s->tenant);
    struct claim c;

    assert_int_equal(scene_claim(&op, row, &c), CLAIM_INTENT);
    op_end(&op);
    assert_says(s, "(SELECT provider FROM call_attempts) = 'retell'");
    free(testdb_sql(s->db, "DO $$ BEGIN UPDATE call_attempts SET provider = 'simulator'; "
                           "RAISE EXCEPTION 'it was let'; EXCEPTION WHEN check_violation THEN END "
                           "$$"));
    become_test(s);
    free(testdb_sql(s->db, "DO $$ BEGIN UPDATE call_attempts SET provider = 'retell'; "
                           "RAISE EXCEPTION 'it was let'; EXCEPTION WHEN check_violation THEN END "
                           "$$"));
    free(testdb_sql(s->db, "DO $$ BEGIN UPDATE tenants SET test = false; "
                           "RAISE EXCEPTION 'it was let'; "
                           "EXCEPTION WHEN restrict_violation THEN END $$"));
}

static void a_test_tenants_key_says_so_and_opens_only_the_simulators_door(void **state)
{
    struct scene *s = *state;
    struct conf tests = *s->db->app.conf;
    const struct conf *real = s->db->app.conf;
    struct op op = testdb_op(s->db, s->tenant), at = testdb_op(s->db, 0);
    struct api_key live = {.name = "live"}, test = {.name = "test"};
    const char *live_secret, *test_secret;
    scope_set scopes;

    assert_ok(&op, api_key_create(&op, &live, &live_secret));
    struct tenant other;
    assert_ok(&at, tenant_create(&at, "sandbox", true, &other));
    op.tenant_id = other.id;
    assert_ok(&op, api_key_create(&op, &test, &test_secret));
    assert_memory_equal(live_secret, "aga_live_", 9);
    assert_memory_equal(test_secret, "aga_test_", 9);
    assert_fails(&at, E_PERMISSION_DENIED,
                 api_key_authenticate(&at, str_of(test_secret), NULL, &scopes));
    op_forgive(&at);
    assert_ok(&at, api_key_authenticate(&at, str_of(live_secret), NULL, &scopes));
    tests.provider = "simulator";
    s->db->app.conf = &tests;
    assert_ok(&at, api_key_authenticate(&at, str_of(test_secret), NULL, &scopes));
    assert_fails(&at, E_PERMISSION_DENIED,
                 api_key_authenticate(&at, str_of(live_secret), NULL, &scopes));
    s->db->app.conf = real;
    op_end(&op);
    op_end(&at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(a_test_tenants_calls_get_starts_from_the_simulators_dispatcher_only),
        SCENE(a_message_that_comes_to_the_wrong_worker_dials_nobody),
        SCENE(no_intent_of_a_test_tenant_is_a_real_providers),
        SCENE(a_test_tenants_key_says_so_and_opens_only_the_simulators_door),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

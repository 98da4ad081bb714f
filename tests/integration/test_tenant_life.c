/* test_tenant_life.c - a tenant stands still, goes on, and leaves with everything but its ledger.
 */

#include "common/call/tenant_life.h"

#include "common/call/dispatch.h"
#include "common/call/erasure.h"
#include "common/compliance/dnc.h"
#include "common/ledger/seal.h"
#include "common/store/db.h"
#include "common/store/pool.h"
#include "common/tenant/api_key.h"
#include "tests/support/scene.h"

static void suspend(struct scene *s, bool end_live_calls)
{
    struct op op = testdb_op(s->db, s->tenant);
    struct tenant t;

    assert_ok(&op, tenant_suspend(&op, "does not pay", end_live_calls, &t));
    assert_string_equal(t.status, "suspended");
    assert_string_equal(t.status_reason, "does not pay");
    assert_true(t.status_at.us > 0);
    op_end(&op);
}

static void resume(struct scene *s)
{
    struct op op = testdb_op(s->db, s->tenant);
    struct tenant t;

    assert_ok(&op, tenant_resume(&op, &t));
    assert_string_equal(t.status, "active");
    op_end(&op);
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

static void a_suspended_tenant_gets_no_starts_until_it_goes_on(void **state)
{
    struct scene *s = *state;

    scene_running(s, s->tenant, scene_draft(), 2);
    suspend(s, false);
    assert_int_equal(dispatch(s), 0);
    resume(s);
    assert_int_equal(dispatch(s), 2);
}

/* Queued before the word came: the claim reads it under the lock. */
static void a_claim_of_a_suspended_tenant_holds_its_row_back(void **state)
{
    struct scene *s = *state;
    int64_t row = scene_first_row(s, scene_running(s, s->tenant, scene_draft(), 1));
    struct op op = testdb_op(s->db, s->tenant);
    struct claim c;

    scene_give_start(row);
    suspend(s, false);
    assert_int_equal(scene_claim(&op, row, &c), CLAIM_LATER);
    op_end(&op);
    assert_says(s, "SELECT status = 'scheduled' AND reason = 'HALTED' FROM scheduled_calls");
    assert_says(s, "SELECT count(*) = 0 FROM call_attempts");
}

static void live_calls_are_ended_if_that_is_asked_for(void **state)
{
    struct scene *s = *state;
    int64_t row = scene_first_row(s, scene_running(s, s->tenant, scene_draft(), 1));

    scene_dial(s, s->tenant, row);
    suspend(s, false);
    assert_says(s, "SELECT NOT stop_wanted FROM call_attempts");
    suspend(s, true);
    assert_says(s, "SELECT stop_wanted FROM call_attempts");
}

static void another_tenant_is_not_touched(void **state)
{
    struct scene *s = *state;
    int64_t other = scene_stranger(s);

    scene_running(s, other, scene_draft(), 1);
    suspend(s, true);
    assert_int_equal(dispatch(s), 1);
}

static void a_suspended_tenants_keys_say_so_and_a_gone_ones_are_unknown(void **state)
{
    struct scene *s = *state;
    struct op op = testdb_op(s->db, s->tenant), who = testdb_op(s->db, 0);
    struct api_key key = {.name = "k"};
    scope_set scopes;
    const char *secret;

    assert_ok(&op, api_key_create(&op, &key, &secret));
    suspend(s, false);
    assert_fails(&who, E_TENANT_SUSPENDED,
                 api_key_authenticate(&who, str_of(secret), NULL, &scopes));
    assert_int_equal(who.tenant_id, 0);
    op_end(&who);
    who = testdb_op(s->db, 0);
    free(testdb_sql(s->db, "UPDATE tenants SET status = 'leaving'"));
    assert_fails(&who, E_UNAUTHENTICATED,
                 api_key_authenticate(&who, str_of(secret), NULL, &scopes));
    op_end(&who);
    op_end(&op);
}

static void nobody_listens(void)
{
}

static void no_campaign_of_a_suspended_tenant_is_turned_into_calls(void **state)
{
    struct scene *s = *state;
    int64_t campaign = scene_campaign(s, s->tenant, scene_draft());
    struct op op = testdb_op(s->db, s->tenant);

    scene_lead(s, s->tenant, campaign, ITALIAN);
    suspend(s, false);
    scene_start(s, s->tenant, campaign);
    assert_says(s, "SELECT count(*) = 0 FROM scheduled_calls");
    resume(s);
    assert_ok(&op, execution_generate(&op, campaign, nobody_listens));
    op_end(&op);
    assert_says(s, "SELECT count(*) = 1 FROM scheduled_calls");
}

static void only_a_suspended_tenant_can_leave(void **state)
{
    struct scene *s = *state;
    struct op op = testdb_op(s->db, s->tenant);
    struct tenant t;

    assert_fails(&op, E_INVALID_STATE, tenant_leave(&op, "contract over", &t));
    op_end(&op);
    op = testdb_op(s->db, s->tenant + 99);
    assert_fails(&op, E_RESOURCE_NOT_FOUND, tenant_suspend(&op, "who?", false, &t));
    op_end(&op);
    suspend(s, false);
    op = testdb_op(s->db, s->tenant);
    assert_ok(&op, tenant_leave(&op, "contract over", &t));
    assert_string_equal(t.status, "leaving");
    op_forgive(&op);
    assert_fails(&op, E_INVALID_STATE, tenant_resume(&op, &t));
    op_end(&op);
}

/* One worker's rounds, each in an op of its own, until there is nothing to do. */
static void let_it_leave(struct scene *s)
{
    for (int round = 0; round < 100; round++) {
        struct op op = testdb_op(s->db, 0);
        int looked, left;

        assert_ok(&op, erasures_go_on(&op, &looked));
        assert_ok(&op, tenants_leave_on(&op, &left));
        op_end(&op);
        if (scene_says(s, "SELECT status = 'gone' FROM tenants WHERE id = %lld",
                       (long long)s->tenant))
            return;
    }
    fail_msg("the tenant is still there");
}

/* Is this text in any column of any table? */
static void assert_nowhere(struct scene *s, const char *text)
{
    char *found = testdb_sql(
        s->db,
        "CREATE OR REPLACE FUNCTION pg_temp.seek(what TEXT) RETURNS TEXT LANGUAGE plpgsql AS $$"
        " DECLARE t TEXT; hit BOOLEAN; BEGIN FOR t IN SELECT tablename FROM pg_tables WHERE "
        "schemaname = 'public' LOOP EXECUTE format('SELECT EXISTS (SELECT 1 FROM %%I x WHERE "
        "x::text LIKE %%L)', t, '%%' || what || '%%') INTO hit; IF hit THEN RETURN t; END IF; END "
        "LOOP; RETURN NULL; END $$; SELECT pg_temp.seek('%s')",
        text);

    if (found)
        fail_msg("\"%s\" is still in %s", text, found);
}

static void leave(struct scene *s)
{
    struct op op = testdb_op(s->db, s->tenant);
    struct tenant t;

    suspend(s, true);
    assert_ok(&op, tenant_leave(&op, "contract over", &t));
    op_end(&op);
}

/* Who signs in there, in every way, and what they changed. */
static void add_people(struct scene *s)
{
    free(testdb_sql(
        s->db,
        "INSERT INTO users (tenant_id, email, name, role, password_hash) "
        "VALUES (%lld, 'canary@example.com', 'canary', 'admin', 'x');"
        "INSERT INTO one_time_links (tenant_id, purpose, token_sha256, email, user_id, expires_at) "
        "SELECT tenant_id, 'reset', sha256('a'), email, id, now() FROM users;"
        "INSERT INTO user_sessions (tenant_id, user_id, expires_at) "
        "SELECT tenant_id, id, now() FROM users;"
        "INSERT INTO refresh_tokens (tenant_id, session_id, token_sha256) "
        "SELECT tenant_id, id, sha256('b') FROM user_sessions;"
        "INSERT INTO user_identities (tenant_id, user_id, issuer, subject) "
        "SELECT tenant_id, id, 'https://issuer.example', 'canary' FROM users;"
        "INSERT INTO audit_events (tenant_id, who, action, subject, status, request_id, record, "
        "salt, personal) VALUES (%lld, 'user:1', 'PATCH', '/api', 200, 'r', '{}', "
        "repeat('0', 32), 'canary');"
        "INSERT INTO request_keys (tenant_id, principal, key, fingerprint, holder, locked_until, "
        "status, reply) VALUES (%lld, 'user:1', 'canary', repeat('0', 64), gen_random_uuid(), "
        "now(), 200, 'canary')",
        (long long)s->tenant, (long long)s->tenant, (long long)s->tenant));
}

static void a_tenant_that_left_is_nowhere_but_in_its_ledger(void **state)
{
    struct scene *s = *state;
    struct campaign c = scene_draft();
    struct op op = testdb_op(s->db, s->tenant);
    struct dnc_entry entry = {.e164 = "+393499999991"};
    struct api_key key = {.name = "canary"};
    const char *secret;

    c.name = "canary campaign";
    int64_t row = scene_first_row(s, scene_running(s, s->tenant, c, 5));
    scene_lead(s, s->tenant, 0, "+393499999992");
    scene_give_start(row);
    assert_ok(&op, dnc_add(&op, &entry));
    op_end(&op);
    op = testdb_op(s->db, s->tenant);
    struct claim claim;
    assert_int_equal(scene_claim(&op, row, &claim), CLAIM_INTENT);
    free(testdb_sql(s->db, "UPDATE call_attempts SET state = 'ended', look_at = NULL;"
                           "UPDATE scheduled_calls SET status = 'done' WHERE status = "
                           "'processing'; UPDATE leads SET name = 'canary', company = 'canary'"));
    assert_ok(&op, api_key_create(&op, &key, &secret));
    add_people(s);
    op_end(&op);
    int64_t checks = testdb_number(s->db, "SELECT count(*) FROM compliance_checks");
    leave(s);
    let_it_leave(s);
    assert_nowhere(s, "canary");
    assert_nowhere(s, "+39349");
    assert_int_equal(testdb_number(s->db, "SELECT count(*) FROM compliance_checks WHERE record IS "
                                          "NOT NULL"),
                     checks);
    assert_true(checks > 0);
    assert_says(s, "SELECT count(*) = 0 FROM api_keys WHERE tenant_id = %lld",
                (long long)s->tenant);
}

/* It goes on wherever a worker stopped, and two workers are as good as one. */
static void who_waits_for_a_call_to_end_is_waited_for(void **state)
{
    struct scene *s = *state;
    int64_t row = scene_first_row(s, scene_running(s, s->tenant, scene_draft(), 2));
    struct op op = testdb_op(s->db, 0);
    int looked;

    scene_dial(s, s->tenant, row);
    leave(s);
    for (int i = 0; i < 5; i++)
        assert_ok(&op, tenants_leave_on(&op, &looked));
    op_end(&op);
    assert_says(s, "SELECT status = 'leaving' FROM tenants WHERE id = %lld", (long long)s->tenant);
    assert_says(s, "SELECT count(*) = 1 FROM erasures WHERE status = 'waiting'");
    assert_says(s, "SELECT count(*) = 2 FROM erasures");
    free(testdb_sql(s->db, "UPDATE call_attempts SET state = 'ended', look_at = NULL;"
                           "UPDATE scheduled_calls SET status = 'done' WHERE status = "
                           "'processing'; UPDATE erasures SET look_at = now()"));
    let_it_leave(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(a_suspended_tenant_gets_no_starts_until_it_goes_on),
        SCENE(a_claim_of_a_suspended_tenant_holds_its_row_back),
        SCENE(live_calls_are_ended_if_that_is_asked_for),
        SCENE(another_tenant_is_not_touched),
        SCENE(a_suspended_tenants_keys_say_so_and_a_gone_ones_are_unknown),
        SCENE(no_campaign_of_a_suspended_tenant_is_turned_into_calls),
        SCENE(only_a_suspended_tenant_can_leave),
        SCENE(a_tenant_that_left_is_nowhere_but_in_its_ledger),
        SCENE(who_waits_for_a_call_to_end_is_waited_for),
    };
    return cmocka_run_group_tests_name("tenant life", tests, NULL, NULL);
}

/*
 * test_workspaces.c - a tenant with a key of its own is called for there, asked for there and told
 * of from there; what goes wrong there is its own trouble.  (S110, S112)
 */

#include "common/call/crosscheck.h"
#include "common/call/dispatch.h"
#include "common/call/erasure.h"
#include "common/call/events.h"
#include "common/call/gauge.h"
#include "common/call/reconcile.h"
#include "common/tenant/workspace.h"
#include "tests/support/scene.h"

#define OWN "00000000000000aa"
#define OTHER "00000000000000bb"

/* The fake does not open it. */
static void entrust(struct scene *s, int64_t tenant, const char *account)
{
    free(testdb_sql(
        s->db,
        "UPDATE tenant_secrets SET retired_at = now() WHERE tenant_id = %lld; "
        "INSERT INTO tenant_secrets (tenant_id, name, account, key_id, nonce, box, last_four) "
        "VALUES (%lld, 'retell', '%s', 'k', decode(repeat('00', 24), 'hex'), "
        "decode(repeat('00', 40), 'hex'), 'abcd')",
        (long long)tenant, (long long)tenant, account));
}

static void reconcile(struct scene *s)
{
    struct op op = testdb_op(s->db, 0);
    int looked;

    free(testdb_sql(s->db, "UPDATE call_attempts SET look_at = now() WHERE look_at IS NOT NULL"));
    assert_ok(&op, reconcile_due(&op, &looked));
    op_end(&op);
}

static int64_t unanswered(struct scene *s)
{
    int64_t row = scene_row(s, ITALIAN);

    fake_answer(s->provider, (struct dial_answer){.result = DIAL_UNKNOWN, .message = "timeout"});
    scene_dial(s, s->tenant, row);
    return row;
}

/* The workspace has the call of the only attempt. */
static void place(struct scene *s, const char *account, const char *id, const char *status)
{
    static char metadata[FAKE_SCRIPT][100];
    char *attempt = testdb_sql(s->db, "SELECT id FROM call_attempts");
    int n = s->provider->n_calls;

    snprintf(metadata[n], sizeof(metadata[n]), "{\"aga_attempt\":\"%s\"}", attempt);
    free(attempt);
    fake_call(s->provider, (struct provider_call){.provider_call_id = id,
                                                  .status = status,
                                                  .account = account,
                                                  .metadata = {metadata[n]},
                                                  .cost_cents = -1});
}

static void a_call_is_asked_for_in_the_tenants_own_workspace_and_remembers_it(void **state)
{
    struct scene *s = *state;
    int64_t stranger = scene_stranger(s);

    entrust(s, stranger, OTHER);
    scene_dial(s, s->tenant, scene_row(s, ITALIAN));
    assert_string_equal(s->provider->asked, ""); /* the deployment's */
    entrust(s, s->tenant, OWN);
    scene_dial(s, s->tenant, scene_row(s, "+393497654321"));
    assert_string_equal(s->provider->asked, OWN " " OWN); /* for the agent, and the call */
    assert_says(s, "(SELECT string_agg(coalesce(account, '-'), ' ' ORDER BY created_at) "
                   "FROM call_attempts) = '- " OWN "'");
}

static void what_was_asked_for_in_one_workspace_is_looked_for_there(void **state)
{
    struct scene *s = *state;

    entrust(s, s->tenant, OWN);
    unanswered(s);
    entrust(s, s->tenant, OTHER); /* since then it has moved */
    place(s, OWN, "found", "registered");
    *s->provider->asked = '\0';
    reconcile(s);
    assert_string_equal(s->provider->asked, OWN " " OWN); /* a listing, and the call */
    assert_says(s, "(SELECT state = 'accepted' AND provider_call_id = 'found' FROM call_attempts)");
}

/* Nor does it say anything when the key is no more here: it was sent, and is not sent again. */
static void absence_from_another_workspace_proves_nothing(void **state)
{
    struct scene *s = *state;

    entrust(s, s->tenant, OWN);
    unanswered(s);
    free(testdb_sql(s->db, "DELETE FROM tenant_secrets; UPDATE call_attempts SET "
                           "dial_deadline = now() - interval '1 day'"));
    for (int i = 0; i < 8; i++)
        reconcile(s);
    assert_says(s, "(SELECT state = 'unknown' AND absent_listings = 0 FROM call_attempts)");
    assert_int_equal(s->provider->finds, 0);
    entrust(s, s->tenant, OWN);
    for (int i = 0; i < 8; i++)
        reconcile(s);
    assert_says(s, "(SELECT state = 'refuted' FROM call_attempts)");
}

/* A call that carries our mark, in a workspace that was never asked for it. */
static void a_workspace_says_nothing_of_calls_that_were_asked_for_elsewhere(void **state)
{
    struct scene *s = *state;
    struct op op = testdb_op(s->db, 0);
    struct differences d;
    int64_t stranger = scene_stranger(s);

    scene_dial(s, s->tenant, scene_row(s, ITALIAN));
    entrust(s, stranger, OTHER);
    place(s, OTHER, "forged", "ended");
    s->provider->calls[0].started_at.us = testdb_number(
        s->db, "SELECT (extract(epoch FROM now() - interval '1 hour') * 1000000)::bigint");
    assert_ok(&op, crosscheck(&op, 24, &d));
    assert_int_equal(d.placed_twice, 0);
    assert_says(s, "NOT EXISTS (SELECT 1 FROM stray_calls)");
    assert_says(s,
                "(SELECT state = 'accepted' AND provider_call_id = 'fake_1' FROM call_attempts)");
    op_end(&op);
}

static void store_and_apply(struct scene *s, int64_t tenant, const char *account, const char *call)
{
    struct op op = testdb_op(s->db, tenant);
    char *attempt = testdb_sql(s->db, "SELECT id FROM call_attempts");
    char body[512];
    bool stored;

    snprintf(body, sizeof(body),
             "{\"event\":\"call_ended\",\"call\":{\"call_id\":\"%s\",\"call_status\":\"error\","
             "\"metadata\":{\"aga_attempt\":\"%s\",\"n\":\"%lld%s\"}}}",
             call, attempt, (long long)tenant, account ? account : "");
    free(attempt);
    assert_ok(&op, webhook_store(&op, account, str_of(body), &stored));
    assert_true(stored);
    op.tenant_id = 0;
    assert_ok(&op, webhooks_apply(&op, call));
    op_end(&op);
}

/* S112: whoever it is, in whatever way they come by the ids. */
static void an_event_changes_only_calls_of_the_workspace_that_signed_it(void **state)
{
    struct scene *s = *state;
    int64_t stranger = scene_stranger(s);

    entrust(s, s->tenant, OWN);
    scene_dial(s, s->tenant, scene_row(s, ITALIAN));
    store_and_apply(s, stranger, OTHER, "fake_1");
    store_and_apply(s, stranger, OWN, "fake_1"); /* the same name, of another tenant */
    store_and_apply(s, s->tenant, OTHER, "fake_1");
    store_and_apply(s, 0, NULL, "fake_1");
    assert_says(s, "(SELECT state = 'accepted' FROM call_attempts)");
    /* They are dealt with, and not in the way of others. */
    assert_says(s, "(SELECT count(*) FROM webhook_inbox WHERE result = 'refused') = 3");
    store_and_apply(s, s->tenant, OWN, "fake_1");
    assert_says(s, "(SELECT state = 'error' FROM call_attempts)");
}

/* No money, no credentials, too much at once: the others go on. */
static void what_is_wrong_with_a_workspace_stops_its_tenant_only(void **state)
{
    static const enum dial_refusal refusals[] = {REFUSAL_CREDENTIALS, REFUSAL_UNPAID, REFUSAL_BUSY};
    struct scene *s = *state;
    struct op op = testdb_op(s->db, 0);
    int64_t campaign = scene_running(s, s->tenant, scene_draft(), 3);
    int64_t row = scene_first_row(s, campaign);

    entrust(s, s->tenant, OWN);
    for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
        free(testdb_sql(s->db, "DELETE FROM halts"));
        fake_answer(s->provider,
                    (struct dial_answer){.result = DIAL_REJECTED, .refusal = refusals[i]});
        scene_dial(s, s->tenant, row + (int64_t)i);
        assert_says(s, "(SELECT string_agg(tenant_id || ' ' || scope, ',') FROM halts) = "
                       "'1 provider'");
        assert_says(s, "(SELECT slow_per_second IS NULL FROM provider_limits)");
    }
    free(testdb_sql(s->db, "UPDATE halts SET probe_at = now()"));
    *s->provider->asked = '\0';
    s->provider->fails_with = E_PROVIDER_ERROR;
    assert_ok(&op, gauge_probe(&op));
    assert_says(s, "EXISTS (SELECT 1 FROM halts WHERE lifted_at IS NULL)");
    free(testdb_sql(s->db, "UPDATE halts SET probe_at = now()"));
    s->provider->fails_with = E_NONE;
    assert_ok(&op, gauge_probe(&op));
    assert_string_equal(s->provider->asked, OWN " " OWN);
    assert_says(s, "NOT EXISTS (SELECT 1 FROM halts WHERE lifted_at IS NULL)");
    op_end(&op);
}

static void a_halt_of_one_tenants_workspace_gives_the_others_their_starts(void **state)
{
    struct scene *s = *state;
    int64_t stranger = scene_stranger(s), queued;
    struct op op = testdb_op(s->db, 0);
    int sleep_ms;

    scene_running(s, s->tenant, scene_draft(), 1);
    scene_running(s, stranger, scene_draft(), 1);
    free(testdb_sql(s->db,
                    "INSERT INTO halts (tenant_id, scope, key, cause, reason) VALUES (%lld, "
                    "'provider', (SELECT provider FROM provider_limits), 'breaker', 'a test')",
                    (long long)s->tenant));
    assert_ok(&op, dispatch_due(&op, &queued, &sleep_ms));
    assert_says(s,
                "(SELECT string_agg(tenant_id::text, ',') FROM scheduled_calls "
                "WHERE status = 'queued') = '%lld'",
                (long long)stranger);
    op_end(&op);
}

static void a_copy_is_deleted_where_it_is(void **state)
{
    struct scene *s = *state;
    struct op op = testdb_op(s->db, 0);
    int looked;

    entrust(s, s->tenant, OWN);
    scene_dial(s, s->tenant, scene_row(s, ITALIAN));
    *s->provider->asked = '\0';
    free(testdb_sql(s->db, "INSERT INTO erasure_copies (provider, provider_call_id, tenant_id, "
                           "account) SELECT provider, provider_call_id, tenant_id, account FROM "
                           "call_attempts"));
    assert_ok(&op, erasures_go_on(&op, &looked));
    assert_string_equal(s->provider->asked, OWN);
    assert_says(s, "(SELECT deleted_at IS NOT NULL FROM erasure_copies)");
    op_end(&op);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(a_call_is_asked_for_in_the_tenants_own_workspace_and_remembers_it),
        SCENE(what_was_asked_for_in_one_workspace_is_looked_for_there),
        SCENE(absence_from_another_workspace_proves_nothing),
        SCENE(a_workspace_says_nothing_of_calls_that_were_asked_for_elsewhere),
        SCENE(an_event_changes_only_calls_of_the_workspace_that_signed_it),
        SCENE(what_is_wrong_with_a_workspace_stops_its_tenant_only),
        SCENE(a_halt_of_one_tenants_workspace_gives_the_others_their_starts),
        SCENE(a_copy_is_deleted_where_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

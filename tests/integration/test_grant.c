/* test_grant.c - an override loosens by the platform's word only: the ticket, the tenant, the
 * country, the time. */

#include "common/compliance/grant.h"

#include "common/base/clock.h"
#include "common/compliance/compliance.h"
#include "common/store/db.h"
#include "tests/support/scene.h"

#define HOUR_US (3600LL * 1000000)

/* Germany sleeps now; its hours may be loosened in this test. */
static void germany_may_be_woken(struct scene *s)
{
    free(testdb_sql(s->db, "UPDATE platform_country_rules SET extended = extended ||"
                           " '{\"loosenable_fields\": [\"quiet_hours_enabled\"]}'"
                           " WHERE country_iso = 'DE'"));
}

static const char *override_until(struct op *op, const char *ticket, int64_t us)
{
    return arena_printf(&op->arena,
                        "{\"DE\":{\"quiet_hours_enabled\":false,\"_loosen\":{\"granted_by\":\"C\","
                        "\"reason\":\"a test of hours\",\"ticket\":\"%s\",\"expires_at\":\"%s\"}}}",
                        ticket, tstamp_format(&op->arena, (struct tstamp){us}));
}

static void give(struct scene *s, int64_t tenant, const char *ticket, const char *country)
{
    struct op op = testdb_op(s->db, tenant);
    struct loosening_grant g = {.ticket = ticket,
                                .country_iso = country,
                                .granted_by = "compliance officer",
                                .reason = "a test of hours",
                                .expires_at = {clock_now_us() + HOUR_US}};

    assert_ok(&op, grant_give(&op, &g));
    op_end(&op);
}

/* What a campaign of the tenant may do in Germany with that override. */
static struct compliance_verdict decide(struct scene *s, int64_t tenant, const char *ticket,
                                        int64_t lasts_us)
{
    struct op op = testdb_op(s->db, tenant);
    struct lead lead = {.country_iso = "DE", .consent_status = CONSENT_GRANTED};
    struct compliance_question q = {
        .to_number = GERMAN, .at = {clock_now_us()}, .lead = &lead, .campaign.id = 1};
    struct compliance_answer a;

    q.campaign.columns.timezone = "UTC";
    q.campaign.columns.country_rules_override.text =
        override_until(&op, ticket, q.at.us + lasts_us);
    assert_ok(&op, compliance_ask(&op, &q, &a));
    op_end(&op);
    return a.verdict;
}

static bool loosened(const struct compliance_verdict *v)
{
    bool used = v->warnings & (UINT64_C(1) << CW_OVERRIDE_LOOSENED);

    assert_int_equal(used, !(v->codes & CODE_BIT(CC_QUIET_HOURS)));
    return used;
}

static void only_the_grant_that_is_named_is_honoured(void **state)
{
    struct scene *s = *state;
    int64_t stranger = scene_stranger(s);
    struct compliance_verdict v;

    germany_may_be_woken(s);
    v = decide(s, s->tenant, "T-1", HOUR_US / 2);
    assert_false(loosened(&v));
    give(s, s->tenant, "T-1", "DE");
    give(s, s->tenant, "T-2", "FR");
    v = decide(s, s->tenant, "T-1", HOUR_US / 2);
    assert_true(loosened(&v));
    v = decide(s, s->tenant, "T-2", HOUR_US / 2); /* another country's */
    assert_false(loosened(&v));
    v = decide(s, s->tenant, "T-", HOUR_US / 2);
    assert_false(loosened(&v));
    v = decide(s, s->tenant, "T-1", 2 * HOUR_US); /* for longer than was granted */
    assert_false(loosened(&v));
    v = decide(s, stranger, "T-1", HOUR_US / 2); /* another tenant's */
    assert_false(loosened(&v));
}

static void a_revoked_grant_ends_at_the_next_decision(void **state)
{
    struct scene *s = *state;
    struct op op = testdb_op(s->db, s->tenant);
    struct loosening_grant g;
    struct compliance_verdict v;

    germany_may_be_woken(s);
    give(s, s->tenant, "T-1", "DE");
    assert_ok(&op, grant_revoke(&op, "T-1", &g));
    assert_true(g.revoked_at.us > 0);
    v = decide(s, s->tenant, "T-1", HOUR_US / 2);
    assert_false(loosened(&v));
    assert_fails(&op, E_RESOURCE_NOT_FOUND, grant_revoke(&op, "T-9", &g));
    op_end(&op);
}

static void what_the_rule_does_not_let_be_loosened_no_grant_loosens(void **state)
{
    struct scene *s = *state;
    struct compliance_verdict v;

    give(s, s->tenant, "T-1", "DE");
    v = decide(s, s->tenant, "T-1", HOUR_US / 2);
    assert_false(loosened(&v));
}

static void a_campaign_with_the_grant_can_be_saved_and_its_calls_say_so(void **state)
{
    struct scene *s = *state;
    struct op op = testdb_op(s->db, s->tenant);
    struct campaign c = scene_draft();
    struct claim claim;

    germany_may_be_woken(s);
    c.country_rules_override.text = override_until(&op, "T-1", clock_now_us() + HOUR_US / 2);
    assert_fails(&op, E_VALIDATION_ERROR, campaign_create(&op, &c));
    op_forgive(&op);
    give(s, s->tenant, "T-1", "DE");
    c.country_rules_override.text = override_until(&op, "T-1", clock_now_us() + HOUR_US / 2);
    int64_t id = scene_campaign(s, s->tenant, c);
    scene_lead(s, s->tenant, id, GERMAN);
    scene_start(s, s->tenant, id);
    assert_int_equal(scene_claim(&op, scene_first_row(s, id), &claim), CLAIM_INTENT);
    assert_says(s,
                "(SELECT 'OVERRIDE_LOOSENED' = ANY (warnings) FROM compliance_checks ORDER BY id "
                "DESC LIMIT 1)");
    op_end(&op);
}

static void a_grant_says_who_why_and_until_when(void **state)
{
    struct scene *s = *state;
    struct op op = testdb_op(s->db, s->tenant);
    struct loosening_grant g = {.ticket = "no blanks", .country_iso = "de", .reason = "short"};

    assert_fails(&op, E_VALIDATION_ERROR, grant_give(&op, &g));
    for (const char *const *name = (const char *const[]){"ticket", "country_iso", "granted_by",
                                                         "reason", "expires_at", NULL};
         *name; name++) {
        const struct detail *d = op.err.details;
        while (d && strcmp(d->key, *name) != 0)
            d = d->next;
        if (!d)
            fail_msg("no complaint about %s", *name);
    }
    op_end(&op);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(only_the_grant_that_is_named_is_honoured),
        SCENE(a_revoked_grant_ends_at_the_next_decision),
        SCENE(what_the_rule_does_not_let_be_loosened_no_grant_loosens),
        SCENE(a_campaign_with_the_grant_can_be_saved_and_its_calls_say_so),
        SCENE(a_grant_says_who_why_and_until_when),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_halt.c - what stands still, for whom, and what is awaited before it is said so. */

#include "common/call/halt.h"

#include "common/base/clock.h"
#include "common/call/gauge.h"
#include "common/provider/limits.h"
#include "common/tenant/limits.h"
#include "tests/support/scene.h"

#include <pthread.h>

/* By the platform's operator when it is for everybody, else by the tenant. */
static bool set(struct op *op, enum dialling_scope scope, const char *key, struct halt *out)
{
    *out = (struct halt){.scope = scope,
                         .key = key,
                         .cause = HALT_OPERATOR,
                         .set_by = op->tenant_id ? HALT_BY_TENANT : HALT_BY_PLATFORM,
                         .reason = "test"};
    return halt_set(op, out);
}

static struct halt halted(struct scene *s, int64_t tenant, enum dialling_scope scope,
                          const char *key)
{
    struct op op = testdb_op(s->db, tenant);
    struct halt h;

    assert_ok(&op, set(&op, scope, key, &h));
    h.key = NULL; /* it goes with op */
    op_end(&op);
    return h;
}

static void lift(struct scene *s, int64_t tenant, int64_t id)
{
    struct op op = testdb_op(s->db, tenant);
    struct halt h;

    assert_ok(&op, halt_lift(&op, id, &h));
    assert_true(h.lifted_at.us > 0);
    op_end(&op);
}

static enum claim_fate claimed(struct scene *s, int64_t tenant, int64_t row)
{
    struct op op = testdb_op(s->db, tenant);
    struct claim c;

    free(testdb_sql(s->db, "UPDATE scheduled_calls SET scheduled_at = now() WHERE id = %lld",
                    (long long)row));
    enum claim_fate fate = scene_claim(&op, row, &c);
    op_end(&op);
    return fate;
}

static const char *campaign_key(char key[24], int64_t id)
{
    snprintf(key, 24, "%lld", (long long)id);
    return key;
}

static void a_halt_set_twice_is_one(void **state)
{
    struct scene *s = *state;
    struct halt first = halted(s, s->tenant, DIALLING_TENANT, NULL);

    assert_int_equal(halted(s, s->tenant, DIALLING_TENANT, NULL).id, first.id);
    lift(s, s->tenant, first.id);
    struct halt second = halted(s, s->tenant, DIALLING_TENANT, NULL);
    assert_true(second.id > first.id);
    assert_says(s, "(SELECT count(*) FROM halts) = 2");
}

static void every_scope_holds_its_rows_and_only_those_until_it_is_lifted(void **state)
{
    struct scene *s = *state;
    int64_t stranger = scene_stranger(s);
    int64_t id = scene_running(s, s->tenant, scene_draft(), 1), row = scene_first_row(s, id);
    int64_t other = scene_running(s, s->tenant, scene_draft(), 8),
            free_row = scene_first_row(s, other);
    int64_t theirs = scene_running(s, stranger, scene_draft(), 8),
            their_row = scene_first_row(s, theirs);
    char key[24];
    const struct {
        int64_t tenant;
        enum dialling_scope scope;
        const char *key;
        bool other, stranger; /* held too */
    } cases[] = {
        {s->tenant, DIALLING_CAMPAIGN, campaign_key(key, id), false, false},
        {s->tenant, DIALLING_TENANT, NULL, true, false},
        {s->tenant, DIALLING_COUNTRY, "IT", true, false},
        {s->tenant, DIALLING_COUNTRY, "DE", false, false},
        {s->tenant, DIALLING_FROM_NUMBER, FAKE_NUMBER, true, false},
        {0, DIALLING_PLATFORM, NULL, true, true},
        {0, DIALLING_COUNTRY, "IT", true, true},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++, free_row++, their_row++) {
        bool mine = strcmp(cases[i].key ? cases[i].key : "", "DE") != 0;
        free(testdb_sql(s->db, "UPDATE call_attempts SET state = 'ended'"));
        struct halt h = halted(s, cases[i].tenant, cases[i].scope, cases[i].key);
        if (mine) {
            assert_int_equal(claimed(s, s->tenant, row), CLAIM_LATER);
            assert_says(s,
                        "(SELECT status = 'scheduled' AND reason = 'HALTED' FROM scheduled_calls "
                        "WHERE id = %lld)",
                        (long long)row);
        }
        assert_int_equal(claimed(s, s->tenant, free_row),
                         cases[i].other ? CLAIM_LATER : CLAIM_INTENT);
        assert_int_equal(claimed(s, stranger, their_row),
                         cases[i].stranger ? CLAIM_LATER : CLAIM_INTENT);
        lift(s, cases[i].tenant, h.id);
    }
    assert_int_equal(claimed(s, s->tenant, row), CLAIM_INTENT);
    assert_says(
        s, "NOT EXISTS (SELECT 1 FROM scheduled_calls WHERE status IN ('canceled', 'failed'))");
}

/* A territory has no rules of its own, and claims ask by those. */
static void a_territory_is_halted_with_the_country_whose_rules_it_has(void **state)
{
    struct scene *s = *state;

    halted(s, s->tenant, DIALLING_COUNTRY, "VA");
    assert_says(s, "(SELECT key = 'IT' FROM halts)");
}

static void breaker_of(struct scene *s, const char *number)
{
    free(testdb_sql(s->db,
                    "INSERT INTO halts (tenant_id, scope, key, cause, reason, probe_at) VALUES "
                    "(%lld, 'from_number', '%s', 'breaker', 'b', now() + interval '1 hour')",
                    (long long)s->tenant, number));
}

static void assert_standing(struct scene *s, const char *causes)
{
    char *got = testdb_sql(s->db, "SELECT string_agg(cause, ' ' ORDER BY cause) FROM halts "
                                  "WHERE lifted_at IS NULL");
    assert_string_equal(got, causes);
    free(got);
}

static void an_operators_word_and_a_breakers_stand_side_by_side(void **state)
{
    struct scene *s = *state;
    struct op op = testdb_op(s->db, 0);

    breaker_of(s, FAKE_NUMBER);
    struct halt word = halted(s, s->tenant, DIALLING_FROM_NUMBER, FAKE_NUMBER);
    assert_standing(s, "breaker operator");
    free(testdb_sql(s->db, "UPDATE halts SET probe_at = now() WHERE cause = 'breaker'"));
    assert_ok(&op, gauge_probe(&op)); /* the breaker's is lifted by itself */
    assert_standing(s, "operator");
    breaker_of(s, FAKE_NUMBER);
    lift(s, s->tenant, word.id);
    assert_standing(s, "breaker");
    op_end(&op);
}

static void assert_may_not_lift(struct scene *s, int64_t tenant, int64_t id, enum err_code code)
{
    struct op op = testdb_op(s->db, tenant);
    struct halt h;

    assert_fails(&op, code, halt_lift(&op, id, &h));
    assert_non_null(op.err.message);
    op_end(&op);
    assert_says(s, "(SELECT lifted_at IS NULL FROM halts WHERE id = %lld)", (long long)id);
}

static void a_tenant_cannot_lift_what_the_platforms_operator_set_for_it(void **state)
{
    struct scene *s = *state;
    struct op op = testdb_op(s->db, s->tenant);
    struct halt theirs = {
        .scope = DIALLING_TENANT, .set_by = HALT_BY_PLATFORM, .reason = "unpaid bills"};
    struct halt own;

    assert_ok(&op, halt_set(&op, &theirs));
    assert_ok(&op, set(&op, DIALLING_TENANT, NULL, &own));
    assert_int_not_equal(own.id, theirs.id);
    assert_may_not_lift(s, s->tenant, theirs.id, E_PERMISSION_DENIED);
    lift(s, s->tenant, own.id);
    assert_says(s, "(SELECT lifted_at IS NULL FROM halts WHERE id = %lld)", (long long)theirs.id);
    lift(s, 0, theirs.id);
    op_end(&op);
}

static void nobody_lifts_the_halt_of_a_failover_by_hand(void **state)
{
    struct scene *s = *state;

    free(testdb_sql(s->db, "INSERT INTO halts (scope, cause, reason) VALUES ('platform', "
                           "'failover', 'f')"));
    int64_t id = testdb_number(s->db, "SELECT id FROM halts");
    assert_may_not_lift(s, s->tenant, id, E_PERMISSION_DENIED);
    assert_may_not_lift(s, 0, id, E_INVALID_STATE);
}

static void what_is_wrong_with_a_halt_is_named(void **state)
{
    struct scene *s = *state;
    struct op op = testdb_op(s->db, s->tenant);
    struct halt h;

    assert_fails(&op, E_VALIDATION_ERROR, set(&op, DIALLING_COUNTRY, "ZZ", &h));
    assert_string_equal(op.err.details->key, "country_iso");
    op_forgive(&op);
    assert_fails(&op, E_CAMPAIGN_NOT_FOUND, set(&op, DIALLING_CAMPAIGN, "4711", &h));
    op_forgive(&op);
    h = (struct halt){.scope = DIALLING_TENANT, .reason = ""};
    assert_fails(&op, E_VALIDATION_ERROR, halt_set(&op, &h));
    assert_string_equal(op.err.details->key, "reason");
    op_end(&op);
    assert_says(s, "NOT EXISTS (SELECT 1 FROM halts)");
}

static void a_tenant_sees_its_own_halts_and_everybodys_and_lifts_its_own_only(void **state)
{
    struct scene *s = *state;
    int64_t stranger = scene_stranger(s), total;
    struct halt own = halted(s, s->tenant, DIALLING_TENANT, NULL);
    const int64_t foreign[] = {halted(s, stranger, DIALLING_TENANT, NULL).id, 4711};
    int64_t everybodys = halted(s, 0, DIALLING_PLATFORM, NULL).id;
    struct op op = testdb_op(s->db, s->tenant);
    struct halt_query q = {.limit = 10}, standing = {.standing = {true, true}, .limit = 10};
    struct halt h, *all;
    int n;

    for (size_t i = 0; i < ARRAY_LEN(foreign); i++) {
        assert_fails(&op, E_HALT_NOT_FOUND, halt_lift(&op, foreign[i], &h));
        op_forgive(&op);
    }
    assert_may_not_lift(s, s->tenant, everybodys, E_PERMISSION_DENIED);
    assert_says(s, "NOT EXISTS (SELECT 1 FROM halts WHERE lifted_at IS NOT NULL)");
    assert_ok(&op, halt_list(&op, &standing, &all, &n, &total));
    assert_int_equal(n, 2); /* not the stranger's */
    assert_int_equal(all[0].id, everybodys);
    assert_int_equal(all[1].id, own.id);
    lift(s, s->tenant, own.id);
    lift(s, s->tenant, own.id); /* again: it stays lifted */
    assert_ok(&op, halt_list(&op, &standing, &all, &n, &total));
    assert_int_equal(total, 1);
    assert_int_equal(all[0].id, everybodys);
    assert_ok(&op, halt_list(&op, &q, &all, &n, &total));
    assert_int_equal(total, 2);
    op_end(&op);
}

/* A campaign with one intent that may be sent for `seconds` more. */
static int64_t leaving_intent(struct scene *s, int64_t tenant, double seconds)
{
    int64_t id = scene_running(s, tenant, scene_draft(), 1);

    assert_int_equal(claimed(s, tenant, scene_first_row(s, id)), CLAIM_INTENT);
    free(testdb_sql(s->db,
                    "UPDATE call_attempts SET dial_deadline = clock_timestamp() + "
                    "make_interval(secs => %f) WHERE campaign_id = %lld",
                    seconds, (long long)id));
    return id;
}

static int64_t ms_to_halt(struct scene *s, int64_t tenant, enum dialling_scope scope,
                          const char *key)
{
    int64_t start_us = clock_mono_us();

    lift(s, tenant, halted(s, tenant, scope, key).id);
    return (clock_mono_us() - start_us) / 1000;
}

static void a_halt_waits_for_what_was_claimed_in_its_scope_and_for_nothing_else(void **state)
{
    struct scene *s = *state;
    int64_t stranger = scene_stranger(s);
    int64_t quiet = scene_running(s, s->tenant, scene_draft(), 1);
    int64_t busy = leaving_intent(s, s->tenant, 3600);
    char key[24];

    assert_true(ms_to_halt(s, s->tenant, DIALLING_CAMPAIGN, campaign_key(key, quiet)) < 900);
    assert_true(ms_to_halt(s, s->tenant, DIALLING_COUNTRY, "DE") < 900);
    assert_true(ms_to_halt(s, stranger, DIALLING_TENANT, NULL) < 900);
    free(testdb_sql(s->db, "UPDATE call_attempts SET dial_deadline = clock_timestamp()"));
    assert_true(ms_to_halt(s, s->tenant, DIALLING_CAMPAIGN, campaign_key(key, busy)) >= 950);
    static const struct {
        enum dialling_scope scope;
        const char *key;
        bool platform;
    } cases[] = {{DIALLING_TENANT, NULL, false},
                 {DIALLING_COUNTRY, "IT", false},
                 {DIALLING_AGENT, FAKE_AGENT, false},
                 {DIALLING_PLATFORM, NULL, true}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        free(testdb_sql(s->db, "UPDATE call_attempts SET dial_deadline = clock_timestamp() - "
                               "interval '700 ms'"));
        assert_true(ms_to_halt(s, cases[i].platform ? 0 : s->tenant, cases[i].scope, cases[i].key)
                    >= 250);
    }
}

static void *answer_soon(void *arg)
{
    struct scene *s = arg;
    const struct timespec while_it_waits = {.tv_nsec = 300 * 1000000};

    nanosleep(&while_it_waits, NULL);
    free(testdb_sql(s->db, "UPDATE call_attempts SET state = 'accepted'"));
    return NULL;
}

static void an_answer_ends_the_wait_of_pause_and_stop(void **state)
{
    struct scene *s = *state;
    int64_t id = leaving_intent(s, s->tenant, 3600);
    struct op op = testdb_op(s->db, s->tenant);
    struct campaign c;
    pthread_t thread;

    int64_t start_us = clock_mono_us();
    assert_int_equal(pthread_create(&thread, NULL, answer_soon, s), 0);
    assert_ok(&op, campaign_pause(&op, id, &c));
    pthread_join(thread, NULL);
    assert_true(clock_mono_us() - start_us >= 290000);
    free(testdb_sql(s->db, "UPDATE call_attempts SET state = 'intent'"));
    start_us = clock_mono_us();
    assert_int_equal(pthread_create(&thread, NULL, answer_soon, s), 0);
    assert_ok(&op, campaign_stop(&op, id, &(struct campaign_stop){0}, &c));
    pthread_join(thread, NULL);
    assert_true(clock_mono_us() - start_us >= 290000);
    op_end(&op);
}

static void a_wait_cut_short_fails_and_the_halt_stands(void **state)
{
    struct scene *s = *state;
    struct op op = testdb_op(s->db, s->tenant);
    struct halt h;

    leaving_intent(s, s->tenant, 3600);
    op.deadline_us = clock_mono_us() + 300000;
    assert_fails(&op, E_SERVICE_UNAVAILABLE, set(&op, DIALLING_TENANT, NULL, &h));
    op_end(&op);
    assert_says(s, "(SELECT lifted_at IS NULL FROM halts)");
}

/* Claims and dials until told to stop: ever the next row. */
struct flood {
    struct scene *s;
    int64_t first;
    _Atomic int next, dialled, held;
    _Atomic bool over;
};

static void *dial_on_and_on(void *arg)
{
    struct flood *f = arg;

    while (!f->over) {
        struct op op = testdb_op(f->s->db, f->s->tenant);
        struct claim c;
        if (!scheduled_call_claim(&op, f->first + f->next++, &c)
            || (c.fate == CLAIM_INTENT && !call_dial(&op, &c)))
            abort();
        f->dialled += c.fate == CLAIM_INTENT;
        f->held += c.fate == CLAIM_LATER;
        op_end(&op);
    }
    return NULL;
}

static void await_more(_Atomic int *counter, int n)
{
    int64_t deadline = clock_mono_us() + 10000000;
    int enough = *counter + n;

    while (*counter < enough && clock_mono_us() < deadline)
        sched_yield();
    assert_true(*counter >= enough);
}

static void after_a_halt_no_intent_is_committed(void **state)
{
    struct scene *s = *state;
    int64_t id = scene_running(s, s->tenant, scene_draft(), 900);
    struct flood f = {.s = s, .first = scene_first_row(s, id)};
    pthread_t threads[3];
    char key[24];
    const struct {
        int64_t tenant;
        enum dialling_scope scope;
        const char *key;
    } cases[] = {{s->tenant, DIALLING_TENANT, NULL},
                 {s->tenant, DIALLING_CAMPAIGN, campaign_key(key, id)},
                 {0, DIALLING_PLATFORM, NULL},
                 {0, DIALLING_COUNTRY, "IT"}};

    for (int i = 0; i < 900; i++)
        scene_give_start(f.first + i);
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, dial_on_and_on, &f), 0);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        await_more(&f.dialled, 20); /* and so it goes on after the last one was lifted */
        struct halt h = halted(s, cases[i].tenant, cases[i].scope, cases[i].key);
        int64_t then = testdb_number(s->db, "SELECT count(*) FROM call_attempts");
        assert_says(s, "NOT EXISTS (SELECT 1 FROM call_attempts WHERE state = 'intent')");
        await_more(&f.held, 20);
        assert_says(s, "(SELECT count(*) FROM call_attempts) = %lld", (long long)then);
        lift(s, cases[i].tenant, h.id);
    }
    f.over = true;
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        pthread_join(threads[i], NULL);
}

static void a_stop_may_end_what_is_being_said(void **state)
{
    static const char *const ended[] = {"ended", "rejected"};
    static const char *const live[] = {"unknown", "accepted", "ringing", "ongoing"};
    struct scene *s = *state;
    struct campaign c = scene_draft(), stopped;
    int64_t id = scene_running(s, s->tenant, c, 6), row = scene_first_row(s, id);
    int64_t other = scene_running(s, s->tenant, c, 1);
    struct op op = testdb_op(s->db, s->tenant);

    for (int i = 0; i < 6; i++) {
        scene_dial(s, s->tenant, row + i);
        free(
            testdb_sql(s->db,
                       "UPDATE call_attempts SET state = '%s', look_at = now() + interval '1 hour' "
                       "WHERE scheduled_call_id = %lld",
                       i < 4 ? live[i] : ended[i - 4], (long long)row + i));
    }
    scene_dial(s, s->tenant, scene_first_row(s, other));
    assert_ok(&op, campaign_stop(&op, id, &(struct campaign_stop){true}, &stopped));
    op_end(&op);
    assert_says(s,
                "(SELECT count(*) FROM call_attempts WHERE stop_wanted AND look_at <= now() AND "
                "campaign_id = %lld) = 4",
                (long long)id);
    assert_says(s, "(SELECT count(*) FROM call_attempts WHERE stop_wanted) = 4");
}

static void a_plain_stop_lets_live_calls_go_on(void **state)
{
    struct scene *s = *state;
    int64_t id = scene_running(s, s->tenant, scene_draft(), 1);
    struct op op = testdb_op(s->db, s->tenant);
    struct campaign c;

    scene_dial(s, s->tenant, scene_first_row(s, id));
    assert_ok(&op, campaign_stop(&op, id, &(struct campaign_stop){0}, &c));
    op_end(&op);
    assert_says(s, "NOT EXISTS (SELECT 1 FROM call_attempts WHERE stop_wanted)");
}

static void a_campaigns_limits_are_kept_and_its_policy_is_validated_whole(void **state)
{
    struct scene *s = *state;
    struct op op = testdb_op(s->db, s->tenant);
    struct campaign c = scene_draft(), got = {0};

    c.max_concurrent_calls = (struct opt_i64){true, 7};
    c.retry_policy.text = "{\"outcomes\":{\"busy\":{\"max\":2}}}";
    assert_ok(&op, campaign_create(&op, &c));
    assert_ok(&op, campaign_get(&op, c.id, &got));
    assert_int_equal(got.max_concurrent_calls.v, 7);
    assert_non_null(strstr(got.retry_policy.text, "busy"));
    c.retry_policy.text = "{\"max_attempts\":99,\"outcomes\":{\"dnc\":{},\"busy\":{\"max\":99}}}";
    c.start_date.us = 2;
    c.end_date.us = 1;
    assert_fails(&op, E_VALIDATION_ERROR, campaign_create(&op, &c));
    const char *const want[] = {"end_date", "retry_policy.max_attempts",
                                "retry_policy.outcomes.dnc", "retry_policy.outcomes.busy.max"};
    const struct detail *d = op.err.details;
    for (size_t i = 0; i < ARRAY_LEN(want); i++, d = d->next)
        assert_string_equal(d->key, want[i]);
    assert_null(d);
    op_end(&op);
}

static void the_operator_sets_what_a_tenant_may_use(void **state)
{
    struct scene *s = *state;
    struct op op = testdb_op(s->db, s->tenant), nobody = testdb_op(s->db, 4711);
    struct tenant_limits l;

    assert_fails(&nobody, E_RESOURCE_NOT_FOUND, tenant_limits_get(&nobody, &l));
    op_end(&nobody);
    assert_ok(&op, tenant_limits_get(&op, &l));
    assert_false(l.budget_cents.set);
    assert_string_equal(l.on_unknown, "redial");
    l = (struct tenant_limits){.max_concurrent_calls = {true, 3},
                               .on_unknown = "never_redial",
                               .unknown_scope = "block",
                               .budget_cents = {true, 1000},
                               .reserve_cents = {true, 20}};
    assert_ok(&op, tenant_limits_set(&op, &l));
    free(testdb_sql(s->db, "UPDATE tenant_budgets SET spent_cents = 12.5"));
    l.budget_cents.v = 2000;
    l.reserve_cents.set = false;
    assert_ok(&op, tenant_limits_set(&op, &l));
    assert_ok(&op, tenant_limits_get(&op, &l));
    assert_int_equal(l.max_concurrent_calls.v, 3);
    assert_string_equal(l.on_unknown, "never_redial");
    assert_string_equal(l.unknown_scope, "block");
    assert_int_equal(l.budget_cents.v, 2000);
    assert_int_equal(l.reserve_cents.v, 20);
    assert_true(l.spent_cents > 12.4);
    l = (struct tenant_limits){.max_concurrent_calls = {true, 0},
                               .on_unknown = "maybe",
                               .unknown_scope = "perhaps",
                               .reserve_cents = {true, 20}};
    assert_fails(&op, E_VALIDATION_ERROR, tenant_limits_set(&op, &l));
    const char *const want[] = {"max_concurrent_calls", "on_unknown", "unknown_scope",
                                "reserve_cents"};
    const struct detail *d = op.err.details;
    for (size_t i = 0; i < ARRAY_LEN(want); i++, d = d->next)
        assert_string_equal(d->key, want[i]);
    op_forgive(&op);
    l = (struct tenant_limits){.on_unknown = "redial", .unknown_scope = "warn"};
    assert_ok(&op, tenant_limits_set(&op, &l));
    assert_says(s, "NOT EXISTS (SELECT 1 FROM tenant_budgets)");
    op_end(&op);
}

static void the_operator_sees_what_a_provider_lets_us_do(void **state)
{
    struct scene *s = *state;
    struct op op = testdb_op(s->db, 0);
    struct provider_limits *all;
    int n;

    free(testdb_sql(s->db, "UPDATE provider_limits SET concurrency_limit = 17"));
    assert_ok(&op, provider_limits_list(&op, &all, &n));
    assert_int_equal(n, 1);
    assert_string_equal(all[0].provider, "retell");
    assert_int_equal(all[0].concurrency_limit, 17);
    assert_string_equal(all[0].starts_set_by, "setting");
    op_end(&op);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(a_halt_set_twice_is_one),
        SCENE(every_scope_holds_its_rows_and_only_those_until_it_is_lifted),
        SCENE(a_territory_is_halted_with_the_country_whose_rules_it_has),
        SCENE(an_operators_word_and_a_breakers_stand_side_by_side),
        SCENE(a_tenant_cannot_lift_what_the_platforms_operator_set_for_it),
        SCENE(nobody_lifts_the_halt_of_a_failover_by_hand),
        SCENE(what_is_wrong_with_a_halt_is_named),
        SCENE(a_tenant_sees_its_own_halts_and_everybodys_and_lifts_its_own_only),
        SCENE(a_halt_waits_for_what_was_claimed_in_its_scope_and_for_nothing_else),
        SCENE(an_answer_ends_the_wait_of_pause_and_stop),
        SCENE(a_wait_cut_short_fails_and_the_halt_stands),
        SCENE(after_a_halt_no_intent_is_committed),
        SCENE(a_stop_may_end_what_is_being_said),
        SCENE(a_plain_stop_lets_live_calls_go_on),
        SCENE(a_campaigns_limits_are_kept_and_its_policy_is_validated_whole),
        SCENE(the_operator_sets_what_a_tenant_may_use),
        SCENE(the_operator_sees_what_a_provider_lets_us_do),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

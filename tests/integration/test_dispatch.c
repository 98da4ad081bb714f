/* test_dispatch.c - who is given a start: never more than there is room for, and fairly. */

#include "common/call/dispatch.h"

#include "common/call/step.h"
#include "common/store/db.h"
#include "queries.h"
#include "tests/support/scene.h"

#include <pthread.h>

/* One turn of the dispatcher. */
static int64_t dispatch(struct scene *s)
{
    struct op op = testdb_op(s->db, 0);
    int64_t queued;
    int sleep_ms;

    assert_ok(&op, dispatch_due(&op, &queued, &sleep_ms));
    op_end(&op);
    return queued;
}

static void set(struct scene *s, const char *what)
{
    free(testdb_sql(s->db, "UPDATE %s", what));
}

/* n due rows of a new campaign. */
static int64_t campaign_of(struct scene *s, int64_t tenant, int n)
{
    return scene_running(s, tenant, scene_draft(), n);
}

#define LIVE "(SELECT count(*) FROM scheduled_calls WHERE status IN ('queued', 'processing'))"
#define LIVE_OF(column) \
    "(SELECT count(*) FROM scheduled_calls WHERE status IN ('queued', 'processing') AND " column \
    " = %lld)"

static void no_limit_is_ever_exceeded(void **state)
{
    struct scene *s = *state;
    static const struct {
        const char *limit;
        int live;
    } cases[] = {
        {"provider_limits SET concurrency_limit = 7", 7},
        {"provider_limits SET concurrency_limit = 12, reserved_inbound = 3", 9},
        {"provider_limits SET reserved_inbound = 3, others_live = 4, concurrency_limit = 18", 11},
        {"tenants SET max_concurrent_calls = 13", 11}, /* the provider's is less */
        {"provider_limits SET concurrency_limit = 100, others_live = 0, reserved_inbound = 0", 13},
        {"tenants SET max_concurrent_calls = 40", 40},
        {"tenants SET max_concurrent_calls = 10", 40}, /* what has begun goes on */
    };

    campaign_of(s, s->tenant, 60);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        set(s, cases[i].limit);
        while (dispatch(s))
            ;
        assert_says(s, LIVE " = %d", cases[i].live);
    }
}

static void a_campaign_has_a_limit_of_its_own_and_leaves_the_rest_to_others(void **state)
{
    struct scene *s = *state;
    int64_t one = campaign_of(s, s->tenant, 20), two = campaign_of(s, s->tenant, 20);

    free(testdb_sql(s->db, "UPDATE campaigns SET max_concurrent_calls = 3 WHERE id = %lld",
                    (long long)one));
    while (dispatch(s))
        ;
    assert_says(s, LIVE_OF("campaign_id") " = 3", (long long)one);
    assert_says(s, LIVE_OF("campaign_id") " = 17", (long long)two);
}

static void put_back(struct op *op, const char *id)
{
    struct rows rows;

    assert_ok(op, db_query(op, &SQL_CLAIM_PUT_BACK,
                           ARGS({"id", id}, {"at", NULL}, {"reason", "a test"}), &rows));
}

static void end_as(struct op *op, const char *id, const char *status)
{
    struct rows rows;

    assert_ok(op, db_query(op, &SQL_CLAIM_END,
                           ARGS({"id", id}, {"status", status}, {"reason", "a test"}), &rows));
}

static void apply(struct scene *s, enum dial_event_kind kind, int64_t row)
{
    struct op op = testdb_op(s->db, s->tenant);
    const char *id = sql_i64(&op, row);

    switch ((int)kind) {
    case EVENT_DUE: dispatch(s); break;
    case EVENT_SWEPT: assert_ok(&op, dispatch_sweep(&op)); break;
    case EVENT_PUT_BACK: put_back(&op, id); break;
    case EVENT_EXPIRED: end_as(&op, id, "failed"); break;
    case EVENT_CANCELED: end_as(&op, id, "canceled"); break;
    default: fail_msg("%d is no event of a row", (int)kind);
    }
    op_end(&op);
}

static void the_statements_move_rows_as_the_step_does(void **state)
{
    static const enum dial_event_kind kinds[] = {EVENT_DUE, EVENT_SWEPT, EVENT_PUT_BACK,
                                                 EVENT_EXPIRED, EVENT_CANCELED};
    struct scene *s = *state;
    int64_t row = scene_first_row(s, campaign_of(s, s->tenant, 1));

    for (size_t k = 0; k < ARRAY_LEN(kinds); k++)
        for (int from = ROW_SCHEDULED; from <= ROW_CANCELED; from++) {
            const struct dial_step to = dial_step(&(struct dial_state){.row = (enum row_state)from},
                                                  &(struct dial_event){.kind = kinds[k]});
            free(testdb_sql(s->db,
                            "DELETE FROM outbox; UPDATE scheduled_calls SET status = '%s', "
                            "queued_at = now() - interval '1 day'",
                            row_state_names[from]));
            apply(s, kinds[k], row);
            assert_says(s, "(SELECT status FROM scheduled_calls) = '%s'", row_state_names[to.row]);
        }
}

static void a_call_that_ends_gives_its_place_to_the_next(void **state)
{
    struct scene *s = *state;

    campaign_of(s, s->tenant, 10);
    set(s, "tenants SET max_concurrent_calls = 2");
    assert_int_equal(dispatch(s), 2);
    assert_int_equal(dispatch(s), 0);
    set(s, "scheduled_calls SET status = 'done' WHERE id = (SELECT min(id) FROM scheduled_calls)");
    assert_int_equal(dispatch(s), 1);
}

/* The larger tenant came first and holds every place; the smaller gets the next ones. */
static void a_small_tenant_is_served_beside_a_large_one(void **state)
{
    struct scene *s = *state;
    int64_t small = scene_stranger(s);

    campaign_of(s, s->tenant, 200);
    set(s, "provider_limits SET concurrency_limit = 20");
    assert_int_equal(dispatch(s), 20);
    campaign_of(s, small, 10);
    for (int i = 0; i < 10; i++) {
        set(s,
            "scheduled_calls SET status = 'done' WHERE id = (SELECT min(id) FROM scheduled_calls "
            "WHERE status = 'queued' AND tenant_id = 1)");
        assert_int_equal(dispatch(s), 1);
    }
    assert_says(s, LIVE_OF("tenant_id") " = 10", (long long)small);
}

static void a_tenants_campaigns_take_turns(void **state)
{
    struct scene *s = *state;

    for (int i = 0; i < 4; i++)
        campaign_of(s, s->tenant, 10 + 10 * i);
    set(s, "tenants SET max_concurrent_calls = 12");
    assert_int_equal(dispatch(s), 12);
    assert_says(s, "(SELECT bool_and(n = 3) AND count(*) = 4 FROM (SELECT count(*) AS n FROM "
                   "scheduled_calls WHERE status = 'queued' GROUP BY campaign_id) x)");
}

/* One place at a time becomes free: it does not always go to the same campaign. */
static void a_campaign_is_not_starved_when_places_come_one_by_one(void **state)
{
    struct scene *s = *state;

    campaign_of(s, s->tenant, 40);
    campaign_of(s, s->tenant, 40);
    set(s, "tenants SET max_concurrent_calls = 1");
    for (int i = 0; i < 20; i++) {
        assert_int_equal(dispatch(s), 1);
        set(s, "scheduled_calls SET status = 'processing' WHERE status = 'queued'");
        set(s, "tenants SET max_concurrent_calls = max_concurrent_calls + 1");
    }
    assert_says(s, "(SELECT min(n) = 10 FROM (SELECT count(*) AS n FROM scheduled_calls WHERE "
                   "status = 'processing' GROUP BY campaign_id) x)");
}

static void nothing_that_stands_still_is_started(void **state)
{
    struct scene *s = *state;
    static const char *const halts[] = {
        "NULL, 'platform', ''",
        "1, 'tenant', ''",
        "1, 'campaign', '1'",
        "NULL, 'provider', 'retell'",
        "1, 'from_number', '" FAKE_NUMBER "'",
        "1, 'agent', '" FAKE_AGENT "'",
    };

    assert_true(campaign_of(s, s->tenant, 3) == 1 && s->tenant == 1);
    for (size_t i = 0; i < sizeof(halts) / sizeof(halts[0]); i++) {
        free(testdb_sql(s->db,
                        "INSERT INTO halts (tenant_id, scope, key, cause, reason) "
                        "VALUES (%s, 'operator', 'a test')",
                        halts[i]));
        assert_int_equal(dispatch(s), 0);
        set(s, "halts SET lifted_at = now()");
    }
    assert_int_equal(dispatch(s), 3);
}

static void starts_keep_to_the_providers_rate(void **state)
{
    struct scene *s = *state;

    campaign_of(s, s->tenant, 20);
    set(s, "provider_limits SET starts_per_second = 0.01");
    assert_int_equal(dispatch(s), 1);
    assert_int_equal(dispatch(s), 0);
    set(s,
        "provider_limits SET next_start_at = now() - interval '1 second', starts_per_second = 10");
    assert_int_equal(dispatch(s), 2); /* a fifth of a second's worth, and one */
    assert_int_equal(dispatch(s), 0);
    assert_says(s, "(SELECT next_start_at > now() FROM provider_limits)");
}

struct crowd {
    struct scene *s;
    _Atomic bool over;
};

static void *dispatch_on_and_on(void *ctx)
{
    struct crowd *c = ctx;

    while (!c->over)
        dispatch(c->s);
    return NULL;
}

static void four_dispatchers_at_once_give_no_start_too_many(void **state)
{
    struct scene *s = *state;
    struct crowd crowd = {.s = s};
    pthread_t threads[4];

    campaign_of(s, s->tenant, 200);
    set(s, "tenants SET max_concurrent_calls = 50");
    set(s, "provider_limits SET concurrency_limit = 100");
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, dispatch_on_and_on, &crowd), 0);
    while (scene_says(s, "EXISTS (SELECT 1 FROM scheduled_calls WHERE status = 'scheduled')")) {
        set(s, "scheduled_calls SET status = 'done' WHERE id IN (SELECT id FROM scheduled_calls "
               "WHERE status = 'queued' LIMIT 2)");
        assert_says(s, LIVE " <= 50");
    }
    crowd.over = true;
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        pthread_join(threads[i], NULL);
    assert_says(s, "(SELECT count(*) FROM outbox WHERE actor = 'process_scheduled_call') = 200");
}

struct spender {
    struct scene *s;
    int64_t first;
    _Atomic int *next;
    _Atomic int *intents;
};

static void *spend(void *ctx)
{
    struct spender *p = ctx;

    for (int i; (i = (*p->next)++) < 100;) {
        struct op op = testdb_op(p->s->db, p->s->tenant);
        struct claim c = {0};
        if (scheduled_call_claim(&op, p->first + i, &c) && c.fate == CLAIM_INTENT)
            ++*p->intents;
        op_end(&op);
    }
    return NULL;
}

/* F61: a hundred rows, money for ten calls, six workers. */
static void of_a_hundred_claims_with_money_for_ten_ten_are_dialled(void **state)
{
    struct scene *s = *state;
    int64_t id = campaign_of(s, s->tenant, 100);
    _Atomic int next = 0, intents = 0;
    struct spender p = {s, scene_first_row(s, id), &next, &intents};
    pthread_t threads[6];

    free(testdb_sql(s->db,
                    "INSERT INTO tenant_budgets (tenant_id, limit_cents, reserve_cents) "
                    "VALUES (%lld, 509, 50)",
                    (long long)s->tenant));
    for (int i = 0; i < 100; i++)
        scene_give_start(p.first + i);
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, spend, &p), 0);
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(intents, 10);
    assert_says(s, "(SELECT count(*) FROM scheduled_calls WHERE reason = 'BUDGET_EXCEEDED') = 90");
}

static void what_a_call_cost_is_taken_from_the_budget_once(void **state)
{
    struct scene *s = *state;

    free(testdb_sql(s->db, "INSERT INTO tenant_budgets (tenant_id, limit_cents) VALUES (1, 1000)"));
    scene_dial(s, s->tenant, scene_row(s, ITALIAN));
    set(s, "calls SET cost_cents = 12.5");
    set(s, "calls SET cost_cents = 12.5");
    assert_says(s, "(SELECT spent_cents = 12.5 FROM tenant_budgets)");
    set(s, "calls SET cost_cents = 20");
    assert_says(s, "(SELECT spent_cents = 20 FROM tenant_budgets)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(no_limit_is_ever_exceeded),
        SCENE(a_campaign_has_a_limit_of_its_own_and_leaves_the_rest_to_others),
        SCENE(the_statements_move_rows_as_the_step_does),
        SCENE(a_call_that_ends_gives_its_place_to_the_next),
        SCENE(a_small_tenant_is_served_beside_a_large_one),
        SCENE(a_tenants_campaigns_take_turns),
        SCENE(a_campaign_is_not_starved_when_places_come_one_by_one),
        SCENE(nothing_that_stands_still_is_started),
        SCENE(starts_keep_to_the_providers_rate),
        SCENE(four_dispatchers_at_once_give_no_start_too_many),
        SCENE(of_a_hundred_claims_with_money_for_ten_ten_are_dialled),
        SCENE(what_a_call_cost_is_taken_from_the_budget_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

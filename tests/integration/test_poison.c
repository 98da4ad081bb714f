/* test_poison.c - F54: a row that kills the workers that touch it ends, and only that row. */

#include "tests/support/scene.h"

static enum claim_fate fate(struct scene *s, int64_t row)
{
    struct op op = testdb_op(s->db, s->tenant);
    struct claim c;
    enum claim_fate f = scene_claim(&op, row, &c);

    op_end(&op);
    return f;
}

/* Was it given up the last time? */
static bool suspect(struct scene *s, int64_t row, int times)
{
    bool given_up = false;

    while (times-- > 0) {
        struct op op = testdb_op(s->db, s->tenant);
        assert_false(given_up);
        scene_give_start(row);
        assert_ok(&op, scheduled_call_suspect(&op, row, &given_up));
        op_end(&op);
    }
    return given_up;
}

static void a_row_that_killed_three_workers_fails_as_poison(void **state)
{
    struct scene *s = *state;
    int64_t row = scene_row(s, ITALIAN);

    assert_true(suspect(s, row, 3));
    assert_says(s, "(SELECT status = 'failed' AND reason = 'POISON' FROM scheduled_calls)");
    assert_says(s, "NOT EXISTS (SELECT 1 FROM call_attempts)");
}

static void a_row_that_was_only_beside_it_twice_is_dialled(void **state)
{
    struct scene *s = *state;
    int64_t row = scene_row(s, ITALIAN);

    assert_false(suspect(s, row, 2));
    assert_int_equal(fate(s, row), CLAIM_INTENT);
}

static void a_row_that_was_looked_at_to_the_end_begins_anew(void **state)
{
    struct scene *s = *state;
    int64_t row = scene_row(s, GERMAN);

    for (int i = 0; i < 2; i++) {
        free(testdb_sql(s->db, "UPDATE scheduled_calls SET scheduled_at = now()"));
        assert_false(suspect(s, row, 2));
        assert_int_equal(fate(s, row), CLAIM_LATER);
    }
}

/* Its attempt is the reconciler's: what may have been placed is not given up for dead. */
static void a_row_whose_call_is_in_doubt_ends_as_poison_only_after_the_doubt(void **state)
{
    struct scene *s = *state;
    int64_t row = scene_row(s, ITALIAN);

    assert_int_equal(fate(s, row), CLAIM_INTENT);
    assert_true(suspect(s, row, 3));
    assert_says(s, "(SELECT status = 'processing' FROM scheduled_calls)");
    free(testdb_sql(s->db, "UPDATE call_attempts SET state = 'refuted';"
                           "UPDATE scheduled_calls SET status = 'scheduled'"));
    assert_int_equal(fate(s, row), CLAIM_NEVER);
    assert_says(s, "(SELECT status = 'failed' AND reason = 'POISON' FROM scheduled_calls)");
}

static void another_tenants_row_is_nobodys_suspect(void **state)
{
    struct scene *s = *state;
    int64_t row = scene_row(s, ITALIAN);
    struct op op = testdb_op(s->db, scene_stranger(s));
    bool given_up;

    assert_ok(&op, scheduled_call_suspect(&op, row, &given_up));
    op_end(&op);
    assert_says(s, "(SELECT crashes = 0 FROM scheduled_calls WHERE id = %lld)", (long long)row);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(a_row_that_killed_three_workers_fails_as_poison),
        SCENE(a_row_that_was_only_beside_it_twice_is_dialled),
        SCENE(a_row_that_was_looked_at_to_the_end_begins_anew),
        SCENE(a_row_whose_call_is_in_doubt_ends_as_poison_only_after_the_doubt),
        SCENE(another_tenants_row_is_nobodys_suspect),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

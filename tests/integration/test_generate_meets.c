/* test_generate_meets.c - a start that comes upon leads and numbers that have their row already. */

#include "common/campaign/execution.h"
#include "tests/support/scene.h"

#include <stdio.h>
#include <stdlib.h>

enum { FIRST_BATCH = 100 };

static int64_t started(struct scene *s, bool with_unassigned)
{
    struct campaign c = scene_draft();
    struct campaign_execution e;

    if (with_unassigned)
        c.lead_filters.text = "{}";
    int64_t id = scene_campaign(s, s->tenant, c);
    struct op op = testdb_op(s->db, s->tenant);
    assert_ok(&op, campaign_start(&op, id, &e));
    op_end(&op);
    return id;
}

/* Their numbers begin at first; campaign 0: of none. */
static void leads(struct scene *s, int64_t campaign, int first, int n)
{
    free(testdb_sql(
        s->db,
        "INSERT INTO leads (tenant_id, campaign_id, name, phone, country_iso, consent_status) "
        "SELECT %lld, nullif(%lld, 0), 'n', '+39349' || (1000000 + %d + i), 'IT', 'granted' "
        "FROM generate_series(0, %d - 1) i",
        (long long)s->tenant, (long long)campaign, first, n));
}

/* What happens after the first batch was stored. */
static struct {
    struct scene *s;
    const char *sql;
    int batches;
} meanwhile;

static void happen(void)
{
    if (meanwhile.batches++ == 0)
        free(testdb_sql(meanwhile.s->db, "%s", meanwhile.sql));
}

static void generate(struct scene *s, int64_t campaign, const char *sql)
{
    struct op op = testdb_op(s->db, s->tenant);

    meanwhile.s = s;
    meanwhile.sql = sql;
    meanwhile.batches = 0;
    assert_ok(&op, execution_generate(&op, campaign, happen));
    op_end(&op);
}

static void assert_rows(struct scene *s, int n)
{
    assert_says(s, "(SELECT count(*) FROM scheduled_calls) = %d", n);
    assert_says(s, "(SELECT count(DISTINCT to_number) FROM scheduled_calls) = %d", n);
    assert_says(s, "(SELECT count(DISTINCT lead_id) FROM scheduled_calls) = %d", n);
    assert_says(s, "(SELECT bool_and(generated) FROM campaign_executions)");
}

/* The first lead gives its number to the last one, which comes in a later batch. */
static void a_number_that_changes_hands_on_the_way_is_called_once(void **state)
{
    struct scene *s = *state;
    int64_t id = started(s, false);

    leads(s, id, 0, 2 * FIRST_BATCH);
    generate(s, id,
             "UPDATE leads SET phone = '+393330000000' WHERE phone = '+393491000000';"
             "UPDATE leads SET phone = '+393491000000' WHERE phone = '+393491000199'");
    assert_rows(s, 2 * FIRST_BATCH - 1);
    assert_says(s, "(SELECT count(*) FROM scheduled_calls WHERE to_number = '+393491000000') = 1");
}

/* The run begins again where it stood, with a small batch: the numbers after it are met too. */
static void a_long_run_goes_on_after_it_met_a_row(void **state)
{
    struct scene *s = *state;
    int64_t id = started(s, false);

    leads(s, id, 0, 9000);
    generate(s, id,
             "UPDATE leads SET phone = '+39333' || right(phone, 7) WHERE phone < '+393491000050';"
             "UPDATE leads SET phone = '+393491000001' WHERE phone = '+393491006000';"
             "UPDATE leads SET phone = '+393491000002' WHERE phone = '+393491008999'");
    assert_rows(s, 9000 - 2);
}

static void a_lead_taken_out_of_the_campaign_on_the_way_is_called_once(void **state)
{
    struct scene *s = *state;
    int64_t id = started(s, true);

    leads(s, id, 0, 2 * FIRST_BATCH);
    leads(s, 0, 5000, 10);
    generate(s, id,
             "UPDATE leads SET campaign_id = NULL, phone = '+393330000000' "
             "WHERE phone = '+393491000000'");
    assert_rows(s, 2 * FIRST_BATCH + 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(a_number_that_changes_hands_on_the_way_is_called_once),
        SCENE(a_long_run_goes_on_after_it_met_a_row),
        SCENE(a_lead_taken_out_of_the_campaign_on_the_way_is_called_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

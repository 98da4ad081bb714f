/* test_retention.c - what is too old is gone after a run, and nothing else is. */

#include "common/call/retention.h"

#include "common/call/erasure.h"
#include "common/compliance/dnc.h"
#include "common/store/db.h"
#include "tests/support/scene.h"

static void run(struct scene *s, int64_t calls, int64_t leads)
{
    struct op op = testdb_op(s->db, 0);
    int64_t called, known;

    assert_ok(&op, retention_run(&op, &called, &known));
    assert_int_equal(called, calls);
    assert_int_equal(known, leads);
    op_end(&op);
}

static void sql(struct scene *s, const char *text)
{
    free(testdb_sql(s->db, "%s", text));
}

/* n leads were called and talked to, each a day longer ago than the one before, from first on. */
static void called_days_ago(struct scene *s, int n, int first)
{
    int64_t row = scene_first_row(s, scene_running(s, s->tenant, scene_draft(), n));

    for (int i = 0; i < n; i++)
        scene_dial(s, s->tenant, row + i);
    free(testdb_sql(s->db,
                    "WITH old AS (SELECT k.id, now() - make_interval(days => %d + (k.id - "
                    "min(k.id) OVER ())::int) AS at"
                    "               FROM calls k), over AS ("
                    "  UPDATE call_attempts a SET state = 'ended', look_at = NULL, created_at = "
                    "old.at FROM old WHERE a.call_id = old.id),"
                    " done AS (UPDATE scheduled_calls SET status = 'done'), known AS ("
                    "  UPDATE leads l SET updated_at = old.at, created_at = old.at FROM old JOIN "
                    "calls k ON k.id = old.id"
                    "   WHERE l.id = k.lead_id)"
                    " UPDATE calls k SET status = 'completed', created_at = old.at, segments = "
                    "'[]', summary = '{}'"
                    "   FROM old WHERE k.id = old.id",
                    first));
    sql(s, "INSERT INTO webhook_inbox (provider, dedupe_key, event, provider_call_id, body, "
           "applied_at)"
           " SELECT provider, sha256(provider_call_id::bytea), 'call_ended', provider_call_id, "
           "'words', now() FROM calls");
}

static void recordings_and_transcripts_go_after_their_days(void **state)
{
    struct scene *s = *state;

    called_days_ago(s, 5, 178); /* 178, 179, 180, 181 and 182 days ago */
    run(s, 3, 0);
    assert_says(s, "(SELECT bool_and((segments IS NULL AND summary IS NULL) = (created_at < now() "
                   "- interval '180 days'))"
                   "   FROM calls)");
    assert_says(s, "(SELECT count(*) = 3 FROM webhook_inbox WHERE body = '{}')");
    assert_says(s, "(SELECT count(*) = 3 FROM erasure_copies WHERE erasure_id IS NULL)");
    run(s, 0, 0);
}

static void the_provider_deletes_its_copies_too(void **state)
{
    struct scene *s = *state;
    struct op op = testdb_op(s->db, 0);
    int looked;

    called_days_ago(s, 2, 181);
    run(s, 2, 0);
    assert_ok(&op, erasures_go_on(&op, &looked));
    assert_int_equal(s->provider->deletes, 2);
    assert_says(s, "(SELECT bool_and(deleted_at IS NOT NULL) FROM erasure_copies)");
    op_end(&op);
}

static void the_shortest_of_the_rules_counts(void **state)
{
    struct scene *s = *state;

    called_days_ago(s, 5, 28);
    run(s, 0, 0);
    sql(s, "UPDATE platform_country_rules SET data_retention_days = 31 WHERE country_iso = 'IT'");
    sql(s, "UPDATE leads SET updated_at = now()");
    run(s, 2, 0);
    sql(s, "UPDATE campaigns SET country_rules_override = '{\"IT\":{\"data_retention_days\":30}}'");
    run(s, 1, 0);
}

static void a_lead_nobody_spoke_to_for_too_long_is_forgotten(void **state)
{
    struct scene *s = *state;

    called_days_ago(s, 3, 729); /* 729, 730 and 731 days ago: Italy's rule says 730 */
    run(s, 3, 2);
    assert_says(s, "(SELECT count(*) = 2 FROM leads WHERE name = 'erased')");
    assert_says(s, "(SELECT bool_and(asked_by = 'retention') FROM erasures)");
    run(s, 0, 0);
}

static void opt_outs_and_refusals_outlive_the_lead(void **state)
{
    struct scene *s = *state;
    struct op op = testdb_op(s->db, s->tenant);
    struct dnc_entry e = {.source = DNC_OPT_OUT};

    called_days_ago(s, 3, 800);
    sql(s, "UPDATE leads SET consent_status = 'denied', consent_date = NULL WHERE id = (SELECT "
           "min(id) FROM leads)");
    char *phone = testdb_sql(s->db, "SELECT phone FROM leads ORDER BY id DESC LIMIT 1");
    e.e164 = phone;
    assert_ok(&op, dnc_add(&op, &e));
    run(s, 3, 3);
    assert_says(s, "(SELECT count(*) = 1 FROM dnc_entries WHERE source = 'opt_out')");
    assert_says(s, "(SELECT count(*) = 1 FROM suppressed_numbers)");
    free(phone);
    op_end(&op);
}

static void a_lead_that_waits_or_was_touched_stays(void **state)
{
    struct scene *s = *state;

    called_days_ago(s, 3, 800);
    sql(s, "UPDATE leads SET updated_at = now() WHERE id = (SELECT min(id) FROM leads)");
    sql(s, "UPDATE scheduled_calls SET status = 'scheduled' WHERE id = (SELECT max(id) FROM "
           "scheduled_calls)");
    run(s, 3, 1);
}

static void more_than_one_piece_is_done_in_one_run(void **state)
{
    struct scene *s = *state;

    called_days_ago(s, 1, 800);
    free(testdb_sql(
        s->db,
        "INSERT INTO calls (tenant_id, call_id, status, created_at, provider_call_id, segments)"
        " SELECT %lld, 'call_' || i, 'completed', now() - interval '200 days', 'old_' || i, '[]'"
        "   FROM generate_series(1, 2500) i",
        (long long)s->tenant));
    run(s, 2501, 1);
}

static void it_is_done_once_a_day(void **state)
{
    struct scene *s = *state;
    struct op op = testdb_op(s->db, 0);

    assert_ok(&op, retention_daily(&op));
    called_days_ago(s, 1, 181);
    assert_ok(&op, retention_daily(&op));
    assert_says(s, "(SELECT count(*) = 1 FROM calls WHERE segments IS NOT NULL)");
    sql(s, "UPDATE chores SET due_at = now() WHERE name = 'retention'");
    assert_ok(&op, retention_daily(&op));
    assert_says(s, "(SELECT count(*) = 0 FROM calls WHERE segments IS NOT NULL)");
    op_end(&op);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(recordings_and_transcripts_go_after_their_days),
        SCENE(the_provider_deletes_its_copies_too),
        SCENE(the_shortest_of_the_rules_counts),
        SCENE(a_lead_nobody_spoke_to_for_too_long_is_forgotten),
        SCENE(opt_outs_and_refusals_outlive_the_lead),
        SCENE(a_lead_that_waits_or_was_touched_stays),
        SCENE(more_than_one_piece_is_done_in_one_run),
        SCENE(it_is_done_once_a_day),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

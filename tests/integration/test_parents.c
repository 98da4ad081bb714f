/* test_parents.c - a scheduled call refers to a lead and an execution that are there and stay. */

#include "common/base/clock.h"
#include "tests/support/scene.h"

#include <libpq-fe.h>
#include <pthread.h>
#include <unistd.h>

/* The database refuses the statement, and for that reason: an SQLSTATE's name. */
#define assert_refused(s, reason, ...) \
    do { \
        char sql_[1024]; \
        snprintf(sql_, sizeof(sql_), __VA_ARGS__); \
        free(testdb_sql((s)->db, \
                        "DO $do$ BEGIN %s; RAISE EXCEPTION 'was not refused';" \
                        " EXCEPTION WHEN %s THEN NULL; END $do$", \
                        sql_, reason)); \
    } while (0)

#define INSERT_ROW \
    "INSERT INTO scheduled_calls (tenant_id, campaign_id, execution_id, lead_id, to_number," \
    " scheduled_at) VALUES (%lld, %lld, %lld, %lld, '" ITALIAN "', now())"

/* A started campaign without leads, and its execution. */
static int64_t executing(struct scene *s, int64_t tenant, int64_t *execution)
{
    int64_t campaign = scene_campaign(s, tenant, scene_draft());

    *execution = testdb_number(s->db,
                               "INSERT INTO campaign_executions (tenant_id, campaign_id, "
                               "cursor_lane) VALUES (%lld, %lld, %lld) RETURNING id",
                               (long long)tenant, (long long)campaign, (long long)campaign);
    return campaign;
}

static void a_row_of_no_lead_or_of_anothers_is_refused(void **state)
{
    struct scene *s = *state;
    int64_t execution, campaign = executing(s, s->tenant, &execution), stranger = scene_stranger(s);
    int64_t theirs = scene_lead(s, stranger, 0, ITALIAN);
    int64_t ours = scene_lead(s, s->tenant, campaign, ITALIAN);

    assert_refused(s, "foreign_key_violation", INSERT_ROW, (long long)s->tenant,
                   (long long)campaign, (long long)execution, (long long)theirs);
    assert_refused(s, "foreign_key_violation", INSERT_ROW, (long long)s->tenant,
                   (long long)campaign, (long long)execution, (long long)4711);
    free(testdb_sql(s->db, INSERT_ROW, (long long)s->tenant, (long long)campaign,
                    (long long)execution, (long long)ours));
}

static void a_row_of_no_execution_or_of_anothers_is_refused(void **state)
{
    struct scene *s = *state;
    int64_t execution, campaign = executing(s, s->tenant, &execution), stranger = scene_stranger(s);
    int64_t theirs, their_campaign = executing(s, stranger, &theirs);
    int64_t other, other_campaign = executing(s, s->tenant, &other);
    int64_t lead = scene_lead(s, s->tenant, campaign, ITALIAN);

    assert_refused(s, "foreign_key_violation", INSERT_ROW, (long long)s->tenant,
                   (long long)campaign, (long long)other, (long long)lead);
    assert_refused(s, "foreign_key_violation", INSERT_ROW, (long long)s->tenant,
                   (long long)other_campaign, (long long)execution, (long long)lead);
    assert_refused(s, "foreign_key_violation", INSERT_ROW, (long long)s->tenant,
                   (long long)their_campaign, (long long)theirs, (long long)lead);
    assert_refused(s, "foreign_key_violation", INSERT_ROW, (long long)s->tenant,
                   (long long)campaign, (long long)4711, (long long)lead);
}

/* One wrong row among many is enough. */
static void a_statement_of_many_rows_is_refused_as_a_whole(void **state)
{
    struct scene *s = *state;
    int64_t execution, campaign = executing(s, s->tenant, &execution), lead = 0;
    char phone[16];

    for (int i = 0; i < 20; i++)
        lead = scene_lead(s, s->tenant, campaign, scene_phone(phone, i));
    assert_refused(s, "foreign_key_violation",
                   "INSERT INTO scheduled_calls (tenant_id, campaign_id, execution_id, lead_id,"
                   " to_number, scheduled_at) SELECT %lld, %lld, %lld, i, 'n' || i, now()"
                   " FROM generate_series(%lld - 19, %lld + 1) i",
                   (long long)s->tenant, (long long)campaign, (long long)execution, (long long)lead,
                   (long long)lead);
    assert_says(s, "NOT EXISTS (SELECT 1 FROM scheduled_calls)");
}

/* Nothing else refers to the leads after that. */
static void forget_consents(struct scene *s)
{
    free(testdb_sql(s->db, "SET session_replication_role = replica; DELETE FROM consent_events"));
}

static void what_a_row_refers_to_is_neither_deleted_nor_given_another_key(void **state)
{
    struct scene *s = *state;
    int64_t stranger = scene_stranger(s);

    scene_running(s, s->tenant, scene_draft(), 1);
    assert_refused(s, "foreign_key_violation", "DELETE FROM campaign_executions");
    forget_consents(s);
    assert_refused(s, "foreign_key_violation", "DELETE FROM leads");
    assert_refused(s, "restrict_violation", "UPDATE leads SET tenant_id = %lld",
                   (long long)stranger);
    assert_refused(s, "restrict_violation", "UPDATE campaign_executions SET tenant_id = %lld",
                   (long long)stranger);
    assert_refused(s, "restrict_violation", "UPDATE scheduled_calls SET lead_id = lead_id + 1");
}

struct deletion {
    struct scene *s;
    const char *sql;
};

static void *refuse_deletion(void *arg)
{
    struct deletion *d = arg;

    assert_refused(d->s, "foreign_key_violation", "%s", d->sql);
    return NULL;
}

static void wait_until(struct scene *s, const char *condition)
{
    int64_t deadline = clock_mono_us() + 15000000;

    while (!scene_says(s, "%s", condition))
        if (clock_mono_us() > deadline || usleep(5000) != 0)
            fail_msg("not within 15 s: %s", condition);
}

/* Neither sees what the other has not committed yet. */
static void a_deletion_waits_for_a_row_that_is_being_written(void **state)
{
    struct scene *s = *state;
    int64_t execution, campaign = executing(s, s->tenant, &execution);
    int64_t lead = scene_lead(s, s->tenant, campaign, ITALIAN);
    char sql[640], deletion[64];
    pthread_t thread;

    forget_consents(s);
    snprintf(sql, sizeof(sql), "BEGIN; " INSERT_ROW, (long long)s->tenant, (long long)campaign,
             (long long)execution, (long long)lead);
    snprintf(deletion, sizeof(deletion), "DELETE FROM leads WHERE id = %lld", (long long)lead);
    PGconn *pg = PQconnectdb(s->db->url);
    PGresult *r = PQexec(pg, sql);
    assert_int_equal(PQresultStatus(r), PGRES_COMMAND_OK);
    PQclear(r);
    struct deletion d = {s, deletion};
    assert_int_equal(pthread_create(&thread, NULL, refuse_deletion, &d), 0);
    wait_until(s, "EXISTS (SELECT 1 FROM pg_locks l JOIN pg_database d ON d.oid = l.database"
                  " WHERE d.datname = current_database() AND l.locktype = 'advisory'"
                  " AND NOT l.granted)");
    PQclear(PQexec(pg, "COMMIT"));
    PQfinish(pg);
    pthread_join(thread, NULL);
    assert_says(s, "(SELECT count(*) FROM leads WHERE id = %lld) = 1", (long long)lead);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(a_row_of_no_lead_or_of_anothers_is_refused),
        SCENE(a_row_of_no_execution_or_of_anothers_is_refused),
        SCENE(a_statement_of_many_rows_is_refused_as_a_whole),
        SCENE(what_a_row_refers_to_is_neither_deleted_nor_given_another_key),
        SCENE(a_deletion_waits_for_a_row_that_is_being_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

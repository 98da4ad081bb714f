/*
 * test_races.c - who says no while a claim is under way: by the order of commits nothing is dialled
 * after it.
 *
 * RACES says how many races there are in all (500).  Claims and changes start within two
 * milliseconds of each other, and a claim dawdles between its facts and its intent.  Last the same
 * product races without the number's lock, which the same judge must notice.
 */
#include "common/call/claim.h"

#include "common/call/erasure.h"
#include "common/compliance/dnc.h"
#include "common/compliance/dnc_import.h"
#include "common/lead/consent.h"
#include "common/store/pool.h"
#include "tests/support/scene.h"

#include <libpq-fe.h>
#include <pthread.h>
#include <unistd.h>

/* Of the kinds below: the one that asks for the number's lock and for nothing else. */
enum { FILE_KIND = 2 };

enum { DELAY_US = 2000, RACES = 500, POOL_SIZE = 8, POOL_WAIT_MS = 5000 };

/* One row, and what happens to its person or campaign meanwhile. */
struct race {
    struct scene *s;
    int64_t row, lead, campaign;
    char phone[16];
    void (*change)(struct race *r);
    unsigned seed[2];
    enum claim_fate fate;
};

static void list(struct race *r, enum dnc_source source)
{
    struct op op = testdb_op(r->s->db, r->s->tenant);
    struct dnc_entry e = {.e164 = r->phone, .source = source};

    assert_ok(&op, dnc_add(&op, &e));
    op_end(&op);
}

static void list_by_hand(struct race *r)
{
    list(r, DNC_MANUAL);
}

static void opt_out(struct race *r)
{
    list(r, DNC_OPT_OUT);
}

/* A file asks for no row, only for its numbers' locks. */
static void import_file(struct race *r)
{
    struct op op = testdb_op(r->s->db, r->s->tenant);
    struct buf reply = {0};
    struct dnc_import *imp = dnc_import_open(&op, &(struct dnc_import_options){0});
    const char *text = arena_printf(&op.arena, "number;source\n%s;opt_out\n", r->phone);

    assert_ok(&op, dnc_import_feed(&op, imp, str_of(text)));
    assert_ok(&op, dnc_import_finish(&op, imp, &reply));
    buf_free(&reply);
    op_end(&op);
}

static void pause_campaign(struct race *r)
{
    struct op op = testdb_op(r->s->db, r->s->tenant);
    struct campaign c;

    assert_ok(&op, campaign_pause(&op, r->campaign, &c));
    op_end(&op);
}

static void resume_campaign(struct race *r)
{
    struct op op = testdb_op(r->s->db, r->s->tenant);
    struct campaign c;

    assert_ok(&op, campaign_resume(&op, r->campaign, &c));
    op_end(&op);
}

static void refuse(struct race *r)
{
    struct op op = testdb_op(r->s->db, r->s->tenant);
    struct consent_event e = {.status = CONSENT_DENIED};

    assert_ok(&op, consent_record(&op, r->lead, &e));
    op_end(&op);
}

static void erase(struct race *r)
{
    struct op op = testdb_op(r->s->db, r->s->tenant);
    struct erasure e = {.reason = "asked by letter"};

    assert_ok(&op, erasure_of_lead(&op, r->lead, &e));
    op_end(&op);
}

/* A kind of change, and the row of the database that was written with it. */
struct kind {
    const char *name;
    void (*change)(struct race *r);
    void (*undo)(struct race *r);
    const char *written; /* an SQL query for its xmin; r is the row that is raced for */
};

static const struct kind kinds[] = {
    {"a manual entry", list_by_hand, NULL, "SELECT xmin FROM dnc_entries WHERE e164 = r.to_number"},
    {"an opt-out", opt_out, NULL, "SELECT xmin FROM dnc_entries WHERE e164 = r.to_number"},
    {"a file", import_file, NULL, "SELECT xmin FROM dnc_entries WHERE e164 = r.to_number"},
    {"a pause", pause_campaign, resume_campaign,
     "SELECT xmin FROM campaigns WHERE id = r.campaign_id"},
    {"a refusal", refuse, NULL,
     "SELECT xmin FROM consent_events WHERE lead_id = r.lead_id AND status = 'denied'"},
    {"an erasure", erase, NULL, "SELECT xmin FROM erasures WHERE r.lead_id = ANY (leads)"},
};

static void *claim(void *arg)
{
    struct race *r = arg;
    struct op op = testdb_op(r->s->db, r->s->tenant);
    struct claim c = {0};

    usleep((useconds_t)rand_r(&r->seed[0]) % DELAY_US);
    assert_ok(&op, scheduled_call_claim(&op, r->row, &c));
    r->fate = c.fate;
    if (c.fate == CLAIM_INTENT) /* a pause waits for what is on its way */
        assert_ok(&op, call_dial(&op, &c));
    op_end(&op);
    return NULL;
}

static void *change(void *arg)
{
    struct race *r = arg;

    usleep((useconds_t)rand_r(&r->seed[1]) % DELAY_US);
    r->change(r);
    return NULL;
}

static void run(struct race *r)
{
    pthread_t threads[2];

    assert_int_equal(pthread_create(&threads[0], NULL, claim, r), 0);
    assert_int_equal(pthread_create(&threads[1], NULL, change, r), 0);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
}

/* 1 when the intent was committed after the change, 0 when before it or never. */
static int judge(PGconn *pg, const struct race *r, const struct kind *k)
{
    char sql[512];

    snprintf(sql, sizeof(sql),
             "SELECT 1 FROM scheduled_calls r "
             "  JOIN call_attempts a ON a.scheduled_call_id = r.id "
             "  JOIN compliance_checks k ON k.id = r.compliance_check_id "
             " WHERE r.id = %lld AND pg_xact_commit_timestamp(k.xmin) > "
             "       pg_xact_commit_timestamp((%s))",
             (long long)r->row, k->written);
    PGresult *result = PQexec(pg, sql);
    assert_int_equal(PQresultStatus(result), PGRES_TUPLES_OK);
    int late = PQntuples(result);
    PQclear(result);
    return late;
}

struct tally {
    int intents, late;
};

static struct tally race(struct scene *s, const struct kind *k, int n)
{
    struct tally t = {0};
    PGconn *pg = PQconnectdb(s->db->url);
    struct race r = {.s = s, .change = k->change, .seed = {1, 2}};

    r.campaign = scene_running(s, s->tenant, scene_draft(), n);
    int64_t first = scene_first_row(s, r.campaign);
    int64_t lead = testdb_number(s->db, "SELECT lead_id FROM scheduled_calls WHERE id = %lld",
                                 (long long)first);
    free(testdb_sql(s->db, "UPDATE scheduled_calls SET status = 'queued', queued_at = now()"
                           " WHERE status = 'scheduled'"));
    for (int i = 0; i < n; i++) {
        r.row = first + i;
        r.lead = lead + i;
        scene_phone(r.phone, (int)r.campaign * 1000 + i);
        run(&r);
        t.intents += r.fate == CLAIM_INTENT;
        t.late += judge(pg, &r, k);
        if (k->undo)
            k->undo(&r);
    }
    PQfinish(pg);
    print_message("           %s: %d races, %d intents, %d after it\n", k->name, n, t.intents,
                  t.late);
    return t;
}

/* The claim's facts are read when its check is stored. */
static void let_claims_dawdle(struct scene *s)
{
    free(testdb_sql(s->db, "CREATE FUNCTION dawdle() RETURNS TRIGGER LANGUAGE plpgsql AS "
                           "$$ BEGIN PERFORM pg_sleep(random() * 0.002); RETURN NEW; END $$"));
    free(testdb_sql(s->db, "CREATE TRIGGER dawdles BEFORE INSERT ON compliance_checks FOR EACH ROW "
                           "EXECUTE FUNCTION dawdle()"));
}

/* Sessions from now on find a lock that locks nothing. */
static void take_the_numbers_lock_away(struct scene *s)
{
    free(testdb_sql(s->db, "CREATE FUNCTION pg_advisory_xact_lock_shared(BIGINT) RETURNS VOID "
                           "LANGUAGE sql AS 'SELECT NULL::void'"));
    free(testdb_sql(s->db, "ALTER DATABASE %s SET search_path = public, pg_catalog", s->db->name));
    pool_close(s->db->app.pool);
    s->db->app.pool = pool_open(s->db->url, POOL_SIZE, POOL_WAIT_MS);
}

static int races_of_each_kind(void)
{
    const char *said = getenv("RACES");
    int n = said ? (int)strtol(said, NULL, 10) : RACES;

    return n / (int)ARRAY_LEN(kinds);
}

static void no_intent_is_committed_after_the_change_that_forbids_it(void **state)
{
    struct scene *s = *state;
    int n = races_of_each_kind();

    let_claims_dawdle(s);
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        struct tally t = race(s, &kinds[i], n);
        assert_int_equal(t.late, 0);
        assert_true(t.intents > 0 && t.intents < n); /* both sides win at times */
    }
}

static void a_claim_without_the_numbers_lock_is_found_out(void **state)
{
    struct scene *s = *state;

    take_the_numbers_lock_away(s);
    let_claims_dawdle(s);
    assert_true(race(s, &kinds[FILE_KIND], races_of_each_kind()).late > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(no_intent_is_committed_after_the_change_that_forbids_it),
        SCENE(a_claim_without_the_numbers_lock_is_found_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

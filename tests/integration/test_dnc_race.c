/* test_dnc_race.c - files and claims at once; every look-up in a list by an index. */

#include "common/compliance/dnc_import.h"
#include "queries.h"
#include "tests/support/scene.h"

#include <pthread.h>

struct racer {
    struct scene *s;
    int64_t row;
    const char *file;
    struct dnc_import_options options;
    pthread_barrier_t *together;
    int intents;
};

static void *race_to_claim(void *arg)
{
    struct racer *r = arg;
    struct op op = testdb_op(r->s->db, r->s->tenant);
    struct claim c = {0};

    pthread_barrier_wait(r->together);
    r->intents = scheduled_call_claim(&op, r->row, &c) && c.fate == CLAIM_INTENT;
    op_end(&op);
    return NULL;
}

static void *race_to_import(void *arg)
{
    struct racer *r = arg;
    struct op op = testdb_op(r->s->db, r->s->tenant);
    struct dnc_import *imp = dnc_import_open(&op, &r->options);
    struct buf reply = {0};

    pthread_barrier_wait(r->together);
    if (!dnc_import_feed(&op, imp, str_of(r->file)) || !dnc_import_finish(&op, imp, &reply)) {
        print_message("%s\n", op.err.cause ? op.err.cause : op.err.message);
        abort();
    }
    buf_free(&reply);
    op_end(&op);
    return NULL;
}

static void run_both(void *(*first)(void *), struct racer *a, struct racer *b)
{
    pthread_barrier_t together;
    pthread_t threads[2];

    if (a->row)
        scene_give_start(a->row);
    pthread_barrier_init(&together, NULL, 2);
    a->together = b->together = &together;
    assert_int_equal(pthread_create(&threads[0], NULL, first, a), 0);
    assert_int_equal(pthread_create(&threads[1], NULL, race_to_import, b), 0);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    pthread_barrier_destroy(&together);
}

static void no_intent_is_committed_after_a_file_forbade_its_number(void **state)
{
    struct scene *s = *state;
    enum { ROUNDS = 60 };
    static const char *const sources[] = {"manual", "opt_out"};
    int64_t id = scene_running(s, s->tenant, scene_draft(), ROUNDS), row = scene_first_row(s, id);
    int intents = 0;
    char phone[16];

    for (int i = 0; i < ROUNDS; i++) {
        struct racer claimer = {.s = s, .row = row + i};
        struct racer writer = {.s = s,
                               .file = scene_phone(phone, (int)id * 1000 + i),
                               .options = {.source = sources[i % 2]}};
        run_both(race_to_claim, &claimer, &writer);
        intents += claimer.intents;
    }
    print_message("           %d intents of %d\n", intents, ROUNDS);
    assert_says(s, "(SELECT count(*) FROM call_attempts) = %d", intents);
    assert_says(s, "(SELECT count(*) FROM dnc_entries) = %d", ROUNDS);
    assert_says(
        s, "NOT EXISTS (SELECT 1 FROM call_attempts a JOIN dnc_entries d ON d.e164 = a.to_number "
           "WHERE pg_xact_commit_timestamp(a.xmin) > pg_xact_commit_timestamp(d.xmin))");
}

static void files_about_one_list_take_turns(void **state)
{
    struct scene *s = *state;
    struct buf whole = {0}, changes = {0};
    struct racer full = {.s = s,
                         .options = {.mode = DNC_MODE_FULL, .registry = "R", .force = true}};
    struct racer delta = {.s = s, .options = {.mode = DNC_MODE_DELTA, .registry = "R"}};

    buf_str(&changes, "number,action\n");
    for (int i = 0; i < 400; i++) {
        if (i % 2)
            buf_printf(&whole, "+3934900%05d\n", i);
        buf_printf(&changes, "+3934900%05d,%s\n", 399 - i, i % 3 ? "A" : "D");
    }
    full.file = whole.p;
    delta.file = changes.p;
    for (int i = 0; i < 20; i++)
        run_both(race_to_import, &full, &delta);
    assert_says(s, "(SELECT count(*) FROM dnc_imports WHERE finished_at IS NOT NULL) = 40");
    assert_says(s, "(SELECT count(*) FROM dnc_staged) = 0");
    buf_free(&whole);
    buf_free(&changes);
}

/* The plan without a thought for how few rows there are: a scan of a whole table means no index. */
static char *plan_of(struct scene *s, const struct query *q)
{
    struct buf sql = {0};
    char *plan;

    buf_printf(&sql,
               "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; "
               "DEALLOCATE ALL; PREPARE asked AS %s; EXPLAIN (FORMAT JSON) EXECUTE asked",
               q->sql);
    for (int i = 0; q->params[i]; i++)
        buf_str(&sql, i ? ", NULL" : " (NULL");
    buf_str(&sql, q->params[0] ? ")" : "");
    plan = testdb_sql(s->db, "%s", sql.p);
    buf_free(&sql);
    return plan;
}

static void lists_are_looked_up_by_their_indexes(void **state)
{
    static const struct query *const asked[] = {
        &SQL_DNC_IMPORT_BATCH, &SQL_DNC_IMPORT_DELETE, &SQL_DNC_IMPORT_CLOSE_NEXT,
        &SQL_DNC_IMPORT_SWEEP, &SQL_SCRUB_RUN_NEXT,    &SQL_REGISTRY_LIST,
        &SQL_SCRUB_SUMMARY,    &SQL_PERSON_EVIDENCE,   &SQL_DNC_LIST,
        &SQL_DNC_COUNT,        &SQL_DNC_FIND,          &SQL_PLATFORM_DNC_LIST,
    };
    static const char *const large[] = {"dnc_entries", "dnc_staged",      "dnc_imports",
                                        "leads",       "registry_scrubs", "platform_dnc_entries"};
    struct scene *s = *state;
    char whole[128];

    for (size_t i = 0; i < ARRAY_LEN(asked); i++) {
        char *plan = plan_of(s, asked[i]);
        assert_non_null(plan);
        for (const char *p = plan; (p = strstr(p, "\"Seq Scan\"")); p++) {
            const char *relation = strstr(p, "\"Relation Name\": ");
            for (size_t t = 0; t < ARRAY_LEN(large); t++) {
                snprintf(whole, sizeof(whole), "\"Relation Name\": \"%s\"", large[t]);
                if (strncmp(relation, whole, strlen(whole)) == 0)
                    fail_msg("%s reads all of %s", asked[i]->name, large[t]);
            }
        }
        free(plan);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(no_intent_is_committed_after_a_file_forbade_its_number),
        SCENE(files_about_one_list_take_turns),
        SCENE(lists_are_looked_up_by_their_indexes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

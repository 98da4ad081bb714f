/* test_answers.c - F39: answers that came while the database was away. */

#include "common/call/answers.h"

#include "common/call/spool.h"
#include "common/store/pool.h"
#include "tests/support/scene.h"

/* The app with a spool, and the same without a database. */
struct plant {
    struct app app, cut_off;
};

static void plant_open(struct scene *s, struct plant *p)
{
    p->app = s->db->app;
    p->app.spool = spool_open(NULL);
    p->cut_off = p->app;
    p->cut_off.pool = pool_open("postgresql:///none?host=/nonexistent", 1, 200);
}

static void plant_close(struct plant *p)
{
    spool_close(p->app.spool);
    pool_close(p->cut_off.pool);
}

/* A row is claimed and the provider answers, but nobody can be told. */
static void answer_unheard(struct scene *s, const struct plant *p, int64_t row,
                           struct dial_answer answer)
{
    struct op op = testdb_op(s->db, s->tenant);
    struct claim c;

    assert_int_equal(scene_claim(&op, row, &c), CLAIM_INTENT);
    fake_answer(s->provider, answer);
    struct op away = {.app = &p->cut_off, .tenant_id = s->tenant};
    assert_ok(&away, call_dial(&away, &c));
    op_end(&away);
    op_end(&op);
    assert_says(s, "(SELECT state = 'intent' FROM call_attempts)");
}

static bool record(const struct app *app)
{
    struct op op = {.app = app};
    bool ok = answers_record(&op);

    op_end(&op);
    return ok;
}

static void an_answer_is_recorded_when_the_database_is_back(void **state)
{
    struct scene *s = *state;
    int64_t row = scene_row(s, ITALIAN);
    struct plant p;

    plant_open(s, &p);
    answer_unheard(s, &p, row,
                   (struct dial_answer){
                       .result = DIAL_ACCEPTED, .http_status = 201, .provider_call_id = "call_1"});
    assert_false(record(&p.cut_off));
    assert_true(record(&p.app));
    assert_says(s, "(SELECT state = 'accepted' AND http_status = 201 AND provider_call_id = "
                   "'call_1' FROM call_attempts)");
    assert_says(s, "(SELECT status = 'processing' FROM scheduled_calls)");
    plant_close(&p);
}

static void a_refusal_gives_the_row_back_and_is_heard_by_the_breakers(void **state)
{
    struct scene *s = *state;
    int64_t row = scene_row(s, ITALIAN);
    struct plant p;

    plant_open(s, &p);
    answer_unheard(s, &p, row,
                   (struct dial_answer){.result = DIAL_REJECTED,
                                        .refusal = REFUSAL_UNPAID,
                                        .http_status = 402,
                                        .message = "no \"money\"\nleft"});
    assert_true(record(&p.app));
    assert_says(s, "(SELECT state = 'rejected' AND evidence LIKE 'HTTP 402 no%%' "
                   "FROM call_attempts)");
    assert_says(s, "(SELECT status = 'scheduled' AND reason = 'PROVIDER_UNPAID' "
                   "FROM scheduled_calls)");
    assert_says(s, "EXISTS (SELECT 1 FROM halts WHERE scope = 'provider' AND lifted_at IS NULL)");
    plant_close(&p);
}

static void an_answer_does_nothing_to_what_was_settled_without_it(void **state)
{
    struct scene *s = *state;
    int64_t row = scene_row(s, ITALIAN);
    struct plant p;

    plant_open(s, &p);
    answer_unheard(s, &p, row,
                   (struct dial_answer){
                       .result = DIAL_REJECTED, .refusal = REFUSAL_REQUEST, .http_status = 422});
    free(testdb_sql(s->db,
                    "UPDATE call_attempts SET state = 'ongoing', provider_call_id = 'call_9'"));
    assert_true(record(&p.app));
    assert_says(s, "(SELECT state = 'ongoing' AND http_status IS NULL FROM call_attempts)");
    assert_says(s, "(SELECT status = 'processing' FROM scheduled_calls)");
    plant_close(&p);
}

/* A replay may come twice: the file is emptied after the record was written. */
static void an_answer_recorded_twice_changes_nothing(void **state)
{
    struct scene *s = *state;
    struct claim c;
    struct op op = testdb_op(s->db, s->tenant);
    const struct dial_answer a = {.result = DIAL_NEVER_SENT, .message = "no route"};

    assert_int_equal(scene_claim(&op, scene_row(s, ITALIAN), &c), CLAIM_INTENT);
    assert_ok(&op, answer_write(&op, &c, &a));
    char *before = testdb_sql(s->db, "SELECT (a, s)::text FROM call_attempts a, scheduled_calls s");
    assert_ok(&op, answer_write(&op, &c, &a));
    char *after = testdb_sql(s->db, "SELECT (a, s)::text FROM call_attempts a, scheduled_calls s");
    assert_string_equal(before, after);
    free(before);
    free(after);
    op_end(&op);
}

static void what_can_never_be_recorded_holds_up_nothing(void **state)
{
    struct scene *s = *state;
    int64_t row = scene_row(s, ITALIAN);
    struct plant p;

    plant_open(s, &p);
    assert_true(spool_keep(p.app.spool, STR("not even JSON")));
    assert_true(spool_keep(p.app.spool, STR("{\"attempt_id\":\"no uuid\",\"tenant_id\":1}")));
    assert_true(spool_keep(
        p.app.spool, STR("{\"attempt_id\":\"no uuid\",\"tenant_id\":1,\"scheduled_call_id\":1,"
                         "\"attempt\":1,\"result\":\"accepted\",\"refusal\":\"none\"}")));
    answer_unheard(s, &p, row,
                   (struct dial_answer){.result = DIAL_ACCEPTED, .provider_call_id = "call_1"});
    assert_true(record(&p.app));
    assert_says(s, "(SELECT state = 'accepted' FROM call_attempts)");
    plant_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCENE(an_answer_is_recorded_when_the_database_is_back),
        SCENE(a_refusal_gives_the_row_back_and_is_heard_by_the_breakers),
        SCENE(an_answer_does_nothing_to_what_was_settled_without_it),
        SCENE(an_answer_recorded_twice_changes_nothing),
        SCENE(what_can_never_be_recorded_holds_up_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

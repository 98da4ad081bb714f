/*
 * test_request_keys.c - requests sent again under an Idempotency-Key, over HTTP: done once,
 * answered alike (S010: no tenant meets another's key).
 */

#include "common/tenant/api_key.h"
#include "common/tenant/request_key.h"
#include "tests/support/api_process.h"
#include "tests/support/check.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ANSWER_MS = 5000 };

struct sent {
    const char *key, *path, *type, *body;
    const char *api_key; /* NULL = the tenant's */
};

static struct probe_answer post(const struct api_process *api, struct sent s)
{
    struct probe_answer a = {0};
    struct probe p;
    char head[2048];
    int n = snprintf(head, sizeof(head),
                     "POST %s HTTP/1.1\r\nHost: h\r\nX-API-Key: %s\r\nIdempotency-Key: %s\r\n"
                     "Content-Type: %s\r\nContent-Length: %zu\r\n\r\n",
                     s.path, s.api_key ? s.api_key : api->key, s.key,
                     s.type ? s.type : "application/json", strlen(s.body));

    probe_open(&p, api->port);
    probe_send(&p, (struct str){head, (size_t)n});
    probe_send(&p, str_of(s.body));
    probe_receive(&p, &a, ANSWER_MS);
    probe_close(&p);
    return a;
}

static struct probe_answer create(const struct api_process *api, const char *key, const char *name)
{
    char body[64];

    snprintf(body, sizeof(body), "{\"name\":\"%s\"}", name);
    return post(api, (struct sent){.key = key, .path = "/api/v1/campaigns", .body = body});
}

static bool is_replay(const struct probe_answer *a)
{
    const char *h = probe_header(a, "Idempotent-Replayed");

    return h && strncmp(h, "true", 4) == 0;
}

static void assert_code(const struct probe_answer *a, int status, const char *code)
{
    char wanted[64];

    snprintf(wanted, sizeof(wanted), "\"code\":\"%s\"", code);
    if (a->status != status || !strstr(a->body, wanted))
        fail_msg("%d: %s", a->status, a->body);
}

static int64_t campaigns(const struct api_process *api)
{
    return testdb_number(api->db, "SELECT count(*) FROM campaigns");
}

static void a_request_sent_again_is_done_once_and_answered_alike(void **state)
{
    struct api_process *api = *state;
    struct probe_answer first = create(api, "k1", "one"), again = create(api, "k1", "one");

    assert_int_equal(first.status, 201);
    assert_false(is_replay(&first));
    assert_int_equal(again.status, 201);
    assert_true(is_replay(&again));
    assert_string_equal(first.body, again.body);
    assert_int_equal(campaigns(api), 1);
    assert_int_equal(testdb_number(api->db, "SELECT count(*) FROM audit_events"), 1);
}

static void without_a_key_it_is_done_each_time(void **state)
{
    struct api_process *api = *state;

    for (int i = 0; i < 2; i++)
        assert_int_equal(
            api_process_ask(api, "POST", "/api/v1/campaigns", STR("{\"name\":\"x\"}")).status, 201);
    assert_int_equal(campaigns(api), 2);
    assert_int_equal(testdb_number(api->db, "SELECT count(*) FROM request_keys"), 0);
}

static void a_key_names_one_request(void **state)
{
    struct api_process *api = *state;
    struct probe_answer a = create(api, "k1", "one");

    assert_int_equal(a.status, 201);
    a = create(api, "k1", "two");
    assert_code(&a, 422, "IDEMPOTENCY_MISMATCH");
    a = post(api,
             (struct sent){.key = "k1", .path = "/api/v1/leads", .body = "{\"name\":\"one\"}"});
    assert_code(&a, 422, "IDEMPOTENCY_MISMATCH");
    assert_int_equal(campaigns(api), 1);
}

static void s010_a_key_is_its_tenants_own(void **state)
{
    struct api_process *api = *state;
    struct op op = testdb_op(api->db, testdb_tenant(api->db));
    struct api_key key = {.name = "test"};
    const char *other;

    assert_ok(&op, api_key_create(&op, &key, &other));
    struct probe_answer first = create(api, "k1", "one");
    struct probe_answer second = post(api, (struct sent){.key = "k1",
                                                         .path = "/api/v1/campaigns",
                                                         .body = "{\"name\":\"one\"}",
                                                         .api_key = other});
    assert_int_equal(first.status, 201);
    assert_int_equal(second.status, 201);
    assert_false(is_replay(&second));
    assert_int_equal(testdb_number(api->db, "SELECT count(DISTINCT tenant_id) FROM campaigns"), 2);
    op_end(&op);
}

static void while_it_runs_the_second_is_told_to_wait(void **state)
{
    struct api_process *api = *state;

    assert_int_equal(create(api, "k1", "one").status, 201);
    free(testdb_sql(api->db, "UPDATE request_keys SET status = NULL, reply = NULL, "
                             "locked_until = clock_timestamp() + INTERVAL '1 hour'"));
    struct probe_answer a = create(api, "k1", "one");
    assert_code(&a, 409, "IDEMPOTENCY_IN_PROGRESS");
    assert_in_range(strtol(probe_header(&a, "Retry-After"), NULL, 10), 3500, 3600);
    assert_int_equal(campaigns(api), 1);

    free(testdb_sql(api->db, "UPDATE request_keys SET locked_until = clock_timestamp()"));
    a = create(api, "k1", "one");
    assert_int_equal(a.status, 201);
    assert_false(is_replay(&a));
    assert_int_equal(campaigns(api), 2);
}

static void wait_until(const struct api_process *api, const char *condition)
{
    for (int i = 0; i < ANSWER_MS; i++) {
        if (testdb_number(api->db, "SELECT (%s)::int", condition))
            return;
        usleep(1000);
    }
    fail_msg("not so in time: %s", condition);
}

#define ASLEEP \
    "EXISTS (SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep' " \
    "AND datname = current_database())"

/* The row is written and the transaction open when the process is killed. */
static void a_crash_in_mid_request_leaves_neither_the_effect_nor_a_stuck_key(void **state)
{
    static const char body[] = "{\"name\":\"one\"}";
    struct api_process *api = *state;
    struct probe p;
    char request[512];

    free(testdb_sql(api->db, "CREATE FUNCTION sleep() RETURNS TRIGGER LANGUAGE plpgsql AS "
                             "'BEGIN PERFORM pg_sleep(4); RETURN NEW; END'"));
    free(testdb_sql(api->db, "CREATE TRIGGER slow AFTER INSERT ON campaigns "
                             "FOR EACH ROW EXECUTE FUNCTION sleep()"));
    snprintf(request, sizeof(request),
             "POST /api/v1/campaigns HTTP/1.1\r\nHost: h\r\nX-API-Key: %s\r\n"
             "Idempotency-Key: k1\r\nContent-Type: application/json\r\n"
             "Content-Length: %zu\r\n\r\n%s",
             api->key, strlen(body), body);
    probe_open(&p, api->port);
    probe_send(&p, str_of(request));
    wait_until(api, ASLEEP);
    kill(api->pid, SIGKILL);
    waitpid(api->pid, NULL, 0);
    api->pid = 0;
    probe_close(&p);
    wait_until(api, "NOT " ASLEEP);
    wait_until(api, "NOT EXISTS (SELECT 1 FROM pg_stat_activity WHERE state <> 'idle' "
                    "AND datname = current_database() AND pid <> pg_backend_pid())");
    assert_int_equal(campaigns(api), 0);
    assert_int_equal(testdb_number(api->db,
                                   "SELECT count(*) FROM request_keys WHERE status IS NULL AND "
                                   "locked_until < clock_timestamp() + INTERVAL '45 s'"),
                     1);
}

static void whoever_was_overtaken_cannot_finish(void **state)
{
    struct api_process *api = *state;
    struct op slow = testdb_op(api->db, api->tenant), quick = testdb_op(api->db, api->tenant);
    struct request_key a = {.key = "k"}, b = {.key = "k"}; /* held for no second */
    struct request_answer answer;

    slow.principal = quick.principal = "aga_live_00000000";
    memset(a.fingerprint, 'a', 64);
    memset(b.fingerprint, 'a', 64);
    assert_ok(&slow, request_key_take(&slow, &a, &answer));
    assert_ok(&quick, request_key_take(&quick, &b, &answer));
    assert_int_equal(answer.status, 0);
    answer = (struct request_answer){.status = 201, .reply = "{}", .about = "{}"};
    assert_false(request_key_done(&slow, &a, &answer));
    assert_int_equal(slow.err.code, E_SERVICE_UNAVAILABLE);
    assert_ok(&quick, request_key_done(&quick, &b, &answer));
    op_end(&slow);
    op_end(&quick);
}

static void a_failure_leaves_the_key_free(void **state)
{
    struct api_process *api = *state;
    struct probe_answer a = create(api, "k1", "");

    assert_code(&a, 422, "VALIDATION_ERROR");
    assert_int_equal(testdb_number(api->db, "SELECT count(*) FROM request_keys"), 0);
    assert_int_equal(create(api, "k1", "one").status, 201);
}

static void a_refusal_is_an_answer_and_recorded_once(void **state)
{
    struct api_process *api = *state;
    struct sent s = {.key = "k1",
                     .path = "/api/v1/calls/outbound",
                     .body = "{\"to_number\":\"+393491234567\",\"from_number\":\"+390212345678\","
                             "\"agent_id\":\"agent_1\"}"};

    free(testdb_sql(api->db,
                    "INSERT INTO numbers (tenant_id, e164, status) "
                    "VALUES (%lld, '+390212345678', 'active')",
                    (long long)api->tenant));
    struct probe_answer first = post(api, s), again = post(api, s);
    assert_code(&first, 409, "COMPLIANCE_VIOLATION");
    assert_int_equal(again.status, 409);
    assert_true(is_replay(&again));
    assert_string_equal(first.body, again.body);
    assert_int_equal(testdb_number(api->db, "SELECT count(*) FROM compliance_checks"), 1);
}

#define FORM(boundary, country, file) \
    "--" boundary "\r\nContent-Disposition: form-data; name=\"country_iso\"\r\n\r\n" country \
    "\r\n--" boundary \
    "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n" file \
    "\r\n--" boundary "--\r\n"

static struct probe_answer import(const struct api_process *api, const char *type, const char *body)
{
    return post(api,
                (struct sent){
                    .key = "up", .path = "/api/v1/leads/bulk-import", .type = type, .body = body});
}

static void an_upload_is_known_by_what_it_says_not_by_its_framing(void **state)
{
    static const char b1[] = "multipart/form-data; boundary=b1",
                      b2[] = "multipart/form-data; boundary=b2";
    struct api_process *api = *state;
    struct probe_answer first = import(api, b1, FORM("b1", "IT", "phone\n+393491234567\n"));
    struct probe_answer again = import(api, b2, FORM("b2", "IT", "phone\n+393491234567\n"));

    assert_int_equal(first.status, 200);
    assert_int_equal(again.status, 200);
    assert_true(is_replay(&again));
    assert_string_equal(first.body, again.body);
    again = import(api, b2, FORM("b2", "IT", "phone\n+393491234568\n"));
    assert_code(&again, 422, "IDEMPOTENCY_MISMATCH");
    again = import(api, b2, FORM("b2", "SM", "phone\n+393491234567\n"));
    assert_code(&again, 422, "IDEMPOTENCY_MISMATCH");
    assert_int_equal(testdb_number(api->db, "SELECT count(*) FROM leads"), 1);
}

static void a_halt_sent_again_is_one_halt(void **state)
{
    struct api_process *api = *state;
    struct sent s = {.key = "h", .path = "/api/v1/halt", .body = "{\"reason\":\"enough\"}"};
    struct probe_answer first = post(api, s), again = post(api, s);

    assert_int_equal(first.status, 200);
    assert_true(is_replay(&again));
    assert_string_equal(first.body, again.body);
}

static void what_no_header_may_be_is_refused(void **state)
{
    struct api_process *api = *state;
    char long_key[300];

    memset(long_key, 'a', sizeof(long_key));
    long_key[256] = '\0';
    assert_int_equal(create(api, long_key, "x").status, 400);
    assert_int_equal(create(api, "two words", "x").status, 400);
    assert_int_equal(create(api, "\xc3\xa9", "x").status, 400);
    assert_int_equal(create(api, "a\r\nIdempotency-Key: b", "x").status, 400);
    long_key[255] = '\0';
    assert_int_equal(create(api, long_key, "x").status, 201);
    assert_int_equal(campaigns(api), 1);
}

static void keys_go_after_their_day(void **state)
{
    struct api_process *api = *state;
    struct op op = testdb_op(api->db, 0);
    int n;

    assert_int_equal(create(api, "k1", "one").status, 201);
    assert_int_equal(create(api, "k2", "two").status, 201);
    free(testdb_sql(api->db, "UPDATE request_keys SET created_at = created_at - INTERVAL '1 day' "
                             "WHERE key = 'k1'"));
    assert_ok(&op, request_key_prune(&op, &n));
    assert_int_equal(n, 1);
    assert_int_equal(testdb_number(api->db, "SELECT count(*) FROM request_keys"), 1);
    op_end(&op);
}

#define API(f) cmocka_unit_test_setup_teardown(f, api_process_start, api_process_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        API(a_request_sent_again_is_done_once_and_answered_alike),
        API(without_a_key_it_is_done_each_time),
        API(a_key_names_one_request),
        API(s010_a_key_is_its_tenants_own),
        API(while_it_runs_the_second_is_told_to_wait),
        API(a_crash_in_mid_request_leaves_neither_the_effect_nor_a_stuck_key),
        API(whoever_was_overtaken_cannot_finish),
        API(a_failure_leaves_the_key_free),
        API(a_refusal_is_an_answer_and_recorded_once),
        API(an_upload_is_known_by_what_it_says_not_by_its_framing),
        API(a_halt_sent_again_is_one_halt),
        API(what_no_header_may_be_is_refused),
        API(keys_go_after_their_day),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/*
 * test_audit_person.c - who is erased is gone from the audit log and from the answers that are kept
 * for requests sent again; that something was done stays (S112).
 */

#include "tests/support/api_process.h"
#include "tests/support/check.h"

#include <stdio.h>
#include <stdlib.h>

#define PHONE "+393491234567"
#define SOMEBODY_ELSE "+393497654321"

static struct probe_answer post(const struct api_process *api, const char *key, const char *path,
                                const char *body)
{
    char headers[256];

    snprintf(headers, sizeof(headers), "X-API-Key: %s\r\nIdempotency-Key: %s\r\n", api->key, key);
    struct probe_answer a = api_process_ask_with(api, headers, "POST", path, str_of(body));
    if (a.status >= 300)
        fail_msg("%s: %d %s", path, a.status, a.body);
    return a;
}

/* Rows of the log, and of the answers that are kept, that tell of whatever is like this. */
static int64_t told(const struct api_process *api, const char *like)
{
    return testdb_number(api->db,
                         "SELECT (SELECT count(*) FROM audit_events e WHERE e::text LIKE '%%%s%%')"
                         " + (SELECT count(*) FROM request_keys k WHERE k::text LIKE '%%%s%%')",
                         like, like);
}

static void tell_of_two_people(const struct api_process *api)
{
    post(api, "k1", "/api/v1/leads", "{\"name\":\"Ada Forgotten\",\"phone\":\"" PHONE "\"}");
    post(api, "k2", "/api/v1/leads", "{\"name\":\"Bob\",\"phone\":\"" SOMEBODY_ELSE "\"}");
    post(api, "k3", "/api/v1/leads/1/consent",
         "{\"status\":\"granted\",\"source\":\"letter of Ada Forgotten\"}");
    post(api, "k4", "/api/v1/compliance/dnc", "{\"e164\":\"\\u002b393491234567\"}");
    post(api, "k5", "/api/v1/compliance/check/pre-call",
         "{\"to_number\":\"" PHONE "\",\"scheduled_time\":\"2030-01-01T12:00:00Z\"}");
}

static void S112_an_erasure_reaches_the_audit_log_and_the_kept_answers(void **state)
{
    struct api_process *api = *state;

    tell_of_two_people(api);
    assert_true(told(api, PHONE) >= 6);
    int64_t events = testdb_number(api->db, "SELECT count(*) FROM audit_events");
    post(api, "k6", "/api/v1/leads/1/erase", "{\"reason\":\"asked by letter\"}");
    assert_int_equal(told(api, PHONE), 0);
    assert_int_equal(told(api, "Ada Forgotten"), 0);
    assert_int_equal(testdb_number(api->db, "SELECT count(*) FROM audit_events"), events + 1);
    assert_int_equal(told(api, SOMEBODY_ELSE), 2);
}

static void S112_what_is_erased_is_not_written_down_by_its_erasure(void **state)
{
    struct api_process *api = *state;

    tell_of_two_people(api);
    post(api, "k6", "/api/v1/leads/1/erase", "{\"reason\":\"asked by letter\"}");
    assert_int_equal(testdb_number(api->db, "SELECT count(*) FROM audit_events WHERE subject = "
                                            "'/api/v1/leads/1/erase' AND status = 202 "
                                            "AND personal::jsonb->'before' = 'null'"),
                     1);
}

#define API(f) cmocka_unit_test_setup_teardown(f, api_process_start, api_process_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        API(S112_an_erasure_reaches_the_audit_log_and_the_kept_answers),
        API(S112_what_is_erased_is_not_written_down_by_its_erasure),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

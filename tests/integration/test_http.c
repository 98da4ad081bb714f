/*
 * test_http.c - agoralia-api itself, as a process on a free port with a real
 * database: its routes, its keys, bad input that must leave nothing behind.
 */

#include "common/base/clock.h"
#include "tests/support/api_process.h"
#include "tests/support/check.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_BODY = 1024 * 1024 };

static struct probe_answer ask(const struct api_process *api, const char *method,
                               const char *target, const char *body)
{
    return api_process_ask(api, method, target, str_of(body));
}

/* A request is counted once its answer is sent: the next one may come before that. */
static bool is_counted(const struct api_process *api, const char *line)
{
    int64_t until = clock_mono_us() + 5000000;

    do {
        struct probe_answer a = probe_ask(api->port, "GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n");
        if (a.status == 200 && strstr(a.body, line))
            return true;
    } while (clock_mono_us() < until && usleep(20000) == 0);
    return false;
}

static void it_says_that_it_lives_and_is_ready(void **state)
{
    struct api_process *api = *state;
    struct probe_answer a = probe_ask(api->port, "GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n");

    assert_int_equal(a.status, 200);
    a = probe_ask(api->port, "GET /readyz HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(a.status, 200);
    a = probe_ask(api->port, "GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n");
    assert_int_equal(a.status, 200);
    assert_memory_equal(probe_header(&a, "Content-Type"), "text/plain; version=0.0.4", 25);
    assert_true(is_counted(api, "agoralia_http_requests_total{route=\"/readyz\",method=\"GET\","
                                "status=\"200\"} 1\n"));
}

/* Every route of the table that is not public. */
static const struct {
    const char *method, *path, *role;
} routes[] = {
#define ROUTE(method, path, handler, role, kind, summary) {#method, path, #role},
#include "api/routes.def"
#undef ROUTE
};

/* A path that a pattern takes: 1 for each parameter. */
static void fill(char *out, size_t size, const char *pattern)
{
    size_t n = 0;

    for (const char *p = pattern; *p && n + 2 < size; p++) {
        if (*p != '{') {
            out[n++] = *p;
            continue;
        }
        bool country = strncmp(p, "{country_iso}", 13) == 0;
        n += (size_t)snprintf(out + n, size - n, "%s", country ? "IT" : "1");
        p = strchr(p, '}');
    }
    out[n] = '\0';
}

static void no_route_answers_without_a_key(void **state)
{
    static const char *const credentials[] = {
        "", "X-API-Key: aga_live_00000000_0000000000000000000000000000000000000000000_00000000\r\n",
        "X-API-Key: \r\n", "Authorization: Bearer x\r\n", "Authorization: Basic eDp5\r\n"};
    struct api_process *api = *state;

    for (size_t i = 0; i < ARRAY_LEN(routes); i++)
        for (size_t k = 0; k < ARRAY_LEN(credentials); k++) {
            char path[128], request[512];
            if (strcmp(routes[i].role, "PUBLIC") == 0)
                continue;
            fill(path, sizeof(path), routes[i].path);
            snprintf(request, sizeof(request), "%s %s HTTP/1.1\r\nHost: h\r\n%s\r\n",
                     routes[i].method, path, credentials[k]);
            struct probe_answer a = probe_ask(api->port, request);
            if (a.status != 401)
                fail_msg("%s\nanswered %d: %s", request, a.status, a.body);
        }
}

static void a_key_opens_its_own_tenant(void **state)
{
    struct api_process *api = *state;
    char request[512];
    struct probe_answer a = ask(api, "POST", "/api/v1/campaigns", "{\"name\":\"Q1\"}");

    assert_int_equal(a.status, 201);
    assert_int_equal(testdb_number(api->db, "SELECT tenant_id FROM campaigns"), api->tenant);
    snprintf(request, sizeof(request),
             "GET /api/v1/campaigns HTTP/1.1\r\nHost: h\r\nAuthorization: bearer %s\r\n\r\n",
             api->key);
    a = probe_ask(api->port, request);
    assert_int_equal(a.status, 200);
    assert_non_null(strstr(a.body, "\"name\":\"Q1\""));
}

#define NAME64 "0123456789012345678901234567890123456789012345678901234567890123"

/* Bodies for POST /api/v1/campaigns: none may leave a row. */
static const struct {
    const char *body;
    int status;
    const char *field; /* named in details */
} bad[] = {
    {"", 422, NULL},
    {"null", 422, NULL},
    {"[]", 422, NULL},
    {"\"name\"", 422, NULL},
    {"{}", 422, "name"},
    {"{\"name\":null}", 422, "name"},
    {"{\"name\":\"\"}", 422, "name"},
    {"{\"name\":1}", 422, "name"},
    {"{\"name\":[\"a\"]}", 422, "name"},
    {"{\"name\":{\"a\":1}}", 422, "name"},
    {"{\"name\":\"" NAME64 NAME64 NAME64 NAME64 "\"}", 422, "name"},
    {"{\"name\":\"a\",\"spacing_seconds\":-1}", 422, "spacing_seconds"},
    {"{\"name\":\"a\",\"spacing_seconds\":2147483648}", 422, "spacing_seconds"},
    {"{\"name\":\"a\",\"spacing_seconds\":1e308}", 422, "spacing_seconds"},
    {"{\"name\":\"a\",\"spacing_seconds\":1.5}", 422, "spacing_seconds"},
    {"{\"name\":\"a\",\"spacing_seconds\":\"60\"}", 422, "spacing_seconds"},
    {"{\"name\":\"a\",\"max_calls_per_day\":0}", 422, "max_calls_per_day"},
    {"{\"name\":\"a\",\"max_calls_per_day\":18446744073709551616}", 422, "max_calls_per_day"},
    {"{\"name\":\"a\",\"exclude_dnc\":\"yes\"}", 422, "exclude_dnc"},
    {"{\"name\":\"a\",\"exclude_dnc\":null}", 422, "exclude_dnc"},
    {"{\"name\":\"a\",\"quiet_hours\":\"25:00-08:00\"}", 422, "quiet_hours"},
    {"{\"name\":\"a\",\"timezone\":\"../../etc/passwd\"}", 422, "timezone"},
    {"{\"name\":\"a\",\"from_number\":\"+39\\r\\nX: 1\"}", 422, "from_number"},
    {"{\"name\":\"a\",\"start_date\":\"2024-01-15T09:00:00\"}", 422, "start_date"},
    {"{\"name\":\"a\",\"start_date\":\"2024-02-30T09:00:00Z\"}", 422, "start_date"},
    {"{\"name\":\"a\",\"start_date\":\"9999-99-99T24:61:61+25:00\"}", 422, "start_date"},
    {"{\"name\":\"a\",\"start_date\":1705305600}", 422, "start_date"},
    {"{\"name\":\"a\",\"lead_filters\":[]}", 422, "lead_filters"},
    {"{\"name\":\"a\",\"id\":7}", 422, "id"},
    {"{\"name\":\"a\",\"status\":\"running\"}", 422, "status"},
    {"{\"name\":\"a\",\"tenant_id\":7}", 422, "tenant_id"},
    {"{\"name\":\"a\",\"Name\":\"b\"}", 422, "Name"},
    {"{\"name\":\"a\",\"\":1}", 422, ""},
    {"{\"name\":\"a\",\"name\":\"b\"}", 400, NULL},
    {"{\"name\":\"a\",\"metadata\":{\"k\":1,\"k\":2}}", 400, NULL},
    {"{\"name\":\"a\",\"n\\u0061me\":\"b\"}", 400, NULL},
    {"{\"name\":\"a\\u0000b\"}", 400, NULL},
    {"{\"name\":\"\\ud800\"}", 400, NULL},
    {"{\"name\":\"\xFF\"}", 400, NULL},
    {"{\"name\":\"\xC0\x80\"}", 400, NULL},
    {"{\"name\":\"\xED\xA0\x80\"}", 400, NULL},
    {"\xEF\xBB\xBF{\"name\":\"a\"}", 400, NULL},
    {"{\"name\":\"a\nb\"}", 400, NULL},
    {"{\"name\":\"a\"} {}", 400, NULL},
    {"{\"name\":\"a\",}", 400, NULL},
    {"{'name':'a'}", 400, NULL},
    {"{\"name\":\"a\"/**/}", 400, NULL},
    {"{\"name\":\"a\",\"spacing_seconds\":060}", 400, NULL},
    {"{\"name\":\"a\",\"spacing_seconds\":NaN}", 400, NULL},
    {"{\"name\":\"a\"", 400, NULL},
};

static void a_bad_body_is_refused_by_field_and_writes_nothing(void **state)
{
    struct api_process *api = *state;

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct probe_answer a = ask(api, "POST", "/api/v1/campaigns", bad[i].body);
        char want[64];
        snprintf(want, sizeof(want), "\"details\":{\"%s\":", bad[i].field ? bad[i].field : "");
        if (a.status != bad[i].status || (bad[i].field && !strstr(a.body, want)))
            fail_msg("%s\nanswered %d: %s", bad[i].body, a.status, a.body);
    }
    assert_int_equal(testdb_number(api->db, "SELECT count(*) FROM campaigns"), 0);
}

static void all_complaints_come_at_once(void **state)
{
    struct probe_answer a =
        ask(*state, "POST", "/api/v1/campaigns", "{\"spacing_seconds\":-1,\"nope\":1}");

    assert_int_equal(a.status, 422);
    assert_non_null(strstr(a.body, "\"name\":\"is required\""));
    assert_non_null(strstr(a.body, "\"spacing_seconds\":"));
    assert_non_null(strstr(a.body, "\"nope\":"));
}

static void a_nul_byte_in_a_body_is_malformed(void **state)
{
    static const char body[] = "{\"name\":\"a\0b\"}";
    struct probe_answer a =
        api_process_ask(*state, "POST", "/api/v1/campaigns", (struct str){body, sizeof(body) - 1});

    assert_int_equal(a.status, 400);
}

static void a_body_of_ten_megabytes_is_too_large(void **state)
{
    static char body[10 * 1024 * 1024];
    struct probe_answer a;

    memset(body, ' ', sizeof(body));
    a = api_process_ask(*state, "POST", "/api/v1/campaigns", (struct str){body, sizeof(body)});
    assert_int_equal(a.status, 413);
}

static void the_largest_body_is_read_whatever_it_holds(void **state)
{
    static char body[MAX_BODY];
    static const struct {
        const char *begin;
        char fill;
    } bodies[] = {{"{\"name\":\"a\"}", ' '}, {"", '['}, {"{\"name\":\"", 'a'}};
    static const int status[] = {201, 400, 400};

    for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
        memset(body, bodies[i].fill, sizeof(body));
        memcpy(body, bodies[i].begin, strlen(bodies[i].begin));
        struct probe_answer a =
            api_process_ask(*state, "POST", "/api/v1/campaigns", (struct str){body, sizeof(body)});
        assert_int_equal(a.status, status[i]);
    }
}

/* Query strings for GET /api/v1/campaigns, and the parameter each complaint names. */
static const struct {
    const char *query, *field;
} bad_queries[] = {
    {"limit=0", "limit"},
    {"limit=-1", "limit"},
    {"limit=1000000000", "limit"},
    {"limit=2147483648", "limit"},
    {"limit=9223372036854775808", "limit"},
    {"limit=abc", "limit"},
    {"limit=1&limit=2", "limit"},
    {"limit=%00", "limit"},
    {"limit=%zz", "limit"},
    {"offset=-1", "offset"},
    {"offset=9223372036854775808", "offset"},
    {"status=flying", "status"},
    {"status=%FF", "status"},
    {"nope=1", "nope"},
    {"tenant_id=1", "tenant_id"},
};

static void a_bad_query_is_refused_by_parameter(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(bad_queries); i++) {
        char target[128], want[64];
        snprintf(target, sizeof(target), "/api/v1/campaigns?%s", bad_queries[i].query);
        snprintf(want, sizeof(want), "\"details\":{\"%s\":", bad_queries[i].field);
        struct probe_answer a = ask(*state, "GET", target, NULL);
        if (a.status != 422 || !strstr(a.body, want))
            fail_msg("%s answered %d: %s", target, a.status, a.body);
    }
}

static void term_ends_the_process_with_zero(void **state)
{
    struct api_process *api = *state;
    char line[4096];
    bool said = false;
    int status = -1;

    assert_int_equal(kill(api->pid, SIGTERM), 0);
    while (fgets(line, sizeof(line), api->log))
        said |= strstr(line, "\"msg\":\"api.stopped\"") != NULL;
    assert_int_equal(waitpid(api->pid, &status, 0), api->pid);
    api->pid = 0;
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_true(said);
}

static void the_log_holds_no_key_and_no_query(void **state)
{
    struct api_process *api = *state;
    char line[4096];
    int lines = 0;

    assert_int_equal(ask(api, "GET", "/api/v1/campaigns?limit=7", NULL).status, 200);
    assert_int_equal(kill(api->pid, SIGTERM), 0);
    while (fgets(line, sizeof(line), api->log)) {
        assert_null(strstr(line, api->key));
        assert_null(strstr(line, "limit=7"));
        lines += strstr(line, "\"msg\":\"http.request\"")
                 && strstr(line, "\"route\":\"/api/v1/campaigns\"")
                 && strstr(line, "\"status\":200") && strstr(line, "\"tenant_id\":");
    }
    assert_int_equal(lines, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_says_that_it_lives_and_is_ready, api_process_start,
                                        api_process_stop),
        cmocka_unit_test_setup_teardown(no_route_answers_without_a_key, api_process_start,
                                        api_process_stop),
        cmocka_unit_test_setup_teardown(a_key_opens_its_own_tenant, api_process_start,
                                        api_process_stop),
        cmocka_unit_test_setup_teardown(a_bad_body_is_refused_by_field_and_writes_nothing,
                                        api_process_start, api_process_stop),
        cmocka_unit_test_setup_teardown(all_complaints_come_at_once, api_process_start,
                                        api_process_stop),
        cmocka_unit_test_setup_teardown(a_nul_byte_in_a_body_is_malformed, api_process_start,
                                        api_process_stop),
        cmocka_unit_test_setup_teardown(a_body_of_ten_megabytes_is_too_large, api_process_start,
                                        api_process_stop),
        cmocka_unit_test_setup_teardown(the_largest_body_is_read_whatever_it_holds,
                                        api_process_start, api_process_stop),
        cmocka_unit_test_setup_teardown(a_bad_query_is_refused_by_parameter, api_process_start,
                                        api_process_stop),
        cmocka_unit_test_setup_teardown(term_ends_the_process_with_zero, api_process_start,
                                        api_process_stop),
        cmocka_unit_test_setup_teardown(the_log_holds_no_key_and_no_query, api_process_start,
                                        api_process_stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

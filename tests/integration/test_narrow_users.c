/* test_narrow_users.c - a user who is limited to some campaigns, at every route. */

#include "api/route_table.h"
#include "common/identity/link.h"
#include "tests/support/api_process.h"
#include "tests/support/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PASSWORD "correct horse battery"

static struct probe_answer ask(const struct api_process *api, const char *headers,
                               const char *method, const char *path, const char *body)
{
    return api_process_ask_with(api, headers, method, path, body ? str_of(body) : (struct str){0});
}

/* Two campaigns of the tenant's own, 1 and 2, and a call of each. */
static void make_campaigns(const struct api_process *api)
{
    for (int i = 1; i <= 2; i++) {
        struct probe_answer a =
            api_process_ask(api, "POST", "/api/v1/campaigns", STR("{\"name\":\"x\"}"));
        assert_int_equal(a.status, 201);
        free(testdb_sql(api->db,
                        "INSERT INTO calls (tenant_id, call_id, campaign_id, status, direction) "
                        "VALUES (%lld, 'call_%d', %d, 'completed', 'outbound')",
                        (long long)api->tenant, i, i));
    }
}

/* Invited with those campaigns; the header line of their token. */
static void come_in(struct api_process *api, enum user_role role, const char *campaigns,
                    char bearer[1200])
{
    struct op op = testdb_op(api->db, api->tenant);
    struct invitation i = {.email = "ada@example.com", .role = (int)role, .campaigns = {campaigns}};
    const char *url;
    char body[512];

    assert_ok(&op, invitation_make(&op, &i, &url));
    snprintf(body, sizeof(body), "{\"token\":\"%s\",\"password\":\"" PASSWORD "\"}",
             strchr(url, '#') + 1);
    op_end(&op);
    assert_int_equal(ask(api, "", "POST", "/api/v1/auth/invitations/accept", body).status, 201);
    struct probe_answer a = ask(api, "", "POST", "/api/v1/auth/login",
                                "{\"email\":\"ada@example.com\",\"password\":\"" PASSWORD "\"}");
    assert_int_equal(a.status, 200);
    const char *token = strstr(a.body, "\"access_token\":\"") + strlen("\"access_token\":\"");
    snprintf(bearer, 1200, "Authorization: Bearer %.*s\r\n", (int)strcspn(token, "\""), token);
}

static void theirs_are_there_and_others_are_not(void **state)
{
    static const struct {
        const char *path;
        int status;
    } cases[] = {
        {"/api/v1/campaigns/1", 200},
        {"/api/v1/campaigns/2", 404},
        {"/api/v1/campaigns/1/stats", 200},
        {"/api/v1/campaigns/2/stats", 404},
        {"/api/v1/calls?campaign_id=1", 200},
        {"/api/v1/calls?campaign_id=2", 422},
        {"/api/v1/calls", 422},
        {"/api/v1/calls/call_1", 200},
        {"/api/v1/calls/call_2", 404},
        {"/api/v1/leads", 403},
        {"/api/v1/users/me", 200},
    };
    struct api_process *api = *state;
    char bearer[1200];

    make_campaigns(api);
    come_in(api, USER_USER, "[1]", bearer);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct probe_answer a = ask(api, bearer, "GET", cases[i].path, NULL);
        if (a.status != cases[i].status)
            fail_msg("%s: %d %s", cases[i].path, a.status, a.body);
    }
    struct probe_answer a = ask(api, bearer, "GET", "/api/v1/campaigns", NULL);
    assert_non_null(strstr(a.body, "\"total\":1"));
    assert_null(strstr(a.body, "\"id\":2,"));
    assert_int_equal(ask(api, bearer, "PATCH", "/api/v1/campaigns/2", "{\"name\":\"mine\"}").status,
                     404);
    assert_int_equal(ask(api, bearer, "PATCH", "/api/v1/campaigns/1", "{\"name\":\"mine\"}").status,
                     200);
}

/* A path that a pattern takes, of a campaign that is not theirs. */
static void fill(char *out, size_t size, const char *pattern)
{
    size_t n = 0;

    for (const char *p = pattern; *p && n + 6 < size; p++) {
        if (*p != '{') {
            out[n++] = *p;
            continue;
        }
        bool country = strncmp(p, "{country_iso}", 13) == 0;
        n += (size_t)snprintf(out + n, size - n, "%s", country ? "IT" : "2");
        p = strchr(p, '}');
    }
    out[n] = '\0';
}

static void every_route_is_shut_but_those_that_say_they_are_not(void **state)
{
    const struct routes routes = routes_all();
    struct api_process *api = *state;
    char bearer[1200], path[128];
    int shut = 0;

    make_campaigns(api);
    come_in(api, USER_USER, "[1]", bearer);
    for (size_t i = 0; i < routes.n; i++) {
        const struct route *r = &routes.items[i];
        bool about = str_starts(str_of(r->path), STR(ROUTE_OF_CAMPAIGN));
        if (r->role == ROLE_PUBLIC || (r->manner.narrow && !about))
            continue;
        fill(path, sizeof(path), r->path);
        struct probe_answer a = ask(api, bearer, r->method, path, NULL);
        shut++;
        if (a.status != (about && r->role <= ROLE_USER ? 404 : 403))
            fail_msg("%s %s: %d %s", r->method, path, a.status, a.body);
    }
    assert_true(shut > 40);
}

static void limits_are_of_the_tenants_campaigns_and_of_no_admin(void **state)
{
    static const struct {
        int role;
        const char *campaigns;
    } bad[] = {{USER_ADMIN, "[1]"}, {USER_USER, "[1,1]"},   {USER_USER, "[3]"},
               {USER_USER, "[]"},   {USER_USER, "[\"1\"]"}, {USER_USER, "[0]"}};
    struct api_process *api = *state;
    struct op op = testdb_op(api->db, api->tenant);
    const char *url;

    make_campaigns(api);
    free(testdb_sql(api->db, "INSERT INTO campaigns (tenant_id, name) VALUES (%lld, 'theirs')",
                    (long long)testdb_tenant(api->db)));
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct invitation v = {
            .email = "a@example.com", .role = bad[i].role, .campaigns = {bad[i].campaigns}};
        assert_fails(&op, E_VALIDATION_ERROR, invitation_make(&op, &v, &url));
        op_forgive(&op);
    }
    op_end(&op);
}

static void other_limits_end_the_session(void **state)
{
    struct api_process *api = *state;
    char bearer[1200], path[64];

    make_campaigns(api);
    come_in(api, USER_VIEWER, "[1]", bearer);
    snprintf(path, sizeof(path), "/api/v1/users/%lld",
             (long long)testdb_number(api->db, "SELECT id FROM users"));
    assert_int_equal(api_process_ask(api, "PATCH", path, STR("{\"campaigns\":[2]}")).status, 200);
    for (int i = 0; i < 700 && ask(api, bearer, "GET", "/api/v1/campaigns/1", NULL).status != 401;
         i++)
        usleep(10000);
    assert_int_equal(ask(api, bearer, "GET", "/api/v1/campaigns/1", NULL).status, 401);
}

#define API(f) cmocka_unit_test_setup_teardown(f, api_process_start, api_process_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        API(theirs_are_there_and_others_are_not),
        API(every_route_is_shut_but_those_that_say_they_are_not),
        API(limits_are_of_the_tenants_campaigns_and_of_no_admin),
        API(other_limits_end_the_session),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

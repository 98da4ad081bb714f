/* test_router.c - paths against routes.def itself, without its handlers. */

#include "api/router.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct route table[] = {
#define ROUTE(method, path, handler, role, kind, summary) \
    {#method, path, NULL, ROLE_##role, KIND_##kind, summary, false, {0}},
#include "api/routes.def"
#undef ROUTE
};

static const struct routes routes = {table, ARRAY_LEN(table)};

static const struct {
    const char *method, *path;
    const char *want; /* the pattern, "404", or the Allow header of a 405 */
    int64_t id;
} cases[] = {
    {"GET", "/healthz", "/healthz", 0},
    {"GET", "/api/v1/campaigns", "/api/v1/campaigns", 0},
    {"POST", "/api/v1/campaigns", "/api/v1/campaigns", 0},
    {"GET", "/api/v1/campaigns/7", "/api/v1/campaigns/{campaign_id}", 7},
    {"POST", "/api/v1/campaigns/7/start", "/api/v1/campaigns/{campaign_id}/start", 7},
    {"GET", "/api/v1/campaigns/9223372036854775807", "/api/v1/campaigns/{campaign_id}", INT64_MAX},
    {"GET", "/api/v1/calls/call_01h", "/api/v1/calls/{call_id}", 0},
    {"POST", "/api/v1/calls/outbound", "/api/v1/calls/outbound", 0},
    {"DELETE", "/api/v1/compliance/dnc/5", "/api/v1/compliance/dnc/{entry_id}", 5},
    {"POST", "/api/v1/countries/IT/halt", "/api/v1/countries/{country_iso}/halt", 0},
    {"POST", "/api/v1/countries/ITA/halt", "404", 0},
    {"POST", "/api/v1/countries/1T/halt", "404", 0},
    {"DELETE", "/api/v1/halts/5", "/api/v1/halts/{halt_id}", 5},
    {"POST", "/api/v1/leads/bulk-import", "/api/v1/leads/bulk-import", 0},

    {"GET", "", "404", 0},
    {"GET", "/", "404", 0},
    {"GET", "/healthz/", "404", 0},
    {"GET", "/healthzz", "404", 0},
    {"GET", "/health", "404", 0},
    {"GET", "/HEALTHZ", "404", 0},
    {"GET", "/API/V1/campaigns", "404", 0},
    {"GET", "/api/v1/campaigns/", "404", 0},
    {"GET", "/api/v1/campaigns//start", "404", 0},
    {"POST", "/api/v1/campaigns/7/start/", "404", 0},
    {"POST", "/api/v1/campaigns/7/startx", "404", 0},
    {"GET", "/api/v1/campaigns/0", "404", 0},
    {"GET", "/api/v1/campaigns/07", "404", 0},
    {"GET", "/api/v1/campaigns/-7", "404", 0},
    {"GET", "/api/v1/campaigns/+7", "404", 0},
    {"GET", "/api/v1/campaigns/7.0", "404", 0},
    {"GET", "/api/v1/campaigns/9223372036854775808", "404", 0},
    {"GET", "/api/v1/campaigns/99999999999999999999999", "404", 0},
    {"GET", "/api/v1/campaigns/{campaign_id}", "404", 0},
    {"GET", "/api/v1/calls/Call_01h", "404", 0},
    {"GET", "/api/v1/calls/a-b", "404", 0},
    {"GET", "/api/v1/calls/a234567890123456789012345678901234567890123456789012345678901234",
     "/api/v1/calls/{call_id}", 0},
    {"GET", "/api/v1/calls/a2345678901234567890123456789012345678901234567890123456789012345",
     "404", 0},

    {"PUT", "/api/v1/campaigns", "GET, POST", 0},
    {"HEAD", "/healthz", "GET", 0},
    {"OPTIONS", "/api/v1/campaigns/7", "GET, PATCH", 0},
    {"DELETE", "/api/v1/campaigns/7/start", "POST", 0},
    {"get", "/healthz", "GET", 0},
    {"GET", "/api/v1/calls/outbound", "POST", 0}, /* not the call named outbound */
    {"GET", "/api/v1/leads/bulk-import", "POST", 0},
};

static void every_path_is_matched_exactly(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct op op = {0};
        struct req req = {.path = str_of(cases[i].path)};
        const char *allow = NULL, *got = "404";

        if (router_match(&op, &routes, str_of(cases[i].method), &req, &allow))
            got = req.route->path;
        else if (op.err.code == E_METHOD_NOT_ALLOWED)
            got = allow;
        else
            assert_int_equal(op.err.code, E_RESOURCE_NOT_FOUND);
        if (strcmp(got, cases[i].want) != 0 || req.ids[0] != cases[i].id)
            fail_msg("%s %s: %s, not %s", cases[i].method, cases[i].path, got, cases[i].want);
        if (req.route)
            assert_string_equal(req.route->method, cases[i].method);
        op_end(&op);
    }
}

static void parameters_are_handed_on_in_order(void **state)
{
    static const struct route two[] = {{.method = "GET", .path = "/a/{a_id}/b/{call_id}"}};
    struct op op = {0};
    struct req req = {.path = STR("/a/12/b/call_x")};
    const char *allow = NULL;
    (void)state;

    assert_true(router_match(&op, &(struct routes){two, 1}, STR("GET"), &req, &allow));
    assert_int_equal(req.ids[0], 12);
    assert_true(str_eq(req.params[0], STR("12")) && str_eq(req.params[1], STR("call_x")));
    op_end(&op);
}

static void every_route_says_what_it_is(void **state)
{
    (void)state;
    for (size_t i = 0; i < routes.n; i++) {
        assert_true(table[i].summary[0] != '\0');
        assert_true(table[i].path[0] == '/');
        for (size_t j = 0; j < i; j++)
            assert_false(strcmp(table[i].path, table[j].path) == 0
                         && strcmp(table[i].method, table[j].method) == 0);
        if (strcmp(table[i].method, "GET") == 0)
            assert_int_equal(table[i].kind, KIND_NONE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_path_is_matched_exactly),
        cmocka_unit_test(parameters_are_handed_on_in_order),
        cmocka_unit_test(every_route_says_what_it_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

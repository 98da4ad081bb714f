/*
 * test_identity_http.c - the door itself, as a process: who may come to which route, with which
 * credential, and what a client is told.
 */

#include "common/base/json.h"
#include "common/identity/link.h"
#include "tests/support/api_process.h"
#include "tests/support/check.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PASSWORD "correct horse battery"

struct visitor {
    char access[1024], refresh[64], bearer[1200]; /* bearer: the header line */
};

static const struct {
    const char *method, *path, *role;
} routes[] = {
#define ROUTE(method, path, handler, role, kind, summary) {#method, path, #role},
#include "api/routes.def"
#undef ROUTE
};

static struct probe_answer post(const struct api_process *api, const char *headers,
                                const char *target, const char *body)
{
    return api_process_ask_with(api, headers, "POST", target, str_of(body));
}

static void copy_member(const struct probe_answer *a, const char *name, char *out, size_t size)
{
    char key[64];

    snprintf(key, sizeof(key), "\"%s\":\"", name);
    const char *at = strstr(a->body, key);
    if (!at)
        fail_msg("no %s in %s", name, a->body);
    at += strlen(key);
    snprintf(out, size, "%.*s", (int)strcspn(at, "\""), at);
}

static void read_tokens(const struct probe_answer *a, struct visitor *v)
{
    if (a->status != 200)
        fail_msg("%d: %s", a->status, a->body);
    copy_member(a, "access_token", v->access, sizeof(v->access));
    copy_member(a, "refresh_token", v->refresh, sizeof(v->refresh));
    snprintf(v->bearer, sizeof(v->bearer), "Authorization: Bearer %s\r\n", v->access);
}

/* Invited by the operator, accepted and signed in through the door. */
static void come_in(struct api_process *api, const char *email, enum user_role role,
                    struct visitor *v)
{
    struct op op = testdb_op(api->db, api->tenant);
    struct invitation i = {.email = email, .role = (int)role};
    const char *url;
    char body[512];

    assert_ok(&op, invitation_make(&op, &i, &url));
    snprintf(body, sizeof(body),
             "{\"token\":\"%s\",\"name\":\"Ada\",\"password\":\"" PASSWORD "\"}",
             strchr(url, '#') + 1);
    op_end(&op);
    struct probe_answer a = post(api, "", "/api/v1/auth/invitations/accept", body);
    if (a.status != 201)
        fail_msg("%d: %s", a.status, a.body);
    assert_null(strstr(a.body, "password"));
    snprintf(body, sizeof(body), "{\"email\":\"%s\",\"password\":\"" PASSWORD "\"}", email);
    a = post(api, "", "/api/v1/auth/login", body);
    read_tokens(&a, v);
}

static struct probe_answer get(const struct api_process *api, const char *headers,
                               const char *target)
{
    return api_process_ask_with(api, headers, "GET", target, (struct str){0});
}

static void a_session_lives_by_refreshing_and_ends_by_signing_out(void **state)
{
    struct api_process *api = *state;
    struct visitor v, next;
    char body[256];

    come_in(api, "ada@example.com", USER_VIEWER, &v);
    struct probe_answer a = get(api, v.bearer, "/api/v1/users/me");
    assert_int_equal(a.status, 200);
    assert_non_null(
        strstr(a.body, "\"email\":\"ada@example.com\",\"name\":\"Ada\",\"role\":\"viewer\""));
    snprintf(body, sizeof(body), "{\"refresh_token\":\"%s\"}", v.refresh);
    a = post(api, "", "/api/v1/auth/refresh", body);
    read_tokens(&a, &next);
    assert_non_null(strstr(a.body, "\"token_type\":\"Bearer\",\"expires_in\":600"));
    assert_int_equal(post(api, next.bearer, "/api/v1/auth/logout", NULL).status, 204);
    snprintf(body, sizeof(body), "{\"refresh_token\":\"%s\"}", next.refresh);
    a = post(api, "", "/api/v1/auth/refresh", body);
    assert_int_equal(a.status, 401);
    assert_non_null(probe_header(&a, "WWW-Authenticate"));
    for (int i = 0; i < 700 && get(api, next.bearer, "/api/v1/users/me").status != 401; i++)
        usleep(10000);
    assert_int_equal(get(api, next.bearer, "/api/v1/users/me").status, 401);
}

static int rank(const char *role)
{
    static const char *const roles[] = {"PUBLIC", "VIEWER", "USER", "ADMIN", NULL};

    return label_find(roles, str_of(role));
}

/* A path that a pattern takes; no such row exists. */
static void fill(char *out, size_t size, const char *pattern)
{
    size_t n = 0;

    for (const char *p = pattern; *p && n + 6 < size; p++) {
        if (*p != '{') {
            out[n++] = *p;
            continue;
        }
        bool country = strncmp(p, "{country_iso}", 13) == 0;
        n += (size_t)snprintf(out + n, size - n, "%s", country ? "IT" : "77777");
        p = strchr(p, '}');
    }
    out[n] = '\0';
}

/* As clients do: an export counts as one until its connection's end is seen. */
static struct probe_answer insist(const struct api_process *api, const char *headers,
                                  const char *method, const char *path)
{
    struct probe_answer a = {0};

    for (int i = 0; i < 500; i++) {
        a = api_process_ask_with(api, headers, method, path, (struct str){0});
        if (a.status != 503 && a.status != 429)
            break;
        usleep(10000);
    }
    return a;
}

static void S016_S017_a_role_comes_to_its_routes_and_to_no_other(void **state)
{
    static const char *const emails[] = {"v@example.com", "u@example.com", "a@example.com"};
    struct api_process *api = *state;
    int denied = 0;

    for (int role = USER_VIEWER; role <= USER_ADMIN; role++) {
        struct visitor v;
        come_in(api, emails[role], (enum user_role)role, &v);
        for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
            char path[128];
            int needed = rank(routes[i].role);
            bool ends = strstr(routes[i].path, "/auth/logout") != NULL;
            if (needed == 0 || (ends && needed <= role + 1))
                continue;
            fill(path, sizeof(path), routes[i].path);
            struct probe_answer a = insist(api, v.bearer, routes[i].method, path);
            bool may = needed <= role + 1;
            denied += !may;
            if (a.status == 401 || (a.status == 403) == may)
                fail_msg("%s %s as %s answered %d: %s", routes[i].method, path, emails[role],
                         a.status, a.body);
        }
    }
    assert_true(denied > 20);
}

static void S018_nobody_gives_oneself_another_role(void **state)
{
    struct api_process *api = *state;
    struct visitor v;

    come_in(api, "ada@example.com", USER_USER, &v);
    assert_int_equal(post(api, v.bearer, "/api/v1/auth/invitations",
                          "{\"email\":\"eve@example.com\",\"role\":\"admin\"}")
                         .status,
                     403);
    assert_int_equal(
        api_process_ask_with(api, v.bearer, "PATCH", "/api/v1/users/1", STR("{\"role\":\"admin\"}"))
            .status,
        403);
    /* And an admin cannot make a platform's one, or another e-mail address. */
    struct probe_answer a = api_process_ask(api, "PATCH", "/api/v1/users/1",
                                            STR("{\"platform\":true,\"email\":\"x@example.com\"}"));
    assert_int_equal(a.status, 422);
    assert_non_null(strstr(a.body, "\"platform\":"));
    assert_non_null(strstr(a.body, "\"email\":"));
    assert_int_equal(testdb_number(api->db, "SELECT count(*) FROM users WHERE role = 'user'"), 1);
}

static void S035_two_credentials_are_malformed(void **state)
{
    struct api_process *api = *state;
    struct visitor v;
    char headers[4096];

    come_in(api, "ada@example.com", USER_ADMIN, &v);
    snprintf(headers, sizeof(headers), "%sX-API-Key: %s\r\n", v.bearer, api->key);
    assert_int_equal(get(api, headers, "/api/v1/campaigns").status, 400);
    snprintf(headers, sizeof(headers), "%s%s", v.bearer, v.bearer);
    assert_int_equal(get(api, headers, "/api/v1/campaigns").status, 400);
    snprintf(headers, sizeof(headers), "Authorization: Bearer %s, Bearer %s\r\n", v.access,
             v.access);
    assert_int_equal(get(api, headers, "/api/v1/campaigns").status, 400);
    snprintf(headers, sizeof(headers), "Authorization: Bearer %s,%s\r\n", api->key, v.access);
    assert_int_equal(get(api, headers, "/api/v1/campaigns").status, 400);
    /* Nor is either taken for the other. */
    snprintf(headers, sizeof(headers), "X-API-Key: %s\r\n", v.access);
    assert_int_equal(get(api, headers, "/api/v1/campaigns").status, 401);
    snprintf(headers, sizeof(headers), "Authorization: Basic %s\r\n", v.access);
    assert_int_equal(get(api, headers, "/api/v1/campaigns").status, 401);
    snprintf(headers, sizeof(headers), "Authorization: Bearer %s\r\n", v.refresh);
    assert_int_equal(get(api, headers, "/api/v1/campaigns").status, 401);
    assert_int_equal(get(api, v.bearer, "/api/v1/campaigns").status, 200);
}

static void an_api_key_goes_on_working_but_is_nobody(void **state)
{
    struct api_process *api = *state;

    assert_int_equal(api_process_ask(api, "GET", "/api/v1/users", (struct str){0}).status, 200);
    assert_int_equal(api_process_ask(api, "GET", "/api/v1/users/me", (struct str){0}).status, 403);
    assert_int_equal(api_process_ask(api, "POST", "/api/v1/auth/logout", (struct str){0}).status,
                     403);
    assert_int_equal(
        api_process_ask(api, "POST", "/api/v1/auth/password",
                        STR("{\"current_password\":\"x\",\"new_password\":\"" PASSWORD "\"}"))
            .status,
        403);
}

static void S053_a_network_is_the_proxys_word_and_waits_have_a_time(void **state)
{
    static const char body[] = "{\"email\":\"nobody@example.com\",\"password\":\"x\"}";
    struct api_process *api = *state;
    struct probe_answer a = {0};
    int tries = 0;

    do {
        a = post(api, "X-Forwarded-For: 203.0.113.9, 192.0.2.1\r\n", "/api/v1/auth/login", body);
    } while (a.status == 401 && ++tries < 20);
    assert_int_equal(a.status, 429);
    assert_int_equal(tries, 5);
    assert_true(strtol(probe_header(&a, "Retry-After"), NULL, 10) >= 1);
    /* What the client wrote before it changes nothing; another network is another. */
    a = post(api, "X-Forwarded-For: 198.51.100.1, 192.0.2.1\r\n", "/api/v1/auth/login", body);
    assert_int_equal(a.status, 429);
    a = post(api, "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-For: 198.51.100.1\r\n",
             "/api/v1/auth/login", body);
    assert_int_equal(a.status, 401);
}

static void S040_a_huge_or_short_password_is_named(void **state)
{
    struct api_process *api = *state;
    static char body[1000 * 1000];
    int n = snprintf(body, sizeof(body), "{\"email\":\"ada@example.com\",\"password\":\"");

    memset(body + n, 'x', sizeof(body) - 16 - (size_t)n);
    memcpy(body + sizeof(body) - 16, "\"}", 3);
    struct probe_answer a = post(api, "", "/api/v1/auth/login", body);
    assert_int_equal(a.status, 422);
    assert_non_null(strstr(a.body, "\"password\":"));
    a = post(api, "", "/api/v1/auth/password/reset",
             "{\"token\":\"\",\"password\":\"elevenchars\"}");
    assert_int_equal(a.status, 422);
    assert_non_null(strstr(a.body, "\"password\":"));
    assert_non_null(strstr(a.body, "\"token\":"));
}

static void an_invitation_is_mailed(void **state)
{
    struct api_process *api = *state;
    struct visitor v;
    char path[128], text[4096] = "";

    come_in(api, "ada@example.com", USER_ADMIN, &v);
    struct probe_answer a = post(api, v.bearer, "/api/v1/auth/invitations",
                                 "{\"email\":\"bob@example.com\",\"role\":\"viewer\"}");
    assert_int_equal(a.status, 201);
    assert_null(strstr(a.body, "agl_"));
    snprintf(path, sizeof(path), "%s/mail", api->folder);
    for (int i = 0; i < 500 && !strstr(text, "agl_"); i++) {
        FILE *f = fopen(path, "r");
        text[f ? fread(text, 1, sizeof(text) - 1, f) : 0] = '\0';
        if (f)
            fclose(f);
        usleep(10000);
    }
    assert_non_null(strstr(text, "To: <bob@example.com>\r\n"));
    assert_non_null(strstr(text, "/invitation#agl_"));
}

static void S028_the_public_keys_are_published(void **state)
{
    struct api_process *api = *state;
    struct probe_answer a = get(api, "", "/.well-known/jwks.json");

    assert_int_equal(a.status, 200);
    assert_non_null(strstr(a.body, "\"crv\":\"P-256\""));
    assert_null(strstr(a.body, "\"d\""));
}

static void the_log_holds_no_password_and_no_token(void **state)
{
    struct api_process *api = *state;
    struct visitor v;
    char line[8192];
    bool said = false;

    come_in(api, "ada@example.com", USER_ADMIN, &v);
    assert_int_equal(get(api, v.bearer, "/api/v1/users/me").status, 200);
    assert_int_equal(kill(api->pid, SIGTERM), 0);
    while (fgets(line, sizeof(line), api->log)) {
        said |= strstr(line, "\"user.signed_in\"") != NULL;
        assert_null(strstr(line, PASSWORD));
        assert_null(strstr(line, v.access));
        assert_null(strstr(line, v.refresh));
        assert_null(strstr(line, "agl_"));
        assert_null(strstr(line, "ada@example.com"));
    }
    assert_true(said);
}

#define API(f) cmocka_unit_test_setup_teardown(f, api_process_start, api_process_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        API(a_session_lives_by_refreshing_and_ends_by_signing_out),
        API(S016_S017_a_role_comes_to_its_routes_and_to_no_other),
        API(S018_nobody_gives_oneself_another_role),
        API(S035_two_credentials_are_malformed),
        API(an_api_key_goes_on_working_but_is_nobody),
        API(S053_a_network_is_the_proxys_word_and_waits_have_a_time),
        API(S040_a_huge_or_short_password_is_named),
        API(an_invitation_is_mailed),
        API(S028_the_public_keys_are_published),
        API(the_log_holds_no_password_and_no_token),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_api_keys.c - keys with limits, through the door: what for, from where, until when. */

#include "api/route_table.h"
#include "common/tenant/api_key.h"
#include "tests/support/api_process.h"
#include "tests/support/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct probe_answer ask_as(const struct api_process *api, const char *key,
                                  const char *headers, const char *method, const char *path,
                                  const char *body)
{
    char all[512];

    snprintf(all, sizeof(all), "X-API-Key: %s\r\n%s", key, headers);
    return api_process_ask_with(api, all, method, path, body ? str_of(body) : (struct str){0});
}

static struct probe_answer get(const struct api_process *api, const char *key, const char *path)
{
    return ask_as(api, key, "", "GET", path, NULL);
}

static void copy_secret(const struct probe_answer *a, char secret[128])
{
    const char *at = strstr(a->body, "\"secret\":\"");

    if (a->status != 201 || !at)
        fail_msg("%d: %s", a->status, a->body);
    at += strlen("\"secret\":\"");
    snprintf(secret, 128, "%.*s", (int)strcspn(at, "\""), at);
}

static void make(const struct api_process *api, const char *body, char secret[128])
{
    struct probe_answer a = ask_as(api, api->key, "", "POST", "/api/v1/keys", body);

    copy_secret(&a, secret);
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

static int status_as(const struct api_process *api, const char *key, const struct route *r)
{
    struct probe_answer a = {0};
    char path[128];

    fill(path, sizeof(path), r->path);
    for (int i = 0; i < 500; i++) { /* an export counts until its connection's end is seen */
        a = ask_as(api, key, "", r->method, path, NULL);
        if (a.status != 503)
            break;
        usleep(10000);
    }
    return a.status;
}

static void S021_each_scope_comes_to_its_routes_and_to_no_other(void **state)
{
    const struct routes routes = routes_all();
    struct api_process *api = *state;

    for (int scope = SCOPE_NONE + 1; scope_names[scope]; scope++) {
        char body[128], key[128];
        snprintf(body, sizeof(body), "{\"name\":\"one\",\"scopes\":[\"%s\"]}", scope_names[scope]);
        make(api, body, key);
        int may = 0;
        for (size_t i = 0; i < routes.n; i++) {
            const struct route *r = &routes.items[i];
            if (r->role == ROLE_PUBLIC)
                continue;
            bool wanted = (int)r->manner.scope == scope;
            int status = status_as(api, key, r);
            may += wanted;
            if (status == 401 || (status == 403) == wanted)
                fail_msg("%s %s with %s answered %d", r->method, r->path, scope_names[scope],
                         status);
        }
        assert_true(may > 0);
    }
}

static void S021_what_makes_keys_and_users_takes_a_key_without_scopes(void **state)
{
    const struct routes routes = routes_all();
    int free_of = 0;

    (void)state;
    for (size_t i = 0; i < routes.n; i++) {
        const struct route *r = &routes.items[i];
        bool people = strstr(r->path, "/keys") || strstr(r->path, "/users")
                      || strstr(r->path, "/auth/") || strstr(r->path, "/settings/");
        if (r->role == ROLE_PUBLIC)
            continue;
        free_of += people;
        if (people != (r->manner.scope == SCOPE_NONE))
            fail_msg("%s %s needs the scope \"%s\"", r->method, r->path,
                     scope_names[r->manner.scope]);
    }
    assert_true(free_of > 5);
}

static void S036_a_key_is_shown_once_and_nowhere_else(void **state)
{
    struct api_process *api = *state;
    char key[128];

    make(api, "{\"name\":\"cron\"}", key);
    assert_int_equal(get(api, key, "/api/v1/campaigns").status, 200);
    struct probe_answer a = get(api, api->key, "/api/v1/keys");
    assert_non_null(strstr(a.body, "\"name\":\"cron\""));
    assert_null(strstr(a.body, key + 18));
    assert_null(strstr(a.body, "sha256"));
    assert_int_equal(
        testdb_number(api->db,
                      "SELECT (SELECT count(*) FROM audit_events e WHERE e::text LIKE '%%%s%%')"
                      " + (SELECT count(*) FROM api_keys k WHERE k::text LIKE '%%%s%%')",
                      key + 18, key + 18),
        0);
    a = ask_as(api, api->key, "Idempotency-Key: k1\r\n", "POST", "/api/v1/keys",
               "{\"name\":\"cron\"}");
    assert_int_equal(a.status, 400);
    assert_int_equal(testdb_number(api->db, "SELECT count(*) FROM request_keys"), 0);
    assert_int_equal(
        testdb_number(api->db, "SELECT count(*) FROM audit_events WHERE action LIKE '%%/keys'"), 1);
}

static void S037_a_mistyped_key_is_refused_without_a_query(void **state)
{
    struct api_process *api = *state;
    struct op nowhere = {0}; /* no database to ask */
    scope_set scopes;

    for (size_t i = 0; i < strlen(api->key); i++) {
        char typo[128];
        snprintf(typo, sizeof(typo), "%s", api->key);
        typo[i] = typo[i] == 'x' ? 'y' : 'x';
        assert_fails(&nowhere, E_UNAUTHENTICATED,
                     api_key_authenticate(&nowhere, str_of(typo), NULL, &scopes));
        op_forgive(&nowhere);
    }
    op_end(&nowhere);
}

static void S119_a_key_that_is_in_use_is_of_none_soon_after_it_is_revoked(void **state)
{
    struct api_process *api = *state;
    char key[128], path[64];

    make(api, "{\"name\":\"x\"}", key);
    assert_int_equal(get(api, key, "/api/v1/calls").status, 200);
    snprintf(path, sizeof(path), "/api/v1/keys/%lld",
             (long long)testdb_number(api->db, "SELECT id FROM api_keys WHERE name = 'x'"));
    assert_int_equal(ask_as(api, api->key, "", "DELETE", path, NULL).status, 204);
    for (int i = 0; i < 700 && get(api, key, "/api/v1/calls").status != 401; i++)
        usleep(10000);
    assert_int_equal(get(api, key, "/api/v1/calls").status, 401);
    assert_int_equal(get(api, api->key, "/api/v1/calls").status, 200);
}

static void S038_a_key_ends_when_it_was_said_to(void **state)
{
    struct api_process *api = *state;
    char key[128];

    make(api, "{\"name\":\"x\",\"expires_at\":\"2037-01-01T00:00:00Z\"}", key);
    free(testdb_sql(api->db, "UPDATE api_keys SET expires_at = now() WHERE name = 'x'"));
    assert_int_equal(get(api, key, "/api/v1/campaigns").status, 401);
    struct probe_answer a = ask_as(api, api->key, "", "POST", "/api/v1/keys",
                                   "{\"name\":\"x\",\"expires_at\":\"2020-01-01T00:00:00Z\"}");
    assert_int_equal(a.status, 422);
    assert_non_null(strstr(a.body, "expires_at"));
}

static void S038_a_key_is_of_use_from_its_networks_only(void **state)
{
    struct api_process *api = *state;
    char key[128];

    make(api, "{\"name\":\"x\",\"networks\":[\"192.0.2.0/24\"]}", key);
    assert_int_equal(get(api, key, "/api/v1/campaigns").status, 403);
    assert_int_equal(ask_as(api, key, "X-Forwarded-For: 192.0.2.9, 198.51.100.1\r\n", "GET",
                            "/api/v1/campaigns", NULL)
                         .status,
                     403);
    assert_int_equal(ask_as(api, key, "X-Forwarded-For: 198.51.100.1, 192.0.2.9\r\n", "GET",
                            "/api/v1/campaigns", NULL)
                         .status,
                     200);
}

static void a_key_is_rotated_with_both_good_for_a_while(void **state)
{
    struct api_process *api = *state;
    char old[128], new[128], path[64];

    make(api, "{\"name\":\"x\",\"scopes\":[\"calls:read\"]}", old);
    snprintf(path, sizeof(path), "/api/v1/keys/%lld/rotate",
             (long long)testdb_number(api->db, "SELECT id FROM api_keys WHERE name = 'x'"));
    struct probe_answer a = ask_as(api, api->key, "", "POST", path, "{\"overlap_seconds\":3600}");
    copy_secret(&a, new);
    assert_non_null(strstr(a.body, "\"scopes\":[\"calls:read\"]"));
    assert_int_equal(get(api, old, "/api/v1/calls").status, 200);
    assert_int_equal(get(api, new, "/api/v1/calls").status, 200);
    assert_int_equal(get(api, new, "/api/v1/leads").status, 403);
    assert_int_equal(
        testdb_number(api->db,
                      "SELECT count(*) FROM api_keys WHERE replaces IS NULL AND name = 'x' AND "
                      "expires_at BETWEEN now() + interval '3500 s' AND now() + interval '3600 s'"),
        1);
    free(testdb_sql(api->db, "UPDATE api_keys SET expires_at = now() WHERE name = 'x'"));
    assert_int_equal(ask_as(api, api->key, "", "POST", path, NULL).status, 409);
    for (int i = 0; i < 700 && get(api, old, "/api/v1/calls").status != 401; i++)
        usleep(10000);
    assert_int_equal(get(api, old, "/api/v1/calls").status, 401);
}

static void S002_another_tenants_key_is_not_found(void **state)
{
    static const char *const asks[][2] = {{"GET", ""}, {"DELETE", ""}, {"POST", "/rotate"}};
    struct api_process *api = *state;
    struct op op = testdb_op(api->db, testdb_tenant(api->db));
    struct api_key theirs = {.name = "theirs"};
    const char *secret;
    char path[64];

    assert_ok(&op, api_key_create(&op, &theirs, &secret));
    for (size_t i = 0; i < ARRAY_LEN(asks); i++) {
        snprintf(path, sizeof(path), "/api/v1/keys/%lld%s", (long long)theirs.id, asks[i][1]);
        assert_int_equal(ask_as(api, api->key, "", asks[i][0], path, NULL).status, 404);
    }
    assert_int_equal(get(api, secret, "/api/v1/campaigns").status, 200);
    op_end(&op);
}

static void when_a_key_was_used_is_known_without_a_write_for_each_use(void **state)
{
    struct api_process *api = *state;
    const char *const used =
        "SELECT extract(epoch FROM last_used_at)::bigint FROM api_keys LIMIT 1";

    assert_int_equal(get(api, api->key, "/api/v1/calls").status, 200);
    assert_true(testdb_number(api->db, "%s", used) > 0);
    int64_t version = testdb_number(api->db, "SELECT xmin::text::bigint FROM api_keys LIMIT 1");
    for (int i = 0; i < 20; i++)
        assert_int_equal(get(api, api->key, "/api/v1/calls").status, 200);
    assert_int_equal(testdb_number(api->db, "SELECT xmin::text::bigint FROM api_keys LIMIT 1"),
                     version);
}

#define API(f) cmocka_unit_test_setup_teardown(f, api_process_start, api_process_stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        API(S021_each_scope_comes_to_its_routes_and_to_no_other),
        cmocka_unit_test(S021_what_makes_keys_and_users_takes_a_key_without_scopes),
        API(S036_a_key_is_shown_once_and_nowhere_else),
        API(S037_a_mistyped_key_is_refused_without_a_query),
        API(S119_a_key_that_is_in_use_is_of_none_soon_after_it_is_revoked),
        API(S038_a_key_ends_when_it_was_said_to),
        API(S038_a_key_is_of_use_from_its_networks_only),
        API(a_key_is_rotated_with_both_good_for_a_while),
        API(S002_another_tenants_key_is_not_found),
        API(when_a_key_was_used_is_known_without_a_write_for_each_use),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

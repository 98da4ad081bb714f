/*
 * test_provider_key.c - a tenant's own key comes in, and never out (S108, S110); sealed anew while
 * others are being set.
 */

#include "common/base/secret_box.h"
#include "common/provider/provider.h"
#include "common/tenant/provider_key.h"
#include "common/tenant/workspace.h"
#include "tests/support/api_process.h"
#include "tests/support/check.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATH "/api/v1/settings/provider-key"
#define KEY "key_canary_0f5e51"
#define SIGNS "key_canary_5151aa"

static struct probe_answer ask(const struct api_process *api, const char *method, const char *body)
{
    return api_process_ask(api, method, PATH, body ? str_of(body) : (struct str){0});
}

static int put(const struct api_process *api, const char *body)
{
    struct probe_answer a = ask(api, "PUT", body);

    assert_null(strstr(a.body, "canary"));
    return a.status;
}

/* Everything there is, as text, with bytes in hexadecimal and in base64. */
static bool database_has(const struct api_process *api, const char *text)
{
    return testdb_number(
               api->db,
               "SELECT count(*) FROM pg_tables t, "
               "query_to_xml(format('SELECT * FROM %%I', t.tablename), true, false, '') x "
               "WHERE t.schemaname = 'public' AND (x::text LIKE '%%%s%%' OR x::text LIKE "
               "'%%' || rtrim(encode('%s', 'base64'), '=') || '%%')",
               text, text)
           > 0;
}

static void a_key_is_taken_and_only_its_end_is_shown(void **state)
{
    struct api_process *api = *state;

    assert_int_equal(ask(api, "GET", NULL).status, 404);
    assert_int_equal(put(api, "{\"api_key\":\"" KEY "\",\"webhook_api_key\":\"" SIGNS "\"}"), 200);
    struct probe_answer a = ask(api, "GET", NULL);
    assert_int_equal(a.status, 200);
    assert_non_null(strstr(a.body, "\"last_four\":\"5e51\""));
    assert_non_null(strstr(a.body, "\"provider\":\"retell\""));
    assert_null(strstr(a.body, "canary"));
    assert_false(database_has(api, "canary"));
    assert_true(database_has(api, "5e51")); /* it would be found */
    assert_int_equal(ask(api, "DELETE", NULL).status, 204);
    assert_int_equal(ask(api, "GET", NULL).status, 404);
    assert_int_equal(ask(api, "DELETE", NULL).status, 404);
}

static void what_is_refused_is_not_repeated_in_the_answer(void **state)
{
    static const char *const bodies[] = {
        "{\"api_key\":\"key_canary with a space\"}",
        "{\"api_key\":\"canary\"}",
        "{\"api_key\":[\"key_canary_0f5e51\"]}",
        "{\"api_key\":\"" KEY "\",\"same_workspace\":true}",
        "{\"api_key\":\"" KEY "\",\"webhook_api_key\":\"key_canary\\n\"}",
        "{\"webhook_api_key\":\"" KEY "\"}",
        "{\"api_key\":\"" KEY "\",\"more\":1}",
    };
    struct api_process *api = *state;

    for (size_t i = 0; i < ARRAY_LEN(bodies); i++)
        assert_int_equal(put(api, bodies[i]), 422);
    assert_int_equal(testdb_number(api->db, "SELECT count(*) FROM tenant_secrets"), 0);
}

/* The same workspace keeps its name, so that what was begun there is asked with the new key. */
static void a_key_of_the_same_workspace_takes_the_place_of_the_old_one(void **state)
{
    struct api_process *api = *state;

    assert_int_equal(put(api, "{\"api_key\":\"" KEY "\"}"), 200);
    assert_int_equal(put(api, "{\"api_key\":\"" SIGNS "\",\"same_workspace\":true}"), 200);
    assert_int_equal(testdb_number(api->db, "SELECT count(*) FROM tenant_secrets"), 2);
    assert_int_equal(put(api, "{\"api_key\":\"key_canary_other\"}"), 200);
    assert_int_equal(testdb_number(api->db, "SELECT count(*) FROM tenant_secrets "
                                            "WHERE retired_at IS NOT NULL"),
                     2);
    assert_int_equal(testdb_number(api->db, "SELECT count(DISTINCT account) FROM tenant_secrets"),
                     2);
}

static void the_change_is_written_down_without_the_key(void **state)
{
    struct api_process *api = *state;

    assert_int_equal(put(api, "{\"api_key\":\"" KEY "\",\"webhook_api_key\":\"" SIGNS "\"}"), 200);
    assert_int_equal(
        testdb_number(api->db, "SELECT count(*) FROM audit_events WHERE action = 'PUT " PATH "' "
                               "AND personal::jsonb->'after'->>'last_four' = '5e51' "
                               "AND personal::jsonb->'sent'->>'api_key' = '(hidden)' "
                               "AND personal::jsonb->'sent'->>'webhook_api_key' = '(hidden)'"),
        1);
}

/* With what a process has: the settings of a worker's nursery, and the operator's. */
static struct provider *open_provider(const struct api_process *api, struct conf *conf,
                                      char path[80])
{
    snprintf(path, 80, "%s/secrets", api->folder);
    *conf = api->db->conf;
    conf->secrets_key_file = path;
    struct provider *p = provider_open("retell", conf);
    assert_non_null(p);
    return p;
}

static void all_is_sealed_anew_and_what_does_not_open_is_left_and_counted(void **state)
{
    struct api_process *api = *state;
    struct op op = testdb_op(api->db, api->tenant);
    struct conf conf;
    char path[80], id[RING_KEY_ID_SIZE];
    struct provider *p = open_provider(api, &conf, path);
    int resealed, unreadable;

    assert_int_equal(put(api, "{\"api_key\":\"" KEY "\"}"), 200);
    free(testdb_sql(api->db, "INSERT INTO tenant_secrets SELECT tenant_id, name, "
                             "'0000000000000000', key_id, nonce, box, last_four, updated_at, now() "
                             "FROM tenant_secrets WHERE name = 'retell'"));
    assert_ok(&op, key_ring_add(&op, path, id));
    assert_ok(&op, secrets_reseal(&op, p, &resealed, &unreadable));
    assert_int_equal(resealed, 2);
    assert_int_equal(unreadable, 1); /* a row that was copied to another place */
    assert_int_equal(
        testdb_number(api->db, "SELECT count(*) FROM tenant_secrets WHERE key_id = '%s'", id), 2);
    assert_ok(&op, secrets_reseal(&op, p, &resealed, &unreadable));
    assert_int_equal(resealed, 0);
    p->close(p);
    op_end(&op);
}

/* S110: as somebody who can write to the database would. */
static void a_secret_that_was_given_to_another_tenant_does_not_open(void **state)
{
    struct api_process *api = *state;
    int64_t stranger = testdb_tenant(api->db);
    struct op op = testdb_op(api->db, stranger);
    struct conf conf;
    char path[80];
    struct provider *p = open_provider(api, &conf, path);
    struct app app = *op.app;
    const struct provider *workspace;
    size_t n;

    app.provider = p;
    op.app = &app;
    assert_int_equal(put(api, "{\"api_key\":\"" KEY "\"}"), 200);
    free(testdb_sql(api->db, "UPDATE tenant_secrets SET tenant_id = %lld", (long long)stranger));
    assert_ok(&op, workspace_own(&op, &workspace));
    assert_non_null(workspace->key);
    assert_null(secret_open(&op, p->ring, workspace->key, "", &n));
    assert_int_equal(op.err.code, E_INTERNAL_ERROR);
    op_forgive(&op);
    free(testdb_sql(api->db, "UPDATE tenant_secrets SET tenant_id = %lld", (long long)api->tenant));
    op.tenant_id = api->tenant;
    assert_ok(&op, workspace_own(&op, &workspace));
    char *plain = secret_open(&op, p->ring, workspace->key, "", &n);
    assert_string_equal(plain, KEY);
    secret_wipe(plain);
    p->close(p);
    op_end(&op);
}

/* Retired for a day; but not while its workspace has something that is not known or not deleted. */
static void what_was_replaced_is_forgotten_once_nothing_needs_it(void **state)
{
    struct api_process *api = *state;
    struct op op = testdb_op(api->db, 0);

    assert_int_equal(put(api, "{\"api_key\":\"" KEY "\"}"), 200);
    free(testdb_sql(api->db,
                    "INSERT INTO calls (tenant_id, call_id, direction, agent_id, provider_call_id, "
                    "account) SELECT tenant_id, 'call_x', 'web', 'a', 'theirs', account FROM "
                    "tenant_secrets WHERE name = 'retell'"));
    assert_ok(&op, secrets_prune(&op));
    assert_int_equal(testdb_number(api->db, "SELECT count(*) FROM tenant_secrets"), 2);
    assert_int_equal(ask(api, "DELETE", NULL).status, 204);
    free(testdb_sql(api->db, "UPDATE tenant_secrets SET retired_at = now() - interval '25 h'"));
    assert_ok(&op, secrets_prune(&op));
    assert_int_equal(testdb_number(api->db, "SELECT count(*) FROM tenant_secrets"), 2);
    free(testdb_sql(api->db, "INSERT INTO erasure_copies (provider, provider_call_id, tenant_id, "
                             "deleted_at) SELECT provider, provider_call_id, tenant_id, now() "
                             "FROM calls"));
    assert_ok(&op, secrets_prune(&op));
    assert_int_equal(testdb_number(api->db, "SELECT count(*) FROM tenant_secrets"), 0);
    op_end(&op);
}

static bool dumps_core(pid_t pid)
{
    int status;

    kill(pid, SIGABRT);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    return WCOREDUMP(status);
}

/* Where what it leaves is taken away. */
static pid_t idle(const char *folder)
{
    int here = open(".", O_PATH | O_CLOEXEC);
    assert_int_equal(chdir(folder), 0);
    pid_t pid = fork();

    while (pid == 0)
        pause();
    assert_int_equal(fchdir(here), 0);
    close(here);
    return pid;
}

/* S108: the limit would allow it. */
static void a_process_that_sees_keys_leaves_no_core_behind(void **state)
{
    struct api_process *api = *state;

    assert_int_equal(put(api, "{\"api_key\":\"" KEY "\"}"), 200);
    bool here = dumps_core(idle(api->folder));
    assert_false(dumps_core(api->pid));
    api->pid = 0;
    if (!here)
        print_message("no process leaves a core on this machine: nothing was shown\n");
}

static int start(void **state)
{
    const struct rlimit any = {RLIM_INFINITY, RLIM_INFINITY};

    setrlimit(RLIMIT_CORE, &any);
    return api_process_start(state);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, api_process_stop)
    const struct CMUnitTest tests[] = {
        TEST(a_key_is_taken_and_only_its_end_is_shown),
        TEST(what_is_refused_is_not_repeated_in_the_answer),
        TEST(a_key_of_the_same_workspace_takes_the_place_of_the_old_one),
        TEST(the_change_is_written_down_without_the_key),
        TEST(all_is_sealed_anew_and_what_does_not_open_is_left_and_counted),
        TEST(a_secret_that_was_given_to_another_tenant_does_not_open),
        TEST(what_was_replaced_is_forgotten_once_nothing_needs_it),
        TEST(a_process_that_sees_keys_leaves_no_core_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

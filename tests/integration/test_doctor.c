/* test_doctor.c - agoralia doctor: each thing that is missing is named, and nothing else is. */

#include "common/base/key_ring.h"
#include "tests/support/check.h"
#include "tests/support/redis_server.h"
#include "tests/support/testdb.h"
#include "worker/cli/cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static struct testdb *db;
static struct redis_server redis;

static int set_up(void **state)
{
    int rc = testdb_setup(state);

    db = *state;
    db->conf.database_url = db->url;
    db->conf.redis_url = redis.url;
    db->conf.retell_api_key = NULL;
    return rc;
}

static int start_redis(void **state)
{
    (void)state;
    redis_server_start(&redis);
    return 0;
}

static int end_redis(void **state)
{
    (void)state;
    redis_server_end(&redis);
    return 0;
}

/* Its exit code; *out has what it printed, to be freed. */
static int doctor(char **out)
{
    struct op op = testdb_op(db, 0);
    struct cli cli = {.conf = &db->conf, .op = &op};
    FILE *file = tmpfile();
    int saved = dup(STDOUT_FILENO);

    fflush(stdout);
    dup2(fileno(file), STDOUT_FILENO);
    int code = doctor_commands[0].run(&cli);
    fflush(stdout);
    dup2(saved, STDOUT_FILENO);
    close(saved);
    op_end(&op);
    size_t n = (size_t)ftell(file);
    *out = calloc(n + 1, 1);
    rewind(file);
    assert_int_equal(fread(*out, 1, n, file), n);
    fclose(file);
    return code;
}

static void assert_doctor(int code, const char *const says[])
{
    char *out;
    int got = doctor(&out);

    for (; *says; says++)
        if (!strstr(out, *says))
            fail_msg("\"%s\" is not in:\n%s", *says, out);
    if (got != code)
        fail_msg("exit %d:\n%s", got, out);
    free(out);
}

static void nothing_is_wrong_when_all_is_there(void **state)
{
    (void)state;
    assert_doctor(CLI_OK, (const char *const[]){
                              "ok       phone numbers  libphonenumber's data 8.",
                              "ok       database       PostgreSQL 1", "migrations applied\n",
                              "WARNING  tenant wall    stands, but the login ",
                              "ok       redis          answers",
                              "WARNING  provider       RETELL_API_KEY is not set",
                              "ok       secrets        SECRETS_KEY_FILE is not set",
                              "ok       libraries      GLib 2.", NULL});
}

static void a_missing_migration_is_counted(void **state)
{
    (void)state;
    free(testdb_sql(db, "DELETE FROM schema_migrations WHERE name = (SELECT max(name) FROM "
                        "schema_migrations)"));
    assert_doctor(CLI_FAILED,
                  (const char *const[]){"FAILED   database", ", 1 missing: run agoralia migrate\n",
                                        "ok       redis", NULL});
}

static void a_database_that_was_never_migrated_is_said_to_be(void **state)
{
    (void)state;
    free(testdb_sql(db, "DROP TABLE schema_migrations"));
    assert_doctor(CLI_FAILED, (const char *const[]){", 0 migrations applied, ", NULL});
}

static void a_table_without_the_wall_is_named(void **state)
{
    (void)state;
    free(testdb_sql(db, "ALTER TABLE leads DISABLE ROW LEVEL SECURITY"));
    assert_doctor(CLI_FAILED,
                  (const char *const[]){
                      "FAILED   tenant wall    tenants are not kept apart in leads: run", NULL});
}

static void a_redis_that_may_forget_is_refused(void **state)
{
    (void)state;
    redis_do(&redis, "CONFIG SET maxmemory-policy allkeys-lru");
    assert_doctor(CLI_FAILED,
                  (const char *const[]){"FAILED   redis", "noeviction", "ok       database", NULL});
    redis_do(&redis, "CONFIG SET maxmemory-policy noeviction");
    assert_doctor(CLI_OK, (const char *const[]){"ok       redis", NULL});
}

static void what_cannot_be_reached_is_named(void **state)
{
    (void)state;
    db->conf.redis_url = "redis://127.0.0.1:1/0";
    db->conf.retell_api_key = "key_test";
    db->conf.retell_base_url = "http://127.0.0.1:1";
    assert_doctor(CLI_FAILED, (const char *const[]){"FAILED   redis", "FAILED   provider",
                                                    "ok       database", NULL});
}

static void keep_secret_under(const char *key_id)
{
    free(testdb_sql(db,
                    "INSERT INTO tenant_secrets (tenant_id, name, account, key_id, nonce, box, "
                    "last_four) VALUES (%lld, 'retell', '0123456789abcdef', '%s', "
                    "decode(repeat('00', 24), 'hex'), decode(repeat('00', 40), 'hex'), 'abcd')",
                    (long long)testdb_tenant(db), key_id));
}

static void secrets_without_their_key_are_told_and_a_file_that_others_read(void **state)
{
    char path[] = "/tmp/aga_doctor_XXXXXX", id[RING_KEY_ID_SIZE];
    struct op op = testdb_op(db, 0);
    (void)state;

    close(mkstemp(path));
    assert_ok(&op, key_ring_add(&op, path, id));
    db->conf.secrets_key_file = path;
    keep_secret_under(id);
    assert_doctor(CLI_OK, (const char *const[]){"ok       secrets        1 kept\n", NULL});
    chmod(path, 0644);
    assert_doctor(CLI_FAILED, (const char *const[]){"FAILED   secrets", "others may use it", NULL});
    chmod(path, 0600);
    keep_secret_under("gone");
    assert_doctor(CLI_FAILED, (const char *const[]){
                                  "FAILED   secrets        2 kept, and 1 of their keys", NULL});
    unlink(path);
    assert_doctor(CLI_FAILED,
                  (const char *const[]){"FAILED   secrets", "there is no such file", NULL});
    db->conf.secrets_key_file = NULL;
    assert_doctor(CLI_FAILED,
                  (const char *const[]){"FAILED   secrets", "SECRETS_KEY_FILE is not set", NULL});
    op_end(&op);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_is_wrong_when_all_is_there, set_up,
                                        testdb_teardown),
        cmocka_unit_test_setup_teardown(a_missing_migration_is_counted, set_up, testdb_teardown),
        cmocka_unit_test_setup_teardown(a_database_that_was_never_migrated_is_said_to_be, set_up,
                                        testdb_teardown),
        cmocka_unit_test_setup_teardown(a_table_without_the_wall_is_named, set_up, testdb_teardown),
        cmocka_unit_test_setup_teardown(a_redis_that_may_forget_is_refused, set_up,
                                        testdb_teardown),
        cmocka_unit_test_setup_teardown(
            secrets_without_their_key_are_told_and_a_file_that_others_read, set_up,
            testdb_teardown),
        cmocka_unit_test_setup_teardown(what_cannot_be_reached_is_named, set_up, testdb_teardown),
    };
    return cmocka_run_group_tests(tests, start_redis, end_redis);
}

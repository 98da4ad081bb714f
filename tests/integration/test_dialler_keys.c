/*
 * test_dialler_keys.c - a tenant's key goes to a dialler sealed, and is opened there for one
 * request (S108, S110).
 */

#include "common/base/secret_box.h"
#include "tests/support/check.h"
#include "tests/support/dial_rig.h"
#include "tests/support/rude_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define TENANTS_KEY "key_of_a_tenant_77c0d1"

static const struct rude_step created[] = {
    {RUDE_ANSWER, "201 Created", "{\"call_id\":\"call_1\",\"call_status\":\"registered\"}", NULL,
     NULL}};
static char folder[] = "/tmp/aga_dialler_keys_XXXXXX", path[64];
static struct key_ring *ring;
static struct rude_server *server;
static struct dial_rig rig;

static struct sealed sealed(const char *place)
{
    struct sealed s = {0};
    struct op op = {0};

    secret_place(&s, "tenant_secrets", "box", 7, place);
    assert_ok(&op, secret_seal(&op, ring, STR(TENANTS_KEY), &s));
    op_end(&op);
    return s;
}

static enum dial_result dial_with(const struct sealed *key)
{
    struct provider workspace = *rig.retell, *was = rig.retell;

    workspace.key = key;
    rig.retell = &workspace;
    enum dial_result result = dial_rig_dial(&rig, DIAL_RIG_TIMEOUT_MS).result;
    rig.retell = was;
    return result;
}

static bool last_was_with(const char *key)
{
    char line[128];

    snprintf(line, sizeof(line), "Authorization: Bearer %s\r\n", key);
    return strstr(rude_last(server), line) != NULL;
}

static void each_request_goes_with_the_key_that_was_sealed_for_it(void **state)
{
    const struct sealed s = sealed("retell/a");

    (void)state;
    assert_int_equal(dial_with(&s), DIAL_ACCEPTED);
    assert_true(last_was_with(TENANTS_KEY));
    assert_int_equal(dial_with(NULL), DIAL_ACCEPTED); /* by the same dialler */
    assert_true(last_was_with(DIAL_RIG_KEY));
}

static void a_key_that_does_not_open_is_not_replaced_by_another_and_nothing_is_sent(void **state)
{
    struct sealed moved = sealed("retell/a"), changed = moved, unknown = moved;
    int before = rude_requests(server, "POST");

    (void)state;
    secret_place(&moved, "tenant_secrets", "box", 8, "retell/a");
    changed.box[3] ^= 1;
    memcpy(unknown.key_id, "none", sizeof("none"));
    assert_int_equal(dial_with(&moved), DIAL_NEVER_SENT);
    assert_int_equal(dial_with(&changed), DIAL_NEVER_SENT);
    assert_int_equal(dial_with(&unknown), DIAL_NEVER_SENT);
    assert_int_equal(rude_requests(server, "POST"), before);
}

static void a_key_that_is_new_in_the_file_is_known_to_diallers_that_are_there(void **state)
{
    char id[RING_KEY_ID_SIZE];
    struct op op = {0};

    (void)state;
    assert_ok(&op, key_ring_add(&op, path, id));
    const struct sealed s = sealed("retell/a");
    assert_string_equal(s.key_id, id);
    assert_int_equal(dial_with(&s), DIAL_ACCEPTED);
    assert_true(last_was_with(TENANTS_KEY));
    op_end(&op);
}

static void a_dialler_seals_anew_and_nobody_else_sees_what(void **state)
{
    struct sealed s = sealed("retell/a"), broken;
    struct op op = {0};
    char id[RING_KEY_ID_SIZE];
    size_t n;

    (void)state;
    assert_ok(&op, key_ring_add(&op, path, id));
    broken = s;
    broken.box[0] ^= 1;
    assert_ok(&op, diallers_reseal(&op, rig.retell, &s));
    assert_string_equal(s.key_id, id);
    char *plain = secret_open(&op, ring, &s, "", &n);
    assert_string_equal(plain, TENANTS_KEY);
    secret_wipe(plain);
    assert_fails(&op, E_SERVICE_UNAVAILABLE, diallers_reseal(&op, rig.retell, &broken));
    op_end(&op);
}

static int set_up(void **state)
{
    static char setting[96];
    char id[RING_KEY_ID_SIZE];
    struct op op = {0};

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/keys", folder);
    assert_ok(&op, key_ring_add(&op, path, id));
    op_end(&op);
    snprintf(setting, sizeof(setting), "SECRETS_KEY_FILE=%s", path);
    putenv(setting);
    ring = key_ring_open(path);
    server = rude_start(created, 1);
    dial_rig_start(&rig, rude_url(server), NULL, 1);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    dial_rig_stop(&rig);
    rude_stop(server);
    key_ring_close(ring);
    unlink(path);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_request_goes_with_the_key_that_was_sealed_for_it),
        cmocka_unit_test(a_key_that_does_not_open_is_not_replaced_by_another_and_nothing_is_sent),
        cmocka_unit_test(a_key_that_is_new_in_the_file_is_known_to_diallers_that_are_there),
        cmocka_unit_test(a_dialler_seals_anew_and_nobody_else_sees_what),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

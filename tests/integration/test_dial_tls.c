/* test_dial_tls.c - whole https calls through confined diallers, and those that must not be. */

#include "tests/support/check.h"
#include "tests/support/dial_rig.h"
#include "tests/support/sim_server.h"
#include "tests/support/tls_front.h"

#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { SOON_MS = 4000, DIALS = 20 };

/* A provider without accidents. */
static const char config[] =
    "{\"api\":{\"latency_ms\":{\"p50\":0,\"p95\":0,\"max\":0},"
    "\"per_op\":{\"create_phone_call\":{\"p50\":0,\"p95\":0}},\"rate_limit\":{\"requests\":0},"
    "\"faults\":{\"http_500\":0,\"http_503\":0,\"reset\":0,\"reset_after_commit\":0,"
    "\"html_502\":0}},"
    "\"workspaces\":[{\"org_name\":\"Test\","
    "\"keys\":[{\"key\":\"" DIAL_RIG_KEY "\",\"webhook\":true,\"scopes\":\"all\"}],"
    "\"concurrency_limit\":1000,\"cps\":{\"twilio\":1000},\"card_on_file\":true,"
    "\"balance_cents\":100000,"
    "\"agents\":[{\"agent_id\":\"" DIAL_RIG_AGENT "\",\"is_published\":true}],"
    "\"numbers\":[{\"phone_number\":\"" DIAL_RIG_NUMBER "\",\"type\":\"retell-twilio\"}]}]}";

static struct sim_server sim;

static int calls_placed(void)
{
    struct op op = {0};
    const char *stats = sim_server_ask(&op, &sim, "/sim/stats", NULL);
    const char *placed = strstr(stats, "\"calls_placed\":");

    assert_non_null(placed);
    int n = (int)strtol(placed + strlen("\"calls_placed\":"), NULL, 10);
    op_end(&op);
    return n;
}

/* One dial through a front like this; ca_file NULL = the front's own. */
static enum dial_result dial_through(struct tls_front_setup setup, const char *ca_file)
{
    int before = calls_placed();
    struct dial_rig r;

    setup.upstream = sim.url;
    struct tls_front *f = tls_front_start(&setup);
    dial_rig_start(&r, tls_front_url(f), ca_file ? ca_file : tls_front_ca_file(f), 1);
    enum dial_result result = dial_rig_dial(&r, SOON_MS).result;
    assert_int_equal(tls_front_connections(f) > 0, !ca_file || access(ca_file, R_OK) == 0);
    assert_int_equal(tls_front_heard(f) > 0, result == DIAL_ACCEPTED);
    assert_int_equal(calls_placed() - before, result == DIAL_ACCEPTED);
    dial_rig_stop(&r);
    tls_front_stop(f);
    return result;
}

static void a_provider_whose_chain_holds_is_dialled_and_its_answer_read(void **state)
{
    (void)state;
    assert_int_equal(dial_through((struct tls_front_setup){0}, NULL), DIAL_ACCEPTED);
}

static void one_dialler_dials_again_and_again(void **state)
{
    const struct tls_front_setup setup = {.upstream = sim.url};
    struct tls_front *f = tls_front_start(&setup);
    struct op op = {.request_id = "req_t"};
    struct provider_call call;
    struct dial_rig r;
    (void)state;

    dial_rig_start(&r, tls_front_url(f), tls_front_ca_file(f), 1);
    for (int i = 0; i < DIALS; i++) {
        assert_int_equal(dial_rig_dial(&r, SOON_MS).result, DIAL_ACCEPTED);
        assert_false(r.retell->get_call(&op, r.retell, "call_nobody_has", &call));
        assert_int_equal(op.err.code, E_RESOURCE_NOT_FOUND); /* which it read, over TLS */
        op_forgive(&op);
    }
    assert_int_equal(tls_front_connections(f), 1); /* one handshake serves them all */
    op_end(&op);
    dial_rig_stop(&r);
    tls_front_stop(f);
}

static void a_certificate_for_another_name_is_sent_nothing(void **state)
{
    (void)state;
    assert_int_equal(dial_through((struct tls_front_setup){.host = "api.example"}, NULL),
                     DIAL_NEVER_SENT);
}

static void a_certificate_outside_its_time_is_sent_nothing(void **state)
{
    (void)state;
    assert_int_equal(dial_through((struct tls_front_setup){.flaw = FLAW_EXPIRED}, NULL),
                     DIAL_NEVER_SENT);
    assert_int_equal(dial_through((struct tls_front_setup){.flaw = FLAW_EARLY}, NULL),
                     DIAL_NEVER_SENT);
}

static void a_chain_that_does_not_hold_is_sent_nothing(void **state)
{
    static const enum certificate_flaw flaws[] = {FLAW_SELF_SIGNED, FLAW_HOLE, FLAW_NO_AUTHORITY};
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(flaws); i++)
        assert_int_equal(dial_through((struct tls_front_setup){.flaw = flaws[i]}, NULL),
                         DIAL_NEVER_SENT);
}

static void a_certificate_nobody_vouches_for_is_sent_nothing(void **state)
{
    const struct tls_front_setup other = {.upstream = sim.url};
    struct tls_front *stranger = tls_front_start(&other);
    (void)state;

    assert_int_equal(dial_through((struct tls_front_setup){0}, tls_front_ca_file(stranger)),
                     DIAL_NEVER_SENT);
    assert_int_equal(
        dial_through((struct tls_front_setup){0}, "/etc/ssl/certs/ca-certificates.crt"),
        DIAL_NEVER_SENT);
    tls_front_stop(stranger);
}

static void tls_older_than_1_2_is_sent_nothing(void **state)
{
    (void)state;
    assert_int_equal(dial_through((struct tls_front_setup){.newest_version = TLS1_1_VERSION}, NULL),
                     DIAL_NEVER_SENT);
    assert_int_equal(dial_through((struct tls_front_setup){.newest_version = TLS1_2_VERSION}, NULL),
                     DIAL_ACCEPTED);
}

static void a_file_of_certificates_that_cannot_be_read_is_complained_about(void **state)
{
    struct conf conf = conf_defaults();
    (void)state;

    conf.retell_api_key = DIAL_RIG_KEY;
    conf.retell_ca_file = "/nowhere/ca.pem";
    assert_null(provider_open("retell", &conf));
}

/* As lax as a machine can be set up, so that it is us who insist on TLS 1.2. */
static void allow_old_tls(const char *path)
{
    static char setting[64];
    FILE *f = fopen(path, "we");

    if (!f
        || fputs("openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\n"
                 "MinProtocol = TLSv1\nCipherString = DEFAULT:@SECLEVEL=0\n",
                 f)
               < 0
        || fclose(f) != 0)
        abort();
    snprintf(setting, sizeof(setting), "OPENSSL_CONF=%s", path);
    putenv(setting);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_provider_whose_chain_holds_is_dialled_and_its_answer_read),
        cmocka_unit_test(one_dialler_dials_again_and_again),
        cmocka_unit_test(a_certificate_for_another_name_is_sent_nothing),
        cmocka_unit_test(a_certificate_outside_its_time_is_sent_nothing),
        cmocka_unit_test(a_chain_that_does_not_hold_is_sent_nothing),
        cmocka_unit_test(a_certificate_nobody_vouches_for_is_sent_nothing),
        cmocka_unit_test(tls_older_than_1_2_is_sent_nothing),
        cmocka_unit_test(a_file_of_certificates_that_cannot_be_read_is_complained_about),
    };
    char lax[] = "/tmp/agtls.XXXXXX";
    int fd = mkostemp(lax, 0);

    if (fd < 0 || close(fd) != 0)
        abort();
    signal(SIGPIPE, SIG_IGN);
    allow_old_tls(lax);
    sim_server_start(&sim, config);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    sim_server_stop(&sim);
    unlink(lax);
    return failed;
}

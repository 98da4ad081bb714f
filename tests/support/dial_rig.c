/* dial_rig.c - the settings go to the nursery by the environment, as they do in production. */

#include "tests/support/dial_rig.h"

#include "common/base/clock.h"
#include "tests/support/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

const char *dial_rig_worker(void)
{
    static char path[512];
    const char *build = getenv("BUILD");

    snprintf(path, sizeof(path), "%s/agoralia-worker", build ? build : "build/release");
    return path;
}

static void set_environment(const char *url, const char *ca_file)
{
    static char base_url[128], ca[128];
    static char key[] = "RETELL_API_KEY=" DIAL_RIG_KEY, database[] = "DATABASE_URL=nowhere";

    if (!getenv("DATABASE_URL"))
        putenv(database);
    putenv(key);
    snprintf(base_url, sizeof(base_url), "RETELL_BASE_URL=%s", url);
    putenv(base_url);
    snprintf(ca, sizeof(ca), "RETELL_CA_FILE=%s", ca_file ? ca_file : "");
    putenv(ca);
}

void dial_rig_start(struct dial_rig *r, const char *url, const char *ca_file, int n)
{
    char worker[512];
    char *argv[] = {worker, NULL};

    snprintf(worker, sizeof(worker), "%s", dial_rig_worker());
    set_environment(url, ca_file);
    r->conf = conf_defaults();
    r->conf.retell_base_url = url;
    r->conf.provider_timeout_ms = DIAL_RIG_TIMEOUT_MS;
    assert_true(nursery_start(&r->nursery, argv));
    assert_int_equal(strlen(r->nursery.signing_key), 64);
    diallers_start(&r->nursery, (size_t)n);
    r->retell =
        provider_open_keyless("retell", &r->conf, diallers_exchange, r->nursery.signing_key);
    assert_non_null(r->retell);
}

void dial_rig_stop(struct dial_rig *r)
{
    diallers_stop();
    close(r->nursery.fd);
    r->retell->close(r->retell);
    waitpid(-1, NULL, 0);
}

struct dial_answer dial_rig_dial(const struct dial_rig *r, int send_ms)
{
    struct op op = {.request_id = "req_t"};
    struct dial_answer a;
    const struct dial_request request = {.from_number = DIAL_RIG_NUMBER,
                                         .to_number = "+393491234567",
                                         .agent_id = DIAL_RIG_AGENT,
                                         .send_before_us = clock_boot_us() + send_ms * 1000LL};

    assert_ok(&op, dialler_acquire(&op));
    r->retell->create_phone_call(&op, r->retell, &request, &a);
    op_end(&op);
    a.message = a.provider_call_id = NULL;
    return a;
}

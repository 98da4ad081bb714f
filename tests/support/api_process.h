/*
 * api_process.h - agoralia-api as a process on a free port, with a database and a
 * tenant of its own.
 *
 * It takes 127.0.0.1 for a proxy: X-Forwarded-For says who asks.  Passwords are hashed cheaply.
 * The binary is $BUILD/agoralia-api.  It dies with the test.
 */
#ifndef AGORALIA_TEST_API_PROCESS_H
#define AGORALIA_TEST_API_PROCESS_H

#include "tests/support/http_probe.h"
#include "tests/support/testdb.h"

#include <stdio.h>
#include <sys/types.h>

struct api_process {
    struct testdb *db;
    pid_t pid; /* 0 once the test has waited for it */
    FILE *log; /* what it writes to stderr, from behind "api.ready" on */
    int port;
    int64_t tenant;
    char key[128];   /* of that tenant */
    char folder[64]; /* JWT_KEY_DIR, mail in the file "mail", SECRETS_KEY_FILE "secrets" */
};

/* cmocka set-up and tear-down: *state is a struct api_process. */
int api_process_start(void **state);
int api_process_stop(void **state);

/* One request with the tenant's key; body.p NULL = none. */
struct probe_answer api_process_ask(const struct api_process *api, const char *method,
                                    const char *target, struct str body);

/* The same with other header lines than the key's, each ending in CRLF. */
struct probe_answer api_process_ask_with(const struct api_process *api, const char *headers,
                                         const char *method, const char *target, struct str body);

#endif

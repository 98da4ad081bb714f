/*
 * front.h - the API's server in this process, with routes of its own, for tests
 * of the HTTP front alone: no database, eight threads, small limits.
 */
#ifndef AGORALIA_TEST_FRONT_H
#define AGORALIA_TEST_FRONT_H

#include "tests/support/http_probe.h"

enum {
    SOON_MS = 2000,
    FRONT_THREADS = 8,
    FRONT_MAX_BODY = 4096,
    FRONT_MAX_UPLOAD = 8 * 1024 * 1024
};

/* GET /large answers with so many bytes. */
enum { FRONT_LARGE = 300 * 1000 * 16 };

/* cmocka set-up and tear-down. */
int front_start(void **state);
int front_stop(void **state);

int front_port(void);

/* Stop it now, waiting at most so long for running requests. */
void front_drain(int limit_ms);

/* POST /stay does not answer until the door is open. */
void front_wait_until_inside(int n);
void front_open_door(bool open);

#define GET(path) "GET " path " HTTP/1.1\r\nHost: h\r\n\r\n"
#define POST(path, type, length, body) \
    "POST " path " HTTP/1.1\r\nHost: h\r\nContent-Type: " type "\r\nContent-Length: " length \
    "\r\n\r\n" body
#define JSON "application/json"

/* Fails the test unless a is the specification's error body with this code. */
void assert_is_error(const struct probe_answer *a, const char *code, const char *request);

#endif

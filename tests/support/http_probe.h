/* http_probe.h - a raw HTTP/1.1 client for tests: what is sent is sent to the byte. */
#ifndef AGORALIA_TEST_HTTP_PROBE_H
#define AGORALIA_TEST_HTTP_PROBE_H

#include "common/base/str.h"

struct probe {
    int fd;
    char in[64 * 1024]; /* received and not yet handed out */
    size_t n;
};

struct probe_answer {
    int status;
    char head[4096];
    char body[32 * 1024];
};

/* To 127.0.0.1; the test fails when nobody listens. */
void probe_open(struct probe *p, int port);
void probe_close(struct probe *p);

/* False when the server has hung up. */
bool probe_send(struct probe *p, struct str bytes);

/* One whole answer, by its Content-Length; false when none comes within limit_ms. */
bool probe_receive(struct probe *p, struct probe_answer *out, int limit_ms);

/* Does the server close within limit_ms without sending anything more? */
bool probe_is_closed(struct probe *p, int limit_ms);

/* A header's value in its line, or NULL. */
const char *probe_header(const struct probe_answer *a, const char *name);

/* Send text on a connection of its own and give its answer, or a status of 0. */
struct probe_answer probe_ask(int port, const char *text);

#endif

/*
 * http.h - the worker's own small listener: GET /metrics and GET /healthz, nothing else.
 *
 * It lives on the loop: a worker whose loop stands still does not answer.
 */
#ifndef AGORALIA_WORKER_HTTP_H
#define AGORALIA_WORKER_HTTP_H

#include "common/base/buf.h"

#include <uv.h>

struct http;

/* health writes the body of /healthz and returns its status.  NULL, with *why, when it cannot
 * listen. */
struct http *http_open(uv_loop_t *loop, const char *listen_on,
                       int (*health)(void *ctx, struct buf *body), void *ctx, const char **why);
int http_port(const struct http *h);

/* Close the listener and its connections; free with http_free() once the loop has ended. */
void http_close(struct http *h);
void http_free(struct http *h);

#endif

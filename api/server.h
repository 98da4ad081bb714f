/*
 * server.h - civetweb around exchange.h: sockets, threads, options, the end.
 *
 * Plain HTTP only: TLS ends in the front proxy.
 */
#ifndef AGORALIA_SERVER_H
#define AGORALIA_SERVER_H

#include "api/router.h"

struct server;

/*
 * Serve routes on app->conf->http_listen ("host:port"; port 0 picks a free one).
 * NULL after printing why to stderr.  One server per process.  urgent is the same app with sessions
 * that only urgent routes use.
 */
struct server *server_start(const struct app *app, const struct app *urgent, struct routes routes);

int server_port(const struct server *s);

/* Answer new requests with 503 and wait for running ones; then close everything. */
void server_stop(struct server *s, int drain_ms);

#endif

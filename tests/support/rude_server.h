/*
 * rude_server.h - an HTTP server on loopback that behaves as badly as it is told.
 *
 * Each request uses up one step; the last step serves all that follow.  It
 * counts connections and requests and keeps what it read.
 */
#ifndef AGORALIA_TESTS_RUDE_SERVER_H
#define AGORALIA_TESTS_RUDE_SERVER_H

#include <stddef.h>

enum rude_way {
    RUDE_ANSWER,     /* answer, keep the connection */
    RUDE_CUT,        /* send `raw`, close */
    RUDE_CLOSE,      /* read the request, close without a word */
    RUDE_RESET,      /* read the request, reset */
    RUDE_RESET_SOON, /* reset at the first byte */
    RUDE_HANG,       /* read the request, say nothing */
};

struct rude_step {
    enum rude_way way;
    const char *status;  /* "201 Created" */
    const char *body;    /* NULL = empty */
    const char *headers; /* more lines, each with its CR LF; NULL = none */
    const char *raw;     /* instead of all that: these bytes */
};

struct rude_server;

/* steps must outlive the server; n >= 1. */
struct rude_server *rude_start(const struct rude_step *steps, size_t n);
void rude_stop(struct rude_server *s);

const char *rude_url(const struct rude_server *s); /* http://127.0.0.1:port */
int rude_port(const struct rude_server *s);
int rude_connections(struct rude_server *s);
int rude_requests(struct rude_server *s, const char *method);

/* Head and body of the newest request, and of the i-th (NULL: not there yet). */
const char *rude_last(struct rude_server *s);
const char *rude_request(struct rude_server *s, size_t i);

#endif

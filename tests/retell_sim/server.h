/*
 * server.h - a listening port and the exchanges that come in by it.
 *
 * An exchange outlives its connection: a client that goes away does not undo
 * what it asked for.  Whoever handles it ends it with exactly one of
 * sim_exchange_{answer,reset,hang}.
 */
#ifndef AGORALIA_SIM_SERVER_H
#define AGORALIA_SIM_SERVER_H

#include "tests/retell_sim/http.h"
#include "tests/retell_sim/ops.h"
#include "tests/retell_sim/timers.h"
#include "tests/retell_sim/world.h"

#include <uv.h>

struct sim_request {
    struct str method, path, query, body;
    struct str authorization, retry_count;
    enum sim_op op;
    bool seed;       /* came by a path of compat.seed_paths */
    char param[256]; /* the path's parameter, decoded */
    struct sim_workspace *ws;
    const struct sim_key *key;
};

struct sim_reply {
    int status;
    const char *type; /* content type; NULL = no body */
    struct buf body;
    struct buf headers;  /* further lines, each with its CRLF */
    const char *call_id; /* of the call made or touched, for the log; or NULL */
};

struct sim_exchange {
    struct sim *s;
    struct sim_conn *conn; /* NULL once the client has gone */
    struct sim_request q;
    struct sim_reply r;
    struct sim_timer timer;
    double answer_after_ms; /* simulated: how long after the commit */
    int fault;              /* enum sim_fault_kind, see gate.h */
    char *raw;              /* the bytes q points into */
    bool keep_alive, hung;
    struct sim_exchange *next, *prev;
};

struct sim_server {
    uv_tcp_t listener;
    struct sim *s;
    void (*handle)(struct sim_exchange *x);
};

/* Listen on HOST:PORT (0: any free port) and write the real address to bound. */
bool sim_server_open(struct sim_server *server, struct sim *s, const char *address,
                     void (*handle)(struct sim_exchange *), char *bound, size_t cap) MUSTCHECK;

/* Reset every exchange that waits for its moment: not the one being handled. */
void sim_exchanges_drop(struct sim *s);

/* Close every connection. */
void sim_server_close(struct sim *s);

void sim_exchange_answer(struct sim_exchange *x);
void sim_exchange_reset(struct sim_exchange *x); /* RST: no answer at all */
void sim_exchange_hang(struct sim_exchange *x);  /* silence until the client gives up */

/* {"status":"error","message":...} */
void sim_reply_error(struct sim_reply *r, int status, const char *fmt, ...) PRINTF(3, 4);

/* {"error_message":"request/body/..."}, 400 */
void sim_reply_schema(struct sim_reply *r, const char *fmt, ...) PRINTF(2, 3);

/* Begin a JSON body with this status; the caller appends to the result. */
struct buf *sim_reply_json(struct sim_reply *r, int status);

#endif

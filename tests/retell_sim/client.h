/*
 * client.h - HTTP POSTs to the receivers of events: pooled keep-alive
 * connections for each host, a deadline on each request.
 */
#ifndef AGORALIA_SIM_CLIENT_H
#define AGORALIA_SIM_CLIENT_H

#include "common/base/buf.h"
#include "tests/retell_sim/timers.h"

#include <uv.h>

struct sim_client;

struct sim_post {
    struct buf request; /* head and body, as they go out */
    size_t send_only;   /* > 0: send this many bytes, then close */
    bool slowly;        /* a byte at a time */
    double timeout_ms;  /* real time */
    /* Once, and never before sim_client_post() has returned.  status 0: no answer. */
    void (*done)(struct sim_post *p, int status, struct str body);

    struct sim_timer timer;
    struct sim_wire *wire;
    struct sim_target *target;
    struct sim_post *next;
    size_t sent;
};

struct sim_client *sim_client_open(uv_loop_t *loop, struct sim_timers *timers,
                                   unsigned connections);
void sim_client_limit(struct sim_client *c, unsigned connections);

/* The post stays the caller's; it must live until done. */
void sim_client_post(struct sim_client *c, const char *host, const char *port, struct sim_post *p);

/* Drop a post without calling done. */
void sim_client_cancel(struct sim_client *c, struct sim_post *p);

/* Close every connection; no post may be waiting. */
void sim_client_close(struct sim_client *c);

#endif

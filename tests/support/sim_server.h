/*
 * sim_server.h - a retell-sim of one's own, on free ports.
 *
 * The binary is $BUILD/retell-sim.  It dies with the test.
 */
#ifndef AGORALIA_TESTS_SIM_SERVER_H
#define AGORALIA_TESTS_SIM_SERVER_H

#include "common/base/op.h"

struct sim_server {
    char url[64];     /* the API */
    char control[64]; /* the control plane */
    int pid;
};

/* config is merged over the simulator's defaults. */
void sim_server_start(struct sim_server *s, const char *config);
void sim_server_stop(struct sim_server *s);

/* One request to the control plane; the answer's text, in op's arena.  body NULL = GET. */
const char *sim_server_ask(struct op *op, const struct sim_server *s, const char *path,
                           const char *body);

#endif

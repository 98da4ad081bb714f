/* ops.h - the operations of the API, by name and by path. */
#ifndef AGORALIA_SIM_OPS_H
#define AGORALIA_SIM_OPS_H

#include "common/base/str.h"

#include <stdbool.h>

struct sim;
struct sim_request;
struct sim_reply;

enum sim_op {
#define OP(name, method, path, scope) SIM_OP_##name,
#define SEED(name, method, path)
#include "tests/retell_sim/ops.def"
#undef OP
#undef SEED
    SIM_OPS, /* how many; also: no such operation */
};

typedef void sim_handler(struct sim *s, const struct sim_request *q, struct sim_reply *r);

struct sim_route {
    enum sim_op op;
    const char *method;
    const char *path;
    bool seed;
};

/* The route for a request, its parameter in *param (may be empty); NULL when there is none. */
const struct sim_route *sim_route_find(struct str method, struct str path, bool seed_paths,
                                       struct str *param);

const char *sim_op_name(enum sim_op op);
const char *sim_op_scope(enum sim_op op);
enum sim_op sim_op_named(struct str name);

/* One handler per operation: ops_calls.c, ops_list.c, ops_numbers.c, ops_agents.c, ops_batch.c. */
#define OP(name, method, path, scope) \
    void sim_op_##name(struct sim *s, const struct sim_request *q, struct sim_reply *r);
#define SEED(name, method, path)
#include "tests/retell_sim/ops.def"
#undef OP
#undef SEED

sim_handler *sim_op_handler(enum sim_op op);

#endif

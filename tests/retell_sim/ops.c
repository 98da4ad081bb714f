/* ops.c - the routing table, made from ops.def. */

#include "tests/retell_sim/ops.h"

#include "common/base/compiler.h"

static const struct sim_route routes[] = {
#define OP(name, method, path, scope) {SIM_OP_##name, #method, path, false},
#define SEED(name, method, path) {SIM_OP_##name, #method, path, true},
#include "tests/retell_sim/ops.def"
#undef OP
#undef SEED
};

static const struct row {
    const char *name;
    const char *scope;
    sim_handler *handler;
} rows[SIM_OPS] = {
#define OP(name, method, path, scope) [SIM_OP_##name] = {#name, #scope, sim_op_##name},
#define SEED(name, method, path)
#include "tests/retell_sim/ops.def"
#undef OP
#undef SEED
};

static bool matches(const struct sim_route *route, struct str path, struct str *param)
{
    struct str want = str_of(route->path);

    if (want.p[want.n - 1] != '/') {
        *param = (struct str){0};
        return str_eq(path, want);
    }
    if (path.n <= want.n || !str_starts(path, want))
        return false;
    *param = (struct str){path.p + want.n, path.n - want.n};
    return !memchr(param->p, '/', param->n);
}

const struct sim_route *sim_route_find(struct str method, struct str path, bool seed_paths,
                                       struct str *param)
{
    for (size_t i = 0; i < ARRAY_LEN(routes); i++)
        if ((!routes[i].seed || seed_paths) && matches(&routes[i], path, param)
            && str_eq(method, str_of(routes[i].method)))
            return &routes[i];
    return NULL;
}

const char *sim_op_name(enum sim_op op)
{
    return op < SIM_OPS ? rows[op].name : "none";
}

const char *sim_op_scope(enum sim_op op)
{
    return rows[op].scope;
}

enum sim_op sim_op_named(struct str name)
{
    for (size_t i = 0; i < SIM_OPS; i++)
        if (str_eq(name, str_of(rows[i].name)))
            return (enum sim_op)i;
    return SIM_OPS;
}

sim_handler *sim_op_handler(enum sim_op op)
{
    return rows[op].handler;
}

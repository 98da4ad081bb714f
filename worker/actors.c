/* actors.c - actors.def as a table of things to run, each behind the decoding of its arguments. */

#include "worker/actors.h"

#include "common/base/json.h"

/* Our actors take keyword arguments only: a position says nothing about its meaning. */
static bool read_args(struct op *op, const struct message *m, const struct type *t, void *out)
{
    struct span_walk w = {m->args};
    const struct cJSON *kwargs;
    struct str positional;

    if (span_item(&w, &positional))
        return fail(op, E_VALIDATION_ERROR, "Positional arguments are not understood");
    if (!json_parse(op, m->kwargs, &kwargs) || !from_json(op, kwargs, t, out))
        return false;
    if (!json_get_i64(kwargs, "tenant_id", &op->tenant_id))
        op->tenant_id = 0;
    return true;
}

#define ACTOR(name, queue, retries, limit_ms) \
    static bool run_##name(struct op *op, const struct message *m, struct buf *result) \
    { \
        struct name##_args args = {0}; \
        (void)result; \
        return read_args(op, m, &name##_args_type, &args) && actor_##name(op, &args); \
    }
#include "common/queue/actors.def"
#undef ACTOR

const struct runnable runnables[] = {
#define ACTOR(name, queue, retries, limit_ms) {#name, queue, retries, limit_ms, run_##name},
#include "common/queue/actors.def"
#undef ACTOR
    {NULL, NULL, 0, 0, NULL},
};

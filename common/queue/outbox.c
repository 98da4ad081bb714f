/* outbox.c - one typed door per actor to the outbox table. */

#include "common/queue/outbox.h"

#include "common/store/db.h"
#include "queries.h"

static bool add(struct op *op, const struct actor *actor, const void *args, const char *dedupe_key)
{
    struct buf kwargs = {0};
    struct rows rows;

    to_json(&kwargs, actor->args, args);
    const char *text = arena_strndup(&op->arena, kwargs.p, kwargs.n);
    buf_free(&kwargs);
    return db_query(op, &SQL_OUTBOX_ADD,
                    ARGS({"actor", actor->name}, {"kwargs", text}, {"request_id", op->request_id},
                         {"dedupe_key", dedupe_key}),
                    &rows);
}

#define ACTOR(name, queue, retries, limit_ms) \
    bool enqueue_##name(struct op *op, const struct name##_args *args, const char *dedupe_key) \
    { \
        return add(op, &actors[ACTOR_##name], args, dedupe_key); \
    }
#include "common/queue/actors.def"
#undef ACTOR

/* relay.c - a service: the outbox into Redis, then out of the outbox. */

#include "common/base/conf.h"
#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/queue/actors.h"
#include "common/queue/broker.h"
#include "common/store/db.h"
#include "queries.h"
#include "worker/services.h"

#include <stdlib.h>

enum { BATCH = 500 };

static bool compose(struct op *op, const struct rows *rows, int i, struct new_message *out)
{
    const struct actor *actor = actor_find(str_of(db_text(rows, i, "actor")));

    if (!actor)
        return fail(op, E_INTERNAL_ERROR, "the outbox names an actor that does not exist: %s",
                    db_text(rows, i, "actor"));
    *out = (struct new_message){
        .queue = str_of(actor->queue),
        .actor = actor->name,
        .kwargs = str_of(db_text(rows, i, "kwargs")),
        .message_id = db_text(rows, i, "message_id"),
        .request_id = db_text(rows, i, "request_id"),
        .timestamp_ms = db_i64(rows, i, "created_ms"),
    };
    return true;
}

/* Redis first: a crash in between publishes twice, which the rows forgive; the other order loses.
 */
static bool publish(struct op *op, struct broker *broker, const struct rows *taken)
{
    struct new_message *messages = arena_alloc(&op->arena, (size_t)taken->n * sizeof(*messages));
    struct sql_array ids = {0};
    struct rows rows;
    bool ok = true;

    for (int i = 0; i < taken->n && ok; i++) {
        ok = compose(op, taken, i, &messages[i]);
        sql_array_add(&ids, db_text(taken, i, "id"));
    }
    ok = ok && broker_send(op, broker, messages, (size_t)taken->n)
         && db_query_commit(op, &SQL_OUTBOX_DELETE, ARGS({"ids", sql_array_close(&ids)}), &rows);
    sql_array_free(&ids);
    return ok;
}

/* NOTIFY is a hint from other processes; the poll is the truth. */
bool relay_run_once(struct op *op, int *sleep_ms)
{
    static struct broker *broker; /* this service's thread only */
    struct rows taken;

    *sleep_ms = (int)op->app->conf->dispatch_poll_ms;
    if (!broker && !(broker = broker_open(op->app->conf)))
        return fail(op, E_SERVICE_UNAVAILABLE, "REDIS_URL cannot be used");
    if (!db_begin(op)
        || !db_query(op, &SQL_OUTBOX_TAKE,
                     ARGS({"limit", sql_i64(op, BATCH)},
                          {"test", sql_bool(conf_serves_tests(op->app->conf))}),
                     &taken))
        return false;
    metric_set(M_OUTBOX_LAG, taken.n ? db_i64(&taken, 0, "age_seconds") : 0, NULL);
    if (taken.n == 0) {
        db_rollback(op);
        return true;
    }
    if (!publish(op, broker, &taken))
        return false;
    metric_add(M_OUTBOX_RELAYED, taken.n, NULL);
    *sleep_ms = taken.n == BATCH ? 1 : *sleep_ms;
    return true;
}

/* request_key.c - one statement takes a key or does not; a second one, in the same trip, says why.
 */

#include "common/tenant/request_key.h"

#include "common/store/db.h"
#include "queries.h"

static const struct arg *args_of(struct op *op, const struct request_key *k)
{
    const struct arg args[] = {
        {"principal", op->principal},         {"key", k->key},
        {"fingerprint", k->fingerprint},      {"holder", k->holder},
        {"seconds", sql_i64(op, k->seconds)}, {0},
    };

    return memcpy(arena_alloc(&op->arena, sizeof(args)), args, sizeof(args));
}

static bool explain(struct op *op, const struct request_key *k, const struct rows *found,
                    struct request_answer *out)
{
    if (found->n && strcmp(db_text(found, 0, "fingerprint"), k->fingerprint) != 0)
        return fail(op, E_IDEMPOTENCY_MISMATCH,
                    "This Idempotency-Key was sent with another request");
    if (found->n && db_text(found, 0, "status")) {
        *out = (struct request_answer){.status = (int)db_i64(found, 0, "status"),
                                       .reply = db_text(found, 0, "reply"),
                                       .content = db_text(found, 0, "content")};
        return true;
    }
    fail(op, E_IDEMPOTENCY_IN_PROGRESS, "The first request with this Idempotency-Key still runs");
    op->err.retry_after = found->n ? (int)db_i64(found, 0, "seconds") : 1;
    return false;
}

bool request_key_take(struct op *op, struct request_key *k, struct request_answer *out)
{
    struct rows taken, found;

    uuid_make(k->holder);
    *out = (struct request_answer){0};
    const struct arg *args = args_of(op, k);
    if (!db_ask(op,
                (const struct ask[]){{&SQL_REQUEST_KEY_TAKE, args, &taken},
                                     {&SQL_REQUEST_KEY_LOOK, args, &found}},
                2))
        return false;
    return taken.n > 0 || explain(op, k, &found, out);
}

bool request_key_extend(struct op *op, const struct request_key *k)
{
    struct rows rows;

    return db_query(op, &SQL_REQUEST_KEY_EXTEND, args_of(op, k), &rows);
}

bool request_key_done(struct op *op, const struct request_key *k, const struct request_answer *a)
{
    struct rows rows;

    if (!db_query(op, &SQL_REQUEST_KEY_DONE,
                  ARGS({"principal", op->principal}, {"key", k->key}, {"holder", k->holder},
                       {"status", sql_i64(op, a->status)}, {"reply", a->reply},
                       {"content", a->content}, {"about", a->about}),
                  &rows))
        return false;
    return rows.affected == 1
           || fail(op, E_SERVICE_UNAVAILABLE, "It took too long, and was begun again");
}

bool request_key_free(struct op *op, const struct request_key *k)
{
    struct rows rows;

    return db_query(op, &SQL_REQUEST_KEY_FREE, args_of(op, k), &rows);
}

bool request_key_forget(struct op *op, const char *e164, const char *leads)
{
    struct rows rows;

    return db_query(op, &SQL_REQUEST_KEY_FORGET, ARGS({"e164", e164}, {"leads", leads}), &rows);
}

bool request_key_prune(struct op *op, int *n)
{
    struct rows rows;

    if (!db_query(op, &SQL_REQUEST_KEY_PRUNE, NO_ARGS, &rows))
        return false;
    *n = (int)rows.affected;
    return true;
}

/* deadletters.c - read, rewrite, and move in one script that finds them still there. */

#include "common/queue/deadletters.h"

#include "common/base/id.h"
#include "common/queue/names.h"
#include "common/queue/rewrite.h"

#include <stdlib.h>

enum { PEEK_WORDS = 3 };

/* The call's answer, and how many of its digits say yes. */
static bool counted(struct op *op, struct broker *b, struct call *c, size_t n, size_t *yes)
{
    const struct redisReply *r;
    bool ok = broker_call(op, b, c, &r);

    for (size_t i = 0; ok && i < n; i++)
        *yes += reply_digit(r, i);
    call_end(c);
    return ok;
}

/* The payloads as they should be queued; returns how many could be read. */
static size_t rewrite_all(struct op *op, const char *queue, const struct redisReply *found,
                          struct replay *out)
{
    size_t n = 0;

    for (size_t i = 0; i + 2 < reply_count(found); i += PEEK_WORDS) {
        struct message m;
        struct buf payload = {0};
        char *rid = arena_alloc(&op->arena, UUID_SIZE);
        if (message_decode(&op->arena, reply_text(reply_at(found, i + 1)), &m))
            continue;
        uuid_make(rid);
        rewrite_replay(&payload, &m, queue_canonical(str_of(queue)), rid);
        arena_defer(&op->arena, free, payload.p);
        out[n++] = (struct replay){reply_text(reply_at(found, i)), str_of(rid), buf_view(&payload)};
    }
    return n;
}

static bool replay_some(struct op *op, struct broker *b, const char *queue, const struct str *rids,
                        size_t n, size_t *replayed)
{
    struct replay *items = arena_alloc(&op->arena, n * sizeof(*items));
    const struct redisReply *found;
    struct call c = {0};

    call_peek_dead(&c, broker_caller(b), queue, rids, n);
    if (!broker_call(op, b, &c, &found)) {
        call_end(&c);
        return false;
    }
    n = rewrite_all(op, queue, found, items);
    call_replay(&c, broker_caller(b), queue, items, n);
    return counted(op, b, &c, n, replayed);
}

bool dead_letters_replay(struct op *op, struct broker *b, const char *queue, const struct str *rids,
                         size_t n, size_t *replayed)
{
    *replayed = 0;
    for (size_t done = 0; done < n; done += CALL_MAX_IDS) {
        size_t some = n - done < CALL_MAX_IDS ? n - done : CALL_MAX_IDS;
        if (!replay_some(op, b, queue, rids + done, some, replayed))
            return false;
    }
    return true;
}

bool dead_letters_delete(struct op *op, struct broker *b, const char *queue, const struct str *rids,
                         size_t n, size_t *deleted)
{
    *deleted = 0;
    for (size_t done = 0; done < n; done += CALL_MAX_IDS) {
        struct call c = {0};
        size_t some = n - done < CALL_MAX_IDS ? n - done : CALL_MAX_IDS;
        call_discard(&c, broker_caller(b), queue, rids + done, some);
        if (!counted(op, b, &c, some, deleted))
            return false;
    }
    return true;
}

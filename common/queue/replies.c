/* replies.c - what Redis answered, read without trusting its shape. */

#include "common/queue/calls.h"

#include <hiredis/hiredis.h>
#include <stdlib.h>

struct str reply_text(const struct redisReply *r)
{
    if (!r || (r->type != REDIS_REPLY_STRING && r->type != REDIS_REPLY_STATUS))
        return (struct str){"", 0};
    return (struct str){r->str, (size_t)r->len};
}

int64_t reply_number(const struct redisReply *r)
{
    if (r && r->type == REDIS_REPLY_INTEGER)
        return r->integer;
    return strtoll(reply_text(r).p, NULL, 10);
}

size_t reply_count(const struct redisReply *r)
{
    return r && r->type == REDIS_REPLY_ARRAY ? r->elements : 0;
}

const struct redisReply *reply_at(const struct redisReply *r, size_t i)
{
    return i < reply_count(r) ? r->element[i] : NULL;
}

bool reply_fetched(const struct redisReply *r, size_t i, struct fetched *out)
{
    const struct redisReply *crashes = reply_at(r, 3 * i + 2);

    if (3 * i + 2 >= reply_count(r))
        return false;
    out->rid = reply_text(reply_at(r, 3 * i));
    out->payload = reply_text(reply_at(r, 3 * i + 1));
    out->crashes = crashes->type == REDIS_REPLY_NIL ? -1 : reply_number(crashes);
    return true;
}

void reply_due(const struct redisReply *r, struct due *out)
{
    *out = (struct due){.next_ms = -1};
    if (reply_count(r) < 2)
        return;
    out->next_ms = reply_number(reply_at(r, 0));
    out->held = reply_number(reply_at(r, 1));
    out->n = (reply_count(r) - 2) / 2;
}

bool reply_due_at(const struct redisReply *r, size_t i, struct fetched *out)
{
    if (2 * i + 3 >= reply_count(r))
        return false;
    *out = (struct fetched){.rid = reply_text(reply_at(r, 2 * i + 2)),
                            .payload = reply_text(reply_at(r, 2 * i + 3)),
                            .crashes = -1};
    return true;
}

bool reply_digit(const struct redisReply *r, size_t i)
{
    struct str digits = reply_text(r);

    return i < digits.n && digits.p[i] == '1';
}

/* hello.c - AUTH, SELECT, the eviction policy and the clock. */

#include "common/queue/hello.h"

#include "common/queue/calls.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>

static size_t auth_words(const struct redis_address *a, const char *words[HELLO_WORDS])
{
    size_t n = 0;

    if (!a->password)
        return 0;
    words[n++] = "AUTH";
    if (a->user)
        words[n++] = a->user;
    words[n++] = a->password;
    return n;
}

size_t hello_words(const struct redis_address *a, enum hello_step step,
                   const char *words[HELLO_WORDS])
{
    switch (step) {
    case HELLO_AUTH: return auth_words(a, words);
    case HELLO_SELECT:
        words[0] = "SELECT";
        words[1] = a->db;
        return 2;
    case HELLO_MEMORY:
        words[0] = "INFO";
        words[1] = "memory";
        return 2;
    case HELLO_TIME: words[0] = "TIME"; return 1;
    case HELLO_STEPS: break;
    }
    return 0;
}

bool clock_skewed(int64_t server_us, int64_t asked_us, int64_t now_us)
{
    int64_t margin = (int64_t)MAX_CLOCK_SKEW_MS * 1000;

    return server_us < asked_us - margin || server_us > now_us + margin;
}

static enum hello_verdict check_memory(const struct redisReply *r, const char **why)
{
    static const char field[] = "maxmemory_policy:";
    const char *policy = strstr(reply_text(r).p, field);

    if (!policy || strncmp(policy + sizeof(field) - 1, "noeviction", 10) == 0)
        return HELLO_GOOD;
    *why = "Redis may evict keys: set maxmemory-policy to noeviction";
    return HELLO_REFUSED;
}

static enum hello_verdict check_time(const struct redisReply *r, int64_t asked_us, int64_t now_us,
                                     const char **why)
{
    int64_t server_us = reply_number(reply_at(r, 0)) * 1000000 + reply_number(reply_at(r, 1));

    if (!clock_skewed(server_us, asked_us, now_us))
        return HELLO_GOOD;
    *why = "the clocks of Redis and of this machine differ by more than 2 seconds";
    return HELLO_REFUSED;
}

enum hello_verdict hello_check(enum hello_step step, const struct redisReply *r, int64_t asked_us,
                               int64_t now_us, const char **why)
{
    if (r->type == REDIS_REPLY_ERROR) {
        *why = r->str;
        /* An account that may not read INFO is no reason to stand still. */
        return step == HELLO_MEMORY && strncmp(r->str, "NOPERM", 6) == 0 ? HELLO_GOOD : HELLO_LATER;
    }
    if (step == HELLO_MEMORY)
        return check_memory(r, why);
    return step == HELLO_TIME ? check_time(r, asked_us, now_us, why) : HELLO_GOOD;
}

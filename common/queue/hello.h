/*
 * hello.h - what is said on every new Redis connection, and what we insist on.
 *
 * A server that may evict keys would lose messages in silence, and one whose
 * clock is far from ours would make us and Python peers take living workers for
 * dead: with such a server nobody here works.
 */
#ifndef AGORALIA_QUEUE_HELLO_H
#define AGORALIA_QUEUE_HELLO_H

#include "common/queue/address.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct redisReply;

enum hello_step { HELLO_AUTH, HELLO_SELECT, HELLO_MEMORY, HELLO_TIME, HELLO_STEPS };
enum { HELLO_WORDS = 3, MAX_CLOCK_SKEW_MS = 2000 };

/* The words of one step; 0 when this address does not need it. */
size_t hello_words(const struct redis_address *a, enum hello_step step,
                   const char *words[HELLO_WORDS]);

enum hello_verdict {
    HELLO_GOOD,
    HELLO_LATER,   /* the server is not ready, or does not let us in: try again */
    HELLO_REFUSED, /* it must not be used as it is configured */
};

/* asked_us and now_us are this machine's time around the question; *why when not good. */
enum hello_verdict hello_check(enum hello_step step, const struct redisReply *r, int64_t asked_us,
                               int64_t now_us, const char **why);

/* Is a server time further from ours than the question's own duration explains? */
bool clock_skewed(int64_t server_us, int64_t asked_us, int64_t now_us);

#endif

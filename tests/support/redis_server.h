/* redis_server.h - a private Redis on a socket in a folder of its own, for tests that also break
 * it. */
#ifndef AGORALIA_TEST_REDIS_SERVER_H
#define AGORALIA_TEST_REDIS_SERVER_H

#include "common/base/compiler.h"

#include <stdbool.h>
#include <sys/types.h>

struct redisContext;
struct redisReply;

struct redis_server {
    char dir[32];
    char url[64];
    pid_t pid;
    bool forgetful;             /* no append-only file: for measurements */
    struct redisContext *redis; /* the test's own connection */
};

/* Start, or start again with the data of before; returns once it answers. */
void redis_server_start(struct redis_server *s);
void redis_server_kill(struct redis_server *s, int signal);

/* Stop for good and delete the folder. */
void redis_server_end(struct redis_server *s);

/* One command; the answer lives until the next one.  Words are split at spaces unless %s or %b. */
const struct redisReply *redis_do(struct redis_server *s, const char *fmt, ...);

long long redis_int(struct redis_server *s, const char *fmt, ...);

/* Every key of the database but the heartbeats, sorted, separated by spaces. */
const char *redis_keys(struct redis_server *s);

/* A list, or the sorted members of a set or sorted set, separated by spaces; "" when absent. */
const char *redis_items(struct redis_server *s, const char *key);

#endif

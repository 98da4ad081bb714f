/* redis_server.c - fork a redis-server, and a small way of asking it. */

#include "tests/support/redis_server.h"

#include "common/base/buf.h"

#include <hiredis/hiredis.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void die(const char *what)
{
    perror(what);
    abort();
}

static void exec_server(const struct redis_server *s)
{
    char socket[64];

    snprintf(socket, sizeof(socket), "%s/redis.sock", s->dir);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (chdir(s->dir) != 0)
        die("chdir");
    execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", socket, "--save", "",
           "--appendonly", s->forgetful ? "no" : "yes", "--maxmemory-policy", "noeviction",
           "--logfile", "redis.log", (char *)NULL);
    die("redis-server");
}

static bool connected(struct redis_server *s)
{
    char socket[64];

    snprintf(socket, sizeof(socket), "%s/redis.sock", s->dir);
    s->redis = redisConnectUnix(socket);
    redisReply *r = s->redis && !s->redis->err ? redisCommand(s->redis, "PING") : NULL;
    bool good = r && r->type == REDIS_REPLY_STATUS;
    if (r)
        freeReplyObject(r);
    if (!good && s->redis) {
        redisFree(s->redis);
        s->redis = NULL;
    }
    return good;
}

void redis_server_start(struct redis_server *s)
{
    if (!s->dir[0]) {
        snprintf(s->dir, sizeof(s->dir), "/tmp/agr.XXXXXX");
        if (!mkdtemp(s->dir))
            die("mkdtemp");
        snprintf(s->url, sizeof(s->url), "unix://%s/redis.sock", s->dir);
    }
    s->pid = fork();
    if (s->pid < 0)
        die("fork");
    if (s->pid == 0)
        exec_server(s);
    for (int i = 0; i < 1000 && !connected(s); i++)
        nanosleep(&(struct timespec){.tv_nsec = 10 * 1000 * 1000}, NULL);
    if (!s->redis)
        die("redis does not answer");
}

void redis_server_kill(struct redis_server *s, int signal)
{
    if (s->redis)
        redisFree(s->redis);
    s->redis = NULL;
    if (s->pid > 0) {
        kill(s->pid, signal);
        waitpid(s->pid, NULL, 0);
    }
    s->pid = 0;
}

void redis_server_end(struct redis_server *s)
{
    char command[64];

    redis_server_kill(s, SIGKILL);
    snprintf(command, sizeof(command), "rm -rf %s", s->dir);
    if (system(command) != 0)
        die(command);
    s->dir[0] = '\0';
}

static const struct redisReply *ask(struct redis_server *s, const char *fmt, va_list ap)
{
    static redisReply *last;

    if (last)
        freeReplyObject(last);
    last = redisvCommand(s->redis, fmt, ap);
    if (!last)
        die("redis connection");
    if (last->type == REDIS_REPLY_ERROR) {
        fprintf(stderr, "%s: %s\n", fmt, last->str);
        abort();
    }
    return last;
}

const struct redisReply *redis_do(struct redis_server *s, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    const struct redisReply *r = ask(s, fmt, ap);
    va_end(ap);
    return r;
}

long long redis_int(struct redis_server *s, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    const struct redisReply *r = ask(s, fmt, ap);
    va_end(ap);
    return r->type == REDIS_REPLY_INTEGER ? r->integer : r->str ? strtoll(r->str, NULL, 10) : 0;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Joined by spaces, in a buffer that the next call with the same slot reuses. */
static const char *join(const struct redisReply *r, bool sorted, const char *without, int slot)
{
    static struct buf text[2];
    const char **items = calloc(r->elements + 1, sizeof(*items));
    size_t n = 0;

    for (size_t i = 0; i < r->elements; i++)
        if (!without || !strstr(r->element[i]->str, without))
            items[n++] = r->element[i]->str;
    if (sorted)
        qsort(items, n, sizeof(*items), by_text);
    buf_reset(&text[slot]);
    buf_str(&text[slot], "");
    for (size_t i = 0; i < n; i++) {
        buf_str(&text[slot], i ? " " : "");
        buf_str(&text[slot], items[i]);
    }
    free(items);
    return text[slot].p;
}

const char *redis_keys(struct redis_server *s)
{
    return join(redis_do(s, "KEYS *"), true, "__heartbeats__", 0);
}

const char *redis_items(struct redis_server *s, const char *key)
{
    const struct redisReply *type = redis_do(s, "TYPE %s", key);

    if (strcmp(type->str, "list") == 0)
        return join(redis_do(s, "LRANGE %s 0 -1", key), false, NULL, 1);
    if (strcmp(type->str, "zset") == 0)
        return join(redis_do(s, "ZRANGE %s 0 -1", key), true, NULL, 1);
    if (strcmp(type->str, "hash") == 0)
        return join(redis_do(s, "HKEYS %s", key), true, NULL, 1);
    if (strcmp(type->str, "set") == 0)
        return join(redis_do(s, "SMEMBERS %s", key), true, NULL, 1);
    return "";
}

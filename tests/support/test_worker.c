/* test_worker.c - actors that succeed, fail, wait and crash, and a way to start them. */

#include "tests/support/test_worker.h"

#include "common/base/conf.h"
#include "common/base/log.h"
#include "tests/support/child_env.h"
#include "worker/worker.h"

#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static bool run_add(struct op *op, const struct message *m, struct buf *result)
{
    (void)op;
    (void)m;
    (void)result;
    return true;
}

/* What ran, in a list that the test reads: outside the worker's own connections. */
static bool run_record(struct op *op, const struct message *m, struct buf *result)
{
    static _Thread_local redisContext *redis;

    (void)op;
    (void)result;
    if (!redis || redis->err) {
        if (redis)
            redisFree(redis);
        redis = redisConnectUnix(getenv("TEST_REDIS_SOCKET"));
    }
    redisReply *r = redisCommand(redis, "RPUSH test:ran %b", m->args.p, m->args.n);
    if (!r)
        return fail(op, E_PROVIDER_ERROR, "Redis is away");
    bool stored = r->type == REDIS_REPLY_INTEGER;
    freeReplyObject(r);
    return stored || fail(op, E_PROVIDER_ERROR, "Redis is not ready");
}

static bool run_pause(struct op *op, const struct message *m, struct buf *result)
{
    struct span_walk w = {m->args};
    struct str ms;
    double v = 0;

    (void)op;
    (void)result;
    if ((span_item(&w, &ms) || span_get(m->kwargs, "ms", &ms)) && span_number(ms, &v))
        nanosleep(
            &(struct timespec){.tv_sec = (time_t)v / 1000, .tv_nsec = (long)v % 1000 * 1000000},
            NULL);
    return true;
}

/* A pause whose beginning is seen. */
static bool run_linger(struct op *op, const struct message *m, struct buf *result)
{
    return run_record(op, m, result) && run_pause(op, m, result);
}

static bool run_dbl(struct op *op, const struct message *m, struct buf *result)
{
    struct span_walk w = {m->args};
    struct str first;
    double v = 0;

    if (!span_item(&w, &first) || !span_number(first, &v))
        return fail(op, E_VALIDATION_ERROR, "dbl wants a number");
    buf_printf(result, "%.0f", v * 2);
    return true;
}

static bool run_broken(struct op *op, const struct message *m, struct buf *result)
{
    (void)m;
    (void)result;
    return fail_because(op, E_INTERNAL_ERROR, "the cause", "It broke");
}

static bool run_busy(struct op *op, const struct message *m, struct buf *result)
{
    (void)m;
    (void)result;
    op->err.retry_after = 30;
    return fail(op, E_RATE_LIMIT_EXCEEDED, "Too soon");
}

static bool run_refused(struct op *op, const struct message *m, struct buf *result)
{
    (void)m;
    (void)result;
    return fail(op, E_COMPLIANCE_VIOLATION, "Not now, not ever");
}

static bool run_crash(struct op *op, const struct message *m, struct buf *result)
{
    (void)op;
    (void)m;
    (void)result;
    raise(SIGKILL);
    return true;
}

static const struct runnable test_actors[] = {
    {"add", "default", 3, 600000, run_add},     {"record", "default", 3, 600000, run_record},
    {"pause", "default", 3, 600000, run_pause}, {"linger", "default", 3, 600000, run_linger},
    {"dbl", "default", 3, 600000, run_dbl},     {"broken", "default", 3, 600000, run_broken},
    {"busy", "default", 3, 600000, run_busy},   {"refused", "default", 3, 600000, run_refused},
    {"crash", "default", 3, 600000, run_crash}, {NULL, NULL, 0, 0, NULL},
};

void test_worker_main(int argc, char **argv)
{
    static const struct service no_services[] = {{NULL, NULL}};
    struct conf conf;

    if (argc < 2 || strcmp(argv[1], "worker") != 0)
        return;
    if (!conf_load(&conf))
        _exit(WORKER_CONFIG);
    log_start("test-worker", conf.log_level);
    const struct app app = {.conf = &conf};
    int code = worker_run(&(struct worker_setup){.env = {&app, test_actors}, no_services});
    log_stop();
    _exit(code);
}

enum { MAX_ENV = 32 };

static void become_worker(const char *redis_url, const char *log_path, const char *const *env)
{
    char *const argv[] = {(char[]){"test-worker"}, (char[]){"worker"}, NULL};
    struct arena a = {0};
    const char *words[MAX_ENV + 4] = {NULL};
    int log = open(log_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    int n = 0;

    for (; n < MAX_ENV && env[n]; n++)
        words[n] = env[n];
    words[n++] = arena_printf(&a, "REDIS_URL=%s", redis_url);
    words[n++] = arena_printf(&a, "TEST_REDIS_SOCKET=%s", redis_url + strlen("unix://"));
    words[n++] = "DATABASE_URL=postgresql:///none";
    if (log >= 0)
        dup2(log, STDERR_FILENO);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    execve("/proc/self/exe", argv, child_env(&a, words));
    _exit(127);
}

pid_t test_worker_start(const char *redis_url, const char *log_path, const char *const *env)
{
    pid_t pid = fork();

    if (pid == 0)
        become_worker(redis_url, log_path, env);
    return pid;
}

int test_worker_wait(pid_t pid, int limit_ms)
{
    int status = 0;

    if (!WAIT_UNTIL(waitpid(pid, &status, WNOHANG) == pid, limit_ms))
        return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

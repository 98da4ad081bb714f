/*
 * bench_queue.c - a do-nothing actor: messages per second, worker CPU per message, idle pick-up.
 *
 * usage: bench_queue [PEER_PYTHON]
 *
 * Starts its own Redis and this program again as the worker (the real runtime
 * with the real ping actor).  With the interpreter of a virtualenv that holds
 * dramatiq, measures Python's worker on the same queue in the same run.
 * Prints rows "name | ours | goal | peer"; exits with 1 when a goal is missed.
 */

#include "common/base/clock.h"
#include "common/base/conf.h"
#include "common/base/log.h"
#include "common/queue/broker.h"
#include "tests/support/child_env.h"
#include "tests/support/redis_server.h"
#include "tests/support/test_worker.h"
#include "worker/worker.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BATCH = 1000, PICKUPS = 31, TIMEOUT_SECONDS = 120 };

#define QUEUE "health"

struct measured {
    double per_second;
    double cpu_us;
    double pickup_ms;
};

static struct redis_server server = {.forgetful = true};

static void die(const char *what)
{
    fprintf(stderr, "bench_queue: %s\n", what);
    redis_server_end(&server);
    exit(1);
}

static int be_the_worker(void)
{
    static const struct service none[] = {{NULL, NULL}};
    struct conf conf;

    if (!conf_load(&conf))
        return 2;
    log_start("bench-worker", "error");
    const struct app app = {.conf = &conf};
    return worker_run(&(struct worker_setup){.env = {&app, runnables}, .services = none});
}

/* A virtualenv's interpreter finds its packages by the path in its first word. */
static void become_peer(char *python)
{
    char *const argv[] = {python,
                          (char[]){"-m"},
                          (char[]){"dramatiq"},
                          (char[]){"noop"},
                          (char[]){"--processes"},
                          (char[]){"1"},
                          (char[]){"--threads"},
                          (char[]){"8"},
                          (char[]){"--path"},
                          (char[]){"tests/interop/dramatiq"},
                          NULL};
    struct arena a = {0};
    const char *words[] = {arena_printf(&a, "REDIS_URL=%s", server.url), NULL};
    int quiet = open("/dev/null", O_WRONLY | O_CLOEXEC);

    dup2(quiet, STDERR_FILENO);
    dup2(quiet, STDOUT_FILENO);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    execve(python, argv, child_env(&a, words));
    _exit(127);
}

/* Our worker, or with an interpreter Python's. */
static pid_t start(char *python)
{
    static const char *const env[] = {"WORKER_QUEUES=" QUEUE, NULL};

    if (!python)
        return test_worker_start(server.url, "/dev/null", env);
    pid_t pid = fork();
    if (pid == 0)
        become_peer(python);
    return pid;
}

static void enqueue(size_t n)
{
    struct conf conf = conf_defaults();
    static struct new_message batch[BATCH];

    conf.redis_url = server.url;
    struct broker *b = broker_open(&conf);
    for (size_t i = 0; i < BATCH; i++)
        batch[i] = (struct new_message){
            .queue = STR(QUEUE), .actor = "ping", .kwargs = STR("{\"tenant_id\":0}")};
    for (size_t done = 0; done < n; done += BATCH) {
        struct op op = {0};
        if (!broker_send(&op, b, batch, n - done < BATCH ? n - done : BATCH))
            die("cannot enqueue");
        op_end(&op);
    }
    broker_close(b);
}

static long long left(void)
{
    return redis_int(&server, "HLEN dramatiq:" QUEUE ".msgs");
}

static void rest_us(long us)
{
    nanosleep(&(struct timespec){.tv_nsec = us * 1000}, NULL);
}

/* Microseconds until no more than n are left. */
static int64_t wait_for(long long n, long pause_us)
{
    int64_t began = clock_mono_us();

    while (left() > n) {
        if (clock_mono_us() - began > (int64_t)TIMEOUT_SECONDS * 1000000)
            die("the worker does not get on");
        rest_us(pause_us);
    }
    return clock_mono_us() - began;
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* From enqueueing to acknowledged, of a worker that has nothing else to do. */
static double median_pickup_ms(void)
{
    int64_t took[PICKUPS];

    for (int i = 0; i < PICKUPS; i++) {
        rest_us(400000 + 9973 * (i % 31)); /* idle for long, out of step with anybody's polling */
        int64_t began = clock_mono_us();
        enqueue(1);
        wait_for(0, 100);
        took[i] = clock_mono_us() - began;
    }
    qsort(took, PICKUPS, sizeof(*took), compare);
    return (double)took[PICKUPS / 2] / 1000;
}

static double cpu_us_of(const struct rusage *u)
{
    return (double)(u->ru_utime.tv_sec + u->ru_stime.tv_sec) * 1e6
           + (double)(u->ru_utime.tv_usec + u->ru_stime.tv_usec);
}

static double stop(pid_t pid)
{
    struct rusage used;
    int status;

    kill(pid, SIGTERM);
    if (wait4(pid, &status, 0, &used) != pid)
        die("wait4");
    return cpu_us_of(&used);
}

/* The rate and the CPU are taken from one process with a backlog, the pick-up from an idle one. */
static struct measured measure(char *python, size_t n)
{
    struct measured m;

    enqueue(n);
    pid_t pid = start(python);
    wait_for((long long)n - 1, 1000);
    long long began_with = left();
    int64_t took_us = wait_for(0, 1000);
    m.per_second = (double)began_with / (double)took_us * 1e6;
    m.cpu_us = stop(pid) / (double)n;
    redis_do(&server, "FLUSHALL");
    pid = start(python);
    enqueue(1);
    wait_for(0, 1000);
    m.pickup_ms = median_pickup_ms();
    stop(pid);
    redis_do(&server, "FLUSHALL");
    return m;
}

static void row(const char *name, double ours, const char *goal, const double *peer)
{
    char text[32] = "-";

    if (peer)
        snprintf(text, sizeof(text), "%.1f", *peer);
    printf("%s | %.1f | %s | %s\n", name, ours, goal, text);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "worker") == 0)
        return be_the_worker();

    char *python = argc > 1 ? argv[1] : NULL;
    struct measured peer = {0};

    signal(SIGPIPE, SIG_IGN);
    redis_server_start(&server);
    struct measured ours = measure(NULL, 400000);
    if (python)
        peer = measure(python, 20000);
    redis_server_end(&server);
    printf("name | ours | goal | peer\n");
    row("queue: no-op messages/s, one worker", ours.per_second, ">= 40000",
        python ? &peer.per_second : NULL);
    row("queue: worker CPU us/message", ours.cpu_us, "<= 15", python ? &peer.cpu_us : NULL);
    row("queue: idle pick-up p50 ms", ours.pickup_ms, "<= 5", python ? &peer.pickup_ms : NULL);
    return ours.per_second >= 40000 && ours.cpu_us <= 15 && ours.pickup_ms <= 5 ? 0 : 1;
}

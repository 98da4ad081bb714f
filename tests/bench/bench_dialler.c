/*
 * bench_dialler.c - what a dial costs, directly and through diallers, in one run.
 *
 * usage: BUILD=build/release build/release/bench/bench_dialler [DIALLERS [SECONDS [LATENCY_MS]]]
 *
 * A server of its own answers each creation after LATENCY_MS.  As many threads as diallers dial
 * without pause.  CPU is that of this process and of the diallers, by the kernel's own account.
 */

#include "common/base/clock.h"
#include "common/base/conf.h"
#include "common/provider/http.h"
#include "tests/support/processes.h"
#include "worker/dialler.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { MAX_FDS = 65536, MAX_DIALLERS = 512 };

static const char answer[] =
    "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\n"
    "Content-Length: 20\r\nConnection: close\r\n\r\n{\"call_id\":\"call_9\"}";

/* Connections in the order of their answers' time: the latency is the same for all. */
static void serve(int listener, int latency_ms)
{
    static struct {
        int fd;
        int64_t due_us;
    } queue[MAX_FDS];
    size_t first = 0, last = 0;
    int poll_fd = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event e = {.events = EPOLLIN, .data.fd = listener}, got[256];
    char bytes[8192];

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    epoll_ctl(poll_fd, EPOLL_CTL_ADD, listener, &e);
    for (;;) {
        int64_t now = clock_mono_us();
        for (; first != last && queue[first % MAX_FDS].due_us <= now; first++) {
            send(queue[first % MAX_FDS].fd, answer, sizeof(answer) - 1, MSG_NOSIGNAL);
            close(queue[first % MAX_FDS].fd);
        }
        int n = epoll_wait(poll_fd, got, 256, first == last ? -1 : 1);
        for (int i = 0; i < n; i++) {
            int fd = got[i].data.fd;
            if (fd == listener) {
                e.data.fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
                epoll_ctl(poll_fd, EPOLL_CTL_ADD, e.data.fd, &e);
                continue;
            }
            if (recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT) <= 0) {
                close(fd);
                continue;
            }
            epoll_ctl(poll_fd, EPOLL_CTL_DEL, fd, NULL);
            queue[last % MAX_FDS].fd = fd;
            queue[last++ % MAX_FDS].due_us = clock_mono_us() + latency_ms * 1000LL;
        }
    }
}

static int start_server(int latency_ms, char *url, size_t size)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof(a);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (bind(fd, (struct sockaddr *)&a, sizeof(a)) != 0 || listen(fd, 1024) != 0
        || getsockname(fd, (struct sockaddr *)&a, &length) != 0)
        abort();
    snprintf(url, size, "http://127.0.0.1:%d", ntohs(a.sin_port));
    pid_t pid = fork();
    if (pid == 0)
        serve(fd, latency_ms);
    close(fd);
    return pid;
}

static int64_t cpu_us_of(pid_t pid)
{
    char path[64];
    long long ns = 0;

    snprintf(path, sizeof(path), "/proc/%d/schedstat", (int)pid);
    FILE *f = fopen(path, "re");
    if (f && fscanf(f, "%lld", &ns) != 1)
        ns = 0;
    if (f)
        fclose(f);
    return ns / 1000;
}

static int64_t all_cpu_us(void)
{
    static pid_t pids[MAX_DIALLERS];
    int n = processes_of(getpgrp(), "dialler", pids, MAX_DIALLERS);
    int64_t us = clock_read_us(CLOCK_PROCESS_CPUTIME_ID);

    for (int i = 0; i < n; i++)
        us += cpu_us_of(pids[i]);
    return us;
}

struct load {
    const struct provider *p;
    int64_t end_us;
    bool through;
    _Atomic int64_t done, failed;
};

static void *dial_on(void *ctx)
{
    struct load *l = ctx;
    const struct dial_request request = {
        .from_number = "+14157774444",
        .to_number = "+393491234567",
        .agent_id = "agent_1",
        .metadata = "{\"aga_attempt\":\"11111111-1111-4111-8111-111111111111\"}"};

    while (clock_mono_us() < l->end_us) {
        struct op op = {0};
        struct dial_request r = request;
        struct dial_answer a = {.result = DIAL_UNKNOWN};
        r.send_before_us = clock_boot_us() + 4000000;
        if (!l->through || dialler_acquire(&op))
            l->p->create_phone_call(&op, l->p, &r, &a);
        l->done++;
        l->failed += a.result != DIAL_ACCEPTED;
        op_end(&op);
    }
    return NULL;
}

static void measure(const char *name, const struct provider *p, int n, int seconds, bool through)
{
    struct load l = {.p = p, .through = through};
    pthread_t threads[MAX_DIALLERS];
    int64_t cpu = all_cpu_us(), began = clock_mono_us();

    l.end_us = began + seconds * 1000000LL;
    for (int i = 0; i < n; i++)
        pthread_create(&threads[i], NULL, dial_on, &l);
    for (int i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
    double took = (double)(clock_mono_us() - began) / 1e6;
    printf("%-10s %3d at once: %6.0f dials/s, %6.1f us of CPU per dial, %lld failed\n", name, n,
           (double)l.done / took, (double)(all_cpu_us() - cpu) / (double)l.done,
           (long long)l.failed);
}

int main(int argc, char **argv)
{
    int n = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 256;
    int seconds = argc > 2 ? (int)strtol(argv[2], NULL, 10) : 5;
    int latency_ms = argc > 3 ? (int)strtol(argv[3], NULL, 10) : 200;
    static char key[] = "RETELL_API_KEY=key_bench", database[] = "DATABASE_URL=none";
    static char url[64], base[128], program[512];
    char *words[] = {program, NULL};
    const char *build = getenv("BUILD");
    struct conf conf = conf_defaults();
    struct nursery nursery;

    setpgid(0, 0);
    signal(SIGPIPE, SIG_IGN);
    snprintf(program, sizeof(program), "%s/agoralia-worker", build ? build : "build/release");
    int server = start_server(latency_ms, url, sizeof(url));
    snprintf(base, sizeof(base), "RETELL_BASE_URL=%s", url);
    putenv(key);
    putenv(database);
    putenv(base);
    conf.retell_api_key = "key_bench";
    conf.retell_base_url = url;
    if (n < 1 || n > MAX_DIALLERS || !nursery_start(&nursery, words))
        return 1;
    struct provider *here = provider_open("retell", &conf);
    struct provider *there =
        provider_open_keyless("retell", &conf, diallers_exchange, nursery.signing_key);
    diallers_start(&nursery, (size_t)n);
    for (int i = 0; i < 1000 && processes_of(getpgrp(), "dialler", NULL, 0) < n; i++)
        usleep(10000);
    for (int round = 0; round < 2; round++) {
        measure("direct", here, n, seconds, false);
        measure("diallers", there, n, seconds, true);
    }
    diallers_stop();
    kill(server, SIGKILL);
    return 0;
}

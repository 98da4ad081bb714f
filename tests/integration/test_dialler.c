/* test_dialler.c - the worker's diallers: stopped, killed, orphaned, kept waiting. */

#include "common/base/clock.h"
#include "tests/support/check.h"
#include "tests/support/dial_rig.h"
#include "tests/support/processes.h"
#include "tests/support/rude_server.h"
#include "tests/support/test_worker.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED
#endif

#define ANSWER(status_, body_) \
    { \
        .way = RUDE_ANSWER, .status = (status_), .body = (body_) \
    }
#define CREATED ANSWER("201 Created", "{\"call_id\":\"call_9\"}")
#define CALL ANSWER("200 OK", "{\"call_id\":\"call_9\"}")
#define HANG \
    { \
        .way = RUDE_HANG \
    }

enum { SEND_MS = 600, SOON_MS = 5000 };

static const char *worker;

static int dialler_count(void)
{
    return processes_of(getpgrp(), "dialler", NULL, 0);
}

/* The only one; it is there and waits. */
static pid_t the_dialler(void)
{
    pid_t pid = 0;

    assert_true(WAIT_UNTIL(processes_of(getpgrp(), "dialler", &pid, 1) == 1, SOON_MS));
    return pid;
}

struct dialling {
    const struct dial_rig *rig;
    pthread_t thread;
    struct dial_answer answer;
    int64_t took_us;
    _Atomic bool done;
};

static void *dial_thread(void *ctx)
{
    struct dialling *d = ctx;
    int64_t began = clock_mono_us();

    d->answer = dial_rig_dial(d->rig, SEND_MS);
    d->took_us = clock_mono_us() - began;
    d->done = true;
    return NULL;
}

static void begin(struct dialling *d, const struct dial_rig *r)
{
    *d = (struct dialling){.rig = r};
    assert_int_equal(pthread_create(&d->thread, NULL, dial_thread, d), 0);
}

static enum dial_result end(struct dialling *d)
{
    pthread_join(d->thread, NULL);
    return d->answer.result;
}

/* A listener that completes no handshake until it is told to: its queue is full. */
struct shut {
    int listener, filler[2], port;
    char url[64];
};

static int connect_to(int port)
{
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_port = htons((uint16_t)port),
                            .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    connect(fd, (struct sockaddr *)&a, sizeof(a));
    return fd;
}

static void shut_open(struct shut *s)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof(a);

    s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(s->listener, (struct sockaddr *)&a, sizeof(a)), 0);
    assert_int_equal(listen(s->listener, 0), 0);
    assert_int_equal(getsockname(s->listener, (struct sockaddr *)&a, &size), 0);
    s->port = ntohs(a.sin_port);
    snprintf(s->url, sizeof(s->url), "http://127.0.0.1:%d", s->port);
    s->filler[0] = connect_to(s->port);
    s->filler[1] = -1;
}

static bool accepts(const struct shut *s, int limit_ms, int *fd)
{
    struct pollfd p = {.fd = s->listener, .events = POLLIN};

    *fd = -1;
    if (poll(&p, 1, limit_ms) == 1)
        *fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC);
    return *fd >= 0;
}

/* Make room; then the dialler's connection comes through with the next SYN of its kernel. */
static int let_in(struct shut *s)
{
    int first, fd = -1;

    assert_true(accepts(s, 1000, &first));
    close(first);
    accepts(s, 4000, &fd);
    return fd;
}

static void shut_close(struct shut *s)
{
    close(s->filler[0]);
    close(s->listener);
}

/* Is there a connection under way to the port? */
static bool is_connecting(int port)
{
    char line[256];
    unsigned local, remote, state;
    bool found = false;
    FILE *f = fopen("/proc/net/tcp", "re");

    while (f && !found && fgets(line, sizeof(line), f))
        found = sscanf(line, " %*d: %*x:%x %*x:%x %x", &local, &remote, &state) == 3
                && remote == (unsigned)port && state == 2; /* SYN_SENT */
    if (f)
        fclose(f);
    return found;
}

static size_t bytes_in(int fd)
{
    char bytes[4096];
    ssize_t n, all = 0;

    while ((n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0)
        all += n;
    return (size_t)all;
}

/* ---- sentences ---- */

static void a_dial_goes_out_once_with_the_key_only_the_dialler_has(void **state)
{
    static const struct rude_step steps[] = {CREATED};
    struct rude_server *s = rude_start(steps, 1);
    struct dial_rig r;
    (void)state;

    dial_rig_start(&r, rude_url(s), NULL, 1);
    struct dial_answer a = dial_rig_dial(&r, SOON_MS);
    assert_int_equal(a.result, DIAL_ACCEPTED);
    assert_int_equal(rude_requests(s, "POST"), 1);
    assert_non_null(strstr(rude_last(s), "\r\nAuthorization: Bearer " DIAL_RIG_KEY "\r\n"));
    dial_rig_stop(&r);
    rude_stop(s);
}

static void a_dialler_stopped_before_it_is_asked_sends_nothing_and_is_replaced(void **state)
{
    static const struct rude_step steps[] = {CREATED};
    struct rude_server *s = rude_start(steps, 1);
    struct dial_rig r;
    (void)state;

    dial_rig_start(&r, rude_url(s), NULL, 1);
    pid_t stopped = the_dialler();
    kill(stopped, SIGSTOP);
    assert_int_equal(dial_rig_dial(&r, SEND_MS).result, DIAL_NEVER_SENT);
    assert_int_equal(rude_connections(s), 0);
    assert_int_equal(dial_rig_dial(&r, SOON_MS).result, DIAL_ACCEPTED);
    assert_int_not_equal(the_dialler(), stopped);
    dial_rig_stop(&r);
    rude_stop(s);
}

static void a_dialler_stopped_while_it_connects_sends_nothing_though_the_way_opens(void **state)
{
    struct shut s;
    struct dialling d;
    struct dial_rig r;
    (void)state;

    shut_open(&s);
    dial_rig_start(&r, s.url, NULL, 1);
    pid_t pid = the_dialler();
    begin(&d, &r);
    assert_true(WAIT_UNTIL(is_connecting(s.port), SOON_MS));
    kill(pid, SIGSTOP);
    int fd = let_in(&s);
    assert_int_equal(end(&d), DIAL_NEVER_SENT);
    assert_true(
        WAIT_UNTIL(kill(pid, 0) != 0 || process_status_is(pid, "State", "Z (zombie)"), 1000));
    if (fd >= 0)
        assert_int_equal(bytes_in(fd), 0);
    close(fd);
    shut_close(&s);
    dial_rig_stop(&r);
}

static void a_dialler_that_dies_while_it_connects_has_sent_nothing(void **state)
{
    struct shut s;
    struct dialling d;
    struct dial_rig r;
    (void)state;

    shut_open(&s);
    dial_rig_start(&r, s.url, NULL, 1);
    pid_t pid = the_dialler();
    begin(&d, &r);
    assert_true(WAIT_UNTIL(is_connecting(s.port), SOON_MS));
    kill(pid, SIGKILL);
    assert_int_equal(end(&d), DIAL_NEVER_SENT);
    assert_true(d.took_us < SEND_MS * 1000);
    shut_close(&s);
    dial_rig_stop(&r);
}

static void a_dialler_that_dies_after_it_sent_leaves_the_attempt_unknown(void **state)
{
    static const struct rude_step steps[] = {HANG, CREATED};
    struct rude_server *s = rude_start(steps, 2);
    struct dialling d;
    struct dial_rig r;
    (void)state;

    dial_rig_start(&r, rude_url(s), NULL, 1);
    pid_t pid = the_dialler();
    begin(&d, &r);
    assert_true(WAIT_UNTIL(rude_requests(s, "POST") == 1, SOON_MS));
    kill(pid, SIGKILL);
    assert_int_equal(end(&d), DIAL_UNKNOWN);
    assert_int_equal(dial_rig_dial(&r, SOON_MS).result, DIAL_ACCEPTED);
    assert_int_equal(rude_requests(s, "POST"), 2);
    dial_rig_stop(&r);
    rude_stop(s);
}

/* Its request has arrived, so the last moment to send means nothing to it any more. */
static void an_answer_after_the_last_moment_to_send_is_still_heard(void **state)
{
    static const struct rude_step steps[] = {HANG};
    struct rude_server *s = rude_start(steps, 1);
    struct dialling d;
    struct dial_rig r;
    (void)state;

    dial_rig_start(&r, rude_url(s), NULL, 1);
    pid_t pid = the_dialler();
    begin(&d, &r);
    assert_int_equal(end(&d), DIAL_UNKNOWN);
    assert_in_range(d.took_us, (DIAL_RIG_TIMEOUT_MS - 50) * 1000,
                    (DIAL_RIG_TIMEOUT_MS + 1000) * 1000);
    assert_int_equal(the_dialler(), pid);
    dial_rig_stop(&r);
    rude_stop(s);
}

static void a_slow_answer_does_not_hold_up_other_dials(void **state)
{
    static const struct rude_step steps[] = {HANG, CREATED};
    struct rude_server *s = rude_start(steps, 2);
    struct dialling slow;
    struct dial_rig r;
    (void)state;

    dial_rig_start(&r, rude_url(s), NULL, 2);
    begin(&slow, &r);
    assert_true(WAIT_UNTIL(rude_requests(s, "POST") == 1, SOON_MS));
    for (int i = 0; i < 20; i++)
        assert_int_equal(dial_rig_dial(&r, SOON_MS).result, DIAL_ACCEPTED);
    assert_false(slow.done);
    assert_int_equal(end(&slow), DIAL_UNKNOWN);
    dial_rig_stop(&r);
    rude_stop(s);
}

static void *read_thread(void *ctx)
{
    const struct dial_rig *r = ctx;
    struct op op = {0};
    struct provider_call call;

    assert_false(r->retell->get_call(&op, r->retell, "call_9", &call));
    op_end(&op);
    return NULL;
}

static void reads_leave_diallers_for_dials(void **state)
{
    static const struct rude_step steps[] = {HANG, CREATED};
    struct rude_server *s = rude_start(steps, 2);
    struct op op = {.deadline_us = clock_mono_us() + 200000};
    struct provider_call call;
    pthread_t reader;
    struct dial_rig r;
    (void)state;

    dial_rig_start(&r, rude_url(s), NULL, 4);
    assert_true(WAIT_UNTIL(dialler_count() == 4, SOON_MS));
    pthread_create(&reader, NULL, read_thread, &r);
    assert_true(WAIT_UNTIL(rude_requests(s, "GET") == 1, SOON_MS));
    op.deadline_us = clock_mono_us() + 200000;
    assert_fails(&op, E_SERVICE_UNAVAILABLE, r.retell->get_call(&op, r.retell, "call_9", &call));
    assert_int_equal(rude_requests(s, "GET"), 1);
    assert_int_equal(dial_rig_dial(&r, SOON_MS).result, DIAL_ACCEPTED);
    pthread_join(reader, NULL);
    op_end(&op);
    dial_rig_stop(&r);
    rude_stop(s);
}

/* ---- the whole worker ---- */

static pid_t start_worker(void)
{
    pid_t pid = fork();

    if (pid == 0) {
        int log = open("/dev/null", O_WRONLY | O_CLOEXEC);
        setpgid(0, 0);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(log, STDERR_FILENO);
        execl(worker, worker, (char *)NULL);
        _exit(127);
    }
    setpgid(pid, pid);
    return pid;
}

static void assert_keyless(pid_t pid)
{
    assert_true(WAIT_UNTIL(processes_of(pid, "dialler", NULL, 0) == 3, SOON_MS));
    assert_true(process_environ_has(pid, "NO_SECRET=seen_by_all"));
    assert_true(process_memory_has(pid, "seen_by_all"));
    assert_false(process_environ_has(pid, DIAL_RIG_KEY));
#ifndef SANITIZED /* a sanitizer keeps a copy of the environment */
    assert_false(process_memory_has(pid, DIAL_RIG_KEY));
    assert_false(process_memory_has(pid, "webhook_key_of_no_use_here"));
#endif
}

static void a_worker_does_not_hold_the_key_and_its_diallers_are_confined(void **state)
{
    pid_t pid = start_worker(), diallers[3];
    (void)state;

    assert_keyless(pid);
    processes_of(pid, "dialler", diallers, 3);
    for (int i = 0; i < 3; i++) {
#ifndef SANITIZED
        assert_true(WAIT_UNTIL(process_status_is(diallers[i], "Seccomp", "2"), SOON_MS));
#endif
        assert_true(WAIT_UNTIL(process_status_is(diallers[i], "NoNewPrivs", "1"), SOON_MS));
    }
    kill(pid, SIGHUP); /* anew, and still without */
    assert_true(WAIT_UNTIL(kill(diallers[0], 0) != 0
                               || process_status_is(diallers[0], "State", "Z (zombie)"),
                           SOON_MS));
    assert_keyless(pid);
    kill(pid, SIGTERM);
    waitpid(pid, NULL, 0);
    assert_true(WAIT_UNTIL(processes_of(pid, NULL, NULL, 0) == 0, 1000));
}

static void a_killed_worker_leaves_nobody_behind(void **state)
{
    pid_t pid = start_worker(), diallers[3];
    (void)state;

    assert_true(WAIT_UNTIL(processes_of(pid, "dialler", diallers, 3) == 3, SOON_MS));
    kill(diallers[1], SIGSTOP);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    assert_true(WAIT_UNTIL(processes_of(pid, NULL, NULL, 0) == 0, 1000));
}

static void a_worker_whose_nursery_died_ends_and_says_so_by_its_code(void **state)
{
    pid_t pid = start_worker(), nursery;
    int status;
    (void)state;

    assert_true(WAIT_UNTIL(processes_of(pid, "dialler", NULL, 0) == 3, SOON_MS));
    assert_int_equal(processes_of(pid, "nursery", &nursery, 1), 1);
    kill(nursery, SIGKILL);
    waitpid(pid, &status, 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 4);
    assert_true(WAIT_UNTIL(processes_of(pid, NULL, NULL, 0) == 0, 1000));
}

/* A dial under way when the worker is killed: its connection comes through, its request does not.
 */
static void after_the_worker_was_killed_nothing_is_sent(void **state)
{
    struct shut s;
    (void)state;

    shut_open(&s);
    pid_t pid = fork();
    if (pid == 0) {
        struct dial_rig r;
        setpgid(0, 0);
        dial_rig_start(&r, s.url, NULL, 1);
        dial_rig_dial(&r, SOON_MS);
        _exit(0);
    }
    assert_true(WAIT_UNTIL(is_connecting(s.port), SOON_MS));
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    assert_true(WAIT_UNTIL(processes_of(pid, NULL, NULL, 0) == 0, 1000));
    int fd = let_in(&s);
    if (fd >= 0)
        assert_int_equal(bytes_in(fd), 0);
    close(fd);
    shut_close(&s);
}

int main(void)
{
    static char key[] = "RETELL_API_KEY=" DIAL_RIG_KEY,
                database[] = "DATABASE_URL=postgres:///nowhere";
    static char webhook[] = "RETELL_WEBHOOK_KEYS=webhook_key_of_no_use_here";
    static char redis[] = "REDIS_URL=unix:///nowhere?db=0", three[] = "DIALLERS=3";
    static char seen[] = "NO_SECRET=seen_by_all";
    char *const words[] = {key, database, webhook, redis, three, seen};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dial_goes_out_once_with_the_key_only_the_dialler_has),
        cmocka_unit_test(a_dialler_stopped_before_it_is_asked_sends_nothing_and_is_replaced),
        cmocka_unit_test(a_dialler_stopped_while_it_connects_sends_nothing_though_the_way_opens),
        cmocka_unit_test(a_dialler_that_dies_while_it_connects_has_sent_nothing),
        cmocka_unit_test(a_dialler_that_dies_after_it_sent_leaves_the_attempt_unknown),
        cmocka_unit_test(an_answer_after_the_last_moment_to_send_is_still_heard),
        cmocka_unit_test(a_slow_answer_does_not_hold_up_other_dials),
        cmocka_unit_test(reads_leave_diallers_for_dials),
        cmocka_unit_test(a_worker_does_not_hold_the_key_and_its_diallers_are_confined),
        cmocka_unit_test(a_killed_worker_leaves_nobody_behind),
        cmocka_unit_test(a_worker_whose_nursery_died_ends_and_says_so_by_its_code),
        cmocka_unit_test(after_the_worker_was_killed_nothing_is_sent),
    };

    setpgid(0, 0); /* so that processes_of() finds ours and nobody else's */
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        putenv(words[i]);
    worker = dial_rig_worker();
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* test_confinement.c - what a dialler can no longer do, tried from inside, and what it still can.
 */

#include "common/provider/http.h"
#include "tests/support/check.h"
#include "tests/support/rude_server.h"
#include "worker/dialler_child.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/sched.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED true
#elif defined(__has_feature)
#define SANITIZED (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#else
#define SANITIZED false
#endif

#define MINE "confinement.mine" /* a file that could be written to, in the folder of the test */

enum { DIED = 1000 }; /* + the signal */

/* Opened before the confinement, as a dialler has its socket. */
static int open_file, tcp;
static pid_t other; /* the process of the test itself */

/* 0 when the call succeeded. */
static int failure(long result)
{
    return result < 0 ? errno : 0;
}

/* The errno that act() came to in a confined process of its own, or what killed it. */
static int confined(int (*act)(void))
{
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        if (!dialler_confine())
            _exit(255);
        _exit(act());
    }
    waitpid(pid, &status, 0);
    return WIFSIGNALED(status) ? DIED + WTERMSIG(status) : WEXITSTATUS(status);
}

struct attempt {
    const char *what;
    int (*act)(void);
};

#define TRY(name, expr) \
    static int name(void) \
    { \
        return failure(expr); \
    }

/* ---- files ---- */

TRY(writes_a_file, open(MINE, O_WRONLY | O_CLOEXEC))
TRY(reads_and_writes_a_file, open(MINE, O_RDWR | O_CLOEXEC))
TRY(appends_to_a_file, open(MINE, O_RDONLY | O_APPEND | O_CLOEXEC))
TRY(empties_a_file, open(MINE, O_RDONLY | O_TRUNC | O_CLOEXEC))
TRY(makes_a_file, open("confinement.new", O_RDONLY | O_CREAT | O_CLOEXEC, 0600))
TRY(makes_a_file_the_old_way, syscall(SYS_creat, "confinement.new", 0600))
TRY(makes_a_nameless_file, open(".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600))
TRY(opens_the_new_way, syscall(SYS_openat2, AT_FDCWD, MINE, (uint64_t[3]){O_RDWR, 0, 0}, 24))
TRY(makes_a_file_in_memory, memfd_create("m", MFD_CLOEXEC))
TRY(shortens_an_open_file, ftruncate(open_file, 0))
TRY(removes_a_file, unlink(MINE))
TRY(renames_a_file, rename(MINE, "confinement.new"))
TRY(links_a_file, link(MINE, "confinement.new"))
TRY(makes_a_folder, mkdir("confinement.new", 0700))
TRY(changes_a_mode, chmod(MINE, 0777))
TRY(looks_around, syscall(SYS_getdents64, open_file, &(char[64]){0}, 64))
TRY(follows_a_link, readlink("/proc/self/exe", (char[64]){0}, 64))

/* ---- the network ---- */

TRY(a_socket_of_this_machine, socket(AF_UNIX, SOCK_STREAM, 0))
TRY(a_datagram_pair, socketpair(AF_UNIX, SOCK_DGRAM, 0, (int[2]){0}))
TRY(a_raw_packet_socket, socket(AF_PACKET, SOCK_RAW, 0))
TRY(a_raw_socket, socket(AF_INET, SOCK_RAW, IPPROTO_ICMP))
TRY(a_raw_socket_of_the_newer_kind, socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6))
TRY(a_virtual_machine_socket, socket(AF_VSOCK, SOCK_STREAM, 0))
TRY(the_kernel_crypto_socket, socket(AF_ALG, SOCK_SEQPACKET, 0))
TRY(the_routes_socket, socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE))
TRY(the_audit_socket, socket(AF_NETLINK, SOCK_RAW, NETLINK_AUDIT))
TRY(the_firewall_socket, socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER))
TRY(another_protocol, socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP))
TRY(another_protocol_of_streams, socket(AF_INET6, SOCK_STREAM, IPPROTO_SCTP))
TRY(a_fixed_port, bind(tcp, (struct sockaddr *)&(struct sockaddr_in){.sin_family = AF_INET},
                       sizeof(struct sockaddr_in)))
TRY(a_fixed_port_of_the_newer_kind,
    bind(tcp, (struct sockaddr *)&(struct sockaddr_in6){.sin6_family = AF_INET6},
         sizeof(struct sockaddr_in6)))
TRY(a_fixed_port_by_a_short_address,
    bind(tcp, (struct sockaddr *)&(struct sockaddr_nl){0}, sizeof(struct sockaddr_nl)))
TRY(listening, listen(tcp, 1))
TRY(accepting, accept4(tcp, NULL, NULL, SOCK_CLOEXEC))

/* ---- other processes ---- */

static struct iovec nowhere = {&nowhere, 1};

TRY(signals_its_parent, kill(other, SIGCONT))
TRY(signals_all, kill(-1, SIGCONT))
TRY(signals_a_thread, syscall(SYS_tkill, other, SIGCONT))
TRY(signals_a_thread_of_another, syscall(SYS_tgkill, other, other, SIGCONT))
TRY(queues_a_signal, syscall(SYS_rt_sigqueueinfo, other, SIGCONT, NULL))
TRY(opens_a_process, syscall(SYS_pidfd_open, other, 0))
TRY(signals_by_descriptor, syscall(SYS_pidfd_send_signal, open_file, SIGCONT, NULL, 0))
TRY(has_the_kernel_signal_another, fcntl(tcp, F_SETOWN, other))
TRY(limits_another, prlimit(other, RLIMIT_CORE, NULL, &(struct rlimit){0}))
TRY(raises_its_own_limits, prlimit(0, RLIMIT_CORE, &(struct rlimit){0}, NULL))
TRY(outlives_its_parent, prctl(PR_SET_PDEATHSIG, 0))
TRY(lets_itself_be_read, prctl(PR_SET_DUMPABLE, 1))
TRY(types_into_the_terminal, ioctl(tcp, TIOCSTI, "x"))
TRY(becomes_somebody, setuid(1))
TRY(a_child_by_fork, fork())
TRY(a_child_by_clone, syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL))
TRY(leaves_its_namespace, unshare(CLONE_NEWUSER))

/* ---- code, and the kernel's other doors ---- */

TRY(code_in_new_memory,
    (long)mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == -1 ? -1
                                                                                            : 0)
TRY(code_in_its_memory, mprotect((void *)((uintptr_t)&nowhere & ~(uintptr_t)4095), 4096,
                                 PROT_READ | PROT_WRITE | PROT_EXEC))
TRY(a_ring_of_calls, syscall(SYS_io_uring_setup, 1, NULL))
TRY(a_program_in_the_kernel, syscall(SYS_bpf, 0, NULL, 0))
TRY(faults_in_its_own_hands, syscall(SYS_userfaultfd, 0))
TRY(the_keyring, syscall(SYS_keyctl, 0, 0, 0, 0, 0))
TRY(counters, syscall(SYS_perf_event_open, NULL, 0, 0, 0, 0))
TRY(another_filter, syscall(SYS_seccomp, 0, 0, NULL))

/* ---- what only an intruder would try ---- */

TRY(another_program, execl("/bin/true", "true", (char *)NULL))
TRY(another_program_by_descriptor, syscall(SYS_execveat, open_file, "", NULL, NULL, AT_EMPTY_PATH))
TRY(a_child_the_old_way, syscall(SYS_fork))
TRY(a_child_that_borrows, syscall(SYS_vfork))
TRY(tracing, ptrace(PTRACE_TRACEME, 0, NULL, NULL))
TRY(the_memory_of_another, process_vm_readv(other, &nowhere, 1, &nowhere, 1, 0))
TRY(writing_there, process_vm_writev(other, &nowhere, 1, &nowhere, 1, 0))

#ifdef __x86_64__
/* getpid, by the 32-bit way in, where numbers mean other calls. */
static int the_other_way_in(void)
{
    long result;

    __asm__ volatile("int $0x80" : "=a"(result) : "a"(20) : "memory");
    return result > 0 ? 0 : EPERM;
}
#else
static int the_other_way_in(void)
{
    return (int)raise(SIGSYS); /* there is none */
}
#endif

/* ---- what an HTTP client needs ---- */

static char url[64];

static int asks_by_name(void)
{
    struct op op = {0};
    struct http_reply reply;

    http_exchange(&op,
                  &(struct http_request){.method = "POST",
                                         .url = url,
                                         .authorization = "Authorization: none",
                                         .body = "{}",
                                         .once = true,
                                         .timeout_ms = 5000,
                                         .max_reply = 1000},
                  &reply);
    return reply.status == 201 ? 0 : 1;
}

static void *nothing(void *ctx)
{
    return ctx;
}

static int starts_a_thread(void)
{
    pthread_t thread;
    int why = pthread_create(&thread, NULL, nothing, NULL);

    return why ? why : pthread_join(thread, NULL);
}

static int takes_and_gives_memory(void)
{
    char *p = malloc((size_t)64 << 20);

    if (!p)
        return ENOMEM;
    memset(p, 1, (size_t)64 << 20);
    free(p);
    return 0;
}

TRY(reads_a_file, open("/etc/hosts", O_RDONLY | O_CLOEXEC))
TRY(a_pair_for_itself, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, (int[2]){0}))
TRY(counts_unsent_bytes, ioctl(tcp, TIOCOUTQ, &(int){0}))
TRY(a_question_to_a_name_server, socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_UDP))
TRY(does_not_block, fcntl(tcp, F_SETFL, fcntl(tcp, F_GETFL) | O_NONBLOCK))
TRY(knows_its_limits, prlimit(0, RLIMIT_NOFILE, NULL, &(struct rlimit){0}))

/* ---- sentences ---- */

static void check_all(const struct attempt *all, size_t n, int expected)
{
    if (SANITIZED)
        skip();
    for (size_t i = 0; i < n; i++) {
        int result = confined(all[i].act);
        if (result != expected)
            fail_msg("%s: %s", all[i].what,
                     result >= DIED ? strsignal(result - DIED) : strerror(result));
    }
}

#define A(f) \
    { \
#f, f \
    }
#define CHECK(expected, ...) \
    do { \
        static const struct attempt all_[] = {__VA_ARGS__}; \
        check_all(all_, ARRAY_LEN(all_), expected); \
    } while (0)

static void no_file_is_changed(void **state)
{
    (void)state;
    CHECK(EPERM, A(writes_a_file), A(reads_and_writes_a_file), A(appends_to_a_file),
          A(empties_a_file), A(makes_a_file), A(makes_a_file_the_old_way), A(makes_a_nameless_file),
          A(opens_the_new_way), A(makes_a_file_in_memory), A(shortens_an_open_file),
          A(removes_a_file), A(renames_a_file), A(links_a_file), A(makes_a_folder),
          A(changes_a_mode));
    CHECK(EPERM, A(looks_around), A(follows_a_link));
}

static void no_socket_but_to_ask_somebody_elsewhere(void **state)
{
    (void)state;
    CHECK(EPERM, A(a_socket_of_this_machine), A(a_datagram_pair), A(a_raw_packet_socket),
          A(a_raw_socket), A(a_raw_socket_of_the_newer_kind), A(a_virtual_machine_socket),
          A(the_kernel_crypto_socket), A(the_routes_socket), A(the_audit_socket),
          A(the_firewall_socket), A(another_protocol), A(another_protocol_of_streams),
          A(a_fixed_port), A(a_fixed_port_of_the_newer_kind), A(a_fixed_port_by_a_short_address),
          A(listening), A(accepting));
}

static void nobody_else_is_touched(void **state)
{
    (void)state;
    CHECK(EPERM, A(signals_its_parent), A(signals_all), A(signals_a_thread),
          A(signals_a_thread_of_another), A(queues_a_signal), A(opens_a_process),
          A(signals_by_descriptor), A(has_the_kernel_signal_another), A(limits_another),
          A(raises_its_own_limits), A(outlives_its_parent), A(lets_itself_be_read),
          A(types_into_the_terminal), A(becomes_somebody), A(leaves_its_namespace));
}

static void no_new_code_and_no_other_door_of_the_kernel(void **state)
{
    (void)state;
    CHECK(EPERM, A(code_in_new_memory), A(code_in_its_memory), A(a_ring_of_calls),
          A(a_program_in_the_kernel), A(faults_in_its_own_hands), A(the_keyring), A(counters),
          A(another_filter));
}

static void an_intruder_ends_at_once(void **state)
{
    (void)state;
    CHECK(DIED + SIGSYS, A(another_program), A(another_program_by_descriptor), A(a_child_by_fork),
          A(a_child_by_clone), A(a_child_the_old_way), A(a_child_that_borrows), A(tracing),
          A(the_memory_of_another), A(writing_there), A(the_other_way_in));
}

static void what_an_http_client_needs_works(void **state)
{
    static const struct rude_step steps[] = {{.way = RUDE_ANSWER, .status = "201 Created"}};
    struct rude_server *s = rude_start(steps, 1);
    (void)state;

    snprintf(url, sizeof(url), "http://localhost:%d/", rude_port(s));
    CHECK(0, A(asks_by_name), A(starts_a_thread), A(takes_and_gives_memory),
          A(a_question_to_a_name_server), A(reads_a_file), A(a_pair_for_itself),
          A(counts_unsent_bytes), A(does_not_block), A(knows_its_limits));
    rude_stop(s);
}

/* The kernel's timer needs nobody's permission once it is set. */
static void wait_to_be_killed(void)
{
    for (;;)
        nanosleep(&(struct timespec){.tv_sec = 10}, NULL);
}

static void the_kill_timer_still_kills(void **state)
{
    struct sigevent kill_me = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGKILL};
    int status;
    (void)state;

    pid_t pid = fork();
    if (pid == 0) {
        timer_t killer;
        if (timer_create(CLOCK_BOOTTIME, &kill_me, &killer) != 0 || !dialler_confine()
            || timer_settime(killer, 0, &(struct itimerspec){.it_value = {.tv_nsec = 50000000}},
                             NULL)
                   != 0)
            _exit(1);
        wait_to_be_killed();
    }
    waitpid(pid, &status, 0);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_file_is_changed),
        cmocka_unit_test(no_socket_but_to_ask_somebody_elsewhere),
        cmocka_unit_test(nobody_else_is_touched),
        cmocka_unit_test(no_new_code_and_no_other_door_of_the_kernel),
        cmocka_unit_test(an_intruder_ends_at_once),
        cmocka_unit_test(what_an_http_client_needs_works),
        cmocka_unit_test(the_kill_timer_still_kills),
    };
    char folder[] = "/tmp/confinement.XXXXXX";

    if (!mkdtemp(folder) || chdir(folder) != 0)
        abort();
    open_file = open(MINE, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    other = getpid();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    if (unlink(MINE) != 0 || chdir("/") != 0 || rmdir(folder) != 0)
        failed++;
    return failed;
}

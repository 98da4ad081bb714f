/* dialler_confine.c - the system calls of an HTTP client with TLS and name resolution. */

#include "worker/dialler_child.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

static const int allowed[] = {
    /* memory */
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(mlock), /* of keys, while they are open */
    SCMP_SYS(munlock),
    /* what is open already, or is opened below */
    SCMP_SYS(read),
    SCMP_SYS(pread64),
    SCMP_SYS(readv),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(lseek),
    SCMP_SYS(close),
    SCMP_SYS(fstat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(stat),
    SCMP_SYS(access),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(pipe2),
    SCMP_SYS(eventfd2),
    /* the network */
    SCMP_SYS(connect),
    SCMP_SYS(getsockname),
    SCMP_SYS(getpeername),
    SCMP_SYS(getsockopt),
    SCMP_SYS(setsockopt),
    SCMP_SYS(sendto),
    SCMP_SYS(sendmsg),
    SCMP_SYS(sendmmsg),
    SCMP_SYS(recvfrom),
    SCMP_SYS(recvmsg),
    SCMP_SYS(recvmmsg),
    SCMP_SYS(shutdown),
    /* threads, time, signals */
    SCMP_SYS(futex),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(set_tid_address),
    SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(gettid),
    SCMP_SYS(getpid),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getegid),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(timer_settime),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    /* the rest */
    SCMP_SYS(getrandom),
    SCMP_SYS(uname),
    SCMP_SYS(sysinfo),
};

/* What only an intruder would try ends the process at once. */
static const int deadly[] = {
    SCMP_SYS(execve),
    SCMP_SYS(execveat),
    SCMP_SYS(fork),
    SCMP_SYS(vfork),
    SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
};

#define ALLOW(f, call, n, ...) \
    (seccomp_rule_add((f), SCMP_ACT_ALLOW, SCMP_SYS(call), (n), __VA_ARGS__) == 0)
#define IS(argument, value) SCMP_CMP(argument, SCMP_CMP_EQ, value, 0)
#define OF_TYPE(argument, type) SCMP_CMP(argument, SCMP_CMP_MASKED_EQ, SOCK_TYPE, type)
enum { SOCK_TYPE = 0xf }; /* without SOCK_CLOEXEC and SOCK_NONBLOCK */

static bool may_read_files(scmp_filter_ctx f)
{
    const scmp_datum_t writing = O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND;

    return ALLOW(f, openat, 1, SCMP_A2(SCMP_CMP_MASKED_EQ, writing, O_RDONLY))
           && ALLOW(f, open, 1, SCMP_A1(SCMP_CMP_MASKED_EQ, writing, O_RDONLY));
}

/*
 * Connections and name resolution: TCP and UDP, no socket of this machine's own services - a
 * datagram pair could be sent to one -, no raw packets, and none of the kernel's: with a root's
 * rights one changes its routes.  The C library then assumes that both kinds of addresses are
 * there.
 */
static bool may_connect(scmp_filter_ctx f)
{
    static const struct {
        scmp_datum_t type, protocol;
    } kinds[] = {
        {SOCK_STREAM, 0}, {SOCK_STREAM, IPPROTO_TCP}, {SOCK_DGRAM, 0}, {SOCK_DGRAM, IPPROTO_UDP}};
    bool ok = true;

    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        for (int six = 0; six < 2; six++)
            ok &= ALLOW(f, socket, 3, IS(0, six ? AF_INET6 : AF_INET), OF_TYPE(1, kinds[i].type),
                        IS(2, kinds[i].protocol));
    return ok && ALLOW(f, socketpair, 2, IS(0, AF_UNIX), OF_TYPE(1, SOCK_STREAM));
}

/* Of calls with many uses, the harmless ones: who owns a descriptor is signalled, for example. */
static bool may_ask_of_descriptors(scmp_filter_ctx f)
{
    static const scmp_datum_t commands[] = {F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC};
    static const scmp_datum_t requests[] = {FIONBIO, FIONREAD, SIOCOUTQ, TCGETS};
    bool ok = true;

    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        ok &= ALLOW(f, fcntl, 1, IS(1, commands[i]));
    for (size_t i = 0; i < ARRAY_LEN(requests); i++)
        ok &= ALLOW(f, ioctl, 1, IS(1, requests[i]));
    return ok;
}

/*
 * Threads but no processes, no new code, signals and limits of its own only.  clone3 hides its
 * flags from the filter: the C library makes do with clone when it does not exist.
 */
static bool may_go_on(scmp_filter_ctx f)
{
    return ALLOW(f, clone, 1, SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD))
           && seccomp_rule_add(f, SCMP_ACT_KILL_PROCESS, SCMP_SYS(clone), 1,
                               SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0))
                  == 0
           && ALLOW(f, mmap, 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0))
           && ALLOW(f, mprotect, 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0))
           && ALLOW(f, prctl, 1, IS(0, PR_SET_NAME))
           && ALLOW(f, tgkill, 1, IS(0, (scmp_datum_t)getpid()))
           && ALLOW(f, prlimit64, 2, IS(0, 0), IS(2, 0))
           && seccomp_rule_add(f, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) == 0;
}

static bool add_conditional(scmp_filter_ctx f)
{
    return may_read_files(f) && may_connect(f) && may_ask_of_descriptors(f) && may_go_on(f);
}

static bool add_all(scmp_filter_ctx f, uint32_t action, const int *calls, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (seccomp_rule_add(f, action, calls[i], 0) != 0)
            return false;
    return true;
}

/* Sanitizers make calls of their own, which no list can keep up with. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED true
#elif defined(__has_feature)
#define SANITIZED (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#else
#define SANITIZED false
#endif

/* Anything else is refused rather than deadly: a newer C library may try something and do without.
 */
bool dialler_confine(void)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return false;
    if (SANITIZED)
        return true;
    scmp_filter_ctx f = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (!f)
        return false;
    /* A binary search instead of a long list: it runs before every call. */
    bool ok = seccomp_attr_set(f, SCMP_FLTATR_CTL_OPTIMIZE, 2) == 0
              && seccomp_attr_set(f, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) == 0
              && add_all(f, SCMP_ACT_ALLOW, allowed, ARRAY_LEN(allowed))
              && add_all(f, SCMP_ACT_KILL_PROCESS, deadly, ARRAY_LEN(deadly)) && add_conditional(f)
              && seccomp_load(f) == 0;
    seccomp_release(f);
    return ok;
}

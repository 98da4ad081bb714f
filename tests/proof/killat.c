/*
 * killat.c - a preloaded library that ends or stops its process at the k-th system call.
 *
 * KILLAT names a file of one struct control, shared with the harness.  Once a read brings in the
 * mark, the thread that read it is followed - or, when it hands the work over, the thread that
 * takes it, and then the reader again for what it has to say about the end.  Every followed call
 * with an effect outside the process is counted, and at the k-th something happens.  Calls that
 * glibc makes inside itself do not pass here.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { COUNT, BEFORE, AFTER, HALF, STOP };
enum { CALLS_KEPT = 3072 };

/* What the reader does once the work is done: it wakes up, acknowledges, reads the answer. */
enum { CALLS_AFTERWARDS = 6 };

struct control {
    uint32_t mode, k;
    uint32_t child; /* 0: the first process that loads this; 1: those it starts */
    _Atomic uint32_t armed, started, count, fired;
    uint32_t hands_over; /* follow the thread that wakes up after the mark, too */
    char mark[128];      /* blanks and backslashes do not count */
    char calls[CALLS_KEPT];
};

static struct control *control;
static _Thread_local int followed, reader;
static _Atomic int to_be_followed, left;

static ssize_t (*real_read)(int, void *, size_t);
static ssize_t (*real_recv)(int, void *, size_t, int);
static ssize_t (*real_recvfrom)(int, void *, size_t, int, __SOCKADDR_ARG, socklen_t *);
static ssize_t (*real_recvmsg)(int, struct msghdr *, int);
static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_writev)(int, const struct iovec *, int);
static ssize_t (*real_send)(int, const void *, size_t, int);
static ssize_t (*real_sendto)(int, const void *, size_t, int, __CONST_SOCKADDR_ARG, socklen_t);
static ssize_t (*real_sendmsg)(int, const struct msghdr *, int);
static int (*real_connect)(int, __CONST_SOCKADDR_ARG, socklen_t);
static int (*real_accept)(int, __SOCKADDR_ARG, socklen_t *);
static int (*real_accept4)(int, __SOCKADDR_ARG, socklen_t *, int);
static int (*real_close)(int);
static int (*real_fsync)(int);
static int (*real_cond_wait)(pthread_cond_t *, pthread_mutex_t *);

static void find(void *at, const char *name)
{
    void *f = dlsym(RTLD_NEXT, name);

    memcpy(at, &f, sizeof(f));
}

/* The first process leaves its id in the environment; whoever finds another one there is a child.
 */
static int is_child(void)
{
    static char mine[40];
    const char *first = getenv("KILLAT_FIRST");

    if (first)
        return strtol(first, NULL, 10) != (long)getpid();
    snprintf(mine, sizeof(mine), "KILLAT_FIRST=%ld", (long)getpid());
    putenv(mine);
    return 0;
}

__attribute__((constructor)) static void load(void)
{
    const char *path = getenv("KILLAT");
    void *wait = dlvsym(RTLD_NEXT, "pthread_cond_wait", "GLIBC_2.3.2");
    int child = is_child();

    memcpy(&real_cond_wait, &wait, sizeof(wait));
    find(&real_read, "read"), find(&real_recv, "recv"), find(&real_recvfrom, "recvfrom");
    find(&real_recvmsg, "recvmsg"), find(&real_write, "write"), find(&real_writev, "writev");
    find(&real_send, "send"), find(&real_sendto, "sendto"), find(&real_sendmsg, "sendmsg");
    find(&real_connect, "connect"), find(&real_accept, "accept"), find(&real_accept4, "accept4");
    find(&real_close, "close"), find(&real_fsync, "fsync");
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    struct control *c = mmap(NULL, sizeof(*c), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    real_close(fd);
    if (c != MAP_FAILED && (int)c->child == child)
        control = c;
}

static int has_mark(const char *p, size_t n)
{
    const char *mark = control->mark;

    for (size_t i = 0; i < n; i++) {
        size_t at = i, m = 0;
        for (; at < n && mark[m]; at++)
            if (p[at] == mark[m])
                m++;
            else if (m == 0 || (p[at] != ' ' && p[at] != '\\'))
                break;
        if (!mark[m])
            return m > 0;
    }
    return 0;
}

/* What was read begins the counted region when the mark is in it. */
static ssize_t seen(const void *p, ssize_t n)
{
    uint32_t armed = 1;

    if (!control || n <= 0 || !control->armed || !has_mark(p, (size_t)n)
        || !atomic_compare_exchange_strong(&control->armed, &armed, 0))
        return n;
    reader = (int)control->hands_over;
    followed = !reader;
    to_be_followed = reader;
    control->started = 1;
    return n;
}

/* True when this is the k-th call; its letter is kept for the harness. */
static int turn(char kind)
{
    if (!control || (!followed && !(reader && left && left--)))
        return 0;
    uint32_t n = ++control->count;
    if (n <= CALLS_KEPT)
        control->calls[n - 1] = kind;
    if (control->mode == COUNT || n != control->k)
        return 0;
    control->fired = 1;
    return 1;
}

/* A stop sent to the whole process would let this thread run on for a moment. */
static void happen(uint32_t mode, int is_turn)
{
    if (!is_turn || control->mode != mode)
        return;
    if (mode == STOP)
        raise(SIGSTOP);
    else
        kill(getpid(), SIGKILL);
}

/* A stop comes before the call: what was decided on earlier facts then leaves later. */
#define EFFECT(kind, half, call) \
    int is_turn = turn(kind); \
    happen(STOP, is_turn); \
    happen(BEFORE, is_turn); \
    if (is_turn && control->mode == HALF) { \
        half; \
        happen(HALF, is_turn); \
    } \
    __typeof__(call) result = call; \
    happen(AFTER, is_turn)

#define EXPORT __attribute__((visibility("default")))

/* clang-format off */
EXPORT ssize_t read(int fd, void *p, size_t n)
{ EFFECT('r', (void)0, real_read(fd, p, n)); return seen(p, result); }

EXPORT ssize_t recv(int fd, void *p, size_t n, int flags)
{ EFFECT('r', (void)0, real_recv(fd, p, n, flags)); return seen(p, result); }

EXPORT ssize_t recvfrom(int fd, void *restrict p, size_t n, int flags, __SOCKADDR_ARG a, socklen_t *restrict l)
{ EFFECT('r', (void)0, real_recvfrom(fd, p, n, flags, a, l)); return seen(p, result); }

EXPORT ssize_t recvmsg(int fd, struct msghdr *m, int flags)
{ EFFECT('r', (void)0, real_recvmsg(fd, m, flags)); return m->msg_iovlen ? seen(m->msg_iov[0].iov_base, result) : result; }

EXPORT ssize_t write(int fd, const void *p, size_t n)
{ EFFECT('w', (void)!real_write(fd, p, n / 2), real_write(fd, p, n)); return result; }

EXPORT ssize_t writev(int fd, const struct iovec *v, int n)
{ EFFECT('w', (void)!(n ? real_write(fd, v[0].iov_base, v[0].iov_len / 2) : 0), real_writev(fd, v, n)); return result; }

EXPORT ssize_t send(int fd, const void *p, size_t n, int flags)
{ EFFECT('w', (void)!real_send(fd, p, n / 2, flags), real_send(fd, p, n, flags)); return result; }

EXPORT ssize_t sendto(int fd, const void *p, size_t n, int flags, __CONST_SOCKADDR_ARG a, socklen_t l)
{ EFFECT('w', (void)!real_sendto(fd, p, n / 2, flags, a, l), real_sendto(fd, p, n, flags, a, l)); return result; }

EXPORT ssize_t sendmsg(int fd, const struct msghdr *m, int flags)
{ EFFECT('w', (void)!(m->msg_iovlen ? real_send(fd, m->msg_iov[0].iov_base, m->msg_iov[0].iov_len / 2, flags) : 0),
         real_sendmsg(fd, m, flags)); return result; }

EXPORT int connect(int fd, __CONST_SOCKADDR_ARG a, socklen_t n)
{ EFFECT('c', (void)0, real_connect(fd, a, n)); return result; }

EXPORT int accept(int fd, __SOCKADDR_ARG a, socklen_t *restrict n)
{ EFFECT('c', (void)0, real_accept(fd, a, n)); return result; }

EXPORT int accept4(int fd, __SOCKADDR_ARG a, socklen_t *restrict n, int flags)
{ EFFECT('c', (void)0, real_accept4(fd, a, n, flags)); return result; }

EXPORT int close(int fd)
{ EFFECT('c', (void)0, real_close(fd)); return result; }

EXPORT int fsync(int fd)
{ EFFECT('c', (void)0, real_fsync(fd)); return result; }
/* clang-format on */

/* The thread that waits for work takes over what the reader found, until it waits again. */
EXPORT int pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex)
{
    int mine = 1;

    if (followed && control->hands_over) {
        followed = 0;
        left = CALLS_AFTERWARDS;
    }
    int result = real_cond_wait(cond, mutex);
    if (control && atomic_compare_exchange_strong(&to_be_followed, &mine, 0))
        followed = 1;
    return result;
}

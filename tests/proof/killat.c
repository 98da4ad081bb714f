/*
 * killat.c - a preloaded library that ends or stops its process at the k-th system call.
 *
 * KILLAT names a file of one struct control, shared with the harness.  Once a read brings in the
 * mark, the thread that read it is followed - or, when it hands the work over, the thread that
 * takes it, and then the reader again while it passes the end on.  Every followed call with an
 * effect outside the process is counted, and at the k-th something happens.  Calls that glibc
 * makes inside itself do not pass here.
 *
 * A child that a child forks (the dialler) inherits the page, and asks the kernel for nothing that
 * its filter refuses.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { COUNT, BEFORE, AFTER, HALF, STOP };
enum { CALLS_KEPT = 3072 };

/* What the reader does once the work is done: it acknowledges, and reads the answer. */
enum { CALLS_AFTERWARDS = 2 };

struct control {
    uint32_t mode, k;
    uint32_t child; /* 0: the first process that loads this; 1: those it starts */
    _Atomic uint32_t armed, started, count, fired;
    uint32_t hands_over; /* follow the thread that takes the work from the reader */
    uint32_t kind;       /* count calls of this letter towards k; 0: all */
    _Atomic uint32_t pid, over;
    _Atomic uint32_t company; /* other work was there when the mark came: nobody can be followed */
    char mark[128];           /* blanks and backslashes do not count */
    char calls[CALLS_KEPT];   /* a letter each; capital: over the network */
};

static struct control *control;
static _Thread_local int followed, reader, awake, works;
static _Atomic int to_be_followed, left, working;
static int marked_fd = -1;
static uint32_t of_kind;

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

/* Services read the same words from elsewhere; only the loop, the first thread, hands over. */
static int is_reader(void)
{
    return !control->hands_over || gettid() == getpid();
}

/* Whoever takes the work can be told only when nothing else is to be done. */
static int has_company(const char *p, size_t n)
{
    static const char each[] = "\"queue_name\"";
    int messages = 0;

    for (const char *end = p + n; p && p < end && messages < 2; p++)
        if ((p = memmem(p, (size_t)(end - p), each, sizeof(each) - 1)))
            messages++;
        else
            break;
    return working > 0 || messages > 1;
}

/* What was read begins the counted region when the mark is in it. */
static ssize_t seen(int fd, const void *p, ssize_t n)
{
    uint32_t armed = 1;

    if (!control || n <= 0 || !control->armed || !is_reader() || !has_mark(p, (size_t)n)
        || !atomic_compare_exchange_strong(&control->armed, &armed, 0))
        return n;
    reader = (int)control->hands_over;
    followed = !reader;
    to_be_followed = reader;
    marked_fd = fd;
    if (reader && has_company(p, (size_t)n))
        control->company = control->over = 1;
    control->started = 1;
    return n;
}

/* The letter of a call, 0 when nobody outside sees it: pipes, events, timers. */
static char letter(int fd, char kind)
{
    struct stat file;
    int domain = 0;
    socklen_t size = sizeof(domain);

    if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0)
        return domain == AF_INET || domain == AF_INET6 ? (char)(kind - 'a' + 'A') : kind;
    return fstat(fd, &file) == 0 && S_ISREG(file.st_mode) ? kind : 0;
}

/* A look that finds nothing has no effect, and comes as often as the machine is slow. */
static int finds_nothing(int fd, int flags)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};

    return ((flags & MSG_DONTWAIT) || (fcntl(fd, F_GETFL) & O_NONBLOCK)) && poll(&p, 1, 0) == 0;
}

/* The first to touch a socket after waking up took the work; the logger does not. */
static void note_work(int fd)
{
    struct stat file;
    int mine = 1;

    if (!awake || works || fstat(fd, &file) != 0 || !S_ISSOCK(file.st_mode))
        return;
    works = 1;
    working++;
    followed = atomic_compare_exchange_strong(&to_be_followed, &mine, 0);
}

static void note_rest(void)
{
    if (works)
        working--;
    works = followed = 0;
}

/* A dialler that waits for its next question is done with this one. */
static int is_over(int fd, char kind)
{
    if (!control->child || kind != 'r' || fd != marked_fd)
        return 0;
    followed = 0;
    control->over = 1;
    return 1;
}

/* The reader counts from the moment it is told of the end, for a few calls. */
static int counts(int fd, char kind)
{
    if (followed && letter(fd, kind))
        return !is_over(fd, kind);
    if (followed && control->hands_over && kind == 'w') {
        followed = 0;
        left = CALLS_AFTERWARDS;
    }
    if (!reader || !left || kind == 'c' || !letter(fd, kind))
        return 0;
    if (--left == 0)
        control->over = 1;
    return 1;
}

/* True when this is the k-th call; its letter is kept for the harness. */
static int turn(int fd, char kind, int flags)
{
    if (!control)
        return 0;
    note_work(fd);
    if (!control->started || control->over || !(followed || reader)
        || (kind == 'r' && finds_nothing(fd, flags)) || !counts(fd, kind))
        return 0;
    uint32_t n = ++control->count;
    char l = letter(fd, kind);
    if (n <= CALLS_KEPT)
        control->calls[n - 1] = l;
    if (control->kind)
        n = (uint32_t)l == control->kind ? ++of_kind : 0;
    if (control->mode == COUNT || n != control->k || control->fired)
        return 0;
    control->pid = (uint32_t)getpid();
    control->fired = 1;
    return 1;
}

/* A stop sent to the whole process would let this thread run on for a moment. */
static void happen(uint32_t mode, int is_turn)
{
    if (!is_turn || control->mode != mode)
        return;
    raise(mode == STOP ? SIGSTOP : SIGKILL);
}

/* A stop comes before the call: what was decided on earlier facts then leaves later. */
#define EFFECT(kind, flags, half, call) \
    int is_turn = turn(fd, kind, flags); \
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
{ EFFECT('r', 0, (void)0, real_read(fd, p, n)); return seen(fd, p, result); }

EXPORT ssize_t recv(int fd, void *p, size_t n, int flags)
{ EFFECT('r', flags, (void)0, real_recv(fd, p, n, flags)); return seen(fd, p, result); }

EXPORT ssize_t recvfrom(int fd, void *restrict p, size_t n, int flags, __SOCKADDR_ARG a, socklen_t *restrict l)
{ EFFECT('r', flags, (void)0, real_recvfrom(fd, p, n, flags, a, l)); return seen(fd, p, result); }

EXPORT ssize_t recvmsg(int fd, struct msghdr *m, int flags)
{ EFFECT('r', flags, (void)0, real_recvmsg(fd, m, flags)); return m->msg_iovlen ? seen(fd, m->msg_iov[0].iov_base, result) : result; }

EXPORT ssize_t write(int fd, const void *p, size_t n)
{ EFFECT('w', 0, (void)!real_write(fd, p, n / 2), real_write(fd, p, n)); return result; }

EXPORT ssize_t writev(int fd, const struct iovec *v, int n)
{ EFFECT('w', 0, (void)!(n ? real_write(fd, v[0].iov_base, v[0].iov_len / 2) : 0), real_writev(fd, v, n)); return result; }

EXPORT ssize_t send(int fd, const void *p, size_t n, int flags)
{ EFFECT('w', 0, (void)!real_send(fd, p, n / 2, flags), real_send(fd, p, n, flags)); return result; }

EXPORT ssize_t sendto(int fd, const void *p, size_t n, int flags, __CONST_SOCKADDR_ARG a, socklen_t l)
{ EFFECT('w', 0, (void)!real_sendto(fd, p, n / 2, flags, a, l), real_sendto(fd, p, n, flags, a, l)); return result; }

EXPORT ssize_t sendmsg(int fd, const struct msghdr *m, int flags)
{ EFFECT('w', 0, (void)!(m->msg_iovlen ? real_send(fd, m->msg_iov[0].iov_base, m->msg_iov[0].iov_len / 2, flags) : 0),
         real_sendmsg(fd, m, flags)); return result; }

EXPORT int connect(int fd, __CONST_SOCKADDR_ARG a, socklen_t n)
{ EFFECT('c', 0, (void)0, real_connect(fd, a, n)); return result; }

EXPORT int accept(int fd, __SOCKADDR_ARG a, socklen_t *restrict n)
{ EFFECT('c', 0, (void)0, real_accept(fd, a, n)); return result; }

EXPORT int accept4(int fd, __SOCKADDR_ARG a, socklen_t *restrict n, int flags)
{ EFFECT('c', 0, (void)0, real_accept4(fd, a, n, flags)); return result; }

EXPORT int close(int fd)
{ EFFECT('c', 0, (void)0, real_close(fd)); return result; }

EXPORT int fsync(int fd)
{ EFFECT('c', 0, (void)0, real_fsync(fd)); return result; }
/* clang-format on */

/* Whoever waits for more work is done with this; who wakes up now may be the one to take it. */
EXPORT int pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex)
{
    if (followed && !control->hands_over)
        control->over = 1;
    note_rest();
    int result = real_cond_wait(cond, mutex);
    awake = control != NULL;
    return result;
}

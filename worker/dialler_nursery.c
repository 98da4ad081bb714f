/* dialler_nursery.c - a loop that forks when asked, and how to ask it. */

#include "worker/dialler_nursery.h"

#include "common/base/conf.h"
#include "common/provider/http.h"
#include "worker/dialler_child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* As the first argument, before the number of the socket to the other. */
#define NURSERY_WORD "--nursery"
#define WORKER_WORD "--with-nursery"

enum { MAX_FDS = 2, FORK_PLEASE = 'f', ANEW_PLEASE = 'a', DONE = 'd', FAILED = 'x' };

static bool send_fds(int fd, char word, const int *fds, size_t n)
{
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(MAX_FDS * sizeof(int))];
    } control = {0};
    struct iovec text = {&word, 1};
    struct msghdr m = {.msg_iov = &text, .msg_iovlen = 1};

    if (n) {
        m.msg_control = control.room;
        m.msg_controllen = CMSG_SPACE(n * sizeof(int));
        struct cmsghdr *c = CMSG_FIRSTHDR(&m);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(n * sizeof(int));
        memcpy(CMSG_DATA(c), fds, n * sizeof(int));
    }
    return sendmsg(fd, &m, MSG_NOSIGNAL) == 1;
}

/* The word, or 0 at the end.  fds not sent are -1. */
static char receive_fds(int fd, int fds[MAX_FDS])
{
    union {
        struct cmsghdr align;
        char room[CMSG_SPACE(MAX_FDS * sizeof(int))];
    } control = {0};
    char word = 0;
    struct iovec text = {&word, 1};
    struct msghdr m = {.msg_iov = &text,
                       .msg_iovlen = 1,
                       .msg_control = control.room,
                       .msg_controllen = sizeof(control.room)};
    ssize_t got;

    fds[0] = fds[1] = -1;
    do
        got = recvmsg(fd, &m, MSG_CMSG_CLOEXEC);
    while (got < 0 && errno == EINTR);
    if (got <= 0)
        return 0;
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    if (c && c->cmsg_type == SCM_RIGHTS)
        memcpy(fds, CMSG_DATA(c), c->cmsg_len - CMSG_LEN(0));
    return word;
}

/* ---- in the nursery ---- */

static void reap(void)
{
    while (waitpid(-1, NULL, WNOHANG) > 0) {
    }
}

/* Zombies are kept until the next fork, so the number still means this child when it is opened. */
static void fork_one(const struct provider *p, int fd, const int fds[MAX_FDS])
{
    pid_t parent = getpid();

    reap();
    pid_t pid = fork();
    if (pid == 0) {
        close(fd);
        dialler_serve(p, fds[0], fds[1], parent);
    }
    int pidfd = pid > 0 ? pidfd_open(pid, 0) : -1;
    send_fds(fd, pidfd < 0 ? FAILED : DONE, &pidfd, pidfd < 0 ? 0 : 1);
    if (pidfd >= 0)
        close(pidfd);
    close(fds[0]);
    close(fds[1]);
}

static void become(char **argv, const char *word, int fd)
{
    char name[64], number[16];
    char *const args[] = {argv[0], name, number, NULL};

    snprintf(name, sizeof(name), "%s", word);
    snprintf(number, sizeof(number), "%d", fd);
    fcntl(fd, F_SETFD, 0);
    execvp(argv[0], args);
    perror(argv[0]);
}

static int fd_of(char **argv)
{
    return (int)strtol(argv[2], NULL, 10);
}

bool nursery_is_meant(char **argv)
{
    return argv[1] && strcmp(argv[1], NURSERY_WORD) == 0 && argv[2];
}

static void say_hello(int fd, const struct provider *p)
{
    char key[PROVIDER_SIGNING_KEY_SIZE] = "";

    if (p)
        memcpy(key, p->signing_key, sizeof(key));
    if (send(fd, key, sizeof(key), MSG_NOSIGNAL) != sizeof(key))
        _exit(1);
}

static void ignore_signals(void)
{
    static const int numbers[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGQUIT};
    sigset_t none;

    /* A terminal's Ctrl-C reaches the whole group: the worker still needs its diallers to drain. */
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
        signal(numbers[i], SIG_IGN);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

void nursery_run(char **argv)
{
    int fd = fd_of(argv), fds[MAX_FDS];
    struct conf conf;
    char word;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NAME, "nursery");
    prctl(PR_SET_DUMPABLE, 0);
    ignore_signals();
    if (!conf_load(&conf))
        _exit(1);
    http_prepare();
    const struct provider *p = provider_open(conf.provider, &conf);
    say_hello(fd, p);
    while ((word = receive_fds(fd, fds))) {
        if (word == ANEW_PLEASE)
            become(argv, NURSERY_WORD, fd);
        if (word != FORK_PLEASE || fds[1] < 0 || !p)
            break;
        fork_one(p, fd, fds);
    }
    _exit(0);
}

/* ---- in the worker ---- */

static int fork_nursery(char **argv)
{
    int fds[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0)
        return -1;
    pid_t pid = fork();
    if (pid == 0) {
        become(argv, NURSERY_WORD, fds[1]);
        _exit(127);
    }
    close(fds[1]);
    if (pid > 0)
        return fds[0];
    close(fds[0]);
    return -1;
}

static int find_nursery(char **argv)
{
    int fd = fd_of(argv);

    fcntl(fd, F_SETFD, FD_CLOEXEC);
    return send_fds(fd, ANEW_PLEASE, NULL, 0) ? fd : -1;
}

bool nursery_start(struct nursery *n, char **argv)
{
    bool have = argv[1] && strcmp(argv[1], WORKER_WORD) == 0 && argv[2];

    n->fd = have ? find_nursery(argv) : fork_nursery(argv);
    return n->fd >= 0
           && recv(n->fd, n->signing_key, sizeof(n->signing_key), 0) == sizeof(n->signing_key);
}

void nursery_exec(const struct nursery *n, char **argv)
{
    become(argv, WORKER_WORD, n->fd);
}

int nursery_fork(const struct nursery *n, int socket_fd, int page_fd)
{
    int fds[MAX_FDS] = {socket_fd, page_fd};

    if (!send_fds(n->fd, FORK_PLEASE, fds, 2) || receive_fds(n->fd, fds) != DONE)
        return -1;
    return fds[0];
}

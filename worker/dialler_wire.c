/* dialler_wire.c - whole messages over a stream socket, within a time. */

#include "worker/dialler_wire.h"

#include "common/base/clock.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

static bool wait_until(int fd, short events, int64_t until_us)
{
    struct pollfd p = {.fd = fd, .events = events};
    int64_t left_ms = -1;

    if (until_us) {
        left_ms = (until_us - clock_mono_us() + 999) / 1000;
        if (left_ms <= 0)
            return false;
    }
    return poll(&p, 1, (int)left_ms) > 0 || errno == EINTR;
}

static int skip(struct iovec *parts, int n, size_t done)
{
    int i = 0;

    while (i < n && done >= parts[i].iov_len)
        done -= parts[i++].iov_len;
    if (i < n) {
        parts[i].iov_base = (char *)parts[i].iov_base + done;
        parts[i].iov_len -= done;
    }
    return i;
}

bool dialler_send(int fd, struct iovec *parts, int n, int64_t until_us)
{
    while (n > 0) {
        struct msghdr m = {.msg_iov = parts, .msg_iovlen = (size_t)n};
        ssize_t done = sendmsg(fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (done < 0 && errno != EAGAIN && errno != EINTR)
            return false;
        if (done < 0 && !wait_until(fd, POLLOUT, until_us))
            return false;
        int sent = skip(parts, n, done < 0 ? 0 : (size_t)done);
        parts += sent;
        n -= sent;
    }
    return true;
}

static size_t take(struct dialler_inbox *in, char *p, size_t n)
{
    size_t here = in->n - in->at < n ? in->n - in->at : n;

    memcpy(p, in->bytes + in->at, here);
    in->at += here;
    return here;
}

/* Neither end speaks out of turn: whatever can be read belongs to what is being received. */
bool dialler_receive(struct dialler_inbox *in, int fd, void *p, size_t n, int64_t until_us)
{
    for (size_t at = take(in, p, n); at < n; at += take(in, (char *)p + at, n - at)) {
        ssize_t got = recv(fd, in->bytes, sizeof(in->bytes), until_us ? MSG_DONTWAIT : 0);
        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
            return false;
        if (got < 0 && !wait_until(fd, POLLIN, until_us))
            return false;
        in->at = 0;
        in->n = got < 0 ? 0 : (size_t)got;
    }
    return true;
}

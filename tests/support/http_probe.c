/* http_probe.c - blocking sockets with a deadline on every wait. */

#include "tests/support/http_probe.h"

#include "common/base/clock.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ANSWER_MS = 10000 };

void probe_open(struct probe *p, int port)
{
    const struct sockaddr_in to = {.sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const struct timeval patience = {.tv_sec = ANSWER_MS / 1000};

    p->n = 0;
    p->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (p->fd < 0 || connect(p->fd, (const void *)&to, sizeof(to)) != 0) {
        perror("probe_open");
        abort();
    }
    setsockopt(p->fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
}

void probe_close(struct probe *p)
{
    close(p->fd);
    p->fd = -1;
}

bool probe_send(struct probe *p, struct str bytes)
{
    while (bytes.n) {
        ssize_t n = send(p->fd, bytes.p, bytes.n, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        bytes.p += n;
        bytes.n -= (size_t)n;
    }
    return true;
}

/* More bytes: > 0; 0 when the server closed; -1 when nothing came in time. */
static long receive_more(struct probe *p, int64_t deadline_us)
{
    struct pollfd poll_fd = {.fd = p->fd, .events = POLLIN};
    int64_t left_ms = (deadline_us - clock_mono_us()) / 1000;

    if (poll(&poll_fd, 1, left_ms > 0 ? (int)left_ms : 0) <= 0)
        return -1;
    ssize_t n = recv(p->fd, p->in + p->n, sizeof(p->in) - p->n, 0);
    if (n <= 0)
        return 0;
    p->n += (size_t)n;
    return n;
}

static size_t head_size(const struct probe *p)
{
    const char *end = memmem(p->in, p->n, "\r\n\r\n", 4);

    return end ? (size_t)(end - p->in) + 4 : 0;
}

const char *probe_header(const struct probe_answer *a, const char *name)
{
    size_t n = strlen(name);

    for (const char *line = strstr(a->head, "\r\n"); line; line = strstr(line, "\r\n")) {
        line += 2;
        if (strncasecmp(line, name, n) == 0 && line[n] == ':')
            return line + n + 2;
    }
    return NULL;
}

/* Hand out the answer if it is there whole. */
static bool take(struct probe *p, struct probe_answer *out)
{
    size_t head = head_size(p);

    if (head == 0 || head >= sizeof(out->head))
        return false;
    memcpy(out->head, p->in, head);
    out->head[head] = '\0';
    out->status = (int)strtol(out->head + strlen("HTTP/1.1 "), NULL, 10);
    const char *length = probe_header(out, "Content-Length");
    size_t body = length ? strtoul(length, NULL, 10) : 0;
    if (body >= sizeof(out->body) || p->n < head + body)
        return false;
    memcpy(out->body, p->in + head, body);
    out->body[body] = '\0';
    p->n -= head + body;
    memmove(p->in, p->in + head + body, p->n);
    return true;
}

bool probe_receive(struct probe *p, struct probe_answer *out, int limit_ms)
{
    int64_t deadline_us = clock_mono_us() + (int64_t)limit_ms * 1000;

    *out = (struct probe_answer){0};
    while (!take(p, out))
        if (p->n == sizeof(p->in) || receive_more(p, deadline_us) <= 0)
            return false;
    return true;
}

bool probe_is_closed(struct probe *p, int limit_ms)
{
    return p->n == 0 && receive_more(p, clock_mono_us() + (int64_t)limit_ms * 1000) == 0;
}

struct probe_answer probe_ask(int port, const char *text)
{
    struct probe_answer a = {0};
    struct probe p;

    probe_open(&p, port);
    probe_send(&p, str_of(text));
    probe_receive(&p, &a, ANSWER_MS);
    probe_close(&p);
    return a;
}

/* rude_server.c - one thread, one poll loop, a script of misbehaviour. */

#include "tests/support/rude_server.h"

#include "common/base/buf.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAX_CLIENTS = 32, LOG_REQUESTS = 64 };

struct client {
    int fd; /* -1 = free */
    struct buf in;
};

struct rude_server {
    const struct rude_step *steps;
    size_t nsteps;
    int listener, stop[2], port;
    char url[64];
    pthread_t thread;
    struct client clients[MAX_CLIENTS];
    pthread_mutex_t lock; /* what follows is read by the test */
    char *requests[LOG_REQUESTS];
    size_t nrequests;
    int connections;
};

static void require(int holds, const char *what)
{
    if (!holds) {
        perror(what);
        abort();
    }
}

static void drop(struct client *c, int reset)
{
    struct linger none = {.l_onoff = 1, .l_linger = 0};

    if (reset)
        setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
    close(c->fd);
    buf_free(&c->in);
    c->fd = -1;
}

static void admit(struct rude_server *s)
{
    int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC);

    require(fd >= 0, "accept");
    pthread_mutex_lock(&s->lock);
    s->connections++;
    pthread_mutex_unlock(&s->lock);
    for (int i = 0; i < MAX_CLIENTS; i++)
        if (s->clients[i].fd < 0) {
            s->clients[i].fd = fd;
            return;
        }
    abort();
}

/* Bytes of the whole request at the front of the buffer; 0 = not there yet. */
static size_t request_size(const struct buf *in)
{
    const char *end = in->n ? strstr(in->p, "\r\n\r\n") : NULL;
    const char *length = end ? strcasestr(in->p, "\r\nContent-Length:") : NULL;

    if (!end)
        return 0;
    size_t size = (size_t)(end - in->p) + 4;
    if (length && length < end)
        size += strtoul(length + 17, NULL, 10);
    return in->n >= size ? size : 0;
}

static const struct rude_step *take_step(struct rude_server *s, const struct buf *in)
{
    pthread_mutex_lock(&s->lock);
    size_t at = s->nrequests < s->nsteps ? s->nrequests : s->nsteps - 1;
    require(s->nrequests < LOG_REQUESTS, "too many requests");
    s->requests[s->nrequests++] = strdup(in->p);
    pthread_mutex_unlock(&s->lock);
    return &s->steps[at];
}

static void say(struct client *c, const struct rude_step *step)
{
    const char *body = step->body ? step->body : "";
    struct buf b = {0};

    if (step->raw)
        buf_str(&b, step->raw);
    else
        buf_printf(&b,
                   "HTTP/1.1 %s\r\nContent-Type: application/json\r\n%sContent-Length: %zu\r\n"
                   "\r\n%s",
                   step->status, step->headers ? step->headers : "", strlen(body), body);
    for (size_t at = 0; at < b.n;) {
        ssize_t done = send(c->fd, b.p + at, b.n - at, MSG_NOSIGNAL);
        if (done <= 0)
            break;
        at += (size_t)done;
    }
    buf_free(&b);
}

static void behave(struct rude_server *s, struct client *c)
{
    const struct rude_step *step = take_step(s, &c->in);

    buf_reset(&c->in);
    switch (step->way) {
    case RUDE_ANSWER: say(c, step); break;
    case RUDE_CUT:
        say(c, step);
        drop(c, 0);
        break;
    case RUDE_CLOSE: drop(c, 0); break;
    case RUDE_RESET:
    case RUDE_RESET_SOON: drop(c, 1); break;
    case RUDE_HANG: break;
    }
}

static void hear(struct rude_server *s, struct client *c)
{
    char bytes[4096];
    ssize_t n = recv(c->fd, bytes, sizeof(bytes), 0);

    if (n <= 0) {
        drop(c, 0);
        return;
    }
    buf_add(&c->in, bytes, (size_t)n);
    if (s->steps[0].way == RUDE_RESET_SOON || request_size(&c->in))
        behave(s, c);
}

static void *serve(void *ctx)
{
    struct rude_server *s = ctx;

    for (;;) {
        struct pollfd p[MAX_CLIENTS + 2] = {{s->stop[0], POLLIN, 0}, {s->listener, POLLIN, 0}};
        for (int i = 0; i < MAX_CLIENTS; i++)
            p[i + 2] = (struct pollfd){s->clients[i].fd, POLLIN, 0};
        require(poll(p, MAX_CLIENTS + 2, -1) > 0, "poll");
        if (p[0].revents)
            return NULL;
        for (int i = 0; i < MAX_CLIENTS; i++)
            if (p[i + 2].revents)
                hear(s, &s->clients[i]);
        if (p[1].revents)
            admit(s);
    }
}

struct rude_server *rude_start(const struct rude_step *steps, size_t n)
{
    struct rude_server *s = calloc(1, sizeof(*s));
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof(a);

    require(s != NULL, "calloc");
    s->steps = steps;
    s->nsteps = n;
    for (int i = 0; i < MAX_CLIENTS; i++)
        s->clients[i].fd = -1;
    pthread_mutex_init(&s->lock, NULL);
    s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    require(s->listener >= 0 && bind(s->listener, (struct sockaddr *)&a, sizeof(a)) == 0
                && listen(s->listener, 16) == 0
                && getsockname(s->listener, (struct sockaddr *)&a, &size) == 0
                && pipe2(s->stop, O_CLOEXEC) == 0,
            "rude_start");
    s->port = ntohs(a.sin_port);
    snprintf(s->url, sizeof(s->url), "http://127.0.0.1:%d", s->port);
    require(pthread_create(&s->thread, NULL, serve, s) == 0, "pthread_create");
    return s;
}

void rude_stop(struct rude_server *s)
{
    require(write(s->stop[1], "x", 1) == 1, "write");
    pthread_join(s->thread, NULL);
    for (int i = 0; i < MAX_CLIENTS; i++)
        if (s->clients[i].fd >= 0)
            drop(&s->clients[i], 0);
    for (size_t i = 0; i < s->nrequests; i++)
        free(s->requests[i]);
    close(s->listener);
    close(s->stop[0]);
    close(s->stop[1]);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

const char *rude_url(const struct rude_server *s)
{
    return s->url;
}

int rude_port(const struct rude_server *s)
{
    return s->port;
}

int rude_connections(struct rude_server *s)
{
    pthread_mutex_lock(&s->lock);
    int n = s->connections;
    pthread_mutex_unlock(&s->lock);
    return n;
}

int rude_requests(struct rude_server *s, const char *method)
{
    size_t length = strlen(method);
    int n = 0;

    pthread_mutex_lock(&s->lock);
    for (size_t i = 0; i < s->nrequests; i++)
        n += strncmp(s->requests[i], method, length) == 0 && s->requests[i][length] == ' ';
    pthread_mutex_unlock(&s->lock);
    return n;
}

const char *rude_request(struct rude_server *s, size_t i)
{
    pthread_mutex_lock(&s->lock);
    const char *text = i < s->nrequests ? s->requests[i] : NULL;
    pthread_mutex_unlock(&s->lock);
    return text;
}

const char *rude_last(struct rude_server *s)
{
    pthread_mutex_lock(&s->lock);
    const char *last = s->nrequests ? s->requests[s->nrequests - 1] : "";
    pthread_mutex_unlock(&s->lock);
    return last;
}

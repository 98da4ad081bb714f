/* http.c - one request per connection, read to the blank line, answered and closed. */

#include "worker/http.h"

#include "common/base/metrics.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

enum { MAX_HEAD = 8192, MAX_CLIENTS = 64, CLIENT_MS = 5000 };

struct client {
    uv_tcp_t tcp;
    uv_timer_t timer;
    uv_write_t write;
    struct http *http;
    int handles;
    char head[MAX_HEAD];
    size_t n;
    struct buf answer;
};

struct http {
    uv_tcp_t tcp;
    int (*health)(void *ctx, struct buf *body);
    void *ctx;
    int clients;
};

static void on_client_closed(uv_handle_t *h)
{
    struct client *c = h->data;

    if (--c->handles)
        return;
    c->http->clients--;
    buf_free(&c->answer);
    free(c);
}

static void close_client(struct client *c)
{
    if (uv_is_closing((uv_handle_t *)&c->tcp))
        return;
    uv_close((uv_handle_t *)&c->tcp, on_client_closed);
    uv_close((uv_handle_t *)&c->timer, on_client_closed);
}

static void on_late(uv_timer_t *t)
{
    close_client(t->data);
}

static void on_written(uv_write_t *w, int status)
{
    (void)status;
    close_client(w->data);
}

static void reply(struct client *c, int status, const char *type, const struct buf *body)
{
    const char *reason = status == 200   ? "OK"
                         : status == 404 ? "Not Found"
                         : status == 405 ? "Method Not Allowed"
                         : status == 400 ? "Bad Request"
                                         : "Service Unavailable";

    buf_printf(
        &c->answer,
        "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n%sConnection: close\r\n\r\n",
        status, reason, type, body->n, status == 405 ? "Allow: GET\r\n" : "");
    buf_add(&c->answer, body->p, body->n);
    uv_buf_t out = uv_buf_init(c->answer.p, (unsigned)c->answer.n);
    c->write.data = c;
    uv_read_stop((uv_stream_t *)&c->tcp);
    if (uv_write(&c->write, (uv_stream_t *)&c->tcp, &out, 1, on_written) != 0)
        close_client(c);
}

static bool asks(const struct client *c, const char *target)
{
    size_t n = strlen(target);

    return c->n > 4 + n && memcmp(c->head + 4, target, n) == 0
           && (c->head[4 + n] == ' ' || c->head[4 + n] == '?');
}

static void answer(struct client *c)
{
    struct buf body = {0};
    const char *type = "application/json";
    int status = 404;

    if (c->n < 4 || memcmp(c->head, "GET ", 4) != 0) {
        status = 405;
        buf_str(&body, "{\"error\":\"only GET\"}\n");
    } else if (asks(c, "/metrics")) {
        status = 200;
        type = "text/plain; version=0.0.4; charset=utf-8";
        metrics_write(&body);
    } else if (asks(c, "/healthz")) {
        status = c->http->health(c->http->ctx, &body);
    } else {
        buf_str(&body, "{\"error\":\"only /metrics and /healthz are here\"}\n");
    }
    reply(c, status, type, &body);
    buf_free(&body);
}

static void on_alloc(uv_handle_t *h, size_t hint, uv_buf_t *out)
{
    struct client *c = h->data;

    (void)hint;
    *out = uv_buf_init(c->head + c->n, (unsigned)(MAX_HEAD - c->n));
}

static void on_read(uv_stream_t *s, ssize_t n, const uv_buf_t *b)
{
    struct client *c = s->data;

    (void)b;
    if (n < 0) { /* UV_ENOBUFS too: a head of 8 KB is no question for us */
        close_client(c);
        return;
    }
    c->n += (size_t)n;
    if (memmem(c->head, c->n, "\r\n\r\n", 4))
        answer(c);
}

static void on_connection(uv_stream_t *s, int status)
{
    struct http *h = s->data;

    if (status != 0)
        return;
    struct client *c = calloc(1, sizeof(*c));
    if (!c)
        abort();
    c->http = h;
    c->handles = 2;
    h->clients++;
    uv_tcp_init(s->loop, &c->tcp);
    uv_timer_init(s->loop, &c->timer);
    c->tcp.data = c->timer.data = c;
    uv_timer_start(&c->timer, on_late, CLIENT_MS, 0);
    if (uv_accept(s, (uv_stream_t *)&c->tcp) != 0 || h->clients > MAX_CLIENTS
        || uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read) != 0)
        close_client(c);
}

/* "127.0.0.1:9191" or "[::1]:9191" */
static bool parse(const char *text, struct sockaddr_storage *out)
{
    const char *colon = strrchr(text, ':');
    char host[64];
    char *end;

    if (!colon || colon == text)
        return false;
    bool bracketed = text[0] == '[' && colon[-1] == ']';
    size_t n = (size_t)(colon - text) - (bracketed ? 2 : 0);
    long port = strtol(colon + 1, &end, 10);
    if (n >= sizeof(host) || colon[1] == '\0' || *end || port < 0 || port > 65535)
        return false;
    memcpy(host, text + bracketed, n);
    host[n] = '\0';
    return uv_ip4_addr(host, (int)port, (struct sockaddr_in *)out) == 0
           || uv_ip6_addr(host, (int)port, (struct sockaddr_in6 *)out) == 0;
}

struct http *http_open(uv_loop_t *loop, const char *listen_on,
                       int (*health)(void *ctx, struct buf *body), void *ctx, const char **why)
{
    struct sockaddr_storage at = {0};

    if (!parse(listen_on, &at)) {
        *why = "an address and a port are needed, as in 127.0.0.1:9191";
        return NULL;
    }
    struct http *h = calloc(1, sizeof(*h));
    if (!h)
        abort();
    h->health = health;
    h->ctx = ctx;
    uv_tcp_init(loop, &h->tcp);
    h->tcp.data = h;
    int error = uv_tcp_bind(&h->tcp, (const struct sockaddr *)&at, 0);
    if (!error)
        error = uv_listen((uv_stream_t *)&h->tcp, MAX_CLIENTS, on_connection);
    if (error) {
        *why = uv_strerror(error);
        uv_close((uv_handle_t *)&h->tcp, NULL);
        uv_run(loop, UV_RUN_NOWAIT);
        free(h);
        return NULL;
    }
    return h;
}

int http_port(const struct http *h)
{
    struct sockaddr_storage at;
    int n = sizeof(at);

    if (uv_tcp_getsockname(&h->tcp, (struct sockaddr *)&at, &n) != 0)
        return 0;
    return ntohs(at.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&at)->sin6_port
                                          : ((struct sockaddr_in *)&at)->sin_port);
}

static void close_if_client(uv_handle_t *handle, void *ctx)
{
    /* A client's tcp handle is its first member and knows its client. */
    struct http *h = ctx;

    if (handle->type == UV_TCP && handle != (uv_handle_t *)&h->tcp)
        close_client(handle->data);
}

void http_close(struct http *h)
{
    uv_walk(h->tcp.loop, close_if_client, h);
    uv_close((uv_handle_t *)&h->tcp, NULL);
}

void http_free(struct http *h)
{
    free(h);
}

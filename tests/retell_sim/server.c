/* server.c - connections: bytes in, one exchange at a time, bytes out. */

#include "tests/retell_sim/server.h"

#include "tests/retell_sim/sim.h"

#include <stdio.h>
#include <stdlib.h>

#define BACKLOG 4096
#define READ_BYTES ((size_t)4096)

struct sim_conn {
    uv_tcp_t tcp;
    struct sim_server *server;
    struct sim_exchange *x; /* the one being handled */
    struct buf in;
    bool closing, advancing, refused;
    struct sim_conn *next, *prev; /* in the simulator's list */
};

struct write {
    uv_write_t req;
    struct sim_conn *conn;
    bool last;
    char bytes[];
};

static void advance(struct sim_conn *c);

static void *must(void *p)
{
    if (!p)
        abort();
    return p;
}

static void on_closed(uv_handle_t *h)
{
    struct sim_conn *c = h->data;

    buf_free(&c->in);
    free(c);
}

static void exchange_free(struct sim_exchange *x)
{
    sim_timer_stop(&x->s->timers, &x->timer);
    if (x->prev)
        x->prev->next = x->next;
    else
        x->s->exchanges = x->next;
    if (x->next)
        x->next->prev = x->prev;
    buf_free(&x->r.body);
    buf_free(&x->r.headers);
    free(x->raw);
    free(x);
}

static void unlink_conn(struct sim_conn *c)
{
    if (c->prev)
        c->prev->next = c->next;
    else
        c->server->s->conns = c->next;
    if (c->next)
        c->next->prev = c->prev;
}

static void let_go(struct sim_conn *c)
{
    if (c->x) {
        c->x->conn = NULL;
        if (c->x->hung)
            exchange_free(c->x);
        c->x = NULL;
    }
    unlink_conn(c);
    c->closing = true;
}

static void conn_close(struct sim_conn *c)
{
    if (c->closing)
        return;
    let_go(c);
    uv_close((uv_handle_t *)&c->tcp, on_closed);
}

static void on_written(uv_write_t *req, int status)
{
    struct write *w = SIM_CONTAINER(req, struct write, req);

    if (status < 0 || w->last)
        conn_close(w->conn);
    free(w);
}

/* uv_buf_t is not const, though a write only reads. */
static uv_buf_t borrow(struct str s)
{
    return uv_buf_init((char *)(uintptr_t)s.p, (unsigned)s.n);
}

/* What the socket does not take at once is copied and queued. */
static void conn_write(struct sim_conn *c, struct str head, struct str body, bool last)
{
    uv_buf_t bufs[2] = {borrow(head), borrow(body)};
    int sent = uv_try_write((uv_stream_t *)&c->tcp, bufs, body.n ? 2 : 1);
    size_t done = sent > 0 ? (size_t)sent : 0, all = head.n + body.n;
    if (done == all || (sent < 0 && sent != UV_EAGAIN)) {
        if (last || sent < 0)
            conn_close(c);
        return;
    }
    struct write *w = must(malloc(sizeof(*w) + all - done));
    *w = (struct write){.conn = c, .last = last};
    size_t from_head = done < head.n ? head.n - done : 0;
    memcpy(w->bytes, head.p + (head.n - from_head), from_head);
    size_t skip = done > head.n ? done - head.n : 0;
    memcpy(w->bytes + from_head, body.p + skip, body.n - skip);
    uv_buf_t rest = uv_buf_init(w->bytes, (unsigned)(all - done));
    if (uv_write(&w->req, (uv_stream_t *)&c->tcp, &rest, 1, on_written) < 0) {
        free(w);
        conn_close(c);
    }
}

static void reply_head(const struct sim_exchange *x, struct buf *head)
{
    buf_printf(head, "HTTP/1.1 %d %s\r\n", x->r.status, sim_http_reason(x->r.status));
    if (x->r.type)
        buf_printf(head, "content-type: %s\r\n", x->r.type);
    if (x->r.status != 204)
        buf_printf(head, "content-length: %zu\r\n", x->r.body.n);
    buf_add(head, x->r.headers.p, x->r.headers.n);
    buf_str(head, x->keep_alive ? "\r\n" : "connection: close\r\n\r\n");
}

void sim_exchange_answer(struct sim_exchange *x)
{
    struct sim_conn *c = x->conn;

    if (c) {
        struct buf head = {0};
        bool last = !x->keep_alive;
        reply_head(x, &head);
        c->x = NULL;
        conn_write(c, buf_view(&head), buf_view(&x->r.body), last);
        buf_free(&head);
    }
    exchange_free(x);
    if (c && !c->closing)
        advance(c);
}

void sim_exchange_reset(struct sim_exchange *x)
{
    struct sim_conn *c = x->conn;

    if (c && !c->closing) {
        c->x = NULL;
        let_go(c);
        if (uv_tcp_close_reset(&c->tcp, on_closed) < 0)
            uv_close((uv_handle_t *)&c->tcp, on_closed);
    }
    exchange_free(x);
}

void sim_exchange_hang(struct sim_exchange *x)
{
    if (x->conn)
        x->hung = true;
    else
        exchange_free(x);
}

/* Refuse what cannot be framed or is too large: the rest of the stream has no meaning.  It is read
 * and dropped until the client closes, for closing first would reset the answer away. */
static void refuse(struct sim_conn *c, int status)
{
    struct buf head = {0};

    buf_printf(&head, "HTTP/1.1 %d %s\r\ncontent-length: 0\r\nconnection: close\r\n\r\n", status,
               sim_http_reason(status));
    c->refused = true;
    c->in.n = 0;
    conn_write(c, buf_view(&head), STR(""), false);
    buf_free(&head);
}

/* The whole message's size once all of it is here. */
static enum sim_parse frame(struct sim_conn *c, struct sim_head *head, size_t *body, size_t *size)
{
    enum sim_parse parse = sim_head_parse(buf_view(&c->in), false, head);

    if (parse != SIM_PARSE_OK)
        return parse;
    if (head->chunked) {
        parse = sim_chunked_read(c->in.p + head->size, c->in.n - head->size, body, size);
        *size += head->size;
        return parse;
    }
    *body = head->length;
    *size = head->size + *body;
    return c->in.n >= *size ? SIM_PARSE_OK : SIM_PARSE_MORE;
}

static void link_exchange(struct sim_exchange *x)
{
    x->next = x->s->exchanges;
    if (x->next)
        x->next->prev = x;
    x->s->exchanges = x;
}

/* The bytes go to the exchange; what came after them stays with the connection. */
static struct sim_exchange *take_exchange(struct sim_conn *c, const struct sim_head *head,
                                          size_t body, size_t size)
{
    struct sim_exchange *x = must(calloc(1, sizeof(*x)));
    const char *question = memchr(head->target.p, '?', head->target.n);
    size_t path = question ? (size_t)(question - head->target.p) : head->target.n;
    struct buf rest = {0};

    x->s = c->server->s;
    x->conn = c;
    x->keep_alive = head->keep_alive;
    x->raw = c->in.p;
    x->q = (struct sim_request){
        .method = head->method,
        .path = {head->target.p, path},
        .query = {head->target.p + path + (question ? 1 : 0),
                  head->target.n - path - (question ? 1 : 0)},
        .body = {x->raw + head->size, body},
        .authorization = head->authorization,
        .retry_count = head->retry_count,
        .op = SIM_OPS,
    };
    if (c->in.n > size)
        buf_add(&rest, c->in.p + size, c->in.n - size);
    x->raw[head->size + body] = '\0';
    c->in = rest;
    c->x = x;
    link_exchange(x);
    return x;
}

/* One message, if it is all here; true when there may be another. */
static bool take_one(struct sim_conn *c)
{
    struct sim_head head;
    size_t body = 0, size = 0;

    switch (frame(c, &head, &body, &size)) {
    case SIM_PARSE_BAD: refuse(c, 400); return false;
    case SIM_PARSE_OK:
        if (body > SIM_BODY_MAX)
            break;
        c->server->handle(take_exchange(c, &head, body, size));
        return true;
    case SIM_PARSE_MORE:
        if (head.length > SIM_BODY_MAX || c->in.n > SIM_BODY_MAX + 2 * SIM_HEAD_MAX)
            break;
        if (head.size && head.expects_continue && c->in.n == head.size)
            conn_write(c, STR("HTTP/1.1 100 Continue\r\n\r\n"), STR(""), false);
        return false;
    }
    refuse(c, 413);
    return false;
}

/* A handler that answers at once comes back here; the loop, not the stack, goes on. */
static void advance(struct sim_conn *c)
{
    if (c->advancing)
        return;
    c->advancing = true;
    while (!c->x && !c->closing && !c->refused && c->in.n && take_one(c))
        ;
    c->advancing = false;
}

static void on_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *out)
{
    struct sim_conn *c = h->data;
    size_t room = c->in.cap > c->in.n + 1 ? c->in.cap - c->in.n - 1 : 0;

    (void)suggested;
    if (room < READ_BYTES / 2) {
        if (!buf_reserve(&c->in, c->in.n + READ_BYTES - 128))
            return;
        room = c->in.cap - c->in.n - 1;
    }
    *out = uv_buf_init(c->in.p + c->in.n, (unsigned)room);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *into)
{
    struct sim_conn *c = stream->data;

    (void)into;
    if (n < 0) {
        conn_close(c);
        return;
    }
    if (c->refused)
        return;
    c->in.n += (size_t)n;
    advance(c);
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct sim_server *server = listener->data;
    struct sim_conn *c;

    if (status < 0)
        return;
    c = must(calloc(1, sizeof(*c)));
    c->server = server;
    c->tcp.data = c;
    c->next = server->s->conns;
    if (c->next)
        c->next->prev = c;
    server->s->conns = c;
    uv_tcp_init(server->s->loop, &c->tcp);
    if (uv_accept(listener, (uv_stream_t *)&c->tcp) < 0) {
        conn_close(c);
        return;
    }
    uv_tcp_nodelay(&c->tcp, 1);
    uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read);
}

void sim_exchanges_drop(struct sim *s)
{
    for (struct sim_exchange *x = s->exchanges, *next; x; x = next) {
        next = x->next;
        if (x->timer.slot || x->hung)
            sim_exchange_reset(x);
    }
}

void sim_server_close(struct sim *s)
{
    while (s->conns)
        conn_close(s->conns);
}

static bool split_address(const char *address, char *host, size_t cap, int *port)
{
    const char *colon = strrchr(address, ':');
    char *end;

    if (!colon || (size_t)(colon - address) >= cap)
        return false;
    memcpy(host, address, (size_t)(colon - address));
    host[colon - address] = '\0';
    long n = strtol(colon + 1, &end, 10);
    *port = (int)n;
    return end > colon + 1 && !*end && n >= 0 && n <= 65535;
}

bool sim_server_open(struct sim_server *server, struct sim *s, const char *address,
                     void (*handle)(struct sim_exchange *), char *bound, size_t cap)
{
    struct sockaddr_in addr = {0};
    int port, len = sizeof(addr);
    char host[64];

    server->s = s;
    server->handle = handle;
    server->listener.data = server;
    if (!split_address(address, host, sizeof(host), &port) || uv_ip4_addr(host, port, &addr) < 0)
        return false;
    if (uv_tcp_init(s->loop, &server->listener) < 0
        || uv_tcp_bind(&server->listener, (const struct sockaddr *)&addr, 0) < 0
        || uv_listen((uv_stream_t *)&server->listener, BACKLOG, on_connection) < 0
        || uv_tcp_getsockname(&server->listener, (struct sockaddr *)&addr, &len) < 0)
        return false;
    snprintf(bound, cap, "%s:%d", host, ntohs(addr.sin_port));
    return true;
}

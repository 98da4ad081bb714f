/* client.c - a target per host and port, its queue of posts and its connections ("wires"). */

#include "tests/retell_sim/client.h"

#include "tests/retell_sim/http.h"

#include <stdlib.h>

#define DRIP_MS 200.0

struct sim_wire {
    uv_tcp_t tcp;
    uv_connect_t connecting;
    uv_write_t writing;
    struct sim_target *target;
    struct sim_post *post; /* NULL = idle */
    struct buf in;
    bool open, closing, write_pending;
    struct sim_wire *next;      /* among the target's wires */
    struct sim_wire *next_idle; /* among its idle ones */
};

struct sim_target {
    struct sim_client *client;
    char host[256], port[8];
    struct sockaddr_storage addr;
    uv_getaddrinfo_t lookup;
    bool known, looking;
    struct sim_post *first, **last;
    struct sim_wire *wires, *idle;
    unsigned nwires;
    struct sim_target *next;
};

struct sim_client {
    uv_loop_t *loop;
    struct sim_timers *timers;
    struct sim_target *targets;
    unsigned connections;
};

static void pump(struct sim_target *t);

static void *must(void *p)
{
    if (!p)
        abort();
    return p;
}

struct sim_client *sim_client_open(uv_loop_t *loop, struct sim_timers *timers, unsigned connections)
{
    struct sim_client *c = must(calloc(1, sizeof(*c)));

    *c = (struct sim_client){.loop = loop, .timers = timers};
    sim_client_limit(c, connections);
    return c;
}

void sim_client_limit(struct sim_client *c, unsigned connections)
{
    c->connections = connections ? connections : 1;
}

static void wire_closed(uv_handle_t *h)
{
    struct sim_wire *w = h->data;

    buf_free(&w->in);
    free(w);
}

static void wire_close(struct sim_wire *w)
{
    struct sim_wire **at = &w->target->wires, **idle = &w->target->idle;

    if (w->closing)
        return;
    w->closing = true;
    while (*at != w)
        at = &(*at)->next;
    *at = w->next;
    while (*idle && *idle != w)
        idle = &(*idle)->next_idle;
    if (*idle)
        *idle = w->next_idle;
    w->target->nwires--;
    uv_close((uv_handle_t *)&w->tcp, wire_closed);
}

static void wire_idle(struct sim_wire *w)
{
    w->next_idle = w->target->idle;
    w->target->idle = w;
}

/* The post leaves its wire; the wire is closed unless it can be used again. */
static void settle(struct sim_post *p, int status, struct str body, bool reuse)
{
    struct sim_wire *w = p->wire;
    struct sim_target *t = p->target;

    sim_timer_stop(t->client->timers, &p->timer);
    p->wire = NULL;
    if (w) {
        w->post = NULL;
        if (reuse && !w->write_pending)
            wire_idle(w);
        else
            wire_close(w);
    }
    p->done(p, status, body);
    pump(t);
}

static void lost(struct sim_wire *w)
{
    struct sim_post *p = w->post;

    if (p)
        settle(p, 0, STR(""), false);
    else
        wire_close(w);
}

static void timed_out(struct sim_timer *timer)
{
    struct sim_post *p = SIM_CONTAINER(timer, struct sim_post, timer);

    if (p->slowly && p->wire && p->wire->open && p->sent < p->request.n) {
        uv_buf_t byte = uv_buf_init(p->request.p + p->sent, 1);
        if (uv_try_write((uv_stream_t *)&p->wire->tcp, &byte, 1) == 1)
            p->sent++;
        p->timeout_ms -= DRIP_MS;
        if (p->timeout_ms > 0) {
            sim_timer_after_real_ms(p->target->client->timers, timer, DRIP_MS);
            return;
        }
    }
    settle(p, 0, STR(""), false);
}

/* Has the whole answer come?  Bodies without a length end with the connection. */
static enum sim_parse read_answer(struct sim_wire *w, struct sim_head *head, struct str *body)
{
    enum sim_parse parse = sim_head_parse(buf_view(&w->in), true, head);
    size_t n = 0, used = 0;

    if (parse != SIM_PARSE_OK)
        return parse;
    if (head->chunked)
        parse = sim_chunked_read(w->in.p + head->size, w->in.n - head->size, &n, &used);
    else if (head->has_length)
        n = head->length;
    else if (head->status != 204 && head->status != 304)
        return SIM_PARSE_MORE;
    if (parse == SIM_PARSE_OK && !head->chunked && w->in.n < head->size + n)
        return SIM_PARSE_MORE;
    *body = (struct str){w->in.p + head->size, n};
    return parse;
}

static void on_alloc(uv_handle_t *h, size_t suggested, uv_buf_t *out)
{
    struct sim_wire *w = h->data;

    (void)suggested;
    if (buf_reserve(&w->in, 1024))
        *out = uv_buf_init(w->in.p + w->in.n, (unsigned)(w->in.cap - w->in.n - 1));
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *into)
{
    struct sim_wire *w = stream->data;
    struct sim_head head;
    struct str body;

    (void)into;
    if (n < 0 || !w->post) { /* closed, or speaking without being asked */
        lost(w);
        return;
    }
    w->in.n += (size_t)n;
    w->in.p[w->in.n] = '\0';
    switch (read_answer(w, &head, &body)) {
    case SIM_PARSE_OK: settle(w->post, head.status, body, head.keep_alive); break;
    case SIM_PARSE_BAD: lost(w); break;
    case SIM_PARSE_MORE:
        if (w->in.n > SIM_BODY_MAX)
            lost(w);
    }
}

static void on_written(uv_write_t *req, int status)
{
    struct sim_wire *w = req->handle->data;

    w->write_pending = false;
    if (w->closing || !w->post)
        return;
    if (status < 0 || w->post->send_only)
        lost(w);
}

/* Take what the socket takes at once; libuv sends the rest from the post's own bytes. */
static void send_request(struct sim_wire *w)
{
    struct sim_post *p = w->post;
    size_t n = p->send_only ? p->send_only : p->request.n;
    uv_buf_t all = uv_buf_init(p->request.p, (unsigned)n);

    if (p->slowly) {
        sim_timer_after_real_ms(w->target->client->timers, &p->timer, 0);
        return;
    }
    int sent = uv_try_write((uv_stream_t *)&w->tcp, &all, 1);
    size_t done = sent > 0 ? (size_t)sent : 0;
    uv_buf_t rest = uv_buf_init(p->request.p + done, (unsigned)(n - done));
    if (done == n && !p->send_only)
        return;
    w->write_pending = uv_write(&w->writing, (uv_stream_t *)&w->tcp, &rest, 1, on_written) == 0;
    if (!w->write_pending) /* not here: done() must not run before sim_client_post() returns */
        sim_timer_after_real_ms(w->target->client->timers, &p->timer, 0);
}

static void on_connected(uv_connect_t *req, int status)
{
    struct sim_wire *w = req->handle->data;

    if (w->closing)
        return;
    if (status < 0) {
        w->target->known = false; /* the name may mean another address by now */
        lost(w);
        return;
    }
    w->open = true;
    uv_tcp_nodelay(&w->tcp, 1);
    uv_read_start((uv_stream_t *)&w->tcp, on_alloc, on_read);
    if (w->post)
        send_request(w);
}

static struct sim_wire *wire_new(struct sim_target *t)
{
    struct sim_wire *w = must(calloc(1, sizeof(*w)));

    w->target = t;
    w->tcp.data = w;
    uv_tcp_init(t->client->loop, &w->tcp);
    w->next = t->wires;
    t->wires = w;
    t->nwires++;
    return w;
}

static void start(struct sim_target *t, struct sim_wire *w, struct sim_post *p)
{
    p->wire = w;
    w->post = p;
    w->in.n = 0;
    sim_timer_after_real_ms(t->client->timers, &p->timer, p->timeout_ms);
    if (w->open)
        send_request(w);
    else if (uv_tcp_connect(&w->connecting, &w->tcp, (const struct sockaddr *)&t->addr,
                            on_connected)
             < 0)
        sim_timer_after_real_ms(t->client->timers, &p->timer, 0);
}

static void fail_queue(struct sim_target *t)
{
    struct sim_post *p = t->first;

    t->first = NULL;
    t->last = &t->first;
    for (struct sim_post *next; p; p = next) {
        next = p->next;
        p->done(p, 0, STR(""));
    }
}

static void on_address(uv_getaddrinfo_t *req, int status, struct addrinfo *found)
{
    struct sim_target *t = SIM_CONTAINER(req, struct sim_target, lookup);

    t->looking = false;
    if (status == 0 && found) {
        memcpy(&t->addr, found->ai_addr, found->ai_addrlen);
        t->known = true;
        pump(t);
    } else if (status != UV_ECANCELED) {
        fail_queue(t);
    }
    uv_freeaddrinfo(found);
}

static void look_up(struct sim_target *t)
{
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};

    if (t->looking)
        return;
    t->looking =
        uv_getaddrinfo(t->client->loop, &t->lookup, on_address, t->host, t->port, &hints) == 0;
}

static void pump(struct sim_target *t)
{
    while (t->first) {
        if (!t->known) {
            look_up(t);
            return;
        }
        struct sim_wire *w = t->idle;
        if (!w && t->nwires >= t->client->connections)
            return;
        t->idle = w ? w->next_idle : NULL;
        struct sim_post *p = t->first;
        t->first = p->next;
        if (!t->first)
            t->last = &t->first;
        start(t, w ? w : wire_new(t), p);
    }
}

static struct sim_target *target_of(struct sim_client *c, const char *host, const char *port)
{
    struct sim_target *t = c->targets;

    while (t && (strcmp(t->host, host) != 0 || strcmp(t->port, port) != 0))
        t = t->next;
    if (t)
        return t;
    t = must(calloc(1, sizeof(*t)));
    t->client = c;
    memcpy(t->host, host, strlen(host) + 1);
    memcpy(t->port, port, strlen(port) + 1);
    t->last = &t->first;
    t->next = c->targets;
    c->targets = t;
    return t;
}

void sim_client_post(struct sim_client *c, const char *host, const char *port, struct sim_post *p)
{
    struct sim_target *t = target_of(c, host, port);

    p->target = t;
    p->wire = NULL;
    p->next = NULL;
    p->sent = 0;
    p->timer.fire = timed_out;
    *t->last = p;
    t->last = &p->next;
    pump(t);
}

static void unqueue(struct sim_target *t, struct sim_post *p)
{
    struct sim_post **at = &t->first;

    while (*at && *at != p)
        at = &(*at)->next;
    if (!*at)
        return;
    *at = p->next;
    if (!*at)
        t->last = at;
}

void sim_client_cancel(struct sim_client *c, struct sim_post *p)
{
    sim_timer_stop(c->timers, &p->timer);
    if (p->target)
        unqueue(p->target, p);
    if (p->wire) {
        p->wire->post = NULL;
        wire_close(p->wire);
        p->wire = NULL;
    }
}

void sim_client_close(struct sim_client *c)
{
    for (struct sim_target *t = c->targets; t; t = t->next) {
        while (t->wires)
            wire_close(t->wires);
        if (t->looking)
            uv_cancel((uv_req_t *)&t->lookup);
    }
    uv_run(c->loop, UV_RUN_DEFAULT); /* the listeners are closed by now: this ends */
    for (struct sim_target *t = c->targets, *next; t; t = next) {
        next = t->next;
        free(t);
    }
    free(c);
}

/* exchange.c - the way of a request through the API. */

#include "api/exchange.h"

#include "api/auth.h"
#include "api/client.h"
#include "api/pieces.h"
#include "api/reply.h"
#include "api/throttle.h"
#include "api/unit.h"
#include "common/base/clock.h"
#include "common/base/conf.h"
#include "common/base/id.h"
#include "common/base/log.h"
#include "common/base/metrics.h"
#include "common/store/pool.h"

#include <stdio.h>

enum {
    WRITE_US = 15 * 1000 * 1000,
    UPLOAD_BYTES_PER_S = 32 * 1024,
    SCRATCH_KEEP = 256 * 1024,
};

struct exchange {
    struct body_stream stream; /* first: a handler gives it back as &stream */
    struct op op;
    struct req req;
    struct reply rep;
    struct unit unit;
    struct front *front;
    const struct gate_head *head;
    struct gate_pass pass;
    struct wire *wire;
    struct scratch *scratch;
    int64_t start_us;
    int64_t waited_us, received; /* of an upload */
    bool counted;                /* among the unanswered */
    bool piecewise;              /* among those whose answer is sent while it is made */
    bool close;
    char request_id[REQUEST_ID_SIZE];
};

static bool refuse(struct exchange *x, enum err_code code, const char *why)
{
    metric_add(M_HTTP_REJECTED, 1, LABELS(err_name(code)));
    x->close = true;
    return fail(&x->op, code, "%s", why);
}

static bool pass_gate(struct exchange *x)
{
    const char *why = "The request head is malformed";
    enum err_code code = gate_check(x->head, &x->pass, &why);

    if (x->pass.request_id)
        x->op.request_id = x->pass.request_id;
    if (code == E_NONE && !gate_layout_is_strict(x->head))
        code = E_MALFORMED_REQUEST;
    if (code != E_NONE) {
        x->wire->unread = INT64_MAX; /* its length is not to be trusted */
        return refuse(x, code, why);
    }
    x->wire->unread = x->pass.content_length;
    x->close |= !x->pass.keep_alive;
    return true;
}

static bool find_route(struct exchange *x)
{
    x->req.path = str_of(x->head->path);
    x->req.query = str_of(x->head->query);
    x->req.content_type = x->pass.content_type;
    x->req.signature = x->pass.signature;
    x->req.cookies = x->pass.cookies;
    x->req.client = client_address(&x->op, x->head->peer, x->pass.forwarded_for);
    return router_match(&x->op, &x->front->routes, str_of(x->head->method), &x->req, &x->rep.allow);
}

static bool pass_body_gate(struct exchange *x)
{
    const char *why = NULL;
    enum err_code code = gate_check_body(&x->pass, x->req.route->kind, &x->front->limits, &why);

    return code == E_NONE || refuse(x, code, why);
}

static bool invite_body(struct exchange *x)
{
    if (!x->pass.expects_continue || x->pass.content_length == 0)
        return true;
    return wire_write(x->wire, STR("HTTP/1.1 100 Continue\r\n\r\n"), x->op.deadline_us);
}

static long body_failed(struct op *op, long result)
{
    if (result == WIRE_LATE)
        fail(op, E_REQUEST_TIMEOUT, "The request body did not arrive in time");
    else
        fail(op, E_MALFORMED_REQUEST, "The request body ended early");
    return result;
}

/* Half of the request's time, so that the other is left for the answer. */
static bool read_body(struct exchange *x)
{
    size_t n = (size_t)x->pass.content_length;
    int64_t deadline_us = x->start_us + (x->op.deadline_us - x->start_us) / 2;

    if (n == 0)
        return true;
    char *text = arena_alloc(&x->op.arena, n + 1);
    long got = wire_read(x->wire, text, n, deadline_us);
    if (got < 0) {
        body_failed(&x->op, got);
        return false;
    }
    x->req.body = (struct str){text, n};
    return true;
}

/*
 * A file may take as long as it comes and is stored: only the waiting for it is measured.  It may
 * stand still for half of a request's time in all, and a second more for every 32 KB that came.
 */
static long read_stream(struct body_stream *s, char *into, size_t n)
{
    struct exchange *x = (struct exchange *)s;
    int64_t grace_us = x->front->app->conf->http_request_timeout_ms * 1000 / 2;
    int64_t allowed_us = grace_us + x->received * 1000000 / UPLOAD_BYTES_PER_S;
    int64_t from_us = clock_mono_us();

    unit_stay(&x->op, &x->unit);
    long got = wire_read(x->wire, into, n, from_us + allowed_us - x->waited_us);
    x->waited_us += clock_mono_us() - from_us;
    if (got < 0)
        return body_failed(&x->op, got);
    x->received += got;
    return got;
}

static bool act(struct exchange *x)
{
    bool ok;

    if (!unit_open(&x->op, &x->unit, &x->pass, &x->req))
        return false;
    ok = (!unit_was_answered(&x->unit) || x->req.stream)
         && x->req.route->handle(&x->op, &x->req, &x->rep);
    return unit_close(&x->op, &x->unit, ok, &x->rep);
}

static bool serve(struct exchange *x)
{
    const struct route *r = x->req.route;

    if (!invite_body(x))
        return fail(&x->op, E_MALFORMED_REQUEST, "The client went away");
    if (r->kind == KIND_STREAM) {
        x->op.deadline_us = 0; /* the stream has its own measure of time */
        x->stream.read = read_stream;
        x->req.stream = &x->stream;
    } else if (!read_body(x)) {
        return false;
    }
    return act(x);
}

static bool run_handler(struct exchange *x)
{
    const struct route *r = x->req.route;

    if (r->role != ROLE_PUBLIC && !auth_caller(&x->op, &x->pass, &x->req))
        return false;
    if (!throttle_enter(&x->op, x->front->throttle, r, &x->rep.rate))
        return false;
    bool ok = serve(x);
    throttle_leave(x->front->throttle, &x->op, r);
    return ok;
}

static bool busy(struct exchange *x)
{
    return fail(&x->op, E_SERVICE_UNAVAILABLE, "The service is busy, try again shortly");
}

/* The API's own paths are requests like any other, whoever may send them. */
static bool is_probe(const struct route *r)
{
    return r->role == ROLE_PUBLIC && r->kind == KIND_NONE
           && !str_starts(str_of(r->path), STR("/api/"));
}

/* A bounded number at once, so that a slow database does not take the probes' threads too. */
static bool run_bounded(struct exchange *x)
{
    bool upload = x->req.route->kind == KIND_STREAM;
    int running = atomic_fetch_add(&x->front->running, 1);
    int uploads = upload ? atomic_fetch_add(&x->front->uploads, 1) : 0;
    bool ok;

    if (running >= x->front->max_running || uploads >= x->front->max_uploads)
        ok = busy(x);
    else
        ok = run_handler(x);
    atomic_fetch_sub(&x->front->running, 1);
    if (upload)
        atomic_fetch_sub(&x->front->uploads, 1);
    return ok;
}

/* What must get through takes of what is kept for it, and else has the same chance as all. */
static bool run_urgent(struct exchange *x)
{
    bool ok;

    if (atomic_fetch_add(&x->front->urgents, 1) < x->front->max_urgent) {
        x->op.app = x->front->urgent;
        ok = run_handler(x);
    } else {
        ok = run_bounded(x);
    }
    atomic_fetch_sub(&x->front->urgents, 1);
    return ok;
}

/* Counted until its answer is sent: who drains the server waits for that. */
static bool dispatch(struct exchange *x)
{
    if (is_probe(x->req.route))
        return run_handler(x);
    x->counted = true;
    atomic_fetch_add(&x->front->unanswered, 1);
    if (atomic_load(&x->front->draining))
        return busy(x);
    return x->req.route->urgent ? run_urgent(x) : run_bounded(x);
}

static bool run(struct exchange *x)
{
    return pass_gate(x) && find_route(x) && pass_body_gate(x) && dispatch(x);
}

/* Such an answer holds its thread as long as its reader likes, and counts as an upload does. */
static bool may_tell_more(struct exchange *x)
{
    x->piecewise = true;
    x->op.deadline_us = 0;
    x->rep.chunked = strcmp(x->head->version, "1.0") != 0;
    x->close |= !x->rep.chunked;
    return atomic_fetch_add(&x->front->uploads, 1) < x->front->max_uploads || busy(x);
}

static void settle(struct exchange *x, bool ok)
{
    if (ok && x->rep.more)
        ok = may_tell_more(x);
    if (ok && x->rep.body.over) {
        ok = false;
        fail(&x->op, E_INTERNAL_ERROR, "The answer is too large");
    }
    if (ok)
        return;
    if (x->op.err.code == E_NONE)
        fail(&x->op, E_INTERNAL_ERROR, "The request failed");
    reply_error(&x->op, &x->rep);
    if (x->rep.status >= 500)
        log_failure(&x->op, "http.failed");
}

static void send_reply(struct exchange *x)
{
    struct buf *out = &x->scratch->head;
    int64_t deadline_us = clock_mono_us() + WRITE_US;

    x->close |= x->wire->unread > 0 || x->wire->broken || atomic_load(&x->front->draining);
    x->wire->broken = false; /* a client that stopped sending may still listen */
    buf_reset(out);
    reply_head(out, &x->rep, x->op.request_id, x->close);
    buf_add(out, x->rep.body.p, x->rep.body.n);
    bool sent = wire_write(x->wire, buf_view(out), deadline_us);
    if (!x->rep.more)
        return;
    x->close |= !sent || !pieces_send(&x->op, &x->rep, x->wire, out, WRITE_US, &x->front->draining);
    if (x->op.err.code != E_NONE)
        log_failure(&x->op, "http.cut_short");
}

static void record(struct exchange *x)
{
    const char *route = x->req.route ? x->req.route->path : "unmatched";
    const char *method = x->head ? x->head->method : "unknown";
    int64_t took_us = clock_mono_us() - x->start_us;
    char status[12];

    snprintf(status, sizeof(status), "%d", x->rep.status);
    metric_add(M_HTTP_REQUESTS, 1, LABELS(route, method, status));
    metric_observe_us(M_HTTP_SECONDS, took_us);
    log_info(&x->op, "http.request", F("method", method), F("route", route),
             F("status", x->rep.status), F("duration_us", took_us));
}

static void reuse(struct buf *b)
{
    if (b->cap > SCRATCH_KEEP)
        buf_free(b);
}

/* There may have been a password in it, or a key. */
static void forget_body(struct exchange *x)
{
    char *text;

    memcpy(&text, &x->req.body.p, sizeof(text)); /* read_body()'s */
    if (text)
        explicit_bzero(text, x->req.body.n);
}

/* The session goes back before a slow reader is waited for, the rest before a slow closing. */
static void finish(struct exchange *x, bool ok)
{
    db_release(&x->op);
    settle(x, ok);
    send_reply(x);
    record(x);
    if (x->counted)
        atomic_fetch_sub(&x->front->unanswered, 1);
    if (x->piecewise)
        atomic_fetch_sub(&x->front->uploads, 1);
    forget_body(x);
    op_end(&x->op);
    x->scratch->body = x->rep.body;
    reuse(&x->scratch->body);
    reuse(&x->scratch->head);
    if (x->close || x->wire->broken)
        wire_close(x->wire);
}

static void begin(struct exchange *x, struct front *front, struct wire *wire,
                  struct scratch *scratch)
{
    x->front = front;
    x->wire = wire;
    x->scratch = scratch;
    x->start_us = clock_mono_us();
    x->op.app = front->app;
    x->op.request_id = x->request_id;
    x->op.deadline_us = x->start_us + front->app->conf->http_request_timeout_ms * 1000;
    x->rep.status = 200;
    x->rep.body = scratch->body;
    buf_reset(&x->rep.body);
    request_id_make(x->request_id);
}

void exchange_serve(struct front *front, const struct gate_head *head, struct wire *wire,
                    struct scratch *scratch, bool keep_open)
{
    struct exchange x = {.head = head, .close = !keep_open};

    begin(&x, front, wire, scratch);
    finish(&x, run(&x));
}

void exchange_refuse(struct front *front, struct wire *wire, struct scratch *scratch, bool late)
{
    struct exchange x = {0};

    begin(&x, front, wire, scratch);
    if (late)
        refuse(&x, E_REQUEST_TIMEOUT, "The request did not arrive in time");
    else
        refuse(&x, E_MALFORMED_REQUEST, "The request could not be read as HTTP/1.1");
    finish(&x, false);
}

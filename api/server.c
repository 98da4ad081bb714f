/* server.c - the only place that configures civetweb. */

#include "api/server.h"

#include "api/exchange.h"
#include "api/throttle.h"
#include "common/base/clock.h"
#include "common/base/conf.h"
#include "common/base/log.h"

#include <civetweb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    HEAD_MS = 10000, /* for a request's head to arrive, and for a client that takes no byte */
    IDLE_MS = 10000, /* between two requests of a connection */
    HEAD_BUFFER = 2 * GATE_MAX_HEAD, /* so that the gate sees a head that is too large */
    DRAIN_POLL_MS = 5,
};

/* What one civetweb thread keeps; made and ended in the thread itself. */
struct thread {
    struct thread *next;
    struct guard guard;
    struct scratch scratch;
    int64_t waiting_since_us; /* for the head of the next request */
};

struct server {
    struct front front;
    struct mg_context *ctx;
    int port;
    int crowd; /* open connections from which one request is each one's last */
    atomic_int connections;
    pthread_mutex_t lock; /* threads */
    struct thread *threads;
};

static struct server *server_of(const struct mg_connection *conn)
{
    return mg_get_user_context_data(conn);
}

static void *begin_thread(const struct mg_context *ctx, int type)
{
    struct server *s = mg_get_user_data(ctx);
    struct thread *t = calloc(1, sizeof(*t));

    (void)type;
    if (!t || !guard_open(&t->guard))
        abort();
    pthread_mutex_lock(&s->lock);
    t->next = s->threads;
    s->threads = t;
    pthread_mutex_unlock(&s->lock);
    return t;
}

static void end_thread(const struct mg_context *ctx, int type, void *thread)
{
    struct server *s = mg_get_user_data(ctx);
    struct thread *t = thread;

    (void)type;
    pthread_mutex_lock(&s->lock);
    for (struct thread **at = &s->threads; *at; at = &(*at)->next)
        if (*at == t) {
            *at = t->next;
            break;
        }
    pthread_mutex_unlock(&s->lock);
    guard_close(&t->guard);
    buf_free(&t->scratch.head);
    buf_free(&t->scratch.body);
    free(t);
}

static int begin_connection(const struct mg_connection *conn, void **data)
{
    struct thread *t = mg_get_thread_pointer(conn);

    (void)data;
    atomic_fetch_add(&server_of(conn)->connections, 1);
    t->waiting_since_us = clock_mono_us();
    return 0;
}

/* civetweb says so twice for a connection closed by wire_close(). */
static void end_connection(const struct mg_connection *conn)
{
    struct thread *t = mg_get_thread_pointer(conn);

    if (t->waiting_since_us)
        atomic_fetch_sub(&server_of(conn)->connections, 1);
    t->waiting_since_us = 0;
}

static void read_head(const struct mg_request_info *ri, struct gate_header *headers,
                      struct gate_head *head)
{
    for (int i = 0; i < ri->num_headers; i++)
        headers[i] = (struct gate_header){ri->http_headers[i].name, ri->http_headers[i].value};
    *head = (struct gate_head){
        .method = ri->request_method,
        .path = ri->request_uri,
        .query = ri->query_string,
        .version = ri->http_version,
        .peer = ri->remote_addr,
        .headers = headers,
        .n = ri->num_headers,
    };
}

/* The return value only has to be positive: civetweb is to do nothing more. */
static int begin_request(struct mg_connection *conn)
{
    struct server *s = server_of(conn);
    struct thread *t = mg_get_thread_pointer(conn);
    struct wire wire = {.conn = conn, .guard = &t->guard};
    struct gate_header headers[MG_MAX_HEADERS];
    struct gate_head head;

    read_head(mg_get_request_info(conn), headers, &head);
    exchange_serve(&s->front, &head, &wire, &t->scratch, atomic_load(&s->connections) < s->crowd);
    if (t->waiting_since_us)
        t->waiting_since_us = clock_mono_us();
    return 1;
}

static int refuse_request(struct mg_connection *conn, int status, const char *message)
{
    struct thread *t = mg_get_thread_pointer(conn);
    struct wire wire = {.conn = conn, .guard = &t->guard};
    bool late = clock_mono_us() - t->waiting_since_us >= HEAD_MS * 1000;

    (void)status, (void)message;
    exchange_refuse(&server_of(conn)->front, &wire, &t->scratch, late);
    return 0;
}

static int log_message(const struct mg_connection *conn, const char *message)
{
    (void)conn;
    log_warning(NULL, "http.server", F("message", message));
    return 1;
}

static struct mg_context *start_civetweb(struct server *s, const struct conf *conf)
{
    const struct mg_callbacks callbacks = {
        .begin_request = begin_request,
        .http_error = refuse_request,
        .log_message = log_message,
        .init_thread = begin_thread,
        .exit_thread = end_thread,
        .init_connection = begin_connection,
        .connection_closed = end_connection,
    };
    char threads[16], head_ms[16], idle_ms[16], head_bytes[16];
    const char *options[] = {
        "listening_ports",
        conf->http_listen,
        "num_threads",
        threads,
        "connection_queue",
        "512",
        "listen_backlog",
        "511",
        "max_request_size",
        head_bytes,
        "request_timeout_ms",
        head_ms,
        "enable_keep_alive",
        "yes",
        "keep_alive_timeout_ms",
        idle_ms,
        "tcp_nodelay",
        "1",
        "decode_url",
        "no",
        "enable_directory_listing",
        "no",
        "access_control_allow_origin",
        "",
        "access_control_allow_methods",
        "",
        "access_control_allow_headers",
        "",
        NULL,
    };

    snprintf(threads, sizeof(threads), "%d", (int)conf->http_threads);
    snprintf(head_ms, sizeof(head_ms), "%d", HEAD_MS);
    snprintf(idle_ms, sizeof(idle_ms), "%d", IDLE_MS);
    snprintf(head_bytes, sizeof(head_bytes), "%d", HEAD_BUFFER);
    return mg_start(&callbacks, s, options);
}

/* civetweb would take "8443s" and crash on the first TLS connection, and "80r" to redirect there.
 */
static bool is_plain_address(const char *listen)
{
    size_t n = strlen(listen);

    return n && listen[n - 1] >= '0' && listen[n - 1] <= '9' && !strchr(listen, ',');
}

static void set_limits(struct server *s, const struct conf *conf)
{
    int threads = (int)conf->http_threads;

    s->crowd = threads - threads / 8;
    s->front.max_running = threads - (threads / 4 ? threads / 4 : 1);
    s->front.max_urgent = threads / 8 ? threads / 8 : 1;
    s->front.max_uploads = threads / 8 ? threads / 8 : 1;
    s->front.limits = (struct gate_limits){
        .json_bytes = conf->http_max_body_bytes,
        .upload_bytes = conf->http_max_upload_bytes,
    };
}

struct server *server_start(const struct app *app, const struct app *urgent, struct routes routes)
{
    struct mg_server_port port = {0};

    if (!is_plain_address(app->conf->http_listen)) {
        fprintf(stderr,
                "HTTP_LISTEN must be one host:port for plain HTTP, not \"%s\"; TLS ends in "
                "the front proxy\n",
                app->conf->http_listen);
        return NULL;
    }
    struct server *s = calloc(1, sizeof(*s));
    if (!s || !guard_setup())
        abort();
    pthread_mutex_init(&s->lock, NULL);
    s->front.app = app;
    s->front.urgent = urgent;
    s->front.routes = routes;
    set_limits(s, app->conf);
    s->front.throttle = throttle_open(app->conf, s->front.max_running * 3 / 4 + 1);
    mg_init_library(0);
    s->ctx = start_civetweb(s, app->conf);
    if (!s->ctx || mg_get_server_ports(s->ctx, 1, &port) < 1) {
        fprintf(stderr, "cannot listen on %s\n", app->conf->http_listen);
        throttle_close(s->front.throttle);
        free(s);
        return NULL;
    }
    s->port = port.port;
    return s;
}

int server_port(const struct server *s)
{
    return s->port;
}

/* civetweb looks at its stop flag only between two waits of two seconds: end them. */
static void interrupt_threads(struct server *s)
{
    pthread_mutex_lock(&s->lock);
    for (struct thread *t = s->threads; t; t = t->next)
        guard_interrupt(&t->guard);
    pthread_mutex_unlock(&s->lock);
}

void server_stop(struct server *s, int drain_ms)
{
    const struct timespec pause = {.tv_nsec = DRAIN_POLL_MS * 1000000L};
    int64_t deadline_us = clock_mono_us() + (int64_t)drain_ms * 1000;

    atomic_store(&s->front.draining, true);
    while (atomic_load(&s->front.unanswered) > 0 && clock_mono_us() < deadline_us)
        nanosleep(&pause, NULL);
    interrupt_threads(s);
    mg_stop(s->ctx);
    mg_exit_library();
    throttle_close(s->front.throttle);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

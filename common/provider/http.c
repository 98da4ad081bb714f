/* http.c - libcurl, kept on a short leash. */

#include "common/provider/http.h"

#include "common/base/clock.h"

#include <curl/curl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    CONNECT_TIMEOUT_MS = 5000,
    UNACKED_TIMEOUT_MS = 5000, /* what the peer's kernel has not acknowledged by then is lost */
    RETRY_AFTER_MAX_SECONDS = 86400,
    MAX_CONNECTIONS = 4, /* kept; beside them an exchange may open one per address it tries */
    MAX_SOCKETS = 16,
    IDLE_SECONDS = 3, /* servers drop what rests for 5 s and more: a POST must not meet that */
    IDLE_POLL_MS = 1000,
    ACK_POLL_MIN_MS = 2,
    ACK_POLL_MAX_MS = 128,
    SEND_MARGIN_MS = 20, /* a connection that is not there by then is given up in good order */
};

/* One set per thread: it keeps the connections and the parsed CA store. */
struct handles {
    CURLM *multi;
    CURL *easy;
    int sockets[MAX_SOCKETS]; /* open ones; libcurl keeps fewer */
    int n_sockets;
};

static pthread_key_t thread_handles;
static pthread_once_t started = PTHREAD_ONCE_INIT;

static void clean_up(void *p)
{
    struct handles *h = p;

    curl_easy_cleanup(h->easy);
    curl_multi_cleanup(h->multi);
    free(h);
}

static void start(void)
{
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK
        || pthread_key_create(&thread_handles, clean_up) != 0)
        abort();
}

void http_prepare(void)
{
    pthread_once(&started, start);
}

static struct handles *handles(void)
{
    http_prepare();
    struct handles *h = pthread_getspecific(thread_handles);
    if (!h) {
        h = malloc(sizeof(*h));
        if (!h || pthread_setspecific(thread_handles, h) != 0)
            abort();
        *h = (struct handles){.multi = curl_multi_init(), .easy = curl_easy_init()};
        if (!h->multi || !h->easy)
            abort();
        curl_multi_setopt(h->multi, CURLMOPT_MAXCONNECTS, (long)MAX_CONNECTIONS);
    }
    return h;
}

struct exchange {
    const struct http_request *request;
    struct http_reply *reply;
    CURL *easy;
    struct handles *handles;
    int fd; /* what carries the request; -1 = not known */
    struct buf body;
    bool unconfirmed; /* its watcher does not know yet that the request has arrived */
    int ack_poll_ms;
    char problem[CURL_ERROR_SIZE];
};

/* libcurl names a connection by its ports only before the request is under way. */
static int socket_with(const struct handles *h, int local_port)
{
    for (int i = 0; i < h->n_sockets; i++) {
        struct sockaddr_storage a = {0};
        socklen_t size = sizeof(a);
        if (getsockname(h->sockets[i], (struct sockaddr *)&a, &size) != 0)
            continue;
        uint16_t port = a.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&a)->sin6_port
                                                : ((struct sockaddr_in *)&a)->sin_port;
        if (ntohs(port) == local_port)
            return h->sockets[i];
    }
    return -1;
}

/*
 * Called between "connected, TLS included" and the first byte of the request: a second time when
 * libcurl found its kept connection dead and wants to say everything again on a new one.  What may
 * have been acted upon must not be said twice.
 */
static int note_sending(void *ctx, char *peer_ip, char *local_ip, int peer_port, int local_port)
{
    struct exchange *x = ctx;

    (void)peer_ip, (void)local_ip, (void)peer_port;
    if (x->request->once && x->reply->sent)
        return CURL_PREREQFUNC_ABORT;
    if (x->request->send_before_us && clock_boot_us() >= x->request->send_before_us)
        return CURL_PREREQFUNC_ABORT;
    x->reply->sent = true;
    if (x->request->watch) {
        x->request->watch->sending(x->request->watch->ctx);
        x->unconfirmed = true;
        x->fd = socket_with(x->handles, local_port);
    }
    return CURL_PREREQFUNC_OK;
}

static void confirm(struct exchange *x)
{
    if (x->unconfirmed)
        x->request->watch->arrived(x->request->watch->ctx);
    x->unconfirmed = false;
}

/* Everything handed to the kernel, and the kernel's queue of unacknowledged bytes empty. */
static void look_for_acknowledgement(struct exchange *x)
{
    curl_off_t given = 0;
    int unacked = 1;

    if (!x->unconfirmed)
        return;
    curl_easy_getinfo(x->easy, CURLINFO_SIZE_UPLOAD_T, &given);
    if (!x->request->body || given < (curl_off_t)strlen(x->request->body))
        return;
    if (ioctl(x->fd, SIOCOUTQ, &unacked) == 0 && unacked == 0)
        confirm(x);
}

static size_t take_header(char *p, size_t size, size_t n, void *ctx)
{
    (void)p;
    confirm(ctx);
    return size * n;
}

static size_t take_body(char *p, size_t size, size_t n, void *ctx)
{
    struct exchange *x = ctx;

    buf_add(&x->body, p, size * n);
    return x->body.over ? 0 : size * n;
}

/*
 * Bytes must not trickle out after we gave up: TCP_USER_TIMEOUT bounds how long
 * the kernel retransmits, and a zero linger drops the rest when the socket closes.
 */
static curl_socket_t open_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *a)
{
    struct handles *h = ctx;
    unsigned unacked_ms = UNACKED_TIMEOUT_MS;
    struct linger none = {.l_onoff = 1, .l_linger = 0};
    int fd = socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);

    (void)purpose;
    if (fd < 0)
        return CURL_SOCKET_BAD;
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unacked_ms, sizeof(unacked_ms));
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
    if (h->n_sockets < MAX_SOCKETS)
        h->sockets[h->n_sockets++] = fd;
    return fd;
}

static int close_socket(void *ctx, curl_socket_t fd)
{
    struct handles *h = ctx;

    for (int i = 0; i < h->n_sockets; i++)
        if (h->sockets[i] == fd)
            h->sockets[i--] = h->sockets[--h->n_sockets];
    return close(fd);
}

/* Connecting ends in time to say that nothing was sent. */
static long connect_timeout_ms(const struct http_request *r)
{
    int64_t ms = r->timeout_ms < CONNECT_TIMEOUT_MS ? r->timeout_ms : CONNECT_TIMEOUT_MS;

    if (r->send_before_us) {
        int64_t left = (r->send_before_us - clock_boot_us()) / 1000 - SEND_MARGIN_MS;
        if (left < ms)
            ms = left;
    }
    return ms > 1 ? (long)ms : 1; /* 0 would mean "the default" to libcurl */
}

/* Nothing behind the colon takes out libcurl's own. */
static const char *content_type(const struct http_request *r)
{
    if (!r->body)
        return "Content-Type:";
    return r->content_type ? r->content_type : "Content-Type: application/json";
}

/* The transport has copied what it sent, into memory that it uses again; this one is ours. */
static void forget_headers(struct curl_slist *list)
{
    for (struct curl_slist *l = list; l; l = l->next)
        explicit_bzero(l->data, strlen(l->data));
    curl_slist_free_all(list);
}

static struct curl_slist *headers_of(const struct http_request *r)
{
    struct curl_slist *list = curl_slist_append(NULL, "Accept: application/json");

    if (r->authorization)
        list = curl_slist_append(list, r->authorization);
    list = curl_slist_append(list, content_type(r));
    list = curl_slist_append(list, "Expect:");
    if (!list)
        abort();
    return list;
}

static void set_rules(CURL *h, struct exchange *x)
{
    curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(h, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(h, CURLOPT_PROXY, "");
    curl_easy_setopt(h, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(h, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(h, CURLOPT_TCP_KEEPALIVE, 1L);
    if (x->request->once)
        curl_easy_setopt(h, CURLOPT_MAXAGE_CONN, (long)IDLE_SECONDS);
    /* With a CA folder besides the CA file libcurl parses them anew each time: 20 ms of CPU. */
    curl_easy_setopt(h, CURLOPT_CAPATH, NULL);
    if (x->request->ca_file)
        curl_easy_setopt(h, CURLOPT_CAINFO, x->request->ca_file);
    curl_easy_setopt(h, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(h, CURLOPT_TIMEOUT_MS, (long)x->request->timeout_ms);
    curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT_MS, connect_timeout_ms(x->request));
    /* A resolver that hangs is left behind: waited for, it holds a 0.7 s request for 10 s. */
    curl_easy_setopt(h, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(h, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    curl_easy_setopt(h, CURLOPT_OPENSOCKETDATA, x->handles);
    curl_easy_setopt(h, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
    curl_easy_setopt(h, CURLOPT_CLOSESOCKETDATA, x->handles);
    curl_easy_setopt(h, CURLOPT_PREREQFUNCTION, note_sending);
    curl_easy_setopt(h, CURLOPT_PREREQDATA, x);
    curl_easy_setopt(h, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(h, CURLOPT_HEADERDATA, x);
    curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(h, CURLOPT_WRITEDATA, x);
    curl_easy_setopt(h, CURLOPT_ERRORBUFFER, x->problem);
}

static void set_request(CURL *h, const struct http_request *r, struct curl_slist *headers)
{
    curl_easy_setopt(h, CURLOPT_URL, r->url);
    curl_easy_setopt(h, CURLOPT_USERAGENT, "agoralia");
    curl_easy_setopt(h, CURLOPT_HTTPHEADER, headers);
    if (r->body || strcmp(r->method, "POST") == 0) {
        const char *body = r->body ? r->body : "";
        curl_easy_setopt(h, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(body));
        curl_easy_setopt(h, CURLOPT_POSTFIELDS, body);
    }
    curl_easy_setopt(h, CURLOPT_CUSTOMREQUEST, r->method);
}

/* retry-after-ms is the SDKs' finer form; libcurl reads the other two, seconds and date. */
static int read_retry_after(CURL *h)
{
    struct curl_header *header;
    curl_off_t seconds = 0;

    if (curl_easy_header(h, "retry-after-ms", 0, CURLH_HEADER, -1, &header) == CURLHE_OK) {
        long long ms = strtoll(header->value, NULL, 10);
        seconds = ms / 1000 + (ms % 1000 > 0);
    } else if (curl_easy_getinfo(h, CURLINFO_RETRY_AFTER, &seconds) != CURLE_OK) {
        return 0;
    }
    if (seconds < 0)
        return 0;
    return seconds < RETRY_AFTER_MAX_SECONDS ? (int)seconds : RETRY_AFTER_MAX_SECONDS;
}

static void read_answer(struct op *op, CURL *h, struct exchange *x)
{
    long status = 0;

    curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &status);
    x->reply->status = (int)status;
    x->reply->retry_after_seconds = read_retry_after(h);
    x->reply->body.p = arena_strndup(&op->arena, x->body.p, x->body.n);
    x->reply->body.n = x->body.n;
}

static const char *explain(struct op *op, CURLcode rc, const struct exchange *x)
{
    if (x->body.over)
        return arena_printf(&op->arena, "the answer is longer than %zu bytes", x->body.max);
    return arena_strdup(&op->arena, x->problem[0] ? x->problem : curl_easy_strerror(rc));
}

/* While the acknowledgement is awaited it is looked for, less and less often. */
static int poll_ms(struct exchange *x)
{
    if (!x->unconfirmed)
        return IDLE_POLL_MS;
    x->ack_poll_ms = x->ack_poll_ms ? 2 * x->ack_poll_ms : ACK_POLL_MIN_MS;
    if (x->ack_poll_ms > ACK_POLL_MAX_MS)
        x->ack_poll_ms = ACK_POLL_MAX_MS;
    return x->ack_poll_ms;
}

static CURLcode perform(CURLM *multi, struct exchange *x)
{
    CURLcode rc = CURLE_OUT_OF_MEMORY; /* the only way to end without a message */
    int running = 1, left;

    if (curl_multi_add_handle(multi, x->easy) != CURLM_OK)
        abort();
    while (curl_multi_perform(multi, &running) == CURLM_OK && running) {
        look_for_acknowledgement(x);
        curl_multi_poll(multi, NULL, 0, poll_ms(x), NULL);
    }
    for (CURLMsg *m; (m = curl_multi_info_read(multi, &left));)
        if (m->msg == CURLMSG_DONE)
            rc = m->data.result;
    return rc;
}

void http_exchange(struct op *op, const struct http_request *r, struct http_reply *out)
{
    struct exchange x = {.request = r, .reply = out, .fd = -1, .body = {.max = r->max_reply}};

    *out = (struct http_reply){.body = STR("")};
    if (r->timeout_ms <= 0) { /* 0 would mean "no limit" to libcurl */
        out->problem = "no time was left for the request";
        return;
    }
    if (r->send_before_us && clock_boot_us() >= r->send_before_us) {
        out->problem = "too late to send";
        return;
    }
    struct handles *h = handles();
    struct curl_slist *headers = headers_of(r);
    x.handles = h;
    x.easy = h->easy;
    set_rules(h->easy, &x);
    set_request(h->easy, r, headers);
    CURLcode rc = perform(h->multi, &x);
    if (rc == CURLE_OK)
        read_answer(op, h->easy, &x);
    else
        out->problem = explain(op, rc, &x);
    curl_multi_remove_handle(h->multi, h->easy);
    curl_easy_reset(h->easy); /* nothing may point into this frame afterwards */
    forget_headers(headers);
    buf_free(&x.body);
}

static void escape(struct buf *b, const char *s, const char *plain)
{
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        bool alnum = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        if (alnum || strchr(plain, c))
            buf_char(b, (char)c);
        else
            buf_printf(b, "%%%02X", c);
    }
}

void http_path_escape(struct buf *b, const char *s)
{
    escape(b, s, "-._~+");
}

void http_query_escape(struct buf *b, const char *s)
{
    escape(b, s, "-._~");
}

const char *http_library(void)
{
    return curl_version();
}

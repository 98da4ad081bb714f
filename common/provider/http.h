/*
 * http.h - one HTTP/1.1 exchange with a provider, blocking, within a deadline.
 *
 * Never retries, never follows a redirect, uses no proxy and speaks http and
 * https only, with TLS 1.2 or newer and a certificate that holds.  It does not
 * fail(): it says what is known.  `sent` false means that not one byte of the
 * request left this machine (name, TCP or TLS failed, or no time was left);
 * anything that broke later has sent = true, status = 0.
 * The process must ignore SIGPIPE: OpenSSL writes without MSG_NOSIGNAL.
 *
 * Connections are kept: a handshake costs more than all else.  libcurl sends a
 * request again, silently, when a kept connection turns out to be dead, although
 * the server may have acted on it: a request marked `once` is stopped there and
 * ends with sent = true, status = 0.  It takes no connection that has rested for
 * more than three seconds, so that this stays rare.
 */
#ifndef AGORALIA_PROVIDER_HTTP_H
#define AGORALIA_PROVIDER_HTTP_H

#include "common/base/buf.h"
#include "common/base/op.h"

/* For who must know how far a request is; called by the thread that asks. */
struct http_watch {
    void (*sending)(void *ctx); /* connected, TLS included; nothing has left yet, all may now */
    void (*arrived)(void *ctx); /* the peer has all of the request, or the answer has begun */
    void *ctx;
};

struct http_request {
    const char *method;
    const char *url;
    const char *authorization; /* a whole header line, never logged; NULL = none */
    const char *body;          /* text; NULL = none */
    const char *content_type;  /* its whole header line; NULL = that of JSON */
    const char *ca_file;       /* who may vouch for the peer, PEM; NULL = whom the system trusts */
    bool once;
    int timeout_ms;
    int64_t send_before_us; /* CLOCK_BOOTTIME; no request begins to leave after it; 0 = whenever */
    const struct http_watch *watch; /* NULL = nobody watches */
    size_t max_reply;               /* bytes; a longer answer is unreadable: status = 0 */
};

struct http_reply {
    int status;              /* 0 = no whole answer */
    bool sent;               /* false = provably nothing left */
    struct str body;         /* in op's arena, NUL-terminated */
    int retry_after_seconds; /* 0 = unsaid */
    const char *problem;     /* the transport's words when status = 0 */
};

/* Load and set up what every exchange needs, once; exchanges do it themselves when it is not done.
 */
void http_prepare(void);

void http_exchange(struct op *op, const struct http_request *r, struct http_reply *out);

/* Append s to a URL's path or query, percent-encoded; '+' stays as it is in a path. */
void http_path_escape(struct buf *b, const char *s);
void http_query_escape(struct buf *b, const char *s);

/* The transport's own words: "libcurl/7.88.1 ...". */
const char *http_library(void);

#endif

/*
 * http.h - one HTTP/1.1 exchange with a provider, blocking, within a deadline.
 *
 * Never retries, never follows a redirect, uses no proxy and speaks http and
 * https only.  It does not fail(): it says what is known.  `sent` false means
 * that not one byte of the request left this machine (name, TCP or TLS failed,
 * or no time was left); anything that broke later has sent = true, status = 0.
 * The process must ignore SIGPIPE: OpenSSL writes without MSG_NOSIGNAL.
 *
 * A request marked `once` goes over a connection opened for it and closed after
 * it.  libcurl would otherwise silently send a POST again when a kept
 * connection turns out to be dead, although the provider may have acted on it.
 */
#ifndef AGORALIA_PROVIDER_HTTP_H
#define AGORALIA_PROVIDER_HTTP_H

#include "common/base/buf.h"
#include "common/base/op.h"

struct http_request {
    const char *method;
    const char *url;
    const char *authorization; /* a whole header line, never logged */
    const char *body;          /* JSON text; NULL = none */
    bool once;
    int timeout_ms;
    size_t max_reply; /* bytes; a longer answer is unreadable: status = 0 */
};

struct http_reply {
    int status;              /* 0 = no whole answer */
    bool sent;               /* false = provably nothing left */
    struct str body;         /* in op's arena, NUL-terminated */
    int retry_after_seconds; /* 0 = unsaid */
    const char *problem;     /* the transport's words when status = 0 */
};

void http_exchange(struct op *op, const struct http_request *r, struct http_reply *out);

/* Append s to a URL's path or query, percent-encoded; '+' stays as it is in a path. */
void http_path_escape(struct buf *b, const char *s);
void http_query_escape(struct buf *b, const char *s);

#endif

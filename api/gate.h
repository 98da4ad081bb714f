/*
 * gate.h - is this request framed in exactly one way?  Pure.
 *
 * civetweb reads requests leniently; whatever two programs could read
 * differently is refused here, before the path is looked at, and the
 * connection is closed with the answer.  Refused: a transfer coding (a body
 * has a Content-Length or is answered 411: civetweb's chunk reader is as
 * lenient as the rest, and every client and proxy of an API can say a length),
 * a Content-Length that is not one run of digits, a second one, no Host or two,
 * names that are not tokens, more headers than civetweb keeps, a request target
 * that is not a plain path, line ends other than CRLF, folded lines, blanks
 * before a colon or doubled in the request line.
 *
 * civetweb refuses by itself, through the same error body: control characters
 * and NUL in the head, unknown methods, a head above twice GATE_MAX_HEAD.
 *
 * What remains, because civetweb hides it: which blanks end the request
 * line; empty lines before it (the request is answered, then the connection
 * fails); a head whose last line ends in a bare LF when the body begins with
 * CR NUL.  None of them moves a request's boundary.  "OPTIONS *" and absolute
 * targets for another host are closed without an answer.
 */
#ifndef AGORALIA_GATE_H
#define AGORALIA_GATE_H

#include "api/router.h"

enum {
    GATE_MAX_HEADERS = 63, /* civetweb keeps 64 and drops the rest unsaid */
    GATE_MAX_HEAD = 16 * 1024,
    GATE_MAX_URI = 8 * 1024,
    GATE_MAX_RAW_BODY = 8 * 1024 * 1024,
};

struct gate_header {
    const char *name, *value;
};

/*
 * A request's head as civetweb leaves it: one buffer cut up with NULs, so that
 * the strings lie in it in their order, and what lay between can still be seen.
 */
struct gate_head {
    const char *method;
    const char *path;
    const char *query;   /* NULL without '?' */
    const char *version; /* behind "HTTP/" */
    const char *peer;    /* whose connection it is; not of the head itself */
    const struct gate_header *headers;
    int n;
};

/* What the rest of the API needs to know of the head; texts are NULL when absent. */
struct gate_pass {
    int64_t content_length; /* 0 when absent */
    bool keep_alive;        /* the client can go on after this request */
    bool expects_continue;
    const char *content_type;
    const char *content_encoding;
    const char *authorization;
    const char *api_key;
    const char *request_id; /* well-formed */
    const char *signature;
    const char *forwarded_for; /* the last of them: what the nearest proxy added */
    const char *idempotency_key;
    const char *cookies;
};

/* E_NONE, or why the request is refused, in code and words. */
enum err_code gate_check(const struct gate_head *head, struct gate_pass *out, const char **why);

/* Was the head written with single blanks and CRLF, and read to its end? */
bool gate_layout_is_strict(const struct gate_head *head);

struct gate_limits {
    int64_t json_bytes, upload_bytes;
};

/* May a request with this head bring its body to a route of this kind? */
enum err_code gate_check_body(const struct gate_pass *pass, enum route_kind kind,
                              const struct gate_limits *limits, const char **why);

#endif

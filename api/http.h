/* http.h - what a handler sees of a request and how it answers. */
#ifndef AGORALIA_HTTP_H
#define AGORALIA_HTTP_H

#include "common/base/digest.h"
#include "common/base/fields.h"

enum { MAX_PATH_PARAMS = 2 };

/*
 * A body too large to hold is read in pieces: 0 at its end, < 0 when it ended
 * early or came too slowly, with op's error saying which.  upload.h reads it
 * for a handler.
 */
struct body_stream {
    long (*read)(struct body_stream *s, char *into, size_t n);
};

/*
 * What an upload says, however it is framed: fields and file, as upload.c reads them.  One that was
 * taken before is only read again.
 */
struct content {
    struct digest_run *digest;
    bool taken;
};

struct req {
    const struct route *route;
    struct str path;
    struct str query;                   /* raw, without the '?' */
    struct str params[MAX_PATH_PARAMS]; /* path parameters, in order */
    int64_t ids[MAX_PATH_PARAMS];       /* the same, where the pattern says {..._id} is a number */
    struct str body;                    /* whole, unless the route streams */
    struct body_stream *stream;         /* routes of kind STREAM */
    struct content *content;            /* of an upload that may be sent again; NULL = it is not */
    const char *content_type;           /* NULL when absent */
    const char *signature;              /* X-Retell-Signature, NULL when absent */
    const char *cookies;                /* the Cookie header, NULL when absent */
    const char *client;                 /* the address of who asks, as far as it can be trusted */
};

/* Of the budget a request took from; limit 0 = of none. */
struct rate {
    int64_t limit, left, full_seconds;
};

struct reply {
    int status;
    struct rate rate;
    struct buf body;          /* JSON unless content_type says otherwise */
    const char *content_type; /* NULL = application/json */
    /*
     * A body too large to hold is told in pieces: called until *done, each call appends the next.
     * A failure then can only be shown by an answer that ends too early.
     */
    bool (*more)(struct op *op, void *ctx, struct buf *out, bool *done);
    void *more_ctx;       /* in op's arena */
    const char *filename; /* a download's; NULL = none */
    bool chunked;         /* the client knows pieces; else the connection's end is the body's */
    const char *allow;    /* 405 only */
    const char *location; /* 303 only */
    const char *cookie;   /* to be set; NULL = none */
    int retry_after;      /* seconds; 0 = unsaid */
    bool replayed;        /* given before, under the same Idempotency-Key */
};

/* Decode the JSON body into out over its defaults; every complaint at once.  A query is refused. */
bool req_body(struct op *op, const struct req *req, const struct type *t, void *out) MUSTCHECK;

/* The same where the body may be left out: the defaults stand then. */
bool req_body_if_any(struct op *op, const struct req *req, const struct type *t,
                     void *out) MUSTCHECK;

/* The same over a loaded row: only members present change. */
bool req_patch(struct op *op, const struct req *req, const struct type *t, void *inout) MUSTCHECK;

/* Fails when a body ("{}" is none) or a query was sent to an endpoint that takes neither. */
bool req_nothing(struct op *op, const struct req *req) MUSTCHECK;

/* Decode the query string into out over its defaults; unknown or repeated parameters are refused.
 */
bool req_query(struct op *op, const struct req *req, const struct type *t, void *out) MUSTCHECK;

/*
 * The same, where others may add parameters of their own: what the table does not name is passed
 * over.
 */
bool req_query_of_others(struct op *op, const struct req *req, const struct type *t,
                         void *out) MUSTCHECK;

/* Answer with one struct. */
bool reply_with(struct reply *rep, int status, const struct type *t, const void *v);

/* Answer with op->err as the specification's error body. */
void reply_error(struct op *op, struct reply *rep);

#endif

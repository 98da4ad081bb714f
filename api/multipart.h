/*
 * multipart.h - multipart/form-data (RFC 7578), pushed in as it arrives.  Pure.
 *
 * Bytes go in in pieces of any size and come out as parts; how they were cut
 * makes no difference.  Strict where leniency could hide something: the body
 * begins with a boundary, lines end in CRLF, nothing but line ends follows the
 * last boundary.  Memory is bounded by the struct whatever is fed.
 */
#ifndef AGORALIA_MULTIPART_H
#define AGORALIA_MULTIPART_H

#include "common/base/str.h"

enum {
    MULTIPART_MAX_BOUNDARY = 70,
    MULTIPART_MAX_HEAD = 4096, /* a part's headers */
    MULTIPART_MAX_PARTS = 64,
    MULTIPART_MAX_TYPE = 256, /* the request's Content-Type */
};

/* Valid during begin() only.  No control characters; the name is UTF-8 and not empty. */
struct multipart_part {
    struct str name;
    struct str filename;     /* p NULL: not a file */
    struct str content_type; /* p NULL: unsaid */
};

/* Each returns false to stop the parser for a reason of its own. */
struct multipart_events {
    bool (*begin)(void *ctx, const struct multipart_part *part);
    bool (*data)(void *ctx, struct str bytes);
    bool (*end)(void *ctx);
    void *ctx;
};

struct multipart {
    struct multipart_events events;
    int state;
    int parts;
    const char *wrong;                          /* NULL, or why the body is refused */
    char delimiter[MULTIPART_MAX_BOUNDARY + 4]; /* CRLF "--" boundary */
    size_t delimiter_n;
    size_t matched;  /* bytes of the delimiter seen so far; of these, */
    size_t borrowed; /* those that end the part's headers and are no data */
    char head[MULTIPART_MAX_HEAD];
    size_t head_n;
};

/* The boundary of a Content-Type; false when it is not multipart/form-data with a valid one. */
bool multipart_boundary(const char *content_type, char out[MULTIPART_MAX_BOUNDARY + 1]);

void multipart_init(struct multipart *m, struct str boundary,
                    const struct multipart_events *events);

/* False once the body is refused (wrong says why) or an event stopped it (wrong is NULL). */
bool multipart_feed(struct multipart *m, struct str bytes);

/* After the last byte: false when the body ended before its last boundary. */
bool multipart_finish(struct multipart *m);

#endif

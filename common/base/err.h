/* err.h - what went wrong, in one struct, from the deepest layer to the wire. */
#ifndef AGORALIA_ERR_H
#define AGORALIA_ERR_H

enum err_class {
    EC_NONE,
    EC_INVALID,   /* understood, but some field is wrong */
    EC_MALFORMED, /* not understood at all: framing, JSON syntax */
    EC_ANONYMOUS,
    EC_DENIED,
    EC_MISSING,
    EC_NO_METHOD,
    EC_TOO_LARGE,
    EC_URI_TOO_LONG,
    EC_HEADERS_TOO_LARGE,
    EC_LENGTH_REQUIRED,
    EC_MEDIA_TYPE,
    EC_TIMEOUT,
    EC_CONFLICT,
    EC_REFUSED,
    EC_UNPAID,
    EC_THROTTLED,
    EC_UPSTREAM,
    EC_BUSY,
    EC_FAULT,
};

enum err_code {
    E_NONE,
#define ERR(code, class) E_##code,
#include "common/base/errors.def"
#undef ERR
};

enum { ERR_DETAILS_MAX = 256 };

/* One entry of the error body's "details": a field path or a name, and a JSON value. */
struct detail {
    const char *key;
    const char *json;
    struct detail *next;
};

struct err {
    enum err_code code;     /* E_NONE while all is well */
    const char *message;    /* for the client; never holds another tenant's data */
    struct detail *details; /* for the client, in the order they were found */
    const char *cause;      /* for the log only: SQLSTATE, errno, provider body */
    int retry_after;        /* seconds a client or a job should wait; 0 = unsaid */
};

const char *err_name(enum err_code code);
enum err_class err_class(enum err_code code);

#endif

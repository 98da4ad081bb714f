/*
 * http.h - HTTP/1.1 framing, both sides of it, over bytes already in memory.
 *
 * Strict where leniency hides bugs: CRLF line ends, one Content-Length or
 * chunked but not both, no folded headers.  Pure: no sockets here.
 */
#ifndef AGORALIA_SIM_HTTP_H
#define AGORALIA_SIM_HTTP_H

#include "common/base/buf.h"
#include "common/base/str.h"

#include <stdint.h>

#define SIM_HEAD_MAX ((size_t)16 * 1024)
#define SIM_BODY_MAX ((size_t)1024 * 1024)

enum sim_parse { SIM_PARSE_MORE, SIM_PARSE_OK, SIM_PARSE_BAD };

struct sim_head {
    struct str method, target; /* requests */
    int status;                /* responses */
    bool keep_alive, chunked, expects_continue, has_length;
    size_t length; /* of the body, when has_length */
    struct str authorization, retry_count;
    size_t size; /* of the head itself, empty line included */
};

/* Read a head from the start of `in`; its strs point into `in`. */
enum sim_parse sim_head_parse(struct str in, bool response, struct sim_head *head);

/*
 * A chunked body at p: once it is whole, move its data together at p, with
 * *body its size and *used the bytes it took.  Untouched until then.
 */
enum sim_parse sim_chunked_read(char *p, size_t n, size_t *body, size_t *used);

const char *sim_http_reason(int status);

/* A query parameter's decoded text; false when it is absent or does not fit. */
bool sim_query_get(struct str query, const char *name, char *out, size_t cap);

/* Undo %XX.  A '+' stays a '+': phone numbers travel with theirs unescaped. */
bool sim_percent_decode(struct str s, char *out, size_t cap);

/* http://host[:port]/path; false when the URL is something else. */
bool sim_url_split(const char *url, char *host, size_t cap, char *port, size_t port_cap,
                   const char **path);

#endif

/*
 * json.h - strict JSON (RFC 8259) in; the only door to cJSON's parser.
 *
 * What cJSON lets through is refused before it sees the text: bytes that are
 * not UTF-8, raw control characters, \u0000 and lone surrogates, leading
 * zeros, numbers longer than a kilobyte or with exponents beyond 999, trailing
 * bytes, a BOM, nesting deeper than JSON_MAX_DEPTH, and a key twice in one
 * object.  A number that a double cannot hold to the letter becomes a cJSON_Raw
 * node carrying its text, so that nothing is rounded on the way through.
 */
#ifndef AGORALIA_JSON_H
#define AGORALIA_JSON_H

#include "common/base/op.h"

struct cJSON;

enum { JSON_MAX_DEPTH = 64 };

/* NULL when text is well-formed; otherwise what is wrong, with *at its byte offset. */
const char *json_complaint(struct str text, size_t *at);

/* The tree lives as long as op's arena.  Fails with MALFORMED_REQUEST. */
bool json_parse(struct op *op, struct str text, const struct cJSON **out) MUSTCHECK;

/* Unformatted text of a tree, in op's arena. */
const char *json_text(struct op *op, const struct cJSON *v);

/* Member lookups for documents that are not ours (provider replies, message args). */
const struct cJSON *json_get(const struct cJSON *object, const char *key);
const char *json_get_string(const struct cJSON *object,
                            const char *key); /* NULL: absent, other type */
bool json_get_i64(const struct cJSON *object, const char *key, int64_t *out);
bool json_get_number(const struct cJSON *object, const char *key, double *out);
bool json_is_object(const struct cJSON *v);
bool json_is_array(const struct cJSON *v);
bool json_is_null(const struct cJSON *v);
bool json_is_true(const struct cJSON *v);
bool json_is_bool(const struct cJSON *v);

/* Iterate an array or an object: for (v = json_first(x); v; v = json_next(v)). */
const struct cJSON *json_first(const struct cJSON *v);
const struct cJSON *json_next(const struct cJSON *v);
/* The value if it is a string.  To the linker it has another name: libjwt brings jansson, whose
 * json_string() would else be this one. */
const char *json_string(const struct cJSON *v) __asm__("agoralia_json_string");
const char *json_key(const struct cJSON *v);
bool json_i64(const struct cJSON *v, int64_t *out);

#endif

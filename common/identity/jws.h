/*
 * jws.h - a signed token (JWS compact serialization) taken apart, in one form only.
 *
 * Three segments of canonical base64url, the first two strict JSON objects without anything around
 * them.  Nothing is believed yet: whoever reads it checks header, claims and signature.
 */
#ifndef AGORALIA_JWS_H
#define AGORALIA_JWS_H

#include "common/base/op.h"

struct cJSON;

struct jws {
    struct str signed_text; /* what the signature is over */
    const struct cJSON *header, *claims;
    struct str signature; /* bytes; empty when there are none */
};

/* NULL, or which part is not as it must be.  All of it in op's arena; op's error is left alone. */
const char *jws_read(struct op *op, struct str text, struct jws *out);

/* Canonical base64url without padding, at least one byte.  *out in op's arena, NUL-terminated. */
bool base64url_read(struct op *op, struct str text, struct str *out) MUSTCHECK;

/* In op's arena. */
const char *base64url_write(struct op *op, struct str bytes);

/* Has object this member, and is it this text? */
bool jws_says(const struct cJSON *object, const char *key, const char *value);

#endif

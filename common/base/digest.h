/* digest.h - digests of texts, and the hexadecimal they are written in.  Any thread may ask. */
#ifndef AGORALIA_DIGEST_H
#define AGORALIA_DIGEST_H

#include "common/base/compiler.h"
#include "common/base/str.h"

#include <stdbool.h>

enum digest {
    DIGEST_MD5, /* names that others have chosen so; nothing that must not be forged */
    DIGEST_SHA1,
    DIGEST_SHA256,
};

/* Room for two digits a byte and a NUL. */
enum { MD5_HEX_SIZE = 33, SHA1_HEX_SIZE = 41, SHA256_HEX_SIZE = 65 };

enum { SHA256_BYTES = 32 };

/* Of the parts as if they were one text. */
void sha256(const struct str *parts, size_t n, unsigned char out[SHA256_BYTES]);

/* HMAC-SHA-256 (RFC 2104) of the parts as if they were one text.  Compare with CRYPTO_memcmp(). */
void hmac_sha256(struct str key, const struct str *parts, size_t n,
                 unsigned char out[SHA256_BYTES]);

/* out has the size that goes with kind. */
void digest_hex(enum digest kind, struct str text, char *out);

/* SHA-256 of what comes in pieces; the sum may be looked at any time before the end. */
struct digest_run *digest_begin(void);
void digest_add(struct digest_run *d, struct str piece);
void digest_sum(const struct digest_run *d, char out[SHA256_HEX_SIZE]);
void digest_end(struct digest_run *d);

/* 2 * n digits and a NUL. */
void hex_write(char *out, const unsigned char *bytes, size_t n);

/* False unless it is 2 * n lower-case digits. */
bool hex_read(struct str text, unsigned char *out, size_t n) MUSTCHECK;

#endif

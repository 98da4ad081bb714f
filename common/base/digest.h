/* digest.h - digests of texts, and the hexadecimal they are written in.  Any thread may ask. */
#ifndef AGORALIA_DIGEST_H
#define AGORALIA_DIGEST_H

#include "common/base/str.h"

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

/* 2 * n digits and a NUL. */
void hex_write(char *out, const unsigned char *bytes, size_t n);

#endif

/*
 * hmac_halves.h - HMAC-SHA-256 without its key.
 *
 * HMAC takes in its key first, in two halves; what they are then is enough to go on from, and the
 * key cannot be had from them.  Who has them can sign and verify as the key's owner, and nothing
 * else that the key is good for.
 */
#ifndef AGORALIA_HMAC_HALVES_H
#define AGORALIA_HMAC_HALVES_H

#include "common/base/digest.h"

enum { HMAC_HALVES_BYTES = 2 * SHA256_BYTES };

void hmac_halves(struct str key, unsigned char out[HMAC_HALVES_BYTES]);

/* What hmac_sha256() says with the key.  Compare with CRYPTO_memcmp(). */
void hmac_with_halves(const unsigned char halves[HMAC_HALVES_BYTES], const struct str *parts,
                      size_t n, unsigned char out[SHA256_BYTES]);

#endif

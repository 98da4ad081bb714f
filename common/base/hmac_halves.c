/* hmac_halves.c - SHA-256's states after one block, as bytes and back. */

#include "common/base/hmac_halves.h"

#include <endian.h>
#include <sodium.h>

enum { WORDS = 8, BITS_OF_BLOCK = 512 };
_Static_assert(SHA256_BYTES == WORDS * sizeof(uint32_t), "a state of SHA-256");

static void write_state(unsigned char *out, const crypto_hash_sha256_state *s)
{
    for (size_t i = 0; i < WORDS; i++) {
        uint32_t word = htobe32(s->state[i]);
        memcpy(out + i * sizeof(word), &word, sizeof(word));
    }
}

static void read_state(const unsigned char *in, crypto_hash_sha256_state *s)
{
    *s = (crypto_hash_sha256_state){.count = BITS_OF_BLOCK};
    for (size_t i = 0; i < WORDS; i++) {
        uint32_t word;
        memcpy(&word, in + i * sizeof(word), sizeof(word));
        s->state[i] = be32toh(word);
    }
}

void hmac_halves(struct str key, unsigned char out[HMAC_HALVES_BYTES])
{
    crypto_auth_hmacsha256_state s;

    crypto_auth_hmacsha256_init(&s, (const unsigned char *)key.p, key.n);
    write_state(out, &s.ictx);
    write_state(out + SHA256_BYTES, &s.octx);
    sodium_memzero(&s, sizeof(s));
}

void hmac_with_halves(const unsigned char halves[HMAC_HALVES_BYTES], const struct str *parts,
                      size_t n, unsigned char out[SHA256_BYTES])
{
    crypto_auth_hmacsha256_state s;

    read_state(halves, &s.ictx);
    read_state(halves + SHA256_BYTES, &s.octx);
    for (size_t i = 0; i < n; i++)
        crypto_auth_hmacsha256_update(&s, (const unsigned char *)parts[i].p, parts[i].n);
    crypto_auth_hmacsha256_final(&s, out);
    sodium_memzero(&s, sizeof(s));
}

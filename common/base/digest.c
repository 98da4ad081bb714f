/* digest.c - libcrypto's digests. */

#include "common/base/digest.h"

#include <openssl/evp.h>
#include <stdlib.h>

static const EVP_MD *algorithm(enum digest kind)
{
    switch (kind) {
    case DIGEST_MD5: return EVP_md5();
    case DIGEST_SHA1: return EVP_sha1();
    case DIGEST_SHA256: return EVP_sha256();
    }
    abort();
}

void digest_hex(enum digest kind, struct str text, char *out)
{
    unsigned char sum[EVP_MAX_MD_SIZE];
    unsigned n = 0;

    if (!EVP_Digest(text.p, text.n, sum, &n, algorithm(kind), NULL))
        abort();
    hex_write(out, sum, n);
}

struct digest_run {
    EVP_MD_CTX *md;
};

struct digest_run *digest_begin(void)
{
    struct digest_run *d = malloc(sizeof(*d));

    if (!d || !(d->md = EVP_MD_CTX_new()) || !EVP_DigestInit_ex(d->md, EVP_sha256(), NULL))
        abort();
    return d;
}

void digest_add(struct digest_run *d, struct str piece)
{
    if (!EVP_DigestUpdate(d->md, piece.p, piece.n))
        abort();
}

void digest_sum(const struct digest_run *d, char out[SHA256_HEX_SIZE])
{
    unsigned char sum[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    EVP_MD_CTX *copy = EVP_MD_CTX_new();

    if (!copy || !EVP_MD_CTX_copy_ex(copy, d->md) || !EVP_DigestFinal_ex(copy, sum, &n))
        abort();
    EVP_MD_CTX_free(copy);
    hex_write(out, sum, n);
}

void digest_end(struct digest_run *d)
{
    EVP_MD_CTX_free(d->md);
    free(d);
}

void hex_write(char *out, const unsigned char *bytes, size_t n)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < n; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[2 * n] = '\0';
}

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

void hex_write(char *out, const unsigned char *bytes, size_t n)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < n; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[2 * n] = '\0';
}

/* digest.c - libcrypto's digests. */

#include "common/base/digest.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <pthread.h>
#include <stdlib.h>

/*
 * libcrypto finds an algorithm by its name anew for each use that is given only a name, which costs
 * more than the digest of a short text: these are found once.
 */
static struct {
    EVP_MD *sha256;
    EVP_MAC_CTX *hmac; /* told its digest, waiting for a key: copied for each use */
} found;

static pthread_once_t looked = PTHREAD_ONCE_INIT;

static void find(void)
{
    char name[] = "SHA256";
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
                                 OSSL_PARAM_construct_end()};
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);

    found.sha256 = EVP_MD_fetch(NULL, name, NULL);
    found.hmac = hmac ? EVP_MAC_CTX_new(hmac) : NULL;
    EVP_MAC_free(hmac); /* the context holds it */
    if (!found.sha256 || !found.hmac || !EVP_MAC_CTX_set_params(found.hmac, params))
        abort();
}

void sha256(const struct str *parts, size_t n, unsigned char out[SHA256_BYTES])
{
    pthread_once(&looked, find);
    EVP_MD_CTX *md = EVP_MD_CTX_new();
    bool ok = md && EVP_DigestInit_ex2(md, found.sha256, NULL);

    for (size_t i = 0; ok && i < n; i++)
        ok = EVP_DigestUpdate(md, parts[i].p, parts[i].n);
    if (!ok || !EVP_DigestFinal_ex(md, out, NULL))
        abort();
    EVP_MD_CTX_free(md);
}

void hmac_sha256(struct str key, const struct str *parts, size_t n, unsigned char out[SHA256_BYTES])
{
    size_t size = 0;

    pthread_once(&looked, find);
    EVP_MAC_CTX *mac = EVP_MAC_CTX_dup(found.hmac);
    bool ok = mac && EVP_MAC_init(mac, (const unsigned char *)key.p, key.n, NULL);
    for (size_t i = 0; ok && i < n; i++)
        ok = EVP_MAC_update(mac, (const unsigned char *)parts[i].p, parts[i].n);
    if (!ok || !EVP_MAC_final(mac, out, &size, SHA256_BYTES))
        abort();
    EVP_MAC_CTX_free(mac);
}

static void old_digest_hex(const EVP_MD *md, struct str text, char *out)
{
    unsigned char sum[EVP_MAX_MD_SIZE];
    unsigned n = 0;

    if (!EVP_Digest(text.p, text.n, sum, &n, md, NULL))
        abort();
    hex_write(out, sum, n);
}

void digest_hex(enum digest kind, struct str text, char *out)
{
    unsigned char sum[SHA256_BYTES];

    switch (kind) {
    case DIGEST_MD5: old_digest_hex(EVP_md5(), text, out); return;
    case DIGEST_SHA1: old_digest_hex(EVP_sha1(), text, out); return;
    case DIGEST_SHA256:
        sha256(&text, 1, sum);
        hex_write(out, sum, sizeof(sum));
        return;
    }
    abort();
}

struct digest_run {
    EVP_MD_CTX *md;
};

struct digest_run *digest_begin(void)
{
    struct digest_run *d = malloc(sizeof(*d));

    pthread_once(&looked, find);
    if (!d || !(d->md = EVP_MD_CTX_new()) || !EVP_DigestInit_ex2(d->md, found.sha256, NULL))
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
    unsigned char sum[SHA256_BYTES];
    EVP_MD_CTX *copy = EVP_MD_CTX_new();

    if (!copy || !EVP_MD_CTX_copy_ex(copy, d->md) || !EVP_DigestFinal_ex(copy, sum, NULL))
        abort();
    EVP_MD_CTX_free(copy);
    hex_write(out, sum, sizeof(sum));
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

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool hex_read(struct str text, unsigned char *out, size_t n)
{
    if (text.n != 2 * n)
        return false;
    for (size_t i = 0; i < n; i++) {
        int high = digit(text.p[2 * i]), low = digit(text.p[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        out[i] = (unsigned char)(high << 4 | low);
    }
    return true;
}

/* made_token.c - signatures by OpenSSL directly, so that libjwt is not its own judge. */

#include "tests/support/made_token.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

static const char order[] = "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551";

const char *made_base64(struct arena *a, struct str bytes)
{
    size_t size = sodium_base64_encoded_len(bytes.n, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    char *text = arena_alloc(a, size);

    return sodium_bin2base64(text, size, (const unsigned char *)bytes.p, bytes.n,
                             sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

static const char *body(struct arena *a, const char *header, const char *payload)
{
    return arena_printf(a, "%s.%s", made_base64(a, str_of(header)),
                        made_base64(a, str_of(payload)));
}

const char *made_with(struct arena *a, const char *header, const char *payload, struct str bytes)
{
    return arena_printf(a, "%s.%s", body(a, header, payload), made_base64(a, bytes));
}

static struct str sign_der(struct arena *a, const char *text, EVP_PKEY *key)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    const EVP_MD *md = EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519 ? NULL : EVP_sha256();
    unsigned char *der = arena_alloc(a, 1024);
    size_t n = 1024;

    if (EVP_DigestSignInit(ctx, NULL, md, NULL, key) != 1
        || EVP_DigestSign(ctx, der, &n, (const unsigned char *)text, strlen(text)) != 1)
        abort();
    EVP_MD_CTX_free(ctx);
    return (struct str){(const char *)der, n};
}

/* r and s, 32 bytes each, with s in the half that is asked for. */
static struct str raw(struct arena *a, struct str der, bool high)
{
    const unsigned char *p = (const unsigned char *)der.p;
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &p, (long)der.n);
    BIGNUM *n = NULL, *s = BN_dup(ECDSA_SIG_get0_s(sig)), *other = BN_new();
    unsigned char *out = arena_alloc(a, 64);

    BN_hex2bn(&n, order);
    BN_sub(other, n, s);
    if ((BN_cmp(s, other) > 0) != high)
        BN_copy(s, other);
    BN_bn2binpad(ECDSA_SIG_get0_r(sig), out, 32);
    BN_bn2binpad(s, out + 32, 32);
    ECDSA_SIG_free(sig);
    BN_free(n);
    BN_free(s);
    BN_free(other);
    return (struct str){(const char *)out, 64};
}

static struct str hmac(struct arena *a, const char *text, EVP_PKEY *key, bool der)
{
    BIO *bio = BIO_new(BIO_s_mem());
    unsigned char *out = arena_alloc(a, 32);
    char *secret;
    unsigned n = 32;

    if (der)
        i2d_PUBKEY_bio(bio, key);
    else
        PEM_write_bio_PUBKEY(bio, key);
    long size = BIO_get_mem_data(bio, &secret);
    HMAC(EVP_sha256(), secret, (int)size, (const unsigned char *)text, strlen(text), out, &n);
    BIO_free(bio);
    return (struct str){(const char *)out, n};
}

static struct str sign(struct arena *a, const char *text, EVP_PKEY *key, enum made_signature how)
{
    bool p256 = EVP_PKEY_get_base_id(key) == EVP_PKEY_EC && EVP_PKEY_get_bits(key) == 256;

    switch (how) {
    case MADE_LOW:
    case MADE_HIGH:
        return p256 ? raw(a, sign_der(a, text, key), how == MADE_HIGH) : sign_der(a, text, key);
    case MADE_DER: return sign_der(a, text, key);
    case MADE_HMAC: return hmac(a, text, key, false);
    case MADE_HMAC_DER: return hmac(a, text, key, true);
    case MADE_NONE: break;
    }
    return STR("");
}

const char *made_token(struct arena *a, const char *header, const char *payload, EVP_PKEY *key,
                       enum made_signature how)
{
    return made_with(a, header, payload, sign(a, body(a, header, payload), key, how));
}

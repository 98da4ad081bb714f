/* jwk.c - keys from numbers, and their signatures, by OpenSSL. */

#include "common/identity/jwk.h"

#include "common/base/json.h"
#include "common/identity/jws.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>

enum {
    RSA_BITS_MIN = 2048,
    RSA_BITS_MAX = 8192, /* more is work for us and nothing else */
    EXPONENT_BITS_MIN = 17,
    EXPONENT_BITS_MAX = 32,
    COORDINATE = 32,
};

static const char *text_of(const struct cJSON *key, const char *name)
{
    const char *text = json_get_string(key, name);

    return text ? text : "";
}

static const char *algorithm_of(const struct cJSON *key)
{
    if (jws_says(key, "kty", "RSA"))
        return "RS256";
    return jws_says(key, "kty", "EC") && jws_says(key, "crv", "P-256") ? "ES256" : "";
}

/* What the set says of a key's purpose holds, where it says anything. */
static bool may_verify(const struct cJSON *key, const char *alg)
{
    return strcmp(algorithm_of(key), alg) == 0
           && (!json_get(key, "use") || jws_says(key, "use", "sig"))
           && (!json_get(key, "alg") || jws_says(key, "alg", alg));
}

const struct cJSON *jwk_find(const struct cJSON *set, const char *alg, const char *kid)
{
    const struct cJSON *keys = json_get(set, "keys"), *found = NULL;
    int n = 0;

    if (!json_is_array(keys))
        return NULL;
    for (const struct cJSON *k = json_first(keys); k; k = json_next(k))
        if (json_is_object(k) && may_verify(k, alg) && (!kid || jws_says(k, "kid", kid))) {
            found = k;
            n++;
        }
    return n == 1 ? found : NULL;
}

static EVP_PKEY *build(const char *type, OSSL_PARAM_BLD *parts)
{
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(parts);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    EVP_PKEY *key = NULL;

    if (!params || !ctx || EVP_PKEY_fromdata_init(ctx) != 1
        || EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
        key = NULL;
    OSSL_PARAM_free(params);
    EVP_PKEY_CTX_free(ctx);
    return key;
}

static bool is_sound_rsa(const BIGNUM *n, const BIGNUM *e)
{
    return BN_num_bits(n) >= RSA_BITS_MIN && BN_num_bits(n) <= RSA_BITS_MAX && BN_is_odd(n)
           && BN_num_bits(e) >= EXPONENT_BITS_MIN && BN_num_bits(e) <= EXPONENT_BITS_MAX
           && BN_is_odd(e);
}

static EVP_PKEY *rsa_key(struct str modulus, struct str exponent)
{
    BIGNUM *n = BN_bin2bn((const unsigned char *)modulus.p, (int)modulus.n, NULL);
    BIGNUM *e = BN_bin2bn((const unsigned char *)exponent.p, (int)exponent.n, NULL);
    OSSL_PARAM_BLD *parts = OSSL_PARAM_BLD_new();
    EVP_PKEY *key = NULL;

    if (n && e && parts && is_sound_rsa(n, e)
        && OSSL_PARAM_BLD_push_BN(parts, OSSL_PKEY_PARAM_RSA_N, n)
        && OSSL_PARAM_BLD_push_BN(parts, OSSL_PKEY_PARAM_RSA_E, e))
        key = build("RSA", parts);
    OSSL_PARAM_BLD_free(parts);
    BN_free(n);
    BN_free(e);
    return key;
}

/* The uncompressed point; OpenSSL refuses one that is not on the curve. */
static EVP_PKEY *ec_key(struct str x, struct str y)
{
    unsigned char point[1 + 2 * COORDINATE] = {POINT_CONVERSION_UNCOMPRESSED};
    OSSL_PARAM_BLD *parts = OSSL_PARAM_BLD_new();
    EVP_PKEY *key = NULL;

    if (parts && x.n == COORDINATE && y.n == COORDINATE) {
        memcpy(point + 1, x.p, COORDINATE);
        memcpy(point + 1 + COORDINATE, y.p, COORDINATE);
        if (OSSL_PARAM_BLD_push_utf8_string(parts, OSSL_PKEY_PARAM_GROUP_NAME, SN_X9_62_prime256v1,
                                            0)
            && OSSL_PARAM_BLD_push_octet_string(parts, OSSL_PKEY_PARAM_PUB_KEY, point,
                                                sizeof(point)))
            key = build("EC", parts);
    }
    OSSL_PARAM_BLD_free(parts);
    return key;
}

static EVP_PKEY *key_of(struct op *op, const struct cJSON *key, bool rsa)
{
    struct str first, second;

    if (!base64url_read(op, str_of(text_of(key, rsa ? "n" : "x")), &first)
        || !base64url_read(op, str_of(text_of(key, rsa ? "e" : "y")), &second))
        return NULL;
    return rsa ? rsa_key(first, second) : ec_key(first, second);
}

/* r and s side by side, as tokens have them, into the DER that OpenSSL reads; 0 = not such. */
static int der_of(struct str raw, unsigned char **der)
{
    const unsigned char *p = (const unsigned char *)raw.p;
    int n = 0;

    *der = NULL;
    if (raw.n != 2 * COORDINATE)
        return 0;
    ECDSA_SIG *sig = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(p, COORDINATE, NULL), *s = BN_bin2bn(p + COORDINATE, COORDINATE, NULL);
    if (sig && r && s && ECDSA_SIG_set0(sig, r, s)) {
        r = s = NULL; /* sig's */
        n = i2d_ECDSA_SIG(sig, der);
    }
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(sig);
    return n > 0 ? n : 0;
}

static bool verifies(EVP_PKEY *key, struct str text, const unsigned char *signature, size_t n)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool good = ctx && EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key) == 1
                && EVP_DigestVerify(ctx, signature, n, (const unsigned char *)text.p, text.n) == 1;

    EVP_MD_CTX_free(ctx);
    return good;
}

bool jwk_verifies(struct op *op, const struct cJSON *key, struct str text, struct str signature)
{
    bool rsa = strcmp(algorithm_of(key), "RS256") == 0, good = false;
    EVP_PKEY *public = key_of(op, key, rsa);

    if (public && rsa) {
        good = verifies(public, text, (const unsigned char *)signature.p, signature.n);
    } else if (public) {
        unsigned char *der;
        int n = der_of(signature, &der);
        good = n && verifies(public, text, der, (size_t)n);
        OPENSSL_free(der);
    }
    EVP_PKEY_free(public);
    return good;
}

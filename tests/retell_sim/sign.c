/* sign.c - a primed context is copied for each message: hashing the key again would cost as much.
 */

#include "tests/retell_sim/sign.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdio.h>
#include <stdlib.h>

void sim_signer_open(struct sim_signer *signer)
{
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);

    *signer = (struct sim_signer){.mac = hmac ? EVP_MAC_CTX_new(hmac) : NULL};
    if (!signer->mac)
        abort();
    EVP_MAC_free(hmac);
}

void sim_signer_close(struct sim_signer *signer)
{
    EVP_MAC_CTX_free(signer->mac);
}

static void prime(struct sim_signer *signer, const char *key)
{
    char digest[] = "SHA256";
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                 OSSL_PARAM_construct_end()};

    if (strcmp(signer->key, key) == 0)
        return;
    if (!EVP_MAC_init(signer->mac, (const unsigned char *)key, strlen(key), params))
        abort();
    snprintf(signer->key, sizeof(signer->key), "%s", key);
}

void sim_signer_sign(struct sim_signer *signer, const char *key, struct str body, int64_t at_ms,
                     char out[SIM_SIGNATURE_SIZE])
{
    static const char hex[] = "0123456789abcdef";
    unsigned char digest[32];
    char decimal[24];
    size_t n;

    prime(signer, key);
    EVP_MAC_CTX *mac = EVP_MAC_CTX_dup(signer->mac);
    snprintf(decimal, sizeof(decimal), "%lld", (long long)at_ms);
    if (!mac || !EVP_MAC_update(mac, (const unsigned char *)body.p, body.n)
        || !EVP_MAC_update(mac, (const unsigned char *)decimal, strlen(decimal))
        || !EVP_MAC_final(mac, digest, &n, sizeof(digest)))
        abort();
    EVP_MAC_CTX_free(mac);
    char *p = out + snprintf(out, SIM_SIGNATURE_SIZE, "v=%s,d=", decimal);
    for (size_t i = 0; i < sizeof(digest); i++) {
        *p++ = hex[digest[i] >> 4];
        *p++ = hex[digest[i] & 15];
    }
    *p = '\0';
}

/* made_token.h - tokens nobody should make: any header, any claims, any key, any algorithm. */
#ifndef AGORALIA_TEST_MADE_TOKEN_H
#define AGORALIA_TEST_MADE_TOKEN_H

#include "common/base/arena.h"
#include "common/base/str.h"

#include <openssl/evp.h>

enum made_signature {
    MADE_LOW,      /* as the product makes them */
    MADE_HIGH,     /* the other of the two forms */
    MADE_DER,      /* as OpenSSL writes it */
    MADE_HMAC,     /* HMAC-SHA256 under the PEM of key's public half */
    MADE_HMAC_DER, /* under its DER */
    MADE_NONE,     /* nothing after the last dot */
};

const char *made_base64(struct arena *a, struct str bytes);

/* HEADER.PAYLOAD as they are, encoded, and a signature by key over them. */
const char *made_token(struct arena *a, const char *header, const char *payload, EVP_PKEY *key,
                       enum made_signature how);

/* A signature of any bytes. */
const char *made_with(struct arena *a, const char *header, const char *payload, struct str bytes);

#endif

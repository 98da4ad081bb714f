/*
 * certificates.h - a certificate authority for one test: root, intermediate, server.
 */
#ifndef AGORALIA_TESTS_CERTIFICATES_H
#define AGORALIA_TESTS_CERTIFICATES_H

#include <openssl/ssl.h>
#include <stdbool.h>

struct certificates {
    X509 *root, *intermediate, *server;
    EVP_PKEY *key; /* of all three */
};

/* For a server of that name; expired: until an hour ago.  Aborts when it cannot be made. */
void certificates_make(struct certificates *c, const char *host, bool expired);
void certificates_free(struct certificates *c);

/* The root alone, in PEM, as a client is given it. */
void certificates_write_root(const struct certificates *c, const char *path);

/* What a server shows: its own and the intermediate's. */
void certificates_use(const struct certificates *c, SSL_CTX *ctx);

#endif

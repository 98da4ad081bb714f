/*
 * certificates.h - a certificate authority for one test: root, intermediate, server.
 */
#ifndef AGORALIA_TESTS_CERTIFICATES_H
#define AGORALIA_TESTS_CERTIFICATES_H

#include <openssl/ssl.h>

enum certificate_flaw {
    FLAW_NONE,
    FLAW_EXPIRED,      /* an hour ago */
    FLAW_EARLY,        /* in an hour it will do */
    FLAW_SELF_SIGNED,  /* nobody else vouches for it */
    FLAW_HOLE,         /* whoever vouches for it is not shown */
    FLAW_NO_AUTHORITY, /* whoever vouches for it may vouch for nobody */
};

struct certificates {
    X509 *root, *intermediate, *server;
    EVP_PKEY *key; /* of all three */
    enum certificate_flaw flaw;
};

/* For a server of that name.  Aborts when it cannot be made. */
void certificates_make(struct certificates *c, const char *host, enum certificate_flaw flaw);
void certificates_free(struct certificates *c);

/* The root alone, in PEM, as a client is given it. */
void certificates_write_root(const struct certificates *c, const char *path);

/* What a server shows: its own and, but for FLAW_HOLE, the intermediate's. */
void certificates_use(const struct certificates *c, SSL_CTX *ctx);

#endif

/*
 * tls_front.h - TLS in front of a server that speaks plain HTTP.
 *
 * It decrypts, passes on and counts what a client was willing to say to it.
 */
#ifndef AGORALIA_TESTS_TLS_FRONT_H
#define AGORALIA_TESTS_TLS_FRONT_H

#include "tests/support/certificates.h"

#include <stddef.h>

struct tls_front_setup {
    const char *upstream; /* http://127.0.0.1:port */
    const char *host;     /* the name on its certificate; NULL = localhost, where it is */
    enum certificate_flaw flaw;
    int newest_version; /* of TLS, as OpenSSL numbers them; 0 = all there are */
};

struct tls_front;

struct tls_front *tls_front_start(const struct tls_front_setup *setup);
void tls_front_stop(struct tls_front *f);

const char *tls_front_url(const struct tls_front *f);     /* https://localhost:port */
const char *tls_front_ca_file(const struct tls_front *f); /* who vouches for it; gone after stop */

/* Connections taken, and bytes of application data that clients sent. */
int tls_front_connections(const struct tls_front *f);
size_t tls_front_heard(const struct tls_front *f);

#endif

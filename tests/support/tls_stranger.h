/*
 * tls_stranger.h - a TLS server whose certificate nobody vouches for.
 *
 * It notes whether a client spoke to it all the same.
 */
#ifndef AGORALIA_TESTS_TLS_STRANGER_H
#define AGORALIA_TESTS_TLS_STRANGER_H

#include <stdbool.h>

struct tls_stranger;

struct tls_stranger *tls_stranger_start(void);

int tls_stranger_port(const struct tls_stranger *s);

/* Waits for its one connection to end; true when it read a byte of application data. */
bool tls_stranger_stop(struct tls_stranger *s);

#endif

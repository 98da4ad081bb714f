/*
 * password.h - passwords as Argon2id hashes, a bounded number at work at once.
 *
 * A hash costs PASSWORD_MEMORY_KIB and some hundred milliseconds.  PASSWORD_HASHES run at once in a
 * process and eight times as many may wait for PASSWORD_WAIT_MS; everybody else is told
 * SERVICE_UNAVAILABLE with a time to come back, at once: signing in cannot starve the machine.
 */
#ifndef AGORALIA_PASSWORD_H
#define AGORALIA_PASSWORD_H

#include "common/base/op.h"

enum { PASSWORD_MIN = 12, PASSWORD_MAX = 256 };

/* *hash, in op's arena, names its own parameters and salt. */
bool password_hash(struct op *op, const char *password, const char **hash) MUSTCHECK;

/*
 * Is this the password behind hash?  NULL (nobody has that name) is a no that takes as long as any
 * other, with today's parameters.
 */
bool password_verify(struct op *op, const char *hash, const char *password, bool *good) MUSTCHECK;

#endif

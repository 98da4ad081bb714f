/*
 * secret.h - texts that are good because nobody can guess them: refresh tokens, one-time links.
 *
 * A mark and 43 letters and digits of more than 256 bits; only the SHA-256 of the whole is kept.
 */
#ifndef AGORALIA_SECRET_H
#define AGORALIA_SECRET_H

#include "common/base/compiler.h"
#include "common/base/digest.h"

#define SECRET_REFRESH "agr_"
#define SECRET_LINK "agl_"

enum { SECRET_SIZE = 4 + 43 + 1 };

void secret_make(const char *mark, char text[SECRET_SIZE], char hex[SHA256_HEX_SIZE]);

/* False when text cannot be one, so that it costs no look-up. */
bool secret_digest(const char *mark, const char *text, char hex[SHA256_HEX_SIZE]) MUSTCHECK;

#endif

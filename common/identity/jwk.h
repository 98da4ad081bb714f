/*
 * jwk.h - an issuer's public keys, as the JSON Web Key set it publishes.
 *
 * A key is bound to the one algorithm its type has here: RSA of 2048 to 8192 bits to RS256, P-256
 * to ES256.  Everything else in a set is passed over.
 */
#ifndef AGORALIA_JWK_H
#define AGORALIA_JWK_H

#include "common/base/op.h"

struct cJSON;

/*
 * The key for a token of that algorithm and key id; NULL when there is none, or more than one.
 * kid NULL = the token names none: then it must be the only one for its algorithm.
 */
const struct cJSON *jwk_find(const struct cJSON *set, const char *alg, const char *kid);

/* Is this the key's signature over text, and the key one to be trusted with it? */
bool jwk_verifies(struct op *op, const struct cJSON *key, struct str text,
                  struct str signature) MUSTCHECK;

#endif

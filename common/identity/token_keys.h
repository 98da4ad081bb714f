/*
 * token_keys.h - the keys that sign access tokens, from a folder.
 *
 * JWT_KEY_DIR holds P-256 private keys, NAME.pem with NAME of [A-Za-z0-9._-]{1,64}; NAME is the key
 * id.  The last by name signs, all of them verify.  To rotate, add one, and remove the old one once
 * the last of its tokens has ended.  The folder is read again when a token names a key that is not
 * known, and every half minute.  A file that is no such key is skipped and logged.
 */
#ifndef AGORALIA_TOKEN_KEYS_H
#define AGORALIA_TOKEN_KEYS_H

#include "common/base/buf.h"
#include "common/base/op.h"

enum { KEY_ID_MAX = 64 };

struct token_key {
    const char *id;
    const char *private_pem;
    const char *public_pem;
    const char *x, *y; /* of the public point, base64url */
};

/* NULL = no folder: there are no keys. */
struct token_keys *token_keys_open(const char *folder);
void token_keys_close(struct token_keys *k);

/* Copies live in op's arena.  The key that signs; SERVICE_UNAVAILABLE when there is none. */
bool token_key_signing(struct op *op, struct token_key *out) MUSTCHECK;

/* False is no failure: there is no key of that id. */
bool token_key_find(struct op *op, struct str id, struct token_key *out) MUSTCHECK;

/* The public halves, as a JWK set. */
void token_keys_write(struct op *op, struct buf *b);

/* A new key into folder, named by the time; *path in op's arena. */
bool token_key_make(struct op *op, const char *folder, const char **path) MUSTCHECK;

#endif

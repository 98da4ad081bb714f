/*
 * key_ring.h - the keys that secrets are sealed with, from SECRETS_KEY_FILE.
 *
 * A line each: an id of [A-Za-z0-9._-]{1,32}, a space, 32 bytes in base64.  The last one seals, all
 * of them open.  Empty lines and those that begin with # do not count.  The file may be its owner's
 * only, or root's and readable by a group; else no key of it is used.  It is read again when it has
 * changed and a key is wanted that is not known, or something is to be sealed.
 *
 * Keys lie in locked memory that no core dump has.  Any thread may ask.
 */
#ifndef AGORALIA_KEY_RING_H
#define AGORALIA_KEY_RING_H

#include "common/base/op.h"

enum { RING_KEY_ID_SIZE = 33, RING_KEY_BYTES = 32, RING_KEYS_MAX = 32 };

struct key_ring;

/* NULL = no file: a ring without keys.  What is wrong with the file is logged. */
struct key_ring *key_ring_open(const char *path);
void key_ring_close(struct key_ring *r);

/* NULL, or why there is no key to use. */
const char *key_ring_complaint(struct key_ring *r);

/* The id of the key that seals; SERVICE_UNAVAILABLE when there is none. */
bool key_ring_newest(struct op *op, struct key_ring *r, char id[RING_KEY_ID_SIZE]) MUSTCHECK;

/* Do something with a key, which nobody may keep.  False after fail() when it is not there. */
bool key_ring_use(struct op *op, struct key_ring *r, const char *id,
                  bool (*use)(const unsigned char key[RING_KEY_BYTES], void *ctx),
                  void *ctx) MUSTCHECK;

/* Is there one of that id? */
bool key_ring_has(struct key_ring *r, const char *id);

/* Add a new key at the end of the file, which is made when there is none.  *id is the key's. */
bool key_ring_add(struct op *op, const char *path, char id[RING_KEY_ID_SIZE]) MUSTCHECK;

#endif

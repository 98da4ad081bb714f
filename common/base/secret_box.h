/*
 * secret_box.h - secrets as they may lie in a database: sealed, and each to its place.
 *
 * XChaCha20-Poly1305 under a key of the ring.  The place - table, column, tenant, row - is
 * authenticated with it: what was copied elsewhere, cut or changed does not open.
 */
#ifndef AGORALIA_SECRET_BOX_H
#define AGORALIA_SECRET_BOX_H

#include "common/base/key_ring.h"

enum { SECRET_MAX = 512, SECRET_NONCE = 24, SECRET_TAG = 16, SECRET_PLACE_SIZE = 160 };

/* Plain memory without pointers: it goes from one process to another as it is. */
struct sealed {
    char place[SECRET_PLACE_SIZE];
    char key_id[RING_KEY_ID_SIZE];
    unsigned char nonce[SECRET_NONCE];
    uint32_t n; /* bytes of box */
    unsigned char box[SECRET_MAX + SECRET_TAG];
};

/* Name the place, which no part may have a space in.  Aborts when it is too long. */
void secret_place(struct sealed *s, const char *table, const char *column, int64_t tenant_id,
                  const char *row);

/* Seal for the place that *s names.  SERVICE_UNAVAILABLE without a key. */
bool secret_seal(struct op *op, struct key_ring *ring, struct str plain,
                 struct sealed *s) MUSTCHECK;

/*
 * The text before, the secret (*n bytes) and a NUL, in memory of its own that is locked, in no core
 * dump, and to be given to secret_wipe().  NULL after fail(): SERVICE_UNAVAILABLE without its key,
 * INTERNAL_ERROR when it was not sealed for this place.
 */
char *secret_open(struct op *op, struct key_ring *ring, const struct sealed *s, const char *before,
                  size_t *n);

/* n bytes and a NUL of such memory, for a secret that comes from elsewhere. */
char *secret_room(size_t n);

void secret_wipe(char *plain); /* NULL is nothing */

/* Seal again under the newest key; true without effect when it is. */
bool secret_reseal(struct op *op, struct key_ring *ring, struct sealed *s) MUSTCHECK;

#endif

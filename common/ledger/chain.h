/*
 * chain.h - entries that cannot be changed, taken out or moved without its showing.
 *
 * Pure.  The hash of an entry is SHA-256 over the hash of the entry before it (32 bytes; zeros
 * before the first), its number (8 bytes, big-endian) and its record's bytes.  A head, the number
 * and hash of the newest entry, is signed with Ed25519 (RFC 8032); so is thereby all before it.
 */
#ifndef AGORALIA_LEDGER_CHAIN_H
#define AGORALIA_LEDGER_CHAIN_H

#include "common/base/digest.h"
#include "common/base/op.h"

enum {
    CHAIN_HASH_BYTES = 32,
    CHAIN_HEX_SIZE = 2 * CHAIN_HASH_BYTES + 1,
    SIGNATURE_BYTES = 64,
    SIGNATURE_HEX_SIZE = 2 * SIGNATURE_BYTES + 1,
};

struct chain_head {
    int64_t seq; /* 0 = no entry yet */
    unsigned char hash[CHAIN_HASH_BYTES];
};

/* h becomes the head after one more entry with this record. */
void chain_add(struct chain_head *h, struct str record);

/* The commitment to a text that may have to be forgotten: SHA-256 over salt and text, in hex. */
void commitment_of(struct str salt, struct str personal, char out[CHAIN_HEX_SIZE]);

/* Does the record's "commitment" belong to this salt (hex) and text? */
bool commitment_fits(struct str record, struct str salt_hex, struct str personal);

struct ledger_key;

/*
 * Read from PEM: an Ed25519 private key for signing, a public one for checking.  NULL after
 * fail().  The caller closes it.
 */
struct ledger_key *ledger_key_private(struct op *op, const char *path);
struct ledger_key *ledger_key_public(struct op *op, const char *path);
void ledger_key_close(struct ledger_key *key);

/* The public half as PEM text in op's arena, and its name: the first 16 hex digits of its SHA-256.
 */
const char *ledger_key_pem(struct op *op, const struct ledger_key *key);
const char *ledger_key_name(struct op *op, const struct ledger_key *key);

/* Make a new private key in a file that must not exist yet, mode 0600. */
bool ledger_key_make(struct op *op, const char *path) MUSTCHECK;

/* What is signed of a head: the tenant is part of it. */
bool chain_sign(struct op *op, const struct ledger_key *key, int64_t tenant_id,
                const struct chain_head *h, char out[SIGNATURE_HEX_SIZE]) MUSTCHECK;
bool chain_signed(const struct ledger_key *key, int64_t tenant_id, const struct chain_head *h,
                  struct str signature);

#endif

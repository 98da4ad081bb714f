/*
 * ledger_file.h - a tenant's ledger as a file that a stranger can check, offline.
 *
 * Pure.  Text lines, fields separated by tabs:
 *
 *   agoralia-ledger-1  TENANT  FIRST  LAST  OPENING  HEAD  KEY  SIGNATURE
 *   SEQ  HASH  RECORD  [SALT  PERSONAL]
 *   law  HASH  DOCUMENT
 *
 * OPENING is the hash before the first entry (zeros when FIRST is 1), HEAD the last entry's; KEY
 * names the key and SIGNATURE signs the head (chain.h), "-" for both when nobody signed.  RECORD
 * and PERSONAL are JSON on one line, which has no tabs; PERSONAL with its SALT (hex) is gone after
 * an erasure, and the record's "commitment" is all that is left of it.  Behind the
 * entries stand the laws they name by their documents' SHA-256: with them a decision can be made
 * again.
 */
#ifndef AGORALIA_LEDGER_FILE_H
#define AGORALIA_LEDGER_FILE_H

#include "common/base/buf.h"
#include "common/ledger/chain.h"

struct ledger_span {
    int64_t tenant_id, first, last;
    unsigned char opening[CHAIN_HASH_BYTES], head[CHAIN_HASH_BYTES];
    const char *key, *signature; /* NULL = unsigned */
};

void ledger_write_span(struct buf *b, const struct ledger_span *s);
void ledger_write_entry(struct buf *b, const struct chain_head *h, struct str record,
                        const char *salt_hex, const char *personal);

/* hash: hex; the document is JSON on one line. */
void ledger_write_law(struct buf *b, const char *hash, const char *document);

/* False when the line is no law's. */
bool ledger_read_law(struct str line, struct str *hash, struct str *document);

/* An entry's line without looking at the chain; personal is empty when it was forgotten. */
struct ledger_entry {
    int64_t seq;
    struct str record, personal;
};
bool ledger_read_entry(struct str line, struct ledger_entry *out);

/* A file read line by line: constant memory.  Zero-initialise but for the key. */
struct ledger_check {
    const struct ledger_key *key; /* NULL = the signature is not looked at */
    struct ledger_span span;
    struct chain_head at;
    int64_t lines, entries, laws;
    int64_t opened; /* entries whose personal part is there and fits */
    int64_t bad; /* the first entry that is not as it was written; 0 = none, or the file's head */
    const char *problem; /* NULL = none so far */
    char signature[SIGNATURE_HEX_SIZE];
};

/* False once something is wrong: c->bad and c->problem say what.  The line is without its end. */
bool ledger_check_line(struct ledger_check *c, struct str line) MUSTCHECK;

/* After the last line: is all there that was signed? */
bool ledger_check_end(struct ledger_check *c) MUSTCHECK;

#endif

/*
 * dnc_import.h - a do-not-call list from a CSV file, in constant memory.
 *
 * Any file lead imports read: one number per line, or columns for the number
 * (e164, phone, number, ...), the source (manual, registry, opt_out) and the
 * country.  Entries are only ever added: no file takes one off.  Each batch
 * holds its numbers' locks as dnc_add() does, in a transaction and with a
 * session of its own.
 */
#ifndef AGORALIA_DNC_IMPORT_H
#define AGORALIA_DNC_IMPORT_H

#include "common/base/fields.h"

struct dnc_import_options {
    const char *source;      /* of rows that name none; NULL = manual */
    const char *country_iso; /* where numbers without a plus were written; NULL = nowhere */
    const char *delimiter;   /* "," ";" "\t" "|"; NULL = find out */
};
extern const struct type dnc_import_options_type;

struct dnc_import;

/* Lives as long as op's arena. */
struct dnc_import *dnc_import_open(struct op *op, const struct dnc_import_options *o);

/* Fail as lead_import_feed() and lead_import_finish() do. */
bool dnc_import_feed(struct op *op, struct dnc_import *imp, struct str bytes) MUSTCHECK;
bool dnc_import_finish(struct op *op, struct dnc_import *imp, struct buf *reply) MUSTCHECK;

#endif

/*
 * dnc_import.h - a do-not-call list from a CSV file, in constant memory.
 *
 * Any file lead imports read: one number per line, or columns for the number
 * (e164, phone, number, ...; area code and number apart), the source (manual,
 * registry, opt_out), the country and, in a list of changes, the action and its day: an
 * addition is listed since then, a deletion takes off what was listed by then.
 *
 * Mode add only adds.  Full is the whole of a list - the entries of its source,
 * registry and country: at the end of the file, and not before, those it does not
 * have are taken off.  Delta takes off what its action column deletes.  No file
 * takes an opt-out off, nor brings a manual entry back that somebody removed.
 *
 * A registry's list is as of its last file.  After one with rows that could not be
 * read, a delta of which only some was stored, or changes that begin later than the
 * file before ended, it stays as of the file before (LIST_GAP in every reply) until a
 * full file of that day or later, or a delta since that file, has come; what was cut
 * off may also be sent again with the same scrubbed_at.
 */
#ifndef AGORALIA_DNC_IMPORT_H
#define AGORALIA_DNC_IMPORT_H

#include "common/compliance/dnc_batch.h"

struct dnc_import_options {
    const char *source; /* of rows that name none; NULL = manual, or registry when one is named */
    enum dnc_mode mode;
    const char *registry;      /* whose list it is: "National DNC Registry" */
    struct tstamp scrubbed_at; /* when the registry gave it; null = now */
    struct tstamp since;       /* delta: it has all changes from then on; null = since the last */
    bool force; /* meant: a full file of less than half of the list, rows that failed */
    const char *country_iso; /* where numbers without a plus were written; NULL = nowhere */
    const char *delimiter;   /* "," ";" "\t" "|"; NULL = find out */
};
extern const struct type dnc_import_options_type;

struct dnc_import;

/*
 * Lives as long as op's arena.  NULL after fail(): VALIDATION_ERROR when the options do not go
 * together.
 */
struct dnc_import *dnc_import_open(struct op *op, const struct dnc_import_options *o);

/* The same from terms that are known to be good. */
struct dnc_file {
    struct dnc_terms terms;
    const char *delimiter;
    bool listed;  /* an answer without outcomes: every number is on the registry's list */
    bool expired; /* an answer that lets nobody be called any more: the reply says so */
};
struct dnc_import *dnc_import_begin(struct op *op, const struct dnc_file *f);

/* Fail as lead_import_feed() and lead_import_finish() do. */
bool dnc_import_feed(struct op *op, struct dnc_import *imp, struct str bytes) MUSTCHECK;
bool dnc_import_finish(struct op *op, struct dnc_import *imp, struct buf *reply) MUSTCHECK;

#endif

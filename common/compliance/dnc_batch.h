/*
 * dnc_batch.h - rows of a do-not-call file on their way into the list.
 *
 * A batch is one transaction with a session of its own.  It takes the tenant's
 * do-not-call lock exclusively, claims hold it shared: each entry is either before
 * a call's intent, and stops it, or after it.
 */
#ifndef AGORALIA_DNC_BATCH_H
#define AGORALIA_DNC_BATCH_H

#include "common/base/import_report.h"
#include "common/compliance/dnc.h"
#include "common/store/db.h"

/* What a file is. */
enum dnc_mode {
    DNC_MODE_ADD,    /* entries to be added */
    DNC_MODE_FULL,   /* the whole list: what is not in it is taken off */
    DNC_MODE_DELTA,  /* changes: additions and deletions */
    DNC_MODE_ANSWER, /* what a registry said of the numbers it was sent */
};
extern const char *const dnc_mode_names[]; /* those that an import may ask for */

struct dnc_terms {
    enum dnc_mode mode;
    enum dnc_source source;  /* of rows that name none; whose list a full file is */
    const char *registry;    /* "" = none by name */
    const char *country_iso; /* NULL = any */
    struct tstamp scrubbed_at;
    struct tstamp since; /* of changes; null = from the file before */
    bool force; /* a full file may be less than half of the list; failed rows do not matter */
};

struct dnc_row {
    const char *e164;
    enum dnc_source source;
    const char *country_iso;
    bool gone;
    struct tstamp changed_at; /* null = when the list was given */
};

struct dnc_batch {
    struct op *op; /* whoever is feeding */
    struct op part;
    struct import_report *report;
    struct dnc_terms terms;
    int64_t import_id; /* 0 = nothing is stored yet */
    int rows, opt_outs;
    int64_t staged, closed;
    struct sql_array numbers, sources, countries, gone, changes;
};

/* report and terms are the caller's to set, before; terms' texts live as long as the batch. */
void dnc_batch_open(struct op *op, struct dnc_batch *b);

/* Take a row; sends the batch when it is full. */
bool dnc_batch_add(struct dnc_batch *b, const struct dnc_row *r) MUSTCHECK;

/*
 * The file has ended: send what is left, and take off what a full one does not have,
 * all of it or nothing.  VALIDATION_ERROR (FULL_FILE_SHRINKS) when the file has less
 * than half of the list.  Unless forced, a full file or a list of changes with rows that
 * failed takes nothing off for being missing, and does not bring the list to its day
 * (NOT_WHOLE in the report).  LIST_GAP there says that the list stays as of an earlier one.
 */
bool dnc_batch_finish(struct dnc_batch *b) MUSTCHECK;

void dnc_batch_free(struct dnc_batch *b);

#endif

/*
 * import.h - leads from a CSV file, in constant memory and batches of their own.
 *
 * Feed the file as it arrives.  Each batch is one statement in one transaction
 * with a session leased for it alone, so a slow upload holds none, and what a
 * crash leaves is whole batches: sending the file again imports the rest and
 * changes nothing else (one lead per tenant, campaign and phone).
 *
 * A lead that is there already is updated where the file says more; consent is
 * never lowered and a denial never overwritten.  Memory: the CSV reader's 3 MB
 * at most, the batch's, and number_set.h's.
 */
#ifndef AGORALIA_LEAD_IMPORT_H
#define AGORALIA_LEAD_IMPORT_H

#include "common/base/fields.h"

struct lead_import_options {
    struct opt_i64 campaign_id;
    const char *country_iso; /* where numbers without a plus were written; NULL = nowhere */
    const char *delimiter;   /* "," ";" "\t" "|"; NULL = find out */
};
extern const struct type lead_import_options_type;

struct lead_import;

/* CAMPAIGN_NOT_FOUND unless it is the tenant's.  Lives as long as op's arena; NULL on failure. */
struct lead_import *lead_import_open(struct op *op, const struct lead_import_options *o) MUSTCHECK;

/*
 * VALIDATION_ERROR, UNSUPPORTED_MEDIA_TYPE or PAYLOAD_TOO_LARGE when the file
 * cannot be read, with the reason, the line and what was already imported in
 * the details; SERVICE_UNAVAILABLE when Postgres cannot take a batch.
 */
bool lead_import_feed(struct op *op, struct lead_import *imp, struct str bytes) MUSTCHECK;

/* The file has ended: import the rest and append the reply's JSON. */
bool lead_import_finish(struct op *op, struct lead_import *imp, struct buf *reply) MUSTCHECK;

#endif

/*
 * dry_run.h - what a start would do with each of a campaign's leads, without doing it.
 *
 * Every lead is asked about as a start and a claim would ask, at one instant; nothing is
 * written.  Halts, budgets, pacing and calls under way are no part of it.
 */
#ifndef AGORALIA_DRY_RUN_H
#define AGORALIA_DRY_RUN_H

#include "common/base/fields.h"

struct dry_run_options {
    struct tstamp at; /* null = now */
    int32_t limit;    /* of the leads that are listed; all are counted */
    int32_t offset;
};
extern const struct type dry_run_options_type;

/*
 * Append the answer as one JSON object: totals, reasons, the first and last instant, what
 * would free most, and the page of leads in the order a start takes them.  Constant memory.
 * CAMPAIGN_NOT_FOUND.
 */
bool campaign_dry_run(struct op *op, int64_t campaign_id, const struct dry_run_options *options,
                      struct buf *out) MUSTCHECK;

#endif

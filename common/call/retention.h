/*
 * retention.h - nothing of a person is kept for longer than it may be.
 *
 * Once a day, in pieces.  Recordings, transcripts and analyses go after RECORDING_RETENTION_DAYS, a
 * lead that nobody touched or spoke to after its country's data_retention_days (or
 * DATA_RETENTION_DAYS); the platform's rule, the tenant's and the campaign's override count, the
 * shortest wins.  A lead goes as erasure.h says, but for the lists: opt-outs stay, and so do the
 * decisions' ledger and the events of consent, without the person.
 */
#ifndef AGORALIA_RETENTION_H
#define AGORALIA_RETENTION_H

#include "common/base/op.h"

/* All that is due, unless it was done today. */
bool retention_daily(struct op *op) MUSTCHECK;

/* All that is due now: how many calls and leads. */
bool retention_run(struct op *op, int64_t *calls, int64_t *leads) MUSTCHECK;

#endif

/*
 * suspect.h - a row that may have killed a worker (F54).
 *
 * scheduled_calls.crashes counts the runs of a row that were begun and are not known to have ended;
 * the first one only when something makes it suspect: its message comes back from a dead worker,
 * it was queued and nobody claimed it, or the lease of its intent ran out.  A run that ends, with
 * whatever it decides, sets it to 0: only suspects ever pay for it.
 */
#ifndef AGORALIA_SUSPECT_H
#define AGORALIA_SUSPECT_H

#include "common/base/op.h"

enum suspect_fate {
    SUSPECT_RUNS,   /* the run is counted: claim it */
    SUSPECT_WAITS,  /* the row was put back for a moment */
    SUSPECT_GONE,   /* not queued: nothing is to be done, and reading it may be what kills */
    SUSPECT_POISON, /* QUEUE_MAX_CRASHES runs (two at least) did not end: the row failed */
};

/*
 * Before anything of the row is read, in a transaction of its own.  From its third run on a row has
 * the process to itself among suspects until op ends, so that nobody is suspected because of it;
 * others wait.  An attempt in doubt stays the reconciler's.
 */
bool suspect_begin(struct op *op, int64_t scheduled_call_id, enum suspect_fate *out) MUSTCHECK;

/* The run failed, but the worker lives. */
void suspect_acquit(const struct op *op, int64_t scheduled_call_id);

#endif

/*
 * crosscheck.h - the provider's calls against our attempts, both ways, and how late it tells.
 *
 * Every difference is logged and counted; what the provider knows better is
 * applied like any event.
 */
#ifndef AGORALIA_CROSSCHECK_H
#define AGORALIA_CROSSCHECK_H

#include "common/base/op.h"

struct differences {
    int attempt_missing; /* a call that carries an attempt's id we do not have */
    int placed_twice;    /* a second call of an attempt; it is hung up */
    int call_missing;    /* an attempt's call that the provider does not have */
    int repaired;        /* the provider was further along, or had a call we had written off */
    int compared;        /* attempts looked at */
};

/* The last so many hours, but for the last two minutes.  However many calls there were, a page of
 * them is in memory. */
bool crosscheck(struct op *op, int hours, struct differences *out) MUSTCHECK;

/* crosscheck() over 48 hours, by one worker, once a day; ten minutes after one that failed. */
bool crosscheck_nightly(struct op *op) MUSTCHECK;

/* Every five minutes, by one worker: how long webhooks and listings take, and the alarm. */
bool crosscheck_lags(struct op *op) MUSTCHECK;

#endif

/*
 * aftermath.h - what follows when a call is over: nobody is called again who said no, a dead
 * number is remembered, another try is written down, and what is at fault stands still.
 */
#ifndef AGORALIA_AFTERMATH_H
#define AGORALIA_AFTERMATH_H

#include "common/call/attempt.h"
#include "common/provider/outcome.h"

/* In the transaction that ended the attempt; op's tenant is the attempt's. */
bool call_aftermath(struct op *op, const struct attempt *a, const struct call_outcome *o,
                    struct tstamp ended_at) MUSTCHECK;

#endif

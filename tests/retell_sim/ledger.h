/*
 * ledger.h - every call ever placed: the judge of whether somebody was dialled twice.
 *
 * A call is in it from the instant it is committed, answered for or not,
 * deleted or not.
 */
#ifndef AGORALIA_SIM_LEDGER_H
#define AGORALIA_SIM_LEDGER_H

#include "tests/retell_sim/sim.h"

/* Lines of the calls with seq > after (seq counts from 1), at most `limit` of them or 32 MB.
 * The page after it begins at the last seq; an empty page is the end. */
void sim_ledger_lines(const struct sim *s, uint64_t after, uint64_t limit, struct buf *out);

/* {"key","placed","distinct","duplicates":[{"value","count"}]} over calls that have the key. */
void sim_ledger_duplicates(const struct sim *s, const char *key, struct buf *out);

#endif

/*
 * answers.h - what the provider answered while no database could be told.
 *
 * An answer that cannot be recorded is kept in the process's spool, so that it is neither lost nor
 * asked for again: recorded later, by this process or by the next.  Recording is the same
 * compare-and-set as ever, so that it does nothing to an attempt that was settled meanwhile.
 */
#ifndef AGORALIA_ANSWERS_H
#define AGORALIA_ANSWERS_H

#include "common/call/dial.h"

/*
 * After answer_write() failed: true when the answer is kept and the failure forgiven, false when
 * the failure stands (it will not pass, or there is no room).
 */
bool answer_keep(struct op *op, const struct claim *c, const struct dial_answer *a) MUSTCHECK;

/* Record what is kept, the oldest first; fails when the database still cannot be told. */
bool answers_record(struct op *op) MUSTCHECK;

#endif

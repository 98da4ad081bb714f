/*
 * names.h - a queue and its two companions: "calls", "calls.DQ" (delayed), "calls.XQ" (dead).
 */
#ifndef AGORALIA_QUEUE_NAMES_H
#define AGORALIA_QUEUE_NAMES_H

#include "common/base/arena.h"
#include "common/base/str.h"

/* A name that an operator or a message may give a queue: none of the scheme's own. */
bool queue_name_valid(struct str name);

/* "calls" for "calls", "calls.DQ" and "calls.XQ". */
struct str queue_canonical(struct str name);

/* "calls.DQ" for all three; in the arena. */
struct str queue_delayed(struct arena *a, struct str name);

#endif

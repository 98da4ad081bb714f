/*
 * tstamp.h - instants as the wire and the database spell them.
 *
 * Inside: microseconds since 1970 UTC, 0 = null.  On the wire: RFC 3339 with Z,
 * fraction only when there is one.  A time without an offset is refused: it
 * would be somebody's guess.
 */
#ifndef AGORALIA_TSTAMP_H
#define AGORALIA_TSTAMP_H

#include "common/base/buf.h"
#include "common/base/str.h"

#include <stdint.h>

struct tstamp {
    int64_t us;
};

struct arena;

/* RFC 3339 (1990-12-31T23:59:60Z is refused: leap seconds do not exist here) or Postgres's text. */
bool tstamp_parse(struct str s, struct tstamp *out) MUSTCHECK;

void tstamp_write(struct buf *b, struct tstamp t);

/* NULL for the null instant. */
const char *tstamp_format(struct arena *a, struct tstamp t);

#endif

/*
 * spool.h - lines that wait to be dealt with, and outlive their process.
 *
 * With a folder each process has a file there of its own (answers.0, answers.1, ...; locked while
 * it lives, readable by its user only) in which a line is on disk before spool_keep() returns.
 * A process that opens a spool takes over what a dead one left, and spool_adopt() does so later.
 * A line comes out at least once: whoever deals with it must be able to do so again.  A line that
 * is not whole, or not what was written, is skipped and logged.  Any thread may keep; one drains.
 */
#ifndef AGORALIA_SPOOL_H
#define AGORALIA_SPOOL_H

#include "common/base/op.h"

enum { SPOOL_MAX_LINES = 10000, SPOOL_MAX_LINE = 8192 };

struct spool;

/* dir NULL, or one that cannot be written (which is logged): in memory only. */
struct spool *spool_open(const char *dir);

/* What is on disk stays there. */
void spool_close(struct spool *s);

/* False, after a log line, when there is no room or the text is no line. */
bool spool_keep(struct spool *s, struct str line) MUSTCHECK;

/* Lines of dead processes become ours. */
void spool_adopt(struct spool *s);

/*
 * Hand out each line, the oldest first, each with an operation of its own; it is forgotten once
 * deal() succeeds.  The first that fails ends the round, and op fails like it.
 */
bool spool_drain(struct op *op, struct spool *s,
                 bool (*deal)(struct op *op, struct str line)) MUSTCHECK;

#endif

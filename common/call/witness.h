/*
 * witness.h - is the database still the one whose commits we saw?
 *
 * The highest position of its log is kept in memory, in Redis and, with STATE_DIR,
 * in a file.  A database on another timeline than the one it was last dialled
 * from (a promoted standby), or whose log stands further back on the same one (a
 * restored copy), may lack intents that were dialled: dialling freezes, by a halt
 * and by the database's own trigger, which needs none of this to run.  Then the
 * calls of the last two hours are compared by their metadata, and the
 * attempts that are gone are written again.  It goes on after three complete
 * comparisons, the last one begun 10 s and RECONCILE_WINDOW_SECONDS after the freeze:
 * until then a lost request's call may not be listed.
 *
 * A primary of an earlier timeline than the highest known is an old one that
 * still runs: its sessions are refused to everybody in this process.  A later timeline is made
 * known when it freezes, not when it is dialled from, so that the old primary
 * is left alone before the comparison that counts.
 */
#ifndef AGORALIA_WITNESS_H
#define AGORALIA_WITNESS_H

#include "common/base/op.h"

struct pool;
struct witness;

/* NULL, after a log line, when REDIS_URL cannot be used.  For the process's life. */
struct witness *witness_open(const struct app *app);
void witness_close(struct witness *w);

/* Look, and take one step of what there is to do; *busy while a failover is being dealt with. */
bool witness_look(struct op *op, struct witness *w, bool *busy) MUSTCHECK;

/* For a process that only writes: what the workers have told binds its pools too.  Asks Redis. */
void witness_follow(struct op *op, struct witness *w, struct pool *const pools[], int n);

/* One comparison with the provider's calls of the last two hours.  *missing: calls whose scheduled
 * call is gone as well. */
bool witness_rebuild(struct op *op, int *rebuilt, int *missing) MUSTCHECK;

#endif

/*
 * pool.h - a bounded set of Postgres sessions shared by a process's threads.
 *
 * A session is opened when first needed, waited for at most until the
 * operation's deadline, and never given back unless it is idle: one in an
 * unknown state is closed.  Lost sessions are opened anew with jitter.
 */
#ifndef AGORALIA_POOL_H
#define AGORALIA_POOL_H

#include "common/base/op.h"

/* size sessions at most; timeout_ms bounds connecting and each statement.  Connects lazily. */
struct pool *pool_open(const char *url, int size, int timeout_ms);
void pool_close(struct pool *p);

/* Give op a session now rather than at its first statement. */
bool db_lease(struct op *op) MUSTCHECK;

/*
 * Only if there is one to be had without waiting: for a second session, which must not be waited
 * for with the first in hand.  False is no failure.
 */
bool db_lease_spare(struct op *op) MUSTCHECK;

/* Give it back early; a transaction left open is rolled back. */
void db_release(struct op *op);

/*
 * From now on only sessions of a database whose log has come as far as this (wal_position(), as
 * text) are used: a promoted standby or an old primary that lacks commits we saw is not.  NULL =
 * any.
 */
void pool_expect(struct pool *p, const char *position);

/* Can a session be had and does it answer?  For /readyz. */
bool pool_ready(struct op *op) MUSTCHECK;

#endif

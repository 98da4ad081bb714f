/*
 * follower.h - an API whose database is a primary of the past must not go on writing to it.
 *
 * A thread that hears from Redis, as the workers do, how far the database has come, and binds the
 * pools to it: a promise such as a number not to be called is refused (503) rather than given to a
 * database that is about to be thrown away.  Without Redis, what is known stays as it was.
 */
#ifndef AGORALIA_FOLLOWER_H
#define AGORALIA_FOLLOWER_H

#include "common/base/op.h"

struct pool;
struct follower;

/* NULL, after a log line, when there is no Redis to hear from.  The pools must outlive it. */
struct follower *follower_start(const struct app *app, struct pool *ours, struct pool *urgent);
void follower_stop(struct follower *f); /* NULL is allowed */

#endif

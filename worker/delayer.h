/*
 * delayer.h - the delay queue of one queue: fetch, remember when, promote when due.
 *
 * Nothing is kept in memory: ids go to the worker's ack set, as Dramatiq
 * expects, and their due times to a sorted set beside it.  A message is promoted
 * by one script guarded by that ack set, so it is never promoted twice; when
 * the worker dies, anybody's maintenance brings the ids back.
 */
#ifndef AGORALIA_WORKER_DELAYER_H
#define AGORALIA_WORKER_DELAYER_H

#include "worker/runtime.h"

struct delayer;

struct delayer *delayer_open(struct worker *w, const char *queue);
void delayer_close(struct delayer *d);
void delayer_free(struct delayer *d);

const char *delayer_queue(const struct delayer *d);

/* The link is up: put back what is held and not remembered, then go on. */
void delayer_resume(struct delayer *d);

/* Something was put on the delay queue. */
void delayer_wake(struct delayer *d);

/* Look for held messages that nobody remembers. */
void delayer_upkeep(struct delayer *d);

/* Give everything back. */
void delayer_drain(struct delayer *d);
bool delayer_is_empty(const struct delayer *d);

#endif

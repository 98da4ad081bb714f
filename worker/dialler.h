/*
 * dialler.h - the worker's way to the provider: a pool of processes that hold the key.
 *
 * Each handles one request at a time.  One that dies is replaced; what it was
 * asked for is then known never to have been sent, or unknown.  Dials go before
 * everything else, which at most a quarter of the diallers serve at once.
 */
#ifndef AGORALIA_WORKER_DIALLER_H
#define AGORALIA_WORKER_DIALLER_H

#include "common/provider/provider.h"
#include "worker/dialler_nursery.h"

/* n diallers from the nursery, which must outlive the pool.  One pool per process. */
void diallers_start(const struct nursery *nursery, size_t n);
void diallers_stop(void);

/* The nursery died: no dialler will ever be replaced, and the process has told itself to end. */
bool diallers_lost(void);

/*
 * A dialler for this thread's next exchange, given back after it, or with the op.  Fails with
 * SERVICE_UNAVAILABLE when none becomes free; true without effect where there is no pool.
 */
bool dialler_acquire(struct op *op) MUSTCHECK;

/* Give it back now, unused. */
void dialler_release(void);

/* The provider's seams: a workspace's key goes there sealed, and comes back sealed anew. */
PROVIDER_EXCHANGE(diallers_exchange);
bool diallers_reseal(struct op *op, const struct provider *p, struct sealed *s) MUSTCHECK;

#endif

/* witness.c - a service: is the database still the one we knew? */

#include "common/call/witness.h"
#include "common/base/conf.h"
#include "worker/services.h"

enum { LOOK_MS = 500 };

bool witness_run_once(struct op *op, int *sleep_ms)
{
    static struct witness *witness; /* this service's thread only */
    bool busy;

    if (!witness && !(witness = witness_open(op->app)))
        return fail(op, E_SERVICE_UNAVAILABLE, "REDIS_URL cannot be used");
    *sleep_ms = LOOK_MS;
    return witness_look(op, witness, &busy);
}

/* dispatcher.c - a service: due rows into the queue, and the housekeeping around them. */

#include "common/base/clock.h"
#include "common/call/dispatch.h"
#include "common/campaign/execution.h"
#include "worker/services.h"

/* Housekeeping looks at every open execution; dispatching only at what is due. */
#define SETTLE_EVERY_US (500LL * 1000)

bool dispatcher_run_once(struct op *op, int *sleep_ms)
{
    static int64_t settled_us; /* this service's thread only */
    int64_t now = clock_mono_us(), queued;

    if (now - settled_us >= SETTLE_EVERY_US) {
        if (!dispatch_sweep(op) || !executions_settle(op))
            return false;
        settled_us = now;
    }
    if (!dispatch_due(op, &queued, sleep_ms))
        return false;
    if (queued)
        service_wake("relay");
    return true;
}

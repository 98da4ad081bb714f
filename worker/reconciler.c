/* reconciler.c - a service: attempts nobody answered for. */

#include "common/base/conf.h"
#include "common/call/reconcile.h"
#include "worker/services.h"

bool reconciler_run_once(struct op *op, int *sleep_ms)
{
    int looked = 0;

    if (op->app->provider && !reconcile_due(op, &looked))
        return false;
    *sleep_ms = looked ? 1 : (int)op->app->conf->dispatch_poll_ms;
    return true;
}

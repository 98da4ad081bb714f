/* gauge.c - a service: the provider's limits, and breakers that may be lifted. */

#include "common/call/gauge.h"
#include "common/base/conf.h"
#include "worker/services.h"

bool gauge_run_once(struct op *op, int *sleep_ms)
{
    *sleep_ms = (int)op->app->conf->dispatch_poll_ms;
    return !op->app->provider || (gauge_provider(op) && gauge_probe(op));
}

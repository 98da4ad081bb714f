/* rotator.c - a service: secrets under the newest key, and those of no use forgotten. */

#include "common/call/chore.h"
#include "common/provider/provider.h"
#include "common/tenant/provider_key.h"
#include "worker/services.h"

enum { LOOK_MS = 60 * 1000, EVERY_SECONDS = 3600 };

bool rotator_run_once(struct op *op, int *sleep_ms)
{
    int resealed, unreadable;
    bool mine;

    *sleep_ms = LOOK_MS;
    if (!op->app->provider)
        return true;
    /* Each kind of worker has its own tenants, and perhaps its own keys. */
    const char *name = arena_printf(&op->arena, "secrets of %s", op->app->provider->name);
    if (!chore_take(op, name, EVERY_SECONDS, &mine))
        return op->err.code == E_NONE;
    return !mine
           || (secrets_reseal(op, op->app->provider, &resealed, &unreadable) && secrets_prune(op));
}

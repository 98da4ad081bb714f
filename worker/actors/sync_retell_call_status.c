/* sync_retell_call_status.c - apply what the webhook inbox holds of one call. */

#include "common/call/events.h"
#include "worker/actors.h"
#include "worker/services.h"

bool actor_sync_retell_call_status(struct op *op, const struct sync_retell_call_status_args *args)
{
    bool ok = op->suspect ? webhooks_try(op, args->provider_call_id)
                          : webhooks_apply(op, args->provider_call_id);

    if (!ok)
        return false;
    service_wake("dispatcher"); /* a call that ended makes room for another */
    return true;
}

/* start_campaign_execution.c - leads into scheduled calls; the first are dialled while it runs. */

#include "common/campaign/execution.h"
#include "worker/actors.h"
#include "worker/services.h"

static void wake_dispatcher(void)
{
    service_wake("dispatcher");
}

bool actor_start_campaign_execution(struct op *op, const struct start_campaign_execution_args *args)
{
    return execution_generate(op, args->campaign_id, wake_dispatcher);
}

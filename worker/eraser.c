/* eraser.c - a service: people who asked to be forgotten, to the last copy, tenants that leave, and
 * what is too old. */

#include "common/call/erasure.h"
#include "common/call/retention.h"
#include "common/call/tenant_life.h"
#include "worker/services.h"

enum { ERASE_PAUSE_MS = 1000 };

bool eraser_run_once(struct op *op, int *sleep_ms)
{
    int looked = 0, left = 0;

    if (!erasures_go_on(op, &looked) || !tenants_leave_on(op, &left))
        return false;
    *sleep_ms = left ? 0 : ERASE_PAUSE_MS;
    return retention_daily(op);
}

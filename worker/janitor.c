/* janitor.c - a service: what is kept for a day only is thrown away, a little at a time. */

#include "common/call/chore.h"
#include "common/tenant/request_key.h"
#include "worker/services.h"

enum { PAUSE_MS = 60 * 1000, EVERY_SECONDS = 300 };

bool janitor_run_once(struct op *op, int *sleep_ms)
{
    bool mine;
    int n = 0;

    *sleep_ms = PAUSE_MS;
    if (!chore_take(op, "request_keys", EVERY_SECONDS, &mine))
        return false;
    if (!mine || !request_key_prune(op, &n))
        return !mine;
    if (n > 0) { /* there may be more */
        *sleep_ms = 1;
        return chore_put_off(op, "request_keys", 0);
    }
    return true;
}

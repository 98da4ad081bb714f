/* listener.c - a service: somebody filled the outbox; tell the relay now rather than at its poll.
 */

#include "common/base/conf.h"
#include "common/store/notify.h"
#include "worker/services.h"

/* How often a stopping worker is noticed. */
enum { WAIT_MS = 200 };

bool listener_run_once(struct op *op, int *sleep_ms)
{
    static struct listener *listener; /* this service's thread only */
    bool heard;

    *sleep_ms = 0;
    if (!listener)
        listener = listener_open(op->app->conf->database_url, "agoralia_outbox");
    if (!listener_wait(op, listener, WAIT_MS, &heard))
        return false;
    if (heard)
        service_wake("relay");
    return true;
}

/* listener.c - a service: somebody filled the outbox or asked for a call; do it now rather than at
 * the next poll. */

#include "common/base/conf.h"
#include "common/store/notify.h"
#include "worker/services.h"

/* How often a stopping worker is noticed. */
enum { WAIT_MS = 200 };

static const char *const channels[] = {"agoralia_outbox", "agoralia_due", NULL};
static const char *const wakes[] = {"relay", "dispatcher"};

bool listener_run_once(struct op *op, int *sleep_ms)
{
    static struct listener *listener; /* this service's thread only */
    unsigned heard;

    *sleep_ms = 0;
    if (!listener)
        listener = listener_open(op->app->conf->database_url, channels);
    if (!listener_wait(op, listener, WAIT_MS, &heard))
        return false;
    for (size_t i = 0; i < ARRAY_LEN(wakes); i++)
        if (heard & 1u << i)
            service_wake(wakes[i]);
    return true;
}

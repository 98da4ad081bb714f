/* eraser.c - a service: people who asked to be forgotten, to the last copy, and what is too old. */

#include "common/call/erasure.h"
#include "common/call/retention.h"
#include "worker/services.h"

enum { ERASE_PAUSE_MS = 1000 };

bool eraser_run_once(struct op *op, int *sleep_ms)
{
    int looked = 0;

    *sleep_ms = ERASE_PAUSE_MS;
    return erasures_go_on(op, &looked) && retention_daily(op);
}

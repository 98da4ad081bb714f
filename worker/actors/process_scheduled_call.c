/* process_scheduled_call.c - dial one scheduled call, once, if it is still allowed. */

#include "common/call/claim.h"
#include "common/call/dial.h"
#include "worker/actors.h"
#include "worker/dialler.h"

/* The dialler comes first: from the intent on, time runs. */
bool actor_process_scheduled_call(struct op *op, const struct process_scheduled_call_args *args)
{
    struct claim claim;
    bool given_up = false;

    if (op->suspect && !scheduled_call_suspect(op, args->scheduled_call_id, &given_up))
        return false;
    if (given_up)
        return true;
    if (!dialler_acquire(op) || !scheduled_call_claim(op, args->scheduled_call_id, &claim))
        return false;
    return claim.fate != CLAIM_INTENT || call_dial(op, &claim);
}

/* process_scheduled_call.c - dial one scheduled call, once, if it is still allowed. */

#include "common/call/claim.h"
#include "common/call/dial.h"
#include "common/call/suspect.h"
#include "worker/actors.h"
#include "worker/dialler.h"

/* The dialler comes first: from the intent on, time runs. */
static bool run(struct op *op, int64_t scheduled_call_id)
{
    struct claim claim;

    if (!dialler_acquire(op) || !scheduled_call_claim(op, scheduled_call_id, &claim))
        return false;
    return claim.fate != CLAIM_INTENT || call_dial(op, &claim);
}

bool actor_process_scheduled_call(struct op *op, const struct process_scheduled_call_args *args)
{
    bool suspect = op->suspect || args->suspect;
    enum suspect_fate fate = SUSPECT_RUNS;

    if (suspect && !suspect_begin(op, args->scheduled_call_id, &fate))
        return false;
    if (fate != SUSPECT_RUNS)
        return true;
    bool ok = run(op, args->scheduled_call_id);
    if (!ok && suspect)
        suspect_acquit(op, args->scheduled_call_id);
    return ok;
}

/* recorder.c - a service: answers that came while the database was away. */

#include "common/call/answers.h"
#include "worker/services.h"

enum { LOOK_MS = 500 };

bool recorder_run_once(struct op *op, int *sleep_ms)
{
    *sleep_ms = LOOK_MS;
    return answers_record(op);
}

/* outcome.h - what becomes of a message once its actor has returned. */
#ifndef AGORALIA_OUTCOME_H
#define AGORALIA_OUTCOME_H

#include "common/base/err.h"

#include <stdint.h>

enum outcome {
    OUT_ACK,    /* done, or nothing left to do */
    OUT_RETRY,  /* an attempt was spent: again after a backoff */
    OUT_SNOOZE, /* not the job's fault: again later, no attempt spent */
    OUT_DEAD,   /* trying again cannot help, or has been tried enough */
};

/* retries: attempts that failed before this one; max_retries < 0 = without limit. */
enum outcome outcome_of(enum err_class class, int64_t retries, int64_t max_retries);

const char *outcome_name(enum outcome o);

#endif

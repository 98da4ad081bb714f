/* results.h - where Dramatiq's Results backend keeps what an actor returned. */
#ifndef AGORALIA_QUEUE_RESULTS_H
#define AGORALIA_QUEUE_RESULTS_H

#include "common/base/str.h"

enum { RESULT_KEY_SIZE = 33, RESULT_TTL_MS = 600000 };

/* The key of one message's result; queue is canonical. */
void result_key(char out[RESULT_KEY_SIZE], struct str queue, struct str actor,
                struct str message_id);

#endif

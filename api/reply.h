/* reply.h - an operation's outcome as bytes on the wire.  Pure but for the clock of Date. */
#ifndef AGORALIA_REPLY_H
#define AGORALIA_REPLY_H

#include "api/http.h"

/* The head of rep, appended to out; its body follows as it stands. */
void reply_head(struct buf *out, const struct reply *rep, const char *request_id, bool close);

#endif

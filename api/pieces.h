/* pieces.h - an answer that is sent while it is made, in constant memory. */
#ifndef AGORALIA_PIECES_H
#define AGORALIA_PIECES_H

#include "api/http.h"
#include "api/wire.h"

#include <stdatomic.h>

/*
 * The body of a reply whose head is sent: piece by piece, each with wait_us to be taken.  False
 * when it ended too early: the client is gone or too slow, a piece failed (op's error), or the
 * server is going down.  Closing is left then.
 */
bool pieces_send(struct op *op, struct reply *rep, struct wire *wire, struct buf *scratch,
                 int64_t wait_us, const atomic_bool *stop);

#endif

/* chore.h - what one worker does for all of them, now and then. */
#ifndef AGORALIA_CHORE_H
#define AGORALIA_CHORE_H

#include "common/base/op.h"

/* *mine: this worker does it now, and nobody again before so many seconds have passed. */
bool chore_take(struct op *op, const char *name, int every_seconds, bool *mine) MUSTCHECK;

/* It is due again in so many seconds, whatever was said when it was taken. */
bool chore_put_off(struct op *op, const char *name, int seconds) MUSTCHECK;

#endif

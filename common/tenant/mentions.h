/*
 * mentions.h - whom a text of ours tells of, so that it is found again when they are erased.
 */
#ifndef AGORALIA_MENTIONS_H
#define AGORALIA_MENTIONS_H

#include "common/base/op.h"

/*
 * Of JSON that a request sent or was answered, about subject ("/api/v1/leads/12/consent"): every
 * string that is a telephone number, however it is escaped, and "leads/12".  A Postgres array in
 * op's arena.
 */
const char *mentions(struct op *op, const char *subject, struct str json);

#endif

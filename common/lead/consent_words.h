/* consent_words.h - what a cell says about consent; what is not understood grants nothing. */
#ifndef AGORALIA_CONSENT_WORDS_H
#define AGORALIA_CONSENT_WORDS_H

#include "common/base/str.h"
#include "common/lead/lead.h"

/* False when the word is not known: *out is CONSENT_UNKNOWN then.  An empty cell is known. */
bool consent_read(struct str cell, enum consent_status *out);

/* A do-not-call cell: anything but an empty one or a plain no is an objection. */
bool objection_read(struct str cell);

#endif

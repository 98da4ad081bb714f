/*
 * email.h - e-mail addresses as names of people.
 *
 * ASCII only, local@domain, at most 254 bytes: an address that only looks like another's cannot be
 * written.  Compared in lower case, with nothing else made equal: what a plus sign or a dot means
 * is for the mailbox's owner to say.
 */
#ifndef AGORALIA_EMAIL_H
#define AGORALIA_EMAIL_H

#include "common/base/op.h"

enum { EMAIL_MAX = 254 };

/* For a field's check: NULL or a complaint. */
const char *email_complaint(const char *text);

/* As it is kept and compared; in op's arena. */
const char *email_key(struct op *op, const char *text);

#endif

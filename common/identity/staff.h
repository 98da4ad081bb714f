/* staff.h - whose verified address makes them the platform's staff (ADMIN_EMAILS). */
#ifndef AGORALIA_STAFF_H
#define AGORALIA_STAFF_H

#include "common/base/op.h"

/* email as email.h compares them; NULL = none. */
bool staff_has(struct op *op, const char *email);

#endif

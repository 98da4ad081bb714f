/* trail.h - a request that changes something, as an event of the audit log (common/tenant/audit.h).
 */
#ifndef AGORALIA_TRAIL_H
#define AGORALIA_TRAIL_H

#include "api/http.h"

/* The path, and the id of what was made behind it; rep NULL = not known yet.  In op's arena. */
const char *trail_subject(struct op *op, const struct req *req, const struct reply *rep);

/* What its path names, before it is changed; *before NULL when it names nothing. */
bool trail_before(struct op *op, const struct req *req, const char **before) MUSTCHECK;

/* rep NULL: the change is being committed, the answer not known yet. */
bool trail_record(struct op *op, const struct req *req, const char *before,
                  const struct reply *rep) MUSTCHECK;

#endif

/* scope.h - what an API key may be limited to. */
#ifndef AGORALIA_SCOPE_H
#define AGORALIA_SCOPE_H

#include "common/base/op.h"

enum scope {
    SCOPE_NONE, /* what no key with scopes comes to */
#define SCOPE(name, text) SCOPE_##name,
#include "common/tenant/scopes.def"
#undef SCOPE
};

extern const char *const scope_names[]; /* by enum scope; SCOPE_NONE is "" */

/* One bit per scope; 0 = no limits. */
typedef uint32_t scope_set;

/*
 * json: an array of names, or NULL for no limits.  NULL when taken, else a complaint; an empty
 * array is none, for a key that may nothing has no use.
 */
const char *scopes_read(struct op *op, const char *json, scope_set *out);

static inline bool scopes_reach(scope_set have, enum scope needed)
{
    return have == 0 || (needed != SCOPE_NONE && (have & 1u << needed));
}

#endif

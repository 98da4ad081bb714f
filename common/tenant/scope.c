/* scope.c - names to bits. */

#include "common/tenant/scope.h"

#include "common/base/fields.h"
#include "common/base/json.h"

const char *const scope_names[] = {
    "",
#define SCOPE(name, text) text,
#include "common/tenant/scopes.def"
#undef SCOPE
    NULL,
};

_Static_assert(ARRAY_LEN(scope_names) <= 33, "a scope_set has a bit for each");

const char *scopes_read(struct op *op, const char *json, scope_set *out)
{
    struct op part = {.request_id = op->request_id};
    const struct cJSON *all = NULL;

    *out = 0;
    if (!json)
        return NULL;
    bool ok = json_parse(&part, str_of(json), &all) && json_is_array(all);
    for (const struct cJSON *v = ok ? json_first(all) : NULL; v; v = json_next(v)) {
        int scope = json_string(v) ? label_find(scope_names, str_of(json_string(v))) : -1;
        ok = ok && scope > SCOPE_NONE;
        *out |= ok ? 1u << scope : 0;
    }
    op_end(&part);
    return ok && *out ? NULL : "must be an array of scopes, such as \"calls:read\"";
}

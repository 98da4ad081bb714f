/* registry_list.c - the database's registry_list() as a struct. */

#include "common/compliance/registry_list.h"

#include "common/store/db.h"
#include "queries.h"

static const struct field list_fields[] = {
    FIELD(struct registry_list, listed_as_of),
    FIELD(struct registry_list, missing_from),
};
static const struct type list_type = TYPE(struct registry_list, list_fields);

bool registry_list_get(struct op *op, const char *registry, struct registry_list *out)
{
    struct rows rows;

    *out = (struct registry_list){0};
    return db_query(op, &SQL_REGISTRY_LIST, ARGS({"registry", registry}), &rows)
           && from_row(op, &rows, 0, &list_type, out);
}

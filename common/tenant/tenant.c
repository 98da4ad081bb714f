/* tenant.c - tenants as the operator makes them. */

#include "common/tenant/tenant.h"

#include "common/base/conf.h"
#include "common/store/db.h"
#include "queries.h"

static const struct field tenant_fields[] = {
    FIELD(struct tenant, id, .flags = F_READONLY),
    FIELD(struct tenant, name, .flags = F_REQUIRED, .max = 255),
    FIELD(struct tenant, status, .flags = F_READONLY),
    FIELD(struct tenant, test, .flags = F_READONLY),
    FIELD(struct tenant, created_at, .flags = F_READONLY),
};
const struct type tenant_type = TYPE(struct tenant, tenant_fields);

bool tenant_create(struct op *op, const char *name, bool test, struct tenant *out)
{
    const char *wrong = field_check_text(&tenant_fields[1], str_of(name));

    if (wrong) {
        err_detail(op, "name", wrong);
        return fail(op, E_VALIDATION_ERROR, "Request validation failed");
    }
    *out = (struct tenant){.name = name, .test = test};
    return db_store(op, &SQL_TENANT_INSERT, &tenant_type, out);
}

bool tenant_list(struct op *op, struct tenant **out, int *n)
{
    struct rows rows;

    if (!db_query(op, &SQL_TENANT_LIST, NO_ARGS, &rows))
        return false;
    *n = rows.n;
    return (*out = from_rows(op, &rows, &tenant_type)) != NULL;
}

bool tenant_is_served(struct op *op, bool test)
{
    if (test == conf_serves_tests(op->app->conf))
        return true;
    return test ? fail(op, E_PERMISSION_DENIED, "Test tenants are served elsewhere, not here")
                : fail(op, E_PERMISSION_DENIED, "Only test tenants are served here");
}

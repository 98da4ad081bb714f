/* limits.c - the rows of provider_limits as the operator sees and sets them. */

#include "common/provider/limits.h"

#include "common/store/db.h"
#include "queries.h"

#define STARTS_MOST 1000000.0

static const struct field limits_fields[] = {
    FIELD(struct provider_limits, provider, .flags = F_READONLY),
    FIELD(struct provider_limits, concurrency_limit, .flags = F_READONLY),
    FIELD(struct provider_limits, reserved_inbound, .flags = F_READONLY),
    FIELD(struct provider_limits, others_live, .flags = F_READONLY),
    FIELD(struct provider_limits, starts_per_second, .flags = F_READONLY),
    FIELD(struct provider_limits, told_at, .flags = F_READONLY),
};
const struct type provider_limits_type = TYPE(struct provider_limits, limits_fields);

bool provider_limits_list(struct op *op, struct provider_limits **out, int *n)
{
    struct rows rows;

    if (!db_query(op, &SQL_PROVIDER_LIMITS_LIST, NO_ARGS, &rows))
        return false;
    *n = rows.n;
    return (*out = from_rows(op, &rows, &provider_limits_type)) != NULL;
}

bool provider_pace_set(struct op *op, const char *provider, double starts_per_second)
{
    struct rows rows;

    if (!(starts_per_second > 0 && starts_per_second <= STARTS_MOST)) {
        err_detail(op, "starts_per_second", "must be above 0 and at most 1000000");
        return fail(op, E_VALIDATION_ERROR, "The pace cannot be set");
    }
    if (!db_query(op, &SQL_PROVIDER_PACE_SET,
                  ARGS({"provider", provider},
                       {"starts_per_second", arena_printf(&op->arena, "%.17g", starts_per_second)}),
                  &rows))
        return false;
    return rows.affected == 1
           || fail(op, E_RESOURCE_NOT_FOUND, "There is no provider named \"%s\"", provider);
}

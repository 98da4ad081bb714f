/* limits.c - the rows of provider_limits as the operator sees them. */

#include "common/provider/limits.h"

#include "common/store/db.h"
#include "queries.h"

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

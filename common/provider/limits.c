/* limits.c - the rows of provider_limits as the operator sees them. */

#include "common/provider/limits.h"

#include "common/base/conf.h"
#include "common/base/log.h"
#include "common/store/db.h"
#include "queries.h"

#include <math.h>
#include <stdlib.h>

#define MOST_STARTS 100000.0

static const struct field limits_fields[] = {
    FIELD(struct provider_limits, provider, .flags = F_READONLY),
    FIELD(struct provider_limits, concurrency_limit, .flags = F_READONLY),
    FIELD(struct provider_limits, reserved_inbound, .flags = F_READONLY),
    FIELD(struct provider_limits, others_live, .flags = F_READONLY),
    FIELD(struct provider_limits, starts_per_second, .flags = F_READONLY),
    FIELD(struct provider_limits, starts_set_by, .flags = F_READONLY),
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

/* As SQL reads it, or NULL. */
static const char *read_rate(struct op *op, const char *text)
{
    char *end;
    double rate = strtod(text, &end);

    if (end == text || *end || !isfinite(rate) || rate <= 0 || rate > MOST_STARTS)
        return NULL;
    return arena_printf(&op->arena, "%.6f", rate);
}

const char *provider_limits_setting(struct op *op)
{
    const char *text = op->app->conf->provider_starts_per_second;
    const char *rate = read_rate(op, text);

    if (rate)
        return rate;
    log_error(op, "provider.misconfigured", F("setting", "PROVIDER_STARTS_PER_SECOND"),
              F("value", text));
    return "1000";
}

bool provider_limits_set_starts(struct op *op, const char *provider, const char *rate)
{
    const char *starts = rate ? read_rate(op, rate) : provider_limits_setting(op);
    struct rows rows;

    if (!starts) {
        err_detail(op, "starts_per_second", "must be a number above 0, at most 100000");
        return fail(op, E_VALIDATION_ERROR, "The rate cannot be set");
    }
    if (!db_query(op, &SQL_PROVIDER_STARTS_SET,
                  ARGS({"provider", provider}, {"starts", starts},
                       {"set_by", rate ? "operator" : "setting"}),
                  &rows))
        return false;
    if (rows.affected == 0)
        return fail(op, E_RESOURCE_NOT_FOUND, "There is no provider \"%s\"", provider);
    return true;
}

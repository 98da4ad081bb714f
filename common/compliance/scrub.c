/* scrub.c - one statement: the rules know their registries, the leads their numbers. */

#include "common/compliance/scrub.h"

#include "common/base/clock.h"
#include "common/store/db.h"
#include "queries.h"

bool scrub_record(struct op *op, const char *country_iso, struct tstamp at, int64_t *n)
{
    struct rows rows;

    if (at.us > clock_now_us()) {
        err_detail(op, "scrubbed_at", "must not be in the future");
        return fail(op, E_VALIDATION_ERROR, "Request validation failed");
    }
    if (!db_query(op, &SQL_SCRUB_RECORD,
                  ARGS({"country_iso", country_iso}, {"at", sql_tstamp(op, at)}), &rows))
        return false;
    *n = rows.affected;
    return true;
}

/* campaign_repo.c - campaigns as rows; the SQL is in sql/queries/campaigns.sql. */

#include "common/campaign/campaign_repo.h"

#include "common/store/db.h"
#include "queries.h"

#include <inttypes.h>

static bool read_one(struct op *op, const struct query *q, int64_t id, struct campaign *out)
{
    struct rows rows;

    if (!db_query(op, q, ARGS({"id", sql_i64(op, id)}), &rows))
        return false;
    if (rows.n == 0)
        return fail(op, E_CAMPAIGN_NOT_FOUND, "Campaign with ID %" PRId64 " not found", id);
    return from_row(op, &rows, 0, &campaign_type, out);
}

bool campaign_repo_get(struct op *op, int64_t id, struct campaign *out)
{
    return read_one(op, &SQL_CAMPAIGN_GET, id, out);
}

bool campaign_repo_lock(struct op *op, int64_t id, struct campaign *out)
{
    return read_one(op, &SQL_CAMPAIGN_LOCK, id, out);
}

bool campaign_repo_insert(struct op *op, struct campaign *c)
{
    return db_store(op, &SQL_CAMPAIGN_INSERT, &campaign_type, c);
}

bool campaign_repo_update(struct op *op, struct campaign *c)
{
    return db_store(op, &SQL_CAMPAIGN_UPDATE, &campaign_type, c);
}

bool execution_repo_open(struct op *op, int64_t campaign_id, struct campaign_execution *out)
{
    *out = (struct campaign_execution){.campaign_id = campaign_id};
    if (db_store(op, &SQL_EXECUTION_OPEN, &campaign_execution_type, out))
        return true;
    if (op->err.code == E_ALREADY_EXISTS)
        op->err.code = E_INVALID_STATE;
    return false;
}

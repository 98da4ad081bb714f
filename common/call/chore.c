/* chore.c - the row is the guard: whoever moves its due time does the work. */

#include "common/call/chore.h"

#include "common/store/db.h"
#include "queries.h"

bool chore_take(struct op *op, const char *name, int every_seconds, bool *mine)
{
    struct rows rows;

    *mine = false;
    if (!db_query(op, &SQL_CHORE_TAKE,
                  ARGS({"name", name}, {"seconds", sql_i64(op, every_seconds)}), &rows))
        return false;
    *mine = rows.n > 0;
    return true;
}

bool chore_put_off(struct op *op, const char *name, int seconds)
{
    struct rows rows;

    return db_query(op, &SQL_CHORE_PUT_OFF, ARGS({"name", name}, {"seconds", sql_i64(op, seconds)}),
                    &rows);
}

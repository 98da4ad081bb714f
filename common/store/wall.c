/* wall.c - the catalog's word about the wall. */

#include "common/store/wall.h"

#include "common/store/db.h"
#include "queries.h"

bool wall_look(struct op *op, struct wall *out)
{
    struct rows rows;

    if (!db_query(op, &SQL_WALL_SEEN, NO_ARGS, &rows))
        return false;
    *out = (struct wall){.login = db_text(&rows, 0, "login"),
                         .above = db_bool(&rows, 0, "above"),
                         .owner = db_bool(&rows, 0, "owner"),
                         .open_tables = db_text(&rows, 0, "open_tables")};
    return true;
}

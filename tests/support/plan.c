/* plan.c - EXPLAIN of a prepared statement, under the settings of the product's pool. */

#include "tests/support/plan.h"

#include "tests/support/check.h"

#include <inttypes.h>
#include <stdlib.h>

static const char *value_of(struct op *op, const struct arg *args, const char *name)
{
    if (strcmp(name, "tenant_id") == 0)
        return sql_i64(op, op->tenant_id);
    for (; args->name; args++)
        if (strcmp(args->name, name) == 0)
            return args->value;
    fail_msg("no value for %s", name);
    return NULL;
}

const char *plan_of(struct testdb *db, struct op *op, const struct query *q, const struct arg *args)
{
    const char *values = "", *comma = "";

    for (int i = 0; q->params[i]; i++, comma = ", ") {
        const char *v = value_of(op, args, q->params[i]);
        values = arena_printf(&op->arena, v ? "%s%s'%s'" : "%s%sNULL", values, comma, v);
    }
    char *text =
        testdb_sql(db,
                   "SET enable_seqscan = off; SET jit = off;"
                   "SET plan_cache_mode = force_generic_plan;"
                   "SET agoralia.tenant = '%" PRId64 "'; SET ROLE %s; PREPARE p AS %s;"
                   "EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE p (%s)",
                   op->tenant_id, q->reach == REACH_PLATFORM ? "agoralia_platform" : "agoralia_app",
                   q->sql, values);
    const char *kept = arena_strdup(&op->arena, text);
    free(text);
    return kept;
}

bool plan_reads_all(const char *plan)
{
    return strstr(plan, "\"Seq Scan\"") != NULL;
}

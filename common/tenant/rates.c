/* rates.c - rows of rate_limits. */

#include "common/tenant/rates.h"

#include "common/store/db.h"
#include "queries.h"

static const char *const class_names[] = {"read", "write", "dial", "import", "urgent", NULL};

static const struct field rate_limit_fields[] = {
    FIELD(struct rate_limit, principal, .max = 64),
    FIELD(struct rate_limit, class, .flags = F_REQUIRED, .labels = class_names),
    FIELD(struct rate_limit, per_minute, .min = 1, .max = 100000000),
    FIELD(struct rate_limit, burst, .min = 1, .max = 100000000),
};
const struct type rate_limit_type = TYPE(struct rate_limit, rate_limit_fields);

static const struct arg *args_of(struct op *op, const struct rate_limit *l)
{
    const struct arg args[] = {
        {"principal", l->principal},
        {"class", l->class},
        {"per_minute", sql_i64(op, l->per_minute)},
        {"burst", sql_i64(op, l->burst)},
        {0},
    };

    return memcpy(arena_alloc(&op->arena, sizeof(args)), args, sizeof(args));
}

bool rate_limit_get(struct op *op, struct rate_limit *inout, bool *found)
{
    struct rows rows;

    *found = false;
    if (!db_query(op, &SQL_RATE_LIMIT_GET, args_of(op, inout), &rows))
        return false;
    if (rows.n == 0)
        return true;
    *found = true;
    inout->per_minute = db_i64(&rows, 0, "per_minute");
    inout->burst = db_i64(&rows, 0, "burst");
    return true;
}

/* Every field again as it would be read: the ranges are the table's. */
static bool check(struct op *op, const struct rate_limit *l)
{
    for (size_t i = 0; i < rate_limit_type.nfields; i++) {
        const struct field *f = &rate_limit_fields[i];
        struct rate_limit copy = *l;
        const char *text = field_write_text(op, f, (const char *)l + f->offset);
        const char *wrong =
            text ? field_read_text(op, f, str_of(text), (char *)&copy + f->offset) : NULL;
        if (wrong)
            err_detail(op, f->name, wrong);
    }
    return !op->err.details || fail(op, E_VALIDATION_ERROR, "The limit cannot be set");
}

bool rate_limit_set(struct op *op, const struct rate_limit *l)
{
    struct rows rows;

    if (!check(op, l) || !db_query(op, &SQL_RATE_LIMIT_SET, args_of(op, l), &rows))
        return false;
    return rows.affected == 1 || fail(op, E_RESOURCE_NOT_FOUND, "There is no key with that prefix");
}

bool rate_limit_end(struct op *op, const struct rate_limit *l)
{
    struct rows rows;

    return db_query(op, &SQL_RATE_LIMIT_END, args_of(op, l), &rows);
}

bool rate_limit_list(struct op *op, struct rate_limit **out, int *n)
{
    struct rows rows;

    if (!db_query(op, &SQL_RATE_LIMIT_LIST, NO_ARGS, &rows))
        return false;
    *n = rows.n;
    return (*out = from_rows(op, &rows, &rate_limit_type)) != NULL;
}

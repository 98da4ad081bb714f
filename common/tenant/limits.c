/* limits.c - a tenant's own columns, and its row among the budgets. */

#include "common/tenant/limits.h"

#include "common/store/db.h"
#include "queries.h"

enum { CENTS_MOST = 2000000000 };

static const char *const on_unknown_names[] = {"redial", "never_redial", NULL};
static const char *const unknown_scope_names[] = {"warn", "block", NULL};

static const struct field limits_fields[] = {
    FIELD(struct tenant_limits, max_concurrent_calls, .min = 1, .max = 100000),
    FIELD(struct tenant_limits, on_unknown, .flags = F_REQUIRED, .labels = on_unknown_names),
    FIELD(struct tenant_limits, unknown_scope, .flags = F_REQUIRED, .labels = unknown_scope_names),
    FIELD(struct tenant_limits, budget_cents, .min = 0, .max = CENTS_MOST),
    FIELD(struct tenant_limits, reserve_cents, .min = 0, .max = CENTS_MOST),
    FIELD(struct tenant_limits, spent_cents, .flags = F_READONLY),
};
const struct type tenant_limits_type = TYPE(struct tenant_limits, limits_fields);

bool tenant_limits_get(struct op *op, struct tenant_limits *out)
{
    struct rows rows;

    *out = (struct tenant_limits){0};
    if (!db_query(op, &SQL_TENANT_LIMITS_GET, NO_ARGS, &rows))
        return false;
    if (rows.n == 0)
        return fail(op, E_RESOURCE_NOT_FOUND, "There is no tenant with that ID");
    return from_row(op, &rows, 0, &tenant_limits_type, out);
}

/* Every field again as it would be read: the ranges are the table's. */
static bool check(struct op *op, const struct tenant_limits *l)
{
    for (size_t i = 0; i < tenant_limits_type.nfields; i++) {
        const struct field *f = &limits_fields[i];
        struct tenant_limits copy = *l;
        const char *text = field_write_text(op, f, (const char *)l + f->offset);
        const char *wrong =
            text ? field_read_text(op, f, str_of(text), (char *)&copy + f->offset) : NULL;
        if (wrong)
            err_detail(op, f->name, wrong);
    }
    if (l->reserve_cents.set && !l->budget_cents.set)
        err_detail(op, "reserve_cents", "needs a budget");
    return !op->err.details || fail(op, E_VALIDATION_ERROR, "The limits cannot be set");
}

bool tenant_limits_set(struct op *op, const struct tenant_limits *l)
{
    struct rows columns, budget;
    const struct query *change =
        l->budget_cents.set ? &SQL_TENANT_BUDGET_SET : &SQL_TENANT_BUDGET_END;
    const struct arg *args =
        ARGS({"max_concurrent_calls",
              l->max_concurrent_calls.set ? sql_i64(op, l->max_concurrent_calls.v) : NULL},
             {"on_unknown", l->on_unknown}, {"unknown_scope", l->unknown_scope},
             {"budget_cents", l->budget_cents.set ? sql_i64(op, l->budget_cents.v) : NULL},
             {"reserve_cents", l->reserve_cents.set ? sql_i64(op, l->reserve_cents.v) : NULL});

    return check(op, l) && db_begin(op)
           && db_ask(op,
                     (const struct ask[]){{&SQL_TENANT_LIMITS_SET, args, &columns},
                                          {change, args, &budget}},
                     2)
           && db_commit(op);
}

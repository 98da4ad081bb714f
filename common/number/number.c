/* number.c - caller ids: registered here when the provider has them. */

#include "common/number/number.h"

#include "common/number/country.h"
#include "common/number/e164.h"
#include "common/number/phone_facts.h"
#include "common/provider/provider.h"
#include "common/store/db.h"
#include "common/tenant/workspace.h"
#include "queries.h"

#include <inttypes.h>

_Static_assert(sizeof(enum number_status) == sizeof(int), "FIELD_ENUM stores an int");

static const char *const number_types[] = {"local", "toll-free", "mobile", NULL};
static const char *const number_statuses[] = {"pending", "active", "suspended", "released", NULL};
static const char *const number_providers[] = {"retell",    "twilio",    "vonage",
                                               "bandwidth", "simulator", NULL};

static const struct field number_fields[] = {
    FIELD(struct number, id, .flags = F_READONLY),
    FIELD(struct number, e164, .flags = F_REQUIRED, .max = 16, .check = e164_complaint),
    FIELD(struct number, country, .flags = F_READONLY),
    FIELD_ENUM(struct number, type, number_types, .flags = F_NOT_NULL),
    FIELD_ENUM(struct number, status, number_statuses, .flags = F_READONLY),
    FIELD_ENUM(struct number, provider, number_providers, .flags = F_NOT_NULL),
    FIELD(struct number, provider_number_id, .flags = F_READONLY),
    FIELD(struct number, verified, .flags = F_READONLY),
    FIELD(struct number, capabilities, .flags = F_OBJECT | F_NOT_NULL, .max = 1024),
    FIELD(struct number, monthly_cost_cents, .max = 100000000),
    FIELD(struct number, setup_cost_cents, .max = 100000000),
    FIELD(struct number, created_at, .flags = F_READONLY),
    FIELD(struct number, updated_at, .flags = F_READONLY),
};
const struct type number_type = TYPE(struct number, number_fields);

static const struct field number_query_fields[] = {
    FIELD(struct number_query, country, .check = country_complaint),
    FIELD(struct number_query, status, .labels = number_statuses),
    FIELD(struct number_query, provider, .labels = number_providers),
};
const struct type number_query_type = TYPE(struct number_query, number_query_fields);

/* The provider's list is the proof that calls may be made from this number. */
static bool find_at_provider(struct op *op, struct number *n)
{
    const struct provider *p;
    struct provider_numbers all;

    if (!workspace_own(op, &p))
        return false;
    if (strcmp(number_providers[n->provider], p->name) != 0) {
        err_detail(op, "provider",
                   arena_printf(&op->arena, "only numbers held at %s can be registered", p->name));
        return fail(op, E_VALIDATION_ERROR, "Request validation failed");
    }
    if (!p->list_numbers(op, p, &all))
        return false;
    for (size_t i = 0; i < all.n; i++)
        if (strcmp(all.items[i].e164, n->e164) == 0) {
            n->provider_number_id = all.items[i].provider_number_id;
            return true;
        }
    err_detail(op, "e164", "is not a number of this account at the provider");
    return fail(op, E_VALIDATION_ERROR, "Request validation failed");
}

bool number_register(struct op *op, struct number *n)
{
    if (!find_at_provider(op, n))
        return false;
    n->country = phone_region(n->e164);
    n->status = NUMBER_ACTIVE;
    n->verified = true;
    if (db_begin(op) && db_store(op, &SQL_NUMBER_INSERT, &number_type, n) && db_commit(op))
        return true;
    if (op->err.code == E_ALREADY_EXISTS)
        err_detail(op, "e164", "is already registered");
    return false;
}

bool number_get(struct op *op, int64_t id, struct number *out)
{
    struct rows rows;

    if (!db_query(op, &SQL_NUMBER_GET, ARGS({"id", sql_i64(op, id)}), &rows))
        return false;
    if (rows.n == 0)
        return fail(op, E_NUMBER_NOT_FOUND, "Number with ID %" PRId64 " not found", id);
    return from_row(op, &rows, 0, &number_type, out);
}

bool number_list(struct op *op, const struct number_query *q, struct number **out, int *n)
{
    struct rows rows;

    if (!db_query(op, &SQL_NUMBER_LIST,
                  ARGS({"country", q->country}, {"status", q->status}, {"provider", q->provider}),
                  &rows))
        return false;
    *n = rows.n;
    return (*out = from_rows(op, &rows, &number_type)) != NULL;
}

bool number_is_active(struct op *op, const char *e164, bool *out)
{
    struct rows rows;

    if (!db_query(op, &SQL_NUMBER_ACTIVE, ARGS({"e164", e164}), &rows))
        return false;
    *out = rows.n > 0;
    return true;
}

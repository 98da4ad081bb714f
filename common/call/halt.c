/* halt.c - the word under its lock, then the wait for what was claimed before it. */

#include "common/call/halt.h"

#include "common/base/log.h"
#include "common/campaign/campaign.h"
#include "common/number/country.h"
#include "common/store/db.h"
#include "queries.h"

#include <inttypes.h>
#include <stdlib.h>

static bool require_reason(struct op *op, const struct halt *h)
{
    const char *wrong = field_check_text(type_field(&halt_type, STR("reason")), str_of(h->reason));

    if (!wrong)
        return true;
    err_detail(op, "reason", wrong);
    return fail(op, E_VALIDATION_ERROR, "Request validation failed");
}

/* Claims ask by the country whose rules govern a territory. */
static bool take_country(struct op *op, struct halt *h)
{
    const char *wrong = country_complaint(h->key);

    if (wrong) {
        err_detail(op, "country_iso", wrong);
        return fail(op, E_VALIDATION_ERROR, "Request validation failed");
    }
    h->key = country_of_rules(h->key);
    return true;
}

static bool check(struct op *op, struct halt *h)
{
    struct campaign c = {0};

    if (!require_reason(op, h))
        return false;
    if (h->scope == DIALLING_COUNTRY)
        return take_country(op, h);
    return h->scope != DIALLING_CAMPAIGN || campaign_get(op, strtoll(h->key, NULL, 10), &c);
}

static bool insert(struct op *op, struct halt *h)
{
    struct rows locked, standing;
    const struct field *cause = type_field(&halt_type, STR("cause"));
    const struct field *set_by = type_field(&halt_type, STR("set_by"));
    const struct arg *args =
        ARGS({"scope", dialling_scope_names[h->scope]}, {"key", h->key},
             {"cause", field_write_text(op, cause, &h->cause)},
             {"set_by", field_write_text(op, set_by, &h->set_by)}, {"reason", h->reason});

    return db_begin(op)
           && db_ask(op,
                     (const struct ask[]){{&SQL_HALT_LOCK, NO_ARGS, &locked},
                                          {&SQL_HALT_INSERT, args, &standing}},
                     2)
           && from_row(op, &standing, 0, &halt_type, h) && db_commit(op);
}

bool halt_set(struct op *op, struct halt *h)
{
    if (!h->key)
        h->key = "";
    if (!check(op, h) || !insert(op, h))
        return false;
    log_warning(op, "halt.stands", F("halt_id", h->id), F("scope", dialling_scope_names[h->scope]),
                F("key", h->key));
    return dialling_settle(op, h->scope, h->key);
}

static bool find(struct op *op, int64_t id, struct halt *out)
{
    struct rows rows;

    *out = (struct halt){0};
    if (!db_query(op, &SQL_HALT_FIND, ARGS({"id", sql_i64(op, id)}), &rows))
        return false;
    if (rows.n == 0)
        return fail(op, E_HALT_NOT_FOUND, "Halt with ID %" PRId64 " not found", id);
    return from_row(op, &rows, 0, &halt_type, out);
}

static bool may_lift(struct op *op, const struct halt *h)
{
    bool operators = h->cause == HALT_OPERATOR && h->set_by == HALT_BY_PLATFORM;

    if (op->tenant_id && (operators || !h->tenant_id.set))
        return fail(op, E_PERMISSION_DENIED,
                    "Halt with ID %" PRId64 " was set by the platform, which alone can lift it",
                    h->id);
    if (h->cause == HALT_FAILOVER)
        return fail(op, E_INVALID_STATE,
                    "Halt with ID %" PRId64 " ends by itself, when the database has been compared",
                    h->id);
    return true;
}

bool halt_lift(struct op *op, int64_t id, struct halt *out)
{
    struct rows rows;

    if (!find(op, id, out) || !may_lift(op, out)
        || !db_query(op, &SQL_HALT_LIFT, ARGS({"id", sql_i64(op, id)}), &rows)
        || !from_row(op, &rows, 0, &halt_type, out))
        return false;
    log_warning(op, "halt.lifted", F("halt_id", id), F("scope", dialling_scope_names[out->scope]),
                F("key", out->key));
    return true;
}

bool halt_list(struct op *op, const struct halt_query *q, struct halt **out, int *n, int64_t *total)
{
    struct rows page, count;
    const struct arg *args =
        ARGS({"standing", q->standing.set ? sql_bool(q->standing.v) : NULL},
             {"limit", sql_i64(op, q->limit)}, {"offset", sql_i64(op, q->offset)});

    if (!db_ask(
            op,
            (const struct ask[]){{&SQL_HALT_LIST, args, &page}, {&SQL_HALT_COUNT, args, &count}},
            2))
        return false;
    *n = page.n;
    *total = db_i64(&count, 0, "n");
    return (*out = from_rows(op, &page, &halt_type)) != NULL;
}

/* lead.c - leads as rows; the SQL is in sql/queries/leads.sql. */

#include "common/lead/lead.h"

#include "common/base/page.h"
#include "common/number/country.h"
#include "common/number/e164.h"
#include "common/number/phone_facts.h"
#include "common/store/db.h"
#include "queries.h"

#include <inttypes.h>

_Static_assert(sizeof(enum consent_status) == sizeof(int), "FIELD_ENUM stores an int");

const char *const consent_status_names[] = {"unknown", "granted", "denied", "expired", NULL};

enum consent_status consent_named(const char *name)
{
    int i = label_find(consent_status_names, str_of(name));

    return i < 0 ? CONSENT_UNKNOWN : (enum consent_status)i;
}

static const struct field lead_fields[] = {
    FIELD(struct lead, id, .flags = F_READONLY),
    FIELD(struct lead, campaign_id, .min = 1, .max = INT64_MAX),
    FIELD(struct lead, name, .flags = F_REQUIRED, .max = 255),
    FIELD(struct lead, phone, .flags = F_REQUIRED, .max = 16, .check = e164_complaint),
    FIELD(struct lead, email, .max = 254),
    FIELD(struct lead, company, .max = 255),
    FIELD(struct lead, role, .max = 255),
    FIELD(struct lead, country_iso, .check = country_complaint),
    FIELD(struct lead, preferred_lang, .check = language_complaint),
    FIELD(struct lead, consent_basis, .max = 64),
    FIELD_ENUM(struct lead, consent_status, consent_status_names, .flags = F_NOT_NULL),
    FIELD(struct lead, consent_date, .flags = 0),
    FIELD(struct lead, consent_source, .max = 255),
    FIELD(struct lead, consent_terms, .flags = F_HIDDEN | F_READONLY),
    FIELD(struct lead, calls_count, .flags = F_READONLY),
    FIELD(struct lead, last_called_at, .flags = F_READONLY),
    FIELD(struct lead, last_call_status, .flags = F_READONLY),
    FIELD(struct lead, disposition, .flags = F_READONLY),
    FIELD(struct lead, metadata, .flags = F_OBJECT, .max = 16384),
    FIELD(struct lead, created_at, .flags = F_READONLY),
    FIELD(struct lead, updated_at, .flags = F_READONLY),
};
const struct type lead_type = TYPE(struct lead, lead_fields);

static const struct field lead_query_fields[] = {
    FIELD(struct lead_query, campaign_id, .min = 1, .max = INT64_MAX),
    FIELD(struct lead_query, country_iso, .check = country_complaint),
    FIELD(struct lead_query, consent_status, .labels = consent_status_names),
    FIELD(struct lead_query, q, .min = 1, .max = 100),
    FIELD(struct lead_query, has_been_called, .flags = 0),
    FIELD(struct lead_query, disposition, .max = 64),
    FIELD(struct lead_query, created_gte, .flags = 0),
    FIELD(struct lead_query, created_lte, .flags = 0),
    PAGE_FIELDS(struct lead_query),
};
const struct type lead_query_type = TYPE(struct lead_query, lead_query_fields);

static bool fail_insert(struct op *op)
{
    if (op->err.code == E_ALREADY_EXISTS)
        err_detail(op, "phone", "is already a lead there");
    if (op->err.code != E_INVALID_STATE)
        return false;
    op_forgive(op); /* the only foreign key a body can break */
    err_detail(op, "campaign_id", "is not a campaign of yours");
    return fail(op, E_VALIDATION_ERROR, "Request validation failed");
}

/* Read again, from nothing: a number that refused makes its new lead denied. */
bool lead_create(struct op *op, struct lead *l)
{
    struct lead made = {0};
    struct rows rows;

    if (!l->country_iso)
        l->country_iso = phone_region(l->phone);
    if (!db_begin(op) || !db_store(op, &SQL_LEAD_INSERT, &lead_type, l))
        return fail_insert(op);
    if (!db_query_commit(op, &SQL_LEAD_GET, ARGS({"id", sql_i64(op, l->id)}), &rows)
        || !from_row(op, &rows, 0, &lead_type, &made))
        return false;
    *l = made;
    return true;
}

bool lead_get(struct op *op, int64_t id, struct lead *out)
{
    struct rows rows;

    if (!db_query(op, &SQL_LEAD_GET, ARGS({"id", sql_i64(op, id)}), &rows))
        return false;
    if (rows.n == 0)
        return fail(op, E_LEAD_NOT_FOUND, "Lead with ID %" PRId64 " not found", id);
    return from_row(op, &rows, 0, &lead_type, out);
}

/* q as a LIKE pattern that matches it anywhere, its own % and _ meaning themselves. */
static const char *like_anywhere(struct op *op, const char *q)
{
    struct buf b = {0};

    if (!q)
        return NULL;
    buf_char(&b, '%');
    for (; *q; q++) {
        if (*q == '%' || *q == '_' || *q == '\\')
            buf_char(&b, '\\');
        buf_char(&b, *q);
    }
    buf_char(&b, '%');
    const char *pattern = arena_strndup(&op->arena, b.p, b.n);
    buf_free(&b);
    return pattern;
}

static const char *opt_text(struct op *op, struct opt_i64 v)
{
    return v.set ? sql_i64(op, v.v) : NULL;
}

bool lead_list(struct op *op, const struct lead_query *q, struct lead **out, int *n, int64_t *total)
{
    struct rows page, count;
    const struct arg *args =
        ARGS({"lane", opt_text(op, q->campaign_id)}, {"country_iso", q->country_iso},
             {"consent_status", q->consent_status}, {"q", like_anywhere(op, q->q)},
             {"has_been_called", q->has_been_called.set ? sql_bool(q->has_been_called.v) : NULL},
             {"disposition", q->disposition}, {"created_gte", sql_tstamp(op, q->created_gte)},
             {"created_lte", sql_tstamp(op, q->created_lte)}, {"limit", sql_i64(op, q->limit)},
             {"offset", sql_i64(op, q->offset)});

    if (!db_ask(
            op,
            (const struct ask[]){{&SQL_LEAD_LIST, args, &page}, {&SQL_LEAD_COUNT, args, &count}},
            2))
        return false;
    *n = page.n;
    *total = db_i64(&count, 0, "n");
    return (*out = from_rows(op, &page, &lead_type)) != NULL;
}

/* checks.c - decisions out of the database: pages, one, and exports of all. */

#include "common/compliance/checks.h"

#include "common/base/csv_write.h"
#include "common/base/page.h"
#include "common/compliance/verdict.h"
#include "common/number/country.h"
#include "common/number/e164.h"
#include "common/store/db.h"
#include "queries.h"

enum { PIECE = 1000 };

static const struct field compliance_check_fields[] = {
    FIELD(struct compliance_check, id, .flags = 0),
    FIELD(struct compliance_check, status, .flags = 0),
    FIELD(struct compliance_check, rejection_code, .flags = 0),
    FIELD(struct compliance_check, rejection_reason, .flags = 0),
    FIELD(struct compliance_check, all_codes, .flags = 0),
    FIELD(struct compliance_check, warnings, .flags = 0),
    FIELD(struct compliance_check, next_allowed_at, .flags = 0),
    FIELD(struct compliance_check, to_number, .flags = 0),
    FIELD(struct compliance_check, country_iso, .flags = 0),
    FIELD(struct compliance_check, scheduled_time, .flags = 0),
    FIELD(struct compliance_check, call_id, .flags = 0),
    FIELD(struct compliance_check, scheduled_call_id, .flags = 0),
    FIELD(struct compliance_check, campaign_id, .flags = 0),
    FIELD(struct compliance_check, lead_id, .flags = 0),
    FIELD(struct compliance_check, dnc_check, .flags = 0),
    FIELD(struct compliance_check, quiet_hours_check, .flags = 0),
    FIELD(struct compliance_check, consent_check, .flags = 0),
    FIELD(struct compliance_check, disclosure_check, .flags = 0),
    FIELD(struct compliance_check, platform_rule_id, .flags = 0),
    FIELD(struct compliance_check, country_rule_id, .flags = 0),
    FIELD(struct compliance_check, engine_version, .flags = 0),
    FIELD(struct compliance_check, tzdata_version, .flags = 0),
    FIELD(struct compliance_check, checked_at, .flags = 0),
    FIELD(struct compliance_check, checked_by, .flags = 0),
};
const struct type compliance_check_type = TYPE(struct compliance_check, compliance_check_fields);

static const char *code_complaint(const char *s)
{
    for (enum compliance_code c = 0; c < CC_COUNT; c++)
        if (strcmp(compliance_code_name(c), s) == 0)
            return NULL;
    return "must be a rejection code";
}

static const char *const statuses[] = {"approved", "warning", "rejected", NULL};
static const char *const formats[] = {"csv", "ndjson", NULL};

/* What both queries have. */
struct filter {
    struct tstamp from, to;
    const char *status, *rejection_code, *to_number, *country_iso, *call_id;
    struct opt_i64 campaign_id, lead_id, scheduled_call_id;
};
#define FILTER_OF(q) \
    (struct filter) \
    { \
        (q)->from, (q)->to, (q)->status, (q)->rejection_code, (q)->to_number, (q)->country_iso, \
            (q)->call_id, (q)->campaign_id, (q)->lead_id, (q)->scheduled_call_id \
    }

static const struct field check_list_query_fields[] = {
    FIELD(struct check_list_query, from),
    FIELD(struct check_list_query, to),
    FIELD(struct check_list_query, status, .labels = statuses),
    FIELD(struct check_list_query, rejection_code, .check = code_complaint),
    FIELD(struct check_list_query, call_id, .min = 1, .max = 64),
    FIELD(struct check_list_query, campaign_id, .min = 1, .max = INT64_MAX),
    FIELD(struct check_list_query, lead_id, .min = 1, .max = INT64_MAX),
    FIELD(struct check_list_query, scheduled_call_id, .min = 1, .max = INT64_MAX),
    FIELD(struct check_list_query, to_number, .max = 16, .check = e164_complaint),
    FIELD(struct check_list_query, country_iso, .check = country_complaint),
    PAGE_FIELDS(struct check_list_query),
};
const struct type check_list_query_type = TYPE(struct check_list_query, check_list_query_fields);

static const struct field check_export_query_fields[] = {
    FIELD(struct check_export_query, from),
    FIELD(struct check_export_query, to),
    FIELD(struct check_export_query, status, .labels = statuses),
    FIELD(struct check_export_query, rejection_code, .check = code_complaint),
    FIELD(struct check_export_query, call_id, .min = 1, .max = 64),
    FIELD(struct check_export_query, campaign_id, .min = 1, .max = INT64_MAX),
    FIELD(struct check_export_query, lead_id, .min = 1, .max = INT64_MAX),
    FIELD(struct check_export_query, scheduled_call_id, .min = 1, .max = INT64_MAX),
    FIELD(struct check_export_query, to_number, .max = 16, .check = e164_complaint),
    FIELD(struct check_export_query, country_iso, .check = country_complaint),
    FIELD(struct check_export_query, format, .labels = formats),
};
const struct type check_export_query_type =
    TYPE(struct check_export_query, check_export_query_fields);

static const char *id_or_null(struct op *op, struct opt_i64 id)
{
    return id.set ? sql_i64(op, id.v) : NULL;
}

static const struct arg *page_args(struct op *op, const struct filter *f, struct tstamp before_at,
                                   int64_t before_id, int limit, int offset)
{
    const struct arg args[] = {
        {"from", sql_tstamp(op, f->from)},
        {"to", sql_tstamp(op, f->to)},
        {"before_at", sql_tstamp(op, before_at)},
        {"before_id", before_id ? sql_i64(op, before_id) : NULL},
        {"status", f->status},
        {"rejection_code", f->rejection_code},
        {"call_id", f->call_id},
        {"campaign_id", id_or_null(op, f->campaign_id)},
        {"lead_id", id_or_null(op, f->lead_id)},
        {"to_number", f->to_number},
        {"scheduled_call_id", id_or_null(op, f->scheduled_call_id)},
        {"country_iso", f->country_iso},
        {"limit", sql_i64(op, limit)},
        {"offset", sql_i64(op, offset)},
        {0},
    };

    return memcpy(arena_alloc(&op->arena, sizeof(args)), args, sizeof(args));
}

bool check_list(struct op *op, const struct check_list_query *q, struct buf *items, int64_t *total)
{
    const struct filter f = FILTER_OF(q);
    const struct arg *args = page_args(op, &f, (struct tstamp){0}, 0, q->limit, q->offset);
    struct rows page, count;

    if (!db_ask(
            op,
            (const struct ask[]){{&SQL_CHECK_PAGE, args, &page}, {&SQL_CHECK_COUNT, args, &count}},
            2))
        return false;
    *total = db_i64(&count, 0, "n");
    for (int i = 0; i < page.n; i++) {
        if (i)
            buf_char(items, ',');
        if (!row_to_json(op, &page, i, &compliance_check_type, items))
            return false;
    }
    return true;
}

bool check_get(struct op *op, int64_t id, struct compliance_check *out)
{
    struct rows rows;

    if (!db_query(op, &SQL_CHECK_GET, ARGS({"id", sql_i64(op, id)}), &rows))
        return false;
    if (rows.n == 0)
        return fail(op, E_CHECK_NOT_FOUND, "There is no such compliance check");
    return from_row(op, &rows, 0, &compliance_check_type, out);
}

static void write_csv_head(struct buf *out)
{
    for (size_t i = 0; i < compliance_check_type.nfields; i++)
        csv_write_cell(out, compliance_check_type.fields[i].name, i == 0);
    csv_write_end(out);
}

/* Instants as the API spells them, not as the database does. */
static const char *cell_of(struct op *op, const struct rows *rows, int i, const struct field *f)
{
    const char *text = db_text(rows, i, f->name);
    struct tstamp t;

    if (f->type == FT_TSTAMP && text && tstamp_parse(str_of(text), &t))
        return tstamp_format(&op->arena, t);
    return text;
}

static void write_csv_row(struct op *op, const struct rows *rows, int i, struct buf *out)
{
    for (size_t f = 0; f < compliance_check_type.nfields; f++)
        csv_write_cell(out, cell_of(op, rows, i, &compliance_check_type.fields[f]), f == 0);
    csv_write_end(out);
}

static bool write_piece(struct op *op, const struct check_export *e, struct rows *rows,
                        struct buf *out)
{
    bool csv = strcmp(e->query.format, "csv") == 0;

    if (csv && !e->begun)
        write_csv_head(out);
    for (int i = 0; i < rows->n; i++) {
        if (csv) {
            write_csv_row(op, rows, i, out);
            continue;
        }
        if (!row_to_json(op, rows, i, &compliance_check_type, out))
            return false;
        buf_char(out, '\n');
    }
    return true;
}

bool check_export_next(struct op *parent, struct check_export *e, struct buf *out, bool *done)
{
    const struct filter f = FILTER_OF(&e->query);
    struct op op = op_part(parent);
    struct rows rows;

    bool ok = db_query(&op, &SQL_CHECK_PAGE,
                       page_args(&op, &f, e->before_at, e->before_id, PIECE, 0), &rows)
              && write_piece(&op, e, &rows, out);
    if (ok && rows.n) {
        e->before_id = db_i64(&rows, rows.n - 1, "id");
        ok = tstamp_parse(str_of(db_text(&rows, rows.n - 1, "checked_at")), &e->before_at);
    }
    *done = !ok || rows.n < PIECE;
    e->begun = true;
    if (!ok)
        op_fail_like(parent, &op);
    op_end(&op);
    return ok;
}

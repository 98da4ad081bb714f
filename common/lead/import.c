/* import.c - records into batches, batches into Postgres. */

#include "common/lead/import.h"

#include "common/base/clock.h"
#include "common/lead/import_row.h"
#include "common/number/country.h"
#include "common/number/number_set.h"
#include "common/store/db.h"
#include "queries.h"

#include <inttypes.h>
#include <stdlib.h>

enum {
    BATCH_RECORDS = 2000,
    HEADER_SHOWN_BYTES = 64,
};

/* The batch, a column each; the names are lead_import_batch's parameters. */
#define BATCH_COLUMNS(X) \
    X(NAMES, names) \
    X(PHONES, phones) \
    X(EMAILS, emails) \
    X(COMPANIES, companies) \
    X(ROLES, roles) \
    X(COUNTRIES, countries) \
    X(LANGUAGES, languages) \
    X(CONSENT_BASES, consent_bases) \
    X(CONSENT_STATUSES, consent_statuses) \
    X(CONSENT_DATES, consent_dates) \
    X(CONSENT_SOURCES, consent_sources) \
    X(METADATA, metadata)

enum batch_column {
#define X(column, param) BATCH_##column,
    BATCH_COLUMNS(X)
#undef X
        BATCH_COLUMN_COUNT
};

static const char *const batch_params[] = {
#define X(column, param) #param,
    BATCH_COLUMNS(X)
#undef X
};

struct lead_import {
    struct op *op;   /* whoever is feeding */
    struct op batch; /* an operation of its own: its arena and its session end with it */
    struct csv_reader *reader;
    struct import_report report;
    struct import_rules rules;
    struct number_set seen;
    bool mapped;
    int read; /* records of this batch, taken or not: refused ones use its arena too */
    int rows; /* those taken */
    struct sql_array columns[BATCH_COLUMN_COUNT];
};

static const struct field options_fields[] = {
    FIELD(struct lead_import_options, campaign_id, .min = 1, .max = INT64_MAX),
    FIELD(struct lead_import_options, country_iso, .check = country_complaint),
    FIELD(struct lead_import_options, delimiter, .check = csv_delimiter_complaint),
};
const struct type lead_import_options_type = TYPE(struct lead_import_options, options_fields);

static void free_import(void *p)
{
    struct lead_import *imp = p;

    op_end(&imp->batch);
    csv_close(imp->reader);
    import_report_free(&imp->report);
    number_set_free(&imp->seen);
    for (int i = 0; i < BATCH_COLUMN_COUNT; i++)
        sql_array_free(&imp->columns[i]);
    free(imp);
}

/* ---- batches ------------------------------------------------------------- */

static void begin_batch(struct lead_import *imp)
{
    imp->read = imp->rows = 0;
    for (int i = 0; i < BATCH_COLUMN_COUNT; i++)
        sql_array_reset(&imp->columns[i]);
    op_end(&imp->batch);
    imp->batch = op_part(imp->op);
}

static void add_to_batch(struct lead_import *imp, const struct lead *l)
{
    const char *const values[] = {
        [BATCH_NAMES] = l->name,
        [BATCH_PHONES] = l->phone,
        [BATCH_EMAILS] = l->email,
        [BATCH_COMPANIES] = l->company,
        [BATCH_ROLES] = l->role,
        [BATCH_COUNTRIES] = l->country_iso,
        [BATCH_LANGUAGES] = l->preferred_lang,
        [BATCH_CONSENT_BASES] = l->consent_basis,
        [BATCH_CONSENT_STATUSES] = consent_status_names[l->consent_status],
        [BATCH_CONSENT_DATES] = tstamp_format(&imp->batch.arena, l->consent_date),
        [BATCH_CONSENT_SOURCES] = l->consent_source,
        [BATCH_METADATA] = l->metadata.text,
    };

    for (int i = 0; i < BATCH_COLUMN_COUNT; i++)
        sql_array_add(&imp->columns[i], values[i]);
    imp->rows++;
}

static bool send_batch(struct lead_import *imp, struct rows *counts)
{
    struct op *op = &imp->batch;
    struct arg args[BATCH_COLUMN_COUNT + 2] = {{0}};

    op->deadline_us = imp->op->deadline_us;
    for (int i = 0; i < BATCH_COLUMN_COUNT; i++)
        args[i] = (struct arg){batch_params[i], sql_array_close(&imp->columns[i])};
    args[BATCH_COLUMN_COUNT] = (struct arg){
        "campaign_id", imp->rules.campaign_id ? sql_i64(op, imp->rules.campaign_id) : NULL};
    return db_begin(op) && db_query_commit(op, &SQL_LEAD_IMPORT_BATCH, args, counts);
}

static void count_batch(struct lead_import *imp, const struct rows *counts)
{
    struct import_report *report = &imp->report;
    int64_t inserted = db_i64(counts, 0, "inserted"), updated = db_i64(counts, 0, "updated");
    int64_t on_dnc = db_i64(counts, 0, "on_dnc"), erased = db_i64(counts, 0, "erased_before");
    int64_t refused = db_i64(counts, 0, "refused_before");

    report->imported += inserted;
    report->updated += updated;
    report->skipped += imp->rows - inserted - updated;
    if (on_dnc)
        import_notice(report, &(struct import_notice){"NUMBER_ON_DNC", "phone", on_dnc, 0, NULL});
    if (refused)
        import_notice(report, &(struct import_notice){"REFUSED_BEFORE", "phone", refused, 0, NULL});
    if (erased)
        import_notice(report, &(struct import_notice){"ERASED_BEFORE", "phone", erased, 0, NULL});
}

static bool flush(struct lead_import *imp)
{
    struct rows counts;

    if (imp->rows && !send_batch(imp, &counts)) {
        err_detail_i64(imp->op, "imported", imp->report.imported);
        err_detail_i64(imp->op, "updated", imp->report.updated);
        return op_fail_like(imp->op, &imp->batch);
    }
    if (imp->rows)
        count_batch(imp, &counts);
    begin_batch(imp);
    return true;
}

/* ---- records ------------------------------------------------------------- */

static void note_ignored_columns(struct lead_import *imp, const struct csv_record *header)
{
    for (size_t i = 0; i < header->n; i++) {
        struct str text = header->fields[i];

        if (text.n == 0 || lead_column_of(text) != LEAD_IGNORED || header->n == 1)
            continue;
        size_t shown = text.n < HEADER_SHOWN_BYTES ? text.n : HEADER_SHOWN_BYTES;
        const char *name = arena_strndup(&imp->op->arena, text.p, shown);
        import_notice(&imp->report,
                      &(struct import_notice){"COLUMN_IGNORED", name, 1, header->line, NULL});
    }
}

static bool map_columns(struct lead_import *imp, const struct csv_record *first)
{
    struct lead_columns *columns = &imp->rules.columns;

    if (!lead_columns_map(first, imp->rules.default_country, columns))
        return import_fault(imp->op, &imp->report, "PHONE_COLUMN_MISSING", first->line);
    if (columns->at[LEAD_TENANT_ID])
        return import_fault(imp->op, &imp->report, "TENANT_COLUMN", first->line);
    if (columns->headed)
        note_ignored_columns(imp, first);
    else
        import_notice(&imp->report,
                      &(struct import_notice){"NO_HEADER", NULL, 1, first->line, NULL});
    return imp->mapped = true;
}

/* A lead into the batch unless the file had its number; false only when the file is too large. */
static bool add_lead(struct lead_import *imp, const struct import_row *row, int64_t line)
{
    switch (number_set_add(&imp->seen, e164_key(&row->phone))) {
    case NUMBER_SET_FULL: return import_fault(imp->op, &imp->report, "TOO_MANY_ROWS", line);
    case NUMBER_SET_KNOWN:
        import_error(&imp->report, &(struct import_error){line, "phone", "DUPLICATE_IN_FILE",
                                                          str_of(row->phone.text)});
        return true;
    case NUMBER_SET_NEW: break;
    }
    add_to_batch(imp, &row->lead);
    return true;
}

static bool take_lead(struct lead_import *imp, const struct csv_record *r)
{
    struct import_row row;

    if (import_row_read(&imp->batch.arena, &imp->rules, r, &imp->report, &row)
        && !add_lead(imp, &row, r->line))
        return false;
    return ++imp->read < BATCH_RECORDS || flush(imp);
}

static bool take_record(void *ctx, const struct csv_record *r)
{
    struct lead_import *imp = ctx;

    if (imp->mapped)
        return take_lead(imp, r);
    return map_columns(imp, r) && (imp->rules.columns.headed || take_lead(imp, r));
}

/* ---- the file ------------------------------------------------------------ */

static bool verify_campaign(struct op *op, int64_t id)
{
    struct op part = op_part(op);
    struct rows rows;
    bool known = false;

    if (!db_query(&part, &SQL_LEAD_IMPORT_CAMPAIGN, ARGS({"campaign_id", sql_i64(&part, id)}),
                  &rows))
        op_fail_like(op, &part);
    else if (!(known = rows.n > 0))
        fail(op, E_CAMPAIGN_NOT_FOUND, "Campaign with ID %" PRId64 " not found", id);
    op_end(&part);
    return known;
}

struct lead_import *lead_import_open(struct op *op, const struct lead_import_options *o)
{
    int64_t campaign_id = o->campaign_id.set ? o->campaign_id.v : 0;

    if (campaign_id && !verify_campaign(op, campaign_id))
        return NULL;
    struct lead_import *imp = calloc(1, sizeof(*imp));
    if (!imp)
        abort();
    imp->op = op;
    imp->rules = (struct import_rules){
        .default_country = o->country_iso,
        .campaign_id = campaign_id,
        .now_us = clock_now_us(),
    };
    imp->reader = csv_open(&(struct csv_options){
        .delimiter = o->delimiter ? o->delimiter[0] : '\0',
        .take = take_record,
        .ctx = imp,
    });
    arena_defer(&op->arena, free_import, imp);
    begin_batch(imp);
    return imp;
}

bool lead_import_feed(struct op *op, struct lead_import *imp, struct str bytes)
{
    imp->op = op;
    return csv_feed(imp->reader, bytes) || import_stopped(op, &imp->report, imp->reader);
}

bool lead_import_finish(struct op *op, struct lead_import *imp, struct buf *reply)
{
    imp->op = op;
    if (!csv_finish(imp->reader))
        return import_stopped(op, &imp->report, imp->reader);
    if (!imp->mapped)
        return import_fault(op, &imp->report, "EMPTY_FILE", 0);
    if (!flush(imp))
        return false;
    struct csv_summary s = csv_summary(imp->reader);
    import_report_write(&imp->report, &s, reply);
    return true;
}

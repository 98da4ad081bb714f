/* dnc_import.c - numbers into batches, batches under their locks into Postgres. */

#include "common/compliance/dnc_import.h"

#include "common/base/csv_words.h"
#include "common/base/import_report.h"
#include "common/compliance/dnc.h"
#include "common/lead/lead_columns.h"
#include "common/number/country.h"
#include "common/number/number_set.h"
#include "common/number/phone_cell.h"
#include "common/number/phone_facts.h"
#include "common/store/db.h"
#include "queries.h"

#include <stdlib.h>

/* Each number is an advisory lock while its batch commits; Postgres's table of them is shared. */
enum { BATCH_ROWS = 500 };

struct dnc_import {
    struct op *op; /* whoever is feeding */
    struct op batch;
    struct csv_reader *reader;
    struct import_report report;
    struct lead_columns columns;
    size_t source_column; /* + 1; 0 = the file has none */
    enum dnc_source default_source;
    const char *default_country;
    struct number_set seen[DNC_OPT_OUT + 1]; /* a number may stand once from each source */
    bool mapped;
    int rows;
    struct sql_array numbers, sources, countries;
};

static int source_of(struct str text)
{
    static const struct csv_meaning words[] = {
        {"manual", DNC_MANUAL},     {"registry", DNC_REGISTRY},   {"optout", DNC_OPT_OUT},
        {"manuale", DNC_MANUAL},    {"registro", DNC_REGISTRY},   {"register", DNC_REGISTRY},
        {"registre", DNC_REGISTRY}, {"opposizione", DNC_OPT_OUT},
    };

    return csv_meaning(words, ARRAY_LEN(words), text);
}

static const struct field options_fields[] = {
    FIELD(struct dnc_import_options, source, .labels = dnc_source_names),
    FIELD(struct dnc_import_options, country_iso, .check = country_complaint),
    FIELD(struct dnc_import_options, delimiter, .check = csv_delimiter_complaint),
};
const struct type dnc_import_options_type = TYPE(struct dnc_import_options, options_fields);

static void free_import(void *p)
{
    struct dnc_import *imp = p;

    op_end(&imp->batch);
    csv_close(imp->reader);
    import_report_free(&imp->report);
    for (size_t i = 0; i < ARRAY_LEN(imp->seen); i++)
        number_set_free(&imp->seen[i]);
    sql_array_free(&imp->numbers);
    sql_array_free(&imp->sources);
    sql_array_free(&imp->countries);
    free(imp);
}

/* ---- batches ------------------------------------------------------------- */

static void begin_batch(struct dnc_import *imp)
{
    imp->rows = 0;
    sql_array_reset(&imp->numbers);
    sql_array_reset(&imp->sources);
    sql_array_reset(&imp->countries);
    op_end(&imp->batch);
    imp->batch = op_part(imp->op);
}

static bool send_batch(struct dnc_import *imp, struct rows *counts)
{
    struct op *op = &imp->batch;
    struct rows locked;
    const struct arg *args = ARGS({"numbers", sql_array_close(&imp->numbers)},
                                  {"sources", sql_array_close(&imp->sources)},
                                  {"countries", sql_array_close(&imp->countries)});

    op->deadline_us = imp->op->deadline_us;
    return db_begin(op) && db_query(op, &SQL_DNC_IMPORT_LOCK, args, &locked)
           && db_query_commit(op, &SQL_DNC_IMPORT_BATCH, args, counts);
}

static bool flush(struct dnc_import *imp)
{
    struct rows counts;
    struct import_report *report = &imp->report;

    if (imp->rows == 0)
        return true;
    if (!send_batch(imp, &counts)) {
        err_detail_i64(imp->op, "imported", report->imported);
        return op_fail_like(imp->op, &imp->batch);
    }
    int64_t inserted = db_i64(&counts, 0, "inserted");
    int64_t removed = db_i64(&counts, 0, "removed_before");
    report->imported += inserted;
    report->skipped += imp->rows - inserted;
    if (removed)
        import_notice(report, &(struct import_notice){"REMOVED_BEFORE", "e164", removed, 0});
    begin_batch(imp);
    return true;
}

/* ---- records ------------------------------------------------------------- */

static bool is_source_header(struct str header)
{
    static const struct csv_meaning words[] = {
        {"source", 1}, {"dncsource", 1}, {"fonte", 1}, {"quelle", 1}, {"fuente", 1},
    };

    return csv_meaning(words, ARRAY_LEN(words), header) == 1;
}

static bool map_columns(struct dnc_import *imp, const struct csv_record *first)
{
    if (!lead_columns_map(first, imp->default_country, &imp->columns))
        return import_fault(imp->op, &imp->report, "PHONE_COLUMN_MISSING", first->line);
    if (imp->columns.at[LEAD_TENANT_ID])
        return import_fault(imp->op, &imp->report, "TENANT_COLUMN", first->line);
    for (size_t i = 0; imp->columns.headed && i < first->n && !imp->source_column; i++)
        if (is_source_header(first->fields[i]))
            imp->source_column = i + 1;
    return imp->mapped = true;
}

static void refuse(struct dnc_import *imp, int64_t line, const char *column, const char *code,
                   struct str value)
{
    import_error(&imp->report, &(struct import_error){line, column, code, value});
}

static bool read_source(struct dnc_import *imp, const struct csv_record *r, enum dnc_source *out)
{
    struct str text = imp->source_column ? r->fields[imp->source_column - 1] : STR("");
    int source = text.n ? source_of(text) : (int)imp->default_source;

    if (source < 0) {
        refuse(imp, r->line, "source", "SOURCE_INVALID", text);
        return false;
    }
    *out = (enum dnc_source)source;
    return true;
}

/* Add to the batch unless the file had it; false only when the file is too large. */
static bool add_number(struct dnc_import *imp, const struct csv_record *r,
                       const struct e164 *number, enum dnc_source source)
{
    enum number_set_answer answer = number_set_add(&imp->seen[source], e164_key(number));

    if (answer == NUMBER_SET_FULL)
        return import_fault(imp->op, &imp->report, "TOO_MANY_ROWS", r->line);
    if (answer == NUMBER_SET_KNOWN) {
        imp->report.skipped++;
        return true;
    }
    sql_array_add(&imp->numbers, number->text);
    sql_array_add(&imp->sources, dnc_source_names[source]);
    sql_array_add(&imp->countries, phone_country(number->text));
    imp->rows++;
    return imp->rows < BATCH_ROWS || flush(imp);
}

static void refuse_number(struct dnc_import *imp, const struct csv_record *r, const char *code,
                          struct str cell)
{
    if (csv_is_footer(r))
        imp->report.skipped++;
    else
        refuse(imp, r->line, "e164", code, cell);
}

/* Every number of the cell: whoever gave two wants to be called at neither. */
static bool add_numbers(struct dnc_import *imp, const struct csv_record *r,
                        const struct phone_cell *phones)
{
    enum dnc_source source;

    if (!read_source(imp, r, &source))
        return true;
    if (!add_number(imp, r, &phones->primary, source))
        return false;
    for (size_t i = 0; i < phones->nothers; i++)
        if (!add_number(imp, r, &phones->others[i], source))
            return false;
    return true;
}

static bool take_entry(struct dnc_import *imp, const struct csv_record *r)
{
    const char *country = country_read(lead_cell(r, &imp->columns, LEAD_COUNTRY));
    struct str cell = lead_phone_cell(r, &imp->columns);
    struct phone_cell phones;

    if (r->fault) {
        refuse(imp, r->line, NULL, r->fault, STR(""));
        return true;
    }
    const char *wrong = phone_cell_read(cell, country ? country : imp->default_country, &phones);
    if (wrong) {
        refuse_number(imp, r, wrong, cell);
        return true;
    }
    return add_numbers(imp, r, &phones);
}

static bool take_record(void *ctx, const struct csv_record *r)
{
    struct dnc_import *imp = ctx;

    if (imp->mapped)
        return take_entry(imp, r);
    return map_columns(imp, r) && (imp->columns.headed || take_entry(imp, r));
}

/* ---- the file ------------------------------------------------------------ */

struct dnc_import *dnc_import_open(struct op *op, const struct dnc_import_options *o)
{
    struct dnc_import *imp = calloc(1, sizeof(*imp));

    if (!imp)
        abort();
    imp->op = op;
    if (o->source)
        imp->default_source = (enum dnc_source)label_find(dnc_source_names, str_of(o->source));
    imp->default_country = o->country_iso;
    imp->reader = csv_open(&(struct csv_options){
        .delimiter = o->delimiter ? o->delimiter[0] : '\0',
        .take = take_record,
        .ctx = imp,
    });
    arena_defer(&op->arena, free_import, imp);
    begin_batch(imp);
    return imp;
}

bool dnc_import_feed(struct op *op, struct dnc_import *imp, struct str bytes)
{
    imp->op = op;
    return csv_feed(imp->reader, bytes) || import_stopped(op, &imp->report, imp->reader);
}

bool dnc_import_finish(struct op *op, struct dnc_import *imp, struct buf *reply)
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

/* dnc_import.c - records of a do-not-call file to rows of a batch. */

#include "common/compliance/dnc_import.h"

#include "common/base/clock.h"
#include "common/base/csv_words.h"
#include "common/compliance/dnc_columns.h"
#include "common/number/country.h"
#include "common/number/phone_cell.h"
#include "common/number/phone_facts.h"

#include <stdlib.h>

enum { REGISTRY_NAME_MAX = 128 };

struct dnc_import {
    struct op *op; /* whoever is feeding */
    struct csv_reader *reader;
    struct import_report report;
    struct dnc_batch batch;
    struct dnc_columns columns;
    const char *default_country;
    bool listed; /* an answer without outcomes: every number is on the list */
    bool mapped;
};

_Static_assert(sizeof(enum dnc_mode) == sizeof(int), "FIELD_ENUM stores an int");

static const struct field options_fields[] = {
    FIELD(struct dnc_import_options, source, .labels = dnc_source_names),
    FIELD_ENUM(struct dnc_import_options, mode, dnc_mode_names, .flags = F_NOT_NULL),
    FIELD(struct dnc_import_options, registry, .min = 1, .max = REGISTRY_NAME_MAX),
    FIELD(struct dnc_import_options, scrubbed_at),
    FIELD(struct dnc_import_options, since),
    FIELD(struct dnc_import_options, force),
    FIELD(struct dnc_import_options, country_iso, .check = country_complaint),
    FIELD(struct dnc_import_options, delimiter, .check = csv_delimiter_complaint),
};
const struct type dnc_import_options_type = TYPE(struct dnc_import_options, options_fields);

static void free_import(void *p)
{
    struct dnc_import *imp = p;

    csv_close(imp->reader);
    import_report_free(&imp->report);
    dnc_batch_free(&imp->batch);
    free(imp);
}

/* ---- records ------------------------------------------------------------- */

static int source_of(struct str text)
{
    static const struct csv_meaning words[] = {
        {"manual", DNC_MANUAL},     {"registry", DNC_REGISTRY},   {"optout", DNC_OPT_OUT},
        {"manuale", DNC_MANUAL},    {"registro", DNC_REGISTRY},   {"register", DNC_REGISTRY},
        {"registre", DNC_REGISTRY}, {"opposizione", DNC_OPT_OUT},
    };

    return csv_meaning(words, ARRAY_LEN(words), text);
}

static bool map_columns(struct dnc_import *imp, const struct csv_record *first)
{
    if (!dnc_columns_map(first, imp->default_country, &imp->columns))
        return import_fault(imp->op, &imp->report, "PHONE_COLUMN_MISSING", first->line);
    if (imp->columns.lead.at[LEAD_TENANT_ID])
        return import_fault(imp->op, &imp->report, "TENANT_COLUMN", first->line);
    if (imp->batch.terms.mode == DNC_MODE_DELTA && !imp->columns.action)
        return import_fault(imp->op, &imp->report, "ACTION_COLUMN_MISSING", first->line);
    return imp->mapped = true;
}

static bool refuse(struct dnc_import *imp, int64_t line, const char *column, const char *code,
                   struct str value)
{
    import_error(&imp->report, &(struct import_error){line, column, code, value});
    return false;
}

static bool read_source(struct dnc_import *imp, const struct csv_record *r, struct dnc_row *row)
{
    struct str text = dnc_cell(r, imp->columns.source);
    int source = text.n ? source_of(text) : (int)imp->batch.terms.source;

    if (source < 0)
        return refuse(imp, r->line, "source", "SOURCE_INVALID", text);
    row->source = (enum dnc_source)source;
    return true;
}

static bool read_action(struct dnc_import *imp, const struct csv_record *r, struct dnc_row *row)
{
    struct str text = dnc_cell(r, imp->columns.action);
    int action = dnc_action_read(text);

    if (action < 0)
        return refuse(imp, r->line, "action", text.n ? "ACTION_INVALID" : "ACTION_MISSING", text);
    row->gone = action == DNC_DELETE;
    if (row->gone && row->source != imp->batch.terms.source)
        return refuse(imp, r->line, "action", "NOT_OF_THIS_LIST", text);
    return true;
}

/* When the registry made the change: of a list of the tenant's own only we know since when. */
static bool read_change(struct dnc_import *imp, const struct csv_record *r, struct dnc_row *row)
{
    struct str text = dnc_cell(r, row->source == DNC_REGISTRY ? imp->columns.changed : 0);
    const char *wrong =
        text.n ? dnc_change_read(text, imp->batch.terms.scrubbed_at, &row->changed_at) : NULL;

    return !wrong || refuse(imp, r->line, "date", wrong, text);
}

/* A list without outcomes is the one that a registry has cleaned: these may be called. */
static bool read_outcome(struct dnc_import *imp, const struct csv_record *r, struct dnc_row *row)
{
    struct str text = dnc_cell(r, imp->columns.outcome);
    int outcome = imp->columns.outcome ? dnc_outcome_read(text)
                  : imp->listed        ? DNC_LISTED
                                       : DNC_NOT_LISTED;

    if (outcome < 0)
        return refuse(imp, r->line, "outcome", "OUTCOME_INVALID", text);
    if (outcome == DNC_NO_NUMBER)
        return refuse(imp, r->line, "outcome", "NUMBER_UNKNOWN_TO_REGISTRY", text);
    row->gone = outcome == DNC_NOT_LISTED;
    return true;
}

/* Everything of the row but its number; false when the row is refused. */
static bool read_row(struct dnc_import *imp, const struct csv_record *r, struct dnc_row *row)
{
    if (imp->batch.terms.mode == DNC_MODE_ANSWER) {
        row->source = DNC_REGISTRY;
        return read_outcome(imp, r, row);
    }
    return read_source(imp, r, row)
           && (imp->batch.terms.mode != DNC_MODE_DELTA
               || (read_action(imp, r, row) && read_change(imp, r, row)));
}

static bool add_number(struct dnc_import *imp, const struct e164 *number, struct dnc_row row)
{
    row.e164 = number->text;
    row.country_iso = phone_country(number->text);
    return dnc_batch_add(&imp->batch, &row);
}

/* Every number of the cell: whoever gave two wants to be called at neither. */
static bool add_numbers(struct dnc_import *imp, const struct csv_record *r,
                        const struct phone_cell *phones)
{
    struct dnc_row row = {0};

    if (!read_row(imp, r, &row))
        return true;
    if (!add_number(imp, &phones->primary, row))
        return false;
    for (size_t i = 0; i < phones->nothers; i++)
        if (!add_number(imp, &phones->others[i], row))
            return false;
    return true;
}

static bool take_entry(struct dnc_import *imp, const struct csv_record *r)
{
    const char *country = country_read(lead_cell(r, &imp->columns.lead, LEAD_COUNTRY));
    char joined[DNC_JOINED_MAX];
    struct str cell = dnc_phone(r, &imp->columns, joined);
    struct phone_cell phones;

    if (r->fault) {
        refuse(imp, r->line, NULL, r->fault, STR(""));
        return true;
    }
    const char *wrong = phone_cell_read(cell, country ? country : imp->default_country, &phones);
    if (!wrong)
        return add_numbers(imp, r, &phones);
    if (csv_is_footer(r))
        imp->report.skipped++;
    else
        refuse(imp, r->line, "e164", wrong, cell);
    return true;
}

static bool take_record(void *ctx, const struct csv_record *r)
{
    struct dnc_import *imp = ctx;

    if (imp->mapped)
        return take_entry(imp, r);
    return map_columns(imp, r) && (imp->columns.lead.headed || take_entry(imp, r));
}

/* ---- the file ------------------------------------------------------------ */

struct dnc_import *dnc_import_begin(struct op *op, const struct dnc_file *f)
{
    struct dnc_import *imp = calloc(1, sizeof(*imp));

    if (!imp)
        abort();
    imp->op = op;
    imp->listed = f->listed;
    imp->default_country = f->terms.country_iso;
    imp->batch.report = &imp->report;
    imp->batch.terms = f->terms;
    imp->reader = csv_open(&(struct csv_options){
        .delimiter = f->delimiter ? f->delimiter[0] : '\0',
        .take = take_record,
        .ctx = imp,
    });
    arena_defer(&op->arena, free_import, imp);
    if (f->expired)
        import_notice(&imp->report, &(struct import_notice){"SCRUB_EXPIRED", NULL, 1, 0, NULL});
    dnc_batch_open(op, &imp->batch);
    return imp;
}

static const char *since_complaint(const struct dnc_import_options *o, enum dnc_source source)
{
    if (!o->since.us)
        return NULL;
    if (o->mode != DNC_MODE_DELTA || source != DNC_REGISTRY)
        return "goes with mode delta and a registry";
    int64_t end_us = o->scrubbed_at.us ? o->scrubbed_at.us : clock_now_us();
    return o->since.us < end_us ? NULL : "must be before scrubbed_at";
}

/* All that is wrong with the options together, at once. */
static bool check_options(struct op *op, const struct dnc_import_options *o, enum dnc_source source)
{
    bool wrong = true;

    if (o->mode != DNC_MODE_ADD && source == DNC_OPT_OUT)
        err_detail(op, "mode", "must be add: no file takes an opt-out off");
    else if (o->mode != DNC_MODE_ADD && source == DNC_REGISTRY && !o->registry)
        err_detail(op, "registry", "is required: the list of which registry is it?");
    else
        wrong = false;
    if (o->registry && source != DNC_REGISTRY) {
        err_detail(op, "registry", "goes with the source registry");
        wrong = true;
    }
    if (o->scrubbed_at.us > clock_now_us()) {
        err_detail(op, "scrubbed_at", "must not be in the future");
        wrong = true;
    }
    if (o->scrubbed_at.us && source != DNC_REGISTRY) {
        err_detail(op, "scrubbed_at", "goes with the source registry");
        wrong = true;
    }
    if (since_complaint(o, source)) {
        err_detail(op, "since", since_complaint(o, source));
        wrong = true;
    }
    return !wrong || fail(op, E_VALIDATION_ERROR, "Request validation failed");
}

struct dnc_import *dnc_import_open(struct op *op, const struct dnc_import_options *o)
{
    enum dnc_source source = o->source
                                 ? (enum dnc_source)label_find(dnc_source_names, str_of(o->source))
                             : o->registry ? DNC_REGISTRY
                                           : DNC_MANUAL;
    struct dnc_file f = {
        .terms = {.mode = o->mode,
                  .source = source,
                  .registry = o->registry ? o->registry : "",
                  .country_iso = o->country_iso,
                  .scrubbed_at = o->scrubbed_at,
                  .since = o->since,
                  .force = o->force},
        .delimiter = o->delimiter,
    };

    if (!check_options(op, o, source))
        return NULL;
    if (!f.terms.scrubbed_at.us)
        f.terms.scrubbed_at.us = clock_now_us();
    return dnc_import_begin(op, &f);
}

bool dnc_import_feed(struct op *op, struct dnc_import *imp, struct str bytes)
{
    imp->op = imp->batch.op = op;
    return csv_feed(imp->reader, bytes) || import_stopped(op, &imp->report, imp->reader);
}

bool dnc_import_finish(struct op *op, struct dnc_import *imp, struct buf *reply)
{
    imp->op = imp->batch.op = op;
    if (!csv_finish(imp->reader))
        return import_stopped(op, &imp->report, imp->reader);
    if (!imp->mapped)
        return import_fault(op, &imp->report, "EMPTY_FILE", 0);
    if (!dnc_batch_finish(&imp->batch))
        return false;
    struct csv_summary s = csv_summary(imp->reader);
    import_report_write(&imp->report, &s, reply);
    return true;
}

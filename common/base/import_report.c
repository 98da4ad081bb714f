/* import_report.c - counting and masking; errors are kept as the JSON they will be. */

#include "common/base/import_report.h"

#include "common/base/log.h"

#include <inttypes.h>

enum { MASKED_MAX = 32 }; /* longer is no number; its beginning is enough to find it */

/* Values are masked as numbers are in the log; what is not ASCII is not shown at all. */
static void write_masked(struct buf *json, struct str value)
{
    char text[MASKED_MAX + 1];
    struct buf masked = {0};
    size_t n = value.n < MASKED_MAX ? value.n : MASKED_MAX;

    for (size_t i = 0; i < n; i++)
        if ((unsigned char)value.p[i] < 0x20 || (unsigned char)value.p[i] > 0x7E)
            n = i;
    if (n)
        memcpy(text, value.p, n);
    text[n] = '\0';
    phone_mask(&masked, text);
    buf_json_string(json, buf_view(&masked));
    buf_free(&masked);
}

static void write_text(struct buf *json, const char *key, const char *text)
{
    buf_printf(json, "\"%s\":", key);
    buf_json_text(json, text);
}

void import_error(struct import_report *r, const struct import_error *e)
{
    r->failed++;
    if (r->nerrors == IMPORT_ERRORS_MAX)
        return;
    buf_printf(&r->errors, "%s{\"line\":%" PRId64 ",", r->nerrors++ ? "," : "", e->line);
    write_text(&r->errors, "column", e->column);
    buf_char(&r->errors, ',');
    write_text(&r->errors, "code", e->code);
    buf_str(&r->errors, ",\"value_masked\":");
    if (e->value.n)
        write_masked(&r->errors, e->value);
    else
        buf_str(&r->errors, "null");
    buf_char(&r->errors, '}');
}

static bool same(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

void import_notice(struct import_report *r, const struct import_notice *n)
{
    for (size_t i = 0; i < r->nnotices; i++)
        if (same(r->notices[i].code, n->code) && same(r->notices[i].column, n->column)) {
            r->notices[i].count += n->count;
            return;
        }
    if (r->nnotices < IMPORT_NOTICES_MAX)
        r->notices[r->nnotices++] = *n;
}

static void write_notice(struct buf *json, const struct import_notice *n)
{
    buf_char(json, '{');
    write_text(json, "code", n->code);
    buf_char(json, ',');
    write_text(json, "column", n->column);
    buf_printf(json, ",\"count\":%" PRId64, n->count);
    if (n->first_line)
        buf_printf(json, ",\"first_line\":%" PRId64, n->first_line);
    if (n->message) {
        buf_char(json, ',');
        write_text(json, "message", n->message);
    }
    buf_char(json, '}');
}

/* Which encoding was assumed is worth a word only when it was an assumption. */
static void write_encoding_notices(const struct csv_summary *s, struct buf *json, const char *comma)
{
    if (s->encoding == CSV_WINDOWS_1252) {
        buf_str(json, comma);
        write_notice(json, &(struct import_notice){.code = "ENCODING_ASSUMED", .count = 1});
    }
    if (s->strays) {
        buf_str(json, comma);
        write_notice(json, &(struct import_notice){.code = "ENCODING_MIXED", .count = s->strays});
    }
}

void import_report_write(const struct import_report *r, const struct csv_summary *s,
                         struct buf *json)
{
    char delimiter[] = {s->delimiter, '\0'};

    buf_printf(json,
               "{\"imported\":%" PRId64 ",\"updated\":%" PRId64 ",\"skipped\":%" PRId64
               ",\"failed\":%" PRId64 ",\"errors\":[",
               r->imported, r->updated, r->skipped + s->blank, r->failed);
    buf_add(json, r->errors.p, r->errors.n);
    buf_str(json, "],\"notices\":[");
    for (size_t i = 0; i < r->nnotices; i++) {
        buf_str(json, i ? "," : "");
        write_notice(json, &r->notices[i]);
    }
    write_encoding_notices(s, json, r->nnotices ? "," : "");
    buf_str(json, "],");
    write_text(json, "encoding", csv_encoding_name(s->encoding));
    buf_char(json, ',');
    write_text(json, "delimiter", delimiter);
    buf_char(json, '}');
}

void import_report_free(struct import_report *r)
{
    buf_free(&r->errors);
}

static const char *explain(const char *code)
{
    static const struct {
        const char *code, *text;
    } faults[] = {
        {"UNSUPPORTED_FORMAT", "The file is not CSV text; export it as CSV"},
        {"QUOTE_NOT_CLOSED", "A quoted field is never closed"},
        {"RECORD_TOO_LONG", "A record is longer than a megabyte"},
        {"PHONE_COLUMN_MISSING", "No column of the file is known to hold phone numbers"},
        {"TENANT_COLUMN", "A file may not say whose leads these are: remove the tenant_id column"},
        {"TOO_MANY_ROWS", "The file holds more than 2000000 numbers: divide it"},
        {"ACTION_COLUMN_MISSING", "No column of the file says which rows add and which delete"},
        {"FULL_FILE_SHRINKS", "The file has less than half of the list it would replace: send it "
                              "with force=true if that "
                              "is meant"},
        {"EMPTY_FILE", "The file holds no records"},
    };

    for (size_t i = 0; i < ARRAY_LEN(faults); i++)
        if (strcmp(faults[i].code, code) == 0)
            return faults[i].text;
    return "The file cannot be read";
}

bool import_fault(struct op *op, const struct import_report *r, const char *code, int64_t line)
{
    enum err_code class_of_it = strcmp(code, "UNSUPPORTED_FORMAT") == 0 ? E_UNSUPPORTED_MEDIA_TYPE
                                : strcmp(code, "TOO_MANY_ROWS") == 0    ? E_PAYLOAD_TOO_LARGE
                                                                        : E_VALIDATION_ERROR;

    err_detail(op, "file", code);
    if (line)
        err_detail_i64(op, "line", line);
    err_detail_i64(op, "imported", r->imported);
    err_detail_i64(op, "updated", r->updated);
    return fail(op, class_of_it, "%s", explain(code));
}

bool import_stopped(struct op *op, const struct import_report *r, const struct csv_reader *reader)
{
    struct csv_summary s = csv_summary(reader);

    return op->err.code == E_NONE && import_fault(op, r, s.fault, s.fault_line);
}

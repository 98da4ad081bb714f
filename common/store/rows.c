/* rows.c - Postgres text to plain structs and back, driven by their field tables. */

#include "common/store/db.h"

#include <libpq-fe.h>
#include <stdlib.h>

static bool read_column(struct op *op, const struct field *f, const char *s, size_t n, void *at)
{
    switch (f->type) {
    case FT_STR:
        *(const char **)at = s; /* the PGresult lives as long as the arena */
        return true;
    case FT_JSON: ((struct json_text *)at)->text = s; return true;
    case FT_I32: *(int32_t *)at = (int32_t)strtol(s, NULL, 10); return true;
    case FT_I64: *(int64_t *)at = strtoll(s, NULL, 10); return true;
    case FT_OPT_I64:
        *(struct opt_i64 *)at = (struct opt_i64){true, strtoll(s, NULL, 10)};
        return true;
    case FT_F64: *(double *)at = strtod(s, NULL); return true;
    case FT_BOOL: *(bool *)at = s[0] == 't'; return true;
    case FT_OPT_BOOL: *(struct opt_bool *)at = (struct opt_bool){true, s[0] == 't'}; return true;
    case FT_TSTAMP:
        if (tstamp_parse((struct str){s, n}, at))
            return true;
        break;
    case FT_ENUM:
        for (int e = 0; f->labels[e]; e++)
            if (strcmp(f->labels[e], s) == 0) {
                *(int *)at = e;
                return true;
            }
        break;
    }
    return fail(op, E_INTERNAL_ERROR, "%s has unrecognized value \"%s\"", f->name, s);
}

/* Column numbers are looked up once per result, not once per row. */
static bool map_columns(struct op *op, struct rows *rows, const struct type *t)
{
    rows->columns = arena_alloc(&op->arena, t->nfields * sizeof(int));
    for (size_t k = 0; k < t->nfields; k++) {
        rows->columns[k] = PQfnumber(rows->result, t->fields[k].name);
        if (rows->columns[k] < 0)
            return fail(op, E_INTERNAL_ERROR, "query returns no column \"%s\"", t->fields[k].name);
    }
    rows->mapped = t;
    return true;
}

bool from_row(struct op *op, struct rows *rows, int i, const struct type *t, void *out)
{
    const PGresult *r = rows->result;

    if (rows->mapped != t && !map_columns(op, rows, t))
        return false;
    for (size_t k = 0; k < t->nfields; k++) {
        int col = rows->columns[k];

        if (PQgetisnull(r, i, col))
            continue;
        if (!read_column(op, &t->fields[k], PQgetvalue(r, i, col), (size_t)PQgetlength(r, i, col),
                         (char *)out + t->fields[k].offset))
            return false;
    }
    return true;
}

/*
 * Postgres's "2026-11-22 10:30:00.5+00" (the session's zone is UTC) as tstamp_write() spells it:
 * RFC 3339, the fraction with three digits or six.
 */
static void write_tstamp(struct buf *b, const char *s, size_t n)
{
    enum { SHORTEST = 22, LONGEST = 29, FRACTION = 21 };
    char text[LONGEST + 2];
    size_t end = n - 2;

    if (n < SHORTEST || n > LONGEST || s[10] != ' ' || s[n - 3] != '+') {
        buf_str(b, "null"); /* infinity */
        return;
    }
    text[0] = '"';
    memcpy(text + 1, s, n - 3);
    text[11] = 'T';
    while (end > FRACTION && (end - FRACTION) % 3)
        text[end++] = '0';
    memcpy(text + end, "Z\"", 2);
    buf_add(b, text, end + 2);
}

static void write_column(struct buf *b, const struct field *f, const char *s, size_t n)
{
    switch (f->type) {
    case FT_STR:
    case FT_ENUM: buf_json_string(b, (struct str){s, n}); return;
    case FT_TSTAMP: write_tstamp(b, s, n); return;
    case FT_BOOL:
    case FT_OPT_BOOL: buf_str(b, s[0] == 't' ? "true" : "false"); return;
    case FT_I32:
    case FT_I64:
    case FT_F64:
    case FT_OPT_I64:
    case FT_JSON: buf_add(b, s, n); return;
    }
}

bool row_to_json(struct op *op, struct rows *rows, int i, const struct type *t, struct buf *b)
{
    const PGresult *r = rows->result;
    bool first = true;

    if (rows->mapped != t && !map_columns(op, rows, t))
        return false;
    buf_char(b, '{');
    for (size_t k = 0; k < t->nfields; k++) {
        const struct field *f = &t->fields[k];
        int col = rows->columns[k];

        if (f->flags & F_HIDDEN)
            continue;
        field_write_key(b, f, first);
        first = false;
        if (PQgetisnull(r, i, col))
            buf_add(b, "null", 4);
        else
            write_column(b, f, PQgetvalue(r, i, col), (size_t)PQgetlength(r, i, col));
    }
    buf_char(b, '}');
    return true;
}

void *from_rows(struct op *op, struct rows *rows, const struct type *t)
{
    char *items = arena_alloc(&op->arena, (size_t)rows->n * t->size);

    for (int i = 0; i < rows->n; i++)
        if (!from_row(op, rows, i, t, items + (size_t)i * t->size))
            return NULL;
    return items;
}

bool db_store(struct op *op, const struct query *q, const struct type *t, void *inout)
{
    struct arg *args = arena_alloc(&op->arena, (t->nfields + 1) * sizeof(*args));
    struct rows rows;

    for (size_t i = 0; i < t->nfields; i++) {
        const struct field *f = &t->fields[i];
        args[i] = (struct arg){f->name, field_write_text(op, f, (char *)inout + f->offset)};
    }
    args[t->nfields] = (struct arg){0};
    if (!db_query(op, q, args, &rows))
        return false;
    return rows.n == 0 || from_row(op, &rows, 0, t, inout);
}

/* PQfnumber() copies and folds the name first; ours are written as the queries give them. */
static int column_of(const struct rows *rows, const char *column)
{
    int n = PQnfields(rows->result);

    for (int i = 0; i < n; i++)
        if (strcmp(PQfname(rows->result, i), column) == 0)
            return i;
    abort(); /* a query and its reader are one piece; a test runs every pair */
}

const char *db_text(const struct rows *rows, int i, const char *column)
{
    int col = column_of(rows, column);

    return PQgetisnull(rows->result, i, col) ? NULL : PQgetvalue(rows->result, i, col);
}

int64_t db_i64(const struct rows *rows, int i, const char *column)
{
    const char *s = db_text(rows, i, column);

    return s ? strtoll(s, NULL, 10) : 0;
}

bool db_bool(const struct rows *rows, int i, const char *column)
{
    const char *s = db_text(rows, i, column);

    return s && s[0] == 't';
}

static void open_element(struct sql_array *a)
{
    buf_char(&a->text, a->text.n ? ',' : '{');
}

void sql_array_add(struct sql_array *a, const char *value)
{
    open_element(a);
    if (!value) {
        buf_add(&a->text, "NULL", 4);
        return;
    }
    buf_char(&a->text, '"');
    for (const char *p = value; *p; p++) {
        if (*p == '"' || *p == '\\')
            buf_char(&a->text, '\\');
        buf_char(&a->text, *p);
    }
    buf_char(&a->text, '"');
}

void sql_array_add_i64(struct sql_array *a, int64_t v)
{
    open_element(a);
    buf_i64(&a->text, v);
}

const char *sql_array_close(struct sql_array *a)
{
    if (a->text.n == 0)
        buf_char(&a->text, '{');
    buf_char(&a->text, '}');
    return a->text.p;
}

void sql_array_reset(struct sql_array *a)
{
    buf_reset(&a->text);
}

void sql_array_free(struct sql_array *a)
{
    buf_free(&a->text);
}

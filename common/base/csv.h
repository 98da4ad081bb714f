/*
 * csv.h - CSV as it really arrives, pushed in chunk by chunk, in constant memory.
 *
 * Any of the encodings of csv_text.h, any of , ; tab |, any line ending, with
 * or without "sep=;".  RFC 4180, lenient about a quote inside an unquoted
 * field.  Whatever the chunks, the records are the same.
 *
 * The first record that is not empty says how many columns there are.  Later
 * ones are padded; a record with more has the fault FIELD_COUNT.  Empty lines
 * and lines of delimiters only are counted, not delivered.
 */
#ifndef AGORALIA_CSV_H
#define AGORALIA_CSV_H

#include "common/base/compiler.h"
#include "common/base/csv_text.h"

enum {
    CSV_COLUMNS_MAX = 512,
    CSV_FIELD_MAX = 64 * 1024,
    CSV_RECORD_MAX = 1024 * 1024,
};

struct csv_record {
    int64_t line;             /* where it begins, counting physical lines from 1 */
    size_t n;                 /* fields, as many as the file has columns */
    size_t given;             /* fields the record itself has */
    const struct str *fields; /* borrowed until the callback returns */
    const char *fault;        /* NULL, or NUL_BYTE, FIELD_COUNT, FIELD_TOO_LONG */
};

/* A line of prose under a table, as some exports end with: no delimiter in it. */
static inline bool csv_is_footer(const struct csv_record *r)
{
    return r->given == 1 && r->n > 1;
}

struct csv_options {
    char delimiter;                                      /* '\0' = find out */
    bool (*take)(void *ctx, const struct csv_record *r); /* false = stop reading */
    void *ctx;
};

struct csv_summary {
    enum csv_encoding encoding;
    int64_t strays; /* bytes of a UTF-8 file that were not */
    char delimiter;
    int64_t blank;      /* lines or records with nothing in them */
    const char *fault;  /* NULL, or UNSUPPORTED_FORMAT, QUOTE_NOT_CLOSED, RECORD_TOO_LONG */
    int64_t fault_line; /* where the quote opened, where the record began */
};

struct csv_reader;

struct csv_reader *csv_open(const struct csv_options *o);
void csv_close(struct csv_reader *r);

/* False when the file has a fault (summary.fault) or take() has said stop; nothing more is read
 * then. */
bool csv_feed(struct csv_reader *r, struct str bytes) MUSTCHECK;

/* The file has ended: deliver what is left.  To be called once, after the last csv_feed(). */
bool csv_finish(struct csv_reader *r) MUSTCHECK;

struct csv_summary csv_summary(const struct csv_reader *r);

/* NULL when s is a delimiter that may be asked for: for field tables. */
const char *csv_delimiter_complaint(const char *s);

#endif

/*
 * csv.c - head, decoder, lines, libcsv, records.
 *
 * libcsv says what the fields are, not where; so it is given the text line by
 * line, and the line counted here is the line it is on.
 */

#include "common/base/csv.h"

#include "common/base/csv_sniff.h"

#include <csv.h>
#include <stdlib.h>

enum {
    HEAD_BYTES = 64 * 1024, /* looked at before the first record is delivered */
    SLICE_BYTES = 16 * 1024,
};

struct csv_reader {
    struct csv_options options;
    struct csv_parser parser;
    struct buf head; /* raw, until the format is known */
    bool started, stopped;
    struct csv_text text;
    struct buf decoded;
    char delimiter;

    int64_t line; /* the one being read */
    bool after_cr;
    bool ended; /* libcsv reported the end of a record in the last piece */
    int64_t record_line, field_line;
    size_t record_bytes;
    int64_t blank;
    const char *fault;
    int64_t fault_line;

    struct buf cells; /* the record's fields, one after the other */
    size_t nfields, columns;
    size_t ends[CSV_COLUMNS_MAX];
    struct str fields[CSV_COLUMNS_MAX];
    const char *record_fault;
};

struct csv_reader *csv_open(const struct csv_options *o)
{
    struct csv_reader *r = calloc(1, sizeof(*r));

    if (!r || csv_init(&r->parser, 0) != 0)
        abort();
    r->options = *o;
    r->line = 1;
    r->cells.max = CSV_RECORD_MAX;
    return r;
}

void csv_close(struct csv_reader *r)
{
    if (!r)
        return;
    csv_free(&r->parser);
    buf_free(&r->head);
    buf_free(&r->decoded);
    buf_free(&r->cells);
    free(r);
}

static bool stop(struct csv_reader *r, const char *fault, int64_t line)
{
    r->stopped = true;
    if (fault && !r->fault) {
        r->fault = fault;
        r->fault_line = line;
    }
    return false;
}

/* ---- records ------------------------------------------------------------- */

static bool has_control(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)p[i];
        if ((c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7F)
            return true;
    }
    return false;
}

static void blame(struct csv_reader *r, const char *fault)
{
    if (!r->record_fault)
        r->record_fault = fault;
}

static void take_field(void *text, size_t n, void *ctx)
{
    struct csv_reader *r = ctx;

    r->field_line = r->line;
    if (r->nfields >= CSV_COLUMNS_MAX) {
        blame(r, "FIELD_COUNT");
        r->nfields++;
        return;
    }
    if (n > CSV_FIELD_MAX)
        blame(r, "FIELD_TOO_LONG");
    if (has_control(text, n))
        blame(r, "NUL_BYTE");
    buf_add(&r->cells, text, n > CSV_FIELD_MAX ? 0 : n);
    r->ends[r->nfields++] = r->cells.n;
}

static struct csv_record gather(struct csv_reader *r)
{
    size_t n = r->nfields < CSV_COLUMNS_MAX ? r->nfields : CSV_COLUMNS_MAX;
    size_t start = 0;

    for (size_t i = 0; i < n; i++) {
        r->fields[i] = (struct str){r->cells.p + start, r->ends[i] - start};
        start = r->ends[i];
    }
    if (!r->columns)
        r->columns = n;
    if (r->nfields > r->columns)
        blame(r, "FIELD_COUNT");
    for (size_t i = n; i < r->columns; i++)
        r->fields[i] = STR("");
    return (struct csv_record){
        .line = r->record_line,
        .n = r->columns,
        .given = r->nfields,
        .fields = r->fields,
        .fault = r->record_fault,
    };
}

static void take_record(int terminator, void *ctx)
{
    struct csv_reader *r = ctx;
    bool empty = r->cells.n == 0 && !r->record_fault;
    (void)terminator;

    r->ended = true;
    if (empty) {
        r->blank++;
    } else {
        struct csv_record record = gather(r);
        if (!r->stopped && !r->options.take(r->options.ctx, &record))
            stop(r, NULL, 0);
    }
    buf_reset(&r->cells);
    r->nfields = 0;
    r->record_bytes = 0;
    r->record_fault = NULL;
}

/* ---- lines --------------------------------------------------------------- */

static bool record_is_open(const struct csv_reader *r)
{
    return r->nfields || r->parser.entry_pos || r->parser.quoted;
}

static void parse(struct csv_reader *r, struct str piece)
{
    r->ended = false;
    r->record_bytes += piece.n;
    if (csv_parse(&r->parser, piece.p, piece.n, take_field, take_record, r) != piece.n)
        abort(); /* without CSV_STRICT only memory can run out */
}

/* What does not fit is a quote that swallows the file, or no CSV at all. */
static bool parse_bounded(struct csv_reader *r, struct str piece)
{
    if (!record_is_open(r)) {
        r->record_line = r->field_line = r->line;
        r->record_bytes = 0;
    }
    size_t room = CSV_RECORD_MAX - r->record_bytes;
    if (piece.n <= room) {
        parse(r, piece);
        return !r->stopped;
    }
    parse(r, (struct str){piece.p, room});
    return r->parser.quoted ? stop(r, "QUOTE_NOT_CLOSED", r->field_line)
                            : stop(r, "RECORD_TOO_LONG", r->record_line);
}

/* A piece that ends its line: nothing reported and nothing open means the line was empty. */
static bool parse_line_end(struct csv_reader *r, struct str piece)
{
    if (!parse_bounded(r, piece))
        return false;
    if (!r->ended && !record_is_open(r))
        r->blank++;
    r->line++;
    return true;
}

static size_t line_length(struct str s)
{
    size_t n = 0;

    while (n < s.n && s.p[n] != '\n' && s.p[n] != '\r')
        n++;
    return n;
}

static bool parse_text(struct csv_reader *r, struct str s)
{
    while (s.n) {
        size_t n = line_length(s);
        bool crlf = r->after_cr && s.p[0] == '\n';

        r->after_cr = n < s.n && s.p[n] == '\r';
        n += n < s.n;
        struct str piece = {s.p, n};
        bool ends_line = piece.p[n - 1] == '\n' || piece.p[n - 1] == '\r';
        if (!(ends_line && !crlf ? parse_line_end(r, piece) : parse_bounded(r, piece)))
            return false;
        s.p += n;
        s.n -= n;
    }
    return true;
}

/* ---- bytes --------------------------------------------------------------- */

static bool pump(struct csv_reader *r, struct str bytes)
{
    while (bytes.n) {
        size_t n = bytes.n < SLICE_BYTES ? bytes.n : SLICE_BYTES;

        buf_reset(&r->decoded);
        csv_text_feed(&r->text, (struct str){bytes.p, n}, &r->decoded);
        if (!parse_text(r, buf_view(&r->decoded)))
            return false;
        bytes.p += n;
        bytes.n -= n;
    }
    return true;
}

/* The head, decoded by a decoder of its own, so that the real one starts afresh on it. */
static bool look_at(struct csv_reader *r, struct str head, size_t *skip)
{
    struct csv_text scout = r->text;
    struct buf text = {0};

    csv_text_feed(&scout, head, &text);
    bool foreign = csv_is_other_text(buf_view(&text));
    r->delimiter = csv_sep_line(buf_view(&text), skip);
    if (!r->delimiter)
        r->delimiter = csv_guess_delimiter(buf_view(&text));
    buf_free(&text);
    return !foreign;
}

/* "sep=;" is ASCII: in UTF-16 each of its characters is two bytes. */
static bool start(struct csv_reader *r, bool whole)
{
    struct str head = buf_view(&r->head);
    size_t sep = 0;

    r->started = true;
    if (csv_is_binary_format(head))
        return stop(r, "UNSUPPORTED_FORMAT", 0);
    size_t bom = csv_text_detect(&r->text, head, whole);
    head.p += bom;
    head.n -= bom;
    if (!look_at(r, head, &sep))
        return stop(r, "UNSUPPORTED_FORMAT", 0);
    if (sep) {
        bool wide = r->text.encoding == CSV_UTF16LE || r->text.encoding == CSV_UTF16BE;
        head.p += sep << wide;
        head.n -= sep << wide;
        r->line++;
    }
    if (r->options.delimiter)
        r->delimiter = r->options.delimiter;
    csv_set_delim(&r->parser, (unsigned char)r->delimiter);
    bool ok = pump(r, head);
    buf_free(&r->head);
    return ok;
}

bool csv_feed(struct csv_reader *r, struct str bytes)
{
    if (r->stopped)
        return false;
    if (!r->started) {
        size_t room = HEAD_BYTES - r->head.n;
        size_t n = bytes.n < room ? bytes.n : room;

        buf_add(&r->head, bytes.p, n);
        bytes.p += n;
        bytes.n -= n;
        if (r->head.n < HEAD_BYTES)
            return true;
        if (!start(r, false))
            return false;
    }
    return pump(r, bytes);
}

/* In strict mode libcsv's end refuses an open quote; reading itself stays lenient. */
static bool end_parser(struct csv_reader *r)
{
    if (!record_is_open(r))
        r->record_line = r->field_line = r->line;
    csv_set_opts(&r->parser, CSV_STRICT | CSV_STRICT_FINI);
    if (csv_fini(&r->parser, take_field, take_record, r) != 0)
        return stop(r, "QUOTE_NOT_CLOSED", r->field_line);
    return !r->stopped;
}

bool csv_finish(struct csv_reader *r)
{
    if (r->stopped || (!r->started && !start(r, true)))
        return false;
    buf_reset(&r->decoded);
    csv_text_finish(&r->text, &r->decoded);
    return parse_text(r, buf_view(&r->decoded)) && end_parser(r);
}

struct csv_summary csv_summary(const struct csv_reader *r)
{
    return (struct csv_summary){
        .encoding = r->text.encoding,
        .strays = r->text.strays,
        .delimiter = r->delimiter,
        .blank = r->blank,
        .fault = r->fault,
        .fault_line = r->fault_line,
    };
}

const char *csv_delimiter_complaint(const char *s)
{
    return s[0] && strchr(",;\t|", s[0]) && !s[1] ? NULL : "must be one of , ; tab |";
}

/* fuzz_csv.c - any bytes, in any chunks, give the same records and the same verdict. */

#include "common/base/csv.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool write_record(void *ctx, const struct csv_record *r)
{
    struct buf *out = ctx;

    if (r->n > CSV_COLUMNS_MAX || r->line < 1)
        abort();
    buf_printf(out, "%lld/%zu/%s", (long long)r->line, r->given, r->fault ? r->fault : "");
    for (size_t i = 0; i < r->n; i++) {
        buf_char(out, '\n');
        buf_add(out, r->fields[i].p, r->fields[i].n);
    }
    return true;
}

/* Chunk sizes come from the input's first bytes, over and over. */
static void read_all(struct str text, const unsigned char sizes[4], struct buf *out)
{
    struct csv_reader *r = csv_open(&(struct csv_options){.take = write_record, .ctx = out});
    bool ok = true;

    for (size_t at = 0, k = 0; ok && at < text.n; k++) {
        size_t n = 1 + sizes[k % 4];
        n = n < text.n - at ? n : text.n - at;
        ok = csv_feed(r, (struct str){text.p + at, n});
        at += n;
    }
    ok = ok && csv_finish(r);
    struct csv_summary s = csv_summary(r);
    if (ok != !s.fault)
        abort();
    buf_printf(out, "\n%d %lld %c %lld %s %lld", s.encoding, (long long)s.strays, s.delimiter,
               (long long)s.blank, s.fault ? s.fault : "", (long long)s.fault_line);
    csv_close(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const unsigned char large[4] = {255, 255, 255, 255};
    struct buf once = {0}, again = {0};

    if (size < 4)
        return 0;
    struct str text = {(const char *)data + 4, size - 4};
    read_all(text, large, &once);
    read_all(text, data, &again);
    if (!str_eq(buf_view(&once), buf_view(&again)))
        abort();
    buf_free(&once);
    buf_free(&again);
    return 0;
}

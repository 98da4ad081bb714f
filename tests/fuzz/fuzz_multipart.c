/* fuzz_multipart.c - any bytes, in any pieces, give the same parts and the same verdict. */

#include "api/multipart.h"

#include "common/base/buf.h"
#include "common/base/utf8.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool write_begin(void *ctx, const struct multipart_part *part)
{
    struct buf *out = ctx;

    if (part->name.n == 0 || !utf8_valid(part->name.p, part->name.n)
        || memchr(part->name.p, '\0', part->name.n))
        abort();
    buf_char(out, '<');
    buf_add(out, part->name.p, part->name.n);
    buf_add(out, part->filename.p, part->filename.n);
    buf_add(out, part->content_type.p, part->content_type.n);
    buf_char(out, '>');
    return true;
}

static bool write_data(void *ctx, struct str bytes)
{
    if (bytes.n == 0)
        abort();
    buf_add(ctx, bytes.p, bytes.n);
    return true;
}

static bool write_end(void *ctx)
{
    buf_char(ctx, ';');
    return true;
}

/* Piece sizes come from the input's first bytes, over and over; whole: one piece. */
static void parse(struct str body, const uint8_t sizes[4], bool whole, struct buf *out)
{
    struct multipart m;
    const struct multipart_events events = {write_begin, write_data, write_end, out};
    bool ok = true;

    multipart_init(&m, STR("b"), &events);
    for (size_t at = 0, k = 0; ok && at < body.n; k++) {
        size_t n = whole ? body.n : (size_t)sizes[k % 4] % 64 + 1;
        n = n < body.n - at ? n : body.n - at;
        ok = multipart_feed(&m, (struct str){body.p + at, n});
        at += n;
    }
    ok = ok && multipart_finish(&m);
    if (ok == (m.wrong != NULL))
        abort();
    buf_str(out, ok ? "ok" : m.wrong);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf whole = {0}, pieces = {0};
    char boundary[MULTIPART_MAX_BOUNDARY + 1], type[MULTIPART_MAX_TYPE + 1];

    if (size < 4)
        return 0;
    struct str body = {(const char *)data + 4, size - 4};
    parse(body, data, true, &whole);
    parse(body, data, false, &pieces);
    if (!str_eq(buf_view(&whole), buf_view(&pieces)))
        abort();
    if (body.n < sizeof(type)) {
        memcpy(type, body.p, body.n);
        type[body.n] = '\0';
        if (multipart_boundary(type, boundary) && boundary[0] == '\0')
            abort();
    }
    buf_free(&whole);
    buf_free(&pieces);
    return 0;
}

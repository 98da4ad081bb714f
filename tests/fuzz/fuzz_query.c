/* fuzz_query.c - any query string gives values within their bounds or a complaint. */

#include "api/query.h"

#include "common/base/utf8.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct filter {
    int32_t a;
    struct opt_i64 b;
    struct opt_bool c;
    const char *d;
    struct tstamp e;
    double f;
    int g;
};

static const char *const labels[] = {"x", "y", NULL};

static const struct field filter_fields[] = {
    FIELD(struct filter, a, .min = 1, .max = 200),
    FIELD(struct filter, b),
    FIELD(struct filter, c),
    FIELD(struct filter, d, .max = 10),
    FIELD(struct filter, e),
    FIELD(struct filter, f),
    FIELD_ENUM(struct filter, g, labels),
};

static const struct type filter_type = TYPE(struct filter, filter_fields);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct op op = {0};
    struct filter f = {.a = 25};
    const struct req req = {.query = {(const char *)data, size}};
    bool ok = req_query(&op, &req, &filter_type, &f);

    if (ok != (op.err.code == E_NONE) || (ok && op.err.details))
        abort();
    if (f.a < 1 || f.a > 200 || f.g < 0 || f.g > 1)
        abort();
    if (f.d && (strlen(f.d) > 10 || !utf8_valid(f.d, strlen(f.d))))
        abort();
    op_end(&op);
    return 0;
}

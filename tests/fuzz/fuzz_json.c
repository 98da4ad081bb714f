/*
 * fuzz_json.c - the JSON door: what passes it prints and passes again, unchanged.
 *
 * The grammar walk and the parser behind it must agree: json_parse() aborts when cJSON refuses what
 * the walk let through.  Nothing that is not UTF-8 comes out.
 */

#include "common/base/json.h"
#include "common/base/utf8.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The document's text after one pass; NULL when it was refused. */
static const char *pass(struct op *op, struct str text)
{
    const struct cJSON *v;

    return json_parse(op, text, &v) ? json_text(op, v) : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct op op = {.request_id = "fuzz"};
    struct str text = {(const char *)data, size};
    size_t at = 0;
    const char *wrong = json_complaint(text, &at);
    const char *once = pass(&op, text);

    if (at > size || (wrong && once))
        abort();
    if (once) {
        const char *twice = pass(&op, str_of(once));
        if (!twice || strcmp(once, twice) != 0 || !utf8_valid(once, strlen(once)))
            abort();
    }
    op_end(&op);
    return 0;
}

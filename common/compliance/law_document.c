/* law_document.c - the hash first, then the columns. */

#include "common/compliance/law_document.h"

#include "common/base/digest.h"
#include "common/base/json.h"

#include <stdlib.h>

struct law_shelf_item {
    const char *hash;
    const struct law *law;
    struct law_shelf_item *next;
};

/* A column that is missing, or of another type, is not said. */
static void read_column(const struct cJSON *member, const struct field *f, void *out)
{
    int64_t number = 0;

    switch ((int)f->type) {
    case FT_BOOL: *(bool *)out = member && json_is_true(member); break;
    case FT_STR: *(const char **)out = json_string(member); break;
    case FT_I64: *(int64_t *)out = member && json_i64(member, &number) ? number : 0; break;
    default: abort();
    }
}

static struct law_row row_of(struct op *op, const struct cJSON *v, const char *hash)
{
    const struct cJSON *extended = json_get(v, "extended");
    struct law_row row = {0};

    for (size_t i = 0; i < law_row_type.nfields; i++) {
        const struct field *f = &law_row_type.fields[i];
        read_column(json_get(v, f->name), f, (char *)&row + f->offset);
    }
    row.id = 0; /* a document is nobody's row */
    row.document_hash = hash;
    row.extended = extended ? json_text(op, extended) : NULL;
    return row;
}

const struct law *law_of_document(struct op *op, const char *hash, const char *document)
{
    char actual[SHA256_HEX_SIZE];
    const struct cJSON *v;

    digest_hex(DIGEST_SHA256, str_of(document), actual);
    if (strcmp(actual, hash) != 0) {
        fail(op, E_VALIDATION_ERROR, "The law %s was changed", hash);
        return NULL;
    }
    if (!json_parse(op, str_of(document), &v) || !json_get_string(v, "country_iso")) {
        op_forgive(op);
        fail(op, E_VALIDATION_ERROR, "The law %s is no rule's document", hash);
        return NULL;
    }
    const struct law_row row = row_of(op, v, hash);
    return law_parse(op, &row);
}

bool law_shelf_add(struct op *op, struct law_shelf *shelf, const char *hash, const char *document)
{
    const struct law *law =
        law_shelf_find(shelf, hash) ? NULL : law_of_document(op, hash, document);

    if (law) {
        struct law_shelf_item *item = ARENA_NEW(&op->arena, struct law_shelf_item);
        *item = (struct law_shelf_item){law->row.document_hash, law, shelf->first};
        shelf->first = item;
    }
    return op->err.code == E_NONE;
}

const struct law *law_shelf_find(void *shelf, const char *hash)
{
    const struct law_shelf *s = shelf;

    for (const struct law_shelf_item *i = s->first; i; i = i->next)
        if (strcmp(i->hash, hash) == 0)
            return i->law;
    return NULL;
}

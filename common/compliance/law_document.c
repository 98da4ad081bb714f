/* law_document.c - the hash first, then the columns. */

#include "common/compliance/law_document.h"

#include "common/base/digest.h"
#include "common/base/json.h"

struct law_shelf_item {
    const char *hash;
    const struct law *law;
    struct law_shelf_item *next;
};

static bool is_set(const struct cJSON *v, const char *key)
{
    const struct cJSON *member = json_get(v, key);

    return member && json_is_true(member);
}

static struct law_row row_of(struct op *op, const struct cJSON *v, const char *hash)
{
    const struct cJSON *extended = json_get(v, "extended");
    struct law_row row = {
        .document_hash = hash,
        .country_iso = json_get_string(v, "country_iso"),
        .enabled = is_set(v, "enabled"),
        .require_disclosure = is_set(v, "require_disclosure"),
        .disclosure_text = json_get_string(v, "disclosure_text"),
        .require_explicit_consent = is_set(v, "require_explicit_consent"),
        .dnc_registry_enabled = is_set(v, "dnc_registry_enabled"),
        .dnc_check_required = is_set(v, "dnc_check_required"),
        .quiet_hours_enabled = is_set(v, "quiet_hours_enabled"),
        .quiet_hours = json_get_string(v, "quiet_hours"),
        .timezone = json_get_string(v, "timezone"),
        .require_recording_consent = is_set(v, "require_recording_consent"),
        .recording_disclosure_text = json_get_string(v, "recording_disclosure_text"),
        .extended = extended ? json_text(op, extended) : NULL,
    };

    if (!json_get_i64(v, "data_retention_days", &row.data_retention_days))
        row.data_retention_days = 0;
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

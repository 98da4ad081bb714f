/* law.c - a rule row as a law. */

#include "common/compliance/law.h"

#include "common/base/tz.h"
#include "common/compliance/disclosure_text.h"
#include "common/compliance/law_reader.h"

static const struct field law_row_fields[] = {
#define X(type, column) FIELD(struct law_row, column, .flags = 0),
    LAW_COLUMNS(X)
#undef X
};
const struct type law_row_type = TYPE(struct law_row, law_row_fields);

/* Whatever else stands in the document may be new law: it is not passed over. */
static const char *const extended_keys[] = {
    "timezones", "zone_policy", "call_windows", "holidays", "attempt_caps", "abandoned_calls",
    "refusal_cooldown_days", "consent", "dnc", "recording", "ai_disclosure", "caller_id",
    "sector_rules", "sub_rules", "split_area_codes", "loosenable_fields", "disclosure_texts",
    "recording_texts", "languages", "requires_tzdata",
    /* about the law, not of it */
    "windows_legal_force", "facts", "sources", "source", "as_of", "effective_from", "effective_to",
    "certainty", "review_required", "notes", "split_area_codes_certainty", NULL};

static void read_zones(struct law_reader *r, const struct law_row *row,
                       const struct cJSON *extended)
{
    static const char *const policies[] = {"union", "fixed", NULL};

    r->where = "timezone";
    r->law->zone = row->timezone ? tz_get(row->timezone) : NULL;
    if (row->timezone && !r->law->zone)
        law_misread(r, "is not a zone");
    r->law->zones = law_zones(r, law_member(extended, "timezones"), &r->law->n_zones);
    r->law->zone_fixed = law_word(r, extended, "zone_policy", policies, 0) == 1;
    if (r->law->zone_fixed && !r->law->zone)
        law_misread(r, "a fixed zone is not given");
}

/* Releases are a year and a letter, "2026f": older ones sort before. */
static void require_tzdata(struct law_reader *r, const struct cJSON *extended)
{
    const char *release = law_string(r, extended, "requires_tzdata");

    r->where = "requires_tzdata";
    if (release && (tz_version()[0] != '2' || strcmp(tz_version(), release) < 0))
        law_misread(r, "the system's time zones are older");
}

static const char *copy(struct op *op, const char *text)
{
    return text ? arena_strdup(&op->arena, text) : NULL;
}

static struct law_row kept_row(struct op *op, const struct law_row *row)
{
    struct law_row kept = *row;

    kept.document_hash = copy(op, row->document_hash);
    kept.country_iso = copy(op, row->country_iso);
    kept.disclosure_text = copy(op, row->disclosure_text);
    kept.quiet_hours = copy(op, row->quiet_hours);
    kept.timezone = copy(op, row->timezone);
    kept.recording_disclosure_text = copy(op, row->recording_disclosure_text);
    kept.extended = copy(op, row->extended);
    return kept;
}

static void copy_row(struct law *law)
{
    const struct law_row *row = &law->row;

    law->id = row->id;
    law->country_iso = row->country_iso;
    law->enabled = row->enabled;
    law->require_disclosure = row->require_disclosure;
    law->require_explicit_consent = row->require_explicit_consent;
    law->require_recording_consent = row->require_recording_consent;
    law->dnc_check_required = row->dnc_check_required;
    law->dnc_registry_enabled = row->dnc_registry_enabled;
    law->quiet_hours_enabled = row->quiet_hours_enabled;
    law->data_retention_days = row->data_retention_days;
}

static const char *first_language(struct law_reader *r, const struct cJSON *extended)
{
    const struct cJSON *list = law_member(extended, "languages");
    const struct cJSON *first = law_list(r, list) ? json_first(list) : NULL;

    return first && json_string(first) ? arena_strdup(&r->op->arena, json_string(first)) : "";
}

/* The document's own tree goes with its part of the operation; what is kept is copied. */
static const struct cJSON *parse_extended(struct law_reader *r, const struct law_row *row)
{
    const struct cJSON *v = NULL;

    r->where = "extended";
    if (!row->extended)
        return NULL;
    if (!json_parse(r->op, str_of(row->extended), &v)) {
        op_forgive(r->op);
        law_misread(r, "is not JSON");
        return NULL;
    }
    law_only(r, v, extended_keys);
    return v;
}

const struct law *law_parse(struct op *op, const struct law_row *row)
{
    struct law *law = ARENA_NEW(&op->arena, struct law);
    struct law_reader r = {op, law, ""};

    law->row = kept_row(op, row);
    copy_row(law);
    row = &law->row;
    const struct cJSON *extended = parse_extended(&r, row);
    read_zones(&r, row, extended);
    require_tzdata(&r, extended);
    r.where = "windows";
    law_read_times(&r, extended, row->quiet_hours, &law->times);
    r.where = "sub_rules";
    law_read_subs(&r, extended);
    law_read_consent(&r, extended);
    law_read_registry(&r, extended);
    law_read_duties(&r, extended);
    r.where = "languages";
    const char *language = first_language(&r, extended);
    law->disclosure = law_text_of(language, row->disclosure_text);
    law->names_company_and_ai = disclosure_names_company_and_ai(row->disclosure_text);
    law->recording = law_text_of(language, row->recording_disclosure_text);
    return law;
}

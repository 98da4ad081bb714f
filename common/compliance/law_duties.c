/* law_duties.c - what must be said and shown, and what may not be sold by telephone. */

#include "common/compliance/disclosure_text.h"
#include "common/compliance/law_reader.h"

struct law_text law_text_of(const char *language, const char *text)
{
    return (struct law_text){language, text, text && disclosure_complaint(text) == NULL};
}

static const struct law_text *read_texts(struct law_reader *r, const struct cJSON *object, int *n)
{
    int count = 0;

    if (object && !json_is_object(object))
        law_misread(r, "is not an object");
    for (const struct cJSON *v = object ? json_first(object) : NULL; v; v = json_next(v))
        count++;
    struct law_text *texts = arena_alloc(&r->op->arena, (size_t)(count + 1) * sizeof(*texts));
    for (const struct cJSON *v = count ? json_first(object) : NULL; v; v = json_next(v))
        texts[(*n)++] =
            law_text_of(arena_strdup(&r->op->arena, json_key(v)),
                        arena_strdup(&r->op->arena, json_string(v) ? json_string(v) : "{"));
    return texts;
}

static void read_ai(struct law_reader *r, const struct cJSON *extended)
{
    static const char *const keys[] = {"required",  "effective_from", "effective_to", "timing",
                                       "certainty", "source",         "note",         NULL};
    const struct cJSON *v = law_member(extended, "ai_disclosure");

    r->where = "ai_disclosure";
    if (!v)
        return;
    law_only(r, v, keys);
    r->law->ai_required = law_flag(r, v, "required", true);
    r->law->ai_in_force = law_in_force(r, v);
}

static const char **read_prefixes(struct law_reader *r, const struct cJSON *object, const char *key)
{
    const struct cJSON *list = law_member(object, key);
    int count = law_list(r, list), n = 0;
    const char **prefixes = arena_alloc(&r->op->arena, (size_t)(count + 1) * sizeof(char *));

    for (const struct cJSON *v = count ? json_first(list) : NULL; v; v = json_next(v)) {
        if (json_string(v) && json_string(v)[0] == '+')
            prefixes[n++] = arena_strdup(&r->op->arena, json_string(v));
        else
            law_misread(r, key);
    }
    prefixes[n] = NULL;
    return prefixes;
}

static void read_caller_id(struct law_reader *r, const struct cJSON *extended)
{
    static const char *const keys[] = {"anonymous_forbidden",
                                       "forbidden_prefixes",
                                       "allowed_prefixes",
                                       "allowed_prefixes_mode",
                                       "preferred_prefixes",
                                       "pending_required_prefixes",
                                       "required_series",
                                       "domestic_origination_required_for_own_cc",
                                       "register",
                                       "stir_shaken",
                                       "note",
                                       NULL};
    static const char *const modes[] = {"warn", "block", NULL};
    const struct cJSON *v = law_member(extended, "caller_id");

    r->where = "caller_id";
    if (v)
        law_only(r, v, keys);
    r->law->caller_forbidden = read_prefixes(r, v, "forbidden_prefixes");
    r->law->caller_allowed = read_prefixes(r, v, "allowed_prefixes");
    r->law->caller_unlisted_forbidden = law_word(r, v, "allowed_prefixes_mode", modes, 1) == 1;
}

static void read_sectors(struct law_reader *r, const struct cJSON *extended)
{
    static const char *const keys[] = {"sector",         "rule",         "caller_id",
                                       "effective_from", "effective_to", "certainty",
                                       "source",         "note",         NULL};
    static const char *const rules[] = {"prohibited", "opt_in_specific_or_prior_request", NULL};
    const struct cJSON *list = law_member(extended, "sector_rules");

    r->where = "sector_rules";
    int n = law_list(r, list);
    struct sector_law *sectors = arena_alloc(&r->op->arena, (size_t)(n + 1) * sizeof(*sectors));
    for (const struct cJSON *v = n ? json_first(list) : NULL; v; v = json_next(v)) {
        const char *sector = law_string(r, v, "sector");
        law_only(r, v, keys);
        if (!sector)
            law_misread(r, "sector");
        else
            sectors[r->law->n_sectors++] = (struct sector_law){
                sector, law_word(r, v, "rule", rules, 0) == 0, law_in_force(r, v)};
    }
    r->law->sectors = sectors;
}

/* A field this engine cannot loosen stays as it is. */
static void read_loosenable(struct law_reader *r, const struct cJSON *extended)
{
    static const struct {
        const char *name;
        enum loosenable bit;
    } fields[] = {
        {"quiet_hours", LOOSEN_QUIET_HOURS},
        {"quiet_hours_enabled", LOOSEN_QUIET_HOURS_ENABLED},
        {"require_explicit_consent", LOOSEN_EXPLICIT_CONSENT},
        {"require_disclosure", LOOSEN_DISCLOSURE},
        {"require_recording_consent", LOOSEN_RECORDING_CONSENT},
        {"dnc_registry_enabled", LOOSEN_REGISTRY},
    };
    const struct cJSON *list = law_member(extended, "loosenable_fields");

    r->where = "loosenable_fields";
    for (const struct cJSON *v = law_list(r, list) ? json_first(list) : NULL; v; v = json_next(v))
        for (size_t i = 0; i < ARRAY_LEN(fields); i++)
            if (json_string(v) && strcmp(json_string(v), fields[i].name) == 0)
                r->law->loosenable |= fields[i].bit;
}

static void read_recording(struct law_reader *r, const struct cJSON *extended)
{
    static const char *const keys[] = {"model", "announce_at_start", "note", NULL};
    static const char *const models[] = {"notice", "one_party", "all_party", NULL};
    const struct cJSON *v = law_member(extended, "recording");

    r->where = "recording";
    if (v)
        law_only(r, v, keys);
    r->law->all_party_recording = law_word(r, v, "model", models, 0) == 2;
}

void law_read_duties(struct law_reader *r, const struct cJSON *extended)
{
    read_ai(r, extended);
    read_caller_id(r, extended);
    read_sectors(r, extended);
    read_loosenable(r, extended);
    read_recording(r, extended);
    r->where = "disclosure_texts";
    r->law->disclosure_texts =
        read_texts(r, law_member(extended, "disclosure_texts"), &r->law->n_disclosure_texts);
    r->where = "recording_texts";
    r->law->recording_texts =
        read_texts(r, law_member(extended, "recording_texts"), &r->law->n_recording_texts);
}

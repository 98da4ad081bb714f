/* record_read.c - a record back into facts.  What cannot be read fails; nothing is guessed. */

#include "common/compliance/record.h"

#include "common/base/buf.h"
#include "common/base/json.h"

struct reading {
    struct op *op;
    bool ok;
};

static void wrong(struct reading *r, const char *what)
{
    if (r->ok)
        fail(r->op, E_VALIDATION_ERROR, "The record's \"%s\" cannot be read", what);
    r->ok = false;
}

static int64_t number(struct reading *r, const struct cJSON *o, const char *key)
{
    int64_t v = 0;

    if (json_get(o, key) && !json_get_i64(o, key, &v))
        wrong(r, key);
    return v;
}

static int small(struct reading *r, const struct cJSON *o, const char *key)
{
    int64_t v = number(r, o, key);

    if (v < 0 || v > INT32_MAX)
        wrong(r, key);
    return (int)v;
}

static struct tstamp instant(struct reading *r, const struct cJSON *o, const char *key)
{
    return (struct tstamp){number(r, o, key)};
}

static bool flag(const struct cJSON *o, const char *key)
{
    const struct cJSON *v = json_get(o, key);

    return v && json_is_true(v);
}

static const char *text(struct reading *r, const struct cJSON *o, const char *key)
{
    const char *v = json_get_string(o, key);

    return v ? arena_strdup(&r->op->arena, v) : NULL;
}

static void copy(struct reading *r, const struct cJSON *o, const char *key, char *out, size_t size)
{
    const char *v = json_get_string(o, key);

    if (v && strlen(v) < size)
        memcpy(out, v, strlen(v) + 1);
    else
        wrong(r, key);
}

static int word(struct reading *r, const struct cJSON *o, const char *key, const char *const *words,
                int n)
{
    const char *v = json_get_string(o, key);

    for (int i = 0; v && i < n; i++)
        if (words[i] && strcmp(words[i], v) == 0)
            return i;
    wrong(r, key);
    return 0;
}

static const struct tz *zone_named(struct reading *r, const char *name)
{
    const struct tz *zone = name ? tz_get(name) : NULL;

    if (name && !zone)
        wrong(r, "zone");
    return zone;
}

static int list_length(struct reading *r, const struct cJSON *list, const char *key)
{
    int n = 0;

    if (!list || !json_is_array(list))
        wrong(r, key);
    for (const struct cJSON *v = r->ok ? json_first(list) : NULL; v; v = json_next(v))
        n++;
    return n;
}

static void read_number(struct reading *r, const struct cJSON *o, struct number_facts *out)
{
    const struct cJSON *zones = json_get(o, "zones");
    const char *fault = json_get_string(o, "fault"), *type = json_get_string(o, "type");

    if (list_length(r, zones, "zones") > FACTS_MAX_ZONES || !fault || !type)
        wrong(r, "number");
    if (!r->ok)
        return;
    out->fault = NUMBER_AMBIGUOUS + 1;
    for (enum number_fault f = NUMBER_OK; f <= NUMBER_AMBIGUOUS; f++)
        if (strcmp(number_fault_name(f), fault) == 0)
            out->fault = f;
    out->type = PHONE_SHORT + 1;
    for (enum phone_type t = PHONE_UNKNOWN; t <= PHONE_SHORT; t++)
        if (strcmp(phone_type_name(t), type) == 0)
            out->type = t;
    if (out->fault > NUMBER_AMBIGUOUS || out->type > PHONE_SHORT)
        wrong(r, "number");
    copy(r, o, "e164", out->e164, sizeof(out->e164));
    copy(r, o, "region", out->region, sizeof(out->region));
    for (const struct cJSON *v = json_first(zones); v; v = json_next(v))
        out->zones[out->n_zones++] = zone_named(r, json_string(v));
}

static void read_lead(struct reading *r, const struct cJSON *o, struct lead_facts *out)
{
    const struct cJSON *sectors = json_get(o, "sectors");

    *out = (struct lead_facts){
        .known = flag(o, "known"),
        .consent = (enum consent_status)word(r, o, "consent", consent_status_names, 4),
        .basis = (enum consent_basis)word(r, o, "basis", decision_basis_names, 4),
        .consent_date = instant(r, o, "consent_date"),
        .consent_expires = instant(r, o, "consent_expires"),
        .has_source = flag(o, "has_source"),
        .channels_known = flag(o, "channels_known"),
        .channels = (unsigned)small(r, o, "channels"),
        .level = (enum consent_level)word(r, o, "level", decision_level_names, 4),
        .segment = (enum lead_segment)word(r, o, "segment", decision_segment_names, 3),
        .contract_active = flag(o, "contract_active"),
        .zone = zone_named(r, json_get_string(o, "zone")),
        .zone_invalid = flag(o, "zone_invalid"),
        .zone_verified = flag(o, "zone_verified"),
    };
    copy(r, o, "country", out->country_iso, sizeof(out->country_iso));
    copy(r, o, "state", out->state, sizeof(out->state));
    copy(r, o, "language", out->language, sizeof(out->language));
    if (list_length(r, sectors, "sectors") > FACTS_MAX_SECTORS)
        wrong(r, "sectors");
    for (const struct cJSON *v = r->ok ? json_first(sectors) : NULL; v; v = json_next(v))
        out->sectors[out->n_sectors++] = arena_strdup(&r->op->arena, json_string(v));
}

static void read_entries(struct reading *r, const struct cJSON *list, struct compliance_facts *out)
{
    int n = list_length(r, list, "dnc");
    struct dnc_fact *e = arena_alloc(&r->op->arena, (size_t)(n + 1) * sizeof(*e));

    out->dnc = e;
    for (const struct cJSON *v = r->ok ? json_first(list) : NULL; v; v = json_next(v))
        e[out->n_dnc++] = (struct dnc_fact){
            .origin = (enum dnc_origin)word(r, v, "origin", decision_origin_names, 3),
            .platform = flag(v, "platform"),
            .listed_at = instant(r, v, "listed_at"),
            .expires_at = instant(r, v, "expires_at"),
            .deleted_at = instant(r, v, "deleted_at"),
        };
}

static void read_scrubs(struct reading *r, const struct cJSON *list, struct compliance_facts *out)
{
    if (list_length(r, list, "scrubs") > FACTS_MAX_SCRUBS)
        wrong(r, "scrubs");
    for (const struct cJSON *v = r->ok ? json_first(list) : NULL; v; v = json_next(v))
        out->scrubs[out->n_scrubs++] =
            (struct scrub_fact){text(r, v, "registry"), instant(r, v, "at")};
}

static void read_attempts(struct reading *r, const struct cJSON *list, struct compliance_facts *out)
{
    int n = list_length(r, list, "attempts");
    struct attempt_fact *a = arena_alloc(&r->op->arena, (size_t)(n + 1) * sizeof(*a));

    out->attempts = a;
    for (const struct cJSON *v = r->ok ? json_first(list) : NULL; v; v = json_next(v))
        a[out->n_attempts++] = (struct attempt_fact){
            instant(r, v, "at"), (enum attempt_end)word(r, v, "end", decision_end_names, 3)};
}

static const struct override *read_override(struct reading *r, const struct cJSON *o)
{
    const char *source = o ? json_get_string(o, "source") : NULL;
    const struct cJSON *v;

    if (!o)
        return NULL;
    if (!source || !json_parse(r->op, str_of(source), &v)) {
        op_forgive(r->op);
        wrong(r, "override");
        return NULL;
    }
    struct override *out = ARENA_NEW(&r->op->arena, struct override);
    *out = *override_parse(r->op, v);
    out->grant.permitted = flag(o, "permitted");
    return out;
}

static void read_campaign(struct reading *r, const struct cJSON *o, struct campaign_facts *out)
{
    *out = (struct campaign_facts){
        .exclude_dnc = flag(o, "exclude_dnc"),
        .quiet_set = flag(o, "quiet_set"),
        .quiet_invalid = flag(o, "quiet_invalid"),
        .quiet = {.start_minute = small(r, o, "quiet_start"),
                  .end_minute = small(r, o, "quiet_end")},
        .zone = zone_named(r, json_get_string(o, "zone")),
        .end = instant(r, o, "end"),
        .sector = text(r, o, "sector"),
        .override = read_override(r, json_get(o, "override")),
        .lead_override = read_override(r, json_get(o, "lead_override")),
    };
}

static void read_laws(struct reading *r, const struct cJSON *list, law_finder *find, void *ctx,
                      struct compliance_facts *out)
{
    if (list_length(r, list, "laws") > FACTS_MAX_LAWS)
        wrong(r, "laws");
    for (const struct cJSON *v = r->ok ? json_first(list) : NULL; v; v = json_next(v)) {
        const char *hash = json_get_string(v, "document");
        const struct law *law = hash ? find(ctx, hash) : NULL;
        if (!law) {
            if (r->ok)
                fail(r->op, E_VALIDATION_ERROR, "The law %s is not at hand", hash ? hash : "?");
            r->ok = false;
            return;
        }
        out->laws[out->n_laws++] =
            (struct law_in_force){law, flag(v, "tenant"), flag(v, "of_lead")};
    }
}

static void read_both(struct reading *r, const struct cJSON *record, const struct cJSON *personal,
                      law_finder *find, void *ctx, struct compliance_facts *out)
{
    *out = (struct compliance_facts){
        .at = instant(r, record, "at"),
        .guard_seconds = small(r, record, "guard_seconds"),
        .advisory = flag(record, "advisory"),
        .policy = {flag(record, "no_rule_warns"), flag(record, "unknown_scope_blocks")},
        .from_number = text(r, personal, "from"),
    };
    copy(r, record, "country", out->country_iso, sizeof(out->country_iso));
    read_number(r, json_get(personal, "number"), &out->number);
    read_laws(r, json_get(record, "laws"), find, ctx, out);
    read_campaign(r, json_get(record, "campaign"), &out->campaign);
    read_lead(r, json_get(personal, "lead"), &out->lead);
    read_entries(r, json_get(personal, "dnc"), out);
    read_scrubs(r, json_get(personal, "scrubs"), out);
    read_attempts(r, json_get(personal, "attempts"), out);
}

bool decision_read_facts(struct op *op, const char *record, const char *personal, law_finder *find,
                         void *ctx, struct compliance_facts *out)
{
    struct reading r = {op, true};
    const struct cJSON *shown, *hidden;

    if (!json_parse(op, str_of(record), &shown) || !json_parse(op, str_of(personal), &hidden)) {
        op_forgive(op);
        return fail(op, E_VALIDATION_ERROR, "The record is not JSON");
    }
    read_both(&r, shown, hidden, find, ctx, out);
    return r.ok;
}

/* Read from the record as it stands there, to the byte. */
static const char *stored_verdict(struct op *op, const char *record)
{
    static const char before[] = ",\"verdict\":", after[] = ",\"commitment\":\"";
    const char *from = strstr(record, before), *to = from ? strstr(from, after) : NULL;

    if (!to)
        return NULL;
    from += sizeof(before) - 1;
    return arena_strndup(&op->arena, from, (size_t)(to - from));
}

static bool is_ours(const struct cJSON *record, const char *key, const char *ours)
{
    const char *theirs = json_get_string(record, key);

    return theirs && strcmp(theirs, ours) == 0;
}

static const char *other_versions(struct op *op, const char *record)
{
    const struct cJSON *v;

    if (!json_parse(op, str_of(record), &v)) {
        op_forgive(op);
        return NULL;
    }
    if (is_ours(v, "engine", COMPLIANCE_ENGINE_VERSION) && is_ours(v, "tzdata", tz_version())
        && is_ours(v, "phone", phone_data_version()))
        return NULL;
    return arena_printf(&op->arena, "engine %s, tzdata %s, numbering plans %s",
                        json_get_string(v, "engine"), json_get_string(v, "tzdata"),
                        json_get_string(v, "phone"));
}

bool decision_replay(struct op *op, const char *record, const char *personal, law_finder *find,
                     void *ctx, struct decision_replay *out)
{
    struct compliance_facts facts;
    struct buf b = {0};

    *out = (struct decision_replay){.stored = stored_verdict(op, record)};
    if (!out->stored)
        return fail(op, E_VALIDATION_ERROR, "The record has no verdict");
    if (!decision_read_facts(op, record, personal, find, ctx, &facts))
        return false;
    struct compliance_verdict v = compliance_decide(&facts);
    decision_write_verdict(&b, &v);
    out->again = arena_strndup(&op->arena, b.p, b.n);
    out->versions = other_versions(op, record);
    buf_free(&b);
    return true;
}

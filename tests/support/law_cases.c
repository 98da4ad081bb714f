/* law_cases.c - each member of a case becomes the fact it is about. */

#include "tests/support/law_cases.h"

#include "common/base/json.h"
#include "common/number/country.h"
#include "common/number/e164.h"
#include "tests/support/check.h"

#include <stdio.h>
#include <stdlib.h>

static const struct cJSON *read_file(struct op *op, const char *path)
{
    const struct cJSON *v;
    FILE *file = fopen(path, "re");
    struct buf text = {0};
    char piece[65536];
    size_t n;

    if (!file)
        fail_msg("%s is not here: run from the repository's root", path);
    while ((n = fread(piece, 1, sizeof(piece), file)) > 0)
        buf_add(&text, piece, n);
    fclose(file);
    assert_ok(op, json_parse(op, buf_view(&text), &v));
    buf_free(&text);
    return v;
}

static struct tstamp read_time(const struct cJSON *object, const char *key)
{
    struct tstamp t = {0};
    const char *text = json_get_string(object, key);

    if (text)
        assert_true(tstamp_parse(str_of(text), &t));
    return t;
}

static bool flag(const struct cJSON *object, const char *key)
{
    const struct cJSON *v = json_get(object, key);

    return v && json_is_true(v);
}

static const struct cJSON *present(const struct cJSON *object, const char *key)
{
    const struct cJSON *v = json_get(object, key);

    return v && !json_is_null(v) ? v : NULL;
}

static const struct law *read_law(struct op *op, const struct cJSON *v)
{
    const struct cJSON *extended = present(v, "extended");
    struct law_row row = {
        .country_iso = json_get_string(v, "country_iso"),
        .enabled = flag(v, "enabled"),
        .require_disclosure = flag(v, "require_disclosure"),
        .disclosure_text = json_get_string(v, "disclosure_text"),
        .require_explicit_consent = flag(v, "require_explicit_consent"),
        .dnc_registry_enabled = flag(v, "dnc_registry_enabled"),
        .dnc_check_required = flag(v, "dnc_check_required"),
        .quiet_hours_enabled = flag(v, "quiet_hours_enabled"),
        .quiet_hours = json_get_string(v, "quiet_hours"),
        .timezone = json_get_string(v, "timezone"),
        .require_recording_consent = flag(v, "require_recording_consent"),
        .recording_disclosure_text = json_get_string(v, "recording_disclosure_text"),
        .extended = extended ? json_text(op, extended) : NULL,
    };

    json_get_i64(v, "data_retention_days", &row.data_retention_days);
    return law_parse(op, &row);
}

/* By the name of a fixture, or spelled out. */
static void add_law(struct op *op, const struct cJSON *fixtures, const struct cJSON *v,
                    bool of_lead, struct compliance_facts *f)
{
    if (!v || json_is_null(v))
        return;
    if (json_string(v))
        v = json_get(fixtures, json_string(v));
    f->laws[f->n_laws++] = (struct law_in_force){
        .law = read_law(op, v), .tenant = present(v, "tenant_id") != NULL, .of_lead = of_lead};
}

static enum phone_type type_named(const char *name)
{
    static const struct {
        const char *name;
        enum phone_type type;
    } types[] = {
        {"fixed_line", PHONE_FIXED_LINE},
        {"mobile", PHONE_MOBILE},
        {"fixed_line_or_mobile", PHONE_FIXED_LINE_OR_MOBILE},
        {"toll_free", PHONE_TOLL_FREE},
        {"premium_rate", PHONE_PREMIUM_RATE},
        {"voip", PHONE_VOIP},
        {"unknown", PHONE_UNKNOWN},
    };

    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        if (strcmp(types[i].name, name) == 0)
            return types[i].type;
    fail_msg("no type of line is called %s", name);
    return PHONE_UNKNOWN;
}

static void read_number(const struct cJSON *v, struct compliance_facts *f)
{
    const struct cJSON *plan = present(v, "phone_facts");
    struct number_facts *n = &f->number;
    struct e164 parsed;

    if (!plan) {
        n->fault = e164_parse(str_of(json_get_string(v, "to_number")),
                              json_get_string(v, "country_iso"), &parsed);
        assert_int_not_equal(n->fault, NUMBER_OK);
        return;
    }
    n->fault = flag(plan, "valid") ? NUMBER_OK : NUMBER_INVALID;
    snprintf(n->e164, sizeof(n->e164), "%s", json_get_string(plan, "e164"));
    const char *region = json_get_string(plan, "region");
    snprintf(n->region, sizeof(n->region), "%s", region ? region : "");
    if (region)
        snprintf(f->country_iso, sizeof(f->country_iso), "%s", country_of_rules(region));
    n->type = type_named(json_get_string(plan, "type"));
    const struct cJSON *zone = json_first(json_get(plan, "zones"));
    for (; zone; zone = json_next(zone)) {
        n->zones[n->n_zones] = tz_get(json_string(zone));
        assert_non_null(n->zones[n->n_zones++]);
    }
}

static void read_lead(struct op *op, const struct cJSON *v, struct compliance_facts *f)
{
    const struct cJSON *metadata = v ? present(v, "metadata") : NULL;

    if (!v)
        return;
    f->lead = facts_of_lead(
        op, &(struct lead){.country_iso = json_get_string(v, "country_iso"),
                           .consent_basis = json_get_string(v, "consent_basis"),
                           .consent_status = consent_named(json_get_string(v, "consent_status")),
                           .consent_date = read_time(v, "consent_date"),
                           .consent_source = json_get_string(v, "consent_source"),
                           .metadata = {metadata ? json_text(op, metadata) : NULL}});
}

/* Grants in these cases are by somebody who may give them. */
static const struct override *permitted(struct op *op, const struct override *o)
{
    struct override *copy = o ? ARENA_NEW(&op->arena, struct override) : NULL;

    if (!o)
        return NULL;
    *copy = *o;
    copy->grant.permitted = true;
    return copy;
}

static void read_campaign(struct op *op, const struct cJSON *v, struct compliance_facts *f)
{
    const struct cJSON *overrides = present(v, "country_rules_override");

    f->campaign = facts_of_campaign(
        op,
        &(struct campaign_columns){
            .exclude_dnc = flag(v, "exclude_dnc"),
            .quiet_hours = json_get_string(v, "quiet_hours"),
            .timezone = json_get_string(v, "timezone"),
            .end_date = read_time(v, "end_date"),
            .country_rules_override = {overrides ? json_text(op, overrides) : NULL}},
        f->country_iso, f->lead.country_iso);
    f->campaign.override = permitted(op, f->campaign.override);
    f->campaign.lead_override = permitted(op, f->campaign.lead_override);
}

/* Entries of other tenants and of other numbers never reach the engine. */
static bool concerns(const struct cJSON *entry, const char *e164)
{
    const struct cJSON *tenant = present(entry, "tenant_id");
    struct e164 listed;
    int64_t id = 1;

    if (tenant && (!json_i64(tenant, &id) || id != 1))
        return false;
    return e164_parse(str_of(json_get_string(entry, "e164")), json_get_string(entry, "country_iso"),
                      &listed)
               == NUMBER_OK
           && strcmp(listed.text, e164) == 0;
}

static void read_lists(struct op *op, const struct cJSON *v, struct compliance_facts *f)
{
    struct dnc_fact *out = arena_alloc(&op->arena, 8 * sizeof(*out));

    f->dnc = out;
    for (const struct cJSON *e = json_first(json_get(v, "dnc")); e; e = json_next(e)) {
        const char *source = json_get_string(e, "source");
        if (!concerns(e, f->number.e164))
            continue;
        out[f->n_dnc++] =
            (struct dnc_fact){.origin = strcmp(source, "opt_out") == 0    ? ORIGIN_OPT_OUT
                                        : strcmp(source, "registry") == 0 ? ORIGIN_REGISTRY
                                                                          : ORIGIN_MANUAL,
                              .platform = present(e, "tenant_id") == NULL,
                              .listed_at = read_time(e, "listed_at"),
                              .expires_at = read_time(e, "expires_at"),
                              .deleted_at = read_time(e, "deleted_at")};
    }
    const struct cJSON *scrub = present(v, "registry_scrub");
    if (scrub)
        f->scrubs[f->n_scrubs++] = (struct scrub_fact){json_get_string(scrub, "registry"),
                                                       read_time(scrub, "scrubbed_at")};
}

static void read_history(struct op *op, const struct cJSON *v, struct compliance_facts *f)
{
    const struct cJSON *history = present(v, "call_history");
    struct attempt_fact *out = arena_alloc(&op->arena, 16 * sizeof(*out));

    f->attempts = out;
    for (const struct cJSON *e = history ? json_first(history) : NULL; e; e = json_next(e))
        out[f->n_attempts++] = (struct attempt_fact){
            read_time(e, "at"), strcmp(json_get_string(e, "outcome"), "refused") == 0
                                    ? ATTEMPT_REFUSED
                                    : ATTEMPT_OTHER};
}

static void read_case(struct op *op, const struct cJSON *fixtures, const struct cJSON *v,
                      struct law_case *c)
{
    const struct cJSON *engine = present(v, "engine");
    const char *mode = json_get_string(engine, "mode");
    const char *policy = json_get_string(engine, "no_rule_policy");
    struct compliance_facts *f = &c->facts;

    c->id = json_get_string(v, "id");
    c->title = json_get_string(v, "title");
    c->requires_tzdata = json_get_string(v, "requires_tzdata");
    c->expected = json_get(v, "expected");
    f->at = read_time(v, "scheduled_time");
    f->advisory = mode && strcmp(mode, "advisory") == 0;
    f->policy.no_rule_warns = policy && strcmp(policy, "warn") == 0;
    f->from_number = json_get_string(v, "from_number");
    read_number(v, f);
    read_lead(op, present(v, "lead"), f);
    read_campaign(op, json_get(v, "campaign"), f);
    add_law(op, fixtures, json_get(v, "rule"), false, f);
    add_law(op, fixtures, json_get(v, "platform_rule"), false, f);
    add_law(op, fixtures, json_get(json_get(v, "rules_by_country"), f->lead.country_iso), true, f);
    read_lists(op, v, f);
    read_history(op, v, f);
}

struct law_case *law_cases_read(struct op *op, int *n)
{
    const struct cJSON *file = read_file(op, "tests/data/compliance_cases.json");
    const struct cJSON *list = json_get(file, "cases");

    *n = 0;
    for (const struct cJSON *v = json_first(list); v; v = json_next(v))
        ++*n;
    struct law_case *cases = arena_alloc(&op->arena, (size_t)*n * sizeof(*cases));
    int i = 0;
    for (const struct cJSON *v = json_first(list); v; v = json_next(v))
        read_case(op, json_get(file, "fixtures"), v, &cases[i++]);
    return cases;
}

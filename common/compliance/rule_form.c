/* rule_form.c - a tenant's rule against what the engine can read and the platform allows. */

#include "common/compliance/rule_form.h"

#include "common/base/json.h"
#include "common/compliance/disclosure_text.h"
#include "common/compliance/override.h"

static void check_quiet(struct op *op, const struct country_rule *r, bool has_windows)
{
    if (!r->quiet_hours_enabled && has_windows)
        err_detail(op, "quiet_hours_enabled", "must be true where extended has call_windows");
    if (!r->quiet_hours_enabled)
        return;
    if (!r->quiet_hours && !has_windows)
        err_detail(op, "quiet_hours", "is required while quiet_hours_enabled is true");
    if (!r->timezone)
        err_detail(op, "timezone", "is required while quiet_hours_enabled is true");
}

static void check_templates(struct op *op, const struct country_rule *r)
{
    const char *spoken = r->disclosure_text ? disclosure_complaint(r->disclosure_text) : NULL;
    const char *recorded =
        r->recording_disclosure_text ? disclosure_complaint(r->recording_disclosure_text) : NULL;

    if (spoken)
        err_detail(op, "disclosure_text", spoken);
    if (recorded)
        err_detail(op, "recording_disclosure_text", recorded);
}

static const char *sources_complaint(const struct cJSON *sources)
{
    for (const struct cJSON *v = sources ? json_first(sources) : NULL; v; v = json_next(v))
        if (!json_string(v) || !json_string(v)[0])
            return "must name where the rule is written";
    return NULL;
}

static void check_sources(struct op *op, const struct cJSON *sources, const struct cJSON *extended)
{
    const char *complaint = sources_complaint(sources);

    if (complaint)
        err_detail(op, "sources", complaint);
    else if (extended && json_first(extended) && !(sources && json_first(sources)))
        err_detail(op, "sources", "is required where extended is given");
}

/* A document of one member is read like a whole one: what is wrong with it is that member's. */
static const char *member_complaint(struct op *op, const struct country_rule *r,
                                    const struct cJSON *v)
{
    struct week week;
    struct calendar calendar;
    struct law_row row = {.country_iso = r->country_iso ? r->country_iso : "",
                          .timezone = r->timezone};

    if (json_is_null(v))
        return NULL;
    if (strcmp(json_key(v), "loosenable_fields") == 0)
        return "is the platform's to say";
    if (strcmp(json_key(v), "call_windows") == 0)
        return json_first(v) ? week_parse(v, &week) : "must name at least one day";
    if (strcmp(json_key(v), "holidays") == 0 && json_get(v, "dates")) {
        const char *complaint = calendar_parse(&op->arena, json_get(v, "dates"), &calendar);
        if (complaint)
            return complaint;
    }
    row.extended = arena_printf(&op->arena, "{\"%s\":%s}", json_key(v), json_text(op, v));
    const struct law *law = law_parse(op, &row);
    for (int i = 0; i < law->n_subs; i++)
        if (law->subs[i].times.invalid)
            return "has a window or a date that cannot be read";
    return law->not_understood;
}

/* A key is part of JSON text above: no other than the engine's words can be one. */
static bool is_word(const char *key)
{
    for (const char *c = key; *c; c++)
        if ((*c < 'a' || *c > 'z') && *c != '_')
            return false;
    return true;
}

static void check_members(struct op *op, const struct country_rule *r, const struct cJSON *extended)
{
    for (const struct cJSON *v = extended ? json_first(extended) : NULL; v; v = json_next(v)) {
        const char *complaint = is_word(json_key(v)) ? member_complaint(op, r, v) : "is not known";
        if (complaint)
            err_detail(op, arena_printf(&op->arena, "extended.%s", json_key(v)), complaint);
    }
}

static const struct cJSON *parsed(struct op *op, struct json_text text)
{
    const struct cJSON *v = NULL;

    return text.text && json_parse(op, str_of(text.text), &v) ? v : NULL;
}

void rule_form_complaints(struct op *op, const struct country_rule *r)
{
    const struct cJSON *extended = parsed(op, r->extended), *sources = parsed(op, r->sources);

    check_quiet(op, r, extended && json_get(extended, "call_windows"));
    check_templates(op, r);
    check_sources(op, sources, extended);
    check_members(op, r, extended);
}

void rule_loosening_complaints(struct op *op, const struct country_rule *r, const struct law *law)
{
    const struct law_row row = {.country_iso = r->country_iso,
                                .quiet_hours_enabled = r->quiet_hours_enabled,
                                .quiet_hours = r->quiet_hours,
                                .timezone = r->timezone};

    if (law_loosens(law, law_parse(op, &row)))
        err_detail(op, "quiet_hours", "must not open what the country's rule closes");
    if (r->data_retention_days.set && law->data_retention_days
        && r->data_retention_days.v > law->data_retention_days)
        err_detail(op, "data_retention_days", "must not be longer than the country's rule allows");
}

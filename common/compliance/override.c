/* override.c - tighten freely, loosen by grant, never below the floor. */

#include "common/compliance/override.h"

#include "common/compliance/disclosure_text.h"
#include "common/compliance/law_reader.h"

static struct opt_bool read_flag(struct law_reader *r, const struct cJSON *v, const char *key)
{
    bool set = law_member(v, key) != NULL;

    return (struct opt_bool){set, law_flag(r, v, key, false)};
}

static struct override_grant read_grant(struct law_reader *r, const struct cJSON *v)
{
    const struct cJSON *grant = law_member(v, "_loosen");
    struct override_grant out = {0};
    const char *expires = json_get_string(grant, "expires_at");

    if (json_get_string(grant, "ticket"))
        out.ticket = arena_strdup(&r->op->arena, json_get_string(grant, "ticket"));
    out.given = json_get_string(grant, "granted_by") && json_get_string(grant, "reason") && expires
                && tstamp_parse(str_of(expires), &out.expires_at);
    return out;
}

static void read_quiet(struct law_reader *r, const struct cJSON *v, struct override *out)
{
    const struct cJSON *quiet = law_member(v, "quiet_hours");

    (void)r;
    out->quiet_set = quiet != NULL;
    out->quiet_invalid =
        quiet && (!json_string(quiet) || quiet_parse(str_of(json_string(quiet)), &out->quiet));
}

const struct override *override_parse(struct op *op, const struct cJSON *v)
{
    static const char *const keys[] = {"enabled",
                                       "timezone",
                                       "quiet_hours_enabled",
                                       "quiet_hours",
                                       "require_disclosure",
                                       "disclosure_text",
                                       "require_explicit_consent",
                                       "require_recording_consent",
                                       "recording_disclosure_text",
                                       "dnc_check_required",
                                       "dnc_registry_enabled",
                                       "data_retention_days",
                                       "_loosen",
                                       "dnc_registry_name",
                                       "gdpr_applicable",
                                       "metadata",
                                       NULL};
    struct override *out = ARENA_NEW(&op->arena, struct override);
    struct law scratch = {0};
    struct law_reader r = {op, &scratch, "country_rules_override"};

    out->source = arena_strdup(&op->arena, json_text(op, v));
    law_only(&r, v, keys);
    out->enabled = read_flag(&r, v, "enabled");
    out->timezone_set = law_member(v, "timezone") != NULL;
    out->quiet_hours_enabled = read_flag(&r, v, "quiet_hours_enabled");
    read_quiet(&r, v, out);
    out->require_disclosure = read_flag(&r, v, "require_disclosure");
    out->require_explicit_consent = read_flag(&r, v, "require_explicit_consent");
    out->require_recording_consent = read_flag(&r, v, "require_recording_consent");
    out->dnc_check_required = read_flag(&r, v, "dnc_check_required");
    out->dnc_registry_enabled = read_flag(&r, v, "dnc_registry_enabled");
    out->data_retention_days.v = law_count(&r, v, "data_retention_days", 36500);
    out->data_retention_days.set = out->data_retention_days.v > 0;
    out->disclosure = law_text_of("", law_string(&r, v, "disclosure_text"));
    out->names_company_and_ai = disclosure_names_company_and_ai(out->disclosure.text);
    out->recording = law_text_of("", law_string(&r, v, "recording_disclosure_text"));
    out->grant = read_grant(&r, v);
    out->not_understood = scratch.not_understood;
    return out;
}

static bool granted(const struct override *o, const struct law *law, unsigned field, int64_t us)
{
    return o->grant.given && o->grant.permitted && us < o->grant.expires_at.us
           && (law->loosenable & field);
}

/* A switch: on adds; off over on takes away, if that is granted. */
static void apply_switch(struct override_effect *e, struct opt_bool said, bool base, bool may,
                         bool *ask, bool *waive)
{
    *ask = said.set && said.v;
    if (!said.set || said.v || !base)
        return;
    *waive = may;
    e->loosened |= may;
    e->ignored |= !may;
}

static void apply_quiet(struct override_effect *e, const struct override *o, const struct law *law,
                        int64_t us)
{
    const struct quiet_window *base =
        law->quiet_hours_enabled && law->times.quiet_set && !law->times.invalid ? &law->times.quiet
                                                                                : NULL;

    apply_switch(e, o->quiet_hours_enabled, law->quiet_hours_enabled,
                 granted(o, law, LOOSEN_QUIET_HOURS_ENABLED, us), &e->quiet_on, &e->quiet_off);
    e->invalid = o->quiet_set && o->quiet_invalid;
    if (!o->quiet_set || o->quiet_invalid)
        return;
    e->quiet = &o->quiet;
    if (!base || !quiet_opens(base, &o->quiet))
        return;
    e->lift_quiet = granted(o, law, LOOSEN_QUIET_HOURS, us);
    e->loosened |= e->lift_quiet;
    e->ignored |= !e->lift_quiet;
}

static void apply_texts(struct override_effect *e, const struct override *o)
{
    if (o->disclosure.text && o->disclosure.valid && !o->names_company_and_ai)
        e->ignored = true;
    else
        e->disclosure = o->disclosure;
    e->recording = o->recording;
}

struct override_effect override_apply(const struct override *o, const struct law *law, int64_t us,
                                      bool regime_demands_consent, bool ai_demands_disclosure)
{
    struct override_effect e = {0};

    if (!o)
        return e;
    e.disabled = o->enabled.set && !o->enabled.v;
    e.not_understood = o->not_understood != NULL;
    e.ignored =
        o->timezone_set
        || (o->dnc_check_required.set && !o->dnc_check_required.v && law->dnc_check_required)
        || (o->data_retention_days.set && law->data_retention_days
            && o->data_retention_days.v > law->data_retention_days);
    e.check_dnc = o->dnc_check_required.set && o->dnc_check_required.v;
    apply_switch(&e, o->require_explicit_consent,
                 law->require_explicit_consent || regime_demands_consent,
                 !regime_demands_consent && granted(o, law, LOOSEN_EXPLICIT_CONSENT, us),
                 &e.ask_consent, &e.waive_consent);
    apply_switch(&e, o->require_disclosure, law->require_disclosure || ai_demands_disclosure,
                 !ai_demands_disclosure && granted(o, law, LOOSEN_DISCLOSURE, us),
                 &e.ask_disclosure, &e.waive_disclosure);
    apply_switch(&e, o->require_recording_consent, law->require_recording_consent,
                 granted(o, law, LOOSEN_RECORDING_CONSENT, us), &e.ask_recording,
                 &e.waive_recording);
    apply_switch(&e, o->dnc_registry_enabled, law->dnc_registry_enabled,
                 granted(o, law, LOOSEN_REGISTRY, us), &e.check_registry, &e.waive_registry);
    apply_quiet(&e, o, law, us);
    apply_texts(&e, o);
    e.lift_until_us = o->grant.expires_at.us;
    return e;
}

const char *override_complaint(const struct override *o, const struct law *law, int64_t us)
{
    bool demands = law->b2c.regime != REGIME_NONE && law->b2c.regime != REGIME_OPT_OUT;

    if (o->not_understood)
        return "must be made of what can be overridden";
    return override_apply(o, law, us, demands, law->ai_required).ignored
               ? "must not loosen the country's rule"
               : NULL;
}

/*
 * The columns of a tenant's row are never "not said", so a false says nothing; a window
 * that would open what the platform closes does.
 */
bool law_loosens(const struct law *platform, const struct law *tenant)
{
    const struct law_times *base = &platform->times, *own = &tenant->times;

    return platform->quiet_hours_enabled && tenant->quiet_hours_enabled && base->quiet_set
           && own->quiet_set && !base->invalid && !own->invalid
           && quiet_opens(&base->quiet, &own->quiet);
}

/* engine.c - the order is the specification's: DNC, quiet hours, consent, disclosure. */

#include "common/compliance/engine.h"

#include "common/base/tz.h"
#include "common/compliance/quiet_hours.h"

#include <stdio.h>

/* Further ahead nothing is promised: the rules will have changed. */
#define HORIZON_US (40LL * 86400 * 1000000)

enum { MAX_WINDOWS = 128 };

const char *const check_names[] = {"skipped", "passed", "failed", "required"};
const char *const verdict_status_names[] = {"approved", "warning", "rejected"};

static const struct {
    const char *name, *reason;
    bool temporal;
} codes[CC_COUNT] = {
#define CODE(name_, reason_, temporal_) [CC_##name_] = {#name_, reason_, temporal_},
#define WARNING(name_)
#include "common/compliance/codes.def"
#undef CODE
#undef WARNING
};

static const char *const warnings[CW_COUNT] = {
#define CODE(name, reason, temporal)
#define WARNING(name) [CW_##name] = #name,
#include "common/compliance/codes.def"
#undef CODE
#undef WARNING
};

const char *compliance_code_name(enum compliance_code code)
{
    return code < CC_COUNT ? codes[code].name : NULL;
}

const char *compliance_code_reason(enum compliance_code code)
{
    return code < CC_COUNT ? codes[code].reason : NULL;
}

const char *compliance_warning_name(enum compliance_warning warning)
{
    return warnings[warning];
}

enum compliance_code compliance_final_code(const struct compliance_verdict *v)
{
    for (enum compliance_code code = 0; code < CC_COUNT; code++)
        if ((v->codes & 1u << code) && !codes[code].temporal)
            return code;
    return v->code;
}

static void refuse(struct compliance_verdict *v, enum compliance_code code)
{
    v->codes |= 1u << code;
    if (v->code == CC_NONE || code < v->code)
        v->code = code;
}

static void warn(struct compliance_verdict *v, enum compliance_warning warning)
{
    v->warnings |= 1u << warning;
}

static void check_country(const struct compliance_facts *f, struct compliance_verdict *v)
{
    if (!f->country_iso)
        refuse(v, CC_COUNTRY_UNKNOWN);
    else if (!f->platform_rule_found)
        refuse(v, CC_COUNTRY_NO_RULE);
    for (int i = 0; i < f->n_rules; i++)
        if (!f->rules[i]->enabled)
            refuse(v, CC_COUNTRY_DISABLED);
    if (f->country_mismatch)
        warn(v, CW_COUNTRY_MISMATCH);
}

/* Either switch turns the check on; an objection holds with both off. */
static void check_dnc(const struct compliance_facts *f, struct compliance_verdict *v)
{
    bool required = f->exclude_dnc;

    for (int i = 0; i < f->n_rules; i++) {
        required |= f->rules[i]->dnc_check_required;
        if (f->rules[i]->dnc_registry_enabled)
            warn(v, CW_DNC_REGISTRY_NOT_VERIFIED);
    }
    if (f->dnc_opt_out)
        refuse(v, CC_DNC_OPT_OUT);
    if (required && f->dnc_internal)
        refuse(v, CC_DNC_INTERNAL);
    if (required && f->dnc_platform)
        refuse(v, CC_DNC_PLATFORM);
    if (!required)
        warn(v, CW_DNC_CHECK_DISABLED);
    bool hit = f->dnc_opt_out || (required && (f->dnc_internal || f->dnc_platform));
    v->dnc = hit ? CHECK_FAILED : required ? CHECK_PASSED : CHECK_SKIPPED;
}

/* Every closed stretch that applies, as (window, zone, code). */
struct closed {
    struct quiet_window window;
    const struct tz *zone;
    enum compliance_code code;
};

struct closures {
    struct closed items[MAX_WINDOWS];
    int n;
    bool invalid; /* something could not be read: nothing may be concluded */
};

static void add_closed(struct closures *c, const char *hours, const char *zone,
                       enum compliance_code code)
{
    struct quiet_window window;
    const struct tz *tz = tz_get(zone);

    if (!tz || c->n == MAX_WINDOWS || quiet_parse(str_of(hours), &window)) {
        c->invalid = true;
        return;
    }
    c->items[c->n++] = (struct closed){window, tz, code};
}

static void add_rule(struct closures *c, const struct compliance_rule *rule)
{
    const char *list = rule->zones;
    char zone[64];

    if (!rule->quiet_hours_enabled)
        return;
    if (!rule->quiet_hours || !list || !*list) {
        c->invalid = true;
        return;
    }
    while (*list) {
        size_t n = strcspn(list, ",");
        snprintf(zone, sizeof(zone), "%.*s", (int)n, list);
        add_closed(c, rule->quiet_hours, zone, CC_QUIET_HOURS);
        list += n + (list[n] == ',');
    }
}

/* Bits of the codes that close an instant, or its guard's end. */
static uint32_t closed_at(const struct closures *c, int64_t us, int64_t guard_us)
{
    uint32_t bits = 0;

    for (int i = 0; i < c->n; i++)
        if (quiet_contains(&c->items[i].window, c->items[i].zone, us)
            || quiet_contains(&c->items[i].window, c->items[i].zone, us + guard_us))
            bits |= 1u << c->items[i].code;
    return bits;
}

/* When this window no longer stands in the way of us; us itself when it does not. */
static int64_t past_window(const struct closed *w, int64_t us, int64_t guard_us)
{
    bool now = quiet_contains(&w->window, w->zone, us);
    int64_t open;

    if (!now && !quiet_contains(&w->window, w->zone, us + guard_us))
        return us;
    return quiet_next_open(&w->window, w->zone, now ? us : us + guard_us, &open) ? open : INT64_MAX;
}

/* Push the instant past every window that closes it until none does; null when none opens. */
static struct tstamp next_open(const struct closures *c, int64_t us, int64_t guard_us)
{
    int64_t t = us;

    while (closed_at(c, t, guard_us)) {
        int64_t later = t;
        for (int i = 0; i < c->n; i++) {
            int64_t open = past_window(&c->items[i], t, guard_us);
            later = open > later ? open : later;
        }
        if (later <= t || later > us + HORIZON_US)
            return (struct tstamp){0};
        t = later;
    }
    return (struct tstamp){t};
}

static void check_quiet_hours(const struct compliance_facts *f, struct compliance_verdict *v)
{
    struct closures c = {.n = 0};

    for (int i = 0; i < f->n_rules; i++)
        add_rule(&c, f->rules[i]);
    if (f->campaign_quiet_hours)
        add_closed(&c, f->campaign_quiet_hours, f->campaign_timezone, CC_QUIET_HOURS_CAMPAIGN);
    int64_t guard_us = (int64_t)f->guard_seconds * 1000000;
    uint32_t bits = closed_at(&c, f->at.us, guard_us);
    if (c.invalid)
        bits |= 1u << CC_QUIET_HOURS_INVALID_CONFIG;
    for (enum compliance_code code = 0; code < CC_COUNT; code++)
        if (bits & 1u << code)
            refuse(v, code);
    v->quiet_hours = bits ? CHECK_FAILED : c.n ? CHECK_PASSED : CHECK_SKIPPED;
    if (bits && !c.invalid)
        v->next_allowed_at = next_open(&c, f->at.us, guard_us);
}

static void check_consent(const struct compliance_facts *f, struct compliance_verdict *v)
{
    bool required = false;
    uint32_t before = v->codes;

    for (int i = 0; i < f->n_rules; i++)
        required |= f->rules[i]->require_explicit_consent;
    if (f->lead_known && f->consent_denied) {
        refuse(v, CC_CONSENT_DENIED); /* an objection, whether consent is asked for or not */
    } else if (required && !f->lead_known) {
        if (!f->advisory)
            refuse(v, CC_CONSENT_NO_LEAD);
        else
            warn(v, CW_CONSENT_NOT_EVALUATED);
    } else if (required && f->consent_expired) {
        refuse(v, CC_CONSENT_EXPIRED);
    } else if (required && !f->consent_granted) {
        refuse(v, CC_CONSENT_MISSING);
    }
    bool evaluated = required && (f->lead_known || !f->advisory);
    v->consent = v->codes != before ? CHECK_FAILED : evaluated ? CHECK_PASSED : CHECK_SKIPPED;
}

static void check_disclosure(const struct compliance_facts *f, struct compliance_verdict *v)
{
    for (int i = 0; i < f->n_rules; i++) {
        if (!f->rules[i]->require_disclosure)
            continue;
        v->disclosure = CHECK_REQUIRED;
        if (!v->disclosure_text)
            v->disclosure_text = f->rules[i]->disclosure_text;
    }
}

/* A next instant is only worth telling when waiting cures every refusal. */
static void settle(const struct compliance_facts *f, struct compliance_verdict *v)
{
    bool curable = v->codes != 0;

    for (enum compliance_code code = 0; code < CC_COUNT; code++)
        if ((v->codes & 1u << code) && !codes[code].temporal)
            curable = false;
    if (!curable || (f->campaign_end.us && v->next_allowed_at.us >= f->campaign_end.us))
        v->next_allowed_at = (struct tstamp){0};
    v->status = v->codes ? VERDICT_REJECTED : v->warnings ? VERDICT_WARNING : VERDICT_APPROVED;
}

struct compliance_verdict compliance_decide(const struct compliance_facts *f)
{
    struct compliance_verdict v = {.code = CC_NONE};

    check_country(f, &v);
    check_dnc(f, &v);
    if (v.codes & (1u << CC_COUNTRY_UNKNOWN | 1u << CC_COUNTRY_NO_RULE)) {
        settle(f, &v);
        return v;
    }
    check_quiet_hours(f, &v);
    check_consent(f, &v);
    check_disclosure(f, &v);
    settle(f, &v);
    return v;
}

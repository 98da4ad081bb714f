/* engine.c - the checks in the specification's order, each on the same trial. */

#include "common/compliance/engine.h"

#include "common/compliance/opening.h"
#include "common/compliance/trial.h"

#define US INT64_C(1000000)
#define DAY_US (DAY_SECONDS * US)

/* Further ahead nothing is promised: the rules will have changed. */
enum { HORIZON_DAYS = 40 };

#define QUIET_CODES \
    (CODE_BIT(CC_QUIET_HOURS) | CODE_BIT(CC_QUIET_HOURS_HOLIDAY) \
     | CODE_BIT(CC_QUIET_HOURS_CAMPAIGN) | CODE_BIT(CC_QUIET_HOURS_INVALID_CONFIG))

/* False when there is nothing that could be called. */
static bool check_number(const struct number_facts *n, struct compliance_verdict *v)
{
    static const enum compliance_code codes[] = {
        [NUMBER_MISSING] = CC_NUMBER_MISSING,
        [NUMBER_INVALID] = CC_NUMBER_INVALID,
        [NUMBER_ALPHANUMERIC] = CC_NUMBER_ALPHANUMERIC,
        [NUMBER_SCIENTIFIC_NOTATION] = CC_NUMBER_SCIENTIFIC_NOTATION,
        [NUMBER_HAS_EXTENSION] = CC_NUMBER_HAS_EXTENSION,
        [NUMBER_SHORT_OR_EMERGENCY] = CC_NUMBER_SHORT_OR_EMERGENCY,
        [NUMBER_NO_COUNTRY] = CC_NUMBER_NO_COUNTRY,
        [NUMBER_AMBIGUOUS] = CC_NUMBER_AMBIGUOUS,
    };

    if (n->fault != NUMBER_OK)
        verdict_refuse(v, codes[n->fault]);
    else if (n->e164[0] != '+')
        verdict_refuse(v, CC_NUMBER_INVALID);
    else if (n->type == PHONE_SHORT)
        verdict_refuse(v, CC_NUMBER_SHORT_OR_EMERGENCY);
    else if (n->type == PHONE_PREMIUM_RATE)
        verdict_refuse(v, CC_NUMBER_TYPE_FORBIDDEN);
    return v->codes == 0;
}

static bool is_abroad(const struct compliance_facts *f)
{
    return f->lead.country_iso[0] && strcmp(f->lead.country_iso, f->country_iso) != 0;
}

static bool has_platform_law(const struct trial *t, bool of_lead)
{
    for (int i = 0; i < t->n; i++)
        if (!t->laws[i].tenant && t->laws[i].of_lead == of_lead)
            return true;
    return false;
}

static void report_no_rule(struct trial *t)
{
    if (t->f->policy.no_rule_warns)
        verdict_warn(t->v, CW_COUNTRY_NO_RULE);
    else
        verdict_refuse(t->v, CC_COUNTRY_NO_RULE);
}

static void check_override(struct trial *t, const struct trial_law *l)
{
    if (!l->law->enabled || l->effect.disabled)
        verdict_refuse(t->v, CC_COUNTRY_DISABLED);
    if (l->law->not_understood || l->effect.not_understood)
        verdict_refuse(t->v, CC_COUNTRY_RULE_INVALID);
    if (l->effect.invalid)
        verdict_refuse(t->v, CC_QUIET_HOURS_INVALID_CONFIG);
    if (l->effect.ignored)
        verdict_warn(t->v, CW_OVERRIDE_LOOSENING_IGNORED);
    if (l->effect.loosened)
        verdict_warn(t->v, CW_OVERRIDE_LOOSENED);
}

/* The tenant's own rule is merged into the platform's as an override would be. */
static void check_tenant_rules(struct trial *t)
{
    for (int i = 0; i < t->n; i++)
        for (int j = 0; j < t->n; j++)
            if (!t->laws[i].tenant && t->laws[j].tenant && t->laws[i].of_lead == t->laws[j].of_lead
                && law_loosens(t->laws[i].law, t->laws[j].law))
                verdict_warn(t->v, CW_OVERRIDE_LOOSENING_IGNORED);
}

/* An objection holds in a country without a rule too. */
static void check_without_rule(struct trial *t)
{
    t->n = 0;
    check_lists(t);
    if (t->f->lead.known && t->f->lead.consent == CONSENT_DENIED) {
        verdict_refuse(t->v, CC_CONSENT_DENIED);
        t->v->consent = CHECK_FAILED;
    }
}

/* False when the run ends here. */
static bool check_country(struct trial *t)
{
    const struct compliance_facts *f = t->f;

    if (!f->country_iso[0]) {
        verdict_refuse(t->v, CC_COUNTRY_UNKNOWN);
        return false;
    }
    if (is_abroad(f))
        verdict_warn(t->v, CW_COUNTRY_MISMATCH);
    bool here = has_platform_law(t, false);
    if (!here || (is_abroad(f) && !has_platform_law(t, true)))
        report_no_rule(t);
    if (!here || t->v->codes) {
        check_without_rule(t);
        return false;
    }
    for (int i = 0; i < t->n; i++)
        check_override(t, &t->laws[i]);
    check_tenant_rules(t);
    return !(t->v->codes & CODE_BIT(CC_COUNTRY_DISABLED));
}

/* The longest that a cap or a cooldown of these laws can last. */
static int64_t longest(const struct law_times *times)
{
    int days = times->refusal_cooldown_days;

    if (times->silent_cooldown_days > days)
        days = times->silent_cooldown_days;
    if (times->silent_cooldown_hours / 24 >= days)
        days = times->silent_cooldown_hours / 24 + 1;
    for (int i = 0; i < times->n_caps; i++) {
        int cap = times->caps[i].period_days + (times->caps[i].period_hours + 23) / 24;
        if (cap > days)
            days = cap;
    }
    return days;
}

static int64_t horizon_of(const struct trial *t)
{
    int64_t days = 0;

    for (int i = 0; i < t->n; i++) {
        int64_t own = longest(&t->laws[i].law->times);
        days = own > days ? own : days;
        for (int s = 0; s < t->laws[i].n_subs; s++) {
            own = longest(&t->laws[i].subs[s]->times);
            days = own > days ? own : days;
        }
    }
    return t->f->at.us + (HORIZON_DAYS + days) * DAY_US;
}

static void check_temporal(struct trial *t, struct opening *o)
{
    bool readable = quiet_collect(t, o);
    bool any = o->n > 0 || !readable;

    frequency_collect(t, o);
    uint64_t codes = opening_codes(o, t->f->at.us, t->f->guard_seconds * US);
    if (!readable || o->too_many)
        codes |= CODE_BIT(CC_QUIET_HOURS_INVALID_CONFIG);
    t->v->codes |= codes;
    t->v->quiet_hours = codes & QUIET_CODES ? CHECK_FAILED : any ? CHECK_PASSED : CHECK_SKIPPED;
}

static void check_consent(struct trial *t)
{
    struct consent_finding found = consent_judge(t, t->f->at.us);

    t->v->codes |= found.codes;
    t->v->warnings |= found.warnings;
    t->v->consent = found.codes ? CHECK_FAILED : found.asked ? CHECK_PASSED : CHECK_SKIPPED;
}

/* A next instant is only worth telling when waiting cures every refusal. */
static void find_next(struct trial *t, const struct opening *o)
{
    const struct compliance_facts *f = t->f;
    int64_t next;

    if (!t->v->codes || !compliance_is_temporal(t->v->codes)
        || !opening_next(o, f->at.us, f->guard_seconds * US, horizon_of(t), &next))
        return;
    if (consent_judge(t, next).codes & ~t->cured)
        verdict_warn(t->v, CW_CONSENT_EXPIRES_BEFORE_NEXT_WINDOW);
    else if (f->campaign.end.us && next >= f->campaign.end.us)
        verdict_warn(t->v, CW_NEXT_WINDOW_AFTER_CAMPAIGN_END);
    else
        t->v->next_allowed_at.us = next;
}

static void check_all(struct trial *t)
{
    UNINITIALIZED struct opening o;

    opening_reset(&o);
    trial_find_subs(t);
    trial_find_zones(t);
    check_lists(t);
    check_temporal(t, &o);
    check_consent(t);
    check_caller_id(t);
    check_sector(t);
    check_disclosure(t);
    t->v->codes &= ~t->cured;
    find_next(t, &o);
}

struct compliance_verdict compliance_decide(const struct compliance_facts *f)
{
    return compliance_decide_without(f, 0);
}

struct compliance_verdict compliance_decide_without(const struct compliance_facts *f,
                                                    uint64_t cured)
{
    struct compliance_verdict v = {.code = CC_NONE, .disclosure_language = ""};
    UNINITIALIZED struct trial t;

    trial_open(&t, f, &v);
    t.cured = cured;
    if (check_number(&f->number, &v) && check_country(&t))
        check_all(&t);
    if (v.codes) {
        v.status = VERDICT_REJECTED;
        v.code = (enum compliance_code)__builtin_ctzll(v.codes);
    } else if (v.warnings) {
        v.status = VERDICT_WARNING;
    }
    return v;
}

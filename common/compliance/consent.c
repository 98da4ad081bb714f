/* consent.c - whose consent is needed, and whether what there is will do. */

#include "common/compliance/trial.h"

#define US INT64_C(1000000)
#define DAY_US (DAY_SECONDS * US)

/* The same day of a later month, or that month's last: 31 August and six months are 28 February. */
static int64_t months_later(int64_t us, int months)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int64_t days = day_of_wall(us / US - (us % US < 0));
    struct tz_date d = tz_date_add((struct tz_date){1970, 1, 1}, (int)days);
    int month = d.year * 12 + d.month - 1 + months;
    int year = month / 12;
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    int last = lengths[month % 12] + (leap && month % 12 == 1);
    struct tz_date then = {year, month % 12 + 1, d.day < last ? d.day : last};

    return tz_day(then) * DAY_US + (us - days * DAY_US);
}

static bool has_expired(const struct lead_facts *lead, const struct consent_demand *d, int64_t us)
{
    int64_t given = lead->consent_date.us;

    return (lead->consent_expires.us && us >= lead->consent_expires.us)
           || (d->max_age_days && us >= given + d->max_age_days * DAY_US)
           || (d->max_age_months && us >= months_later(given, d->max_age_months));
}

static enum compliance_code judge_scope(const struct compliance_facts *f,
                                        const struct consent_demand *d, uint64_t *warnings)
{
    const struct lead_facts *lead = &f->lead;

    if (!d->channel || (lead->channels & d->channel))
        return CC_NONE;
    if (lead->channels_known || f->policy.unknown_scope_blocks)
        return CC_CONSENT_SCOPE;
    *warnings |= CODE_BIT(CW_CONSENT_SCOPE_UNKNOWN);
    return CC_NONE;
}

/* That a consent was express goes without saying; that it was written does not. */
static enum compliance_code judge_level(const struct lead_facts *lead,
                                        const struct consent_demand *d, uint64_t *warnings)
{
    if (d->level == LEVEL_UNKNOWN || lead->level >= d->level)
        return CC_NONE;
    if (lead->level != LEVEL_UNKNOWN)
        return CC_CONSENT_LEVEL;
    if (d->level == LEVEL_WRITTEN)
        *warnings |= CODE_BIT(CW_CONSENT_LEVEL_UNKNOWN);
    return CC_NONE;
}

static enum compliance_code judge_date(const struct lead_facts *lead,
                                       const struct consent_demand *d, int64_t us)
{
    bool needed = d->proof_required || d->max_age_days || d->max_age_months;

    if (lead->consent_date.us > us)
        return CC_CONSENT_DATE_IN_FUTURE;
    if (needed && !lead->consent_date.us)
        return CC_CONSENT_DATE_MISSING;
    if (has_expired(lead, d, us))
        return CC_CONSENT_EXPIRED;
    return d->proof_required && !lead->has_source ? CC_CONSENT_PROOF_MISSING : CC_NONE;
}

static enum compliance_code judge_lead(const struct compliance_facts *f,
                                       const struct consent_demand *d, int64_t us,
                                       uint64_t *warnings)
{
    const struct lead_facts *lead = &f->lead;

    if (d->customers_exempt && lead->contract_active)
        return CC_NONE;
    if (lead->consent == CONSENT_EXPIRED)
        return CC_CONSENT_EXPIRED;
    if (lead->basis == BASIS_LEGITIMATE_INTEREST)
        return CC_CONSENT_BASIS_NOT_ACCEPTED;
    if (lead->consent != CONSENT_GRANTED)
        return CC_CONSENT_MISSING;
    enum compliance_code code = judge_date(lead, d, us);
    if (code == CC_NONE)
        code = judge_scope(f, d, warnings);
    return code == CC_NONE ? judge_level(lead, d, warnings) : code;
}

static const struct consent_demand *demand_of(const struct compliance_facts *f,
                                              const struct law *law)
{
    return facts_business(f, law) ? &law->b2b : &law->b2c;
}

static bool is_opt_in(enum consent_regime regime)
{
    return regime == REGIME_OPT_IN || regime == REGIME_OPT_IN_WRITTEN;
}

bool consent_regime_demands(const struct compliance_facts *f, const struct law *law)
{
    return is_opt_in(demand_of(f, law)->regime) || demand_of(f, law)->regime == REGIME_PROHIBITED;
}

static void judge_demand(const struct compliance_facts *f, const struct consent_demand *d,
                         int64_t us, struct consent_finding *out)
{
    enum compliance_code code = CC_NONE;

    if (d->regime == REGIME_PROHIBITED) {
        code = CC_CONSENT_REGIME_PROHIBITED;
        out->asked = true;
    } else if (f->lead.known) {
        code = judge_lead(f, d, us, &out->warnings);
        out->asked = true;
    } else if (f->advisory) {
        out->warnings |= CODE_BIT(CW_CONSENT_NOT_EVALUATED);
    } else {
        code = CC_CONSENT_NO_LEAD;
    }
    if (code != CC_NONE)
        out->codes |= CODE_BIT(code);
}

/* The regime decides where there is one; the switches elsewhere. */
static void judge_law(const struct compliance_facts *f, const struct trial_law *l, int64_t us,
                      struct consent_finding *out)
{
    struct consent_demand d = *demand_of(f, l->law);
    bool waived = l->effect.waive_consent && us < l->effect.lift_until_us;
    bool asked = (l->law->require_explicit_consent && !waived) || l->effect.ask_consent;

    if (d.regime == REGIME_NONE ? !asked : d.regime == REGIME_OPT_OUT && !l->effect.ask_consent)
        return;
    judge_demand(f, &d, us, out);
}

/* A state may ask more of a consumer's consent than its country does. */
static void judge_sub(const struct compliance_facts *f, const struct trial_law *l,
                      const struct sub_law *sub, int64_t us, struct consent_finding *out)
{
    struct consent_demand d = l->law->b2c;

    if (facts_business(f, l->law) || !trial_in_force(l, &sub->in_force, us)
        || (!is_opt_in(sub->b2c.regime) && sub->b2c.regime != REGIME_PROHIBITED))
        return;
    d.regime = sub->b2c.regime;
    if (d.regime == REGIME_OPT_IN_WRITTEN)
        d.level = LEVEL_WRITTEN;
    judge_demand(f, &d, us, out);
}

struct consent_finding consent_judge(const struct trial *t, int64_t us)
{
    struct consent_finding out = {0};

    if (t->f->lead.known && t->f->lead.consent == CONSENT_DENIED) {
        out.codes =
            CODE_BIT(CC_CONSENT_DENIED); /* an objection, whether consent is asked for or not */
        return out;
    }
    for (int i = 0; i < t->n; i++) {
        judge_law(t->f, &t->laws[i], us, &out);
        for (int s = 0; s < t->laws[i].n_subs; s++)
            judge_sub(t->f, &t->laws[i], t->laws[i].subs[s], us, &out);
    }
    return out;
}

/* What is not known of a consent does not count for it here. */
bool consent_outweighs(const struct trial *t, const struct trial_law *l, int64_t listed_us)
{
    const struct compliance_facts *f = t->f;
    enum registry_override rule = l->law->registry.consent;
    struct consent_demand d = *demand_of(f, l->law);
    uint64_t warnings = 0;

    d.customers_exempt = false;
    if (!l->law->registry.set || rule == OVERRIDE_NEVER || !f->lead.known
        || d.regime == REGIME_PROHIBITED || !f->lead.consent_date.us)
        return false;
    if (rule == OVERRIDE_AFTER_LISTING && (!listed_us || f->lead.consent_date.us <= listed_us))
        return false;
    return judge_lead(f, &d, f->at.us, &warnings) == CC_NONE;
}

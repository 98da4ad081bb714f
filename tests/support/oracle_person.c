/* oracle_person.c - what the person agreed to, and the lists. */

#include "tests/support/oracle_bench.h"

/* The same day so many months on, found by trying days: clamped to the month's last. */
static int64_t add_months(int64_t us, int months)
{
    const struct tz *utc = tz_get("UTC");
    struct tz_local from = tz_local(utc, us);
    int index = from.date.year * 12 + from.date.month - 1 + months;
    struct tz_date first = {index / 12, index % 12 + 1, 1};
    int day = tz_day(first), last = day;

    while (tz_local(utc, (last + INT64_C(1)) * DAY).date.month == first.month)
        last++;
    day += from.date.day - 1;
    return (day < last ? day : last) * DAY + us - tz_day(from.date) * DAY;
}

static enum compliance_code judge(struct bench *b, const struct consent_demand *d, int64_t us)
{
    const struct lead_facts *l = &b->f->lead;
    int64_t end = l->consent_expires.us ? l->consent_expires.us : INT64_MAX;
    bool dated = d->max_age_days || d->max_age_months || d->proof_required;

    if (d->customers_exempt && l->contract_active)
        return CC_NONE;
    if (l->consent == CONSENT_EXPIRED)
        return CC_CONSENT_EXPIRED;
    if (l->basis == BASIS_LEGITIMATE_INTEREST)
        return CC_CONSENT_BASIS_NOT_ACCEPTED;
    if (l->consent != CONSENT_GRANTED)
        return CC_CONSENT_MISSING;
    if (l->consent_date.us > us)
        return CC_CONSENT_DATE_IN_FUTURE;
    if (dated && l->consent_date.us == 0)
        return CC_CONSENT_DATE_MISSING;
    if (d->max_age_days && l->consent_date.us + d->max_age_days * DAY < end)
        end = l->consent_date.us + d->max_age_days * DAY;
    if (d->max_age_months && add_months(l->consent_date.us, d->max_age_months) < end)
        end = add_months(l->consent_date.us, d->max_age_months);
    if (us >= end)
        return CC_CONSENT_EXPIRED;
    if (d->proof_required && !l->has_source)
        return CC_CONSENT_PROOF_MISSING;
    if (d->channel && !(l->channels & d->channel)) {
        if (l->channels_known || b->f->policy.unknown_scope_blocks)
            return CC_CONSENT_SCOPE;
        b->a->warned = true;
    }
    if (d->level == LEVEL_UNKNOWN || l->level >= d->level)
        return CC_NONE;
    if (l->level != LEVEL_UNKNOWN)
        return CC_CONSENT_LEVEL;
    b->a->warned |= d->level == LEVEL_WRITTEN;
    return CC_NONE;
}

static uint64_t demand_codes(struct bench *b, const struct consent_demand *d, int64_t us)
{
    enum compliance_code code = CC_NONE;

    if (d->regime == REGIME_PROHIBITED)
        code = CC_CONSENT_REGIME_PROHIBITED;
    else if (b->f->lead.known)
        code = judge(b, d, us);
    else if (b->f->advisory)
        b->a->warned = true;
    else
        code = CC_CONSENT_NO_LEAD;
    return code == CC_NONE ? 0 : CODE_BIT(code);
}

static uint64_t rule_consent(struct bench *b, const struct rule *r, int64_t us)
{
    bool business = is_business(b->f, r->law);
    struct consent_demand d = business ? r->law->b2b : r->law->b2c;
    bool said = r->o && yes(r->o->require_explicit_consent);
    bool waived = r->o && no(r->o->require_explicit_consent) && !regime_asks(d.regime)
                  && has_grant(r, LOOSEN_EXPLICIT_CONSENT, b->f->at.us)
                  && us < r->o->grant.expires_at.us;
    bool asks = regime_asks(d.regime) || said
                || (d.regime == REGIME_NONE && r->law->require_explicit_consent && !waived);
    uint64_t codes = asks ? demand_codes(b, &d, us) : 0;

    for (int s = 0; s < r->n_subs && !business; s++) {
        struct consent_demand own = r->law->b2c;
        own.regime = r->subs[s]->b2c.regime;
        if (own.regime == REGIME_OPT_IN_WRITTEN)
            own.level = LEVEL_WRITTEN;
        if (regime_asks(own.regime) && is_day_of(r, &r->subs[s]->in_force, us))
            codes |= demand_codes(b, &own, us);
    }
    return codes;
}

uint64_t oracle_consent_codes(struct bench *b, int64_t us)
{
    uint64_t codes = 0;

    if (b->f->lead.known && b->f->lead.consent == CONSENT_DENIED)
        return CODE_BIT(CC_CONSENT_DENIED);
    for (int i = 0; i < b->n; i++)
        codes |= rule_consent(b, &b->rules[i], us);
    return codes;
}

/* ---- lists */

static bool stands(const struct bench *b, const struct dnc_fact *e)
{
    int64_t us = b->f->at.us;
    bool gone = e->deleted_at.us && e->deleted_at.us <= us;
    bool over = e->expires_at.us && e->expires_at.us <= us && e->origin != ORIGIN_OPT_OUT;

    return !gone && !over;
}

static bool is_registry_law(const struct rule *r)
{
    return r->law->registry.set ? r->law->registry.enforcement != REGISTRY_OFF
                                : r->law->dnc_registry_enabled;
}

static bool has_registry(const struct rule *r)
{
    return is_registry_law(r) || (r->o && yes(r->o->dnc_registry_enabled));
}

static bool registry_waived(const struct bench *b, const struct rule *r)
{
    return r->o && no(r->o->dnc_registry_enabled) && r->law->dnc_registry_enabled
           && has_grant(r, LOOSEN_REGISTRY, b->f->at.us);
}

static bool outweighs(struct bench *b, const struct rule *r, int64_t since)
{
    const struct lead_facts *l = &b->f->lead;
    struct consent_demand d = is_business(b->f, r->law) ? r->law->b2b : r->law->b2c;
    enum registry_override how = r->law->registry.set ? r->law->registry.consent : OVERRIDE_NEVER;
    bool warned = b->a->warned;

    if (how == OVERRIDE_NEVER || !l->known || !l->consent_date.us || d.regime == REGIME_PROHIBITED)
        return false;
    if (how == OVERRIDE_AFTER_LISTING && (since == 0 || l->consent_date.us <= since))
        return false;
    d.customers_exempt = false;
    bool good = judge(b, &d, b->f->at.us) == CC_NONE;
    b->a->warned = warned;
    return good;
}

static void ask_registry(struct bench *b, const struct rule *r)
{
    const struct registry_law *law = &r->law->registry;
    bool listed = false, undated = false, fresh = false;
    int64_t since = 0;

    for (int i = 0; i < b->f->n_dnc; i++) {
        const struct dnc_fact *e = &b->f->dnc[i];
        if (e->origin != ORIGIN_REGISTRY || !stands(b, e))
            continue;
        listed = true;
        undated |= !e->listed_at.us;
        since = e->listed_at.us > since ? e->listed_at.us : since;
    }
    if (listed && !outweighs(b, r, undated ? 0 : since))
        refuse(b, CC_DNC_REGISTRY);
    else if (listed)
        b->a->warned = true;
    if (listed || !law->set || law->enforcement == REGISTRY_OFF)
        return;
    for (int i = 0; i < b->f->n_scrubs; i++) {
        const struct scrub_fact *s = &b->f->scrubs[i];
        bool ours = !s->registry || !law->name || strcmp(s->registry, law->name) == 0;
        fresh |= ours && s->at.us && s->at.us <= b->f->at.us
                 && b->f->at.us - s->at.us < law->validity_days * DAY;
    }
    if (!fresh && law->enforcement == REGISTRY_BLOCK)
        refuse(b, CC_DNC_REGISTRY_STALE);
    else if (!fresh)
        b->a->warned = true;
}

void oracle_ask_lists(struct bench *b)
{
    bool wanted = b->f->campaign.exclude_dnc || b->n == 0, registry = false, hit;
    uint64_t before = b->a->codes;

    for (int i = 0; i < b->n; i++) {
        const struct rule *r = &b->rules[i];
        wanted |= r->law->dnc_check_required || (r->o && yes(r->o->dnc_check_required));
        registry |= !r->tenant && is_registry_law(r) && !registry_waived(b, r);
    }
    for (int i = 0; i < b->f->n_dnc; i++) {
        const struct dnc_fact *e = &b->f->dnc[i];
        bool own = e->origin == ORIGIN_MANUAL
                   || (e->origin == ORIGIN_REGISTRY && !e->platform && !registry);
        if (!stands(b, e))
            continue;
        if (e->origin == ORIGIN_OPT_OUT)
            refuse(b, CC_DNC_OPT_OUT);
        else if (own && wanted)
            refuse(b, e->platform ? CC_DNC_PLATFORM : CC_DNC_INTERNAL);
    }
    for (int i = 0; i < b->n; i++) {
        const struct rule *r = &b->rules[i];
        bool spared =
            r->law->registry.set && !r->law->registry.covers_b2b && is_business(b->f, r->law);
        if (has_registry(r) && !registry_waived(b, r) && !spared)
            ask_registry(b, r);
    }
    hit = b->a->codes != before;
    b->a->warned |= !wanted && !hit;
}

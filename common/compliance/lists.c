/* lists.c - objections, do-not-call lists and registries. */

#include "common/compliance/trial.h"

#define DAY_US (DAY_SECONDS * INT64_C(1000000))

/* An objection does not go away with time; whoever took it off has answered for it. */
static bool stands(const struct dnc_fact *e, int64_t us)
{
    if (e->deleted_at.us && e->deleted_at.us <= us)
        return false;
    return e->origin == ORIGIN_OPT_OUT || !e->expires_at.us || us < e->expires_at.us;
}

static bool law_has_registry(const struct trial_law *l)
{
    if (l->effect.waive_registry)
        return false;
    return l->law->registry.set ? l->law->registry.enforcement != REGISTRY_OFF
                                : l->law->dnc_registry_enabled;
}

static bool has_registry(const struct trial_law *l)
{
    return l->effect.check_registry || law_has_registry(l);
}

static bool binds(const struct trial *t, const struct trial_law *l)
{
    return has_registry(l)
           && !(l->law->registry.set && !l->law->registry.covers_b2b
                && facts_business(t->f, l->law));
}

/* A registry that only the tenant or its campaign asks for takes nothing off its own list. */
static bool any_registry(const struct trial *t)
{
    for (int i = 0; i < t->n; i++)
        if (!t->laws[i].tenant && law_has_registry(&t->laws[i]))
            return true;
    return false;
}

static bool is_required(const struct trial *t)
{
    bool required = t->f->campaign.exclude_dnc || t->n == 0;

    for (int i = 0; i < t->n; i++)
        required |= t->laws[i].law->dnc_check_required || t->laws[i].effect.check_dnc;
    return required;
}

/* A registry's entries that the tenant brought itself count as its own where no registry is law. */
static void check_entry(struct trial *t, const struct dnc_fact *e, bool required, bool by_registry)
{
    if (e->origin == ORIGIN_OPT_OUT)
        verdict_refuse(t->v, CC_DNC_OPT_OUT);
    else if (e->origin == ORIGIN_REGISTRY && (by_registry || e->platform))
        return;
    else if (required)
        verdict_refuse(t->v, e->platform ? CC_DNC_PLATFORM : CC_DNC_INTERNAL);
}

/* Is it listed, and since when at the latest?  0 = nobody knows. */
static bool listed(const struct trial *t, int64_t *since_us)
{
    bool found = false, unknown = false;

    *since_us = 0;
    for (int i = 0; i < t->f->n_dnc; i++) {
        const struct dnc_fact *e = &t->f->dnc[i];
        if (e->origin != ORIGIN_REGISTRY || !stands(e, t->f->at.us))
            continue;
        found = true;
        unknown |= e->listed_at.us == 0;
        if (e->listed_at.us > *since_us)
            *since_us = e->listed_at.us;
    }
    if (unknown)
        *since_us = 0;
    return found;
}

static bool is_scrubbed(const struct compliance_facts *f, const struct registry_law *r)
{
    for (int i = 0; i < f->n_scrubs; i++) {
        const struct scrub_fact *s = &f->scrubs[i];
        bool ours = !s->registry || !r->name || strcmp(s->registry, r->name) == 0;
        if (ours && s->at.us && s->at.us <= f->at.us
            && f->at.us < s->at.us + r->validity_days * DAY_US)
            return true;
    }
    return false;
}

static void check_registry(struct trial *t, const struct trial_law *l)
{
    const struct registry_law *r = &l->law->registry;
    int64_t since_us;

    if (listed(t, &since_us)) {
        if (consent_outweighs(t, l, since_us))
            verdict_warn(t->v, CW_DNC_REGISTRY_OVERRIDDEN_BY_CONSENT);
        else
            verdict_refuse(t->v, CC_DNC_REGISTRY);
        return;
    }
    if (!r->set || r->enforcement == REGISTRY_OFF || is_scrubbed(t->f, r))
        return;
    if (r->enforcement == REGISTRY_BLOCK)
        verdict_refuse(t->v, CC_DNC_REGISTRY_STALE);
    else
        verdict_warn(t->v, CW_DNC_REGISTRY_NOT_VERIFIED);
}

void check_lists(struct trial *t)
{
    bool required = is_required(t), by_registry = any_registry(t);
    uint64_t before = t->v->codes;

    for (int i = 0; i < t->f->n_dnc; i++)
        if (stands(&t->f->dnc[i], t->f->at.us))
            check_entry(t, &t->f->dnc[i], required, by_registry);
    for (int i = 0; i < t->n; i++)
        if (binds(t, &t->laws[i]))
            check_registry(t, &t->laws[i]);
    bool hit = t->v->codes != before;
    if (!hit && !required)
        verdict_warn(t->v, CW_DNC_CHECK_DISABLED);
    t->v->dnc = hit ? CHECK_FAILED : required ? CHECK_PASSED : CHECK_SKIPPED;
}

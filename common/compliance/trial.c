/* trial.c - which laws, territories and zones a decision is about. */

#include "common/compliance/trial.h"

#define US INT64_C(1000000)

static void add_law(struct trial *t, const struct law_in_force *in)
{
    const struct compliance_facts *f = t->f;
    const struct override *o = in->of_lead ? f->campaign.lead_override : f->campaign.override;
    struct trial_law *l = &t->laws[t->n++];

    *l = (struct trial_law){.law = in->law, .tenant = in->tenant, .of_lead = in->of_lead};
    if (o)
        l->effect = override_apply(o, in->law, f->at.us, consent_regime_demands(f, in->law),
                                   in->law->ai_required);
}

/* A tenant's row that is switched off is no rule at all; the platform's still holds. */
void trial_open(struct trial *t, const struct compliance_facts *f, struct compliance_verdict *v)
{
    t->f = f;
    t->v = v;
    t->n = 0;
    t->here.n = t->theirs.n = 0;
    for (int i = 0; i < f->n_laws && i < FACTS_MAX_LAWS; i++)
        if (f->laws[i].law->enabled || !f->laws[i].tenant)
            add_law(t, &f->laws[i]);
}

static void add_sub(struct trial_law *l, const struct sub_law *sub)
{
    for (int i = 0; i < l->n_subs; i++)
        if (l->subs[i] == sub)
            return;
    if (l->n_subs == TRIAL_MAX_SUBS)
        l->too_many_subs = true;
    else
        l->subs[l->n_subs++] = sub;
}

/* "FL" or "US-FL" for the territory US-FL. */
static bool lives_in(const struct lead_facts *lead, const struct sub_law *sub)
{
    const char *dash = sub->region ? strchr(sub->region, '-') : NULL;

    return lead->known && lead->state[0] && dash
           && (strcmp(lead->state, dash + 1) == 0 || strcmp(lead->state, sub->region) == 0);
}

static bool is_of_region(const struct number_facts *number, const struct sub_law *sub)
{
    for (int i = 0; i < sub->n_countries; i++)
        if (strcmp(number->region, sub->countries[i]) == 0)
            return true;
    return false;
}

static void find_subs(const struct compliance_facts *f, struct trial_law *l)
{
    int n;

    for (int width = 1; l->law->area_widths >> width; width++) {
        const struct area *areas = law_areas(l->law, f->number.e164, width, &n);
        for (int i = 0; i < n; i++)
            if (areas[i].sub)
                add_sub(l, areas[i].sub);
    }
    for (int i = 0; i < l->law->n_subs; i++)
        if (lives_in(&f->lead, &l->law->subs[i]) || is_of_region(&f->number, &l->law->subs[i]))
            add_sub(l, &l->law->subs[i]);
}

void trial_find_subs(struct trial *t)
{
    for (int i = 0; i < t->n; i++)
        find_subs(t->f, &t->laws[i]);
}

static bool has_zone(const struct tz *const *zones, int n, const struct tz *zone)
{
    for (int i = 0; i < n; i++)
        if (zones[i] == zone)
            return true;
    return false;
}

static void add_zone(struct zone_set *set, const struct tz *zone)
{
    if (zone && set->n < VERDICT_MAX_ZONES && !has_zone(set->items, set->n, zone))
        set->items[set->n++] = zone;
}

static void add_zones(struct zone_set *set, const struct tz *const *zones, int n)
{
    for (int i = 0; i < n; i++)
        add_zone(set, zones[i]);
}

/*
 * A mobile, toll-free or internet number says nothing of the place: what its plan lists counts
 * only where the country lists it too.  In North America the area code does say.
 */
static bool is_anywhere(const struct number_facts *n)
{
    bool by_area = n->e164[1] == '1';

    return n->type == PHONE_TOLL_FREE
           || (!by_area && (n->type == PHONE_MOBILE || n->type == PHONE_VOIP));
}

static void add_number_zones(struct zone_set *set, const struct number_facts *n,
                             const struct law *law)
{
    bool narrowed = false;

    for (int i = 0; is_anywhere(n) && i < n->n_zones; i++)
        if (has_zone(law->zones, law->n_zones, n->zones[i])) {
            add_zone(set, n->zones[i]);
            narrowed = true;
        }
    if (!narrowed)
        add_zones(set, n->zones, n->n_zones);
}

/* Area codes that span zones, whatever the plan says; and the zones of overseas territories. */
static void add_law_zones(struct zone_set *set, const struct compliance_facts *f,
                          const struct trial_law *l)
{
    int n;

    for (int width = 1; l->law->area_widths >> width; width++) {
        const struct area *areas = law_areas(l->law, f->number.e164, width, &n);
        for (int i = 0; i < n; i++)
            add_zones(set, areas[i].zones, areas[i].n_zones);
    }
    for (int i = 0; i < l->n_subs; i++)
        add_zones(set, l->subs[i]->zones, l->subs[i]->n_zones);
}

static void add_known_zones(struct zone_set *set, struct trial *t, const struct trial_law *l)
{
    const struct lead_facts *lead = &t->f->lead;

    if (lead->known && lead->zone_invalid)
        verdict_warn(t->v, CW_LEAD_TIMEZONE_INVALID);
    if (lead->known)
        add_zone(set, lead->zone);
    if (set->n && lead->zone_verified)
        return;
    add_number_zones(set, &t->f->number, l->law);
    add_law_zones(set, t->f, l);
}

static void find_zones(struct trial *t, const struct trial_law *l, struct zone_set *set)
{
    if (l->law->zone_fixed) {
        add_zone(set, l->law->zone);
        return;
    }
    add_known_zones(set, t, l);
    if (!set->n)
        add_zones(set, l->law->zones, l->law->n_zones);
    if (!set->n)
        add_zone(set, l->law->zone);
}

/* The platform's law knows the country; a tenant's is asked only when that one knows no zone. */
static void fill_set(struct trial *t, bool of_lead, struct zone_set *set)
{
    bool any = false;

    for (int tenant = 0; tenant < 2; tenant++)
        for (int i = 0; i < t->n && !set->n; i++)
            if (t->laws[i].of_lead == of_lead && t->laws[i].tenant == (tenant == 1)) {
                any = true;
                find_zones(t, &t->laws[i], set);
            }
    if (any && !set->n && t->f->campaign.zone) {
        verdict_warn(t->v, CW_TIMEZONE_FALLBACK);
        add_zone(set, t->f->campaign.zone);
    }
}

static void report_zones(struct trial *t)
{
    struct zone_set all = t->here;

    add_zones(&all, t->theirs.items, t->theirs.n);
    memcpy(t->v->zones, all.items, (size_t)all.n * sizeof(all.items[0]));
    t->v->n_zones = all.n;
}

void trial_find_zones(struct trial *t)
{
    fill_set(t, false, &t->here);
    fill_set(t, true, &t->theirs);
    for (int i = 0; i < t->n; i++) {
        struct zone_set *set = t->laws[i].of_lead ? &t->theirs : &t->here;
        t->laws[i].zones = set->items;
        t->laws[i].n_zones = set->n;
    }
    report_zones(t);
}

bool trial_in_force(const struct trial_law *l, const struct in_force *when, int64_t us)
{
    if (!when->from_day && !when->to_day)
        return true;
    for (int i = 0; i < l->n_zones; i++) {
        int64_t wall = us / US - (us % US < 0) + tz_stretch(l->zones[i], us).offset_seconds;
        if (in_force_on(when, day_of_wall(wall)))
            return true;
    }
    return l->n_zones == 0;
}

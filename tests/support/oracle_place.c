/* oracle_place.c - which rules, territories and zones: every one is looked through. */

#include "tests/support/oracle_bench.h"

static bool digits_begin(const char *e164, uint64_t digits)
{
    char text[24];
    int n = 0;

    for (uint64_t rest = digits; rest; rest /= 10)
        n++;
    for (int i = n; i > 0; i--, digits /= 10)
        text[i - 1] = (char)('0' + digits % 10);
    return strncmp(e164 + 1, text, (size_t)n) == 0;
}

static void keep_sub(struct rule *r, const struct sub_law *sub)
{
    for (int i = 0; i < r->n_subs; i++)
        if (r->subs[i] == sub)
            return;
    if (r->n_subs < SUBS)
        r->subs[r->n_subs++] = sub;
}

static void find_subs(const struct bench *b, struct rule *r)
{
    const struct number_facts *n = &b->f->number;
    const struct lead_facts *lead = &b->f->lead;

    for (int i = 0; i < r->law->n_areas; i++)
        if (r->law->areas[i].sub && digits_begin(n->e164, r->law->areas[i].digits))
            keep_sub(r, r->law->areas[i].sub);
    for (int i = 0; i < r->law->n_subs; i++) {
        const struct sub_law *sub = &r->law->subs[i];
        bool of_state = lead->known && lead->state[0] && strlen(sub->region) > 3
                        && strcmp(sub->region + 3, lead->state) == 0;
        for (int c = 0; c < sub->n_countries; c++)
            of_state |= strcmp(sub->countries[c], n->region) == 0;
        if (of_state)
            keep_sub(r, sub);
    }
}

static void keep_zone(const struct tz **set, int *n, const struct tz *zone)
{
    for (int i = 0; i < *n; i++)
        if (set[i] == zone)
            return;
    if (zone && *n < ZONES)
        set[(*n)++] = zone;
}

static bool is_listed(const struct law *law, const struct tz *zone)
{
    for (int i = 0; i < law->n_zones; i++)
        if (law->zones[i] == zone)
            return true;
    return false;
}

static void zones_of_number(const struct bench *b, const struct rule *r, const struct tz **set,
                            int *n)
{
    const struct number_facts *number = &b->f->number;
    bool american = number->e164[1] == '1', any = false;
    bool vague = number->type == PHONE_TOLL_FREE
                 || ((number->type == PHONE_MOBILE || number->type == PHONE_VOIP) && !american);

    for (int i = 0; i < number->n_zones; i++)
        any |= vague && is_listed(r->law, number->zones[i]);
    for (int i = 0; i < number->n_zones; i++)
        if (!any || is_listed(r->law, number->zones[i]))
            keep_zone(set, n, number->zones[i]);
    for (int i = 0; i < r->law->n_areas; i++)
        for (int z = 0; z < r->law->areas[i].n_zones; z++)
            if (digits_begin(number->e164, r->law->areas[i].digits))
                keep_zone(set, n, r->law->areas[i].zones[z]);
    for (int i = 0; i < r->n_subs; i++)
        for (int z = 0; z < r->subs[i]->n_zones; z++)
            keep_zone(set, n, r->subs[i]->zones[z]);
}

static void zones_of_rule(struct bench *b, const struct rule *r, const struct tz **set, int *n)
{
    const struct lead_facts *lead = &b->f->lead;

    if (r->law->zone_fixed) {
        keep_zone(set, n, r->law->zone);
        return;
    }
    b->a->warned |= lead->known && lead->zone_invalid;
    if (lead->known)
        keep_zone(set, n, lead->zone);
    if (!(*n && lead->zone_verified))
        zones_of_number(b, r, set, n);
    for (int i = 0; *n == 0 && i < r->law->n_zones; i++) {
        for (int z = 0; z < r->law->n_zones; z++)
            keep_zone(set, n, r->law->zones[z]);
    }
    if (*n == 0)
        keep_zone(set, n, r->law->zone);
}

static void find_zones(struct bench *b, bool of_lead, const struct tz **set, int *n)
{
    bool any = false;

    for (int i = 0; i < b->n; i++)
        if (b->rules[i].of_lead == of_lead && !b->rules[i].tenant && *n == 0)
            zones_of_rule(b, &b->rules[i], set, n);
    for (int i = 0; i < b->n; i++)
        if (b->rules[i].of_lead == of_lead && b->rules[i].tenant && *n == 0)
            zones_of_rule(b, &b->rules[i], set, n);
    for (int i = 0; i < b->n; i++)
        any |= b->rules[i].of_lead == of_lead;
    if (any && *n == 0 && b->f->campaign.zone) {
        keep_zone(set, n, b->f->campaign.zone);
        b->a->warned = true;
    }
}

void oracle_assemble(struct bench *b)
{
    for (int i = 0; i < b->f->n_laws; i++) {
        const struct law_in_force *in = &b->f->laws[i];
        if (in->tenant && !in->law->enabled)
            continue;
        b->rules[b->n++] = (struct rule){.law = in->law,
                                         .tenant = in->tenant,
                                         .of_lead = in->of_lead,
                                         .o = in->of_lead ? b->f->campaign.lead_override
                                                          : b->f->campaign.override};
        struct rule *r = &b->rules[b->n - 1];
        const struct law_times *own = &r->law->times;
        r->opens = readable(r->o) && r->law->quiet_hours_enabled && own->quiet_set && !own->invalid
                   && !covers(&r->o->quiet, &own->quiet);
    }
}

void oracle_locate(struct bench *b)
{
    for (int i = 0; i < b->n; i++)
        find_subs(b, &b->rules[i]);
    find_zones(b, false, b->here, &b->n_here);
    find_zones(b, true, b->theirs, &b->n_theirs);
    for (int i = 0; i < b->n; i++) {
        b->rules[i].zones = b->rules[i].of_lead ? b->theirs : b->here;
        b->rules[i].n_zones = b->rules[i].of_lead ? b->n_theirs : b->n_here;
    }
}

/* quiet.c - the windows of every law, of the override and of the campaign. */

#include "common/compliance/opening.h"
#include "common/compliance/trial.h"

static void add(const struct trial_law *l, struct closure c, struct opening *o)
{
    for (int i = 0; i < l->n_zones; i++) {
        c.zone = l->zones[i];
        opening_add(o, &c);
    }
}

static int64_t lifted(const struct trial_law *l, bool lift)
{
    return lift ? l->effect.lift_until_us : 0;
}

/* False when something in it cannot be read, or it is switched on with nothing in it. */
static bool collect_times(const struct trial_law *l, const struct law_times *times,
                          int32_t from_day, struct opening *o)
{
    if (times->invalid)
        return false;
    if (times->quiet_set)
        add(l,
            (struct closure){.kind = CLOSURE_QUIET,
                             .code = CC_QUIET_HOURS,
                             .from_day = from_day,
                             .lifted_until_us =
                                 lifted(l, l->effect.lift_quiet || l->effect.quiet_off),
                             .quiet = times->quiet},
            o);
    if (times->week_set)
        add(l,
            (struct closure){.kind = CLOSURE_WEEK,
                             .code = CC_QUIET_HOURS,
                             .from_day = from_day,
                             .lifted_until_us = lifted(l, l->effect.quiet_off),
                             .week = &times->week,
                             .calendar = &times->calendar},
            o);
    return true;
}

static bool collect_law(const struct trial_law *l, struct opening *o)
{
    const struct law_times *times = &l->law->times;
    bool readable = (times->quiet_set || times->week_set) && !l->too_many_subs && l->n_zones > 0;

    readable &= collect_times(l, times, 0, o);
    for (int i = 0; i < l->n_subs; i++)
        readable &= collect_times(l, &l->subs[i]->times, l->subs[i]->in_force.from_day, o);
    return readable;
}

static bool collect_campaign(const struct campaign_facts *c, struct opening *o)
{
    if (!c->quiet_set)
        return true;
    if (c->quiet_invalid || !c->zone)
        return false;
    opening_add(o, &(struct closure){.kind = CLOSURE_QUIET,
                                     .code = CC_QUIET_HOURS_CAMPAIGN,
                                     .zone = c->zone,
                                     .quiet = c->quiet});
    return true;
}

bool quiet_collect(const struct trial *t, struct opening *o)
{
    bool readable = collect_campaign(&t->f->campaign, o);

    for (int i = 0; i < t->n; i++) {
        const struct trial_law *l = &t->laws[i];
        if (l->law->quiet_hours_enabled || l->effect.quiet_on)
            readable &= collect_law(l, o);
        if (l->effect.quiet && l->n_zones == 0)
            readable = false;
        if (l->effect.quiet)
            add(l,
                (struct closure){
                    .kind = CLOSURE_QUIET, .code = CC_QUIET_HOURS, .quiet = *l->effect.quiet},
                o);
    }
    return readable && !o->too_many;
}

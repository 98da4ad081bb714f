/* frequency.c - how often, and how soon after a refusal or a silent call. */

#include "common/compliance/opening.h"
#include "common/compliance/trial.h"

#define US INT64_C(1000000)
#define HOUR_US (3600 * US)

/* What a part of a law counts, for the zones of that law. */
struct counting {
    const struct trial *t;
    const struct trial_law *l;
    const struct law_times *times;
    int32_t from_day;
    struct opening *o;
};

static int64_t day_in(const struct tz *zone, int64_t us)
{
    return day_of_wall(us / US - (us % US < 0) + tz_stretch(zone, us).offset_seconds);
}

/* Attempts of every kind. */
enum { ANY_END = -1 };

/* The n-th largest of the attempts' instants, or of their days in a zone; false when fewer. */
static bool nth_latest(const struct trial *t, int end, const struct tz *zone, int n, int64_t *out)
{
    int64_t top[LAW_MAX_ATTEMPTS];
    int kept = 0;

    for (int i = 0; i < t->f->n_attempts; i++) {
        const struct attempt_fact *attempt = &t->f->attempts[i];
        if (end != ANY_END && (int)attempt->end != end)
            continue;
        int64_t value = zone ? day_in(zone, attempt->at.us) : attempt->at.us;
        int place = kept < n ? kept++ : n;
        for (; place > 0 && top[place - 1] < value; place--)
            if (place < n)
                top[place] = top[place - 1];
        if (place < n)
            top[place] = value;
    }
    *out = kept == n ? top[n - 1] : 0;
    return kept == n;
}

static void close_until(const struct counting *c, enum compliance_code code, int64_t until_us)
{
    if (until_us <= c->t->f->at.us)
        return;
    for (int i = 0; i < c->l->n_zones && (i == 0 || c->from_day); i++)
        opening_add(c->o, &(struct closure){.kind = CLOSURE_UNTIL,
                                            .code = code,
                                            .zone = c->l->zones[i],
                                            .from_day = c->from_day,
                                            .until_us = until_us});
}

/* A clock that goes back over midnight makes it yesterday again: a day's margin. */
static void close_before(const struct counting *c, enum compliance_code code, const struct tz *zone,
                         int64_t day)
{
    if (day >= day_in(zone, c->t->f->at.us))
        opening_add(c->o, &(struct closure){.kind = CLOSURE_FIRST_DAY,
                                            .code = code,
                                            .zone = zone,
                                            .from_day = c->from_day,
                                            .first_day = (int32_t)day});
}

static void collect_cap(const struct counting *c, const struct attempt_cap *cap)
{
    int64_t nth;

    if (cap->period_hours && nth_latest(c->t, ANY_END, NULL, cap->max, &nth))
        close_until(c, CC_FREQUENCY_CAP, nth + cap->period_hours * HOUR_US);
    for (int i = 0; cap->period_days && i < c->l->n_zones; i++)
        if (nth_latest(c->t, ANY_END, c->l->zones[i], cap->max, &nth))
            close_before(c, CC_FREQUENCY_CAP, c->l->zones[i], nth + cap->period_days);
}

/* So many whole days after the last day it happened, as the person's calendar has them. */
static void collect_cooldown(const struct counting *c, enum attempt_end end, int days)
{
    int64_t day;

    for (int i = 0; days && i < c->l->n_zones; i++)
        if (nth_latest(c->t, (int)end, c->l->zones[i], 1, &day))
            close_before(c, CC_FREQUENCY_COOLDOWN, c->l->zones[i], day + days + 1);
}

static void collect_times(const struct counting *c)
{
    int64_t silent;

    for (int i = 0; i < c->times->n_caps; i++)
        collect_cap(c, &c->times->caps[i]);
    collect_cooldown(c, ATTEMPT_REFUSED, c->times->refusal_cooldown_days);
    collect_cooldown(c, ATTEMPT_SILENT, c->times->silent_cooldown_days);
    if (c->times->silent_cooldown_hours && nth_latest(c->t, ATTEMPT_SILENT, NULL, 1, &silent))
        close_until(c, CC_FREQUENCY_COOLDOWN, silent + c->times->silent_cooldown_hours * HOUR_US);
}

void frequency_collect(const struct trial *t, struct opening *o)
{
    for (int i = 0; i < t->n && t->f->n_attempts; i++) {
        const struct trial_law *l = &t->laws[i];
        collect_times(&(struct counting){t, l, &l->law->times, 0, o});
        for (int s = 0; s < l->n_subs; s++)
            collect_times(
                &(struct counting){t, l, &l->subs[s]->times, l->subs[s]->in_force.from_day, o});
    }
}

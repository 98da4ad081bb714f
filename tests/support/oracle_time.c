/* oracle_time.c - windows, caps and cooldowns, minute by minute. */

#include "tests/support/oracle_bench.h"

static bool in_calendar(const struct calendar *c, int day)
{
    for (int i = 0; i < c->n; i++)
        if (c->days[i] == day)
            return true;
    return false;
}

static bool in_windows(const struct day_windows *d, int minute)
{
    for (int i = 0; i < d->n; i++)
        if (minute >= d->items[i].start_minute && minute < d->items[i].end_minute)
            return true;
    return false;
}

static uint64_t week_codes(const struct law_times *times, int day, int weekday, int minute)
{
    const struct week *w = &times->week;

    if ((w->has_holiday && day > times->calendar.last_known)
        || (w->has_pre_holiday && day + 1 > times->calendar.last_known))
        return CODE_BIT(CC_QUIET_HOURS_INVALID_CONFIG);
    if (w->has_holiday && in_calendar(&times->calendar, day))
        return in_windows(&w->holiday, minute) ? 0 : CODE_BIT(CC_QUIET_HOURS_HOLIDAY);
    bool eve = w->has_pre_holiday && in_calendar(&times->calendar, day + 1);
    return in_windows(eve ? &w->before_holiday[weekday] : &w->days[weekday], minute)
               ? 0
               : CODE_BIT(CC_QUIET_HOURS);
}

/* An override that opens something, and may: until its grant ends the law's own window rests. */
static bool own_window_rests(const struct bench *b, const struct rule *r, int64_t us)
{
    return r->opens && has_grant(r, LOOSEN_QUIET_HOURS, b->f->at.us)
           && us < r->o->grant.expires_at.us;
}

static bool all_windows_rest(const struct bench *b, const struct rule *r, int64_t us)
{
    return r->o && no(r->o->quiet_hours_enabled) && r->law->quiet_hours_enabled
           && has_grant(r, LOOSEN_QUIET_HOURS_ENABLED, b->f->at.us)
           && us < r->o->grant.expires_at.us;
}

static bool windows_on(const struct rule *r)
{
    return r->law->quiet_hours_enabled || (r->o && yes(r->o->quiet_hours_enabled));
}

static uint64_t times_codes(const struct bench *b, const struct rule *r,
                            const struct law_times *times, int from_day, const struct tz *zone,
                            int64_t us)
{
    struct wall wall = wall_at(zone, us);
    uint64_t codes = 0;

    if (times->invalid || wall.day < from_day || all_windows_rest(b, r, us))
        return 0;
    if (times->quiet_set && !own_window_rests(b, r, us) && in_quiet(&times->quiet, wall.minute))
        codes |= CODE_BIT(CC_QUIET_HOURS);
    if (times->week_set)
        codes |= week_codes(times, wall.day, wall.weekday, wall.minute);
    return codes;
}

/* ---- frequency */

static bool capped(const struct bench *b, const struct attempt_cap *cap, const struct tz *zone,
                   int64_t us)
{
    int n = 0;

    for (int i = 0; i < b->f->n_attempts; i++) {
        int64_t at = b->f->attempts[i].at.us;
        if (cap->period_hours)
            n += at > us - cap->period_hours * HOUR;
        else
            n += day_at(zone, at) > day_at(zone, us) - cap->period_days;
    }
    return n >= cap->max;
}

static bool cooling(const struct bench *b, enum attempt_end end, int days, int hours,
                    const struct tz *zone, int64_t us)
{
    for (int i = 0; i < b->f->n_attempts; i++) {
        int64_t at = b->f->attempts[i].at.us;
        if (b->f->attempts[i].end != end)
            continue;
        if (days && day_at(zone, us) - day_at(zone, at) <= days)
            return true;
        if (hours && us < at + hours * HOUR)
            return true;
    }
    return false;
}

static uint64_t frequency_codes(const struct bench *b, const struct law_times *times, int from_day,
                                const struct tz *zone, int64_t us)
{
    uint64_t codes = 0;

    if (b->f->n_attempts == 0 || day_at(zone, us) < from_day)
        return 0;
    for (int i = 0; i < times->n_caps; i++)
        if (capped(b, &times->caps[i], zone, us))
            codes |= CODE_BIT(CC_FREQUENCY_CAP);
    if (cooling(b, ATTEMPT_REFUSED, times->refusal_cooldown_days, 0, zone, us)
        || cooling(b, ATTEMPT_SILENT, times->silent_cooldown_days, times->silent_cooldown_hours,
                   zone, us))
        codes |= CODE_BIT(CC_FREQUENCY_COOLDOWN);
    return codes;
}

static uint64_t past_codes(const struct bench *b, const struct rule *r, const struct tz *zone,
                           int64_t us)
{
    uint64_t codes = frequency_codes(b, &r->law->times, 0, zone, us);

    for (int i = 0; i < r->n_subs; i++)
        codes |= frequency_codes(b, &r->subs[i]->times, r->subs[i]->in_force.from_day, zone, us);
    return codes;
}

static uint64_t window_codes(const struct bench *b, const struct rule *r, const struct tz *zone,
                             int64_t us)
{
    uint64_t codes = windows_on(r) ? times_codes(b, r, &r->law->times, 0, zone, us) : 0;

    for (int i = 0; windows_on(r) && i < r->n_subs; i++)
        codes |= times_codes(b, r, &r->subs[i]->times, r->subs[i]->in_force.from_day, zone, us);
    if (readable(r->o) && in_quiet(&r->o->quiet, wall_at(zone, us).minute))
        codes |= CODE_BIT(CC_QUIET_HOURS);
    return codes;
}

static uint64_t campaign_codes(const struct bench *b, int64_t us)
{
    const struct campaign_facts *c = &b->f->campaign;

    return c->quiet_set && !c->quiet_invalid && c->zone
                   && in_quiet(&c->quiet, wall_at(c->zone, us).minute)
               ? CODE_BIT(CC_QUIET_HOURS_CAMPAIGN)
               : 0;
}

/* Everything that passes with time, at one instant. */
static uint64_t codes_at(const struct bench *b, int64_t us)
{
    uint64_t codes = campaign_codes(b, us);

    for (int i = 0; i < b->n; i++)
        for (int z = 0; z < b->rules[i].n_zones; z++)
            codes |= window_codes(b, &b->rules[i], b->rules[i].zones[z], us)
                     | past_codes(b, &b->rules[i], b->rules[i].zones[z], us);
    return codes;
}

uint64_t oracle_codes_over(const struct bench *b, int64_t us)
{
    int64_t end = us + b->f->guard_seconds * SECOND;
    uint64_t codes = codes_at(b, us) | codes_at(b, end);

    for (int64_t t = us - us % MINUTE + MINUTE; t < end; t += MINUTE)
        codes |= codes_at(b, t);
    return codes;
}

static bool closes(const struct bench *b, int rule, int zone, int64_t us)
{
    const struct rule *r = &b->rules[rule];

    return window_codes(b, r, r->zones[zone], us) || past_codes(b, r, r->zones[zone], us);
}

static bool is_open(struct bench *b, int64_t us)
{
    if (b->suspect < b->n && b->suspect_zone < b->rules[b->suspect].n_zones
        && closes(b, b->suspect, b->suspect_zone, us))
        return false;
    for (int i = 0; i < b->n; i++)
        for (int z = 0; z < b->rules[i].n_zones; z++)
            if (closes(b, i, z, us)) {
                b->suspect = i;
                b->suspect_zone = z;
                return false;
            }
    return campaign_codes(b, us) == 0;
}

bool oracle_is_open_over(struct bench *b, int64_t us)
{
    int64_t end = us + b->f->guard_seconds * SECOND;

    if (!is_open(b, us) || !is_open(b, end))
        return false;
    for (int64_t t = us - us % MINUTE + MINUTE; t < end; t += MINUTE)
        if (!is_open(b, t))
            return false;
    return true;
}

bool oracle_has_bad_window(const struct bench *b)
{
    const struct campaign_facts *c = &b->f->campaign;
    bool bad = c->quiet_set && (c->quiet_invalid || !c->zone);

    for (int i = 0; i < b->n; i++) {
        const struct rule *r = &b->rules[i];
        bool on = windows_on(r);
        bad |= on
               && (r->law->times.invalid || r->n_zones == 0
                   || (!r->law->times.quiet_set && !r->law->times.week_set));
        bad |= r->o && r->o->quiet_set && (r->o->quiet_invalid || r->n_zones == 0);
        for (int s = 0; on && s < r->n_subs; s++)
            bad |= r->subs[s]->times.invalid;
    }
    return bad;
}

static void add_release(struct bench *b, int64_t us)
{
    if (us > b->f->at.us && b->n_releases < RELEASES)
        b->releases[b->n_releases++] = us;
}

void oracle_find_releases(struct bench *b)
{
    for (int i = 0; i < b->n; i++)
        for (int s = -1; s < b->rules[i].n_subs; s++) {
            const struct law_times *t =
                s < 0 ? &b->rules[i].law->times : &b->rules[i].subs[s]->times;
            for (int a = 0; a < b->f->n_attempts; a++) {
                int64_t at = b->f->attempts[a].at.us;
                for (int c = 0; c < t->n_caps; c++)
                    if (t->caps[c].period_hours)
                        add_release(b, at + t->caps[c].period_hours * HOUR);
                if (t->silent_cooldown_hours)
                    add_release(b, at + t->silent_cooldown_hours * HOUR);
            }
        }
}

/* The next minute, or an attempt's release before it. */
int64_t oracle_next_look(const struct bench *b, int64_t us)
{
    int64_t next = us - us % MINUTE + MINUTE;

    for (int i = 0; i < b->n_releases; i++)
        if (b->releases[i] > us && b->releases[i] < next)
            next = b->releases[i];
    return next;
}

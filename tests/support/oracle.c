/* oracle.c - no cleverness: ask every rule at every minute. */

#include "tests/support/oracle.h"

#include "common/base/tz.h"

#define SECOND INT64_C(1000000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

enum { SUBS = 8, ZONES = 64, RELEASES = 512 };

/* What applies, put together once. */
struct rule {
    const struct law *law;
    const struct override *o; /* NULL = none */
    bool opens;               /* its window would open what the law's closes */
    bool tenant, of_lead;
    const struct sub_law *subs[SUBS];
    int n_subs;
    const struct tz **zones;
    int n_zones;
};

struct bench {
    const struct compliance_facts *f;
    struct rule rules[FACTS_MAX_LAWS];
    int n;
    const struct tz *here[ZONES], *theirs[ZONES];
    int n_here, n_theirs;
    int suspect, suspect_zone;  /* who closed the last minute closes the next one, most likely */
    int64_t releases[RELEASES]; /* when an attempt stops counting: these are no round minutes */
    int n_releases;
    struct oracle_answer *a;
};

static void refuse(struct bench *b, enum compliance_code code)
{
    b->a->codes |= CODE_BIT(code);
}

static bool yes(struct opt_bool o)
{
    return o.set && o.v;
}

static bool no(struct opt_bool o)
{
    return o.set && !o.v;
}

/* What the calendar and the clock on the wall show. */
struct wall {
    int day, weekday, minute; /* days since 1970; 0 = Monday */
};

static struct wall wall_at(const struct tz *zone, int64_t us)
{
    int64_t second = (us - ((us % SECOND) + SECOND) % SECOND) / SECOND;
    int64_t local = second + tz_offset_seconds(zone, us) + INT64_C(7000000) * 86400;

    return (struct wall){(int)(local / 86400 - 7000000), (int)((local / 86400 + 3) % 7),
                         (int)(local % 86400 / 60)};
}

static int day_at(const struct tz *zone, int64_t us)
{
    return wall_at(zone, us).day;
}

/* ---- which rules, territories, zones: every one is looked through */

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

static bool in_quiet(const struct quiet_window *w, int minute)
{
    if (w->start_minute < w->end_minute)
        return minute >= w->start_minute && minute < w->end_minute;
    return minute >= w->start_minute || minute < w->end_minute;
}

static bool covers(const struct quiet_window *cover, const struct quiet_window *base)
{
    for (int m = 0; m < 1440; m++)
        if (in_quiet(base, m) && !in_quiet(cover, m))
            return false;
    return true;
}

static bool readable(const struct override *o)
{
    return o && o->quiet_set && !o->quiet_invalid;
}

static void assemble(struct bench *b)
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

static void locate(struct bench *b)
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

/* ---- windows */

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

static bool has_grant(const struct rule *r, unsigned field, int64_t us)
{
    return r->o && r->o->grant.given && r->o->grant.permitted && us < r->o->grant.expires_at.us
           && (r->law->loosenable & field);
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

static uint64_t codes_over(const struct bench *b, int64_t us)
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

static bool is_open_over(struct bench *b, int64_t us)
{
    int64_t end = us + b->f->guard_seconds * SECOND;

    if (!is_open(b, us) || !is_open(b, end))
        return false;
    for (int64_t t = us - us % MINUTE + MINUTE; t < end; t += MINUTE)
        if (!is_open(b, t))
            return false;
    return true;
}

static bool has_bad_window(const struct bench *b)
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

/* ---- consent */

static bool is_business(const struct compliance_facts *f, const struct law *law)
{
    if (!f->lead.known)
        return false;
    if (f->lead.segment == SEGMENT_UNKNOWN)
        return law->default_b2b;
    return f->lead.segment == SEGMENT_B2B;
}

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

static bool regime_asks(enum consent_regime r)
{
    return r == REGIME_OPT_IN || r == REGIME_OPT_IN_WRITTEN || r == REGIME_PROHIBITED;
}

static bool is_day_of(const struct rule *r, const struct in_force *when, int64_t us)
{
    bool any = r->n_zones == 0 || (!when->from_day && !when->to_day);

    for (int z = 0; z < r->n_zones; z++) {
        int day = day_at(r->zones[z], us);
        any |= day >= when->from_day && (!when->to_day || day <= when->to_day);
    }
    return any;
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

static uint64_t consent_codes(struct bench *b, int64_t us)
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

static bool has_registry(const struct rule *r)
{
    bool law = r->law->registry.set ? r->law->registry.enforcement != REGISTRY_OFF
                                    : r->law->dnc_registry_enabled;

    return law || (r->o && yes(r->o->dnc_registry_enabled));
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

static void ask_lists(struct bench *b)
{
    bool wanted = b->f->campaign.exclude_dnc || b->n == 0, registry = false, hit;
    uint64_t before = b->a->codes;

    for (int i = 0; i < b->n; i++) {
        const struct rule *r = &b->rules[i];
        wanted |= r->law->dnc_check_required || (r->o && yes(r->o->dnc_check_required));
        registry |= has_registry(r) && !registry_waived(b, r);
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

/* ---- the rest */

static bool begins(const char *number, const char *const *prefixes)
{
    bool any = false;

    for (int i = 0; prefixes[i]; i++)
        any |= strncmp(number, prefixes[i], strlen(prefixes[i])) == 0;
    return any;
}

static void ask_caller_id(struct bench *b)
{
    const char *from = b->f->from_number;

    if (from && !*from)
        refuse(b, CC_CALLER_ID_ANONYMOUS);
    for (int i = 0; from && *from && i < b->n; i++) {
        const struct law *law = b->rules[i].law;
        bool unlisted = law->caller_allowed[0] && !begins(from, law->caller_allowed);
        if (begins(from, law->caller_forbidden) || (unlisted && law->caller_unlisted_forbidden))
            refuse(b, CC_CALLER_ID_FORBIDDEN);
        b->a->warned |= unlisted;
    }
}

static void ask_sector(struct bench *b)
{
    const char *sector = b->f->campaign.sector;
    bool wanted = false;

    for (int i = 0; sector && b->f->lead.known && i < b->f->lead.n_sectors; i++)
        wanted |= strcmp(b->f->lead.sectors[i], sector) == 0;
    for (int i = 0; sector && i < b->n; i++)
        for (int s = 0; s < b->rules[i].law->n_sectors; s++) {
            const struct sector_law *law = &b->rules[i].law->sectors[s];
            if (strcmp(law->sector, sector) != 0
                || !is_day_of(&b->rules[i], &law->in_force, b->f->at.us))
                continue;
            if (law->prohibited)
                refuse(b, CC_SECTOR_PROHIBITED);
            else if (!wanted)
                refuse(b, CC_SECTOR_CONSENT);
        }
}

static bool must_speak(const struct bench *b, const struct rule *r)
{
    bool ai = r->law->ai_required && is_day_of(r, &r->law->ai_in_force, b->f->at.us);
    bool waived = r->o && no(r->o->require_disclosure) && r->law->require_disclosure
                  && !r->law->ai_required && has_grant(r, LOOSEN_DISCLOSURE, b->f->at.us);

    return ai || (r->law->require_disclosure && !waived) || (r->o && yes(r->o->require_disclosure));
}

/* Only whether there is a text and it is sound: these facts have the row's own and no other. */
static void ask_disclosure(struct bench *b)
{
    const struct law_text *text = NULL;
    bool needed = false;

    for (int i = 0; i < b->n; i++)
        needed |= must_speak(b, &b->rules[i]);
    for (int i = 0; i < b->n && !text; i++)
        if (b->rules[i].tenant && b->rules[i].law->disclosure.text)
            text = &b->rules[i].law->disclosure;
    for (int i = 0; i < b->n && !text; i++)
        if (b->rules[i].law->disclosure.text)
            text = &b->rules[i].law->disclosure;
    if (needed && !text)
        b->a->warned = true;
    if (needed && text && !text->valid)
        refuse(b, CC_DISCLOSURE_TEMPLATE_INVALID);
}

/* Loosenings, taken or not, are worth a warning. */
static bool loosens(const struct bench *b, const struct rule *r)
{
    const struct override *o = r->o;
    const struct law *law = r->law;
    const struct consent_demand *d = is_business(b->f, law) ? &law->b2b : &law->b2c;

    if (!o)
        return false;
    return o->timezone_set || (no(o->dnc_check_required) && law->dnc_check_required)
           || (no(o->require_explicit_consent)
               && (law->require_explicit_consent || regime_asks(d->regime)))
           || (no(o->require_disclosure) && (law->require_disclosure || law->ai_required))
           || (no(o->require_recording_consent) && law->require_recording_consent)
           || (no(o->dnc_registry_enabled) && law->dnc_registry_enabled)
           || (no(o->quiet_hours_enabled) && law->quiet_hours_enabled) || r->opens;
}

static bool tenant_loosens(const struct bench *b)
{
    for (int i = 0; i < b->n; i++)
        for (int j = 0; j < b->n; j++) {
            const struct rule *p = &b->rules[i], *t = &b->rules[j];
            if (!p->tenant && t->tenant && p->of_lead == t->of_lead && p->law->quiet_hours_enabled
                && t->law->quiet_hours_enabled && p->law->times.quiet_set && t->law->times.quiet_set
                && !p->law->times.invalid && !t->law->times.invalid
                && !covers(&t->law->times.quiet, &p->law->times.quiet))
                return true;
        }
    return false;
}

static bool has_rule(const struct bench *b, bool of_lead)
{
    for (int i = 0; i < b->n; i++)
        if (!b->rules[i].tenant && b->rules[i].of_lead == of_lead)
            return true;
    return false;
}

/* False when the decision ends with this. */
static bool ask_country(struct bench *b)
{
    const struct compliance_facts *f = b->f;
    bool abroad = f->lead.country_iso[0] && strcmp(f->lead.country_iso, f->country_iso) != 0;

    if (!f->country_iso[0]) {
        refuse(b, CC_COUNTRY_UNKNOWN);
        return false;
    }
    b->a->warned |= abroad;
    bool known = has_rule(b, false) && (!abroad || has_rule(b, true));
    if (!known && f->policy.no_rule_warns)
        b->a->warned = true;
    else if (!known)
        refuse(b, CC_COUNTRY_NO_RULE);
    if (!has_rule(b, false) || b->a->codes) {
        b->n = 0;
        ask_lists(b);
        if (f->lead.known && f->lead.consent == CONSENT_DENIED)
            refuse(b, CC_CONSENT_DENIED);
        return false;
    }
    for (int i = 0; i < b->n; i++) {
        const struct rule *r = &b->rules[i];
        if (!r->law->enabled || (r->o && no(r->o->enabled)))
            refuse(b, CC_COUNTRY_DISABLED);
        if (r->law->not_understood || (r->o && r->o->not_understood))
            refuse(b, CC_COUNTRY_RULE_INVALID);
        if (r->o && r->o->quiet_set && r->o->quiet_invalid)
            refuse(b, CC_QUIET_HOURS_INVALID_CONFIG);
        b->a->warned |= loosens(b, r);
    }
    b->a->warned |= tenant_loosens(b);
    return !(b->a->codes & CODE_BIT(CC_COUNTRY_DISABLED));
}

static int longest_wait(const struct law_times *t)
{
    int days = t->refusal_cooldown_days > t->silent_cooldown_days ? t->refusal_cooldown_days
                                                                  : t->silent_cooldown_days;

    if (t->silent_cooldown_hours / 24 + 1 > days)
        days = t->silent_cooldown_hours / 24 + 1;
    for (int i = 0; i < t->n_caps; i++) {
        int cap =
            t->caps[i].period_days ? t->caps[i].period_days : (t->caps[i].period_hours + 23) / 24;
        days = cap > days ? cap : days;
    }
    return days;
}

static void add_release(struct bench *b, int64_t us)
{
    if (us > b->f->at.us && b->n_releases < RELEASES)
        b->releases[b->n_releases++] = us;
}

static void find_releases(struct bench *b)
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
static int64_t next_look(const struct bench *b, int64_t us)
{
    int64_t next = us - us % MINUTE + MINUTE;

    for (int i = 0; i < b->n_releases; i++)
        if (b->releases[i] > us && b->releases[i] < next)
            next = b->releases[i];
    return next;
}

static void find_next(struct bench *b)
{
    int64_t us = b->f->at.us, end = us;
    int days = 1;

    for (int i = 0; i < b->n; i++)
        for (int s = -1; s < b->rules[i].n_subs; s++) {
            int own = longest_wait(s < 0 ? &b->rules[i].law->times : &b->rules[i].subs[s]->times);
            days = own > days ? own : days;
        }
    end += (40 + days) * DAY;
    find_releases(b);
    while (us <= end && !is_open_over(b, us))
        us = next_look(b, us);
    if (us > end)
        return;
    bool warned = b->a->warned;
    bool lapsed = consent_codes(b, us) != 0;
    b->a->warned = warned || lapsed;
    if (!lapsed && (!b->f->campaign.end.us || us < b->f->campaign.end.us))
        b->a->next_us = us;
}

struct oracle_answer oracle_decide(const struct compliance_facts *f)
{
    const uint64_t passing = CODE_BIT(CC_QUIET_HOURS) | CODE_BIT(CC_QUIET_HOURS_HOLIDAY)
                             | CODE_BIT(CC_QUIET_HOURS_CAMPAIGN) | CODE_BIT(CC_FREQUENCY_CAP)
                             | CODE_BIT(CC_FREQUENCY_COOLDOWN);
    struct oracle_answer answer = {0};
    struct bench b = {.f = f, .a = &answer};

    assemble(&b);
    if (!ask_country(&b))
        return answer;
    locate(&b);
    ask_lists(&b);
    answer.codes |= codes_over(&b, f->at.us) | consent_codes(&b, f->at.us);
    if (has_bad_window(&b))
        refuse(&b, CC_QUIET_HOURS_INVALID_CONFIG);
    ask_caller_id(&b);
    ask_sector(&b);
    ask_disclosure(&b);
    if (answer.codes && !(answer.codes & ~passing))
        find_next(&b);
    return answer;
}

/* made_facts.c - chance, kept within what the engine's contracts allow. */

#include "tests/support/made_facts.h"

#include <stdlib.h>

#define SECOND INT64_C(1000000)
#define MINUTE (60 * SECOND)
#define DAY (86400 * SECOND)

static uint64_t state_of_chance = 1;

static uint64_t chance(uint64_t below)
{
    uint64_t x = state_of_chance += UINT64_C(0x9e3779b97f4a7c15);

    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return (x ^ x >> 31) % below;
}

static bool one_in(uint64_t n)
{
    return chance(n) == 0;
}

static int pick(int n)
{
    return (int)chance((uint64_t)n);
}

static const struct tz *any_zone(void)
{
    static const char *const names[] = {
        "Europe/Rome",         "Europe/Paris",       "Europe/London",    "America/New_York",
        "America/Los_Angeles", "America/Phoenix",    "America/St_Johns", "Pacific/Honolulu",
        "Pacific/Guam",        "Asia/Kolkata",       "Asia/Kathmandu",   "Australia/Lord_Howe",
        "Australia/Adelaide",  "Pacific/Kiritimati", "America/Havana",   "Africa/Casablanca",
        "Antarctica/Troll",    "America/Asuncion",   "Asia/Beirut",      "Pacific/Chatham",
    };
    static const struct tz *zones[ARRAY_LEN(names)];
    size_t i = chance(ARRAY_LEN(names));

    if (!zones[i])
        zones[i] = tz_get(names[i]);
    return zones[i];
}

/* 2024 to 2027; near a change of some clock, on a round time, or anywhere to the microsecond. */
static int64_t any_instant(void)
{
    int64_t us = (INT64_C(19723) + pick(1460)) * DAY + (int64_t)chance((uint64_t)DAY);

    if (one_in(3)) {
        int64_t change = tz_next_transition(any_zone(), us);
        if (change != INT64_MAX && change < INT64_C(22000) * DAY)
            us = change + (pick(5760) - 2880) * MINUTE;
    }
    if (one_in(2))
        us -= us % (15 * MINUTE);
    if (one_in(8))
        us += pick(3) - 1;
    if (one_in(6))
        us -= (int64_t)chance((uint64_t)(10 * MINUTE)); /* just before something */
    return us;
}

/* Mostly as people set them, now and then as nobody would. */
static int any_minute(void)
{
    return one_in(4) ? pick(1440) : pick(96) * 15;
}

static struct quiet_window any_quiet(void)
{
    struct quiet_window w = {any_minute(), any_minute()};

    if (one_in(3))
        w = (struct quiet_window){(20 + pick(3)) * 60, (7 + pick(4)) * 60};
    if (w.end_minute == 0)
        w.end_minute = 1440;
    if (w.start_minute == w.end_minute)
        w.end_minute = w.start_minute + 1;
    return w;
}

static struct day_windows any_day(void)
{
    struct day_windows d = {0};
    int from = pick(4) ? 480 + pick(8) * 15 : any_minute();

    for (int i = pick(6) ? 1 + pick(2) : 0; i > 0 && from < 1425; i--) {
        int to = from + 15 + pick(40) * 15;
        d.items[d.n].start_minute = from;
        d.items[d.n++].end_minute = to < 1440 ? to : 1440;
        from = to + pick(8) * 15;
    }
    return d;
}

static struct day_windows cut(const struct day_windows *a, const struct day_windows *b)
{
    struct day_windows d = {0};

    for (int m = 0; m < 1440; m++) {
        bool in_a = false, in_b = false;
        for (int i = 0; i < a->n; i++)
            in_a |= m >= a->items[i].start_minute && m < a->items[i].end_minute;
        for (int i = 0; i < b->n; i++)
            in_b |= m >= b->items[i].start_minute && m < b->items[i].end_minute;
        if (!in_a || !in_b)
            continue;
        if (d.n && d.items[d.n - 1].end_minute == m) {
            d.items[d.n - 1].end_minute = m + 1;
        } else {
            d.items[d.n].start_minute = m;
            d.items[d.n++].end_minute = m + 1;
        }
    }
    return d;
}

static void make_week(struct week *w)
{
    struct day_windows eve = any_day();

    *w = (struct week){.has_holiday = one_in(2), .has_pre_holiday = one_in(4)};
    for (int i = 0; i < 7; i++) {
        w->days[i] = one_in(6) ? (struct day_windows){0} : any_day();
        w->before_holiday[i] = cut(&w->days[i], &eve);
    }
    if (one_in(3))
        w->holiday = any_day();
}

static int compare_days(const void *a, const void *b)
{
    return *(const int32_t *)a - *(const int32_t *)b;
}

static struct calendar make_calendar(struct made *m, int64_t at)
{
    int32_t *days = m->holidays[m->n_holidays++ % (FACTS_MAX_LAWS * 3)];
    int n = pick(MADE_HOLIDAYS);

    for (int i = 0; i < n; i++)
        days[i] = (int32_t)(at / DAY) + pick(20) - 4;
    qsort(days, (size_t)n, sizeof(*days), compare_days);
    return (struct calendar){days, n, (int32_t)(at / DAY) + (one_in(6) ? pick(5) : 400)};
}

static void make_caps(struct law_times *t)
{
    t->n_caps = one_in(3) ? 1 + pick(2) : 0;
    for (int i = 0; i < t->n_caps; i++)
        t->caps[i] = one_in(2) ? (struct attempt_cap){1 + pick(4), 1 + pick(80), 0}
                               : (struct attempt_cap){1 + pick(4), 0, 1 + pick(31)};
    t->refusal_cooldown_days = one_in(4) ? pick(62) : 0;
    t->silent_cooldown_days = one_in(6) ? pick(6) : 0;
    t->silent_cooldown_hours = one_in(6) ? pick(90) : 0;
}

static void make_times(struct made *m, struct law_times *t, int64_t at)
{
    *t = (struct law_times){.quiet_set = one_in(2), .week_set = one_in(2), .invalid = one_in(60)};
    t->quiet = any_quiet();
    make_week(&t->week);
    t->calendar = make_calendar(m, at);
    make_caps(t);
}

static struct consent_demand any_demand(void)
{
    return (struct consent_demand){
        .regime = (enum consent_regime)(one_in(20) ? REGIME_PROHIBITED : pick(4)),
        .level = (enum consent_level)(one_in(2) ? 0 : pick(4)),
        .channel = (unsigned)pick(3),
        .max_age_months = one_in(4) ? 1 + pick(30) : 0,
        .max_age_days = one_in(4) ? 1 + pick(700) : 0,
        .customers_exempt = one_in(4),
        .proof_required = one_in(3),
    };
}

static struct in_force any_period(int64_t at)
{
    return (struct in_force){one_in(3) ? (int32_t)(at / DAY) + pick(9) - 4 : 0, 0};
}

static void make_subs(struct made *m, int l, const struct compliance_facts *f)
{
    struct law *law = &m->laws[l];

    law->n_subs = pick(3);
    law->subs = m->subs[l];
    for (int i = 0; i < law->n_subs; i++) {
        struct sub_law *s = &law->subs[i];
        *s = (struct sub_law){.region = i ? "US-FL" : "US-WA", .in_force = any_period(f->at.us)};
        make_times(m, &s->times, f->at.us);
        s->n_countries = one_in(2);
        memcpy(s->countries[0], one_in(2) ? f->number.region : "GP", 3);
        s->zones = m->sub_zones[l * 2 + i];
        s->n_zones = one_in(3);
        s->zones[0] = any_zone();
        if (one_in(4))
            s->b2c.regime = (enum consent_regime)pick(5);
    }
    law->areas = NULL;
    law->n_areas = 0;
    law->area_widths = 0;
}

static const char *const no_prefixes[] = {NULL};
static const char *const prefixes[] = {"+336", "+12", NULL};

static void make_duties(struct made *m, int l, int64_t at)
{
    struct law *law = &m->laws[l];

    law->registry = (struct registry_law){one_in(2),
                                          one_in(2) ? "RPO" : NULL,
                                          (enum registry_enforcement)pick(3),
                                          (enum registry_override)pick(3),
                                          1 + pick(31),
                                          one_in(2)};
    law->caller_forbidden = (const char **)(uintptr_t)(one_in(6) ? prefixes : no_prefixes);
    law->caller_allowed = (const char **)(uintptr_t)(one_in(8) ? prefixes : no_prefixes);
    law->caller_unlisted_forbidden = one_in(2);
    law->ai_required = one_in(3);
    law->ai_in_force = any_period(at);
    m->sectors[l] = (struct sector_law){"energy", one_in(2), any_period(at)};
    law->sectors = &m->sectors[l];
    law->n_sectors = one_in(4);
    law->loosenable = (unsigned)chance(64);
    law->disclosure_texts = NULL;
    law->n_disclosure_texts = 0;
    law->disclosure = (struct law_text){"", one_in(8) ? NULL : "AI", !one_in(12)};
    law->names_company_and_ai = one_in(2);
}

/* A law as none has ever been passed. */
static void make_law(struct made *m, int l, const struct compliance_facts *f)
{
    struct law *law = &m->laws[l];

    law->enabled = !one_in(20);
    law->require_disclosure = one_in(2);
    law->require_explicit_consent = one_in(3);
    law->require_recording_consent = one_in(2);
    law->dnc_check_required = one_in(2);
    law->dnc_registry_enabled = one_in(4);
    law->quiet_hours_enabled = !one_in(5);
    law->zone = one_in(5) ? NULL : any_zone();
    law->zone_fixed = law->zone && one_in(8);
    law->zones = m->zones[l];
    law->n_zones = pick(4);
    for (int i = 0; i < law->n_zones; i++)
        law->zones[i] = any_zone();
    make_times(m, &law->times, f->at.us);
    make_subs(m, l, f);
    law->b2c = any_demand();
    law->b2b = any_demand();
    law->default_b2b = one_in(10);
    make_duties(m, l, f->at.us);
    law->not_understood = one_in(60) ? "something" : NULL;
}

/* The catalogue's law with another window, another calendar or other caps. */
static void change_law(struct made *m, int l, const struct compliance_facts *f)
{
    struct law *law = &m->laws[l];

    if (one_in(2))
        law->times.quiet = any_quiet();
    if (one_in(2))
        make_week(&law->times.week);
    if (one_in(2))
        law->times.calendar = make_calendar(m, f->at.us);
    if (one_in(2))
        make_caps(&law->times);
    if (one_in(3))
        make_duties(m, l, f->at.us);
}

static struct opt_bool perhaps(void)
{
    return (struct opt_bool){one_in(5), one_in(2)};
}

static const struct override *make_override(struct made *m, int i, int64_t at)
{
    struct override *o = &m->overrides[i];

    if (one_in(2))
        return NULL;
    *o = (struct override){.enabled = {one_in(20), one_in(2)},
                           .quiet_hours_enabled = perhaps(),
                           .require_disclosure = perhaps(),
                           .require_explicit_consent = perhaps(),
                           .require_recording_consent = perhaps(),
                           .dnc_check_required = perhaps(),
                           .dnc_registry_enabled = perhaps(),
                           .timezone_set = one_in(20),
                           .quiet_set = one_in(2),
                           .quiet_invalid = one_in(30),
                           .quiet = any_quiet(),
                           .not_understood = one_in(60) ? "something" : NULL};
    o->grant = (struct override_grant){one_in(2), one_in(2), {at + (pick(40) - 10) * DAY / 4}};
    return o;
}

static void make_lead(struct lead_facts *l, int64_t at)
{
    l->known = !one_in(8);
    memcpy(l->country_iso, one_in(8) ? "IT" : "\0\0", 3);
    l->consent = (enum consent_status)(one_in(2) ? CONSENT_GRANTED : pick(4));
    l->basis = (enum consent_basis)(one_in(2) ? BASIS_CONSENT : pick(4));
    l->consent_date.us = one_in(6) ? 0 : at - (pick(800) - 5) * DAY + pick(100) - 50;
    l->consent_expires.us = one_in(6) ? at + (pick(40) - 10) * DAY / 4 : 0;
    l->has_source = !one_in(4);
    l->channels_known = one_in(2);
    l->channels = l->channels_known ? (unsigned)pick(4) : 0;
    l->level = (enum consent_level)pick(4);
    l->segment = (enum lead_segment)pick(3);
    l->contract_active = one_in(3);
    l->zone = one_in(3) ? any_zone() : NULL;
    l->zone_invalid = !l->zone && one_in(8);
    l->zone_verified = one_in(2);
    memcpy(l->state, one_in(3) ? "FL" : "\0\0", 3);
    l->n_sectors = one_in(2);
    l->sectors[0] = "energy";
}

static void make_past(struct made *m, struct compliance_facts *f)
{
    f->attempts = m->attempts;
    f->n_attempts = one_in(2) ? pick(MADE_ATTEMPTS) : 0;
    for (int i = 0; i < f->n_attempts; i++)
        m->attempts[i] = (struct attempt_fact){
            {f->at.us - (int64_t)chance((uint64_t)(40 * DAY / (1 + pick(20)))) - pick(3)},
            (enum attempt_end)(one_in(2) ? 0 : pick(3))};
    f->dnc = m->entries;
    f->n_dnc = one_in(3) ? 1 + pick(MADE_ENTRIES) : 0;
    for (int i = 0; i < f->n_dnc; i++)
        m->entries[i] = (struct dnc_fact){(enum dnc_origin)pick(3),
                                          one_in(2),
                                          {one_in(4) ? 0 : f->at.us - pick(900) * DAY},
                                          {one_in(3) ? f->at.us + pick(3) - 1 : 0},
                                          {one_in(3) ? f->at.us + pick(3) - 1 : 0}};
    f->n_scrubs = pick(3);
    for (int i = 0; i < f->n_scrubs; i++)
        f->scrubs[i] = (struct scrub_fact){one_in(2)   ? "RPO"
                                           : one_in(2) ? "TPS"
                                                       : NULL,
                                           {f->at.us - (pick(40) - 2) * DAY + pick(3) - 1}};
}

static void make_number(struct number_facts *n)
{
    if (one_in(2))
        n->type = (enum phone_type)pick(5);
    n->n_zones = pick(5);
    for (int i = 0; i < n->n_zones; i++)
        n->zones[i] = any_zone();
}

static void make_campaign(struct made *m, struct compliance_facts *f)
{
    struct campaign_facts *c = &f->campaign;

    c->exclude_dnc = one_in(2);
    c->quiet_set = one_in(4);
    c->quiet_invalid = one_in(30);
    c->quiet = any_quiet();
    c->zone = one_in(10) ? NULL : any_zone();
    c->end.us = one_in(4) ? f->at.us + pick(20) * DAY / 4 : 0;
    c->sector = one_in(3) ? "energy" : NULL;
    c->override = make_override(m, 0, f->at.us);
    c->lead_override = make_override(m, 1, f->at.us);
}

static void make_laws(struct made *m, struct compliance_facts *f)
{
    for (int i = 0; i < f->n_laws; i++) {
        m->laws[i] = *f->laws[i].law;
        if (one_in(2))
            make_law(m, i, f);
        else if (one_in(2))
            change_law(m, i, f);
        f->laws[i].law = &m->laws[i];
    }
    while (f->n_laws && f->n_laws < FACTS_MAX_LAWS && one_in(3)) {
        int i = f->n_laws++;
        m->laws[i] = m->laws[0];
        make_law(m, i, f);
        f->laws[i] = (struct law_in_force){&m->laws[i], one_in(2), one_in(3)};
    }
}

/* Nothing against the call but the time: half of the cases, or hardly any would be approved. */
static void make_willing(struct made *m, struct compliance_facts *f)
{
    f->lead.known = true;
    f->lead.country_iso[0] = '\0';
    f->lead.consent = CONSENT_GRANTED;
    f->lead.basis = BASIS_CONSENT;
    f->lead.consent_date.us = f->at.us - (1 + pick(60)) * DAY;
    f->lead.consent_expires.us = one_in(6) ? f->at.us + pick(10) * DAY / 2 : 0;
    f->lead.has_source = true;
    f->lead.channels = CHANNEL_AUTOMATED_VOICE | CHANNEL_ARTIFICIAL_VOICE;
    f->lead.level = LEVEL_WRITTEN;
    f->n_dnc = 0;
    f->scrubs[0] = (struct scrub_fact){NULL, {f->at.us - pick(20) * DAY / 20}};
    f->n_scrubs = 1;
    f->from_number = one_in(2) ? NULL : "+390212345678";
    if (f->campaign.quiet_invalid)
        f->campaign.quiet = any_quiet();
    f->campaign.quiet_invalid = false;
    f->campaign.override = one_in(2) ? NULL : f->campaign.override;
    for (int i = 0; i < f->n_laws; i++) {
        struct law *law = &m->laws[i];
        law->enabled = true;
        law->not_understood = NULL;
        if (law->times.invalid || (!law->times.quiet_set && !law->times.week_set))
            law->times.quiet = any_quiet();
        law->times.invalid = false;
        law->times.quiet_set |= !law->times.week_set;
        law->n_sectors = 0;
        law->disclosure.valid = true;
        law->caller_allowed = (const char **)(uintptr_t)no_prefixes;
        if (law->b2c.regime == REGIME_PROHIBITED)
            law->b2c.regime = REGIME_OPT_IN;
        if (law->b2b.regime == REGIME_PROHIBITED)
            law->b2b.regime = REGIME_OPT_IN;
        for (int s = 0; s < law->n_subs; s++)
            if (law->subs == m->subs[i]) {
                m->subs[i][s].times.invalid = false;
                m->subs[i][s].b2c.regime = REGIME_NONE;
            }
    }
}

struct compliance_facts made_facts(struct made *m, uint64_t seed, const struct law_case *cases,
                                   int n)
{
    state_of_chance = seed;
    m->n_holidays = 0;
    struct compliance_facts f = cases[pick(n)].facts;

    if (f.number.fault != NUMBER_OK || f.number.type == PHONE_PREMIUM_RATE)
        f = cases[0].facts;
    if (!one_in(4))
        f.at.us = any_instant();
    f.guard_seconds = one_in(3) ? pick(601) : 0;
    f.advisory = one_in(6);
    f.policy = (struct policy_facts){one_in(4), one_in(4)};
    f.from_number = one_in(3)   ? f.from_number
                    : one_in(5) ? ""
                    : one_in(2) ? "+33612345670"
                                : "+390212345678";
    if (one_in(2))
        make_number(&f.number);
    if (one_in(2))
        make_lead(&f.lead, f.at.us);
    if (one_in(2))
        make_campaign(m, &f);
    make_laws(m, &f);
    make_past(m, &f);
    if (one_in(2))
        make_willing(m, &f);
    return f;
}

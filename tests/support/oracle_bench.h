/*
 * oracle_bench.h - what the oracle's parts share.  Private to tests/support/oracle*.c.
 */
#ifndef AGORALIA_TEST_ORACLE_BENCH_H
#define AGORALIA_TEST_ORACLE_BENCH_H

#include "common/base/tz.h"
#include "tests/support/oracle.h"

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

static inline void refuse(struct bench *b, enum compliance_code code)
{
    b->a->codes |= CODE_BIT(code);
}

static inline bool yes(struct opt_bool o)
{
    return o.set && o.v;
}

static inline bool no(struct opt_bool o)
{
    return o.set && !o.v;
}

/* What the calendar and the clock on the wall show. */
struct wall {
    int day, weekday, minute; /* days since 1970; 0 = Monday */
};

static inline struct wall wall_at(const struct tz *zone, int64_t us)
{
    int64_t second = (us - ((us % SECOND) + SECOND) % SECOND) / SECOND;
    int64_t local = second + tz_offset_seconds(zone, us) + INT64_C(7000000) * 86400;

    return (struct wall){(int)(local / 86400 - 7000000), (int)((local / 86400 + 3) % 7),
                         (int)(local % 86400 / 60)};
}

static inline int day_at(const struct tz *zone, int64_t us)
{
    return wall_at(zone, us).day;
}

static inline bool in_quiet(const struct quiet_window *w, int minute)
{
    if (w->start_minute < w->end_minute)
        return minute >= w->start_minute && minute < w->end_minute;
    return minute >= w->start_minute || minute < w->end_minute;
}

static inline bool readable(const struct override *o)
{
    return o && o->quiet_set && !o->quiet_invalid;
}

static inline bool has_grant(const struct rule *r, unsigned field, int64_t us)
{
    return r->o && r->o->grant.given && r->o->grant.permitted && us < r->o->grant.expires_at.us
           && (r->law->loosenable & field);
}

static inline bool is_business(const struct compliance_facts *f, const struct law *law)
{
    if (!f->lead.known)
        return false;
    if (f->lead.segment == SEGMENT_UNKNOWN)
        return law->default_b2b;
    return f->lead.segment == SEGMENT_B2B;
}

static inline bool regime_asks(enum consent_regime r)
{
    return r == REGIME_OPT_IN || r == REGIME_OPT_IN_WRITTEN || r == REGIME_PROHIBITED;
}

static inline bool is_day_of(const struct rule *r, const struct in_force *when, int64_t us)
{
    bool any = r->n_zones == 0 || (!when->from_day && !when->to_day);

    for (int z = 0; z < r->n_zones; z++) {
        int day = day_at(r->zones[z], us);
        any |= day >= when->from_day && (!when->to_day || day <= when->to_day);
    }
    return any;
}

static inline bool covers(const struct quiet_window *cover, const struct quiet_window *base)
{
    for (int m = 0; m < 1440; m++)
        if (in_quiet(base, m) && !in_quiet(cover, m))
            return false;
    return true;
}

/* Which rules count; then the territories and zones of each. */
void oracle_assemble(struct bench *b);
void oracle_locate(struct bench *b);

/* Windows, caps and cooldowns at an instant and for the guard after it. */
uint64_t oracle_codes_over(const struct bench *b, int64_t us);
bool oracle_is_open_over(struct bench *b, int64_t us);
bool oracle_has_bad_window(const struct bench *b);
void oracle_find_releases(struct bench *b);
int64_t oracle_next_look(const struct bench *b, int64_t us);

/* The person: consent at an instant, and the lists. */
uint64_t oracle_consent_codes(struct bench *b, int64_t us);
void oracle_ask_lists(struct bench *b);

#endif

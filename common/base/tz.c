/* tz.c - a zone as a sorted table of offset changes, taken from GLib once. */

#include "common/base/tz.h"

#include "common/base/log.h"
#include "common/base/tz_fixups.h"
#include "common/base/tz_names.h"

#include <glib.h>
#include <pthread.h>
#include <string.h>

#define US INT64_C(1000000)
#define DAY_SECONDS INT64_C(86400)

/* 1970-01-01 as GDate counts days. */
enum { EPOCH_JULIAN = 719163 };

/*
 * What tzdata's files spell out change by change.  Beyond that there is only a
 * rule, and GLib 2.74 reads Ireland's, whose winter is the exception, backwards.
 */
#define FIRST_SECOND INT64_C(0)
#define LAST_SECOND INT64_C(2145916799) /* the last second of 2037 */

/* No zone was ever further from UTC. */
enum { MAX_OFFSET_SECONDS = 16 * 3600 };

struct tz {
    char *name;
    struct tz_period *periods;
    size_t n;
};

static GHashTable *zones; /* name -> struct tz, never removed */
static pthread_rwlock_t zones_lock = PTHREAD_RWLOCK_INITIALIZER;

static int offset_at(GTimeZone *gtz, int64_t second)
{
    return g_time_zone_get_offset(gtz,
                                  g_time_zone_find_interval(gtz, G_TIME_TYPE_UNIVERSAL, second));
}

static void add_period(GArray *periods, int64_t from, int offset)
{
    struct tz_period p = {from, offset};

    g_array_append_val(periods, p);
}

/*
 * Every change of offset in (from, to], found by halving: GLib numbers a zone's
 * intervals in order but does not tell where they begin.
 */
static void find_changes(GTimeZone *gtz, int64_t from, int64_t to, GArray *periods)
{
    int before = g_time_zone_find_interval(gtz, G_TIME_TYPE_UNIVERSAL, from);
    int after = g_time_zone_find_interval(gtz, G_TIME_TYPE_UNIVERSAL, to);

    if (before == after)
        return;
    if (to - from > 1) {
        int64_t middle = from + (to - from) / 2;
        find_changes(gtz, from, middle, periods);
        find_changes(gtz, middle, to, periods);
    } else if (g_time_zone_get_offset(gtz, before) != g_time_zone_get_offset(gtz, after)) {
        add_period(periods, to, g_time_zone_get_offset(gtz, after));
    }
}

/* By its full path, so that TZDIR cannot point GLib elsewhere than our list. */
static GTimeZone *open_zone(const char *name)
{
    char *path = g_strconcat(TZ_FOLDER "/", name, NULL);
    GTimeZone *gtz = g_time_zone_new_identifier(path);

    g_free(path);
    return gtz;
}

static struct tz *load(const char *name)
{
    GTimeZone *gtz = open_zone(name);

    if (!gtz)
        return NULL;
    GArray *periods = g_array_new(FALSE, FALSE, sizeof(struct tz_period));
    add_period(periods, INT64_MIN, offset_at(gtz, FIRST_SECOND));
    find_changes(gtz, FIRST_SECOND, LAST_SECOND, periods);
    g_time_zone_unref(gtz);
    if (tz_complaint())
        tz_fix_up(name, periods);

    struct tz *tz = g_new(struct tz, 1);
    tz->name = g_strdup(name);
    tz->n = periods->len;
    tz->periods = (struct tz_period *)(void *)g_array_free(periods, FALSE);
    return tz;
}

static struct tz *find(const char *name)
{
    return zones ? g_hash_table_lookup(zones, name) : NULL;
}

/* Loading takes under a millisecond and happens once: the others may wait. */
static struct tz *find_or_load(const char *name)
{
    struct tz *tz = find(name);

    if (tz || !(tz = load(name)))
        return tz;
    if (!zones)
        zones = g_hash_table_new(g_str_hash, g_str_equal);
    g_hash_table_insert(zones, tz->name, tz);
    return tz;
}

const struct tz *tz_get(const char *name)
{
    const char *zone = tz_stands_for(name);

    if (!zone)
        return NULL;
    pthread_rwlock_rdlock(&zones_lock);
    struct tz *tz = find(zone);
    pthread_rwlock_unlock(&zones_lock);
    if (tz)
        return tz;
    pthread_rwlock_wrlock(&zones_lock);
    tz = find_or_load(zone);
    pthread_rwlock_unlock(&zones_lock);
    return tz;
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* The last period that begins at or before a UTC second. */
static size_t period_at(const struct tz *tz, int64_t second)
{
    size_t low = 0, high = tz->n;

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (tz->periods[middle].from <= second)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static int64_t end_of(const struct tz *tz, size_t period)
{
    return period + 1 < tz->n ? tz->periods[period + 1].from : INT64_MAX;
}

int tz_offset_seconds(const struct tz *tz, int64_t us)
{
    return tz->periods[period_at(tz, floor_div(us, US))].offset;
}

struct tz_stretch tz_stretch(const struct tz *tz, int64_t us)
{
    size_t period = period_at(tz, floor_div(us, US));
    int64_t end = end_of(tz, period);

    return (struct tz_stretch){tz->periods[period].offset, end == INT64_MAX ? INT64_MAX : end * US};
}

const char *tz_name(const struct tz *tz)
{
    return tz->name;
}

static int64_t days_of(struct tz_date d)
{
    GDate date;

    g_date_clear(&date, 1);
    g_date_set_dmy(&date, (GDateDay)d.day, (GDateMonth)d.month, (GDateYear)d.year);
    return (int64_t)g_date_get_julian(&date) - EPOCH_JULIAN;
}

int tz_day(struct tz_date date)
{
    return (int)days_of(date);
}

static struct tz_date date_of(int64_t days)
{
    GDate date;

    g_date_clear(&date, 1);
    g_date_set_julian(&date, (guint32)(days + EPOCH_JULIAN));
    return (struct tz_date){g_date_get_year(&date), (int)g_date_get_month(&date),
                            g_date_get_day(&date)};
}

struct tz_date tz_date_add(struct tz_date date, int days)
{
    return date_of(days_of(date) + days);
}

struct tz_local tz_local(const struct tz *tz, int64_t us)
{
    int64_t second = floor_div(us, US);
    int64_t local = second + tz->periods[period_at(tz, second)].offset;
    int64_t days = floor_div(local, DAY_SECONDS);

    return (struct tz_local){
        .date = date_of(days),
        .weekday = (int)((days + 3) - 7 * floor_div(days + 3, 7)), /* 1970-01-01: Thursday */
        .second_of_day = (int)(local - days * DAY_SECONDS),
    };
}

const char *tz_complaint(void)
{
    if (strcmp(tz_version(), TZ_UNKNOWN) == 0)
        return "tzdata.zi cannot be read: no time zone is known";
    return strcmp(tz_version(), TZ_NEEDED) >= 0 ? NULL
                                                : "tzdata is older than " TZ_NEEDED
                                                  ": what it gets wrong is corrected as far as it "
                                                  "was known when this program was built";
}

void tz_warn(void)
{
    if (tz_complaint())
        log_warning(NULL, "tzdata.old", F("version", tz_version()), F("needed", TZ_NEEDED),
                    F("reason", tz_complaint()));
}

int64_t tz_next_transition(const struct tz *tz, int64_t us)
{
    int64_t end = end_of(tz, period_at(tz, floor_div(us, US)));

    return end == INT64_MAX ? INT64_MAX : end * US;
}

int tz_candidates(const struct tz *tz, struct tz_date date, int second_of_day, int64_t out[2])
{
    int64_t local = days_of(date) * DAY_SECONDS + second_of_day;
    size_t first = period_at(tz, local - MAX_OFFSET_SECONDS);
    size_t last = period_at(tz, local + MAX_OFFSET_SECONDS);
    int n = 0;

    for (size_t i = first; i <= last && n < 2; i++) {
        int64_t second = local - tz->periods[i].offset;
        if (second >= tz->periods[i].from && second < end_of(tz, i))
            out[n++] = second * US;
    }
    /* Skipped: too late for the period before the jump, too early for the one after. */
    for (size_t i = first; i < last && n == 0; i++) {
        int64_t jump = end_of(tz, i);
        if (local - tz->periods[i].offset >= jump && local - tz->periods[i + 1].offset < jump)
            out[n++] = jump * US;
    }
    return n;
}

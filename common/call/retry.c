/* retry.c - delays, caps, and the parts of a day. */

#include "common/call/retry.h"

#include "common/base/compiler.h"
#include "common/base/tz.h"

#define MINUTE_US (60LL * 1000000)

/* Looking for another part of the day goes in steps; two days hold every part several times. */
enum { STEP_MINUTES = 15, LOOK_MINUTES = 2 * 24 * 60, DOUBLINGS_MOST = 6 };

/* The first minute of each part; before the first and after the last nobody is tried again. */
static const int part_begins[] = {9 * 60, 12 * 60, 15 * 60, 18 * 60, 20 * 60};

/* -1 = at night. */
static int part_of(const struct tz_local *t)
{
    int minute = t->second_of_day / 60;

    for (int i = (int)ARRAY_LEN(part_begins) - 1; i >= 0; i--)
        if (minute >= part_begins[i])
            return i == (int)ARRAY_LEN(part_begins) - 1 ? -1 : i;
    return -1;
}

static bool same_day(const struct tz_local *a, const struct tz_local *b)
{
    return a->date.year == b->date.year && a->date.month == b->date.month
           && a->date.day == b->date.day;
}

static bool suits(const struct tz *tz, int64_t at, int64_t ended, enum retry_when when)
{
    const struct tz_local then = tz_local(tz, at), before = tz_local(tz, ended);

    switch (when) {
    case RETRY_ANY_TIME: return true;
    case RETRY_OTHER_PART: return part_of(&then) >= 0 && part_of(&then) != part_of(&before);
    case RETRY_NEXT_DAY: return part_of(&then) >= 0 && !same_day(&then, &before);
    }
    return true;
}

static int64_t first_suitable(const char *zone, int64_t from, int64_t ended, enum retry_when when)
{
    const struct tz *tz = tz_get(zone ? zone : "UTC");

    for (int m = 0; tz && m < LOOK_MINUTES; m += STEP_MINUTES)
        if (suits(tz, from + m * MINUTE_US, ended, when))
            return from + m * MINUTE_US;
    return from;
}

struct retry_terms retry_terms_of(const struct call_outcome *o)
{
    bool ever = o->retry == RETRY_REDIAL || o->retry == RETRY_TECHNICAL || o->retry == RETRY_PAUSE;

    return (struct retry_terms){ever && o->cap > 0, o->delay_minutes, o->when, o->cap};
}

struct tstamp retry_at(const struct call_outcome *o, const struct retry_terms *terms,
                       const struct retry_history *h, int max_attempts, struct tstamp ended,
                       const char *zone)
{
    int64_t minutes = terms->delay_minutes;

    if (!terms->again || h->same >= terms->cap || h->all >= max_attempts)
        return (struct tstamp){0};
    if (o->retry == RETRY_TECHNICAL) /* the same fault again: wait longer */
        minutes <<= h->same < DOUBLINGS_MOST ? h->same : DOUBLINGS_MOST;
    return (struct tstamp){
        first_suitable(zone, ended.us + minutes * MINUTE_US, ended.us, terms->when)};
}

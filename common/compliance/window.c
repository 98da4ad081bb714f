/* window.c - reading windows, and asking them about wall times. */

#include "common/compliance/window.h"

#include "common/base/json.h"
#include "common/base/tz.h"

#include <stdlib.h>

/* A wall time that never comes. */
#define NEVER INT64_MAX

static void skip_spaces(struct str *s)
{
    while (s->n && s->p[0] == ' ') {
        s->p++;
        s->n--;
    }
}

static bool take(struct str *s, struct str token)
{
    if (!str_starts(*s, token))
        return false;
    s->p += token.n;
    s->n -= token.n;
    return true;
}

/* Between `fewest` and `most` digits. */
static bool take_number(struct str *s, size_t fewest, size_t most, int *out)
{
    size_t n = 0;

    for (*out = 0; n < s->n && n < most && s->p[n] >= '0' && s->p[n] <= '9'; n++)
        *out = *out * 10 + (s->p[n] - '0');
    if (n == 0)
        return fewest == 0; /* there may be no text at all to point into */
    s->p += n;
    s->n -= n;
    return n >= fewest;
}

static bool take_time(struct str *s, int *minute)
{
    int h, m;

    skip_spaces(s);
    if (!take_number(s, 1, 2, &h) || !take(s, STR(":")) || !take_number(s, 2, 2, &m))
        return false;
    skip_spaces(s);
    *minute = h * 60 + m;
    return m < 60 && *minute <= DAY_MINUTES;
}

const char *quiet_parse(struct str text, struct quiet_window *out)
{
    int start, end;

    if (!take_time(&text, &start) || (!take(&text, STR("-")) && !take(&text, STR("–")))
        || !take_time(&text, &end) || text.n)
        return "must be a window such as \"21:00-08:00\"";
    if (start == DAY_MINUTES)
        return "must not start at 24:00";
    if (start == end)
        return "must not start and end at the same time; the whole day is \"00:00-24:00\"";
    *out = (struct quiet_window){start, end ? end : DAY_MINUTES};
    return NULL;
}

static int length_of(const struct quiet_window *w)
{
    int n = w->end_minute - w->start_minute;

    return n > 0 ? n : n + DAY_MINUTES;
}

bool quiet_opens(const struct quiet_window *base, const struct quiet_window *other)
{
    int behind = (base->start_minute - other->start_minute + DAY_MINUTES) % DAY_MINUTES;

    return length_of(other) < DAY_MINUTES && behind + length_of(base) > length_of(other);
}

static const char *parse_window(const struct cJSON *pair, struct day_windows *out)
{
    const struct cJSON *first = json_first(pair), *second = first ? json_next(first) : NULL;
    struct str start = str_of(first ? json_string(first) : NULL);
    struct str end = str_of(second ? json_string(second) : NULL);
    int from, to;

    if (!json_is_array(pair) || !second || json_next(second) || out->n == WINDOWS_A_DAY
        || !take_time(&start, &from) || start.n || !take_time(&end, &to) || end.n || from >= to)
        return "must be a list of at most 8 windows such as [\"09:00\", \"20:00\"]";
    if (out->n && out->items[out->n - 1].end_minute > from)
        return "must be in order and not overlap";
    out->items[out->n].start_minute = from;
    out->items[out->n++].end_minute = to;
    return NULL;
}

static const char *parse_day(const struct cJSON *list, struct day_windows *out)
{
    const char *complaint = NULL;

    out->n = 0;
    if (!json_is_array(list))
        return "must be a list of windows";
    for (const struct cJSON *pair = json_first(list); pair && !complaint; pair = json_next(pair))
        complaint = parse_window(pair, out);
    return complaint;
}

/* Two days of at most eight windows overlap in at most fifteen; no calendar comes near eight. */
static bool intersect(const struct day_windows *a, const struct day_windows *b,
                      struct day_windows *out)
{
    for (int i = 0; i < a->n; i++)
        for (int j = 0; j < b->n; j++) {
            int from = a->items[i].start_minute, to = a->items[i].end_minute;
            if (b->items[j].start_minute > from)
                from = b->items[j].start_minute;
            if (b->items[j].end_minute < to)
                to = b->items[j].end_minute;
            if (from >= to)
                continue;
            if (out->n == WINDOWS_A_DAY)
                return false;
            out->items[out->n].start_minute = from;
            out->items[out->n++].end_minute = to;
        }
    return true;
}

static int weekday_named(const char *name)
{
    static const char *const names[7] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};

    for (int i = 0; i < 7; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return -1;
}

const char *week_parse(const struct cJSON *v, struct week *out)
{
    struct day_windows eve = {0};
    const char *complaint = NULL;

    *out = (struct week){0};
    if (!json_is_object(v))
        return "must be an object of weekdays";
    for (const struct cJSON *day = json_first(v); day && !complaint; day = json_next(day)) {
        const char *name = json_key(day);
        int weekday = weekday_named(name);
        bool holiday = strcmp(name, "holiday") == 0, before = strcmp(name, "pre_holiday") == 0;
        if (weekday < 0 && !holiday && !before)
            return "must be named mon to sun, holiday or pre_holiday";
        out->has_holiday |= holiday;
        out->has_pre_holiday |= before;
        complaint = parse_day(day, holiday ? &out->holiday : before ? &eve : &out->days[weekday]);
    }
    for (int i = 0; i < 7 && !complaint; i++)
        if (!intersect(&out->days[i], &eve, &out->before_holiday[i]))
            complaint = "must not leave more than 8 windows before a holiday";
    return complaint;
}

bool day_parse(const char *text, int32_t *out)
{
    struct str s = str_of(text);
    struct tz_date d;

    if (s.n != 10 || !take_number(&s, 4, 4, &d.year) || !take(&s, STR("-"))
        || !take_number(&s, 2, 2, &d.month) || !take(&s, STR("-")) || !take_number(&s, 2, 2, &d.day)
        || d.year < 1970)
        return false;
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = d.year % 4 == 0 && (d.year % 100 != 0 || d.year % 400 == 0);
    if (d.month < 1 || d.month > 12 || d.day < 1
        || d.day > days[d.month - 1] + (leap && d.month == 2))
        return false;
    *out = tz_day(d);
    return true;
}

static int compare_days(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

    return (x > y) - (x < y);
}

/* A calendar knows whole years: New Year's Eve of its last one is the last day it speaks of. */
static int32_t end_of_year(const char *date)
{
    char text[] = "YYYY-12-31";
    int32_t day = 0;

    memcpy(text, date, 4);
    return day_parse(text, &day) ? day : 0;
}

const char *calendar_parse(struct arena *a, const struct cJSON *v, struct calendar *out)
{
    bool list = json_is_array(v);
    int n = 0;

    *out = (struct calendar){0};
    if (!list && !json_is_object(v))
        return "must be a list of dates";
    for (const struct cJSON *e = json_first(v); e; e = json_next(e))
        n++;
    int32_t *days = arena_alloc(a, (size_t)(n + 1) * sizeof(*days));
    for (const struct cJSON *e = json_first(v); e; e = json_next(e)) {
        const char *date = list ? json_string(e) : json_key(e);
        if (!date || !day_parse(date, &days[out->n]))
            return "must hold dates such as \"2026-12-25\"";
        int32_t last = end_of_year(date);
        if (last > out->last_known)
            out->last_known = last;
        out->n++;
    }
    qsort(days, (size_t)n, sizeof(*days), compare_days);
    out->days = days;
    return NULL;
}

static bool is_holiday(const struct calendar *c, int64_t day)
{
    int low = 0, high = c->n;

    while (low < high) {
        int middle = low + (high - low) / 2;
        if (c->days[middle] < day)
            low = middle + 1;
        else
            high = middle;
    }
    return low < c->n && c->days[low] == day;
}

struct span quiet_span(const struct quiet_window *w, int64_t wall)
{
    int64_t midnight = day_of_wall(wall) * DAY_SECONDS;
    int64_t start = midnight + w->start_minute * 60, end = midnight + w->end_minute * 60;
    bool wraps = start > end;

    if (!wraps && w->end_minute - w->start_minute == DAY_MINUTES)
        return (struct span){.until = NEVER};
    if (wraps && wall < end)
        return (struct span){.until = end};
    if (wall < start)
        return (struct span){.open = true, .until = start};
    if (wraps)
        return (struct span){.until = end + DAY_SECONDS};
    if (wall < end)
        return (struct span){.until = end};
    return (struct span){.open = true, .until = start + DAY_SECONDS};
}

static const struct day_windows *windows_of(const struct week *w, const struct calendar *c,
                                            int64_t day, bool *holiday)
{
    int weekday = (int)((day + 3) - 7 * ((day + 3) / 7)); /* 1970-01-01: Thursday */

    if (weekday < 0)
        weekday += 7;
    *holiday = w->has_holiday && is_holiday(c, day);
    if (*holiday)
        return &w->holiday;
    if (w->has_pre_holiday && is_holiday(c, day + 1))
        return &w->before_holiday[weekday];
    return &w->days[weekday];
}

struct span week_span(const struct week *w, const struct calendar *c, int64_t wall)
{
    int64_t day = day_of_wall(wall), midnight = day * DAY_SECONDS;
    bool holiday;

    if ((w->has_holiday || w->has_pre_holiday) && day + w->has_pre_holiday > c->last_known)
        return (struct span){.unknown = true, .until = NEVER};
    const struct day_windows *today = windows_of(w, c, day, &holiday);
    for (int i = 0; i < today->n; i++) {
        int64_t start = midnight + today->items[i].start_minute * 60;
        int64_t end = midnight + today->items[i].end_minute * 60;
        if (wall < start)
            return (struct span){.holiday = holiday, .until = start};
        if (wall < end)
            return (struct span){.open = true, .until = end};
    }
    return (struct span){.holiday = holiday, .until = midnight + DAY_SECONDS};
}

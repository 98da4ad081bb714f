/* quiet_hours.c - parsing a window, and asking it about instants. */

#include "common/compliance/quiet_hours.h"

enum { DAY_MINUTES = 1440 };

/*
 * No window but the whole day is quiet for longer: two days when the clock jumps
 * over the only open minute, and one more when a zone crosses the date line.
 */
enum { DAYS_AHEAD = 4 };

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

/* Between `fewest` and two digits. */
static bool take_number(struct str *s, size_t fewest, int *out)
{
    size_t n = 0;

    for (*out = 0; n < s->n && n < 2 && s->p[n] >= '0' && s->p[n] <= '9'; n++)
        *out = *out * 10 + (s->p[n] - '0');
    s->p += n;
    s->n -= n;
    return n >= fewest;
}

static bool take_time(struct str *s, int *minute)
{
    int h, m;

    skip_spaces(s);
    if (!take_number(s, 1, &h) || !take(s, STR(":")) || !take_number(s, 2, &m))
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

bool quiet_contains(const struct quiet_window *w, const struct tz *tz, int64_t us)
{
    int second = tz_local(tz, us).second_of_day;
    bool started = second >= w->start_minute * 60;
    bool ended = second >= w->end_minute * 60;

    return w->start_minute < w->end_minute ? started && !ended : started || !ended;
}

/* Keep the candidate when it is the earliest yet that is open. */
static void consider(const struct quiet_window *w, const struct tz *tz, int64_t us,
                     int64_t candidate, int64_t *best)
{
    if (candidate >= us && candidate < *best && !quiet_contains(w, tz, candidate))
        *best = candidate;
}

/*
 * A window opens at its end on the wall clock, or because the clock itself jumps
 * out of it, and at no other instant: trying all of these misses none.
 */
bool quiet_next_open(const struct quiet_window *w, const struct tz *tz, int64_t us, int64_t *out)
{
    struct tz_date today = tz_local(tz, us).date;
    int64_t candidates[2], best = INT64_MAX, horizon = INT64_MIN;

    consider(w, tz, us, us, &best);
    for (int day = -1; day <= DAYS_AHEAD; day++) {
        int n = tz_candidates(tz, tz_date_add(today, day), w->end_minute * 60, candidates);
        for (int i = 0; i < n; i++) {
            consider(w, tz, us, candidates[i], &best);
            horizon = candidates[i];
        }
    }
    for (int64_t t = tz_next_transition(tz, us); t <= horizon; t = tz_next_transition(tz, t))
        consider(w, tz, us, t, &best);
    *out = best;
    return best != INT64_MAX;
}

/*
 * window.h - when the wall clock allows a call, in one zone's wall time.
 *
 * Pure.  Wall time is seconds since 1970-01-01 00:00 as a clock on the wall shows
 * them; which instants show a wall time is closure.h's business.  "21:00-08:00"
 * forbids [21:00, 08:00); a start after the end wraps midnight; 24:00 may only end
 * a window.  A week's windows are allowed and half-open, and do not wrap.
 */
#ifndef AGORALIA_COMPLIANCE_WINDOW_H
#define AGORALIA_COMPLIANCE_WINDOW_H

#include "common/base/arena.h"
#include "common/base/compiler.h"
#include "common/base/str.h"

#include <stdint.h>

struct cJSON;

enum { DAY_MINUTES = 1440, DAY_SECONDS = 86400, WINDOWS_A_DAY = 8 };

struct quiet_window {
    int start_minute; /* 0-1439 */
    int end_minute;   /* 1-1440 */
};

/*
 * NULL when parsed, otherwise the complaint ("must be ...").  Accepts spaces
 * around the times, one-digit hours and an en dash; equal ends are an error,
 * the whole day is 00:00-24:00.
 */
const char *quiet_parse(struct str text, struct quiet_window *out) MUSTCHECK;

/* Does `other` leave a minute open that `base` closes? */
bool quiet_opens(const struct quiet_window *base, const struct quiet_window *other);

struct day_windows {
    int n;
    struct {
        int start_minute, end_minute;
    } items[WINDOWS_A_DAY]; /* ascending, apart */
};

struct week {
    struct day_windows days[7]; /* 0 = Monday */
    bool has_holiday, has_pre_holiday;
    struct day_windows holiday;
    struct day_windows before_holiday[7]; /* the day's windows, cut to those before a holiday */
};

/* {"mon": [["09:00", "20:00"]], ..., "holiday": [], "pre_holiday": [...]}; a day not named is
 * closed. */
const char *week_parse(const struct cJSON *v, struct week *out) MUSTCHECK;

/* Public holidays as days since 1970-01-01, ascending. */
struct calendar {
    const int32_t *days;
    int n;
    int32_t last_known; /* nobody knows the holidays after this day */
};

/* ["2026-12-25", ...] or {"2026-12-25": "Natale", ...} into the arena. */
const char *calendar_parse(struct arena *a, const struct cJSON *v, struct calendar *out) MUSTCHECK;

/* The day a "YYYY-MM-DD" names. */
bool day_parse(const char *text, int32_t *out) MUSTCHECK;

/* How it stands at a wall time, and until when at least it stays so. */
struct span {
    bool open;
    bool holiday; /* it is the calendar that closes it */
    bool unknown; /* the calendar ends before: closed, and waiting tells nothing */
    int64_t until;
};
struct span quiet_span(const struct quiet_window *w, int64_t wall);
struct span week_span(const struct week *w, const struct calendar *c, int64_t wall);

/* Whole days since 1970, also before it. */
static inline int64_t day_of_wall(int64_t wall)
{
    return wall / DAY_SECONDS - (wall % DAY_SECONDS < 0);
}

#endif

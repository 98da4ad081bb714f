/*
 * tz.h - IANA time zones, on the system's tzdata.
 *
 * A zone is read once and stays for the life of the process, immutable: any
 * thread may use it without a lock.  Changes are followed from 1970 to 2037; the
nearest offset stands before and after.  Instants lie in the years 1 to 9999.
 * Names come from tzdata.zi and from nowhere else, to the letter: no path, no
 * POSIX rule, no abbreviation that tzdata does not list.
 */
#ifndef AGORALIA_TZ_H
#define AGORALIA_TZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tz;

struct tz_date {
    int year, month, day; /* 1-12, 1-31 */
};

struct tz_local {
    struct tz_date date;
    int weekday; /* 0 = Monday */
    int second_of_day;
};

/* NULL when tzdata knows no such zone.  Every alias of a zone gives the same pointer. */
const struct tz *tz_get(const char *name);

/* The zone's own name, whatever alias it was asked for by. */
const char *tz_name(const struct tz *tz);

static inline bool tz_valid(const char *name)
{
    return tz_get(name) != NULL;
}

/* Local time minus UTC at an instant (microseconds since 1970 UTC). */
int tz_offset_seconds(const struct tz *tz, int64_t us);

struct tz_local tz_local(const struct tz *tz, int64_t us);

/* How long the clock runs evenly: wall time is UTC plus the offset until end_us (INT64_MAX = ever).
 */
struct tz_stretch {
    int offset_seconds;
    int64_t end_us;
};
struct tz_stretch tz_stretch(const struct tz *tz, int64_t us);

/* The first change of offset after an instant; INT64_MAX = none. */
int64_t tz_next_transition(const struct tz *tz, int64_t us);

/*
 * The instants that show this wall time, ascending: one, two when the clock is
 * set back over it, and when it is skipped the instant of the jump.  Returns how
 * many.  second_of_day may be 86400: the next day's midnight.
 */
int tz_candidates(const struct tz *tz, struct tz_date date, int second_of_day, int64_t out[2]);

/* Days since 1970-01-01. */
int tz_day(struct tz_date date);

/* n days later (or earlier). */
struct tz_date tz_date_add(struct tz_date date, int days);

/* The release the law's hours need: parts of Canada stopped changing their clocks in 2026. */
#define TZ_NEEDED "2026f"
#define TZ_UNKNOWN "unknown"

/* The release of the system's tzdata, e.g. "2026f"; TZ_UNKNOWN when it does not say. */
const char *tz_version(void);

/* NULL when the system's tzdata will do, else why not. */
const char *tz_complaint(void);

/* Say so in the log, as every process does that starts. */
void tz_warn(void);

#endif

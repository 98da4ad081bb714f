/* tz_fixups.h - what tzdata older than TZ_NEEDED gets wrong.  Private to common/base. */
#ifndef AGORALIA_TZ_FIXUPS_H
#define AGORALIA_TZ_FIXUPS_H

#include <glib.h>
#include <stdint.h>

/* One stretch of even time; a zone is an ascending array of them. */
struct tz_period {
    int64_t from; /* UTC seconds; the first period's is INT64_MIN */
    int offset;   /* local time minus UTC, in seconds */
};

/* Correct an old tzdata's periods (of struct tz_period) of a zone; right ones stay as they are. */
void tz_fix_up(const char *zone, GArray *periods);

#endif

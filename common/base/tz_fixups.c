/* tz_fixups.c - the changes of law that reached tzdata with 2026b to 2026f, by zone. */

#include "common/base/tz_fixups.h"

#include "common/base/compiler.h"

#include <string.h>

enum { HOUR = 3600 };

/* From one instant (UTC seconds) to another the clock stood still at an offset. */
static const struct fixup {
    const char *zone;
    int64_t from, until;
    int offset;
} fixups[] = {
    /* British Columbia, Alberta with the Northwest Territories, and Manitoba keep summer time. */
    {"America/Vancouver", 1793523600 /* 2026-11-01T09:00Z */, INT64_MAX, -7 * HOUR},
    {"America/Edmonton", 1793520000 /* 2026-11-01T08:00Z */, INT64_MAX, -6 * HOUR},
    {"America/Inuvik", 1793520000 /* 2026-11-01T08:00Z */, INT64_MAX, -6 * HOUR},
    {"America/Winnipeg", 1793516400 /* 2026-11-01T07:00Z */, INT64_MAX, -5 * HOUR},
    /* Morocco is back at UTC for good. */
    {"Africa/Casablanca", 1789866000 /* 2026-09-20T01:00Z */, INT64_MAX, 0},
    {"Africa/El_Aaiun", 1789866000 /* 2026-09-20T01:00Z */, INT64_MAX, 0},
    /* Cuba leaves out one winter. */
    {"America/Havana", 1793509200 /* 2026-11-01T05:00Z */, 1825563600 /* 2027-11-07T05:00Z */,
     -4 * HOUR},
};

static void stand_still(GArray *periods, const struct fixup *f)
{
    guint i = 0, last;

    while (i < periods->len && g_array_index(periods, struct tz_period, i).from < f->from)
        i++;
    for (last = i;
         last < periods->len && g_array_index(periods, struct tz_period, last).from < f->until;)
        last++;
    if (last > i)
        g_array_remove_range(periods, i, last - i);
    if (i > 0 && g_array_index(periods, struct tz_period, i - 1).offset != f->offset) {
        struct tz_period even = {f->from, f->offset};
        g_array_insert_val(periods, i, even);
    }
}

void tz_fix_up(const char *zone, GArray *periods)
{
    for (size_t i = 0; i < ARRAY_LEN(fixups); i++)
        if (strcmp(fixups[i].zone, zone) == 0)
            stand_still(periods, &fixups[i]);
}

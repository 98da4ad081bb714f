/* Quiet hours: a window that parses has one normal form, and its next opening is the first one. */

#include "common/compliance/closure.h"

#include <stdio.h>
#include <stdlib.h>

#define MINUTE_US INT64_C(60000000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check_normal_form(const struct quiet_window *w)
{
    struct quiet_window again;
    char text[32];
    int n = snprintf(text, sizeof(text), "%02d:%02d-%02d:%02d", w->start_minute / 60,
                     w->start_minute % 60, w->end_minute / 60, w->end_minute % 60);

    require(!quiet_parse((struct str){text, (size_t)n}, &again));
    require(again.start_minute == w->start_minute && again.end_minute == w->end_minute);
}

static void check_next_open(const struct quiet_window *w, const struct tz *tz, int64_t at)
{
    const struct closure c = {.kind = CLOSURE_QUIET, .zone = tz, .quiet = *w};
    int64_t next, scan = at;

    if (!closure_clear_from(&c, at, 0, at + INT64_C(400) * 86400 * 1000000, &next)) {
        require(w->start_minute == 0 && w->end_minute == 1440);
        return;
    }
    while (scan < next) {
        require(!closure_at(&c, scan).open);
        scan += MINUTE_US;
    }
    require(scan == next && closure_at(&c, next).open);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const char *const zones[] = {"Europe/Rome",         "America/New_York", "Asia/Kathmandu",
                                        "Australia/Lord_Howe", "Pacific/Apia",     "America/Havana",
                                        "Africa/Casablanca",   "America/St_Johns"};
    struct quiet_window w;

    if (n < 5)
        return 0;
    uint32_t minute =
        (uint32_t)data[1] << 24 | (uint32_t)data[2] << 16 | (uint32_t)data[3] << 8 | data[4];
    /* From 1973 on, when the last zone gave up offsets with odd seconds, to 2033. */
    int64_t at = (1577880 + (int64_t)(minute % 31557600)) * MINUTE_US;
    if (quiet_parse((struct str){(const char *)data + 5, n - 5}, &w))
        return 0;
    check_normal_form(&w);
    check_next_open(&w, tz_get(zones[data[0] % ARRAY_LEN(zones)]), at);
    return 0;
}

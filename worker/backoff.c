/* backoff.c - doubles carry it: 15000 * 2^32 * 2 still has every millisecond. */

#include "worker/backoff.h"

#include <math.h>

enum { MAX_DOUBLINGS = 32 };

static double doubled(int64_t base_ms, int64_t times)
{
    return ldexp((double)base_ms, (int)(times < MAX_DOUBLINGS ? times : MAX_DOUBLINGS));
}

int64_t backoff_ms(int64_t retries, int64_t min_ms, int64_t max_ms, const double dice[2])
{
    if (retries < 0)
        retries = 0;
    if (max_ms > BACKOFF_MAX_MS)
        max_ms = BACKOFF_MAX_MS;
    if (min_ms < 0)
        min_ms = 0;
    double wait = floor(doubled(min_ms, retries) * (1 + dice[0]));
    if (wait > (double)max_ms)
        wait = floor((double)max_ms * (0.5 + dice[1] / 2));
    return wait < 0 ? 0 : (int64_t)wait;
}

int64_t snooze_ms(int64_t snoozes, double dice)
{
    double wait = doubled(SNOOZE_MIN_MS, snoozes < 0 ? 0 : snoozes);

    if (wait > SNOOZE_MAX_MS)
        wait = SNOOZE_MAX_MS;
    return (int64_t)(wait * (1 + dice / 5));
}

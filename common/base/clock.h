/* clock.h - this machine's clocks, in microseconds.  Decisions about calls use Postgres's. */
#ifndef AGORALIA_CLOCK_H
#define AGORALIA_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline int64_t clock_read_us(clockid_t clock)
{
    struct timespec ts;

    clock_gettime(clock, &ts);
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

/* Since 1970, UTC; may jump. */
static inline int64_t clock_now_us(void)
{
    return clock_read_us(CLOCK_REALTIME);
}

/* Since some past moment; never jumps: for deadlines and durations. */
static inline int64_t clock_mono_us(void)
{
    return clock_read_us(CLOCK_MONOTONIC);
}

/* The same with the time the machine slept: for a moment after which nothing may happen. */
static inline int64_t clock_boot_us(void)
{
    return clock_read_us(CLOCK_BOOTTIME);
}

#endif

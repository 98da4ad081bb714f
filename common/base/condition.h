/* condition.h - conditions that are waited for until a moment of the clock that never jumps. */
#ifndef AGORALIA_CONDITION_H
#define AGORALIA_CONDITION_H

#include "common/base/clock.h"

#include <pthread.h>

static inline void condition_init(pthread_cond_t *c)
{
    pthread_condattr_t monotonic;

    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(c, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

/* With the lock held; until_us as of clock_mono_us().  0 when woken, also for nothing. */
static inline int condition_wait(pthread_cond_t *c, pthread_mutex_t *lock, int64_t until_us)
{
    const struct timespec until = {.tv_sec = until_us / 1000000,
                                   .tv_nsec = until_us % 1000000 * 1000};

    return pthread_cond_timedwait(c, lock, &until);
}

#endif

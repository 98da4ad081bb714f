/* backoff.h - how long a failed or postponed message waits.  Pure: the dice are an argument. */
#ifndef AGORALIA_BACKOFF_H
#define AGORALIA_BACKOFF_H

#include <stdint.h>

enum { BACKOFF_MIN_MS = 15000, SNOOZE_MIN_MS = 1000, SNOOZE_MAX_MS = 60000 };
#define BACKOFF_MAX_MS INT64_C(604800000)

/*
 * Dramatiq 2's retry delay after `retries` earlier failures: min doubled each
 * time and stretched by [1,2); beyond max, between half of max and max.
 * dice: two values in [0,1).
 */
int64_t backoff_ms(int64_t retries, int64_t min_ms, int64_t max_ms, const double dice[2]);

/* A snooze nobody gave a length: 1 s doubled up to 60 s, stretched by up to a fifth. */
int64_t snooze_ms(int64_t snoozes, double dice);

#endif

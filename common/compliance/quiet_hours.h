/*
 * quiet_hours.h - the daily window in which nobody may be called.
 *
 * Pure.  "21:00-08:00" forbids [21:00, 08:00) on the wall clock of a zone; a
 * start after the end wraps midnight; 24:00 may only end a window.  An instant
 * is judged by the wall time it shows, so on the nights the clock changes a
 * window may be shorter, longer, missing, or open twice.
 */
#ifndef AGORALIA_COMPLIANCE_QUIET_HOURS_H
#define AGORALIA_COMPLIANCE_QUIET_HOURS_H

#include "common/base/compiler.h"
#include "common/base/str.h"
#include "common/base/tz.h"

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

bool quiet_contains(const struct quiet_window *w, const struct tz *tz, int64_t us);

/* The first instant at or after us that is not quiet.  False when there is none: the whole day. */
bool quiet_next_open(const struct quiet_window *w, const struct tz *tz, int64_t us,
                     int64_t *out) MUSTCHECK;

#endif

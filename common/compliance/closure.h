/*
 * closure.h - one reason why a call must wait, as a function of the instant.
 *
 * Pure.  A window in a zone, or a first day or instant.  Between two changes of a
 * zone's offset its clock runs evenly, so a wall time that ends a window there is
 * one instant; walking stretch by stretch, the hour that comes twice and the hour
 * that is skipped need no case of their own.
 */
#ifndef AGORALIA_COMPLIANCE_CLOSURE_H
#define AGORALIA_COMPLIANCE_CLOSURE_H

#include "common/base/tz.h"
#include "common/compliance/verdict.h"
#include "common/compliance/window.h"

enum closure_kind {
    CLOSURE_QUIET,     /* quiet */
    CLOSURE_WEEK,      /* week and calendar */
    CLOSURE_FIRST_DAY, /* closed before the local day first_day */
    CLOSURE_UNTIL,     /* closed before the instant until_us */
};

struct closure {
    enum closure_kind kind;
    enum compliance_code code;
    const struct tz *zone;
    int32_t from_day;        /* closes nothing on local days before this one */
    int64_t lifted_until_us; /* closes nothing before this instant: a grant */
    union {
        struct quiet_window quiet;
        struct {
            const struct week *week;
            const struct calendar *calendar;
        };
        int32_t first_day;
        int64_t until_us;
    };
};

struct closure_state {
    bool open;
    enum compliance_code code; /* when closed */
    int64_t until_us; /* later; stays like this until then at least; INT64_MAX = for good */
};
struct closure_state closure_at(const struct closure *c, int64_t us);

/* How it stands over [us, us + guard_us]: open throughout, or as at the first closed instant. */
struct closure_state closure_over(const struct closure *c, int64_t us, int64_t guard_us);

/* The first instant from us to limit_us that is open for guard_us more; false when there is none.
 */
bool closure_clear_from(const struct closure *c, int64_t us, int64_t guard_us, int64_t limit_us,
                        int64_t *out) MUSTCHECK;

#endif

/* closure.c - from wall time to instants, one stretch of even clock at a time. */

#include "common/compliance/closure.h"

#define US INT64_C(1000000)

static int64_t floor_seconds(int64_t us)
{
    return us / US - (us % US < 0);
}

static struct span span_of(const struct closure *c, int64_t wall)
{
    if (day_of_wall(wall) < c->from_day)
        return (struct span){.open = true, .until = (int64_t)c->from_day * DAY_SECONDS};
    switch (c->kind) {
    case CLOSURE_QUIET: return quiet_span(&c->quiet, wall);
    case CLOSURE_WEEK: return week_span(c->week, c->calendar, wall);
    case CLOSURE_FIRST_DAY:
        if (day_of_wall(wall) < c->first_day)
            return (struct span){.until = (int64_t)c->first_day * DAY_SECONDS};
        return (struct span){.open = true, .until = INT64_MAX};
    case CLOSURE_UNTIL: break;
    }
    return (struct span){.open = true, .until = INT64_MAX};
}

static enum compliance_code code_of(const struct closure *c, const struct span *s)
{
    if (s->unknown)
        return CC_QUIET_HOURS_INVALID_CONFIG;
    return s->holiday ? CC_QUIET_HOURS_HOLIDAY : c->code;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* The instant of a wall time in a stretch, if the stretch lasts until then. */
static int64_t instant_of(const struct tz_stretch *stretch, int64_t wall)
{
    if (wall == INT64_MAX)
        return stretch->end_us;
    return earlier((wall - stretch->offset_seconds) * US, stretch->end_us);
}

struct closure_state closure_at(const struct closure *c, int64_t us)
{
    if (us < c->lifted_until_us)
        return (struct closure_state){.open = true, .until_us = c->lifted_until_us};
    struct tz_stretch stretch = tz_stretch(c->zone, us);
    int64_t wall = floor_seconds(us) + stretch.offset_seconds;
    if (c->kind == CLOSURE_UNTIL && us < c->until_us && day_of_wall(wall) >= c->from_day)
        return (struct closure_state){.code = c->code,
                                      .until_us = earlier(c->until_us, stretch.end_us)};
    struct span s = span_of(c, wall);
    return (struct closure_state){s.open, s.open ? CC_NONE : code_of(c, &s),
                                  instant_of(&stretch, s.until)};
}

struct closure_state closure_over(const struct closure *c, int64_t us, int64_t guard_us)
{
    struct closure_state state = closure_at(c, us);

    while (state.open && state.until_us <= us + guard_us) {
        int64_t later = state.until_us;
        state = closure_at(c, later);
        if (!state.open)
            state.until_us = later; /* the first closed instant: where to look on from */
    }
    return state;
}

bool closure_clear_from(const struct closure *c, int64_t us, int64_t guard_us, int64_t limit_us,
                        int64_t *out)
{
    while (us <= limit_us) {
        struct closure_state state = closure_over(c, us, guard_us);
        if (state.open) {
            *out = us;
            return true;
        }
        us = state.until_us;
    }
    return false;
}

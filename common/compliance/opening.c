/* opening.c - pushing an instant past whatever closes it until nothing does. */

#include "common/compliance/opening.h"

void opening_add(struct opening *o, const struct closure *c)
{
    if (o->n == OPENING_MAX)
        o->too_many = true;
    else
        o->items[o->n++] = *c;
}

uint64_t opening_codes(const struct opening *o, int64_t us, int64_t guard_us)
{
    uint64_t codes = 0;

    for (int i = 0; i < o->n; i++) {
        struct closure_state state = closure_over(&o->items[i], us, guard_us);
        if (!state.open)
            codes |= CODE_BIT(state.code);
    }
    return codes;
}

/*
 * No instant before a closure's own next opening can be the answer, so going there misses none.
 * After a whole round in which nobody moved it, the instant suits everybody.
 */
bool opening_next(const struct opening *o, int64_t us, int64_t guard_us, int64_t limit_us,
                  int64_t *out)
{
    int agreed = 0;

    for (int i = 0; agreed < o->n; i = (i + 1) % o->n) {
        int64_t later;
        if (!closure_clear_from(&o->items[i], us, guard_us, limit_us, &later))
            return false;
        agreed = later == us ? agreed + 1 : 1;
        us = later;
    }
    *out = us;
    return !o->too_many && us <= limit_us;
}

/*
 * opening.h - every reason to wait at once, and the first instant free of all of them.
 *
 * Pure.  Closures are added; then the set is asked about an instant, or for the
 * earliest instant at which each of them is open.
 */
#ifndef AGORALIA_COMPLIANCE_OPENING_H
#define AGORALIA_COMPLIANCE_OPENING_H

#include "common/compliance/closure.h"

enum { OPENING_MAX = 256 };

struct opening {
    int n;
    bool too_many; /* some did not fit: nothing may be concluded */
    struct closure items[OPENING_MAX];
};

static inline void opening_reset(struct opening *o)
{
    o->n = 0;
    o->too_many = false;
}

void opening_add(struct opening *o, const struct closure *c);

/* Bits of the codes that close [us, us + guard_us]; 0 = open throughout. */
uint64_t opening_codes(const struct opening *o, int64_t us, int64_t guard_us);

/* The first instant from us to limit_us that is open for guard_us more. */
bool opening_next(const struct opening *o, int64_t us, int64_t guard_us, int64_t limit_us,
                  int64_t *out) MUSTCHECK;

#endif

/*
 * what_if.h - which single change would free how many of the leads that are not callable now.
 * Private to common/campaign.
 *
 * What a user can change is asked of the engine again without it: for the whole campaign its own
 * window, override and end, for a lead the codes that a change would cure.  Freed is who could
 * then be called before the campaign's end.
 */
#ifndef AGORALIA_WHAT_IF_H
#define AGORALIA_WHAT_IF_H

#include "common/campaign/generation.h"

enum lead_fate { FATE_NOW, FATE_LATER, FATE_NEVER };

/* now when it may be called at once, later when it will be, before the campaign's end. */
enum lead_fate lead_fate_of(const struct generation_basis *b, const struct compliance_verdict *v);

enum { WHAT_IF_MAX = 48 };

struct freed {
    const char *change;   /* "record_consent" */
    const char *registry; /* which, of a scrub; NULL = none */
    int64_t now, later;
};

struct what_if {
    struct freed items[WHAT_IF_MAX];
    int n;
};

/* Count lead i, whose answer is a, wherever it would be freed. */
bool what_if_count(struct op *op, const struct generation_basis *b, const struct rows *leads, int i,
                   const struct compliance_answer *a, struct what_if *w) MUSTCHECK;

/* As a JSON array, what frees most first. */
void what_if_write(struct buf *out, struct what_if *w);

#endif

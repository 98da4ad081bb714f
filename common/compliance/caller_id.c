/* caller_id.c - what the called person's display may show. */

#include "common/compliance/trial.h"

static bool begins_with_any(const char *number, const char *const *prefixes)
{
    for (; *prefixes; prefixes++)
        if (strncmp(number, *prefixes, strlen(*prefixes)) == 0)
            return true;
    return false;
}

static void check_law(struct trial *t, const struct law *law)
{
    const char *from = t->f->from_number;

    if (begins_with_any(from, law->caller_forbidden))
        verdict_refuse(t->v, CC_CALLER_ID_FORBIDDEN);
    if (!law->caller_allowed[0] || begins_with_any(from, law->caller_allowed))
        return;
    if (law->caller_unlisted_forbidden)
        verdict_refuse(t->v, CC_CALLER_ID_FORBIDDEN);
    else
        verdict_warn(t->v, CW_CALLER_ID_UNLISTED);
}

/* Nobody may hide, whatever a country's law says of it. */
void check_caller_id(struct trial *t)
{
    if (!t->f->from_number)
        return;
    if (!t->f->from_number[0]) {
        verdict_refuse(t->v, CC_CALLER_ID_ANONYMOUS);
        return;
    }
    for (int i = 0; i < t->n; i++)
        check_law(t, t->laws[i].law);
}

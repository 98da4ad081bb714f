/*
 * grant.h - what a campaign's override may loosen, by the platform's word alone.
 *
 * An override asks for it with _loosen {granted_by, reason, ticket, expires_at}.  It is honoured
 * when the ticket is a standing grant of that tenant for that country, which only the operator's
 * command writes, and does not ask for longer; and then only for fields that the country's rule
 * lists as loosenable.  Decisions read the grants with the evidence, so that a revoked one ends at
 * the next, and say OVERRIDE_LOOSENED whenever one was used.
 */
#ifndef AGORALIA_COMPLIANCE_GRANT_H
#define AGORALIA_COMPLIANCE_GRANT_H

#include "common/base/fields.h"
#include "common/compliance/override.h"

struct loosening_grant {
    const char *ticket;
    const char *country_iso;
    const char *granted_by;
    const char *reason;
    struct tstamp expires_at;
    struct tstamp created_at;
    struct tstamp revoked_at;
};
extern const struct type loosening_grant_type;

/* _loosen, as an override says it. */
struct loosening_request {
    const char *granted_by;
    const char *reason;
    const char *ticket;
    struct tstamp expires_at;
};
extern const struct type loosening_request_type;

/* VALIDATION_ERROR names whatever is wrong; ALREADY_EXISTS when the ticket was given before. */
bool grant_give(struct op *op, struct loosening_grant *g) MUSTCHECK;
bool grant_list(struct op *op, struct loosening_grant **out, int *n) MUSTCHECK;

/* RESOURCE_NOT_FOUND; one revoked before stays so. */
bool grant_revoke(struct op *op, const char *ticket, struct loosening_grant *out) MUSTCHECK;

/* The grants of op's tenant that stand, as grant_apply() reads them; NULL = none. */
bool grants_standing(struct op *op, const char **out) MUSTCHECK;

/*
 * The override with its grant permitted, if it stands among the grants ("IT,1768388400000000,T-1
 * FR,..."); else as it is.  o may be NULL.
 */
const struct override *grant_apply(struct op *op, const struct override *o, const char *grants,
                                   const char *country_iso);

#endif

/*
 * halt.h - the kill switch: what must stand still, until it is lifted.
 *
 * A halt cancels nothing: rows wait with the reason HALTED.  Claims look at the
 * standing halts under a lock that a new one takes exclusively.
 *
 * What stands for several causes, or by several words, stands several times: to lift
 * one leaves the others.
 */
#ifndef AGORALIA_HALT_H
#define AGORALIA_HALT_H

#include "common/base/fields.h"
#include "common/campaign/dialling.h"

/* An operator is a person: the tenant's, or the platform's. */
enum halt_cause { HALT_OPERATOR, HALT_BREAKER, HALT_FAILOVER };
enum halt_setter { HALT_BY_TENANT, HALT_BY_PLATFORM };

struct halt {
    int64_t id;
    struct opt_i64 tenant_id; /* unset = for every tenant */
    enum dialling_scope scope;
    const char
        *key; /* the country, the campaign's id, the provider's name, the number, the agent */
    enum halt_cause cause;
    enum halt_setter set_by;
    const char *reason;
    struct tstamp created_at;
    struct tstamp lifted_at;
};
extern const struct type halt_type;

struct halt_query {
    struct opt_bool standing;
    int32_t limit;
    int32_t offset;
};
extern const struct type halt_query_type;

/*
 * Let scope and key stand still, for op's tenant or, when that is 0, for all; the rest is filled
 * in.  One that stands already for that cause by that word is found again, with its own reason.
 * After it returned no request in the scope starts; SERVICE_UNAVAILABLE when that could not be
 * awaited: the halt stands then. Fails with VALIDATION_ERROR (no such country) or
 * CAMPAIGN_NOT_FOUND.
 */
bool halt_set(struct op *op, struct halt *h) MUSTCHECK;

/*
 * One lifted before stays so.  HALT_NOT_FOUND, also for another tenant's; PERMISSION_DENIED when a
 * tenant would lift what the platform's operator set or what stands for everybody; INVALID_STATE
 * for a failover's, which ends with the comparison only.
 */
bool halt_lift(struct op *op, int64_t id, struct halt *out) MUSTCHECK;

/* Newest first: the tenant's own and those that stand for every tenant; tenant 0 sees all. */
bool halt_list(struct op *op, const struct halt_query *q, struct halt **out, int *n,
               int64_t *total) MUSTCHECK;

#endif

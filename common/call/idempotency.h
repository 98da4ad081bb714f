/*
 * idempotency.h - is a request that is sent again under the same key placed once?
 *
 * Only who has seen it may rely on it.  A proof calls one of the tenant's own
 * numbers and sends the same request again after a while: the same call must come
 * back.  It holds for the provider's account it was made with, for requests that
 * much later at most, and for thirty days; it is withdrawn as soon as one
 * request became two calls or the provider does not know keys.
 */
#ifndef AGORALIA_IDEMPOTENCY_H
#define AGORALIA_IDEMPOTENCY_H

#include "common/base/op.h"

struct idempotency_test {
    const char *from_number, *to_number; /* both of op's tenant */
    const char *agent_id;
    int gap_seconds; /* between the two requests; what is proven reaches no further */
};

/*
 * Two requests, one call, which is then hung up; true is a proof, written down.  PROVIDER_ERROR
 * says what happened instead, and a second call is hung up as well.
 */
bool idempotency_prove(struct op *op, const struct idempotency_test *t) MUSTCHECK;

/* The proof for this account of the provider holds no more; nothing when there is none. */
bool idempotency_revoke(struct op *op, const char *account) MUSTCHECK;

/* The same for the account this attempt was sent to more than once. */
bool idempotency_revoke_of(struct op *op, const char *attempt_id) MUSTCHECK;

#endif

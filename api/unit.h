/*
 * unit.h - a request that changes something, as one unit: its effect and its answer together.
 *
 * A request with an Idempotency-Key is done once: sent again within 24 hours it is answered byte
 * for byte as before, with "Idempotent-Replayed: true".  The answer is kept in the transaction of
 * the effect, so that a crash leaves both or neither.  Failures leave the key free, for nothing was
 * done; a refusal that was recorded (EC_REFUSED) is an answer like any other.
 *
 * An answer that is a secret (UNIT_SHOWN) is never kept.
 *
 * What was changed is told to the audit log in the same transaction (trail.h).
 *
 * Routes whose work is in several transactions (uploads, halts) may be begun again after a crash;
 * doing them twice does no more than doing them once.
 */
#ifndef AGORALIA_UNIT_H
#define AGORALIA_UNIT_H

#include "api/gate.h"
#include "api/http.h"
#include "common/store/db.h"
#include "common/tenant/request_key.h"

struct unit {
    struct at_commit at_commit; /* first: the store gives it back */
    enum route_unit kind;
    struct request_key key; /* key.key NULL = none was sent */
    struct request_answer answered;
    struct content content;
    const struct req *req;
    const char *before; /* what the request changes, as JSON */
    bool told;          /* to the audit log */
    int64_t held_us;    /* CLOCK_MONOTONIC: when the key was last said to be ours */
};

/* Before the handler; the body is read, unless it streams. */
bool unit_open(struct op *op, struct unit *u, const struct gate_pass *pass,
               struct req *req) MUSTCHECK;

/* Was the request answered before?  Then the handler is only to read what streams. */
static inline bool unit_was_answered(const struct unit *u)
{
    return u->answered.status != 0;
}

/* While an upload arrives: a key is held on to. */
void unit_stay(struct op *op, struct unit *u);

/* After it: keep or undo.  ok is the handler's word, the result the request's. */
bool unit_close(struct op *op, struct unit *u, bool ok, struct reply *rep);

#endif

/*
 * claim.h - T1: one scheduled call, all its gates, one intent.
 *
 * Under locks taken in one fixed order (scheduled call, campaign, lead, halts and
 * number, pacing, budget) the facts are read again, the engine decides, and either an
 * intent is committed or the row is put back or ended with its reason.  Only a
 * committed intent may be dialled.  Source: reliability, section 2.3.
 *
 * A row in progress whose attempt nobody answered for may be sent once more, as the
 * same attempt, where that was proven safe (idempotency.h): the gates are the
 * same, and one that says no leaves the attempt as it is.
 */
#ifndef AGORALIA_CLAIM_H
#define AGORALIA_CLAIM_H

#include "common/base/fields.h"

struct provider;

enum claim_fate {
    CLAIM_INTENT, /* dial it */
    CLAIM_GONE,   /* taken, ended or never there: nothing to do */
    CLAIM_LATER,  /* put back with a later instant */
    CLAIM_NEVER,  /* ended with its reason */
};

struct claim {
    enum claim_fate fate;
    const char *attempt_id; /* the fencing token */
    int64_t scheduled_call_id;
    int64_t campaign_id; /* 0 = asked for by itself */
    const char *to_number;
    const char *from_number;
    const char *agent_id;
    struct json_text metadata; /* the client's own */
    int attempt;               /* 1 = the first */
    int repeats;               /* how often the attempt is sent again by now; 0 = the first time */
    const struct provider *workspace; /* where it is asked for */
    const char *account;       /* of that, as the attempt remembers it; NULL = the deployment's */
    bool keyed;                /* its id goes with the request as idempotency key */
    struct tstamp valid_until; /* null = for ever */
    int64_t send_before_us;    /* CLOCK_BOOTTIME: after it the intent must not be acted upon */
};

bool scheduled_call_claim(struct op *op, int64_t scheduled_call_id, struct claim *out) MUSTCHECK;

#endif

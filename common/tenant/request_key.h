/*
 * request_key.h - requests that a client may send again: done once, answered alike.
 *
 * A key belongs to op's tenant and principal and names one request for 24 hours.  While that runs,
 * it is held for some seconds at a time: a holder that died is silent, and the next one with the
 * same request does it instead.  Whoever was overtaken can no longer finish, so that an effect
 * committed together with request_key_done() happens once.
 */
#ifndef AGORALIA_REQUEST_KEY_H
#define AGORALIA_REQUEST_KEY_H

#include "common/base/digest.h"
#include "common/base/id.h"
#include "common/base/op.h"

struct request_key {
    const char *key;
    char fingerprint[SHA256_HEX_SIZE]; /* of all that makes the request what it is */
    int seconds;                       /* how long it is held without another word */
    char holder[UUID_SIZE];
};

/* What was answered; content is that of an upload, NULL otherwise. */
struct request_answer {
    int status; /* 0 = nothing yet: the request is the caller's to do */
    const char *reply, *content;
    const char *about; /* whom the reply tells of, as mentions.h writes it; only when it is kept */
};

/*
 * Hold the key, or say what was answered.  IDEMPOTENCY_MISMATCH when it named another request,
 * IDEMPOTENCY_IN_PROGRESS with a time to wait while another holds it.
 */
bool request_key_take(struct op *op, struct request_key *k, struct request_answer *out) MUSTCHECK;

/* It goes on: held for so many seconds more. */
bool request_key_extend(struct op *op, const struct request_key *k) MUSTCHECK;

/* Answered.  SERVICE_UNAVAILABLE when somebody else holds it by now: undo what was done. */
bool request_key_done(struct op *op, const struct request_key *k,
                      const struct request_answer *a) MUSTCHECK;

/* Nothing was done: the key is free again. */
bool request_key_free(struct op *op, const struct request_key *k) MUSTCHECK;

/* The answers that tell of a person; leads: a Postgres array, e164 may be NULL. */
bool request_key_forget(struct op *op, const char *e164, const char *leads) MUSTCHECK;

/* Some of those whose day is over; *n says how many. */
bool request_key_prune(struct op *op, int *n) MUSTCHECK;

#endif

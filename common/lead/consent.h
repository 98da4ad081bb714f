/*
 * consent.h - the ledger of what people agreed to.
 *
 * Events are only ever added.  The lead carries what the newest one says, and whatever changes it
 * (the API's consent fields, an import, a recorded event) adds one: triggers of the database see
 * to that (sql/migrations/0016_consent.sql).
 *
 * A refusal is the person's, not the lead's: whichever way it comes, every lead of the tenant with
 * that phone reads as denied by it, and whatever waits for the phone is called off, in the same
 * transaction (0040_ends_and_refusals.sql).  A lead that is made or imported later begins denied,
 * whatever it says of itself, and a call to the number without a lead is refused.  Only a grant
 * recorded here lifts it, for its lead alone.  An opt-out stays on the number's list and does not
 * touch consents: the list is asked before every call anyway, and who comes off it has what they
 * agreed to.
 */
#ifndef AGORALIA_CONSENT_H
#define AGORALIA_CONSENT_H

#include "common/lead/lead.h"

struct consent_event {
    int64_t id;
    int64_t lead_id;
    const char *event;          /* granted, renewed, denied, revoked, expired, withdrawn, noted */
    enum consent_status status; /* what the lead's consent is after it */
    const char *basis;          /* "consent", "legitimate_interest", ... */
    const char *purpose;
    const char *text_version;  /* of the wording that was agreed to */
    struct json_text channels; /* array: "automated_voice", "artificial_voice", ... */
    const char *level;         /* implied, express, express_written */
    const char *source;        /* where it was given: "web_form", "ivr", ... */
    const char *evidence_hash; /* SHA-256 of the proof, 64 hex digits */
    struct tstamp occurred_at; /* now when null */
    struct tstamp expires_at;
    struct tstamp recorded_at;
};
extern const struct type consent_event_type;

struct consent_query {
    int32_t limit;
    int32_t offset;
};
extern const struct type consent_query_type;

/*
 * Add an event.  LEAD_NOT_FOUND; VALIDATION_ERROR for a date in the future and for an end before
 * the beginning; INVALID_STATE when a refusal would expire.  Filled in with what was stored.
 */
bool consent_record(struct op *op, int64_t lead_id, struct consent_event *e) MUSTCHECK;

/* The newest first.  LEAD_NOT_FOUND, also when it belongs to another tenant. */
bool consent_list(struct op *op, int64_t lead_id, const struct consent_query *q,
                  struct consent_event **out, int *n, int64_t *total) MUSTCHECK;

#endif

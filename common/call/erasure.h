/*
 * erasure.h - a person is forgotten; what was decided about them stays provable, and nobody calls.
 *
 * A person is a number of a tenant and every lead that has it.  Under the rows', the leads' and the
 * number's locks, in one transaction: whatever waits for them is called off, and name, number,
 * e-mail, notes, transcripts, analyses, the provider's events, list entries and the personal part
 * of every decision go.  Rows stay for what points to them; a decision keeps its record, whose
 * salted commitment tells nothing without the salt, so that the ledger verifies as before.
 *
 * A call that may still be going on is hung up and waited for: the erasure is "waiting" then, the
 * person is hidden and not called at once, and the rest follows when nothing is under way.
 * "erased": nothing of them is left with us.  "done": the provider has deleted its copies (it is
 * asked until it has), and what was under way at that moment was looked for once more.
 *
 * What keeps the number from being called is HMAC-SHA-256 of it under a key of the tenant, taken
 * for an opt-out wherever a decision is made.  The key is random, made with the first erasure, and
 * stands in a table of its own: the hashes alone (an export, another tenant, one table that leaked)
 * tell nothing, and a dump without suppression_keys is a dump without the numbers.  Who has the
 * whole database can try all numbers, as there are few: a secret outside of it would hinder that,
 * and its loss would let everybody be called again.
 *
 * Everybody's list (platform_dnc_entries) is the platform's own and keeps its entry.  reason stays
 * with the erasure: it should not name the person.
 */
#ifndef AGORALIA_ERASURE_H
#define AGORALIA_ERASURE_H

#include "common/base/fields.h"

enum erasure_status { ERASURE_WAITING, ERASURE_ERASED, ERASURE_DONE };
enum erasure_asker { ERASURE_BY_TENANT, ERASURE_BY_PLATFORM, ERASURE_BY_RETENTION };

struct erasure {
    int64_t id;
    enum erasure_status status;
    enum erasure_asker asked_by;
    const char *reason;
    int64_t leads; /* how many had the number */
    struct tstamp requested_at, erased_at, done_at;
    int64_t provider_copies, provider_copies_left;
};
extern const struct type erasure_type;

/*
 * By retention (retention.h) what the lists say of the number stays, and it is blocked only if
 * somebody with it had refused.
 *
 * Both need e->reason and e->asked_by and fill in the rest.  Asked again, the erasure there is.
 * LEAD_NOT_FOUND; VALIDATION_ERROR for what is no number.
 */
bool erasure_of_lead(struct op *op, int64_t lead_id, struct erasure *e) MUSTCHECK;
bool erasure_of_number(struct op *op, const char *e164, struct erasure *e) MUSTCHECK;

/* RESOURCE_NOT_FOUND, also for another tenant's. */
bool erasure_get(struct op *op, int64_t id, struct erasure *out) MUSTCHECK;

/* A worker's share: those that waited, and the provider's copies.  *looked: at how many. */
bool erasures_go_on(struct op *op, int *looked) MUSTCHECK;

#endif

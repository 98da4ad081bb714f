/*
 * record.h - a decision as text, from which a stranger can make it again.
 *
 * Two JSON objects, each on one line without spaces and with its members always in the same order;
 * instants are whole microseconds since 1970, what is not known is left out.
 *
 *   record    what may be shown for ever: the instant, policies, the campaign, which laws (by the
 *             SHA-256 of their documents, see law_documents), the versions of engine, time zones
 * and numbering plans, the verdict, and the commitment to the personal part personal  the number,
 * the lead, lists, scrubs and attempts; forgotten with its salt when the person is erased (GDPR
 * art. 17), and then only the commitment says that it was
 *
 * Pure.  Equal facts give equal bytes, but for the salt.
 */
#ifndef AGORALIA_COMPLIANCE_RECORD_H
#define AGORALIA_COMPLIANCE_RECORD_H

#include "common/compliance/engine.h"

struct decision_record {
    const char *record, *personal;
    const char *salt; /* 32 hex digits */
};

/* In op's arena. */
struct decision_record decision_record(struct op *op, const struct compliance_facts *f,
                                       const struct compliance_verdict *v);

/* The verdict as it stands in a record. */
void decision_write_verdict(struct buf *b, const struct compliance_verdict *v);

/* A law by its document's hash; NULL = not at hand. */
typedef const struct law *law_finder(void *ctx, const char *document_hash);

/* What was decided on, read back; everything in op's arena.  Fails with VALIDATION_ERROR. */
bool decision_read_facts(struct op *op, const char *record, const char *personal, law_finder *find,
                         void *ctx, struct compliance_facts *out) MUSTCHECK;

/*
 * Decide again.  *stored and *again are the verdicts' texts, equal when nothing differs.  The
 * verdict of another engine may differ for a good reason: *versions says with what it was made when
 * that is not what we are, else NULL.
 */
struct decision_replay {
    const char *stored, *again;
    const char *versions;
};
bool decision_replay(struct op *op, const char *record, const char *personal, law_finder *find,
                     void *ctx, struct decision_replay *out) MUSTCHECK;

/* The words of the closed lists, as both directions know them. */
extern const char *const decision_basis_names[4], *const decision_level_names[4];
extern const char *const decision_segment_names[3], *const decision_origin_names[3];
extern const char *const decision_end_names[3];

#endif

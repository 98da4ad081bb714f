/* evidence.h - what the lists, the registries and the past say of a number, from one row. */
#ifndef AGORALIA_COMPLIANCE_EVIDENCE_H
#define AGORALIA_COMPLIANCE_EVIDENCE_H

#include "common/compliance/facts.h"

struct rows;

struct evidence {
    const struct dnc_fact *dnc;
    int n_dnc;
    struct scrub_fact scrubs[FACTS_MAX_SCRUBS];
    int n_scrubs;
    const struct attempt_fact *attempts; /* the latest hundred: no cap counts as many */
    int n_attempts;
    const char *grants;        /* of loosening, as grant_apply() reads them; NULL = none */
    bool unknown_scope_blocks; /* the tenant's word on consents that do not say what for */
    bool refused;              /* a lead with this number said no, whichever was asked about */
};

/*
 * The columns of evidence_of() in a row (person_evidence, execution_leads).  Fails with
 * INTERNAL_ERROR when they are not as they should be.
 */
bool evidence_read(struct op *op, const struct rows *rows, int row, struct evidence *out) MUSTCHECK;

#endif

/*
 * rule_form.h - what is wrong with a rule that a tenant writes, all of it at once.
 * Private to common/compliance.  Complaints go to op's details, each under its field;
 * of two about the same field the first stands.
 */
#ifndef AGORALIA_COMPLIANCE_RULE_FORM_H
#define AGORALIA_COMPLIANCE_RULE_FORM_H

#include "common/compliance/rules.h"

/* What no single field can say: windows that are on but not there, and the whole document. */
void rule_form_complaints(struct op *op, const struct country_rule *r);

/*
 * What would let through more than this law of the platform's does.  A disclosure that does not say
 * enough may be kept: it is not spoken where more must be said (disclosure.c).
 */
void rule_loosening_complaints(struct op *op, const struct country_rule *r, const struct law *law);

#endif

/*
 * scrub.h - when numbers were last compared with their country's registry.
 *
 * The comparison itself happens elsewhere; a registry that must be asked lets a
 * number be called only for so long after it.
 */
#ifndef AGORALIA_SCRUB_H
#define AGORALIA_SCRUB_H

#include "common/base/fields.h"

/*
 * Every number among op's tenant's leads in a country (NULL = every country with a
 * registry) was compared at this instant (null = now).  A later comparison on record
 * stands.  VALIDATION_ERROR for an instant in the future.
 */
bool scrub_record(struct op *op, const char *country_iso, struct tstamp at, int64_t *n) MUSTCHECK;

#endif

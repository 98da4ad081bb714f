/*
 * scrub.h - when numbers were last compared with their country's registry.
 *
 * A registry that must be asked lets a number be called only for so long after it.
 * Some compare the numbers they are sent and answer (scrub_answer_open()), some are
 * lists to be downloaded, imported and compared with here (scrub_run()); of any
 * other comparison the operator tells (scrub_record()).
 */
#ifndef AGORALIA_SCRUB_H
#define AGORALIA_SCRUB_H

#include "common/compliance/dnc_import.h"

/*
 * Every number among op's tenant's leads in a country (NULL = every country with a
 * registry) was compared at this instant (null = now).  A later comparison on record
 * stands.  VALIDATION_ERROR for an instant in the future.
 */
bool scrub_record(struct op *op, const char *country_iso, struct tstamp at, int64_t *n) MUSTCHECK;

/* A registry's answer as a file. */
struct scrub_answer {
    const char *country_iso; /* whose registry it is */
    const char *registry;    /* its name in the law; NULL = the country's */
    struct tstamp scrubbed_at;
    bool listed; /* a file without outcomes names the listed ones, not those that may be called */
    const char *delimiter;
};
extern const struct type scrub_answer_type;

/*
 * Every number of the file was compared at scrubbed_at.  Those that an outcome column (or
 * listed) says are on the registry become entries, entries of those that are not are taken
 * off.  Fed and finished as any import.  NULL after fail(): VALIDATION_ERROR for an instant
 * in the future, a country without a registry or a registry that is not its own.
 */
struct dnc_import *scrub_answer_open(struct op *op, const struct scrub_answer *a);

/* What op's tenant has on record of a registry. */
struct scrub_summary {
    const char *registry;
    const char *country_iso; /* NULL = of no law in force */
    int64_t numbers, valid_numbers;
    struct tstamp oldest, newest;
    struct tstamp next_expiry, last_expiry; /* null = none is valid, or for how long is not known */
    struct tstamp listed_as_of; /* all of its list is here as it was then; null = never was */
    struct tstamp missing_from; /* the first file that did not come whole; null = none is missing */
};
extern const struct type scrub_summary_type;
bool scrub_summaries(struct op *op, struct scrub_summary **out, int *n) MUSTCHECK;

/*
 * Compare the leads in a registry's countries with its list as the tenant has imported it, as of
 * that list's date.  INVALID_STATE when it never imported all of it.
 */
struct scrub_run {
    struct tstamp at;
    struct tstamp missing_from; /* what was imported after at does not count: see dnc_import.h */
    int64_t compared, listed;
};
bool scrub_run(struct op *op, const char *registry, struct scrub_run *out) MUSTCHECK;

#endif

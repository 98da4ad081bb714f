/*
 * override.h - what a campaign says of one country's rule: it may tighten.
 *
 * Loosening needs a grant, and a rule that allows it for that field; without, it is
 * ignored, and said so.  The do-not-call check, `enabled` and `timezone` stand
 * below every grant.
 */
#ifndef AGORALIA_COMPLIANCE_OVERRIDE_H
#define AGORALIA_COMPLIANCE_OVERRIDE_H

#include "common/base/fields.h"
#include "common/compliance/law.h"

struct cJSON;

struct override_grant {
    bool given;     /* by whom and why is said */
    bool permitted; /* the granter may: filled in by whoever knows permissions */
    struct tstamp expires_at;
    const char *ticket; /* NULL = not said */
};

struct override {
    const char *source; /* the JSON it was read from */
    struct opt_bool enabled, quiet_hours_enabled;
    struct opt_bool require_disclosure, require_explicit_consent, require_recording_consent;
    struct opt_bool dnc_check_required, dnc_registry_enabled;
    bool timezone_set;
    bool quiet_set, quiet_invalid;
    struct quiet_window quiet;
    struct opt_i64 data_retention_days;
    struct law_text disclosure, recording; /* text NULL = not replaced */
    bool names_company_and_ai;             /* the disclosure does */
    struct override_grant grant;
    const char *not_understood;
};

/* In op's arena.  Never fails: what cannot be read is in the override. */
const struct override *override_parse(struct op *op, const struct cJSON *v);

/* What an override does to a law at an instant. */
struct override_effect {
    bool disabled, invalid; /* invalid: it has a window that cannot be read */
    bool not_understood;
    bool ask_consent, waive_consent;
    bool ask_disclosure, waive_disclosure;
    bool ask_recording, waive_recording;
    bool check_dnc;
    bool check_registry, waive_registry;
    bool quiet_on, quiet_off;         /* quiet_hours_enabled, both ways */
    const struct quiet_window *quiet; /* one more; NULL = none */
    bool lift_quiet;                  /* the law's own is not asked, until lift_until_us */
    int64_t lift_until_us;
    struct law_text disclosure, recording; /* text NULL = the law's */
    bool ignored, loosened;                /* a loosening was */
};
struct override_effect override_apply(const struct override *o, const struct law *law, int64_t us,
                                      bool regime_demands_consent, bool ai_demands_disclosure);

/* For a form: NULL when an override only tightens this law, or may do more; else what is wrong. */
const char *override_complaint(const struct override *o, const struct law *law, int64_t us);

/* Would the tenant's own rule open what the platform's closes? */
bool law_loosens(const struct law *platform, const struct law *tenant);

#endif

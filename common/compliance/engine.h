/*
 * engine.h - the compliance decision (specification 2.4.3), with no database and no clock.
 *
 * Facts in, verdict out: the same facts give the same verdict for ever, so every
 * rule is a row of a test table and every past decision can be recomputed.  It
 * fails closed: what it does not know, it refuses.  All checks are evaluated;
 * the code of the first failure in codes.def's order is the verdict's.
 */
#ifndef AGORALIA_COMPLIANCE_ENGINE_H
#define AGORALIA_COMPLIANCE_ENGINE_H

#include "common/base/compiler.h"
#include "common/base/tstamp.h"

/* Kept with every decision; changes whenever the same facts may give another verdict. */
#define COMPLIANCE_ENGINE_VERSION "1"

enum compliance_code {
#define CODE(name, reason, temporal) CC_##name,
#define WARNING(name)
#include "common/compliance/codes.def"
#undef CODE
#undef WARNING
    CC_COUNT,
    CC_NONE = CC_COUNT,
};

enum compliance_warning {
#define CODE(name, reason, temporal)
#define WARNING(name) CW_##name,
#include "common/compliance/codes.def"
#undef CODE
#undef WARNING
    CW_COUNT
};

enum check { CHECK_SKIPPED, CHECK_PASSED, CHECK_FAILED, CHECK_REQUIRED };
extern const char *const check_names[];

enum verdict_status { VERDICT_APPROVED, VERDICT_WARNING, VERDICT_REJECTED };
extern const char *const verdict_status_names[];

/* One rule in force.  Several may apply (platform, tenant, override, two countries): all must pass.
 */
struct compliance_rule {
    bool enabled;
    bool require_disclosure;
    const char *disclosure_text;
    bool require_explicit_consent;
    bool dnc_registry_enabled;
    bool dnc_check_required;
    bool quiet_hours_enabled;
    const char *quiet_hours; /* "21:00-08:00", forbidden, half-open, wall clock */
    const char *zones;       /* comma-separated IANA names; forbidden in one is forbidden */
};

enum { COMPLIANCE_MAX_RULES = 6 };

struct compliance_facts {
    struct tstamp at;         /* when the phone would ring */
    int guard_seconds;        /* the call must still be allowed this much later */
    bool advisory;            /* a question, not a call: no lead is no refusal */
    const char *country_iso;  /* of the number; NULL = unknown */
    bool country_mismatch;    /* the lead's country is another */
    bool platform_rule_found; /* for every country concerned */
    const struct compliance_rule *rules[COMPLIANCE_MAX_RULES];
    int n_rules;
    bool exclude_dnc;
    bool dnc_opt_out, dnc_internal, dnc_platform;
    const char *campaign_quiet_hours; /* in campaign_timezone; NULL = none */
    const char *campaign_timezone;
    struct tstamp campaign_end;
    bool lead_known;
    bool consent_granted, consent_denied, consent_expired;
};

struct compliance_verdict {
    enum verdict_status status;
    enum compliance_code code; /* CC_NONE unless rejected */
    uint32_t codes;            /* bit per compliance_code */
    uint32_t warnings;         /* bit per compliance_warning */
    enum check dnc, quiet_hours, consent, disclosure;
    struct tstamp next_allowed_at; /* null unless waiting helps */
    const char *disclosure_text;   /* template of the strictest rule; NULL = none given */
};

struct compliance_verdict compliance_decide(const struct compliance_facts *f);

/* The code that matters for a row that ends: the first that waiting cannot cure, else v->code. */
enum compliance_code compliance_final_code(const struct compliance_verdict *v);

const char *compliance_code_name(enum compliance_code code);   /* NULL for CC_NONE */
const char *compliance_code_reason(enum compliance_code code); /* NULL for CC_NONE */
const char *compliance_warning_name(enum compliance_warning warning);

#endif

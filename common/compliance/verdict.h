/* verdict.h - what the engine decided, and the closed lists it decides with. */
#ifndef AGORALIA_COMPLIANCE_VERDICT_H
#define AGORALIA_COMPLIANCE_VERDICT_H

#include "common/base/compiler.h"
#include "common/base/tstamp.h"

enum compliance_code {
#define CODE(name, reason, temporal) CC_##name,
#define WARNING(name)
#include "common/compliance/codes.def"
#undef CODE
#undef WARNING
    CC_COUNT,
    CC_NONE = CC_COUNT,
};
_Static_assert(CC_COUNT < 64, "a set of codes is one uint64_t");

enum compliance_warning {
#define CODE(name, reason, temporal)
#define WARNING(name) CW_##name,
#include "common/compliance/codes.def"
#undef CODE
#undef WARNING
    CW_COUNT
};

#define CODE_BIT(code) (UINT64_C(1) << (code))

enum check { CHECK_SKIPPED, CHECK_PASSED, CHECK_FAILED, CHECK_REQUIRED };
extern const char *const check_names[];

enum verdict_status { VERDICT_APPROVED, VERDICT_WARNING, VERDICT_REJECTED };
extern const char *const verdict_status_names[];

/* What must be said, and how the recording must be treated. */
enum recording_duty { RECORDING_ANNOUNCE, RECORDING_ASK_FIRST };

struct tz;

enum { VERDICT_MAX_ZONES = 64 };

struct compliance_verdict {
    enum verdict_status status;
    enum compliance_code code; /* CC_NONE unless rejected */
    uint64_t codes;            /* bit per compliance_code */
    uint64_t warnings;         /* bit per compliance_warning */
    enum check dnc, quiet_hours, consent, disclosure;
    struct tstamp next_allowed_at;             /* null unless waiting helps */
    const char *disclosure_text;               /* template to speak, when required */
    const char *disclosure_language;           /* "" = as the platform's default text */
    const char *recording_text;                /* template; NULL = none given */
    enum recording_duty recording;             /* the strictest */
    const struct tz *zones[VERDICT_MAX_ZONES]; /* where the called person may be */
    int n_zones;
};

/* The code that matters for a row that ends: the first that waiting cannot cure, else v->code. */
enum compliance_code compliance_final_code(const struct compliance_verdict *v);

/* Can waiting alone cure every one of these? */
bool compliance_is_temporal(uint64_t codes);

const char *compliance_code_name(enum compliance_code code);   /* NULL for CC_NONE */
const char *compliance_code_reason(enum compliance_code code); /* NULL for CC_NONE */
const char *compliance_warning_name(enum compliance_warning warning);

static inline void verdict_refuse(struct compliance_verdict *v, enum compliance_code code)
{
    v->codes |= CODE_BIT(code);
}

static inline void verdict_warn(struct compliance_verdict *v, enum compliance_warning warning)
{
    v->warnings |= CODE_BIT(warning);
}

#endif

/* verdict.c - names of codes, warnings and checks. */

#include "common/compliance/verdict.h"

const char *const check_names[] = {"skipped", "passed", "failed", "required"};
const char *const verdict_status_names[] = {"approved", "warning", "rejected"};

static const struct {
    const char *name, *reason;
    bool temporal;
} codes[CC_COUNT] = {
#define CODE(name_, reason_, temporal_) [CC_##name_] = {#name_, reason_, temporal_},
#define WARNING(name_)
#include "common/compliance/codes.def"
#undef CODE
#undef WARNING
};

static const char *const warnings[CW_COUNT] = {
#define CODE(name, reason, temporal)
#define WARNING(name) [CW_##name] = #name,
#include "common/compliance/codes.def"
#undef CODE
#undef WARNING
};

const char *compliance_code_name(enum compliance_code code)
{
    return code < CC_COUNT ? codes[code].name : NULL;
}

const char *compliance_code_reason(enum compliance_code code)
{
    return code < CC_COUNT ? codes[code].reason : NULL;
}

const char *compliance_warning_name(enum compliance_warning warning)
{
    return warnings[warning];
}

bool compliance_is_temporal(uint64_t set)
{
    for (enum compliance_code code = 0; code < CC_COUNT; code++)
        if ((set & CODE_BIT(code)) && !codes[code].temporal)
            return false;
    return true;
}

enum compliance_code compliance_final_code(const struct compliance_verdict *v)
{
    for (enum compliance_code code = 0; code < CC_COUNT; code++)
        if ((v->codes & CODE_BIT(code)) && !codes[code].temporal)
            return code;
    return v->code;
}

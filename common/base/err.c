/* err.c - the error table, read by code. */

#include "common/base/err.h"

static const struct {
    const char *name;
    enum err_class class;
} codes[] = {
    [E_NONE] = {"NONE", EC_NONE},
#define ERR(code, class) [E_##code] = {#code, EC_##class},
#include "common/base/errors.def"
#undef ERR
};

const char *err_name(enum err_code code)
{
    return codes[code].name;
}

enum err_class err_class(enum err_code code)
{
    return codes[code].class;
}

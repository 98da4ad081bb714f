/* calling_codes.c - the table of calling_codes.def, by code and by country. */

#include "common/number/calling_codes.h"

#include "common/number/phone_library.h"

/* Indexed by the code itself: no calling code begins with another one or with a zero. */
static const struct calling_code codes[1000] = {
#define DIAL(code, min, max, trunk) [code] = {code, min, max, trunk},
#include "common/number/calling_codes.def"
#undef DIAL
};

const struct calling_code *calling_code_of_number(struct str digits)
{
    unsigned code = 0;

    for (size_t i = 0; i < digits.n && i < 3; i++) {
        code = code * 10 + (unsigned)(digits.p[i] - '0');
        if (codes[code].max_digits)
            return &codes[code];
    }
    return NULL;
}

const struct calling_code *calling_code_of_country(const char *country_iso)
{
    int code = country_iso ? phone_library_calling_code(country_iso) : 0;

    return code > 0 && codes[code].max_digits ? &codes[code] : NULL;
}

size_t calling_code_width(const struct calling_code *cc)
{
    return cc->code < 10 ? 1 : cc->code < 100 ? 2 : 3;
}

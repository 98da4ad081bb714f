/* calling_codes.c - the table of calling_codes.def, by code and by country. */

#include "common/number/calling_codes.h"

#include "common/base/compiler.h"

/* Indexed by the code itself: no calling code begins with another one or with a zero. */
static const struct calling_code codes[1000] = {
#define DIAL(code, iso, min, max, trunk) [code] = {code, iso, min, max, trunk},
#define PART(code, prefix, iso)
#include "common/number/calling_codes.def"
#undef DIAL
#undef PART
};

static const struct part {
    unsigned code;
    struct str prefix;
    const char *country_iso;
} parts[] = {
#define DIAL(code, iso, min, max, trunk)
#define PART(code, prefix, iso) {code, {prefix, sizeof(prefix) - 1}, iso},
#include "common/number/calling_codes.def"
#undef DIAL
#undef PART
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
    if (!country_iso || country_iso[0] == '\0')
        return NULL;
    for (size_t i = 0; i < ARRAY_LEN(codes); i++)
        if (codes[i].max_digits && strcmp(codes[i].country_iso, country_iso) == 0)
            return &codes[i];
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        if (strcmp(parts[i].country_iso, country_iso) == 0)
            return &codes[parts[i].code];
    return NULL;
}

const char *calling_code_country(const struct calling_code *cc, struct str national)
{
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        if (parts[i].code == cc->code && str_starts(national, parts[i].prefix))
            return parts[i].country_iso;
    return cc->country_iso;
}

size_t calling_code_width(const struct calling_code *cc)
{
    return cc->code < 10 ? 1 : cc->code < 100 ? 2 : 3;
}

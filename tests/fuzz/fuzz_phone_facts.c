/* fuzz_phone_facts.c - any bytes have facts that agree with each other, or none. */

#include "common/base/compiler.h"
#include "common/number/country.h"
#include "common/number/phone_facts.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

static bool same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* Half of the inputs are made digits, so that they get as far as the library. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[24] = "+";

    if (size < 2 || size > sizeof(text) - 1)
        return 0;
    for (size_t i = 1; i < size; i++)
        text[i] = (char)(data[0] % 2 ? '0' + data[i] % 10 : data[i]);
    struct phone_facts f = phone_facts(text);
    must(same(f.region, phone_region(text)));
    must(same(f.region ? country_of_rules(f.region) : NULL, phone_country(text)));
    must(!f.region || !country_complaint(f.region));
    must(phone_type_name(f.type) != NULL);
    must(!f.valid || (f.type != PHONE_UNKNOWN && f.type != PHONE_SHORT));
    must(!f.subdivision || (f.area_code >= 200 && strncmp(f.subdivision, f.region, 2) == 0));
    for (int i = 0; i < f.n_zones; i++)
        must(tz_get(tz_name(f.zones[i])) == f.zones[i]);
    return 0;
}

/* fuzz_e164.c - whatever is read as a number reads again as itself, in any country. */

#include "common/number/country.h"
#include "common/number/e164.h"
#include "common/number/phone_facts.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const countries[] = {NULL, "IT", "US", "DE", "GB", "RU", "HU", "FR"};
    struct e164 first, again;

    if (size == 0)
        return 0;
    const char *country = countries[data[0] % 8];
    if (e164_parse((struct str){(const char *)data + 1, size - 1}, country, &first) != NUMBER_OK)
        return 0;
    must(first.text[0] == '+' && strlen(first.text) <= 16);
    must(e164_parse(str_of(first.text), country, &again) == NUMBER_OK);
    must(strcmp(first.text, again.text) == 0 && !again.converted);
    const char *region = phone_region(first.text);
    must(!region || !country_complaint(region));
    must(!e164_complaint(first.text));
    return 0;
}

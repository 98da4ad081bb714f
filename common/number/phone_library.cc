// phone_library.cc - the only C++ of the product: what C cannot call by itself.
//
// A number is put together here rather than parsed: whoever asks has read it already, and parsing
// costs twice what the rest does.

#include "common/number/phone_library.h"

#include <phonenumbers/phonenumberutil.h>
#include <phonenumbers/shortnumberinfo.h>

#include <cstdlib>
#include <iterator>
#include <list>

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;
using i18n::phonenumbers::ShortNumberInfo;

namespace
{

const PhoneNumberUtil &library()
{
    return *PhoneNumberUtil::GetInstance();
}

PhoneNumber number_of(int calling_code, const char *national)
{
    PhoneNumber n;
    int zeros = 0;

    while (national[zeros] == '0' && national[zeros + 1])
        zeros++;
    n.set_country_code(calling_code);
    n.set_national_number(std::strtoull(national, nullptr, 10));
    if (zeros > 0)
        n.set_italian_leading_zero(true);
    if (zeros > 1)
        n.set_number_of_leading_zeros(zeros);
    return n;
}

void copy_region(const std::string &from, char region[PHONE_REGION_SIZE])
{
    region[from.copy(region, PHONE_REGION_SIZE - 1)] = '\0';
}

enum phone_type type_of(PhoneNumberUtil::PhoneNumberType type)
{
    switch (type) {
#define X(name, word) \
    case PhoneNumberUtil::name: return PHONE_##name;
        PHONE_LIBRARY_TYPES(X)
#undef X
    }
    return PHONE_UNKNOWN;
}

} // namespace

void phone_library_region(int calling_code, const char *national, char region[PHONE_REGION_SIZE])
{
    std::string found;

    library().GetRegionCodeForNumber(number_of(calling_code, national), &found);
    copy_region(found, region);
}

bool phone_library_region_of_code(int calling_code, int i, char region[PHONE_REGION_SIZE])
{
    std::list<std::string> all;

    library().GetRegionCodesForCountryCallingCode(calling_code, &all);
    if (i < 0 || static_cast<size_t>(i) >= all.size())
        return false;
    copy_region(*std::next(all.begin(), i), region);
    return true;
}

int phone_library_calling_code(const char *region)
{
    return library().GetCountryCodeForRegion(region);
}

enum phone_type phone_library_type(int calling_code, const char *national, bool *geographic)
{
    static const ShortNumberInfo short_numbers;
    const PhoneNumber n = number_of(calling_code, national);
    const PhoneNumberUtil::PhoneNumberType type = library().GetNumberType(n);

    *geographic = library().IsNumberGeographical(type, calling_code);
    if (type == PhoneNumberUtil::UNKNOWN && short_numbers.IsValidShortNumber(n))
        return PHONE_SHORT;
    return type_of(type);
}

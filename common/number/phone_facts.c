/* phone_facts.c - the library's answers, and what is done where it has none. */

#include "common/number/phone_facts.h"

#include "common/number/calling_codes.h"
#include "common/number/country.h"
#include "common/number/phone_zones.h"

#include <pthread.h>

enum { NORTH_AMERICA = 1, CALLING_CODES = 1000, AREA_DIGITS = 3, E164_DIGITS_MAX = 15 };

/* A number taken apart; code 0 = it is none. */
struct parts {
    int code;
    const char *digits, *national; /* with and without the calling code */
    size_t code_width;
};

static struct parts take_apart(const char *e164)
{
    struct str digits = str_of(e164 + (e164[0] == '+'));
    const struct calling_code *cc;

    if (e164[0] != '+' || digits.n == 0 || digits.n > E164_DIGITS_MAX
        || strspn(digits.p, "0123456789") != digits.n || !(cc = calling_code_of_number(digits)))
        return (struct parts){0};
    size_t width = calling_code_width(cc);
    return (struct parts){(int)cc->code, digits.p, digits.p + width, width};
}

static int area_code_of(const struct parts *p)
{
    int area = 0;

    if (p->code != NORTH_AMERICA || strlen(p->national) < AREA_DIGITS)
        return 0;
    for (int i = 0; i < AREA_DIGITS; i++)
        area = area * 10 + (p->national[i] - '0');
    return area;
}

static const char *subdivision_of(int area)
{
    const struct phone_area *place = phone_area_of(area);

    return place && place->subdivision[0] ? place->subdivision : NULL;
}

/*
 * What the library does not know may have been assigned since.  Within the North
 * American plan the area code tells whose it is, or nobody does; elsewhere a
 * territory has its own beginning, which the library knows, and the rest is the
 * main country's.
 */
static const char *region_of(const struct parts *p)
{
    char region[PHONE_REGION_SIZE] = "";

    if (p->code == 0)
        return NULL;
    const char *place = subdivision_of(area_code_of(p));
    if (place)
        return country_code((char[]){place[0], place[1], '\0'});
    phone_library_region(p->code, p->national, region);
    const char *found = country_code(region);
    if (found || p->code == NORTH_AMERICA)
        return found;
    return phone_library_region_of_code(p->code, 0, region) ? country_code(region) : NULL;
}

const char *phone_region(const char *e164)
{
    struct parts p = take_apart(e164);

    return region_of(&p);
}

/* The country whose rules govern all regions of a calling code; NULL when there are several. */
static const char *country_of_code(int code)
{
    char region[PHONE_REGION_SIZE];
    const char *country = NULL;

    for (int i = 0; phone_library_region_of_code(code, i, region); i++) {
        const char *found = country_code(region);
        if (!found || (country && strcmp(country_of_rules(found), country) != 0))
            return NULL;
        country = country_of_rules(found);
    }
    return country;
}

static const char *countries[CALLING_CODES]; /* by calling code, where one is enough */
static pthread_once_t countries_once = PTHREAD_ONCE_INIT;

static void find_countries(void)
{
    for (int code = 1; code < CALLING_CODES; code++)
        countries[code] = country_of_code(code);
}

const char *phone_country(const char *e164)
{
    struct parts p = take_apart(e164);

    pthread_once(&countries_once, find_countries);
    if (countries[p.code])
        return countries[p.code];
    const char *region = region_of(&p);
    return region ? country_of_rules(region) : NULL;
}

struct phone_facts phone_facts(const char *e164)
{
    struct parts p = take_apart(e164);
    struct phone_facts f = {.region = region_of(&p)};
    bool geographic = false;

    if (p.code == 0)
        return f;
    f.type = phone_library_type(p.code, p.national, &geographic);
    f.valid = f.type != PHONE_UNKNOWN && f.type != PHONE_SHORT;
    f.area_code = area_code_of(&p);
    f.subdivision = subdivision_of(f.area_code);
    /* A new area code's numbers are not geographic to the library, but they are. */
    bool placed = geographic || (!f.valid && f.subdivision);
    struct phone_zones z = phone_zones_of(p.digits, placed ? PHONE_PREFIX_DIGITS : p.code_width);
    f.zones = z.zones;
    f.n_zones = z.n;
    return f;
}

const char *phone_type_name(enum phone_type type)
{
    static const char *const names[] = {
#define X(name, word) [PHONE_##name] = word,
        PHONE_LIBRARY_TYPES(X)
#undef X
            [PHONE_SHORT] = "short",
    };

    return names[type];
}

const char *phone_data_version(void)
{
    return PHONE_DATA_VERSION;
}

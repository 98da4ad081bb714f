/*
 * phone_facts.h - what a telephone number tells about whom it reaches, and where.
 *
 * From libphonenumber, and from its prefix data for zones, corrected where they
 * are wrong (phone_corrections.def).  How people write numbers is e164.h's; a
 * number here is in its one spelling, and anything else has no facts.  Pure; any
 * thread.  phone_region() costs about 2 microseconds, phone_facts() about 10.
 *
 * All of it is a hint: numbers are ported, and ranges assigned after the
 * library's data (valid = false then) may well ring.
 */
#ifndef AGORALIA_PHONE_FACTS_H
#define AGORALIA_PHONE_FACTS_H

#include "common/base/tz.h"
#include "common/number/phone_library.h"

struct phone_facts {
    bool valid; /* in a range that was assigned when the library's data were made */
    enum phone_type type;
    const char *region; /* ISO 3166-1 alpha-2, not country_of_rules(); NULL = nobody's */

    /*
     * Where it may ring: of the prefix when the type has a place, else of the
     * whole calling code.  Each zone once, under its own name; none when nothing
     * is known.  They live as long as the process.
     */
    const struct tz *const *zones;
    int n_zones;

    int area_code;           /* of the North American plan; 0 = another plan */
    const char *subdivision; /* "US-FL", of the area code; NULL = none, or several */
};

struct phone_facts phone_facts(const char *e164);

/* Only the region. */
const char *phone_region(const char *e164);

/*
 * The country whose rules govern the number: country_of_rules() of its region.  A
 * tenth of a microsecond where a whole calling code is under one country's rules,
 * so that long lists may ask.
 */
const char *phone_country(const char *e164);

/* "fixed_line_or_mobile" */
const char *phone_type_name(enum phone_type type);

/* The release of the data behind all this. */
const char *phone_data_version(void);

#endif

/* phone_zones.h - the generated tables, and how they are searched.  Private to common/number. */
#ifndef AGORALIA_PHONE_ZONES_H
#define AGORALIA_PHONE_ZONES_H

#include "common/base/tz.h"

#include "phone_tables.h"

/* Ascending by key: a prefix of an E.164 number's digits, with a 1 before it. */
struct phone_prefix {
    uint32_t key;
    uint16_t zones; /* which of phone_zone_lists */
};
extern const struct phone_prefix phone_prefixes[PHONE_PREFIXES];

/* A stretch of phone_zone_names. */
struct phone_zone_list {
    uint16_t first, n;
};
extern const struct phone_zone_list phone_zone_lists[PHONE_ZONE_LISTS];
extern const char *const phone_zone_names[];

/* Ascending by code: area codes of the North American plan that belong to a place. */
struct phone_area {
    uint16_t code;
    char subdivision[7]; /* "US-FL"; "" = several */
};
extern const struct phone_area phone_areas[PHONE_AREAS];

struct phone_zones {
    const struct tz *const *zones; /* for the life of the process; each once */
    int n;
};

/* Of the longest prefix of these digits that the table knows, at most `most` digits long. */
struct phone_zones phone_zones_of(const char *digits, size_t most);

/* NULL for an area code that belongs to no place, or to nobody. */
const struct phone_area *phone_area_of(int code);

#endif

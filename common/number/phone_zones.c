/* phone_zones.c - longest prefix first; a list of zones is opened when it is first needed. */

#include "common/number/phone_zones.h"

#include "common/base/compiler.h"

#include <stdatomic.h>
#include <stdlib.h>

/* What a list of names became: made once, by whichever thread came first, and never freed. */
struct opened {
    int n;
    const struct tz *zones[];
};
static _Atomic(struct opened *) opened[PHONE_ZONE_LISTS];

static bool has(const struct opened *o, const struct tz *zone)
{
    for (int i = 0; i < o->n; i++)
        if (o->zones[i] == zone)
            return true;
    return false;
}

/* Names that the system's tzdata does not know are left out; aliases of one zone are one. */
static struct opened *open_list(const struct phone_zone_list *list)
{
    struct opened *o = malloc(sizeof(*o) + list->n * sizeof(o->zones[0]));

    if (!o)
        abort();
    o->n = 0;
    for (int i = 0; i < list->n; i++) {
        const struct tz *zone = tz_get(phone_zone_names[list->first + i]);
        if (zone && !has(o, zone))
            o->zones[o->n++] = zone;
    }
    return o;
}

static struct phone_zones zones_of(size_t list)
{
    struct opened *o = atomic_load(&opened[list]), *mine;

    if (!o) {
        mine = open_list(&phone_zone_lists[list]);
        if (atomic_compare_exchange_strong(&opened[list], &o, mine))
            o = mine;
        else
            free(mine);
    }
    return (struct phone_zones){o->zones, o->n};
}

static int by_key(const void *key, const void *row)
{
    uint32_t a = *(const uint32_t *)key, b = ((const struct phone_prefix *)row)->key;

    return (a > b) - (a < b);
}

struct phone_zones phone_zones_of(const char *digits, size_t most)
{
    uint32_t key = 1;
    size_t n = 0;

    while (n < PHONE_PREFIX_DIGITS && n < most && digits[n])
        key = key * 10 + (uint32_t)(digits[n++] - '0');
    for (; n > 0; n--, key /= 10) {
        const struct phone_prefix *row =
            bsearch(&key, phone_prefixes, PHONE_PREFIXES, sizeof(*row), by_key);
        if (row)
            return zones_of(row->zones);
    }
    return (struct phone_zones){NULL, 0};
}

static int by_code(const void *code, const void *row)
{
    return *(const int *)code - ((const struct phone_area *)row)->code;
}

const struct phone_area *phone_area_of(int code)
{
    return bsearch(&code, phone_areas, PHONE_AREAS, sizeof(phone_areas[0]), by_code);
}

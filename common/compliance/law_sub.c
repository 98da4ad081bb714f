/* law_sub.c - states and territories, and which numbers are theirs. */

#include "common/compliance/law_reader.h"
#include "common/number/calling_codes.h"

#include <stdlib.h>

static const char *const sub_keys[] = {
    "region",          "area_codes",  "country_codes",  "timezones",       "call_windows",
    "quiet_hours",     "holidays",    "attempt_caps",   "abandoned_calls", "refusal_cooldown_days",
    "recording_model", "consent_b2c", "effective_from", "effective_to",    "state_dnc_list",
    "certainty",       "source",      "note",           "match",           NULL};

struct area_list {
    struct area *items;
    int n;
    uint64_t calling_code;
};

static void add_area(struct law_reader *r, struct area_list *list, int64_t code, struct area area)
{
    int width = 1;

    if (code < 1 || code > 999999) {
        law_misread(r, "area_codes");
        return;
    }
    area.digits = list->calling_code;
    for (int64_t rest = code; rest; rest /= 10)
        area.digits *= 10;
    area.digits += (uint64_t)code;
    for (uint64_t rest = area.digits; rest >= 10; rest /= 10)
        width++;
    r->law->area_widths |= 1u << width;
    list->items[list->n++] = area;
}

static void read_countries(struct law_reader *r, const struct cJSON *v, struct sub_law *out)
{
    const struct cJSON *list = law_member(v, "country_codes");
    const struct cJSON *c = law_list(r, list) ? json_first(list) : NULL;

    for (; c; c = json_next(c)) {
        const char *iso = json_string(c);
        if (!iso || strlen(iso) != 2 || out->n_countries == (int)ARRAY_LEN(out->countries))
            law_misread(r, "country_codes");
        else
            memcpy(out->countries[out->n_countries++], iso, 3);
    }
}

static void read_sub(struct law_reader *r, const struct cJSON *v, struct area_list *areas,
                     struct sub_law *out)
{
    static const char *const models[] = {"one_party", "notice", "all_party", NULL};
    const struct cJSON *codes = law_member(v, "area_codes");
    const struct cJSON *c = law_list(r, codes) ? json_first(codes) : NULL;

    law_only(r, v, sub_keys);
    out->region = law_string(r, v, "region");
    if (!out->region)
        law_misread(r, "region");
    out->in_force = law_in_force(r, v);
    law_read_times(r, v, law_string(r, v, "quiet_hours"), &out->times);
    out->zones = law_zones(r, law_member(v, "timezones"), &out->n_zones);
    read_countries(r, v, out);
    out->b2c.regime = law_regime(r, v, "consent_b2c");
    out->all_party_recording = law_word(r, v, "recording_model", models, 0) == 2;
    r->law->recording_by_state |= out->all_party_recording;
    for (; c; c = json_next(c)) {
        int64_t code = 0;
        if (!json_i64(c, &code))
            code = -1;
        add_area(r, areas, code, (struct area){.sub = out});
    }
}

static void read_split(struct law_reader *r, const struct cJSON *v, struct area_list *areas)
{
    struct area area = {.zones = law_zones(r, v, &area.n_zones)};
    char *end;
    long code = strtol(json_key(v), &end, 10);

    if (area.n_zones)
        add_area(r, areas, *end ? -1 : code, area);
    else
        law_misread(r, "split_area_codes");
}

static int compare_areas(const void *a, const void *b)
{
    uint64_t x = ((const struct area *)a)->digits, y = ((const struct area *)b)->digits;

    return (x > y) - (x < y);
}

static int count_codes(struct law_reader *r, const struct cJSON *subs, const struct cJSON *split)
{
    int n = 0;

    for (const struct cJSON *v = json_first(subs); subs && v; v = json_next(v))
        n += law_list(r, law_member(v, "area_codes"));
    for (const struct cJSON *v = json_first(split); split && v; v = json_next(v))
        n++;
    return n;
}

void law_read_subs(struct law_reader *r, const struct cJSON *extended)
{
    const struct cJSON *subs = law_member(extended, "sub_rules");
    const struct cJSON *split = law_member(extended, "split_area_codes");
    const struct calling_code *cc = calling_code_of_country(r->law->country_iso);
    int n = law_list(r, subs), codes = count_codes(r, n ? subs : NULL, split);
    struct area_list areas = {arena_alloc(&r->op->arena, (size_t)(codes + 1) * sizeof(struct area)),
                              0, cc ? cc->code : 0};

    r->law->subs = arena_alloc(&r->op->arena, (size_t)(n + 1) * sizeof(struct sub_law));
    for (const struct cJSON *v = n ? json_first(subs) : NULL; v; v = json_next(v))
        read_sub(r, v, &areas, &r->law->subs[r->law->n_subs++]);
    for (const struct cJSON *v = split ? json_first(split) : NULL; v; v = json_next(v))
        read_split(r, v, &areas);
    if (areas.n && !cc)
        law_misread(r, "area codes of a country without a calling code");
    qsort(areas.items, (size_t)areas.n, sizeof(struct area), compare_areas);
    r->law->areas = areas.items;
    r->law->n_areas = areas.n;
}

static int first_not_below(const struct law *law, uint64_t digits)
{
    int low = 0, high = law->n_areas;

    while (low < high) {
        int middle = low + (high - low) / 2;
        if (law->areas[middle].digits < digits)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct area *law_areas(const struct law *law, const char *e164, int width, int *n)
{
    uint64_t digits = 0;

    *n = 0;
    if (!(law->area_widths & 1u << width))
        return NULL;
    for (int i = 1; i <= width; i++) {
        if (e164[i] < '0' || e164[i] > '9')
            return NULL;
        digits = digits * 10 + (uint64_t)(e164[i] - '0');
    }
    int first = first_not_below(law, digits);
    while (first + *n < law->n_areas && law->areas[first + *n].digits == digits)
        ++*n;
    return law->areas + first;
}

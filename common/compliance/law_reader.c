/* law_reader.c - typed members of a law's document. */

#include "common/compliance/law_reader.h"

#include "common/base/tz.h"

void law_misread(struct law_reader *r, const char *what)
{
    if (!r->law->not_understood)
        r->law->not_understood = arena_printf(&r->op->arena, "%s: %s", r->where, what);
}

void law_only(struct law_reader *r, const struct cJSON *object, const char *const *keys)
{
    if (!json_is_object(object)) {
        law_misread(r, "is not an object");
        return;
    }
    for (const struct cJSON *v = json_first(object); v; v = json_next(v)) {
        const char *const *key = keys;
        while (*key && strcmp(*key, json_key(v)) != 0)
            key++;
        if (!*key)
            law_misread(r, json_key(v));
    }
}

const struct cJSON *law_member(const struct cJSON *object, const char *key)
{
    const struct cJSON *v = json_get(object, key);

    return v && !json_is_null(v) ? v : NULL;
}

bool law_flag(struct law_reader *r, const struct cJSON *object, const char *key, bool otherwise)
{
    const struct cJSON *v = law_member(object, key);

    if (v && !json_is_bool(v))
        law_misread(r, key);
    return v && json_is_bool(v) ? json_is_true(v) : otherwise;
}

int law_count(struct law_reader *r, const struct cJSON *object, const char *key, int max)
{
    const struct cJSON *v = law_member(object, key);
    int64_t n = 0;

    if (!v)
        return 0;
    if (json_i64(v, &n) && n >= 1 && n <= max)
        return (int)n;
    law_misread(r, key);
    return 0;
}

const char *law_string(struct law_reader *r, const struct cJSON *object, const char *key)
{
    const struct cJSON *v = law_member(object, key);

    if (!v)
        return NULL;
    if (json_string(v))
        return arena_strdup(&r->op->arena, json_string(v));
    law_misread(r, key);
    return NULL;
}

int law_word(struct law_reader *r, const struct cJSON *object, const char *key,
             const char *const *words, int otherwise)
{
    const char *word = law_string(r, object, key);

    for (int i = 0; word && words[i]; i++)
        if (strcmp(word, words[i]) == 0)
            return i;
    if (word)
        law_misread(r, key);
    return otherwise;
}

static int32_t read_day(struct law_reader *r, const struct cJSON *object, const char *key)
{
    const char *text = law_string(r, object, key);
    int32_t day = 0;

    if (text && !day_parse(text, &day))
        law_misread(r, key);
    return day;
}

struct in_force law_in_force(struct law_reader *r, const struct cJSON *object)
{
    return (struct in_force){read_day(r, object, "effective_from"),
                             read_day(r, object, "effective_to")};
}

int law_list(struct law_reader *r, const struct cJSON *v)
{
    int n = 0;

    if (v && !json_is_array(v))
        law_misread(r, "is not a list");
    else
        for (v = v ? json_first(v) : NULL; v; v = json_next(v))
            n++;
    return n;
}

const struct tz **law_zones(struct law_reader *r, const struct cJSON *list, int *n)
{
    int count = law_list(r, list);
    const struct tz **zones =
        arena_alloc(&r->op->arena, (size_t)(count + 1) * sizeof(const void *));

    *n = 0;
    for (const struct cJSON *v = count ? json_first(list) : NULL; v; v = json_next(v)) {
        const struct tz *zone = json_string(v) ? tz_get(json_string(v)) : NULL;
        if (zone)
            zones[(*n)++] = zone;
        else
            law_misread(r, "names a zone that does not exist");
    }
    return zones;
}

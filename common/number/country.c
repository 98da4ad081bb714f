/* country.c - closed lists of two-letter codes. */

#include "common/number/country.h"

#include "common/base/compiler.h"
#include "common/base/csv_words.h"

static const char countries[][3] = {
#define COUNTRY(iso) #iso,
#define LANGUAGE(iso)
#define NAME(iso, word)
#include "common/number/country.def"
#undef COUNTRY
#undef LANGUAGE
#undef NAME
};

static const char languages[][3] = {
#define COUNTRY(iso)
#define LANGUAGE(iso) #iso,
#define NAME(iso, word)
#include "common/number/country.def"
#undef COUNTRY
#undef LANGUAGE
#undef NAME
};

static const struct {
    const char *iso, *word;
} names[] = {
#define COUNTRY(iso)
#define LANGUAGE(iso)
#define NAME(iso, word) {#iso, word},
#include "common/number/country.def"
#undef COUNTRY
#undef LANGUAGE
#undef NAME
};

/* Both lists are in alphabetical order. */
static const char *find(const char (*list)[3], size_t n, const char *code)
{
    size_t low = 0;

    while (low < n) {
        size_t mid = low + (n - low) / 2;
        int order = strcmp(code, list[mid]);
        if (order == 0)
            return list[mid];
        if (order < 0)
            n = mid;
        else
            low = mid + 1;
    }
    return NULL;
}

const char *country_code(const char *s)
{
    return find(countries, ARRAY_LEN(countries), s);
}

const char *country_complaint(const char *s)
{
    return country_code(s) ? NULL : "must be an ISO 3166-1 alpha-2 country code such as IT";
}

const char *language_complaint(const char *s)
{
    return find(languages, ARRAY_LEN(languages), s)
               ? NULL
               : "must be an ISO 639-1 language code such as it";
}

const char *country_of_rules(const char *country_iso)
{
    static const struct {
        const char *territory, *country;
    } aliases[] = {
        {"AS", "US"}, {"AX", "FI"}, {"BL", "FR"}, {"GF", "FR"}, {"GG", "GB"},
        {"GP", "FR"}, {"GU", "US"}, {"IM", "GB"}, {"JE", "GB"}, {"MF", "FR"},
        {"MP", "US"}, {"MQ", "FR"}, {"PM", "FR"}, {"PR", "US"}, {"RE", "FR"},
        {"SJ", "NO"}, {"SM", "IT"}, {"VA", "IT"}, {"VI", "US"}, {"YT", "FR"},
    };

    for (size_t i = 0; i < ARRAY_LEN(aliases); i++)
        if (strcmp(aliases[i].territory, country_iso) == 0)
            return aliases[i].country;
    return country_iso;
}

const char *country_read(struct str text)
{
    char word[CSV_WORD_MAX + 1];
    size_t n = csv_word(text, word);

    if (n == 2) {
        char code[3] = {(char)(word[0] & ~0x20), (char)(word[1] & ~0x20), '\0'};
        const char *found = country_code(code);
        if (found)
            return found;
    }
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (strcmp(names[i].word, word) == 0)
            return names[i].iso;
    return NULL;
}

/* it, IT, it-IT, it_CH: the language is what comes first. */
const char *language_read(struct str text)
{
    char word[CSV_WORD_MAX + 1];
    size_t n = csv_word(text, word);
    bool has_region = n == 4 && memchr("-_", text.p[2], 2);

    if (n != 2 && !(text.n >= 5 && has_region))
        return NULL;
    word[2] = '\0';
    return find(languages, ARRAY_LEN(languages), word);
}

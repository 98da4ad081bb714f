/* dnc_columns.c - headers and closed vocabularies; a file without headers by its first row. */

#include "common/compliance/dnc_columns.h"

#include "common/base/csv_words.h"
#include "common/lead/date_cell.h"

enum { HEADER_SOURCE, HEADER_ACTION, HEADER_OUTCOME, HEADER_AREA, HEADER_CHANGED };
enum { AREA_DIGITS = 3, REST_DIGITS = 7 };

static const struct csv_meaning headers[] = {
    {"source", HEADER_SOURCE},       {"dncsource", HEADER_SOURCE},
    {"fonte", HEADER_SOURCE},        {"quelle", HEADER_SOURCE},
    {"fuente", HEADER_SOURCE},       {"action", HEADER_ACTION},
    {"change", HEADER_ACTION},       {"changetype", HEADER_ACTION},
    {"operation", HEADER_ACTION},    {"flag", HEADER_ACTION},
    {"azione", HEADER_ACTION},       {"operazione", HEADER_ACTION},
    {"outcome", HEADER_OUTCOME},     {"result", HEADER_OUTCOME},
    {"status", HEADER_OUTCOME},      {"registered", HEADER_OUTCOME},
    {"onregister", HEADER_OUTCOME},  {"esito", HEADER_OUTCOME},
    {"listed", HEADER_OUTCOME},      {"area", HEADER_AREA},
    {"areacode", HEADER_AREA},       {"npa", HEADER_AREA},
    {"date", HEADER_CHANGED},        {"changedate", HEADER_CHANGED},
    {"datechanged", HEADER_CHANGED}, {"effectivedate", HEADER_CHANGED},
    {"actiondate", HEADER_CHANGED},  {"changedat", HEADER_CHANGED},
    {"listedat", HEADER_CHANGED},    {"data", HEADER_CHANGED},
    {"datum", HEADER_CHANGED},       {"fecha", HEADER_CHANGED},
};

static const struct csv_meaning actions[] = {
    {"a", DNC_ADD},          {"add", DNC_ADD},       {"added", DNC_ADD},
    {"insert", DNC_ADD},     {"i", DNC_ADD},         {"new", DNC_ADD},
    {"d", DNC_DELETE},       {"del", DNC_DELETE},    {"delete", DNC_DELETE},
    {"deleted", DNC_DELETE}, {"remove", DNC_DELETE}, {"removed", DNC_DELETE},
};

static const struct csv_meaning outcomes[] = {
    {"y", DNC_LISTED},
    {"yes", DNC_LISTED},
    {"si", DNC_LISTED},
    {"listed", DNC_LISTED},
    {"1", DNC_LISTED},
    {"true", DNC_LISTED},
    {"n", DNC_NOT_LISTED},
    {"no", DNC_NOT_LISTED},
    {"0", DNC_NOT_LISTED},
    {"false", DNC_NOT_LISTED},
    {"notlisted", DNC_NOT_LISTED},
    {"i", DNC_NO_NUMBER},
    {"invalid", DNC_NO_NUMBER},
};

/* Signs are punctuation, which words are compared without. */
int dnc_action_read(struct str cell)
{
    if (str_eq(cell, STR("+")))
        return DNC_ADD;
    if (str_eq(cell, STR("-")))
        return DNC_DELETE;
    return csv_meaning(actions, ARRAY_LEN(actions), cell);
}

int dnc_outcome_read(struct str cell)
{
    return csv_meaning(outcomes, ARRAY_LEN(outcomes), cell);
}

/* In UTC a day begins 14 hours after it did in the first zone, and is over in the last 12 hours
 * after its end. */
const char *dnc_change_read(struct str cell, struct tstamp given, struct tstamp *out)
{
    const int64_t hour_us = INT64_C(3600000000);
    const char *wrong = date_cell_read(cell, out);

    if (wrong)
        return wrong;
    bool day = !memchr(cell.p, ':', cell.n);
    if (out->us - (day ? 14 * hour_us : 0) > given.us)
        return "DATE_AFTER_SCRUBBED_AT";
    if (day)
        out->us += 36 * hour_us;
    if (out->us > given.us)
        *out = given;
    return NULL;
}

static struct str trim(struct str s)
{
    while (s.n && strchr(" \t\r\n", s.p[0])) {
        s.p++;
        s.n--;
    }
    while (s.n && strchr(" \t\r\n", s.p[s.n - 1]))
        s.n--;
    return s;
}

struct str dnc_cell(const struct csv_record *r, size_t place)
{
    return place ? trim(r->fields[place - 1]) : STR("");
}

static void map_headers(const struct csv_record *first, struct dnc_columns *c)
{
    size_t *const places[] = {&c->source, &c->action, &c->outcome, &c->area, &c->changed};

    for (size_t i = 0; i < first->n; i++) {
        int meaning = csv_meaning(headers, ARRAY_LEN(headers), first->fields[i]);
        if (meaning >= 0 && !*places[meaning])
            *places[meaning] = i + 1;
    }
}

static bool is_digits(struct str s, size_t n)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
    return s.n == n;
}

/* "212,5550123": as the US registry's flat files are. */
static bool map_two_parts(const struct csv_record *first, struct dnc_columns *c)
{
    if (first->n < 2 || !is_digits(dnc_cell(first, 1), AREA_DIGITS)
        || !is_digits(dnc_cell(first, 2), REST_DIGITS))
        return false;
    c->area = 1;
    c->lead = (struct lead_columns){.nphones = 1, .phones = {1}};
    c->lead.at[LEAD_PHONE] = 2;
    return true;
}

static bool looks_like_a_day(struct str cell)
{
    struct tstamp day;
    const char *wrong = date_cell_read(cell, &day);

    return !wrong || strcmp(wrong, "DATE_AMBIGUOUS") == 0;
}

/* Without headers a column is what its first cell looks like. */
static void map_words(const struct csv_record *first, struct dnc_columns *c)
{
    for (size_t i = 1; i <= first->n; i++) {
        struct str cell = dnc_cell(first, i);
        if (i == c->lead.at[LEAD_PHONE] || i == c->area)
            continue;
        if (!c->action && dnc_action_read(cell) >= 0)
            c->action = i;
        if (!c->outcome && dnc_outcome_read(cell) >= 0)
            c->outcome = i;
        if (!c->changed && looks_like_a_day(cell))
            c->changed = i;
    }
}

bool dnc_columns_map(const struct csv_record *first, const char *default_country,
                     struct dnc_columns *out)
{
    *out = (struct dnc_columns){0};
    if (!map_two_parts(first, out) && !lead_columns_map(first, default_country, &out->lead))
        return false;
    if (out->lead.headed)
        map_headers(first, out);
    else
        map_words(first, out);
    return true;
}

struct str dnc_phone(const struct csv_record *r, const struct dnc_columns *c,
                     char joined[DNC_JOINED_MAX])
{
    struct str area = dnc_cell(r, c->area), rest = lead_phone_cell(r, &c->lead);

    if (!area.n || !rest.n || area.n + rest.n > DNC_JOINED_MAX)
        return rest;
    memcpy(joined, area.p, area.n);
    memcpy(joined + area.n, rest.p, rest.n);
    return (struct str){joined, area.n + rest.n};
}

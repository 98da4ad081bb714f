/* lead_columns.c - the aliases of lead_columns.def, looked up once per file. */

#include "common/lead/lead_columns.h"

#include "common/base/csv_words.h"
#include "common/number/phone_cell.h"

static const struct csv_meaning aliases[] = {
#define ALIAS(column, word) {word, LEAD_##column},
#include "common/lead/lead_columns.def"
#undef ALIAS
};

enum lead_column lead_column_of(struct str header)
{
    int column = csv_meaning(aliases, ARRAY_LEN(aliases), header);

    return column < 0 ? LEAD_IGNORED : (enum lead_column)column;
}

static void take_phone(struct lead_columns *c, size_t place)
{
    if (c->nphones < LEAD_PHONE_COLUMNS)
        c->phones[c->nphones++] = place;
}

/* Of two columns with one meaning the first stands. */
static void map_headers(const struct csv_record *first, struct lead_columns *c)
{
    for (size_t i = 0; i < first->n; i++) {
        enum lead_column column = lead_column_of(first->fields[i]);

        if (column == LEAD_IGNORED)
            continue;
        if (column == LEAD_PHONE)
            take_phone(c, i);
        if (!c->at[column])
            c->at[column] = i + 1;
    }
    if (!c->nphones && c->at[LEAD_NUMBER]) {
        c->at[LEAD_PHONE] = c->at[LEAD_NUMBER];
        take_phone(c, c->at[LEAD_NUMBER] - 1);
    }
}

/* Even a number that is refused is a number: what follows a header never looks like this. */
static bool looks_like_number(struct str cell, const char *default_country)
{
    struct phone_cell parsed;
    struct number_text text;

    return !phone_cell_read(cell, default_country, &parsed)
           || (number_text_read(cell, &text) == NUMBER_OK && text.n >= 8);
}

bool lead_columns_map(const struct csv_record *first, const char *default_country,
                      struct lead_columns *out)
{
    *out = (struct lead_columns){.headed = true};
    map_headers(first, out);
    if (out->nphones)
        return true;
    for (size_t i = 0; i < first->n; i++)
        if (looks_like_number(first->fields[i], default_country)) {
            *out = (struct lead_columns){.nphones = 1, .phones = {i}};
            out->at[LEAD_PHONE] = i + 1;
            return true;
        }
    if (first->n != 1)
        return false;
    *out = (struct lead_columns){.headed = true, .nphones = 1};
    out->at[LEAD_PHONE] = 1;
    return true;
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

struct str lead_cell(const struct csv_record *r, const struct lead_columns *c,
                     enum lead_column column)
{
    size_t place = c->at[column];

    return place ? trim(r->fields[place - 1]) : STR("");
}

struct str lead_phone_cell(const struct csv_record *r, const struct lead_columns *c)
{
    struct str cell = STR("");

    for (size_t i = 0; i < c->nphones && cell.n == 0; i++)
        cell = trim(r->fields[c->phones[i]]);
    return cell;
}

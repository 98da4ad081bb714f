/* phone_cell.c - the cell as one number first; divided only when that fails. */

#include "common/number/phone_cell.h"

#include "common/base/compiler.h"

enum {
    PARTS_MAX = 1 + PHONE_CELL_OTHERS,
    DIGITS_OF_A_NUMBER = 5, /* fewer are a floor, an extension, a remark */
};

/* The length of a separator at the beginning of s, or 0. */
static size_t separator_length(struct str s)
{
    static const struct str words[] = {
        {":::", 3}, {" o ", 3}, {" or ", 4},  {" oder ", 6}, {" ou ", 4},
        {" y ", 3}, {" e ", 3}, {" und ", 5}, {" and ", 5},
    };

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (str_starts(s, words[i]))
            return words[i].n;
    return memchr("/;,|&\n", s.p[0], 6) ? 1 : 0;
}

static struct str next_part(struct str *rest)
{
    struct str part = {rest->p, 0};

    while (rest->n) {
        size_t length = separator_length(*rest);

        rest->p += length ? length : 1;
        rest->n -= length ? length : 1;
        if (length)
            break;
        part.n++;
    }
    return part;
}

static size_t count_digits(struct str s)
{
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++)
        n += s.p[i] >= '0' && s.p[i] <= '9';
    return n;
}

/* How many parts of the cell could be numbers at all; parts[] holds the first of them. */
static size_t divide(struct str cell, struct str parts[PARTS_MAX])
{
    size_t n = 0;

    while (cell.n) {
        struct str part = next_part(&cell);

        if (count_digits(part) < DIGITS_OF_A_NUMBER)
            continue;
        if (n < PARTS_MAX)
            parts[n] = part;
        n++;
    }
    return n;
}

static bool is_known(const struct phone_cell *cell, const char *e164)
{
    if (strcmp(cell->primary.text, e164) == 0)
        return true;
    for (size_t i = 0; i < cell->nothers; i++)
        if (strcmp(cell->others[i].text, e164) == 0)
            return true;
    return false;
}

const char *phone_cell_read(struct str cell, const char *default_country, struct phone_cell *out)
{
    struct str parts[PARTS_MAX];
    struct e164 number;
    enum number_fault fault = e164_parse(cell, default_country, &out->primary);

    out->nothers = 0;
    if (fault == NUMBER_OK)
        return NULL;
    size_t n = divide(cell, parts);
    if (n < 2)
        return number_fault_name(fault);
    if (n > PARTS_MAX || e164_parse(parts[0], default_country, &out->primary) != NUMBER_OK)
        return "MULTIPLE_NUMBERS";
    for (size_t i = 1; i < n; i++) {
        if (e164_parse(parts[i], default_country, &number) != NUMBER_OK)
            return "MULTIPLE_NUMBERS";
        if (!is_known(out, number.text))
            out->others[out->nothers++] = number;
    }
    return NULL;
}

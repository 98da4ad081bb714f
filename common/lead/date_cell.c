/* date_cell.c - year first is clear, dots are day first, slashes only when one part exceeds 12. */

#include "common/lead/date_cell.h"

#include <stdio.h>

struct date {
    int part[3];
    size_t digits[3];
    char separator;
};

static bool take_number(struct str *s, int *value, size_t *digits)
{
    *value = 0;
    *digits = 0;
    while (s->n && s->p[0] >= '0' && s->p[0] <= '9' && *digits < 4) {
        *value = *value * 10 + (s->p[0] - '0');
        ++*digits;
        s->p++;
        s->n--;
    }
    return *digits > 0;
}

static bool take_parts(struct str *s, struct date *d)
{
    for (int i = 0; i < 3; i++) {
        if (!take_number(s, &d->part[i], &d->digits[i]))
            return false;
        if (i == 2)
            break;
        if (s->n == 0 || !memchr("-/.", s->p[0], 3) || (i == 1 && s->p[0] != d->separator))
            return false;
        d->separator = s->p[0];
        s->p++;
        s->n--;
    }
    return true;
}

struct ymd {
    int year, month, day;
};

static const char *order(const struct date *d, struct ymd *out)
{
    const int *p = d->part;

    if (d->digits[0] == 4) {
        *out = (struct ymd){p[0], p[1], p[2]};
        return NULL;
    }
    if (d->digits[2] != 4)
        return "DATE_INVALID";
    if (d->separator != '.' && p[0] <= 12 && p[1] <= 12 && p[0] != p[1])
        return "DATE_AMBIGUOUS";
    bool month_first = d->separator != '.' && p[1] > 12;
    *out = month_first ? (struct ymd){p[2], p[0], p[1]} : (struct ymd){p[2], p[1], p[0]};
    return NULL;
}

/* "", " 10:30", "T10:30:15.5": as RFC 3339 has it, seconds supplied. */
static bool write_time(struct str rest, char *out, size_t size)
{
    if (rest.n == 0) {
        snprintf(out, size, "00:00:00");
        return true;
    }
    if ((rest.p[0] != ' ' && rest.p[0] != 'T') || rest.n < 6 || rest.n > 16)
        return false;
    snprintf(out, size, "%.*s%s", (int)rest.n - 1, rest.p + 1, rest.n == 6 ? ":00" : "");
    return true;
}

const char *date_cell_read(struct str cell, struct tstamp *out)
{
    struct date d = {0};
    struct ymd ymd;
    char time[24], text[64];

    if (tstamp_parse(cell, out))
        return NULL;
    if (!take_parts(&cell, &d))
        return "DATE_INVALID";
    const char *wrong = order(&d, &ymd);
    if (wrong)
        return wrong;
    if (!write_time(cell, time, sizeof(time)))
        return "DATE_INVALID";
    int n = snprintf(text, sizeof(text), "%04d-%02d-%02dT%sZ", ymd.year, ymd.month, ymd.day, time);
    return n > 0 && tstamp_parse((struct str){text, (size_t)n}, out) ? NULL : "DATE_INVALID";
}

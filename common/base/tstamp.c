/* tstamp.c - calendar arithmetic on the proleptic Gregorian calendar, without libc's time zone. */

#include "common/base/tstamp.h"

#include "common/base/arena.h"

#define DAY_SECONDS 86400
#define YEAR_10000_SECONDS 253402300800

/* Days since 1970-01-01; months counted from March so that leap days come last. */
static int64_t days_from_civil(int64_t y, int m, int d)
{
    y -= m <= 2;
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t yoe = y - era * 400;
    int64_t doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    int64_t doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    return era * 146097 + doe - 719468;
}

static void civil_from_days(int64_t z, int64_t *y, int *m, int *d)
{
    z += 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    *d = (int)(doy - (153 * mp + 2) / 5 + 1);
    *m = (int)(mp < 10 ? mp + 3 : mp - 9);
    *y = yoe + era * 400 + (*m <= 2);
}

static bool digits(struct str *s, int count, int *out)
{
    int v = 0;

    if (s->n < (size_t)count)
        return false;
    for (int i = 0; i < count; i++) {
        if (s->p[i] < '0' || s->p[i] > '9')
            return false;
        v = v * 10 + (s->p[i] - '0');
    }
    s->p += count;
    s->n -= (size_t)count;
    *out = v;
    return true;
}

static bool take(struct str *s, const char *any_of)
{
    if (s->n == 0 || s->p[0] == '\0' || !strchr(any_of, s->p[0]))
        return false;
    s->p++;
    s->n--;
    return true;
}

/* Finer than a microsecond is cut, as Postgres's clock would never have shown it. */
static bool parse_fraction(struct str *s, int64_t *us)
{
    int64_t scale = 100000;
    int any = 0, d;

    *us = 0;
    if (!take(s, "."))
        return true;
    while (digits(s, 1, &d)) {
        *us += d * scale;
        scale /= 10;
        any++;
    }
    return any > 0 && any <= 9;
}

/* Z, +HH:MM or Postgres's +HH and +HH:MM:SS. */
static bool parse_offset(struct str *s, int64_t *seconds)
{
    int h, m = 0, sec = 0;

    if (take(s, "Zz")) {
        *seconds = 0;
        return true;
    }
    if (s->n == 0)
        return false;
    int sign = s->p[0] == '-' ? -1 : 1;
    if (!take(s, "+-") || !digits(s, 2, &h))
        return false;
    if (take(s, ":") && !digits(s, 2, &m))
        return false;
    if (take(s, ":") && !digits(s, 2, &sec))
        return false;
    *seconds = sign * (h * 3600 + m * 60 + sec);
    return h <= 23 && m <= 59 && sec <= 59;
}

static int days_in_month(int y, int m)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;

    return m == 2 && leap ? 29 : days[m - 1];
}

bool tstamp_parse(struct str s, struct tstamp *out)
{
    int y, mo, d, h, mi, se;
    int64_t us, offset;

    if (!digits(&s, 4, &y) || !take(&s, "-") || !digits(&s, 2, &mo) || !take(&s, "-")
        || !digits(&s, 2, &d) || !take(&s, "Tt ") || !digits(&s, 2, &h) || !take(&s, ":")
        || !digits(&s, 2, &mi) || !take(&s, ":") || !digits(&s, 2, &se))
        return false;
    if (!parse_fraction(&s, &us) || !parse_offset(&s, &offset) || s.n != 0)
        return false;
    if (y < 1970 || mo < 1 || mo > 12 || d < 1 || d > days_in_month(y, mo) || h > 23 || mi > 59
        || se > 59)
        return false;
    int64_t sec = days_from_civil(y, mo, d) * DAY_SECONDS + h * 3600 + mi * 60 + se - offset;
    out->us = sec * 1000000 + us;
    return out->us > 0 && sec < YEAR_10000_SECONDS;
}

void tstamp_write(struct buf *b, struct tstamp t)
{
    int64_t sec = t.us / 1000000, us = t.us % 1000000, y;
    int m, d;

    if (us < 0) {
        us += 1000000;
        sec--;
    }
    int64_t day = sec / DAY_SECONDS, rest = sec % DAY_SECONDS;
    if (rest < 0) {
        rest += DAY_SECONDS;
        day--;
    }
    civil_from_days(day, &y, &m, &d);
    char text[40] = "0000-00-00T00:00:00";
    const int64_t parts[][3] = {
        {0, 4, y},         {5, 2, m}, {8, 2, d}, {11, 2, rest / 3600}, {14, 2, rest / 60 % 60},
        {17, 2, rest % 60}};
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        int64_t v = parts[i][2];
        for (int64_t at = parts[i][0] + parts[i][1] - 1; at >= parts[i][0]; at--, v /= 10)
            text[at] = (char)('0' + v % 10);
    }
    buf_add(b, text, 19);
    if (us)
        buf_printf(b, us % 1000 ? ".%06d" : ".%03d", (int)(us % 1000 ? us : us / 1000));
    buf_char(b, 'Z');
}

const char *tstamp_format(struct arena *a, struct tstamp t)
{
    struct buf b = {0};

    if (t.us == 0)
        return NULL;
    tstamp_write(&b, t);
    char *s = arena_strndup(a, b.p, b.n);
    buf_free(&b);
    return s;
}

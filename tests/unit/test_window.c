/* Windows: the catalogue's cases A to E, the grammars, and every minute of odd nights. */

#include "common/compliance/closure.h"

#include "common/base/json.h"
#include "common/base/tstamp.h"
#include "tests/support/check.h"

#include <stdlib.h>

#define MINUTE_US INT64_C(60000000)

struct instance {
    const char *id, *window, *zone, *at;
    const char *next; /* NULL = open at `at` */
};

static const struct instance cases[] = {
    {"A001", "21:00-08:00", "Europe/Rome", "2026-01-14T06:59:59Z", "2026-01-14T07:00:00Z"},
    {"A003", "21:00-08:00", "Europe/Rome", "2026-01-14T07:00:01Z", NULL},
    {"A004", "21:00-08:00", "Europe/Rome", "2026-01-14T19:59:59Z", NULL},
    {"A006", "21:00-08:00", "Europe/Rome", "2026-01-14T20:00:00Z", "2026-01-15T07:00:00Z"},
    {"A007", "21:00-08:00", "Europe/Rome", "2026-01-14T22:59:00Z", "2026-01-15T07:00:00Z"},
    {"A009", "21:00-08:00", "Europe/Rome", "2026-01-14T02:00:00Z", "2026-01-14T07:00:00Z"},
    {"A010", "21:00-08:00", "Europe/Rome", "2026-01-14T11:00:00Z", NULL},
    {"A012", "21:00-08:00", "Europe/Rome", "2024-01-15T14:30:00Z", NULL},
    {"A013", "21:00-08:00", "Europe/Rome", "2026-07-15T06:00:00Z", NULL},
    {"A015", "21:00-08:00", "Europe/Rome", "2026-07-15T19:00:00Z", "2026-07-16T06:00:00Z"},
    {"B001", "12:00-14:00", "Europe/Rome", "2026-01-14T11:00:00Z", "2026-01-14T13:00:00Z"},
    {"B002", "12:00-14:00", "Europe/Rome", "2026-01-14T12:59:59Z", "2026-01-14T13:00:00Z"},
    {"B004", "12:00-14:00", "Europe/Rome", "2026-01-14T03:00:00Z", NULL},
    {"B005", "00:00-08:00", "Europe/Rome", "2026-01-13T23:00:00Z", "2026-01-14T07:00:00Z"},
    {"B007", "22:00-00:00", "Europe/Rome", "2026-01-14T22:30:00Z", "2026-01-14T23:00:00Z"},
    {"B010", "23:59-00:01", "Europe/Rome", "2026-01-14T23:00:30Z", "2026-01-14T23:01:00Z"},
    {"B011", " 21:00 - 08:00 ", "Europe/Rome", "2026-01-14T11:00:00Z", NULL},
    {"B013", "8:00-9:00", "Europe/Rome", "2026-01-14T07:30:00Z", "2026-01-14T08:00:00Z"},
    {"C002", "21:00-08:00", "Europe/Rome", "2026-03-29T06:00:00Z", NULL},
    {"C003", "21:00-08:00", "Europe/Rome", "2026-03-28T07:00:00Z", NULL},
    {"C005", "21:00-08:00", "Europe/Rome", "2026-03-28T20:30:00Z", "2026-03-29T06:00:00Z"},
    {"C006", "21:00-02:30", "Europe/Rome", "2026-03-29T00:30:00Z", "2026-03-29T01:00:00Z"},
    {"C008", "02:30-08:00", "Europe/Rome", "2026-03-29T01:00:00Z", "2026-03-29T06:00:00Z"},
    {"C009", "02:00-03:00", "Europe/Rome", "2026-03-29T01:00:00Z", NULL},
    {"C011", "21:00-08:00", "Europe/Rome", "2026-10-24T19:30:00Z", "2026-10-25T07:00:00Z"},
    {"C012", "21:00-08:00", "Europe/Rome", "2026-10-25T06:00:00Z", "2026-10-25T07:00:00Z"},
    {"C014", "21:00-08:00", "Europe/Rome", "2026-10-25T19:59:59Z", NULL},
    {"C015", "21:00-02:30", "Europe/Rome", "2026-10-24T23:00:00Z", "2026-10-25T00:30:00Z"},
    {"C017", "02:30-08:00", "Europe/Rome", "2026-10-25T00:45:00Z", "2026-10-25T01:00:00Z"},
    {"C018", "02:30-08:00", "Europe/Rome", "2026-10-25T01:29:59Z", NULL},
    {"D002", "21:00-08:00", "America/New_York", "2026-03-08T12:00:00Z", NULL},
    {"D003", "21:00-08:00", "America/New_York", "2026-03-07T13:00:00Z", NULL},
    {"D005", "21:00-08:00", "America/New_York", "2026-03-08T03:00:00Z", "2026-03-08T12:00:00Z"},
    {"D006", "21:00-08:00", "America/New_York", "2026-11-01T12:30:00Z", "2026-11-01T13:00:00Z"},
    {"D008", "21:00-08:00", "America/New_York", "2026-10-31T12:00:00Z", NULL},
    {"D009", "21:00-08:00", "America/New_York", "2026-11-01T01:00:00Z", "2026-11-01T13:00:00Z"},
    {"D011", "22:00-01:30", "America/New_York", "2026-11-01T04:00:00Z", "2026-11-01T05:30:00Z"},
    {"D012", "22:00-01:30", "America/New_York", "2026-11-01T06:10:00Z", "2026-11-01T06:30:00Z"},
    {"E001", "21:00-10:00", "Asia/Kolkata", "2026-01-14T04:29:59Z", "2026-01-14T04:30:00Z"},
    {"E003", "21:00-10:00", "Asia/Kolkata", "2026-01-14T15:29:59Z", NULL},
    {"E004", "21:00-10:00", "Asia/Kolkata", "2026-01-14T15:30:00Z", "2026-01-15T04:30:00Z"},
    {"E006", "20:00-09:00", "Australia/Adelaide", "2026-01-13T22:29:59Z", "2026-01-13T22:30:00Z"},
    {"E007", "20:00-09:00", "Australia/Adelaide", "2026-01-13T22:30:00Z", NULL},
    {"E009", "20:00-09:00", "Australia/Adelaide", "2026-04-04T12:00:00Z", "2026-04-04T23:30:00Z"},
    {"E010", "20:00-09:00", "Australia/Adelaide", "2026-10-03T11:00:00Z", "2026-10-03T22:30:00Z"},
    {"E012", "21:00-09:00", "Asia/Kathmandu", "2026-01-14T03:14:59Z", "2026-01-14T03:15:00Z"},
    {"E013", "21:00-09:00", "Asia/Kathmandu", "2026-01-14T03:15:00Z", NULL},
    {"E015", "20:00-09:00", "Australia/Lord_Howe", "2026-10-03T12:00:00Z", "2026-10-03T22:00:00Z"},
    {"E016", "21:30-09:00", "America/St_Johns", "2026-01-14T12:29:00Z", "2026-01-14T12:30:00Z"},
};

/* Laws of 2026: Vancouver stays at -7 and Winnipeg at -5 from November on. */
static const struct instance cases_of_2026f[] = {
    {"E018", "21:30-09:00", "America/Vancouver", "2026-11-24T04:15:00Z", NULL},
    {"E019", "21:30-09:00", "America/Vancouver", "2026-11-24T04:30:00Z", "2026-11-24T16:00:00Z"},
    {"E021", "21:30-09:00", "America/Winnipeg", "2026-11-23T13:59:00Z", "2026-11-23T14:00:00Z"},
};

static int64_t instant(const char *text)
{
    struct tstamp t = {0};

    assert_true(tstamp_parse(str_of(text), &t));
    return t.us;
}

static struct closure quiet(const struct quiet_window *w, const struct tz *tz)
{
    return (struct closure){.kind = CLOSURE_QUIET, .code = CC_QUIET_HOURS, .zone = tz, .quiet = *w};
}

static bool is_quiet(const struct quiet_window *w, const struct tz *tz, int64_t at)
{
    struct closure c = quiet(w, tz);

    return !closure_at(&c, at).open;
}

static bool next_open(const struct quiet_window *w, const struct tz *tz, int64_t at, int64_t *next)
{
    struct closure c = quiet(w, tz);

    return closure_clear_from(&c, at, 0, at + INT64_C(400) * 86400 * 1000000, next);
}

static void check(const struct instance *c)
{
    const struct tz *tz = tz_get(c->zone);
    int64_t at = instant(c->at), next = 0;
    struct quiet_window w;

    assert_non_null(tz);
    if (quiet_parse(str_of(c->window), &w) || is_quiet(&w, tz, at) != (c->next != NULL)
        || !next_open(&w, tz, at, &next) || next != (c->next ? instant(c->next) : at))
        fail_msg("%s: %s in %s at %s", c->id, c->window, c->zone, c->at);
}

static void every_case_of_the_catalogue_is_judged_as_written(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        check(&cases[i]);
}

static void the_canadian_changes_of_2026_are_followed(void **state)
{
    (void)state;
    if (strcmp(tz_version(), "2026f") < 0)
        skip(); /* the system's tzdata is older than the law */
    for (size_t i = 0; i < ARRAY_LEN(cases_of_2026f); i++)
        check(&cases_of_2026f[i]);
}

static void the_evening_end_is_exact_below_a_second(void **state)
{
    const struct tz *rome = tz_get("Europe/Rome");
    struct quiet_window w;
    int64_t nine = instant("2026-01-14T20:00:00Z");
    (void)state;

    assert_null(quiet_parse(STR("21:00-08:00"), &w));
    assert_false(is_quiet(&w, rome, nine - 1));
    assert_true(is_quiet(&w, rome, nine));
}

static void a_day_without_an_opening_has_none(void **state)
{
    struct quiet_window w;
    int64_t next;
    (void)state;

    assert_null(quiet_parse(STR("00:00-24:00"), &w));
    assert_true(is_quiet(&w, tz_get("Europe/Rome"), instant("2026-01-14T11:00:00Z")));
    assert_false(next_open(&w, tz_get("Europe/Rome"), instant("2026-01-14T11:00:00Z"), &next));
}

static void every_accepted_spelling_means_the_same_window(void **state)
{
    static const char *const spellings[] = {
        "08:00-09:30", "8:00-9:30", " 08:00 - 09:30 ", "8:00  -9:30", "08:00–09:30", "8:00 – 9:30",
    };
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(spellings); i++) {
        struct quiet_window w = {0};
        assert_null(quiet_parse(str_of(spellings[i]), &w));
        assert_int_equal(w.start_minute, 480);
        assert_int_equal(w.end_minute, 570);
    }
}

static void midnight_as_an_end_is_the_end_of_the_day(void **state)
{
    struct quiet_window zero = {0}, full = {0};
    (void)state;

    assert_null(quiet_parse(STR("22:00-00:00"), &zero));
    assert_null(quiet_parse(STR("22:00-24:00"), &full));
    assert_int_equal(zero.end_minute, 1440);
    assert_memory_equal(&zero, &full, sizeof(zero));
}

static void everything_else_is_refused(void **state)
{
    static const char *const wrong[] = {
        "",
        " ",
        "-",
        "21:00",
        "21:00-",
        "-08:00",
        "25:00-08:00",
        "21:60-08:00",
        "08:00-08:00",
        "00:00-00:00",
        "24:00-08:00",
        "08:00-24:01",
        "08:00-25:00",
        "21-08",
        "21:0-08:00",
        "021:00-08:00",
        "21:00-08:000",
        "21:00-08:00x",
        "21:00--8:00",
        "+8:00-09:00",
        "21:00:00-8:00",
        "21:00\t-08:00",
        "21.00-08.00",
        "21:00—08:00",
        "9pm-8am",
        "21 :00-08:00",
        "21:00-08:00,12:00-13:00",
    };
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        struct quiet_window w = {-1, -1};
        if (!quiet_parse(str_of(wrong[i]), &w))
            fail_msg("\"%s\" was taken", wrong[i]);
        assert_int_equal(w.start_minute, -1);
    }
    struct quiet_window w;
    assert_non_null(quiet_parse((struct str){"21:00-08:00\0", 12}, &w));
}

/* The definition itself: the first minute, counted one by one, that is not quiet. */
static int64_t scan(const struct quiet_window *w, const struct tz *tz, int64_t at)
{
    for (int i = 0; i < 5 * 1440 && is_quiet(w, tz, at); i++)
        at += MINUTE_US;
    return at;
}

static uint32_t next_random(uint32_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

/* Within two days of a change of offset: there nothing but counting can be trusted. */
static int64_t minute_near_a_change(const struct tz *tz, uint32_t *seed)
{
    int64_t at = tz_next_transition(tz, (int64_t)(next_random(seed) % 2000000000) * 1000000);

    if (at == INT64_MAX)
        at = (int64_t)(next_random(seed) % 2000000000) / 60 * MINUTE_US;
    return at + ((int64_t)(next_random(seed) % 5760) - 2880) * MINUTE_US;
}

static void the_next_opening_is_the_first_open_minute(void **state)
{
    static const char *const zones[] = {
        "Europe/Rome",    "America/New_York",  "Australia/Lord_Howe", "Africa/Casablanca",
        "Pacific/Apia",   "America/Havana",    "America/Sao_Paulo",   "Antarctica/Troll",
        "Asia/Kathmandu", "Pacific/Kwajalein", "America/St_Johns",    "Asia/Beirut",
    };
    uint32_t seed = 20261122;
    (void)state;

    for (int i = 0; i < 4000; i++) {
        const char *zone = zones[next_random(&seed) % ARRAY_LEN(zones)];
        const struct tz *tz = tz_get(zone);
        int64_t at = minute_near_a_change(tz, &seed), next;
        struct quiet_window w = {(int)(next_random(&seed) % 1440),
                                 (int)(next_random(&seed) % 1440) + 1};
        if (i % 4 == 0) /* closed but for a minute or two */
            w.end_minute = w.start_minute > 0 ? w.start_minute - (w.start_minute > 1) : 1439;
        if (w.end_minute == w.start_minute || w.end_minute == 0
            || (w.start_minute == 0 && w.end_minute == 1440))
            continue;
        if (!next_open(&w, tz, at, &next) || next != scan(&w, tz, at))
            fail_msg("%d-%d in %s at %lld: %lld", w.start_minute, w.end_minute, zone, (long long)at,
                     (long long)next);
    }
}

static const char *week_complaint(const char *text, struct week *out)
{
    static struct op op;
    const struct cJSON *v;

    assert_ok(&op, json_parse(&op, str_of(text), &v));
    const char *complaint = week_parse(v, out);
    op_end(&op);
    op = (struct op){0};
    return complaint;
}

static void a_week_is_read_to_the_letter_or_not_at_all(void **state)
{
    static const char *const wrong[] = {
        "[]",
        "{\"mo\":[]}",
        "{\"mon\":{}}",
        "{\"mon\":[[\"09:00\"]]}",
        "{\"mon\":[[\"09:00\",\"12:00\",\"13:00\"]]}",
        "{\"mon\":[[\"12:00\",\"09:00\"]]}",
        "{\"mon\":[[\"09:00\",\"09:00\"]]}",
        "{\"mon\":[[\"09:00\",\"24:01\"]]}",
        "{\"mon\":[[\"09:00\",\"13:00\"],[\"12:00\",\"14:00\"]]}",
        "{\"mon\":[[\"14:00\",\"15:00\"],[\"09:00\",\"10:00\"]]}",
        "{\"mon\":[[9,10]]}",
        "{\"mon\":null}",
    };
    struct week w;
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        if (!week_complaint(wrong[i], &w))
            fail_msg("%s was taken", wrong[i]);
    assert_null(week_complaint("{\"mon\":[[\"09:00\",\"13:00\"],[\"14:00\",\"24:00\"]]}", &w));
    assert_int_equal(w.days[0].n, 2);
    assert_int_equal(w.days[0].items[1].end_minute, 1440);
    assert_int_equal(w.days[1].n, 0); /* a day not named is closed */
}

/* Closed on Tuesday the 8th, the eve cut to 10-12, and nobody knows the year after. */
static void holidays_close_their_day_and_cut_the_one_before(void **state)
{
    static const int32_t feast[] = {20795}; /* 2026-12-08 */
    const struct calendar calendar = {feast, 1, 20818};
    struct week w;
    (void)state;

    assert_null(week_complaint("{\"mon\":[[\"09:00\",\"20:00\"]],\"tue\":[[\"09:00\",\"20:00\"]],"
                               "\"holiday\":[],\"pre_holiday\":[[\"10:00\",\"12:00\"]]}",
                               &w));
    struct closure c = {.kind = CLOSURE_WEEK,
                        .code = CC_QUIET_HOURS,
                        .zone = tz_get("UTC"),
                        .week = &w,
                        .calendar = &calendar};
    assert_int_equal(closure_at(&c, instant("2026-12-07T09:30:00Z")).code, CC_QUIET_HOURS);
    assert_true(closure_at(&c, instant("2026-12-07T11:59:59Z")).open);
    assert_false(closure_at(&c, instant("2026-12-07T12:00:00Z")).open);
    assert_int_equal(closure_at(&c, instant("2026-12-08T11:00:00Z")).code, CC_QUIET_HOURS_HOLIDAY);
    assert_true(closure_at(&c, instant("2026-12-14T19:59:59Z")).open);
    assert_int_equal(closure_at(&c, instant("2027-01-04T11:00:00Z")).code,
                     CC_QUIET_HOURS_INVALID_CONFIG);
}

static void a_window_opens_what_it_does_not_cover(void **state)
{
    static const struct {
        const char *base, *other;
        bool opens;
    } pairs[] = {
        {"21:00-08:00", "20:00-09:00", false}, {"21:00-08:00", "21:00-08:00", false},
        {"21:00-08:00", "22:00-08:00", true},  {"21:00-08:00", "21:00-07:59", true},
        {"21:00-08:00", "00:00-24:00", false}, {"00:00-24:00", "00:01-00:00", true},
        {"12:00-13:00", "11:00-14:00", false}, {"12:00-13:00", "22:00-08:00", true},
        {"22:00-24:00", "21:00-01:00", false}, {"23:00-01:00", "00:00-12:00", true},
    };
    struct quiet_window base, other;
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
        assert_null(quiet_parse(str_of(pairs[i].base), &base));
        assert_null(quiet_parse(str_of(pairs[i].other), &other));
        if (quiet_opens(&base, &other) != pairs[i].opens)
            fail_msg("%s under %s", pairs[i].other, pairs[i].base);
    }
}

static void days_are_read_as_the_calendar_has_them(void **state)
{
    static const char *const wrong[] = {"2026-02-29", "2026-13-01", "2026-00-01", "2026-04-31",
                                        "26-01-01",   "2026-1-1",   "1969-12-31", "2026-01-01 "};
    int32_t day;
    (void)state;

    assert_true(day_parse("1970-01-01", &day) && day == 0);
    assert_true(day_parse("2028-02-29", &day) && day == 21243);
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        if (day_parse(wrong[i], &day))
            fail_msg("%s was taken", wrong[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_of_the_catalogue_is_judged_as_written),
        cmocka_unit_test(the_canadian_changes_of_2026_are_followed),
        cmocka_unit_test(the_evening_end_is_exact_below_a_second),
        cmocka_unit_test(a_day_without_an_opening_has_none),
        cmocka_unit_test(every_accepted_spelling_means_the_same_window),
        cmocka_unit_test(midnight_as_an_end_is_the_end_of_the_day),
        cmocka_unit_test(everything_else_is_refused),
        cmocka_unit_test(the_next_opening_is_the_first_open_minute),
        cmocka_unit_test(a_week_is_read_to_the_letter_or_not_at_all),
        cmocka_unit_test(holidays_close_their_day_and_cut_the_one_before),
        cmocka_unit_test(a_window_opens_what_it_does_not_cover),
        cmocka_unit_test(days_are_read_as_the_calendar_has_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

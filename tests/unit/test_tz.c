/* Time zones: which names are taken, and what the clock shows around its changes. */

#include "common/base/tz.h"

#include "common/base/compiler.h"
#include "common/base/tstamp.h"
#include "common/base/tz_fixups.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define HOUR 3600

static int64_t instant(const char *text)
{
    struct tstamp t = {0};

    assert_true(tstamp_parse(str_of(text), &t));
    return t.us;
}

static void only_names_that_tzdata_lists_are_zones(void **state)
{
    static const char *const right[] = {
        "Europe/Rome", "Asia/Calcutta", "Asia/Kolkata", "UTC", "America/Argentina/Buenos_Aires",
        "Etc/GMT+5"};
    static const char *const wrong[] = {
        "",         "../../etc/hostname",   "../../../etc/hostname", "/etc/hostname", "Europe",
        "rome",     "europe/rome",          "Europe/Rome ",          "Europe//Rome",  "UTC+3",
        "EST5EDT4", "right/Europe/Rome",    "posix/Europe/Rome",     "tzdata.zi",     "CEST",
        "Europe/.", "Europe/../Europe/Rome"};
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(right); i++)
        assert_true(tz_valid(right[i]));
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        if (tz_valid(wrong[i]))
            fail_msg("\"%s\" was taken for a zone", wrong[i]);
}

static void a_zone_is_read_once(void **state)
{
    (void)state;
    assert_ptr_equal(tz_get("Europe/Rome"), tz_get("Europe/Rome"));
}

static void offsets_follow_the_law_of_the_day(void **state)
{
    static const struct {
        const char *zone, *at;
        int seconds;
    } cases[] = {
        {"UTC", "2026-07-01T00:00:00Z", 0},
        {"Europe/Rome", "2026-01-15T12:00:00Z", HOUR},
        {"Europe/Rome", "2026-07-15T12:00:00Z", 2 * HOUR},
        {"Europe/Rome", "2026-03-29T00:59:59.999999Z", HOUR},
        {"Europe/Rome", "2026-03-29T01:00:00Z", 2 * HOUR},
        {"Europe/Dublin", "2036-01-15T12:00:00Z", 0},
        {"Europe/Dublin", "2036-07-15T12:00:00Z", HOUR},
        {"Asia/Kathmandu", "2026-01-15T12:00:00Z", 5 * HOUR + 45 * 60},
        {"America/St_Johns", "2026-01-15T12:00:00Z", -(3 * HOUR + 30 * 60)},
        {"Australia/Lord_Howe", "2026-01-15T12:00:00Z", 11 * HOUR},
        {"Australia/Lord_Howe", "2026-07-15T12:00:00Z", 10 * HOUR + 30 * 60},
        {"Pacific/Apia", "2011-12-30T09:59:59Z", -10 * HOUR},
        {"Pacific/Apia", "2011-12-30T10:00:00Z", 14 * HOUR},
        {"Europe/London", "1970-01-01T00:00:00.000001Z", HOUR},
    };
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        if (tz_offset_seconds(tz_get(cases[i].zone), instant(cases[i].at)) != cases[i].seconds)
            fail_msg("%s at %s", cases[i].zone, cases[i].at);
}

static void local_time_names_the_day_and_its_weekday(void **state)
{
    struct tz_local l = tz_local(tz_get("Asia/Tokyo"), instant("2026-02-28T15:30:15.9Z"));
    (void)state;

    assert_int_equal(l.date.year, 2026);
    assert_int_equal(l.date.month, 3);
    assert_int_equal(l.date.day, 1);
    assert_int_equal(l.weekday, 6);
    assert_int_equal(l.second_of_day, 30 * 60 + 15);
    assert_int_equal(tz_local(tz_get("UTC"), 0).weekday, 3);
    assert_int_equal(tz_local(tz_get("UTC"), -1).weekday, 2);
    assert_int_equal(tz_local(tz_get("UTC"), -1).second_of_day, 86399);
}

static void dates_add_over_months_years_and_leap_days(void **state)
{
    struct tz_date d = tz_date_add((struct tz_date){2028, 2, 28}, 1);
    (void)state;

    assert_int_equal(d.day, 29);
    d = tz_date_add((struct tz_date){2026, 1, 1}, -1);
    assert_int_equal(d.year, 2025);
    assert_int_equal(d.month, 12);
    assert_int_equal(d.day, 31);
}

struct wall {
    const char *zone;
    struct tz_date date;
    int second;
    const char *first, *second_instant; /* NULL = there is only one */
};

static void a_wall_time_is_shown_once_twice_or_jumped_over(void **state)
{
    static const struct wall cases[] = {
        {"Europe/Rome", {2026, 1, 14}, 8 * HOUR, "2026-01-14T07:00:00Z", NULL},
        {"Europe/Rome", {2026, 1, 14}, 86400, "2026-01-14T23:00:00Z", NULL},
        {"Europe/Rome", {2026, 3, 29}, 2 * HOUR, "2026-03-29T01:00:00Z", NULL},
        {"Europe/Rome", {2026, 3, 29}, 2 * HOUR + 1800, "2026-03-29T01:00:00Z", NULL},
        {"Europe/Rome", {2026, 3, 29}, 3 * HOUR, "2026-03-29T01:00:00Z", NULL},
        {"Europe/Rome", {2026, 10, 25}, 2 * HOUR - 1, "2026-10-24T23:59:59Z", NULL},
        {"Europe/Rome", {2026, 10, 25}, 2 * HOUR, "2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z"},
        {"Europe/Rome",
         {2026, 10, 25},
         3 * HOUR - 1,
         "2026-10-25T00:59:59Z",
         "2026-10-25T01:59:59Z"},
        {"Europe/Rome", {2026, 10, 25}, 3 * HOUR, "2026-10-25T02:00:00Z", NULL},
        {"Australia/Lord_Howe",
         {2026, 4, 5},
         2 * HOUR - 900,
         "2026-04-04T14:45:00Z",
         "2026-04-04T15:15:00Z"},
        {"Pacific/Apia", {2011, 12, 30}, 12 * HOUR, "2011-12-30T10:00:00Z", NULL},
    };
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct wall *c = &cases[i];
        int64_t out[2] = {0};
        int n = tz_candidates(tz_get(c->zone), c->date, c->second, out);
        if (n != (c->second_instant ? 2 : 1) || out[0] != instant(c->first)
            || (n == 2 && out[1] != instant(c->second_instant)))
            fail_msg("case %zu: %d instants, %lld", i, n, (long long)out[0]);
    }
}

static void transitions_come_in_order_and_end(void **state)
{
    const struct tz *rome = tz_get("Europe/Rome");
    int64_t at = instant("2026-01-01T00:00:00Z");
    (void)state;

    at = tz_next_transition(rome, at);
    assert_int_equal(at, instant("2026-03-29T01:00:00Z"));
    at = tz_next_transition(rome, at);
    assert_int_equal(at, instant("2026-10-25T01:00:00Z"));
    assert_int_equal(tz_next_transition(tz_get("UTC"), 0), INT64_MAX);
}

static void the_release_of_tzdata_is_known(void **state)
{
    (void)state;
    assert_in_range(strlen(tz_version()), 5, 6);
    assert_memory_equal(tz_version(), "20", 2);
}

static void an_alias_is_its_zone(void **state)
{
    (void)state;

    assert_ptr_equal(tz_get("Asia/Calcutta"), tz_get("Asia/Kolkata"));
    assert_string_equal(tz_name(tz_get("Asia/Calcutta")), "Asia/Kolkata");
    assert_string_equal(tz_name(tz_get("Asia/Katmandu")), "Asia/Kathmandu");
    assert_string_equal(tz_name(tz_get("Canada/Pacific")), "America/Vancouver");
    assert_string_equal(tz_name(tz_get("Europe/Rome")), "Europe/Rome");
}

/* Whatever release the system has: an older one is corrected. */
static void the_changes_of_law_of_2026_are_followed(void **state)
{
    static const struct {
        const char *zone, *at;
        int seconds;
    } cases[] = {
        {"America/Vancouver", "2026-10-31T12:00:00Z", -7 * HOUR},
        {"America/Vancouver", "2026-11-23T15:59:00Z", -7 * HOUR},
        {"America/Vancouver", "2026-11-24T04:30:00Z", -7 * HOUR},
        {"America/Vancouver", "2036-01-15T12:00:00Z", -7 * HOUR},
        {"America/Vancouver", "2026-01-15T12:00:00Z", -8 * HOUR},
        {"Canada/Pacific", "2026-11-23T15:59:00Z", -7 * HOUR},
        {"America/Edmonton", "2026-11-23T14:59:00Z", -6 * HOUR},
        {"America/Yellowknife", "2026-11-23T14:59:00Z", -6 * HOUR},
        {"America/Inuvik", "2027-12-23T14:59:00Z", -6 * HOUR},
        {"America/Winnipeg", "2026-11-23T13:59:00Z", -5 * HOUR},
        {"America/Winnipeg", "2026-02-23T13:59:00Z", -6 * HOUR},
        {"America/Toronto", "2026-11-23T13:59:00Z", -5 * HOUR},
        {"America/Regina", "2026-11-23T13:59:00Z", -6 * HOUR},
        {"Africa/Casablanca", "2026-09-20T00:59:59Z", HOUR},
        {"Africa/Casablanca", "2026-09-20T01:00:00Z", 0},
        {"America/Havana", "2027-01-15T12:00:00Z", -4 * HOUR},
        {"America/Havana", "2028-01-15T12:00:00Z", -5 * HOUR},
    };
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        if (tz_offset_seconds(tz_get(cases[i].zone), instant(cases[i].at)) != cases[i].seconds)
            fail_msg("%s at %s with tzdata %s", cases[i].zone, cases[i].at, tz_version());
}

/* A zone as struct tz_period: {offset, since} pairs, the first since ever. */
static GArray *zone_of(size_t n, const int offsets[], const char *const since[])
{
    GArray *periods = g_array_new(FALSE, FALSE, sizeof(struct tz_period));

    for (size_t i = 0; i < n; i++) {
        struct tz_period p = {i ? instant(since[i]) / 1000000 : INT64_MIN, offsets[i]};
        g_array_append_val(periods, p);
    }
    return periods;
}

static bool same_periods(const GArray *a, const GArray *b)
{
    bool same = a->len == b->len;

    for (guint i = 0; same && i < a->len; i++) {
        const struct tz_period *p = &g_array_index(a, struct tz_period, i);
        const struct tz_period *q = &g_array_index(b, struct tz_period, i);
        same = p->from == q->from && p->offset == q->offset;
    }
    return same;
}

static void assert_fixed(const char *zone, GArray *was, GArray *expected)
{
    tz_fix_up(zone, was);
    assert_true(same_periods(was, expected));
    tz_fix_up(zone, was); /* what is right stays */
    assert_true(same_periods(was, expected));
    g_array_free(was, TRUE);
    g_array_free(expected, TRUE);
}

static void an_older_release_is_corrected(void **state)
{
    static const int winnipeg[] = {-6 * HOUR, -5 * HOUR, -6 * HOUR, -5 * HOUR, -6 * HOUR};
    static const char *const winnipeg_since[] = {"", "2026-03-08T08:00:00Z", "2026-11-01T07:00:00Z",
                                                 "2027-03-14T08:00:00Z", "2027-11-07T07:00:00Z"};
    static const int rabat[] = {HOUR, 0, HOUR, 0, HOUR}, rabat_fixed[] = {HOUR, 0, HOUR, 0};
    static const char *const rabat_since[] = {"", "2026-02-15T02:00:00Z", "2026-03-22T02:00:00Z",
                                              "2027-02-07T02:00:00Z", "2027-03-14T02:00:00Z"};
    static const char *const rabat_right[] = {"", "2026-02-15T02:00:00Z", "2026-03-22T02:00:00Z",
                                              "2026-09-20T01:00:00Z"};
    static const int cuba[] = {-4 * HOUR, -5 * HOUR, -4 * HOUR, -5 * HOUR, -4 * HOUR};
    static const int cuba_fixed[] = {-4 * HOUR, -5 * HOUR, -4 * HOUR};
    static const char *const cuba_since[] = {"", "2026-11-01T05:00:00Z", "2027-03-14T05:00:00Z",
                                             "2027-11-07T05:00:00Z", "2028-03-12T05:00:00Z"};
    static const char *const cuba_right[] = {"", "2027-11-07T05:00:00Z", "2028-03-12T05:00:00Z"};
    (void)state;

    assert_fixed("America/Winnipeg", zone_of(5, winnipeg, winnipeg_since),
                 zone_of(2, winnipeg, winnipeg_since));
    assert_fixed("Africa/Casablanca", zone_of(5, rabat, rabat_since),
                 zone_of(4, rabat_fixed, rabat_right));
    assert_fixed("America/Havana", zone_of(5, cuba, cuba_since),
                 zone_of(3, cuba_fixed, cuba_right));
    assert_fixed("America/Toronto", zone_of(5, winnipeg, winnipeg_since),
                 zone_of(5, winnipeg, winnipeg_since));
}

static void an_old_release_is_complained_about(void **state)
{
    (void)state;
    assert_int_equal(tz_complaint() == NULL, strcmp(tz_version(), TZ_NEEDED) >= 0);
}

static void *get_zones(void *unused)
{
    static const char *const names[] = {"Asia/Tokyo", "Africa/Cairo", "America/Lima", "Asia/Dhaka"};
    const struct tz **seen = unused;

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        seen[i] = tz_get(names[i]);
    return NULL;
}

static void threads_that_ask_at_once_get_the_same_zone(void **state)
{
    enum { THREADS = 4 };
    const struct tz *seen[THREADS][4];
    pthread_t threads[THREADS];
    (void)state;

    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, get_zones, seen[i]), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (int i = 1; i < THREADS; i++)
        assert_memory_equal(seen[i], seen[0], sizeof(seen[0]));
    assert_non_null(seen[0][0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_names_that_tzdata_lists_are_zones),
        cmocka_unit_test(a_zone_is_read_once),
        cmocka_unit_test(offsets_follow_the_law_of_the_day),
        cmocka_unit_test(local_time_names_the_day_and_its_weekday),
        cmocka_unit_test(dates_add_over_months_years_and_leap_days),
        cmocka_unit_test(a_wall_time_is_shown_once_twice_or_jumped_over),
        cmocka_unit_test(transitions_come_in_order_and_end),
        cmocka_unit_test(the_release_of_tzdata_is_known),
        cmocka_unit_test(an_alias_is_its_zone),
        cmocka_unit_test(the_changes_of_law_of_2026_are_followed),
        cmocka_unit_test(an_older_release_is_corrected),
        cmocka_unit_test(an_old_release_is_complained_about),
        cmocka_unit_test(threads_that_ask_at_once_get_the_same_zone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

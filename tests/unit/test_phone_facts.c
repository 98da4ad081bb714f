/* test_phone_facts.c - what numbers tell: validity, kind, region, zones, area codes. */

#include "common/number/phone_facts.h"

#include "common/base/compiler.h"
#include "common/base/str.h"
#include "common/number/calling_codes.h"
#include "common/number/country.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

struct fact {
    const char *e164;
    bool valid;
    const char *type, *region, *zones; /* zones apart by spaces, in any order */
};

static bool has_zone(const struct phone_facts *f, const struct tz *zone)
{
    for (int i = 0; i < f->n_zones; i++)
        if (f->zones[i] == zone)
            return true;
    return false;
}

/* The same clocks, under whatever names. */
static bool same_zones(const struct phone_facts *f, const char *names)
{
    const struct tz *wanted[64];
    char name[64];
    int n = 0, used = 0;

    for (; sscanf(names, " %63s%n", name, &used) == 1; names += used) {
        const struct tz *zone = tz_get(name);
        bool again = false;

        if (!zone || !has_zone(f, zone))
            return false;
        for (int i = 0; i < n; i++)
            again |= wanted[i] == zone;
        if (!again)
            wanted[n++] = zone;
    }
    return n == f->n_zones;
}

static void fail_with(const char *e164, const struct phone_facts *f)
{
    char zones[1024] = "";
    size_t n = 0;

    for (int i = 0; i < f->n_zones && n < sizeof(zones) - 40; i++)
        n += (size_t)snprintf(zones + n, sizeof(zones) - n, " %s", tz_name(f->zones[i]));
    fail_msg("%s: valid=%d %s %s in%s", e164, f->valid, phone_type_name(f->type),
             f->region ? f->region : "-", zones);
}

static bool same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static void assert_facts(const struct fact *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct phone_facts f = phone_facts(cases[i].e164);

        if (f.valid != cases[i].valid || !same_text(phone_type_name(f.type), cases[i].type)
            || !same_text(f.region, cases[i].region) || !same_zones(&f, cases[i].zones)
            || !same_text(f.region, phone_region(cases[i].e164)))
            fail_with(cases[i].e164, &f);
    }
}

/*
 * Every number of the compliance cases, whose facts came from libphonenumber 8.13.48.  Three
 * differ: Idaho also has Denver, whose clock is Boise's; Labrador has its own zone instead of
 * Puerto Rico's; 01632 960 (numbers for films) was not yet valid in 8.12.57.
 */
static void the_numbers_of_the_compliance_cases_tell_what_the_cases_say(void **state)
{
    static const struct fact cases[] = {
        {"+12042341234", true, "fixed_line_or_mobile", "CA", "America/Winnipeg"},
        {"+12062341234", true, "fixed_line_or_mobile", "US", "America/Los_Angeles"},
        {"+12085551234", true, "fixed_line_or_mobile", "US",
         "America/Boise America/Denver America/Los_Angeles"},
        {"+12125551234", true, "fixed_line_or_mobile", "US", "America/New_York"},
        {"+12142341234", true, "fixed_line_or_mobile", "US", "America/Chicago"},
        {"+13057771234", true, "fixed_line_or_mobile", "US", "America/New_York"},
        {"+14012341234", true, "fixed_line_or_mobile", "US", "America/New_York"},
        {"+14157774444", true, "fixed_line_or_mobile", "US", "America/Los_Angeles"},
        {"+14162341234", true, "fixed_line_or_mobile", "CA", "America/Toronto"},
        {"+15042341234", true, "fixed_line_or_mobile", "US", "America/Chicago"},
        {"+16042341234", true, "fixed_line_or_mobile", "CA", "America/Vancouver"},
        {"+16232341234", true, "fixed_line_or_mobile", "US", "America/Phoenix"},
        {"+17092341234", true, "fixed_line_or_mobile", "CA", "America/Goose_Bay America/St_Johns"},
        {"+19282341234", true, "fixed_line_or_mobile", "US", "America/Denver America/Phoenix"},
        {"+33612345678", true, "mobile", "FR", "Europe/Paris"},
        {"+34911234567", true, "fixed_line", "ES", "Europe/Madrid"},
        {"+34928123456", true, "fixed_line", "ES", "Atlantic/Canary"},
        {"+39021234567", true, "fixed_line", "IT", "Europe/Rome"},
        {"+390669812345", true, "fixed_line", "VA", "Europe/Vatican"},
        {"+393491234567", true, "mobile", "IT", "Europe/Rome Europe/Vatican"},
        {"+39899123456", true, "premium_rate", "IT", "Europe/Rome Europe/Vatican"},
        {"+441632960123", false, "unknown", "GB",
         "Europe/London Europe/Guernsey Europe/Isle_of_Man Europe/Jersey"},
        {"+447400123456", true, "mobile", "GB",
         "Europe/Guernsey Europe/Isle_of_Man Europe/Jersey Europe/London"},
        {"+49301234567", true, "fixed_line", "DE", "Europe/Berlin"},
        {"+526641234567", true, "fixed_line_or_mobile", "MX", "America/Tijuana"},
        {"+5592912345678", true, "mobile", "BR", "America/Manaus"},
        {"+590690123456", true, "mobile", "GP", "America/Guadeloupe"},
        {"+61291234567", true, "fixed_line", "AU", "Australia/Sydney"},
        {"+61412345678", true, "mobile", "AU",
         "Australia/Adelaide Australia/Brisbane Australia/Eucla Australia/Lord_Howe "
         "Australia/Perth Australia/Sydney Indian/Christmas Indian/Cocos"},
        {"+61882341234", true, "fixed_line", "AU", "Australia/Adelaide"},
        {"+881612345678", true, "mobile", NULL, ""},
        {"+919876543210", true, "mobile", "IN", "Asia/Kolkata"},
        {"+9779812345678", true, "mobile", "NP", "Asia/Kathmandu"},
        {"+9991234567", false, "unknown", NULL, ""},
    };
    (void)state;

    assert_facts(cases, ARRAY_LEN(cases));
}

static void where_the_data_are_wrong_they_are_corrected(void **state)
{
    static const struct fact cases[] = {
        {"+390669812345", true, "fixed_line", "VA", "Europe/Rome"},
        {"+353851234567", true, "mobile", "IE", "Europe/Dublin"},
        {"+61881234567", true, "fixed_line", "AU", "Australia/Adelaide"},
        {"+61892341234", true, "fixed_line", "AU", "Australia/Perth"},
        {"+61889241234", true, "fixed_line", "AU", "Australia/Darwin"},
        {"+61740512345", true, "fixed_line", "AU", "Australia/Brisbane Australia/Sydney"},
        {"+212522123456", true, "fixed_line", "MA", "Africa/Casablanca"},
        {"+528671234567", true, "fixed_line_or_mobile", "MX",
         "America/Matamoros America/Mexico_City"},
        {"+526561234567", true, "fixed_line_or_mobile", "MX", "America/Ciudad_Juarez"},
        {"+526141234567", true, "fixed_line_or_mobile", "MX", "America/Chihuahua"},
        {"+529981234567", true, "fixed_line_or_mobile", "MX", "America/Cancun"},
        {"+74012345678", true, "fixed_line", "RU", "Europe/Kaliningrad"},
        {"+14372341234", true, "fixed_line_or_mobile", "CA", "America/Toronto"},
        {"+16892341234", true, "fixed_line_or_mobile", "US", "America/New_York"},
        {"+16022341234", true, "fixed_line_or_mobile", "US", "America/Phoenix"},
    };
    (void)state;

    assert_facts(cases, ARRAY_LEN(cases));
}

static void an_area_code_that_spans_zones_gives_all_of_them(void **state)
{
    static const struct {
        int code;
        const char *zones;
    } spans[] = {
        {219, "America/Chicago America/New_York"},
        {270, "America/Chicago America/New_York"},
        {308, "America/Chicago America/Denver"},
        {423, "America/Chicago America/New_York"},
        {541, "America/Denver America/Los_Angeles"},
        {574, "America/Chicago America/New_York"},
        {605, "America/Chicago America/Denver America/North_Dakota/Center"},
        {606, "America/Chicago America/New_York"},
        {620, "America/Chicago America/Denver"},
        {701, "America/Chicago America/Denver America/North_Dakota/Center"},
        {775, "America/Boise America/Denver America/Los_Angeles"},
        {785, "America/Chicago America/Denver"},
        {812, "America/Chicago America/New_York"},
        {850, "America/Chicago America/New_York"},
        {906, "America/Chicago America/New_York"},
        {928, "America/Denver America/Phoenix"},
        {986, "America/Boise America/Denver America/Los_Angeles"},
        {364, "America/Chicago America/New_York"},
        {448, "America/Chicago America/New_York"},
        {458, "America/Denver America/Los_Angeles"},
        {930, "America/Chicago America/New_York"},
        {778, "America/Edmonton America/Vancouver"},
    };
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(spans); i++) {
        char e164[32];
        snprintf(e164, sizeof(e164), "+1%d2341234", spans[i].code);
        struct phone_facts f = phone_facts(e164);
        if (!f.valid || f.area_code != spans[i].code || !same_zones(&f, spans[i].zones))
            fail_with(e164, &f);
    }
}

static void an_area_code_tells_its_state(void **state)
{
    static const struct {
        const char *e164;
        int area_code;
        const char *subdivision, *region;
        bool valid;
    } cases[] = {
        {"+13057771234", 305, "US-FL", "US", true},  {"+13102341234", 310, "US-CA", "US", true},
        {"+14452341234", 445, "US-PA", "US", true},  {"+15032341234", 503, "US-OR", "US", true},
        {"+12022341234", 202, "US-DC", "US", true},  {"+14162341234", 416, "CA-ON", "CA", true},
        {"+13242341234", 324, "US-FL", "US", false}, {"+19422341234", 942, "CA-ON", "CA", false},
        {"+18672341234", 867, NULL, "CA", true},     {"+19022341234", 902, NULL, "CA", true},
        {"+17872341234", 787, NULL, "PR", true},     {"+18002341234", 800, NULL, "US", true},
        {"+12112341234", 211, NULL, NULL, false},    {"+393491234567", 0, NULL, "IT", true},
    };
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct phone_facts f = phone_facts(cases[i].e164);
        if (f.area_code != cases[i].area_code || !same_text(f.subdivision, cases[i].subdivision)
            || !same_text(f.region, cases[i].region) || f.valid != cases[i].valid)
            fail_msg("%s: %d %s %s valid=%d", cases[i].e164, f.area_code,
                     f.subdivision ? f.subdivision : "-", f.region ? f.region : "-", f.valid);
    }
}

static void an_area_code_newer_than_the_data_has_its_place(void **state)
{
    struct phone_facts f = phone_facts("+19422341234");
    (void)state;

    assert_true(same_zones(&f, "America/Toronto"));
    f = phone_facts("+13242341234");
    assert_true(same_zones(&f, "America/New_York"));
}

static void territories_are_told_from_their_countries(void **state)
{
    static const struct {
        const char *e164, *region, *rules;
    } cases[] = {
        {"+390669812345", "VA", "IT"}, {"+3780549123456", "SM", "IT"},
        {"+441534123456", "JE", "GB"}, {"+441481256789", "GG", "GB"},
        {"+447624123456", "IM", "GB"}, {"+262692123456", "RE", "FR"},
        {"+262639123456", "YT", "FR"}, {"+590690123456", "GP", "FR"},
        {"+596696123456", "MQ", "FR"}, {"+594694123456", "GF", "FR"},
        {"+508551234", "PM", "FR"},    {"+17872341234", "PR", "US"},
        {"+16712341234", "GU", "US"},  {"+13402341234", "VI", "US"},
        {"+16842341234", "AS", "US"},  {"+16702341234", "MP", "US"},
        {"+35818123456", "AX", "FI"},  {"+4779123456", "SJ", "NO"},
        {"+77012345678", "KZ", "KZ"},  {"+79123456789", "RU", "RU"},
        {"+2908123", "TA", "TA"},      {"+12425551234", "BS", "BS"},
        {"+442079460123", "GB", "GB"}, {"+393491234567", "IT", "IT"},
    };
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *region = phone_region(cases[i].e164);
        if (!same_text(region, cases[i].region)
            || strcmp(phone_country(cases[i].e164), cases[i].rules) != 0)
            fail_msg("%s: %s", cases[i].e164, region ? region : "-");
    }
}

static void a_number_in_no_assigned_range_still_has_a_country(void **state)
{
    static const struct fact cases[] = {
        {"+441000123456", false, "unknown", "GB",
         "Europe/London Europe/Guernsey Europe/Isle_of_Man Europe/Jersey"},
        {"+393001", false, "unknown", "IT", "Europe/Rome"},
        {"+33012345678", false, "unknown", "FR", "Europe/Paris"},
        {"+8835100000000", false, "unknown", NULL, ""},
    };
    (void)state;

    assert_facts(cases, ARRAY_LEN(cases));
}

static void what_kind_of_number_it_is_is_told(void **state)
{
    static const struct {
        const char *e164, *type;
    } cases[] = {
        {"+393491234567", "mobile"},
        {"+390212345678", "fixed_line"},
        {"+39800123456", "toll_free"},
        {"+39899123456", "premium_rate"},
        {"+398481234567", "unknown"},
        {"+39848123456", "shared_cost"},
        {"+391781234567", "personal_number"},
        {"+12125551234", "fixed_line_or_mobile"},
        {"+18005551234", "toll_free"},
        {"+19002345678", "premium_rate"},
        {"+15002345678", "personal_number"},
        {"+447012345678", "personal_number"},
        {"+445612345678", "voip"},
        {"+447640123456", "pager"},
        {"+448712345678", "premium_rate"},
        {"+33899123456", "premium_rate"},
        {"+3312345678901", "unknown"},
        {"+39112", "short"},
        {"+1911", "short"},
        {"+49110", "short"},
        {"+80012345678", "toll_free"},
        {"+979123456789", "premium_rate"},
    };
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct phone_facts f = phone_facts(cases[i].e164);
        if (!same_text(phone_type_name(f.type), cases[i].type))
            fail_with(cases[i].e164, &f);
    }
}

/* Neither a mobile's prefix nor a free number's says where it rings. */
static void a_number_without_a_place_has_the_zones_of_its_whole_code(void **state)
{
    struct phone_facts free_call = phone_facts("+18005551234");
    struct phone_facts mobile = phone_facts("+61412345678"), fixed = phone_facts("+61291234567");
    (void)state;

    assert_true(free_call.n_zones > 30);
    assert_true(has_zone(&free_call, tz_get("Pacific/Guam")));
    assert_true(has_zone(&free_call, tz_get("America/New_York")));
    assert_true(mobile.n_zones > 5 && fixed.n_zones == 1);
    assert_true(phone_facts("+19992341234").n_zones > 30); /* an area code of nobody's */
    assert_int_equal(phone_facts("+881612345678").n_zones, 0);
}

static void anything_else_has_no_facts(void **state)
{
    static const char *const garbage[] = {
        "",         "+",       "+0",   "393491234567",           "+39 349",
        "+39349x",  "+999123", "++39", "+393491234567890123456", "\xff\xfe",
        "+21000000"};
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(garbage); i++) {
        struct phone_facts f = phone_facts(garbage[i]);
        if (f.valid || f.type != PHONE_UNKNOWN || f.region || f.n_zones || f.area_code)
            fail_with(garbage[i], &f);
    }
}

static void no_digits_at_all_are_too_strange(void **state)
{
    unsigned random = 20261122;
    (void)state;

    for (int i = 0; i < 20000; i++) {
        char e164[20] = "+";
        random = random * 1664525u + 1013904223u;
        size_t n = 1 + random / 65536 % 16;
        for (size_t k = 1; k <= n; k++) {
            random = random * 1664525u + 1013904223u;
            e164[k] = (char)('0' + random / 65536 % 10);
        }
        struct phone_facts f = phone_facts(e164);
        assert_true(!f.region || !country_complaint(f.region));
        assert_true(!f.valid || f.type != PHONE_UNKNOWN);
        assert_true(same_text(f.region, phone_region(e164)));
        const char *country = f.region ? country_of_rules(f.region) : NULL;
        assert_true(same_text(country, phone_country(e164)));
    }
}

static void our_calling_codes_are_the_librarys(void **state)
{
    (void)state;

    for (int code = 1; code < 1000; code++) {
        char digits[16], region[PHONE_REGION_SIZE];
        snprintf(digits, sizeof(digits), "%d", code);
        const struct calling_code *ours = calling_code_of_number(str_of(digits));
        bool same = ours && (int)ours->code == code;
        if (same != phone_library_region_of_code(code, 0, region))
            fail_msg("+%d is %sa calling code here", code, same ? "" : "not ");
    }
}

/* Returns what it was given, or NULL when an area code had no zones. */
static void *ask_for_all(void *right)
{
    char e164[32];

    for (int area = 200; area < 1000; area++) {
        snprintf(e164, sizeof(e164), "+1%d2341234", area);
        struct phone_facts f = phone_facts(e164);
        if (f.valid && f.n_zones == 0)
            return NULL;
    }
    return right;
}

static void threads_may_ask_at_once(void **state)
{
    enum { THREADS = 4 };
    pthread_t threads[THREADS];

    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask_for_all, state), 0);
    for (int i = 0; i < THREADS; i++) {
        void *right;
        pthread_join(threads[i], &right);
        assert_non_null(right);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_numbers_of_the_compliance_cases_tell_what_the_cases_say),
        cmocka_unit_test(where_the_data_are_wrong_they_are_corrected),
        cmocka_unit_test(an_area_code_that_spans_zones_gives_all_of_them),
        cmocka_unit_test(an_area_code_tells_its_state),
        cmocka_unit_test(an_area_code_newer_than_the_data_has_its_place),
        cmocka_unit_test(territories_are_told_from_their_countries),
        cmocka_unit_test(a_number_in_no_assigned_range_still_has_a_country),
        cmocka_unit_test(what_kind_of_number_it_is_is_told),
        cmocka_unit_test(a_number_without_a_place_has_the_zones_of_its_whole_code),
        cmocka_unit_test(anything_else_has_no_facts),
        cmocka_unit_test(no_digits_at_all_are_too_strange),
        cmocka_unit_test(our_calling_codes_are_the_librarys),
        cmocka_unit_test(threads_may_ask_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

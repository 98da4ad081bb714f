/* test_query.c - query strings into a struct, or a complaint by name. */

#include "api/query.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

struct filter {
    int32_t limit;
    struct opt_i64 campaign_id;
    struct opt_bool called;
    const char *q;
    const char *country_iso;
    const char *status;
    struct tstamp from_date;
    int64_t tenant_id;
};

static const char *const statuses[] = {"open", "done", NULL};

static const struct field filter_fields[] = {
    FIELD(struct filter, limit, .min = 1, .max = 200),
    FIELD(struct filter, campaign_id, .min = 1, .max = INT64_MAX),
    FIELD(struct filter, called),
    FIELD(struct filter, q, .max = 10),
    FIELD(struct filter, country_iso, .flags = F_REQUIRED, .min = 2, .max = 2),
    FIELD(struct filter, status, .labels = statuses),
    FIELD(struct filter, from_date),
    FIELD(struct filter, tenant_id, .flags = F_HIDDEN),
};

static const struct type filter_type = TYPE(struct filter, filter_fields);

static bool read(struct op *op, const char *query, struct filter *out)
{
    const struct req req = {.query = str_of(query)};

    *out = (struct filter){.limit = 25};
    return req_query(op, &req, &filter_type, out);
}

static void values_fill_the_struct_over_its_defaults(void **state)
{
    struct op op = {0};
    struct filter f;
    (void)state;

    assert_true(read(&op, "country_iso=IT&campaign_id=7&called=false&q=a%2Bb+c%C3%A9", &f));
    assert_int_equal(f.limit, 25);
    assert_true(f.campaign_id.set && f.campaign_id.v == 7);
    assert_true(f.called.set && !f.called.v);
    assert_string_equal(f.q, "a+b c\xC3\xA9");
    assert_true(read(
        &op, "&country_iso=FR&&status=done&limit=200&from%5fdate=2024-01-15T09:00:00%2b01:00", &f));
    assert_int_equal(f.limit, 200);
    assert_string_equal(f.status, "done");
    assert_int_equal(f.from_date.us, INT64_C(1705305600000000));
    op_end(&op);
}

/* A query and the parameter its one complaint must name. */
static const struct {
    const char *query, *name, *complaint;
} bad[] = {
    {"", "country_iso", "is required"},
    {"country_iso=", "country_iso", "must not be empty"},
    {"country_iso=IT&country_iso=IT", "country_iso", "is given more than once"},
    {"country_iso=IT&nope=1", "nope", "is not a known parameter"},
    {"country_iso=IT&tenant_id=1", "tenant_id", "is not a known parameter"},
    {"country_iso=IT&LIMIT=1", "LIMIT", "is not a known parameter"},
    {"country_iso=IT&limit=0", "limit", "must be an integer from 1 to 200"},
    {"country_iso=IT&status=", "status", "must be one of \\\"open\\\", \\\"done\\\""},
    {"country_iso=IT&status=OPEN", "status", "must be one of \\\"open\\\", \\\"done\\\""},
    {"country_iso=IT&limit=201", "limit", NULL},
    {"country_iso=IT&limit=-1", "limit", NULL},
    {"country_iso=IT&limit=1e9", "limit", NULL},
    {"country_iso=IT&limit=abc", "limit", NULL},
    {"country_iso=IT&limit=", "limit", NULL},
    {"country_iso=IT&limit=-", "limit", NULL},
    {"country_iso=IT&limit=01", "limit", NULL},
    {"country_iso=IT&limit=%2B1", "limit", NULL},
    {"country_iso=IT&limit=1+", "limit", NULL},
    {"country_iso=IT&limit", "limit", NULL},
    {"country_iso=IT&limit=99999999999999999999", "limit", NULL},
    {"country_iso=IT&limit=1%00", "limit", "must not contain control characters"},
    {"country_iso=IT&campaign_id=9223372036854775808", "campaign_id", NULL},
    {"country_iso=IT&called=yes", "called", NULL},
    {"country_iso=IT&from_date=2024-01-15T09:00:00", "from_date", NULL},
    {"country_iso=IT&from_date=2024-01-15T09:00:00+01:00", "from_date", NULL},
    {"country_iso=IT&q=%", "q", "has malformed percent-encoding"},
    {"country_iso=IT&q=%4", "q", "has malformed percent-encoding"},
    {"country_iso=IT&q=%zz", "q", "has malformed percent-encoding"},
    {"country_iso=IT&q=%C3", "q", "must be UTF-8"},
    {"country_iso=IT&q=%ED%A0%80", "q", "must be UTF-8"},
    {"country_iso=IT&q=%C0%80", "q", "must be UTF-8"},
    {"country_iso=IT&q=a%0d%0ab", "q", "must not contain control characters"},
    {"country_iso=IT&q=12345678901", "q", "is too long"},
    {"country_iso=IT&%=1", "query", "has a malformed parameter name"},
    {"country_iso=IT&%00=1", "query", "has a malformed parameter name"},
    {"country_iso=IT&%FF=1", "query", "has a malformed parameter name"},
};

static void a_wrong_parameter_is_complained_about_by_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct op op = {0};
        struct filter f;
        char want[128];

        if (read(&op, bad[i].query, &f))
            fail_msg("%s was taken", bad[i].query);
        assert_int_equal(op.err.code, E_VALIDATION_ERROR);
        assert_non_null(op.err.details);
        assert_string_equal(op.err.details->key, bad[i].name);
        assert_null(op.err.details->next);
        snprintf(want, sizeof(want), "\"%s\"", bad[i].complaint ? bad[i].complaint : "");
        if (bad[i].complaint && strcmp(op.err.details->json, want) != 0)
            fail_msg("%s: %s", bad[i].query, op.err.details->json);
        op_end(&op);
    }
}

/* Where others add what they like, ours are read as strictly as anywhere. */
static void names_of_others_are_passed_over_where_they_may_be(void **state)
{
    static const char *const refused[] = {"country_iso=IT&country_iso=IT", "country_iso=IT&limit=x",
                                          "scope=openid", "country_iso=IT&tenant_id=1"};
    const struct req good = {.query = STR("scope=a&scope=b&country_iso=IT&hd=")};
    struct op op = {0};
    struct filter f = {0};
    (void)state;

    assert_true(req_query_of_others(&op, &good, &filter_type, &f));
    assert_string_equal(f.country_iso, "IT");
    op_end(&op);
    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        const struct req req = {.query = str_of(refused[i])};
        struct op part = {0};
        assert_false(req_query_of_others(&part, &req, &filter_type, &f));
        op_end(&part);
    }
}

static void all_complaints_come_at_once(void **state)
{
    struct op op = {0};
    struct filter f;
    int n = 0;
    (void)state;

    assert_false(read(&op, "limit=0&nope=1&q=%FF", &f));
    for (const struct detail *d = op.err.details; d; d = d->next)
        n++;
    assert_int_equal(n, 4);
    op_end(&op);
}

static void a_flood_of_parameters_is_refused_early(void **state)
{
    static char query[8000];
    struct op op = {0};
    struct filter f;
    int n = 0;
    (void)state;

    for (size_t i = 0; i + 3 < sizeof(query); i += 3)
        memcpy(query + i, "%=&", 3);
    assert_false(read(&op, query, &f));
    op_end(&op);
    op = (struct op){0};
    for (size_t i = 0; i + 8 < sizeof(query); i += 6)
        snprintf(query + i, 9, "a%04zu&", i % 10000);
    assert_false(read(&op, query, &f));
    for (const struct detail *d = op.err.details; d; d = d->next)
        n++;
    assert_true(n <= PARAMS_MAX + 1);
    op_end(&op);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_fill_the_struct_over_its_defaults),
        cmocka_unit_test(a_wrong_parameter_is_complained_about_by_name),
        cmocka_unit_test(names_of_others_are_passed_over_where_they_may_be),
        cmocka_unit_test(all_complaints_come_at_once),
        cmocka_unit_test(a_flood_of_parameters_is_refused_early),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

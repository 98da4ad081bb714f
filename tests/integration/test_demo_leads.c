/*
 * test_demo_leads.c - tests/data/leads_demo.csv: what the importer makes of it, and that on
 * every day of the year somebody in it may be called, and at every hour somebody must wait.
 */

#include "common/compliance/compliance.h"
#include "common/lead/import.h"
#include "common/lead/lead.h"
#include "tests/support/check.h"
#include "tests/support/testdb.h"

#include <stdio.h>
#include <stdlib.h>

enum { LEADS_MAX = 500, COUNTRIES_MAX = 32, HALF_HOUR_US = 1800000000 };

static struct testdb *db;
static int64_t tenant_id;

static struct op op_for(int64_t tenant)
{
    return testdb_op(db, tenant);
}

static void import_file(struct op *op, const char *path, struct buf *reply)
{
    struct lead_import *imp = lead_import_open(op, &(struct lead_import_options){0});
    FILE *f = fopen(path, "re");
    char piece[4096];
    size_t n;

    assert_non_null(f);
    while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
        assert_ok(op, lead_import_feed(op, imp, (struct str){piece, n}));
    fclose(f);
    assert_ok(op, lead_import_finish(op, imp, reply));
}

static void the_file_imports_as_its_generator_meant_it(void **state)
{
    struct op op = op_for(tenant_id);
    struct buf reply = {0};
    (void)state;

    import_file(&op, "tests/data/leads_demo.csv", &reply);
    const char *counts = "{\"imported\":336,\"updated\":0,\"skipped\":2,\"failed\":12,";
    if (strncmp(reply.p, counts, strlen(counts)) != 0)
        fail_msg("%s", reply.p);
    static const char *const codes[] = {
        "NUMBER_SCIENTIFIC_NOTATION",
        "NUMBER_AMBIGUOUS",
        "NUMBER_ALPHANUMERIC",
        "NUMBER_HAS_EXTENSION",
        "NUMBER_SHORT_OR_EMERGENCY",
        "NUMBER_MISSING",
        "NUMBER_INVALID",
        "DUPLICATE_IN_FILE",
        "FIELD_COUNT",
    };
    for (size_t i = 0; i < ARRAY_LEN(codes); i++)
        assert_non_null(strstr(reply.p, codes[i]));
    buf_free(&reply);
    op_end(&op);
}

/* The tenant's leads, page by page, in op's arena. */
static int all_leads(struct op *op, struct lead out[LEADS_MAX])
{
    struct lead_query q = {.limit = 100};
    struct lead *page;
    int64_t total = 1;
    int n, have = 0;

    while (have < total) {
        q.offset = have;
        assert_ok(op, lead_list(op, &q, &page, &n, &total));
        assert_true(n > 0 && have + n <= LEADS_MAX);
        memcpy(out + have, page, (size_t)n * sizeof(*page));
        have += n;
    }
    return have;
}

static void the_leads_are_of_twelve_countries_and_no_number_never_ends(void **state)
{
    static struct lead leads[LEADS_MAX];
    struct op op = op_for(tenant_id);
    const char *countries[COUNTRIES_MAX];
    int n = all_leads(&op, leads), ncountries = 0, granted = 0;
    (void)state;

    for (int i = 0; i < n; i++) {
        int c = 0;

        while (c < ncountries && strcmp(countries[c], leads[i].country_iso) != 0)
            c++;
        if (c == ncountries)
            countries[ncountries++] = leads[i].country_iso;
        assert_true(ncountries < COUNTRIES_MAX);
        granted += leads[i].consent_status == CONSENT_GRANTED;
        assert_string_not_equal(leads[i].phone + strlen(leads[i].phone) - 4, "0011");
    }
    assert_true(n >= 300);
    assert_int_equal(ncountries, 12);
    assert_in_range(granted, n * 3 / 4, n - 1);
    op_end(&op);
}

struct tally {
    int may, wait;
};

static struct tally count_at(struct op *op, const struct lead *leads, int n, struct tstamp at)
{
    struct country_rules rules;
    const struct evidence scrubbed = {.scrubs = {{NULL, at}}, .n_scrubs = 1};
    struct tally t = {0};

    assert_ok(op, rules_in_force(op, NULL, at, &rules));
    for (int i = 0; i < n; i++) {
        struct compliance_question q = {.to_number = leads[i].phone, .at = at, .lead = &leads[i]};
        struct compliance_verdict v = compliance_answer(op, &q, &rules, &scrubbed).verdict;
        t.may += v.status != VERDICT_REJECTED;
        t.wait += v.next_allowed_at.us != 0;
    }
    return t;
}

/* A week in each season and the weeks in which clocks change, by the half hour. */
static void every_day_some_may_be_called_and_at_every_hour_some_must_wait(void **state)
{
    static const char *const weeks[] = {
        "2026-12-21T00:00:00Z", "2027-03-08T00:00:00Z", "2027-03-25T00:00:00Z",
        "2027-04-01T00:00:00Z", "2027-07-01T00:00:00Z", "2027-09-30T00:00:00Z",
        "2027-10-28T00:00:00Z", "2027-11-04T00:00:00Z",
    };
    static struct lead leads[LEADS_MAX];
    struct op op = op_for(tenant_id);
    int n = all_leads(&op, leads), most = 0;
    (void)state;

    for (size_t w = 0; w < ARRAY_LEN(weeks); w++)
        for (int step = 0; step < 7 * 48; step++) {
            struct op asking = op_for(tenant_id);
            struct tstamp at;

            assert_true(tstamp_parse(str_of(weeks[w]), &at));
            at.us += (int64_t)step * HALF_HOUR_US;
            struct tally t = count_at(&asking, leads, n, at);
            most = step % 48 == 0 || t.may > most ? t.may : most;
            if (t.wait < 10 || (step % 48 == 47 && most < 10))
                fail_msg("%s: %d must wait, at most %d may be called that day",
                         tstamp_format(&asking.arena, at), t.wait, most);
            op_end(&asking);
        }
    op_end(&op);
}

static int open_database(void **state)
{
    testdb_setup(state);
    db = *state;
    tenant_id = testdb_tenant(db);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_file_imports_as_its_generator_meant_it),
        cmocka_unit_test(the_leads_are_of_twelve_countries_and_no_number_never_ends),
        cmocka_unit_test(every_day_some_may_be_called_and_at_every_hour_some_must_wait),
    };
    return cmocka_run_group_tests(tests, open_database, testdb_teardown);
}

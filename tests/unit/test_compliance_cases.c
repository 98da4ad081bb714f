/* test_compliance_cases.c - the engine against 208 situations worked out beforehand. */

#include "common/base/json.h"
#include "tests/support/check.h"
#include "tests/support/law_cases.h"

#include <stdio.h>

enum { CASES = 208 };

/* The names of a set of codes or warnings, "A B", in the order of codes.def. */
static const char *names(struct op *op, uint64_t set, unsigned count, bool warnings)
{
    const char *text = "";

    for (unsigned i = 0; i < count; i++)
        if (set & CODE_BIT(i))
            text = arena_printf(&op->arena, "%s%s%s", text, *text ? " " : "",
                                warnings ? compliance_warning_name((enum compliance_warning)i)
                                         : compliance_code_name((enum compliance_code)i));
    return text;
}

static const char *listed(struct op *op, const struct cJSON *list)
{
    const char *text = "";

    for (const struct cJSON *v = json_first(list); v; v = json_next(v))
        text = arena_printf(&op->arena, "%s%s%s", text, *text ? " " : "", json_string(v));
    return text;
}

/* One when it is not as it should be. */
static int differs(const struct law_case *c, const char *what, const char *is, const char *wanted)
{
    if (strcmp(is ? is : "null", wanted ? wanted : "null") == 0)
        return 0;
    print_error("%s (%s): %s is %s, not %s\n", c->id, c->title, what, is ? is : "null",
                wanted ? wanted : "null");
    return 1;
}

static bool agrees(struct op *op, const struct law_case *c)
{
    struct compliance_verdict v = compliance_decide(&c->facts);
    const struct cJSON *want = c->expected, *checks = json_get(want, "checks");
    const struct {
        const char *what, *is, *wanted;
    } rows[] = {
        {"status", verdict_status_names[v.status], json_get_string(want, "status")},
        {"rejection_code", compliance_code_name(v.code), json_get_string(want, "rejection_code")},
        {"all_codes", names(op, v.codes, CC_COUNT, false), listed(op, json_get(want, "all_codes"))},
        {"warnings", names(op, v.warnings, CW_COUNT, true), listed(op, json_get(want, "warnings"))},
        {"dnc", check_names[v.dnc], json_get_string(checks, "dnc")},
        {"quiet_hours", check_names[v.quiet_hours], json_get_string(checks, "quiet_hours")},
        {"consent", check_names[v.consent], json_get_string(checks, "consent")},
        {"disclosure", check_names[v.disclosure], json_get_string(checks, "disclosure")},
        {"next_allowed_at", tstamp_format(&op->arena, v.next_allowed_at),
         json_get_string(want, "next_allowed_at")},
    };
    int wrong = 0;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        wrong += differs(c, rows[i].what, rows[i].is, rows[i].wanted);
    return wrong == 0;
}

static void every_case_gets_the_verdict_worked_out_for_it(void **state)
{
    struct op op = {0};
    int n, wrong = 0, skipped = 0;
    const struct law_case *cases = law_cases_read(&op, &n);
    (void)state;

    assert_int_equal(n, CASES);
    for (int i = 0; i < n; i++) {
        if (cases[i].requires_tzdata && strcmp(tz_version(), cases[i].requires_tzdata) < 0) {
            print_message("SKIPPED %s (%s): needs tzdata %s, this machine has %s\n", cases[i].id,
                          cases[i].title, cases[i].requires_tzdata, tz_version());
            skipped++;
        } else if (!agrees(&op, &cases[i])) {
            wrong++;
        }
    }
    print_message("%d of %d cases agree, %d skipped\n", n - wrong - skipped, n, skipped);
    op_end(&op);
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_case_gets_the_verdict_worked_out_for_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

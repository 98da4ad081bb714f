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

static bool same(const struct law_case *c, const char *what, const char *is, const char *wanted)
{
    if (strcmp(is ? is : "null", wanted ? wanted : "null") == 0)
        return true;
    print_error("%s (%s): %s is %s, not %s\n", c->id, c->title, what, is ? is : "null",
                wanted ? wanted : "null");
    return false;
}

static bool agrees(struct op *op, const struct law_case *c)
{
    struct compliance_verdict v = compliance_decide(&c->facts);
    const struct cJSON *want = c->expected, *checks = json_get(want, "checks");

    return same(c, "status", verdict_status_names[v.status], json_get_string(want, "status"))
           & same(c, "rejection_code", compliance_code_name(v.code),
                  json_get_string(want, "rejection_code"))
           & same(c, "all_codes", names(op, v.codes, CC_COUNT, false),
                  listed(op, json_get(want, "all_codes")))
           & same(c, "warnings", names(op, v.warnings, CW_COUNT, true),
                  listed(op, json_get(want, "warnings")))
           & same(c, "dnc", check_names[v.dnc], json_get_string(checks, "dnc"))
           & same(c, "quiet_hours", check_names[v.quiet_hours],
                  json_get_string(checks, "quiet_hours"))
           & same(c, "consent", check_names[v.consent], json_get_string(checks, "consent"))
           & same(c, "disclosure", check_names[v.disclosure], json_get_string(checks, "disclosure"))
           & same(c, "next_allowed_at", tstamp_format(&op->arena, v.next_allowed_at),
                  json_get_string(want, "next_allowed_at"));
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

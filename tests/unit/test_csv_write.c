/* test_csv_write.c - cells that open in a spreadsheet as what they are. */

#include "common/base/csv_write.h"
#include "tests/support/check.h"

#include <stdio.h>

static void cells_are_quoted_and_formulas_are_text(void **state)
{
    static const struct {
        const char *text, *cell;
    } cases[] = {
        {"plain", "\"plain\""},
        {"", "\"\""},
        {NULL, ""},
        {"a,\"b\"\n", "\"a,\"\"b\"\"\n\""},
        {"=cmd()", "\"'=cmd()\""},
        {"+SUM(A1)", "\"'+SUM(A1)\""},
        {"-1+1", "\"'-1+1\""},
        {"@x", "\"'@x\""},
        {"  =x", "\"'  =x\""},
        {"\tx", "\"'\tx\""},
        {"\rx", "\"'\rx\""},
        {"+393491234567", "\"+393491234567\""},
        {"+39349123456=7", "\"'+39349123456=7\""},
        {"+", "\"'+\""},
        {" +39", "\"' +39\""},
        {"a=b", "\"a=b\""},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf b = {0};
        csv_write_cell(&b, "first", true);
        csv_write_cell(&b, cases[i].text, false);
        csv_write_end(&b);
        char want[64];
        snprintf(want, sizeof(want), "\"first\",%s\r\n", cases[i].cell);
        assert_string_equal(b.p, want);
        buf_free(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(cells_are_quoted_and_formulas_are_text)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}

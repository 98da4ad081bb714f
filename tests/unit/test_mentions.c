/* test_mentions.c - the people that a text tells of. */

#include "common/tenant/mentions.h"
#include "tests/support/check.h"

static void numbers_are_found_however_they_are_written(void **state)
{
    static const struct {
        const char *subject, *json, *out;
    } cases[] = {
        {"/api/v1/leads", "", "{}"},
        {"/api/v1/campaigns/12", "{\"id\":12,\"name\":\"+39 349\"}", "{}"},
        {"/api/v1/leads/12", "{}", "{leads/12}"},
        {"/api/v1/leads/12/consent", "{\"a\":1}", "{leads/12}"},
        {"/api/v1/leads/", "null", "{}"},
        {"/api/v1/leads/bulk-import", "null", "{}"},
        {"/x", "{\"phone\":\"+393491234567\"}", "{+393491234567}"},
        {"/api/v1/leads/3", "{\"a\":[\"+393491234567\",{\"b\":\"+4420794600\"}]}",
         "{leads/3,+393491234567,+4420794600}"},
        {"/x", "{\"a\":\"\\u002b\\u0033\\u003993491234567\"}", "{+3993491234567}"},
        {"/x", "{\"a\":\"\\u002B393491234567\"}", "{+393491234567}"},
        {"/x", "{\"a\":\"\\u012b393491234567\"}", "{}"},
        {"/x", "{\"a\":\"x\\\"+393491234567\"}", "{}"},
        {"/x", "{\"a\":\"+123456\",\"b\":\"+1234567\"}", "{+1234567}"},
        {"/x", "{\"a\":\"+123456789012345\",\"b\":\"+1234567890123456\"}", "{+123456789012345}"},
        {"/x", "{\"a\":\"+39349123456x\",\"b\":\"++393491234567\"}", "{}"},
        {"/x", "{\"a\":\"+393491234567", "{+393491234567}"},
        {"/x", "{\"a\":\"+3934912345\\", "{}"},
        {"/x", "{\"a\":\"+3934912345\\u00", "{}"},
    };
    struct op op = {0};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_string_equal(mentions(&op, cases[i].subject, str_of(cases[i].json)), cases[i].out);
    op_end(&op);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_found_however_they_are_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

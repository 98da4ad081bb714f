/* test_network.c - what a key may do, and from where, as it is written. */

#include "common/tenant/network.h"
#include "common/tenant/scope.h"
#include "tests/support/check.h"

static void S038_an_address_is_in_its_networks_and_in_no_other(void **state)
{
    static const struct {
        const char *networks, *address;
        bool in;
    } cases[] = {
        {"[\"192.0.2.0/24\"]", "192.0.2.255", true},
        {"[\"192.0.2.0/24\"]", "192.0.3.0", false},
        {"[\"192.0.2.7/25\"]", "192.0.2.127", true},
        {"[\"192.0.2.0/25\"]", "192.0.2.128", false},
        {"[\"192.0.2.7\"]", "192.0.2.7", true},
        {"[\"192.0.2.7\"]", "192.0.2.6", false},
        {"[\"0.0.0.0/0\"]", "203.0.113.9", true},
        {"[\"0.0.0.0/0\"]", "2001:db8::1", false},
        {"[\"192.0.2.0/24\"]", "::ffff:192.0.2.9", true},
        {"[\"2001:db8::/32\"]", "2001:db8:ffff::1", true},
        {"[\"2001:db8::/32\"]", "2001:db9::1", false},
        {"[\"2001:db8::/33\"]", "2001:db8:8000::", false},
        {"[\"198.51.100.1\",\"192.0.2.0/24\"]", "192.0.2.1", true},
        {"[\"0.0.0.0/0\",\"::/0\"]", "", false},
        {"[\"0.0.0.0/0\",\"::/0\"]", "192.0.2.1, 192.0.2.2", false},
        {"[\"0.0.0.0/0\",\"::/0\"]", NULL, false},
    };
    struct networks n;
    struct op op = {0};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_null(networks_read(&op, cases[i].networks, &n));
        if (networks_have(&n, cases[i].address) != cases[i].in)
            fail_msg("%s and %s", cases[i].networks, cases[i].address);
    }
    assert_null(networks_read(&op, NULL, &n));
    assert_int_equal(n.n, 0);
    op_end(&op);
}

static void what_is_no_network_is_refused(void **state)
{
    static const char *const bad[] = {"[]",
                                      "{}",
                                      "[1]",
                                      "[\"\"]",
                                      "[\"192.0.2.0/33\"]",
                                      "[\"::/129\"]",
                                      "[\"192.0.2.0/08\"]",
                                      "[\"192.0.2.0/8 \"]",
                                      "[\"192.0.2/24\"]",
                                      "[\"192.0.2.0/24\",\"x\"]",
                                      "nonsense"};
    struct networks n;
    struct op op = {0};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_non_null(networks_read(&op, bad[i], &n));
    op_end(&op);
}

static void S021_a_key_reaches_what_its_scopes_name(void **state)
{
    scope_set none, some;
    struct op op = {0};

    (void)state;
    assert_null(scopes_read(&op, NULL, &none));
    assert_null(scopes_read(&op, "[\"calls:read\",\"leads:erase\"]", &some));
    assert_true(scopes_reach(none, SCOPE_CALLS_DIAL) && scopes_reach(none, SCOPE_NONE));
    assert_true(scopes_reach(some, SCOPE_CALLS_READ) && scopes_reach(some, SCOPE_LEADS_ERASE));
    assert_false(scopes_reach(some, SCOPE_CALLS_DIAL) || scopes_reach(some, SCOPE_NONE));
    assert_non_null(scopes_read(&op, "[]", &some));
    assert_non_null(scopes_read(&op, "[\"\"]", &some));
    assert_non_null(scopes_read(&op, "[\"calls:read\",\"calls\"]", &some));
    op_end(&op);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(S038_an_address_is_in_its_networks_and_in_no_other),
        cmocka_unit_test(what_is_no_network_is_refused),
        cmocka_unit_test(S021_a_key_reaches_what_its_scopes_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

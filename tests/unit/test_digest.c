/* test_digest.c - digests against the examples of their standards. */

#include "common/base/digest.h"

#include "tests/support/check.h"

static void digests_are_those_of_the_standards(void **state)
{
    static const struct {
        enum digest kind;
        const char *text, *hex;
    } cases[] = {
        {DIGEST_MD5, "", "d41d8cd98f00b204e9800998ecf8427e"},
        {DIGEST_MD5, "message digest", "f96b697d7cb7938d525a2f31aaf161d0"},
        {DIGEST_SHA1, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"},
        {DIGEST_SHA256, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {DIGEST_SHA256, "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    };
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        char hex[SHA256_HEX_SIZE];
        digest_hex(cases[i].kind, str_of(cases[i].text), hex);
        assert_string_equal(hex, cases[i].hex);
    }
}

static void every_byte_has_its_two_digits(void **state)
{
    const unsigned char bytes[] = {0x00, 0x0f, 0xf0, 0xff, 0x9a};
    char hex[11];
    (void)state;

    hex_write(hex, bytes, sizeof(bytes));
    assert_string_equal(hex, "000ff0ff9a");
    hex_write(hex, bytes, 0);
    assert_string_equal(hex, "");
}

/* RFC 4231, cases 2 and 6; the text in one part and in three. */
static void hmacs_are_those_of_the_standard(void **state)
{
    char long_key[131];
    const struct {
        struct str key;
        struct str parts[3];
        const char *hex;
    } cases[] = {
        {STR("Jefe"),
         {STR("what do ya want for nothing?"), STR(""), STR("")},
         "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
        {STR("Jefe"),
         {STR("what do"), STR(" ya want for "), STR("nothing?")},
         "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
        {{long_key, sizeof(long_key)},
         {STR("Test Using Larger Than Block-Size Key - Hash Key First"), STR(""), STR("")},
         "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
    };
    (void)state;

    memset(long_key, 0xaa, sizeof(long_key));
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        unsigned char mac[SHA256_BYTES];
        char hex[SHA256_HEX_SIZE];
        hmac_sha256(cases[i].key, cases[i].parts, 3, mac);
        hex_write(hex, mac, sizeof(mac));
        assert_string_equal(hex, cases[i].hex);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests_are_those_of_the_standards),
        cmocka_unit_test(hmacs_are_those_of_the_standard),
        cmocka_unit_test(every_byte_has_its_two_digits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

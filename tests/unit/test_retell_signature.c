/* Webhook signatures: the vendor's vector, and everything near it that must not pass. */

#include "common/base/conf.h"
#include "common/base/secret_box.h"
#include "common/provider/provider.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#define KEY "key_test_0123456789abcdef"
#define STAMP_MS INT64_C(1714608491736)
#define STAMP "1714608491736"
#define DIGEST "a9bfbb5e14a25856de95f74c3a41bba6a7db7e7ebba6f0b50e418da6f5711404"
#define BODY "{\"event\":\"call_ended\",\"call\":{\"call_id\":\"call_x\",\"note\":\"è 😀\"}}"

/* A provider that takes webhooks signed with one of these keys. */
static struct provider *open_with(const char *webhook_keys, const char *api_key)
{
    struct conf conf = conf_defaults();

    conf.retell_api_key = api_key;
    conf.retell_webhook_keys = webhook_keys;
    struct provider *p = provider_open("retell", &conf);
    assert_non_null(p);
    return p;
}

static bool verifies(struct provider *p, const char *body, const char *header, int64_t now_ms)
{
    struct op op = {.request_id = "req_t"};
    bool ok = p->verify_webhook(&op, p, str_of(body), header, now_ms * 1000);

    if (!ok)
        assert_int_equal(op.err.code, E_INVALID_SIGNATURE);
    op_end(&op);
    return ok;
}

static bool key_verifies(const char *webhook_keys, const char *api_key, const char *header)
{
    struct provider *p = open_with(webhook_keys, api_key);
    bool ok = verifies(p, BODY, header, STAMP_MS);

    p->close(p);
    return ok;
}

/* A header over body and digits with the right key: only its shape can be wrong. */
static const char *sign(char out[160], const char *body, const char *digits)
{
    unsigned char mac[32];
    char message[512];
    int n = snprintf(message, sizeof(message), "%s%s", body, digits);

    assert_true(n > 0 && (size_t)n < sizeof(message));
    HMAC(EVP_sha256(), KEY, (int)strlen(KEY), (unsigned char *)message, (size_t)n, mac, NULL);
    n = snprintf(out, 160, "v=%s,d=", digits);
    for (int i = 0; i < 32; i++)
        snprintf(out + n + (ptrdiff_t)2 * i, 3, "%02x", mac[i]);
    return out;
}

static void the_vendors_vector_verifies(void **state)
{
    (void)state;
    assert_int_equal(strlen(BODY), 67);
    assert_true(key_verifies(NULL, KEY, "v=" STAMP ",d=" DIGEST));
}

static void any_key_of_the_list_may_sign_and_no_other(void **state)
{
    (void)state;
    assert_true(key_verifies("key_old," KEY, "key_api", "v=" STAMP ",d=" DIGEST));
    assert_true(key_verifies(" " KEY " , key_old", "key_api", "v=" STAMP ",d=" DIGEST));
    assert_false(key_verifies("key_old,key_new", KEY, "v=" STAMP ",d=" DIGEST));
    assert_false(key_verifies(" , ", KEY, "v=" STAMP ",d=" DIGEST));
    assert_false(key_verifies(NULL, "key_other", "v=" STAMP ",d=" DIGEST));
}

static void a_header_of_any_other_shape_is_refused(void **state)
{
    static const char *const headers[] = {
        NULL,
        "",
        "v=",
        "v=" STAMP,
        "v=" STAMP ",d=",
        "d=" DIGEST ",v=" STAMP,
        "v=" STAMP ", d=" DIGEST,
        " v=" STAMP ",d=" DIGEST,
        "v=" STAMP ",d=" DIGEST " ",
        "v=" STAMP ";d=" DIGEST,
        "V=" STAMP ",d=" DIGEST,
        "v=" STAMP ",D=" DIGEST,
        "v=" STAMP ",d=A9BFBB5E14A25856DE95F74C3A41BBA6A7DB7E7EBBA6F0B50E418DA6F5711404",
        "v=" STAMP ",d=" DIGEST "0",
        "v=" STAMP ",d=a9bfbb5e14a25856de95f74c3a41bba6a7db7e7ebba6f0b50e418da6f571140",
        "v=" STAMP ",d=a9bfbb5e14a25856de95f74c3a41bba6a7db7e7ebba6f0b50e418da6f571140g",
        "v=1714608491,d=" DIGEST,
        "v=01714608491736,d=" DIGEST,
        "v=+714608491736,d=" DIGEST,
        "v=-714608491736,d=" DIGEST,
        "v=17146084917360,d=" DIGEST,
        "v=171460849173x,d=" DIGEST,
        "v=" STAMP ",v=" STAMP ",d=" DIGEST,
        "v=" STAMP ",d=" DIGEST ",d=" DIGEST,
        "sha256=" DIGEST,
    };
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(headers); i++)
        if (key_verifies(NULL, KEY, headers[i]))
            fail_msg("\"%s\" was taken", headers[i]);
}

/* The signature is right over these digits: it is their shape alone that is refused. */
static void a_well_signed_stamp_must_be_thirteen_digits(void **state)
{
    static const char *const stamps[] = {"0714608491736", "714608491736", "17146084917360",
                                         "1714608491", "+714608491736"};
    struct provider *p = open_with(NULL, KEY);
    char header[160];
    (void)state;

    assert_true(verifies(p, BODY, sign(header, BODY, STAMP), STAMP_MS));
    assert_false(verifies(p, BODY, sign(header, BODY, stamps[0]), INT64_C(714608491736)));
    assert_false(verifies(p, BODY, sign(header, BODY, stamps[1]), INT64_C(714608491736)));
    assert_false(verifies(p, BODY, sign(header, BODY, stamps[2]), INT64_C(17146084917360)));
    assert_false(verifies(p, BODY, sign(header, BODY, stamps[3]), INT64_C(1714608491)));
    assert_false(verifies(p, BODY, sign(header, BODY, stamps[4]), INT64_C(714608491736)));
    p->close(p);
}

static void five_minutes_are_allowed_and_not_a_millisecond_more(void **state)
{
    struct provider *p = open_with(NULL, KEY);
    const char *header = "v=" STAMP ",d=" DIGEST;
    (void)state;

    assert_true(verifies(p, BODY, header, STAMP_MS + 300000));
    assert_true(verifies(p, BODY, header, STAMP_MS - 300000));
    assert_false(verifies(p, BODY, header, STAMP_MS + 300001));
    assert_false(verifies(p, BODY, header, STAMP_MS - 300001));
    p->close(p);
}

static void any_changed_byte_of_the_body_is_noticed(void **state)
{
    struct provider *p = open_with(NULL, KEY);
    char body[] = BODY;
    (void)state;

    for (size_t i = 0; i < strlen(BODY); i++) {
        body[i] ^= 1;
        assert_false(verifies(p, body, "v=" STAMP ",d=" DIGEST, STAMP_MS));
        body[i] ^= 1;
    }
    assert_false(verifies(p, BODY " ", "v=" STAMP ",d=" DIGEST, STAMP_MS));
    assert_false(verifies(p, "", "v=" STAMP ",d=" DIGEST, STAMP_MS));
    p->close(p);
}

/* The signed text is body and stamp without a separator: digits moved across keep the MAC. */
static void digits_moved_from_the_stamp_into_the_body_do_not_pass(void **state)
{
    struct provider *p = open_with(NULL, KEY);
    (void)state;

    assert_false(verifies(p, BODY "1", "v=714608491736,d=" DIGEST, STAMP_MS));
    assert_false(verifies(p, BODY "1", "v=7146084917360,d=" DIGEST, STAMP_MS));
    p->close(p);
}

/* Sealed, as a tenant's lies in the database. */
static struct sealed verifier_of(const struct provider *p, const char *key)
{
    unsigned char verifier[PROVIDER_VERIFIER_BYTES];
    struct op op = {0};
    struct sealed s = {0};

    p->make_verifier(key, verifier);
    if (strlen(key) >= 4) /* less of it is anywhere */
        assert_null(memmem(verifier, sizeof(verifier), key, 4));
    secret_place(&s, "tenant_secrets", "box", 7, "retell_webhook/a");
    assert_true(
        secret_seal(&op, p->ring, (struct str){(const char *)verifier, sizeof(verifier)}, &s));
    op_end(&op);
    return s;
}

static struct provider *open_with_ring(char path[64])
{
    char id[RING_KEY_ID_SIZE];
    struct conf conf = conf_defaults();
    struct op op = {0};

    snprintf(path, 64, "/tmp/aga_ring_%d", (int)getpid());
    assert_true(key_ring_add(&op, path, id));
    conf.retell_api_key = "key_of_the_deployment";
    conf.secrets_key_file = path;
    struct provider *p = provider_open("retell", &conf);
    assert_non_null(p);
    op_end(&op);
    return p;
}

/* A tenant's webhook key is not kept: what HMAC has made of it says the same of every signature. */
static void a_verifier_verifies_what_its_key_signed_and_nothing_else(void **state)
{
    char path[64], body[200], header[160];
    struct provider *p = open_with_ring(path), workspace = *p;
    const struct sealed good = verifier_of(p, KEY), other = verifier_of(p, "key_other");
    (void)state;

    workspace.key = &good;
    assert_true(verifies(&workspace, BODY, "v=" STAMP ",d=" DIGEST, STAMP_MS));
    assert_false(verifies(&workspace, BODY " ", "v=" STAMP ",d=" DIGEST, STAMP_MS));
    assert_false(verifies(p, BODY, "v=" STAMP ",d=" DIGEST, STAMP_MS));
    for (size_t n = 0; n < sizeof(body) - 1; n++) { /* around every edge of a block */
        memset(body, 'x', n);
        body[n] = '\0';
        assert_true(verifies(&workspace, body, sign(header, body, STAMP), STAMP_MS));
    }
    workspace.key = &other;
    assert_false(verifies(&workspace, BODY, "v=" STAMP ",d=" DIGEST, STAMP_MS));
    p->close(p);
    unlink(path);
}

/* HMAC hashes a key that is longer than a block. */
static void a_key_of_any_length_has_a_verifier(void **state)
{
    char path[64], key[201], text[160] = "v=" STAMP ",d=";
    struct provider *p = open_with_ring(path), workspace = *p;
    unsigned char mac[32];
    (void)state;

    for (size_t n = 1; n < sizeof(key); n++) {
        memset(key, 'k', n);
        key[n] = '\0';
        const struct sealed s = verifier_of(p, key);
        workspace.key = &s;
        HMAC(EVP_sha256(), key, (int)n, (const unsigned char *)(BODY STAMP), strlen(BODY STAMP),
             mac, NULL);
        for (size_t i = 0; i < sizeof(mac); i++)
            snprintf(text + 18 + 2 * i, 3, "%02x", mac[i]);
        assert_true(verifies(&workspace, BODY, text, STAMP_MS));
    }
    p->close(p);
    unlink(path);
}

static void settings_that_make_no_client_open_nothing(void **state)
{
    struct conf conf = conf_defaults();
    (void)state;

    assert_null(provider_open("retell", &conf));
    conf.retell_api_key = "key\r\nX-Injected: 1";
    assert_null(provider_open("retell", &conf));
    conf.retell_api_key = KEY;
    conf.retell_base_url = "ftp://api.retellai.com";
    assert_null(provider_open("retell", &conf));
    conf.retell_base_url = "https://api.retellai.com";
    conf.retell_paths = "future";
    assert_null(provider_open("retell", &conf));
    conf.retell_paths = "current";
    assert_null(provider_open("telepathy", &conf));
    struct provider *p = provider_open("retell", &conf);
    assert_non_null(p);
    p->close(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_vendors_vector_verifies),
        cmocka_unit_test(any_key_of_the_list_may_sign_and_no_other),
        cmocka_unit_test(a_header_of_any_other_shape_is_refused),
        cmocka_unit_test(a_well_signed_stamp_must_be_thirteen_digits),
        cmocka_unit_test(five_minutes_are_allowed_and_not_a_millisecond_more),
        cmocka_unit_test(any_changed_byte_of_the_body_is_noticed),
        cmocka_unit_test(digits_moved_from_the_stamp_into_the_body_do_not_pass),
        cmocka_unit_test(a_verifier_verifies_what_its_key_signed_and_nothing_else),
        cmocka_unit_test(a_key_of_any_length_has_a_verifier),
        cmocka_unit_test(settings_that_make_no_client_open_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

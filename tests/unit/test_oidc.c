/* test_oidc.c - what a browser holds, what an issuer says of itself, and the way there. */

#include "common/identity/oidc_metadata.h"
#include "common/identity/oidc_ticket.h"
#include "tests/support/check.h"

#include <stdlib.h>

#define NOW INT64_C(1800000000)
#define ISSUER "https://id.example.com"
#define SECRET "0123456789abcdefghijABCDEFGHIJ0123456789abc"
#define TICKET "1800000000." SECRET
#define COOKIE OIDC_COOKIE "=" TICKET

static bool read_at(const char *cookies, int64_t now, struct op *op, struct oidc_ticket *t)
{
    return oidc_ticket_read(op, cookies, now, t);
}

static void a_ticket_comes_back_as_it_was_made(void **state)
{
    struct op op = {0};
    struct oidc_ticket made, back, other;

    (void)state;
    oidc_ticket_make(&op, NOW, &made);
    oidc_ticket_make(&op, NOW, &other);
    const char *cookie = oidc_ticket_cookie(&op, &made);
    assert_non_null(strstr(cookie, "; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=600"));
    const char *pair = arena_strndup(&op.arena, cookie, strcspn(cookie, ";"));
    assert_ok(&op, read_at(arena_printf(&op.arena, "a=b; %s; c=d", pair), NOW + 599, &op, &back));
    assert_string_equal(back.text, made.text);
    assert_string_equal(back.sha256, made.sha256);
    assert_true(oidc_ticket_matches(&back, made.state));
    assert_string_equal(back.nonce, made.nonce);
    assert_string_equal(back.verifier, made.verifier);
    assert_false(oidc_ticket_matches(&back, other.state));
    assert_string_not_equal(made.nonce, other.nonce);
    op_end(&op);
}

/* RFC 7636: 43 to 128 unreserved characters, and the challenge their SHA-256. */
static void what_follows_from_a_ticket_does_not_tell_it_nor_each_other(void **state)
{
    struct op op = {0};
    struct oidc_ticket t;

    (void)state;
    assert_ok(&op, read_at(COOKIE, NOW, &op, &t));
    const char *const texts[] = {t.text, t.state, t.nonce, t.verifier, t.challenge};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        for (size_t k = 0; k < ARRAY_LEN(texts); k++)
            assert_true(i == k || !strstr(texts[i], texts[k]));
    for (size_t i = 1; i < ARRAY_LEN(texts); i++)
        assert_int_equal(strlen(texts[i]), 43);
    /* Worked out with Python's hmac and hashlib. */
    assert_string_equal(t.verifier, "xop-FWNtoeIhUpbfVwDO50hnpUYbLQoOkxeJUu9E0oQ");
    assert_string_equal(t.challenge, "LM7SMlXAx9iMGQs2TyCd2Y78d32MezvRtIDoK4VRJ10");
    op_end(&op);
}

static void S041_S043_no_other_cookie_and_no_other_state(void **state)
{
    static const char *const cookies[] = {
        NULL,
        "",
        "agoralia_sign_in=" TICKET,
        "__Secure-agoralia_sign_in=" TICKET,
        "__host-agoralia_sign_in=" TICKET,
        "x" COOKIE,
        COOKIE "0",
        COOKIE "; " COOKIE,
        OIDC_COOKIE "=x; " COOKIE,
        OIDC_COOKIE "=",
        OIDC_COOKIE "=1800000000",
        OIDC_COOKIE "=1800000000.",
        OIDC_COOKIE "=-800000000." SECRET,
        OIDC_COOKIE "= 800000000." SECRET,
        OIDC_COOKIE "=1799999400." SECRET, /* ten minutes ago */
        OIDC_COOKIE "=1800000031." SECRET, /* not yet */
        OIDC_COOKIE "=1800000000.0123456789abcdefghijABCDEFGHIJ012345678%2e",
        OIDC_COOKIE "=\"" TICKET "\"",
    };
    struct oidc_ticket t;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cookies); i++) {
        struct op op = {0};
        if (read_at(cookies[i], NOW, &op, &t))
            fail_msg("taken: %s", cookies[i]);
        assert_int_equal(op.err.code, E_MALFORMED_REQUEST);
        op_end(&op);
    }
    struct op op = {0};
    assert_ok(&op, read_at(COOKIE, NOW, &op, &t));
    assert_false(oidc_ticket_matches(&t, NULL));
    assert_false(oidc_ticket_matches(&t, ""));
    assert_false(oidc_ticket_matches(&t, t.nonce));
    assert_false(oidc_ticket_matches(&t, arena_printf(&op.arena, "%sA", t.state)));
    /* A time that was moved is another ticket. */
    struct oidc_ticket moved;
    assert_ok(&op, read_at(OIDC_COOKIE "=1799999999." SECRET, NOW, &op, &moved));
    assert_false(oidc_ticket_matches(&moved, t.state));
    op_end(&op);
}

#define ENDPOINTS \
    "\"authorization_endpoint\":\"https://id.example.com/auth\"," \
    "\"token_endpoint\":\"https://id.example.com/token\"," \
    "\"jwks_uri\":\"https://keys.example.com/jwks\""
#define PLAIN "{\"issuer\":\"" ISSUER "\"," ENDPOINTS "}"

static void an_issuer_says_where_it_is_asked(void **state)
{
    struct op op = {0};
    struct oidc_metadata m;
    struct oidc_ticket t;

    (void)state;
    assert_ok(&op, read_at(COOKIE, NOW, &op, &t));
    assert_string_equal(oidc_metadata_url(&op, ISSUER "/"),
                        ISSUER "/.well-known/openid-configuration");
    assert_ok(&op, oidc_metadata_read(&op, ISSUER, STR(PLAIN), &m));
    assert_false(m.says_iss || m.secret_in_body);
    assert_null(m.userinfo_endpoint);
    const char *url = oidc_authorization_url(&op, &m, "a client", "https://c.example/cb?x=1", &t);
    assert_string_equal(
        url, arena_printf(&op.arena,
                          "https://id.example.com/auth?response_type=code&scope=openid%%20email"
                          "&client_id=a%%20client&redirect_uri=https%%3A%%2F%%2Fc.example%%2Fcb%%3F"
                          "x%%3D1&state=%s&nonce=%s&code_challenge=%s&code_challenge_method=S256",
                          t.state, t.nonce, t.challenge));
    assert_null(strstr(url, t.verifier));
    assert_ok(&op, oidc_metadata_read(
                       &op, ISSUER,
                       STR("{\"issuer\":\"" ISSUER "\"," ENDPOINTS
                           ",\"authorization_response_iss_parameter_supported\":true,"
                           "\"code_challenge_methods_supported\":[\"plain\",\"S256\"],"
                           "\"token_endpoint_auth_methods_supported\":[\"client_secret_post\"]}"),
                       &m));
    assert_true(m.says_iss && m.secret_in_body);
    op_end(&op);
}

#define WITH(auth) \
    "{\"issuer\":\"" ISSUER "\",\"token_endpoint\":\"https://id.example.com/token\"," \
    "\"jwks_uri\":\"https://id.example.com/jwks\",\"authorization_endpoint\":\"" auth "\"}"

static void S041_an_issuer_that_is_another_or_leads_elsewhere_is_refused(void **state)
{
    static const char *const documents[] = {
        "",
        "[]",
        "{}",
        "{" ENDPOINTS "}",
        "{\"issuer\":\"" ISSUER "/\"," ENDPOINTS "}",
        "{\"issuer\":\"https://evil.example\"," ENDPOINTS "}",
        "{\"issuer\":\"" ISSUER "\"}",
        "{\"issuer\":\"" ISSUER "\"," ENDPOINTS
        ",\"code_challenge_methods_supported\":[\"plain\"]}",
        "{\"issuer\":\"" ISSUER "\"," ENDPOINTS ",\"userinfo_endpoint\":\"http://x.example\"}",
        WITH("http://id.example.com/auth"),
        WITH("http://127.0.0.1/auth"),
        WITH("http://169.254.169.254/auth"),
        WITH("//id.example.com/auth"),
        WITH("javascript:alert(1)"),
        WITH("file:///etc/passwd"),
        WITH("https://"),
        WITH("https:///auth"),
        WITH("https://id.example.com@evil.example/auth"),
        WITH("https://id.example.com/auth#x"),
        WITH("https://id.example.com/a b"),
        WITH("https://id.example.com/\\r\\nSet-Cookie: a=b"),
        WITH("https://id.example.com\\\\@evil.example"),
    };
    struct oidc_metadata m;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(documents); i++) {
        struct op op = {0};
        if (oidc_metadata_read(&op, ISSUER, str_of(documents[i]), &m))
            fail_msg("taken: %s", documents[i]);
        assert_int_equal(op.err.code, E_PROVIDER_ERROR);
        op_end(&op);
    }
}

static void only_this_machine_is_asked_without_TLS(void **state)
{
    static const char *const local[] = {"http://127.0.0.1", "http://127.0.0.1:8080/x",
                                        "http://localhost:1", "http://[::1]:1/realm"};
    static const char *const bad[] = {"http://id.example.com",
                                      "http://127.0.0.1.evil.example",
                                      "http://127.0.0.1@evil.example",
                                      "http://localhost.evil.example",
                                      "http://10.0.0.1",
                                      "ftp://127.0.0.1",
                                      "127.0.0.1",
                                      ""};
    (void)state;

    for (size_t i = 0; i < ARRAY_LEN(local); i++) {
        assert_true(oidc_may_ask(local[i], local[i]));
        assert_false(oidc_may_ask(local[i], ISSUER));
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        if (oidc_may_ask(bad[i], bad[i]) || oidc_may_ask(bad[i], local[0]))
            fail_msg("asked: %s", bad[i]);
    assert_true(oidc_may_ask(ISSUER, ISSUER));
    assert_true(oidc_may_ask(ISSUER, local[0]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ticket_comes_back_as_it_was_made),
        cmocka_unit_test(what_follows_from_a_ticket_does_not_tell_it_nor_each_other),
        cmocka_unit_test(S041_S043_no_other_cookie_and_no_other_state),
        cmocka_unit_test(an_issuer_says_where_it_is_asked),
        cmocka_unit_test(S041_an_issuer_that_is_another_or_leads_elsewhere_is_refused),
        cmocka_unit_test(only_this_machine_is_asked_without_TLS),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

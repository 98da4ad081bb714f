/*
 * test_id_token.c - what an issuer may say, and everything that must not pass for it.
 *
 * As in test_token.c every forgery differs in one thing from a good token, and is signed with the
 * issuer's right key unless the signature is the point.
 */

#include "common/identity/id_token.h"

#include "common/base/digest.h"
#include "common/base/json.h"
#include "common/identity/jwk.h"
#include "tests/support/check.h"
#include "tests/support/made_token.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <stdlib.h>

#define NOW INT64_C(1800000000)
#define ISSUER "https://id.example.com"
#define HEADER(alg, kid) "{\"alg\":\"" alg "\",\"typ\":\"JWT\",\"kid\":\"" kid "\"}"
#define RS HEADER("RS256", "r")
#define ES HEADER("ES256", "e")
#define ISS "\"iss\":\"" ISSUER "\""
#define AUD "\"aud\":\"console\""
#define SUB "\"sub\":\"person-7\""
#define NONCE "\"nonce\":\"n-1\""
#define TIMES "\"iat\":1799999990,\"exp\":1800000590"
#define EMAIL "\"email\":\"Ada@Example.com\",\"email_verified\":true"
#define WHO ISS "," AUD "," SUB "," NONCE
#define GOOD "{" WHO "," TIMES "," EMAIL "}"

struct room {
    struct op op;
    EVP_PKEY *rsa, *ec, *other_rsa, *other_ec, *small;
    const char *keys; /* the issuer's set */
    int accepted, tried;
};

static const char *number(struct room *r, EVP_PKEY *key, const char *name, int pad)
{
    unsigned char bytes[1024];
    BIGNUM *n = NULL;

    assert_true(EVP_PKEY_get_bn_param(key, name, &n));
    int size = pad ? pad : BN_num_bytes(n);
    BN_bn2binpad(n, bytes, size);
    BN_free(n);
    return made_base64(&r->op.arena, (struct str){(char *)bytes, (size_t)size});
}

static const char *rsa_jwk(struct room *r, EVP_PKEY *key, const char *more)
{
    return arena_printf(&r->op.arena, "{\"kty\":\"RSA\",\"n\":\"%s\",\"e\":\"%s\"%s}",
                        number(r, key, OSSL_PKEY_PARAM_RSA_N, 0),
                        number(r, key, OSSL_PKEY_PARAM_RSA_E, 0), more);
}

static const char *ec_jwk(struct room *r, EVP_PKEY *key, const char *more)
{
    return arena_printf(&r->op.arena,
                        "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"%s\",\"y\":\"%s\"%s}",
                        number(r, key, OSSL_PKEY_PARAM_EC_PUB_X, 32),
                        number(r, key, OSSL_PKEY_PARAM_EC_PUB_Y, 32), more);
}

static int enter(void **state)
{
    struct room *r = calloc(1, sizeof(*r));

    r->rsa = EVP_RSA_gen(2048);
    r->other_rsa = EVP_RSA_gen(2048);
    r->small = EVP_RSA_gen(1024);
    r->ec = EVP_EC_gen("P-256");
    r->other_ec = EVP_EC_gen("P-256");
    r->keys = arena_printf(
        &r->op.arena, "{\"keys\":[%s,%s,%s,%s,{\"kty\":\"oct\",\"kid\":\"h\",\"k\":\"AAAA\"}]}",
        rsa_jwk(r, r->rsa, ",\"kid\":\"r\",\"use\":\"sig\",\"alg\":\"RS256\""),
        ec_jwk(r, r->ec, ",\"kid\":\"e\""),
        rsa_jwk(r, r->small, ",\"kid\":\"small\",\"use\":\"sig\""),
        rsa_jwk(r, r->other_rsa, ",\"kid\":\"enc\",\"use\":\"enc\""));
    *state = r;
    return 0;
}

static int leave(void **state)
{
    struct room *r = *state;

    EVP_PKEY_free(r->rsa);
    EVP_PKEY_free(r->other_rsa);
    EVP_PKEY_free(r->small);
    EVP_PKEY_free(r->ec);
    EVP_PKEY_free(r->other_ec);
    op_end(&r->op);
    free(r);
    return 0;
}

static const struct id_token_rules rules = {
    .issuer = ISSUER, .client_id = "console", .nonce = "n-1", .access_token = "access"};

/* As oidc.c asks, with any set of keys. */
static bool good_with(struct op *op, const char *keys, struct str text, int64_t now,
                      struct id_claims *c)
{
    const struct cJSON *set, *key;
    struct id_token t;

    return json_parse(op, str_of(keys), &set) && id_token_read(op, text, &t)
           && (key = jwk_find(set, t.alg, t.kid)) != NULL
           && id_token_check(op, &t, key, &rules, now, c);
}

static bool good(struct room *r, const char *text)
{
    struct op op = {0};
    struct id_claims c;
    bool ok = good_with(&op, r->keys, str_of(text), NOW, &c);

    if (!ok) /* or there is no such key */
        assert_true(op.err.code == E_MALFORMED_REQUEST || op.err.code == E_NONE);
    op_end(&op);
    return ok;
}

static void refused(struct room *r, const char *what, const char *text)
{
    r->tried++;
    if (good(r, text)) {
        r->accepted++;
        print_error("accepted: %s: %s\n", what, text);
    }
}

static const char *by(struct room *r, EVP_PKEY *key, const char *header, const char *claims)
{
    return made_token(&r->op.arena, header, claims, key, MADE_LOW);
}

static void what_the_issuer_signs_is_good_whichever_of_its_keys_it_uses(void **state)
{
    struct room *r = *state;
    struct id_claims c;
    struct op op = {0};

    assert_true(good(r, by(r, r->rsa, RS, GOOD)));
    assert_true(good(r, by(r, r->ec, ES, GOOD)));
    assert_true(good(r, made_token(&r->op.arena, ES, GOOD, r->ec, MADE_HIGH)));
    assert_true(good(r, by(r, r->ec, "{\"alg\":\"ES256\"}", GOOD)));
    assert_true(good(r, by(r, r->ec, "{\"alg\":\"ES256\",\"kid\":\"e\",\"x5t\":\"AA\"}", GOOD)));
    assert_ok(&op, good_with(&op, r->keys, str_of(by(r, r->rsa, RS, GOOD)), NOW, &c));
    assert_string_equal(c.subject, "person-7");
    assert_string_equal(c.email, "ada@example.com");
    assert_true(c.email_verified);
    op_end(&op);
}

static void more_claims_audiences_and_a_hash_of_the_access_token_are_good(void **state)
{
    static const char *const claims[] = {
        "{" WHO "," TIMES "}",
        "{" WHO "," TIMES ",\"at_hash\":\"oFYf1knNtrqnhAVfBRuteQ\",\"acr\":\"1\",\"hd\":\"x\"}",
        "{" ISS "," SUB "," NONCE "," TIMES ",\"aud\":[\"console\"]}",
        "{" ISS "," SUB "," NONCE "," TIMES ",\"aud\":[\"a\",\"console\"],\"azp\":\"console\"}",
        "{" WHO "," TIMES ",\"azp\":\"console\",\"nbf\":1800000030}",
        "{" WHO ",\"iat\":1800000030,\"exp\":1800000031}",
        "{" WHO ",\"iat\":1799999370,\"exp\":1799999971}",
    };
    struct room *r = *state;

    for (size_t i = 0; i < ARRAY_LEN(claims); i++)
        if (!good(r, by(r, r->rsa, RS, claims[i])))
            fail_msg("refused: %s", claims[i]);
}

static const char *const headers[] = {
    "",
    "{}",
    "[]",
    "null",
    "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":null}",
    "{\"alg\":\"RS256\",\"typ\":\"JWT\",\"kid\":1}",
    "{\"alg\":\"RS256\",\"typ\":\"at+jwt\",\"kid\":\"r\"}",
    "{\"alg\":\"RS256\",\"typ\":null,\"kid\":\"r\"}",
    "{\"typ\":\"JWT\",\"kid\":\"r\"}",
    "{\"alg\":[\"RS256\"],\"kid\":\"r\"}",
    "{\"alg\":\"RS256\",\"alg\":\"none\",\"kid\":\"r\"}",
    "{\"alg\":\"RS256\",\"kid\":\"e\",\"kid\":\"r\"}",
    RS " ",
    "\xEF\xBB\xBF" RS,
    HEADER("RS256", ""),
    HEADER("RS256", "R"),
    HEADER("RS256", "r "),
    HEADER("RS256", "e"),   /* the other key's */
    HEADER("RS256", "enc"), /* not for signatures */
    HEADER("RS256", "../r"),
    HEADER("RS256", "' OR 1=1 --"),
    HEADER("RS256", "https://evil.example/jwks"),
    HEADER("RS256", "r\\u0000"),
};

static const char *const extras[] = {
    "\"crit\":[\"exp\"]",
    "\"crit\":[]",
    "\"b64\":false",
    "\"zip\":\"DEF\"",
    "\"enc\":\"A128GCM\"",
    "\"jku\":\"https://evil.example/jwks.json\"",
    "\"x5u\":\"https://evil.example/c.pem\"",
    "\"x5c\":[\"MIIB\"]",
    "\"jwk\":{\"kty\":\"RSA\"}",
    "\"cty\":\"JWT\"",
    "\"\":1",
};

static const char *const algorithms[] = {"none",  "None",  "NONE",  "",      "HS256",  "HS384",
                                         "HS512", "RS384", "RS512", "PS256", "ES384",  "ES512",
                                         "EdDSA", "rs256", "Rs256", "es256", "RS256 ", "ES256K"};

static void S026_S029_no_other_header(void **state)
{
    struct room *r = *state;
    struct arena *a = &r->op.arena;

    for (size_t i = 0; i < ARRAY_LEN(headers); i++)
        refused(r, "header", by(r, r->rsa, headers[i], GOOD));
    for (size_t i = 0; i < ARRAY_LEN(extras); i++)
        refused(r, "extra",
                by(r, r->rsa, arena_printf(a, "{\"alg\":\"RS256\",\"kid\":\"r\",%s}", extras[i]),
                   GOOD));
    for (size_t i = 0; i < ARRAY_LEN(algorithms); i++)
        for (enum made_signature how = MADE_LOW; how <= MADE_NONE; how++)
            for (int ec = 0; ec < 2; ec++)
                refused(r, "alg",
                        made_token(a,
                                   arena_printf(a, "{\"alg\":\"%s\",\"kid\":\"%s\"}", algorithms[i],
                                                ec ? "e" : "r"),
                                   GOOD, ec ? r->ec : r->rsa, how));
    assert_int_equal(r->accepted, 0);
    assert_true(r->tried > 200);
}

static void S026_S033_no_other_key_and_no_other_signature(void **state)
{
    struct room *r = *state;
    struct arena *a = &r->op.arena;
    const char *token = by(r, r->rsa, RS, GOOD), *last = strrchr(token, '.');

    refused(r, "another RSA key", by(r, r->other_rsa, RS, GOOD));
    refused(r, "another EC key", by(r, r->other_ec, ES, GOOD));
    refused(r, "the other type", by(r, r->ec, HEADER("RS256", "r"), GOOD));
    refused(r, "the other type", by(r, r->rsa, HEADER("ES256", "e"), GOOD));
    refused(r, "a key of 1024 bits", by(r, r->small, HEADER("RS256", "small"), GOOD));
    refused(r, "no key id, two keys", by(r, r->rsa, "{\"alg\":\"RS256\"}", GOOD));
    for (enum made_signature how = MADE_DER; how <= MADE_NONE; how++)
        refused(r, "signature", made_token(a, ES, GOOD, r->ec, how));
    for (enum made_signature how = MADE_HMAC; how <= MADE_NONE; how++)
        refused(r, "signature", made_token(a, RS, GOOD, r->rsa, how));
    refused(r, "zeros", made_with(a, ES, GOOD, (struct str){arena_alloc(a, 64), 64}));
    refused(r, "cut", arena_strndup(a, token, strlen(token) - 4));
    refused(r, "no dot", arena_strndup(a, token, (size_t)(last - token)));
    refused(r, "four segments", arena_printf(a, "%s.AAAA", token));
    refused(r, "padding", arena_printf(a, "%s==", token));
    refused(r, "blank", arena_printf(a, " %s", token));
    refused(r, "other claims, same signature",
            arena_printf(a, "%.*s%s",
                         (int)(strrchr(by(r, r->rsa, RS, "{" WHO "," TIMES "}"), '.')
                               - by(r, r->rsa, RS, "{" WHO "," TIMES "}")),
                         by(r, r->rsa, RS, "{" WHO "," TIMES "}"), last));
    assert_int_equal(r->accepted, 0);
}

static const char *const claims[] = {
    "",
    "{}",
    "[]",
    "null",
    GOOD " ",
    GOOD GOOD,
    /* S031: for somebody else, by somebody else, in answer to something else */
    "{" AUD "," SUB "," NONCE "," TIMES "}",
    "{" AUD "," SUB "," NONCE "," TIMES ",\"iss\":\"" ISSUER "/\"}",
    "{" AUD "," SUB "," NONCE "," TIMES ",\"iss\":\"HTTPS://id.example.com\"}",
    "{" AUD "," SUB "," NONCE "," TIMES ",\"iss\":\"https://id.example.com.evil.example\"}",
    "{" AUD "," SUB "," NONCE "," TIMES ",\"iss\":[\"" ISSUER "\"]}",
    "{" WHO "," TIMES ",\"iss\":\"https://evil.example\"}",
    "{" ISS "," SUB "," NONCE "," TIMES "}",
    "{" ISS "," SUB "," NONCE "," TIMES ",\"aud\":\"Console\"}",
    "{" ISS "," SUB "," NONCE "," TIMES ",\"aud\":\"other\"}",
    "{" ISS "," SUB "," NONCE "," TIMES ",\"aud\":\"console other\"}",
    "{" ISS "," SUB "," NONCE "," TIMES ",\"aud\":[]}",
    "{" ISS "," SUB "," NONCE "," TIMES ",\"aud\":[\"other\"]}",
    "{" ISS "," SUB "," NONCE "," TIMES ",\"aud\":[\"console\",1],\"azp\":\"console\"}",
    "{" ISS "," SUB "," NONCE "," TIMES ",\"aud\":[\"console\",\"console\"],\"azp\":\"console\"}",
    "{" ISS "," SUB "," NONCE "," TIMES ",\"aud\":[\"console\",\"other\"]}",
    "{" ISS "," SUB "," NONCE "," TIMES ",\"aud\":[\"console\",\"other\"],\"azp\":\"other\"}",
    "{" ISS "," SUB "," NONCE "," TIMES ",\"aud\":{\"console\":1}}",
    "{" WHO "," TIMES ",\"azp\":\"other\"}",
    "{" WHO "," TIMES ",\"azp\":null}",
    "{" ISS "," AUD "," SUB "," TIMES "}",
    "{" ISS "," AUD "," SUB "," TIMES ",\"nonce\":\"n-2\"}",
    "{" ISS "," AUD "," SUB "," TIMES ",\"nonce\":\"\"}",
    "{" ISS "," AUD "," SUB "," TIMES ",\"nonce\":null}",
    "{" WHO "," TIMES ",\"nonce\":\"n-1\"}",
    "{" ISS "," AUD "," NONCE "," TIMES "}",
    "{" ISS "," AUD "," NONCE "," TIMES ",\"sub\":\"\"}",
    "{" ISS "," AUD "," NONCE "," TIMES ",\"sub\":7}",
    "{" ISS "," AUD "," NONCE "," TIMES ",\"sub\":\"a\\nb\"}",
    "{" ISS "," AUD "," NONCE "," TIMES ",\"sub\":\"\xC3\xA9\"}",
    /* S030 */
    "{" WHO "}",
    "{" WHO ",\"exp\":1800000590}",
    "{" WHO ",\"iat\":1799999990}",
    "{" WHO ",\"iat\":1799999990,\"exp\":\"1800000590\"}",
    "{" WHO ",\"iat\":\"1799999990\",\"exp\":1800000590}",
    "{" WHO ",\"iat\":1799999990,\"exp\":1e308}",
    "{" WHO ",\"iat\":1799999990,\"exp\":1800000590.5}",
    "{" WHO ",\"iat\":1799999990,\"exp\":-1}",
    "{" WHO ",\"iat\":1799999990,\"exp\":1799999990}",
    "{" WHO ",\"iat\":1799999371,\"exp\":1799999970}",
    "{" WHO ",\"iat\":1799999369,\"exp\":1800000590}",
    "{" WHO ",\"iat\":1800000031,\"exp\":1800000590}",
    "{" WHO ",\"iat\":0,\"exp\":1800000590}",
    "{" WHO "," TIMES ",\"nbf\":1800000031}",
    "{" WHO "," TIMES ",\"nbf\":\"0\"}",
    /* another access token's, the whole hash, none */
    "{" WHO "," TIMES ",\"at_hash\":\"AAAAAAAAAAAAAAAAAAAAAA\"}",
    "{" WHO "," TIMES ",\"at_hash\":\"\"}",
    "{" WHO "," TIMES ",\"at_hash\":1}",
};

static void S030_S032_no_other_claims(void **state)
{
    struct room *r = *state;

    for (size_t i = 0; i < ARRAY_LEN(claims); i++)
        refused(r, "claims", by(r, r->rsa, RS, claims[i]));
    char *huge = arena_alloc(&r->op.arena, ID_TOKEN_MAX + 1);
    memset(huge, 'a', ID_TOKEN_MAX);
    refused(
        r, "a large token",
        by(r, r->rsa, RS, arena_printf(&r->op.arena, "{" WHO "," TIMES ",\"x\":\"%s\"}", huge)));
    assert_int_equal(r->accepted, 0);
}

/* Keys that OpenSSL would take, and some it would not. */
static void S033_weak_and_broken_keys_of_a_set_verify_nothing(void **state)
{
    struct room *r = *state;
    struct arena *a = &r->op.arena;
    const char *n = number(r, r->rsa, OSSL_PKEY_PARAM_RSA_N, 0);
    const char *x = number(r, r->ec, OSSL_PKEY_PARAM_EC_PUB_X, 32);
    const char *const sets[] = {
        "{}",
        "[]",
        "{\"keys\":{}}",
        "{\"keys\":[]}",
        "{\"keys\":[null,1,\"r\"]}",
        arena_printf(a, "{\"keys\":[{\"kid\":\"r\",\"n\":\"%s\",\"e\":\"AQAB\"}]}", n),
        arena_printf(a, "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"r\",\"n\":\"%s\"}]}", n),
        arena_printf(a, "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"r\",\"n\":\"%s\",\"e\":\"AQ\"}]}",
                     n),
        arena_printf(a, "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"r\",\"n\":\"%s\",\"e\":\"Aw\"}]}",
                     n),
        arena_printf(a, "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"r\",\"n\":\"%s=\",\"e\":\"AQAB\"}]}",
                     n),
        arena_printf(a, "{\"keys\":[%s]}", rsa_jwk(r, r->rsa, ",\"kid\":\"r\",\"alg\":\"RS512\"")),
        arena_printf(a, "{\"keys\":[%s]}", rsa_jwk(r, r->rsa, ",\"kid\":\"r\",\"use\":\"enc\"")),
        arena_printf(a, "{\"keys\":[%s,%s]}", rsa_jwk(r, r->rsa, ",\"kid\":\"r\""),
                     rsa_jwk(r, r->other_rsa, ",\"kid\":\"r\"")),
        arena_printf(a, "{\"keys\":[%s,%s]}", rsa_jwk(r, r->other_rsa, ",\"kid\":\"r\""),
                     rsa_jwk(r, r->rsa, ",\"kid\":\"r\"")),
        arena_printf(a,
                     "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"e\",\"x\":\"%s\","
                     "\"y\":\"%s\"}]}",
                     x, x),
        arena_printf(a,
                     "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-384\",\"kid\":\"e\",\"x\":\"%s\","
                     "\"y\":\"%s\"}]}",
                     x, number(r, r->ec, OSSL_PKEY_PARAM_EC_PUB_Y, 32)),
        arena_printf(a, "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"e\"}]}"),
    };
    struct id_claims c;

    for (size_t i = 0; i < ARRAY_LEN(sets); i++)
        for (int ec = 0; ec < 2; ec++) {
            struct op op = {0};
            const char *token = ec ? by(r, r->ec, ES, GOOD) : by(r, r->rsa, RS, GOOD);
            if (good_with(&op, sets[i], str_of(token), NOW, &c))
                fail_msg("accepted with %s", sets[i]);
            op_end(&op);
        }
}

/* With the exponent one a signature is its own padded digest, and anybody's. */
static void S033_a_key_with_a_small_exponent_is_none(void **state)
{
    static const unsigned char info[] = {0x00, 0x30, 0x31, 0x30, 0x0d, 0x06, 0x09,
                                         0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04,
                                         0x02, 0x01, 0x05, 0x00, 0x04, 0x20};
    struct room *r = *state;
    struct arena *a = &r->op.arena;
    unsigned char padded[256] = {0, 1};
    BIGNUM *three = BN_new();
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    EVP_PKEY *key = NULL;
    struct id_claims c;

    assert_true(BN_set_word(three, 3) && EVP_PKEY_keygen_init(ctx) == 1
                && EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, 2048) == 1
                && EVP_PKEY_CTX_set1_rsa_keygen_pubexp(ctx, three) == 1
                && EVP_PKEY_generate(ctx, &key) == 1);
    assert_false(good_with(&r->op, arena_printf(a, "{\"keys\":[%s]}", rsa_jwk(r, key, "")),
                           str_of(by(r, key, "{\"alg\":\"RS256\"}", GOOD)), NOW, &c));
    struct str text = str_of(made_with(a, RS, GOOD, STR("x")));
    text.n -= strlen(strrchr(text.p, '.'));
    memset(padded + 2, 0xff, sizeof(padded) - 2);
    memcpy(padded + sizeof(padded) - SHA256_BYTES - sizeof(info), info, sizeof(info));
    sha256(&text, 1, padded + sizeof(padded) - SHA256_BYTES);
    assert_false(good_with(
        &r->op,
        arena_printf(a, "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"r\",\"e\":\"AQ\",\"n\":\"%s\"}]}",
                     number(r, r->rsa, OSSL_PKEY_PARAM_RSA_N, 0)),
        str_of(made_with(a, RS, GOOD, (struct str){(char *)padded, sizeof(padded)})), NOW, &c));
    EVP_PKEY_free(key);
    EVP_PKEY_CTX_free(ctx);
    BN_free(three);
}

/* Only the JSON word true: some issuers write "true", which is a text like "false". */
static void an_email_is_verified_only_when_the_issuer_says_true(void **state)
{
    static const char *const unverified[] = {
        "\"email\":\"ada@example.com\"",
        "\"email\":\"ada@example.com\",\"email_verified\":false",
        "\"email\":\"ada@example.com\",\"email_verified\":\"true\"",
        "\"email\":\"ada@example.com\",\"email_verified\":1",
        "\"email\":\"ada@example.com\",\"email_verified\":null",
        "\"email\":null,\"email_verified\":true",
        "\"email\":[\"ada@example.com\"],\"email_verified\":true",
        "\"email\":\"\xD0\xB0\x64\x61@example.com\",\"email_verified\":true",
        "\"email\":\"ada@example.com, eve@example.com\",\"email_verified\":true",
    };
    struct room *r = *state;

    for (size_t i = 0; i < ARRAY_LEN(unverified); i++) {
        struct op op = {0};
        struct id_claims c;
        const char *text = arena_printf(&op.arena, "{" WHO "," TIMES ",%s}", unverified[i]);
        assert_ok(&op, good_with(&op, r->keys, str_of(by(r, r->rsa, RS, text)), NOW, &c));
        if (c.email && c.email_verified)
            fail_msg("verified: %s", unverified[i]);
        op_end(&op);
    }
}

static void userinfo_is_believed_about_the_same_subject_only(void **state)
{
    struct room *r = *state;
    struct id_claims c = {.subject = "person-7"};
    const struct cJSON *v;

    assert_ok(&r->op, json_parse(&r->op, str_of("{" SUB "," EMAIL "}"), &v));
    assert_ok(&r->op, id_claims_add(&r->op, v, &c));
    assert_string_equal(c.email, "ada@example.com");
    assert_ok(&r->op, json_parse(&r->op, str_of("{\"sub\":\"person-8\"," EMAIL "}"), &v));
    assert_false(id_claims_add(&r->op, v, &c));
}

#define IN_ROOM(f) cmocka_unit_test_setup_teardown(f, enter, leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_ROOM(what_the_issuer_signs_is_good_whichever_of_its_keys_it_uses),
        IN_ROOM(more_claims_audiences_and_a_hash_of_the_access_token_are_good),
        IN_ROOM(S026_S029_no_other_header),
        IN_ROOM(S026_S033_no_other_key_and_no_other_signature),
        IN_ROOM(S030_S032_no_other_claims),
        IN_ROOM(S033_weak_and_broken_keys_of_a_set_verify_nothing),
        IN_ROOM(S033_a_key_with_a_small_exponent_is_none),
        IN_ROOM(an_email_is_verified_only_when_the_issuer_says_true),
        IN_ROOM(userinfo_is_believed_about_the_same_subject_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

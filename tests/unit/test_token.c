/*
 * test_token.c - access tokens: the one good form, and everything that must not pass for it.
 *
 * Every forged token differs in one thing from one that is good, and most are signed with the right
 * key: so that it is the check that is tested, and not the signature.
 */

#include "common/identity/token.h"

#include "common/base/conf.h"
#include "common/identity/token_keys.h"
#include "tests/support/check.h"
#include "tests/support/made_token.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define NOW INT64_C(1800000000)
#define HEADER(kid) "{\"alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":\"" kid "\"}"
#define GOOD_HEADER HEADER("b")
#define ISS "\"iss\":\"agoralia\""
#define AUD "\"aud\":\"agoralia-api\""
#define TYP "\"typ\":\"access\""
#define JTI "\"jti\":\"0f8fad5b-d9cb-469f-a165-70867728950e\""
#define SUB "\"sub\":\"7\""
#define TENANT "\"tenant\":3"
#define SID "\"sid\":9"
#define TIMES "\"iat\":1800000000,\"nbf\":1800000000,\"exp\":1800000600"
#define WHO ISS "," AUD "," TYP "," JTI "," SUB "," TENANT "," SID
#define GOOD_CLAIMS "{" WHO "," TIMES "}"

struct room {
    char folder[64];
    struct conf conf;
    struct app app;
    struct op op;
    EVP_PKEY *key; /* that of "b" */
    int accepted, tried;
};

static void write_key(const struct room *r, const char *name, EVP_PKEY *key)
{
    char path[128];

    snprintf(path, sizeof(path), "%s/%s", r->folder, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL));
    fclose(f);
}

static void make_key(const struct room *r, const char *name, EVP_PKEY *key)
{
    write_key(r, name, key);
    EVP_PKEY_free(key);
}

static int enter(void **state)
{
    struct room *r = calloc(1, sizeof(*r));

    snprintf(r->folder, sizeof(r->folder), "/tmp/aga_token_XXXXXX");
    if (!mkdtemp(r->folder))
        return -1;
    r->key = EVP_EC_gen("P-256");
    make_key(r, "a.pem", EVP_EC_gen("P-256"));
    write_key(r, "b.pem", r->key);
    r->conf = conf_defaults();
    r->app = (struct app){.conf = &r->conf, .tokens = token_keys_open(r->folder)};
    r->op.app = &r->app;
    *state = r;
    return 0;
}

static int leave(void **state)
{
    struct room *r = *state;
    char command[128];

    op_end(&r->op);
    token_keys_close(r->app.tokens);
    EVP_PKEY_free(r->key);
    snprintf(command, sizeof(command), "rm -r %s", r->folder);
    int rc = system(command);
    free(r);
    return rc;
}

static bool good_at(struct room *r, struct str text, int64_t now, struct token_claims *c)
{
    struct op op = {.app = &r->app};
    bool ok = token_verify(&op, text, now, c);

    if (!ok)
        assert_int_equal(op.err.code, E_UNAUTHENTICATED);
    op_end(&op);
    return ok;
}

static void refused_text(struct room *r, const char *what, struct str text)
{
    struct token_claims c;

    r->tried++;
    if (good_at(r, text, NOW + 1, &c)) {
        r->accepted++;
        print_error("accepted: %s: %.*s\n", what, (int)text.n, text.p);
    }
}

static void refused(struct room *r, const char *what, const char *text)
{
    refused_text(r, what, str_of(text));
}

static const char *signed_by(struct room *r, const char *header, const char *claims)
{
    return made_token(&r->op.arena, header, claims, r->key, MADE_LOW);
}

static void what_is_signed_here_is_good_until_it_ends(void **state)
{
    struct room *r = *state;
    struct token_claims c = {.user_id = 7, .tenant_id = 3, .session_id = 9}, got;
    const char *text;

    for (int i = 0; i < 50; i++) {
        assert_ok(&r->op, token_sign(&r->op, &c, NOW, &text));
        assert_true(good_at(r, str_of(text), NOW, &got));
        assert_true(got.user_id == 7 && got.tenant_id == 3 && got.session_id == 9);
        assert_true(got.issued_at == NOW && got.expires_at == NOW + 600);
    }
    assert_true(good_at(r, str_of(text), NOW + 599, &got));
    assert_false(good_at(r, str_of(text), NOW + 600, &got));
    assert_true(good_at(r, str_of(text), NOW - TOKEN_LEEWAY_SECONDS, &got));
    assert_false(good_at(r, str_of(text), NOW - TOKEN_LEEWAY_SECONDS - 1, &got));
}

/* The corpus would prove nothing if its good form were refused too. */
static void one_made_by_hand_in_the_good_form_is_good(void **state)
{
    struct room *r = *state;
    struct token_claims c;

    assert_true(good_at(r, str_of(signed_by(r, GOOD_HEADER, GOOD_CLAIMS)), NOW + 1, &c));
    assert_true(good_at(r,
                        str_of(signed_by(r, "{\"kid\":\"b\",\"typ\":\"JWT\",\"alg\":\"ES256\"}",
                                         "{" TIMES "," WHO "}")),
                        NOW + 1, &c));
}

static const char *const headers[] = {
    "",
    "{}",
    "[]",
    "null",
    "1",
    "\"ES256\"",
    "{",
    "{\"alg\":\"ES256\"}",
    "{\"alg\":\"ES256\",\"typ\":\"JWT\"}",
    "{\"alg\":\"ES256\",\"kid\":\"b\"}",
    "{\"typ\":\"JWT\",\"kid\":\"b\"}",
    GOOD_HEADER " ",
    GOOD_HEADER "x",
    GOOD_HEADER GOOD_HEADER,
    "\xEF\xBB\xBF" GOOD_HEADER,
    "{\"alg\":null,\"typ\":\"JWT\",\"kid\":\"b\"}",
    "{\"alg\":[\"ES256\"],\"typ\":\"JWT\",\"kid\":\"b\"}",
    "{\"alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":[\"b\"]}",
    "{\"alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":1}",
    "{\"alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":null}",
    "{\"alg\":\"none\",\"alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":\"b\"}",
    "{\"alg\":\"ES256\",\"alg\":\"none\",\"typ\":\"JWT\",\"kid\":\"b\"}",
    "{\"alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":\"a\",\"kid\":\"b\"}",
    "{\"alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":\"b\",\"k\\u0069d\":\"b\"}",
    "{\"alg\":\"ES256\",\"typ\":\"JWT\",\"Kid\":\"b\"}",
    "{\"Alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":\"b\"}",
};

/* Members a header may not have besides the three; the first stand for what other libraries obey.
 */
static const char *const extras[] = {
    "\"crit\":[\"exp\"]",
    "\"crit\":[]",
    "\"b64\":false",
    "\"zip\":\"DEF\"",
    "\"enc\":\"A128GCM\"",
    "\"jku\":\"https://evil.example/jwks.json\"",
    "\"jku\":\"file:///etc/passwd\"",
    "\"x5u\":\"https://evil.example/c.pem\"",
    "\"x5c\":[\"MIIB\"]",
    "\"x5t\":\"AAAA\"",
    "\"x5t#S256\":\"AAAA\"",
    "\"jwk\":{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\"}",
    "\"cty\":\"JWT\"",
    "\"iss\":\"agoralia\"",
    "\"p2c\":1000000000",
    "\"epk\":{}",
    "\"nonce\":\"1\"",
    "\"\":1",
};

static const char *const algorithms[] = {
    "none",  "None",  "nOnE",   "NONE",   "none ",  "",      "HS256", "hs256",  "HS384",
    "HS512", "RS256", "RS384",  "RS512",  "PS256",  "ES384", "ES512", "EdDSA",  "Ed25519",
    "es256", "Es256", "ES256K", "ES256 ", " ES256", "ECDSA", "dir",   "A128KW", "ES256\\u0000",
};

static const char *const types[] = {"",        "jwt",     "at+jwt", "JWS", "JOSE",
                                    "JWT ",    "refresh", "id",     "Jwt", "application/at+jwt",
                                    "dpop+jwt"};

static const char *const key_ids[] = {
    "",
    "c",
    "B",
    "b ",
    " b",
    "b.pem",
    "./b",
    "../b",
    "../../../../etc/passwd",
    "/dev/null",
    "b/",
    "b\\u0000",
    "b%00",
    "b\\\\",
    "b' OR '1'='1",
    "b; DROP TABLE users",
    "https://evil.example/k",
    "file:///dev/null",
    ".",
    "..",
    "*",
    "?",
    "b\\n",
    "bb",
    "\\u202eb",
    "0",
    "-1",
    "null",
    "..pem",
};

static void S026_S029_no_header_but_the_one_good_form(struct room *r)
{
    struct arena *a = &r->op.arena;

    for (size_t i = 0; i < ARRAY_LEN(headers); i++)
        refused(r, "header", signed_by(r, headers[i], GOOD_CLAIMS));
    for (size_t i = 0; i < ARRAY_LEN(extras); i++)
        refused(r, "extra",
                signed_by(r,
                          arena_printf(a, "{\"alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":\"b\",%s}",
                                       extras[i]),
                          GOOD_CLAIMS));
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        refused(
            r, "typ",
            signed_by(r,
                      arena_printf(a, "{\"alg\":\"ES256\",\"typ\":\"%s\",\"kid\":\"b\"}", types[i]),
                      GOOD_CLAIMS));
    for (size_t i = 0; i < ARRAY_LEN(key_ids); i++)
        refused(r, "kid",
                signed_by(r,
                          arena_printf(a, "{\"alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":\"%s\"}",
                                       key_ids[i]),
                          GOOD_CLAIMS));
    char *huge = arena_alloc(a, 10241);
    memset(huge, 'k', 10240);
    refused(r, "kid of 10 KB",
            signed_by(r,
                      arena_printf(a, "{\"alg\":\"ES256\",\"typ\":\"JWT\",\"kid\":\"%s\"}", huge),
                      GOOD_CLAIMS));
}

static void S026_S027_no_algorithm_but_the_keys_own(struct room *r)
{
    for (size_t i = 0; i < ARRAY_LEN(algorithms); i++)
        for (enum made_signature how = MADE_LOW; how <= MADE_NONE; how++) {
            const char *header = arena_printf(
                &r->op.arena, "{\"alg\":\"%s\",\"typ\":\"JWT\",\"kid\":\"b\"}", algorithms[i]);
            refused(r, "alg", made_token(&r->op.arena, header, GOOD_CLAIMS, r->key, how));
        }
    for (enum made_signature how = MADE_HIGH; how <= MADE_NONE; how++)
        refused(r, "signature", made_token(&r->op.arena, GOOD_HEADER, GOOD_CLAIMS, r->key, how));
}

static const char *const claims[] = {
    "",
    "{}",
    "[]",
    "null",
    "\"x\"",
    "{" WHO "," TIMES,
    GOOD_CLAIMS " x",
    GOOD_CLAIMS GOOD_CLAIMS,
    /* S030: one is missing */
    "{" WHO ",\"nbf\":1800000000,\"exp\":1800000600}",
    "{" WHO ",\"iat\":1800000000,\"exp\":1800000600}",
    "{" WHO ",\"iat\":1800000000,\"nbf\":1800000000}",
    "{" AUD "," TYP "," JTI "," SUB "," TENANT "," SID "," TIMES "}",
    "{" ISS "," TYP "," JTI "," SUB "," TENANT "," SID "," TIMES "}",
    "{" ISS "," AUD "," JTI "," SUB "," TENANT "," SID "," TIMES "}",
    "{" ISS "," AUD "," TYP "," SUB "," TENANT "," SID "," TIMES "}",
    "{" ISS "," AUD "," TYP "," JTI "," TENANT "," SID "," TIMES "}",
    "{" ISS "," AUD "," TYP "," JTI "," SUB "," SID "," TIMES "}",
    "{" ISS "," AUD "," TYP "," JTI "," SUB "," TENANT "," TIMES "}",
    /* S032: one twice, in either order, or under another spelling */
    "{" WHO "," TIMES ",\"exp\":1900000000}",
    "{\"exp\":1900000000," WHO "," TIMES "}",
    "{" WHO "," TIMES ",\"sub\":\"8\"}",
    "{" WHO "," TIMES ",\"tenant\":4}",
    "{" WHO "," TIMES ",\"t\\u0065nant\":4}",
    "{" WHO "," TIMES ",\"Tenant\":4}",
    "{" WHO "," TIMES ",\"admin\":true}",
    "{" WHO "," TIMES ",\"role\":\"admin\"}",
    "{" WHO "," TIMES ",\"\":0}",
};

/* S030: exp, nbf and iat that are no times, or others than now's. */
static const char *const times[] = {
    "\"iat\":1800000000,\"nbf\":1800000000,\"exp\":1800000001",
    "\"iat\":1800000000,\"nbf\":1800000000,\"exp\":1800000000",
    "\"iat\":1800000000,\"nbf\":1800000000,\"exp\":1799999999",
    "\"iat\":1800000000,\"nbf\":1800000000,\"exp\":1800000601",
    "\"iat\":1800000000,\"nbf\":1800000000,\"exp\":1900000000",
    "\"iat\":1799999000,\"nbf\":1799999000,\"exp\":1800000600",
    "\"iat\":1799999000,\"nbf\":1799999000,\"exp\":1799999600",
    "\"iat\":1800000007,\"nbf\":1800000007,\"exp\":1800000600",
    "\"iat\":1800000007,\"nbf\":1800000000,\"exp\":1800000600",
    "\"iat\":1800000000,\"nbf\":1800000007,\"exp\":1800000600",
    "\"iat\":1800000000,\"nbf\":1799999999,\"exp\":1800000600",
    "\"iat\":1800000000,\"nbf\":1800000000,\"exp\":\"1800000600\"",
    "\"iat\":\"1800000000\",\"nbf\":1800000000,\"exp\":1800000600",
    "\"iat\":1800000000,\"nbf\":\"1800000000\",\"exp\":1800000600",
    "\"iat\":1800000000,\"nbf\":1800000000,\"exp\":1e308",
    "\"iat\":1800000000,\"nbf\":1800000000,\"exp\":1e999",
    "\"iat\":1800000000,\"nbf\":1800000000,\"exp\":NaN",
    "\"iat\":1800000000,\"nbf\":1800000000,\"exp\":Infinity",
    "\"iat\":1800000000,\"nbf\":1800000000,\"exp\":-1",
    "\"iat\":1800000000,\"nbf\":1800000000,\"exp\":0",
    "\"iat\":1800000000,\"nbf\":1800000000,\"exp\":null",
    "\"iat\":1800000000,\"nbf\":1800000000,\"exp\":true",
    "\"iat\":1800000000,\"nbf\":1800000000,\"exp\":[1800000600]",
    "\"iat\":1800000000,\"nbf\":1800000000,\"exp\":{}",
    "\"iat\":1800000000,\"nbf\":1800000000,\"exp\":1800000600.5",
    "\"iat\":1800000000,\"nbf\":1800000000,\"exp\":9223372036854775807",
    "\"iat\":1800000000,\"nbf\":1800000000,\"exp\":9223372036854775808",
    "\"iat\":1800000000,\"nbf\":1800000000,\"exp\":18446744075509552216",
    "\"iat\":-1800000000,\"nbf\":-1800000000,\"exp\":1800000600",
    "\"iat\":-9223372036854775808,\"nbf\":-9223372036854775808,\"exp\":1800000600",
    "\"iat\":0,\"nbf\":0,\"exp\":1800000600",
    "\"iat\":null,\"nbf\":null,\"exp\":1800000600",
    "\"iat\":1e308,\"nbf\":1e308,\"exp\":1800000600",
};

/* S031 and the like: a claim, in place of the good one's. */
static const struct {
    int claim; /* its place in WHO */
    const char *json;
} wrong[] = {
    {0, "\"iss\":\"\""},
    {0, "\"iss\":\"Agoralia\""},
    {0, "\"iss\":\"agoralia \""},
    {0, "\"iss\":\"agoralia-staging\""},
    {0, "\"iss\":[\"agoralia\"]"},
    {0, "\"iss\":null"},
    {0, "\"iss\":\"https://evil.example\""},
    {1, "\"aud\":\"\""},
    {1, "\"aud\":\"agoralia\""},
    {1, "\"aud\":[\"agoralia-api\"]"},
    {1, "\"aud\":[\"agoralia-api\",\"other\"]"},
    {1, "\"aud\":null"},
    {1, "\"aud\":\"agoralia-api-staging\""},
    {2, "\"typ\":\"refresh\""},
    {2, "\"typ\":\"id\""},
    {2, "\"typ\":\"\""},
    {2, "\"typ\":\"Access\""},
    {2, "\"typ\":null"},
    {2, "\"typ\":1"},
    {3, "\"jti\":\"\""},
    {3, "\"jti\":1"},
    {3, "\"jti\":null"},
    {3, "\"jti\":\"0f8fad5b\""},
    {4, "\"sub\":7"},
    {4, "\"sub\":\"0\""},
    {4, "\"sub\":\"-7\""},
    {4, "\"sub\":\"07\""},
    {4, "\"sub\":\"7 \""},
    {4, "\"sub\":\" 7\""},
    {4, "\"sub\":\"+7\""},
    {4, "\"sub\":\"7\\u0000\""},
    {4, "\"sub\":\"0x7\""},
    {4, "\"sub\":\"\""},
    {4, "\"sub\":null"},
    {4, "\"sub\":\"9223372036854775808\""},
    {4, "\"sub\":\"7e1\""},
    {5, "\"tenant\":\"3\""},
    {5, "\"tenant\":0"},
    {5, "\"tenant\":-3"},
    {5, "\"tenant\":null"},
    {5, "\"tenant\":3.5"},
    {5, "\"tenant\":[3]"},
    {5, "\"tenant\":18446744073709551619"},
    {6, "\"sid\":\"9\""},
    {6, "\"sid\":0"},
    {6, "\"sid\":-9"},
    {6, "\"sid\":null"},
    {6, "\"sid\":1e308"},
};

static const char *with(struct room *r, int place, const char *json)
{
    static const char *const good[] = {ISS, AUD, TYP, JTI, SUB, TENANT, SID};
    const char *text = "{" TIMES;

    for (int i = 0; i < (int)ARRAY_LEN(good); i++)
        text = arena_printf(&r->op.arena, "%s,%s", text, i == place ? json : good[i]);
    return arena_printf(&r->op.arena, "%s}", text);
}

static void S030_S031_no_claim_but_ours(struct room *r)
{
    for (size_t i = 0; i < ARRAY_LEN(claims); i++)
        refused(r, "claims", signed_by(r, GOOD_HEADER, claims[i]));
    for (size_t i = 0; i < ARRAY_LEN(times); i++)
        refused(r, "times",
                signed_by(r, GOOD_HEADER, arena_printf(&r->op.arena, "{" WHO ",%s}", times[i])));
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++)
        refused(r, "claim", signed_by(r, GOOD_HEADER, with(r, wrong[i].claim, wrong[i].json)));
}

/* S033: psychic and degenerate signatures, other lengths. */
static void S033_no_signature_but_the_keys(struct room *r)
{
    static const char *const curves[] = {"P-384", "P-521", "secp256k1", "P-224", "brainpoolP256r1"};
    struct arena *a = &r->op.arena;
    char bytes[132];

    for (int fill = 0; fill < 256; fill += 51)
        for (size_t n = 0; n <= 132; n += 33) {
            memset(bytes, fill, sizeof(bytes));
            refused(r, "made up", made_with(a, GOOD_HEADER, GOOD_CLAIMS, (struct str){bytes, n}));
            refused(r, "made up",
                    made_with(a, GOOD_HEADER, GOOD_CLAIMS, (struct str){bytes, n * 64 / 132}));
        }
    for (size_t i = 0; i < ARRAY_LEN(curves); i++) {
        EVP_PKEY *key = EVP_EC_gen(curves[i]);
        refused(r, "curve", made_token(a, GOOD_HEADER, GOOD_CLAIMS, key, MADE_LOW));
        EVP_PKEY_free(key);
    }
    EVP_PKEY *other = EVP_EC_gen("P-256"), *ed = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    refused(r, "stranger", made_token(a, GOOD_HEADER, GOOD_CLAIMS, other, MADE_LOW));
    refused(r, "Ed25519", made_token(a, GOOD_HEADER, GOOD_CLAIMS, ed, MADE_LOW));
    refused(r, "the other key's", made_token(a, HEADER("a"), GOOD_CLAIMS, r->key, MADE_LOW));
    EVP_PKEY_free(other);
    EVP_PKEY_free(ed);
}

/* S032: one bit, one character, one segment more or less. */
static void S032_no_other_text_for_the_same_token(struct room *r)
{
    static const char *const behind[] = {"=",  "==", ".", "..", ".x",   " ",
                                         "\n", "+",  "A", "AA", "AAAA", "%00"};
    const char *good = signed_by(r, GOOD_HEADER, GOOD_CLAIMS);
    struct arena *a = &r->op.arena;
    size_t n = strlen(good);

    for (size_t i = 0; i < ARRAY_LEN(behind); i++) {
        refused(r, "behind", arena_printf(a, "%s%s", good, behind[i]));
        refused(r, "before", arena_printf(a, "%s%s", behind[i], good));
    }
    for (size_t i = 0; i < n; i++) { /* also the unused bits of each segment's last character */
        char *bent = arena_strdup(a, good);
        bent[i] = bent[i] == 'A' ? 'B' : (char)(bent[i] ^ 1);
        refused(r, "one character", bent);
        bent[i] = '=';
        refused(r, "padding", bent);
        refused_text(r, "cut", (struct str){good, i});
    }
    char *nul = arena_strdup(a, good);
    refused_text(r, "NUL", (struct str){nul, n + 1});
    char *mega = arena_alloc(a, 1 << 20);
    memset(mega, 'A', 1 << 20);
    refused_text(r, "1 MB", (struct str){mega, 1 << 20});
    memset(mega, '.', 1 << 20);
    refused_text(r, "1 MB of dots", (struct str){mega, 1 << 20});
}

static void of_the_whole_corpus_nothing_is_accepted(void **state)
{
    struct room *r = *state;

    S026_S029_no_header_but_the_one_good_form(r);
    S026_S027_no_algorithm_but_the_keys_own(r);
    S030_S031_no_claim_but_ours(r);
    S033_no_signature_but_the_keys(r);
    S032_no_other_text_for_the_same_token(r);
    print_message("%d forged tokens, %d accepted\n", r->tried, r->accepted);
    assert_true(r->tried >= 200);
    assert_int_equal(r->accepted, 0);
}

static void S028_the_newest_key_signs_and_every_key_verifies(void **state)
{
    struct room *r = *state;
    struct token_claims c = {.user_id = 7, .tenant_id = 3, .session_id = 9}, got;
    struct token_key key;
    const char *old, *young;

    assert_ok(&r->op, token_sign(&r->op, &c, NOW, &old));
    make_key(r, "c.pem", EVP_EC_gen("P-256"));
    make_key(r, "d.pem", EVP_EC_gen("P-384")); /* these are not keys for this */
    make_key(r, "e.pem", EVP_PKEY_Q_keygen(NULL, NULL, "ED25519"));
    make_key(r, "f.pem", EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048));
    make_key(r, "c.key", EVP_EC_gen("P-256"));
    token_keys_close(r->app.tokens);
    r->app.tokens = token_keys_open(r->folder);
    assert_ok(&r->op, token_key_signing(&r->op, &key));
    assert_string_equal(key.id, "c");
    assert_ok(&r->op, token_sign(&r->op, &c, NOW, &young));
    assert_true(good_at(r, str_of(old), NOW, &got));
    assert_true(good_at(r, str_of(young), NOW, &got));
}

static void a_key_made_by_another_process_is_found_without_a_restart(void **state)
{
    struct room *r = *state;
    struct token_key key;
    bool found = false;

    make_key(r, "z.pem", EVP_EC_gen("P-256"));
    for (int i = 0; i < 300 && !found; i++) {
        usleep(10000);
        found = token_key_find(&r->op, STR("z"), &key);
    }
    assert_true(found);
}

static void the_key_set_shows_public_halves_only(void **state)
{
    struct room *r = *state;
    struct buf b = {0};

    token_keys_write(&r->op, &b);
    assert_non_null(strstr(b.p, "\"kid\":\"a\""));
    assert_non_null(strstr(b.p, "\"kid\":\"b\""));
    assert_non_null(strstr(b.p, "\"crv\":\"P-256\""));
    assert_null(strstr(b.p, "\"d\":"));
    assert_null(strstr(b.p, "PRIVATE"));
    buf_free(&b);
}

static void without_a_key_nobody_signs_and_nothing_is_good(void **state)
{
    struct room *r = *state;
    struct app bare = {.conf = &r->conf};
    struct op op = {.app = &bare};
    struct token_claims c = {.user_id = 7, .tenant_id = 3, .session_id = 9};
    const char *text, *good = signed_by(r, GOOD_HEADER, GOOD_CLAIMS);

    assert_fails(&op, E_SERVICE_UNAVAILABLE, token_sign(&op, &c, NOW, &text));
    op_forgive(&op);
    assert_fails(&op, E_UNAUTHENTICATED, token_verify(&op, str_of(good), NOW, &c));
    op_end(&op);
}

static void a_key_that_is_made_signs(void **state)
{
    struct room *r = *state;
    struct token_claims c = {.user_id = 7, .tenant_id = 3, .session_id = 9}, got;
    const char *path, *text;

    assert_ok(&r->op, token_key_make(&r->op, r->folder, &path));
    assert_int_equal(access(path, R_OK), 0);
    assert_ok(&r->op, token_sign(&r->op, &c, NOW, &text));
    assert_true(good_at(r, str_of(text), NOW, &got));
    assert_false(token_key_make(&r->op, "/nowhere/at/all", &path));
}

#define ROOM(f) cmocka_unit_test_setup_teardown(f, enter, leave)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ROOM(what_is_signed_here_is_good_until_it_ends),
        ROOM(one_made_by_hand_in_the_good_form_is_good),
        ROOM(of_the_whole_corpus_nothing_is_accepted),
        ROOM(S028_the_newest_key_signs_and_every_key_verifies),
        ROOM(a_key_made_by_another_process_is_found_without_a_restart),
        ROOM(the_key_set_shows_public_halves_only),
        ROOM(without_a_key_nobody_signs_and_nothing_is_good),
        ROOM(a_key_that_is_made_signs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

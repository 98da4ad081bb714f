/* token.c - libjwt makes and checks signatures; everything else is looked at here. */

#include "common/identity/token.h"

#include "common/base/conf.h"
#include "common/base/id.h"
#include "common/base/json.h"
#include "common/identity/jws.h"
#include "common/identity/token_keys.h"

#include <inttypes.h>
#include <jwt.h>
#include <sodium.h>
#include <stdlib.h>

enum { SIGNATURE = 64, SIGNING_TRIES = 128 };
#define BASE64 sodium_base64_VARIANT_URLSAFE_NO_PADDING

static bool refuse(struct op *op, const char *why)
{
    return fail_because(op, E_UNAUTHENTICATED, why, "The access token is not valid");
}

static int members(const struct cJSON *object)
{
    int n = 0;

    for (const struct cJSON *v = json_first(object); v; v = json_next(v))
        n++;
    return n;
}

static bool check_header(struct op *op, const struct cJSON *header, struct token_key *key)
{
    if (members(header) != 3 || !jws_says(header, "alg", "ES256")
        || !jws_says(header, "typ", "JWT"))
        return refuse(op, "header");
    const char *kid = json_get_string(header, "kid");
    return (kid && token_key_find(op, str_of(kid), key)) || refuse(op, "key id");
}

/* s of (r, s) at most half the group's order: (r, n - s) would verify too. */
static bool is_low(const unsigned char signature[SIGNATURE])
{
    static const unsigned char half[32] = {0x7f, 0xff, 0xff, 0xff, 0x80, 0x00, 0x00, 0x00,
                                           0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                           0xde, 0x73, 0x7d, 0x56, 0xd3, 0x8b, 0xcf, 0x42,
                                           0x79, 0xdc, 0xe5, 0x61, 0x7e, 0x31, 0x92, 0xa8};

    return memcmp(signature + 32, half, sizeof(half)) <= 0;
}

static bool check_signature(struct op *op, struct str whole, struct str signature,
                            const struct token_key *key)
{
    jwt_t *jwt = NULL;
    const char *text = arena_strndup(&op->arena, whole.p, whole.n);

    if (signature.n != SIGNATURE)
        return refuse(op, "signature length");
    if (!is_low((const unsigned char *)signature.p))
        return refuse(op, "signature form");
    bool ok =
        jwt_decode(&jwt, text, (const unsigned char *)key->public_pem, (int)strlen(key->public_pem))
            == 0
        && jwt_get_alg(jwt) == JWT_ALG_ES256;
    jwt_free(jwt);
    return ok || refuse(op, "signature");
}

/* A decimal id, as this deployment writes them. */
static bool read_id(const char *text, int64_t *out)
{
    char *end;

    if (!text || text[0] < '1' || text[0] > '9' || strlen(text) > 18)
        return false;
    *out = strtoll(text, &end, 10);
    return *end == '\0';
}

static bool check_times(struct op *op, const struct cJSON *c, int64_t now, struct token_claims *out)
{
    int64_t not_before;

    if (!json_get_i64(c, "iat", &out->issued_at) || !json_get_i64(c, "nbf", &not_before)
        || !json_get_i64(c, "exp", &out->expires_at))
        return refuse(op, "times");
    if (out->issued_at <= 0 || out->issued_at > now + TOKEN_LEEWAY_SECONDS
        || not_before > now + TOKEN_LEEWAY_SECONDS || not_before != out->issued_at)
        return refuse(op, "not yet");
    if (out->expires_at <= out->issued_at
        || out->expires_at - out->issued_at > TOKEN_LIFE_MAX_SECONDS)
        return refuse(op, "life");
    return now < out->expires_at || refuse(op, "expired");
}

static bool read_claims(struct op *op, const struct cJSON *c, int64_t now, struct token_claims *out)
{
    const struct conf *conf = op->app->conf;

    *out = (struct token_claims){0};
    if (members(c) != 10 || !jws_says(c, "iss", conf->jwt_issuer)
        || !jws_says(c, "aud", conf->jwt_audience) || !jws_says(c, "typ", "access"))
        return refuse(op, "claims");
    const char *jti = json_get_string(c, "jti");
    if (!jti || !uuid_valid(str_of(jti)) || !read_id(json_get_string(c, "sub"), &out->user_id)
        || !json_get_i64(c, "tenant", &out->tenant_id) || out->tenant_id <= 0
        || !json_get_i64(c, "sid", &out->session_id) || out->session_id <= 0)
        return refuse(op, "subject");
    return check_times(op, c, now, out);
}

bool token_verify(struct op *op, struct str text, int64_t now, struct token_claims *out)
{
    struct jws jws;
    struct token_key key;

    if (text.n > TOKEN_TEXT_MAX)
        return refuse(op, "size");
    const char *wrong = jws_read(op, text, &jws);
    if (wrong)
        return refuse(op, wrong);
    return check_header(op, jws.header, &key) && read_claims(op, jws.claims, now, out)
           && check_signature(op, text, jws.signature, &key);
}

static bool fill(struct op *op, jwt_t *jwt, const struct token_key *key,
                 const struct token_claims *c)
{
    const struct conf *conf = op->app->conf;
    char jti[UUID_SIZE];

    uuid_make(jti);
    return jwt_set_alg(jwt, JWT_ALG_ES256, (const unsigned char *)key->private_pem,
                       (int)strlen(key->private_pem))
               == 0
           && jwt_add_header(jwt, "kid", key->id) == 0
           && jwt_add_grant(jwt, "iss", conf->jwt_issuer) == 0
           && jwt_add_grant(jwt, "aud", conf->jwt_audience) == 0
           && jwt_add_grant(jwt, "typ", "access") == 0 && jwt_add_grant(jwt, "jti", jti) == 0
           && jwt_add_grant(jwt, "sub", arena_i64(&op->arena, c->user_id)) == 0
           && jwt_add_grant_int(jwt, "tenant", c->tenant_id) == 0
           && jwt_add_grant_int(jwt, "sid", c->session_id) == 0
           && jwt_add_grant_int(jwt, "iat", c->issued_at) == 0
           && jwt_add_grant_int(jwt, "nbf", c->issued_at) == 0
           && jwt_add_grant_int(jwt, "exp", c->expires_at) == 0;
}

/* Each try has a signature of its own; every second one is low. */
static const char *encode_low(struct op *op, jwt_t *jwt)
{
    for (int i = 0; i < SIGNING_TRIES; i++) {
        unsigned char bytes[SIGNATURE];
        size_t n = 0;
        char *made = jwt_encode_str(jwt);
        const char *text = made ? arena_strdup(&op->arena, made) : NULL;

        free(made);
        if (!text)
            return NULL;
        const char *signature = strrchr(text, '.') + 1;
        if (sodium_base642bin(bytes, sizeof(bytes), signature, strlen(signature), NULL, &n, NULL,
                              BASE64)
                == 0
            && n == SIGNATURE && is_low(bytes))
            return text;
    }
    return NULL;
}

bool token_sign(struct op *op, struct token_claims *c, int64_t now, const char **text)
{
    struct token_key key;
    jwt_t *jwt = NULL;

    *text = NULL;
    if (!token_key_signing(op, &key))
        return false;
    c->issued_at = now;
    c->expires_at = now + op->app->conf->access_token_seconds;
    if (jwt_new(&jwt) == 0 && fill(op, jwt, &key, c))
        *text = encode_low(op, jwt);
    jwt_free(jwt);
    return *text || fail(op, E_INTERNAL_ERROR, "The access token could not be made");
}

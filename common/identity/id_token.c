/* id_token.c - the checks of OpenID Connect Core 3.1.3.7, each of them required. */

#include "common/identity/id_token.h"

#include "common/base/digest.h"
#include "common/base/json.h"
#include "common/identity/email.h"
#include "common/identity/jwk.h"

enum { SUBJECT_MAX = 255, KEY_ID_LENGTH_MAX = 256 };

static bool refuse(struct op *op, const char *why)
{
    return fail_because(op, E_MALFORMED_REQUEST, why, "The issuer's answer is not valid");
}

/* x5t and x5t#S256 only repeat which key it is; what would bring a key, or change the rules, does
 * not pass. */
static bool is_known_member(const char *name)
{
    static const char *const known[] = {"alg", "kid", "typ", "x5t", "x5t#S256"};

    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (strcmp(name, known[i]) == 0)
            return true;
    return false;
}

static bool is_algorithm(const char *alg)
{
    return alg && (strcmp(alg, "RS256") == 0 || strcmp(alg, "ES256") == 0);
}

bool id_token_read(struct op *op, struct str text, struct id_token *out)
{
    *out = (struct id_token){0};
    if (text.n > ID_TOKEN_MAX)
        return refuse(op, "size");
    const char *wrong = jws_read(op, text, &out->jws);
    if (wrong)
        return refuse(op, wrong);
    const struct cJSON *header = out->jws.header;
    for (const struct cJSON *m = json_first(header); m; m = json_next(m))
        if (!is_known_member(json_key(m)))
            return refuse(op, "header member");
    if (json_get(header, "typ") && !jws_says(header, "typ", "JWT"))
        return refuse(op, "typ");
    out->alg = json_get_string(header, "alg");
    out->kid = json_get_string(header, "kid");
    if (!is_algorithm(out->alg))
        return refuse(op, "alg");
    return !json_get(header, "kid") || (out->kid && strlen(out->kid) <= KEY_ID_LENGTH_MAX)
           || refuse(op, "kid");
}

/* Ours alone, or ours among others and issued to us. */
static bool check_audience(struct op *op, const struct cJSON *c, const char *client_id)
{
    const struct cJSON *aud = json_get(c, "aud");
    int n = 0, ours = 0;

    if (json_get(c, "azp") && !jws_says(c, "azp", client_id))
        return refuse(op, "azp");
    if (jws_says(c, "aud", client_id))
        return true;
    if (!json_is_array(aud))
        return refuse(op, "aud");
    for (const struct cJSON *a = json_first(aud); a; a = json_next(a), n++) {
        if (!json_string(a))
            return refuse(op, "aud");
        ours += strcmp(json_string(a), client_id) == 0;
    }
    if (ours != 1)
        return refuse(op, "aud");
    return n == 1 || json_get(c, "azp") || refuse(op, "azp");
}

/* A token that was issued long before is not the answer to what was asked just now. */
static bool check_times(struct op *op, const struct cJSON *c, int64_t now)
{
    int64_t issued, expires, not_before;

    if (!json_get_i64(c, "iat", &issued) || !json_get_i64(c, "exp", &expires))
        return refuse(op, "times");
    if (issued > now + ID_TOKEN_LEEWAY_SECONDS
        || issued < now - ID_TOKEN_AGE_MAX_SECONDS - ID_TOKEN_LEEWAY_SECONDS)
        return refuse(op, "iat");
    if (expires <= issued || expires <= now - ID_TOKEN_LEEWAY_SECONDS)
        return refuse(op, "expired");
    if (!json_get(c, "nbf"))
        return true;
    return (json_get_i64(c, "nbf", &not_before) && not_before <= now + ID_TOKEN_LEEWAY_SECONDS)
           || refuse(op, "nbf");
}

/* The left half of the access token's SHA-256: both algorithms here are of SHA-256. */
static bool check_access_token(struct op *op, const struct cJSON *c, const char *access_token)
{
    const struct str text = str_of(access_token);
    unsigned char sum[SHA256_BYTES];

    if (!json_get(c, "at_hash"))
        return true;
    if (!access_token)
        return refuse(op, "at_hash");
    sha256(&text, 1, sum);
    return jws_says(c, "at_hash", base64url_write(op, (struct str){(char *)sum, SHA256_BYTES / 2}))
           || refuse(op, "at_hash");
}

/* What cannot be an address of ours is none. */
static void read_email(struct op *op, const struct cJSON *c, struct id_claims *out)
{
    const char *email = json_get_string(c, "email");

    if (!email || email_complaint(email))
        return;
    out->email = email_key(op, email);
    out->email_verified = json_is_true(json_get(c, "email_verified"));
}

static bool read_subject(struct op *op, const struct cJSON *c, struct id_claims *out)
{
    const char *s = json_get_string(c, "sub");
    size_t n = 0;

    while (s && s[n] >= ' ' && s[n] <= '~')
        n++;
    if (n == 0 || n > SUBJECT_MAX || s[n])
        return refuse(op, "sub");
    out->subject = s;
    return true;
}

bool id_token_check(struct op *op, const struct id_token *t, const struct cJSON *key,
                    const struct id_token_rules *rules, int64_t now, struct id_claims *out)
{
    const struct cJSON *c = t->jws.claims;

    *out = (struct id_claims){0};
    if (!jws_says(key, "kty", strcmp(t->alg, "RS256") == 0 ? "RSA" : "EC")
        || !jwk_verifies(op, key, t->jws.signed_text, t->jws.signature))
        return refuse(op, "signature");
    if (!jws_says(c, "iss", rules->issuer))
        return refuse(op, "iss");
    if (!jws_says(c, "nonce", rules->nonce))
        return refuse(op, "nonce");
    if (!check_audience(op, c, rules->client_id) || !check_times(op, c, now)
        || !check_access_token(op, c, rules->access_token) || !read_subject(op, c, out))
        return false;
    read_email(op, c, out);
    return true;
}

bool id_claims_add(struct op *op, const struct cJSON *userinfo, struct id_claims *inout)
{
    if (!jws_says(userinfo, "sub", inout->subject))
        return refuse(op, "userinfo of somebody else");
    read_email(op, userinfo, inout);
    return true;
}

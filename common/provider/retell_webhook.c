/* retell_webhook.c - is this event Retell's, and what does it say? */

#include "common/base/digest.h"
#include "common/base/hmac_halves.h"
#include "common/base/json.h"
#include "common/base/secret_box.h"
#include "common/provider/retell.h"

#include <openssl/crypto.h>
#include <stdlib.h>

_Static_assert((int)PROVIDER_VERIFIER_BYTES == (int)HMAC_HALVES_BYTES, "what verifies");

enum {
    STAMP_DIGITS = 13,
    DIGEST_BYTES = SHA256_BYTES,
    WINDOW_MS = 300000,
    HEADER_BYTES = 2 + STAMP_DIGITS + 3 + 2 * DIGEST_BYTES,
};

struct signature {
    struct str stamp; /* the digits, as they were signed */
    int64_t stamp_ms;
    unsigned char digest[DIGEST_BYTES];
};

static bool read_stamp(struct str digits, int64_t *out)
{
    int64_t v = 0;

    for (size_t i = 0; i < digits.n; i++) {
        if (digits.p[i] < '0' || digits.p[i] > '9')
            return false;
        v = v * 10 + (digits.p[i] - '0');
    }
    *out = v;
    return digits.p[0] != '0';
}

static bool read_digest(const char *hex, unsigned char out[DIGEST_BYTES])
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < (size_t)2 * DIGEST_BYTES; i++) {
        const char *d = memchr(digits, hex[i], 16);
        if (!d)
            return false;
        out[i / 2] = (unsigned char)((out[i / 2] << 4 | (d - digits)) & 0xff);
    }
    return true;
}

/* "v=<13 digits>,d=<64 lower-case hex digits>" and nothing else. */
static bool read_signature(const char *header, struct signature *out)
{
    if (!header || strlen(header) != HEADER_BYTES)
        return false;
    const char *digest = header + 2 + STAMP_DIGITS;
    out->stamp = (struct str){header + 2, STAMP_DIGITS};
    return memcmp(header, "v=", 2) == 0 && memcmp(digest, ",d=", 3) == 0
           && read_stamp(out->stamp, &out->stamp_ms) && read_digest(digest + 3, out->digest);
}

/* The stamp follows the body without a separator: the 13 digits are what keeps them apart. */
static bool is_signed(const struct retell *r, struct str body, const struct signature *s)
{
    const struct str parts[] = {body, s->stamp};
    unsigned char digest[DIGEST_BYTES];
    bool found = false;

    for (size_t i = 0; i < r->webhook_key_count; i++) {
        hmac_sha256(r->webhook_keys[i], parts, ARRAY_LEN(parts), digest);
        found |= CRYPTO_memcmp(digest, s->digest, DIGEST_BYTES) == 0;
    }
    return found;
}

void retell_make_verifier(const char *key, unsigned char out[PROVIDER_VERIFIER_BYTES])
{
    hmac_halves(str_of(key), out);
}

static bool verify(const char *verifier, struct str body, const struct signature *sig)
{
    const struct str parts[] = {body, sig->stamp};
    unsigned char digest[DIGEST_BYTES];

    hmac_with_halves((const unsigned char *)verifier, parts, ARRAY_LEN(parts), digest);
    return CRYPTO_memcmp(digest, sig->digest, DIGEST_BYTES) == 0;
}

static bool is_signed_by(struct op *op, const struct provider *p, struct str body,
                         const struct signature *s)
{
    size_t n;
    char *verifier = secret_open(op, p->ring, p->key, "", &n);
    bool ok = verifier && n == PROVIDER_VERIFIER_BYTES && verify(verifier, body, s);

    secret_wipe(verifier);
    return ok;
}

static bool refuse(struct op *op, const char *why)
{
    return fail_because(op, E_INVALID_SIGNATURE, why, "The webhook's signature is not valid");
}

bool retell_verify_webhook(struct op *op, const struct provider *p, struct str body,
                           const char *header, int64_t now_us)
{
    struct signature s = {0};

    if (!read_signature(header, &s))
        return refuse(op, header ? "the header is malformed" : "there is no signature header");
    int64_t age_ms = now_us / 1000 - s.stamp_ms;
    if (age_ms > WINDOW_MS || age_ms < -WINDOW_MS)
        return refuse(op, "the timestamp is outside the window");
    if (p->key ? !is_signed_by(op, p, body, &s) : !is_signed(p->self, body, &s))
        return refuse(op, "no key of ours made it");
    return true;
}

bool retell_read_webhook(struct op *op, const struct provider *p, struct str body,
                         const char **event, struct provider_call *out)
{
    const struct cJSON *json;

    (void)p;
    if (!json_parse(op, body, &json))
        return false;
    *event = json_get_string(json, "event");
    if (!*event || !retell_read_call(op, json_get(json, "call"), out))
        return fail(op, E_VALIDATION_ERROR, "The webhook must name an event and a call");
    if (strcmp(*event, "call_analysis_ready") == 0) /* the specification's name for it */
        *event = "call_analyzed";
    return true;
}

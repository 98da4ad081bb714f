/* jws.c - libsodium reads base64 in its canonical form only, json.h reads JSON in one way only. */

#include "common/identity/jws.h"

#include "common/base/json.h"

#include <sodium.h>

#define BASE64 sodium_base64_VARIANT_URLSAFE_NO_PADDING

bool base64url_read(struct op *op, struct str text, struct str *out)
{
    unsigned char *bytes = arena_alloc(&op->arena, text.n + 1);
    const char *end = NULL;
    size_t n = 0;

    if (text.n == 0 || sodium_base642bin(bytes, text.n, text.p, text.n, NULL, &n, &end, BASE64) != 0
        || end != text.p + text.n)
        return false;
    bytes[n] = '\0';
    *out = (struct str){(const char *)bytes, n};
    return true;
}

const char *base64url_write(struct op *op, struct str bytes)
{
    size_t size = sodium_base64_encoded_len(bytes.n, BASE64);

    return sodium_bin2base64(arena_alloc(&op->arena, size), size, (const unsigned char *)bytes.p,
                             bytes.n, BASE64);
}

/* Exactly two dots. */
static bool cut(struct str text, struct str part[3])
{
    size_t at = 0;

    for (int i = 0; i < 3; i++) {
        const char *dot = memchr(text.p + at, '.', text.n - at);
        size_t end = dot && i < 2 ? (size_t)(dot - text.p) : text.n;
        part[i] = (struct str){text.p + at, end - at};
        if (i < 2 && !dot)
            return false;
        at = end + 1;
    }
    return !memchr(part[2].p, '.', part[2].n);
}

/* JSON's own failures are the token's, and so are blanks around it. */
static bool parse(struct op *op, struct str json, const struct cJSON **out)
{
    struct op part = {.app = op->app, .arena = op->arena};
    bool ok = json_parse(&part, json, out);

    op->arena = part.arena;
    return ok && json_is_object(*out) && json.p[0] == '{' && json.p[json.n - 1] == '}';
}

const char *jws_read(struct op *op, struct str text, struct jws *out)
{
    struct str part[3], header, claims;

    *out = (struct jws){.signature = STR("")};
    if (memchr(text.p, '\0', text.n))
        return "nul";
    if (!cut(text, part))
        return "segments";
    if (!base64url_read(op, part[0], &header) || !base64url_read(op, part[1], &claims)
        || (part[2].n && !base64url_read(op, part[2], &out->signature)))
        return "base64";
    if (!parse(op, header, &out->header) || !parse(op, claims, &out->claims))
        return "json";
    out->signed_text = (struct str){text.p, part[0].n + 1 + part[1].n};
    return NULL;
}

bool jws_says(const struct cJSON *object, const char *key, const char *value)
{
    const char *text = json_get_string(object, key);

    return text && strcmp(text, value) == 0;
}

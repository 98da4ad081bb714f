/* oidc_ticket.c - one secret, and what is made of it for others to see. */

#include "common/identity/oidc_ticket.h"

#include "common/base/id.h"
#include "common/identity/jws.h"

#include <ctype.h>
#include <inttypes.h>
#include <openssl/crypto.h>
#include <stdlib.h>

/* Another machine's clock may be a little ahead. */
enum { TIME_DIGITS = 10, SECRET = 43, LENGTH = TIME_DIGITS + 1 + SECRET, AHEAD_SECONDS = 30 };

#define ATTRIBUTES "; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age="

static const char *derive(struct op *op, struct str ticket, const char *name)
{
    const struct str part = str_of(name);
    unsigned char sum[SHA256_BYTES];

    hmac_sha256(ticket, &part, 1, sum);
    return base64url_write(op, (struct str){(char *)sum, sizeof(sum)});
}

static void fill(struct op *op, const char *text, struct oidc_ticket *out)
{
    struct str ticket = str_of(text);
    unsigned char sum[SHA256_BYTES];

    *out = (struct oidc_ticket){.text = text,
                                .state = derive(op, ticket, "state"),
                                .nonce = derive(op, ticket, "nonce"),
                                .verifier = derive(op, ticket, "verifier")};
    digest_hex(DIGEST_SHA256, ticket, out->sha256);
    struct str verifier = str_of(out->verifier);
    sha256(&verifier, 1, sum);
    out->challenge = base64url_write(op, (struct str){(char *)sum, sizeof(sum)});
}

void oidc_ticket_make(struct op *op, int64_t now, struct oidc_ticket *out)
{
    char secret[SECRET + 1];

    random_letters(secret, SECRET);
    secret[SECRET] = '\0';
    fill(op, arena_printf(&op->arena, "%0*" PRId64 ".%s", TIME_DIGITS, now, secret), out);
}

/* The one value of our cookie among all; false when there is none or a second. */
static bool find(const char *cookies, struct str *out)
{
    static const char name[] = OIDC_COOKIE "=";
    int n = 0;

    for (const char *p = cookies; p && *p;) {
        p += strspn(p, "; ");
        size_t length = strcspn(p, ";");
        if (strncmp(p, name, sizeof(name) - 1) == 0) {
            *out = (struct str){p + sizeof(name) - 1, length - (sizeof(name) - 1)};
            n++;
        }
        p += length;
    }
    return n == 1;
}

static bool is_ticket(struct str s)
{
    if (s.n != LENGTH || s.p[TIME_DIGITS] != '.')
        return false;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (i != TIME_DIGITS && !(i < TIME_DIGITS ? isdigit(c) : isascii(c) && isalnum(c)))
            return false;
    }
    return true;
}

static bool is_young(struct str s, int64_t now)
{
    int64_t made = strtoll(s.p, NULL, 10);

    return made <= now + AHEAD_SECONDS && now < made + OIDC_TICKET_SECONDS;
}

bool oidc_ticket_read(struct op *op, const char *cookies, int64_t now, struct oidc_ticket *out)
{
    struct str s = {0};

    *out = (struct oidc_ticket){0};
    if (!find(cookies, &s) || !is_ticket(s) || !is_young(s, now))
        return fail(op, E_MALFORMED_REQUEST,
                    "This sign-in was not begun in this browser, or too long ago; begin again");
    fill(op, arena_strndup(&op->arena, s.p, s.n), out);
    return true;
}

bool oidc_ticket_matches(const struct oidc_ticket *t, const char *state)
{
    size_t n = strlen(t->state);

    return state && strlen(state) == n && CRYPTO_memcmp(state, t->state, n) == 0;
}

const char *oidc_ticket_cookie(struct op *op, const struct oidc_ticket *t)
{
    return arena_printf(&op->arena, OIDC_COOKIE "=%s" ATTRIBUTES "%d", t->text,
                        OIDC_TICKET_SECONDS);
}

const char *oidc_ticket_no_cookie(void)
{
    return OIDC_COOKIE "=" ATTRIBUTES "0";
}

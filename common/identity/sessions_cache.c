/*
 * sessions_cache.c - access tokens seen lately, by their whole hash.
 *
 * A signature costs some hundred microseconds and is checked once for each token; whether the
 * session still stands is asked again every five seconds.
 */

#include "common/base/clock.h"
#include "common/base/digest.h"
#include "common/identity/sessions.h"
#include "common/identity/token.h"
#include "common/identity/user.h"
#include "common/store/db.h"
#include "common/tenant/tenant.h"
#include "queries.h"

#include <inttypes.h>
#include <pthread.h>

enum { REMEMBER_US = 5 * 1000000, REMEMBERED = 4096 };

struct seen {
    unsigned char hash[SHA256_BYTES];
    struct token_claims claims; /* user_id 0 = an empty slot */
    int role;
    struct id_set campaigns; /* that the user is limited to, when narrow */
    bool narrow;
    bool test;        /* the tenant is one for tests */
    int64_t until_us; /* CLOCK_MONOTONIC: as long the session's state is taken as known */
};

static struct {
    pthread_mutex_t lock;
    struct seen slots[REMEMBERED];
} cache = {.lock = PTHREAD_MUTEX_INITIALIZER};

static struct seen *slot_of(const unsigned char *hash)
{
    return &cache.slots[((unsigned)hash[0] << 8 | hash[1]) % REMEMBERED];
}

static bool recall(const unsigned char *hash, int64_t now, struct seen *out)
{
    const struct seen *s = slot_of(hash);
    bool found;

    pthread_mutex_lock(&cache.lock);
    found = s->claims.user_id && memcmp(s->hash, hash, sizeof(s->hash)) == 0
            && now < s->claims.expires_at && now + TOKEN_LEEWAY_SECONDS >= s->claims.issued_at;
    if (found)
        *out = *s;
    pthread_mutex_unlock(&cache.lock);
    return found;
}

static void remember(const struct seen *s)
{
    pthread_mutex_lock(&cache.lock);
    *slot_of(s->hash) = *s;
    pthread_mutex_unlock(&cache.lock);
}

static void adopt(struct op *op, const struct token_claims *c)
{
    op->tenant_id = c->tenant_id;
    op->user_id = c->user_id;
    op->session_id = c->session_id;
    op->principal = arena_printf(&op->arena, "user:%" PRId64, c->user_id);
}

static bool ask(struct op *op, struct seen *s)
{
    struct rows rows;

    adopt(op, &s->claims);
    if (!db_query(op, &SQL_SESSION_FIND,
                  ARGS({"session_id", sql_i64(op, s->claims.session_id)},
                       {"user_id", sql_i64(op, s->claims.user_id)}),
                  &rows))
        return false;
    if (rows.n == 0)
        return fail(op, E_UNAUTHENTICATED, "The session has ended; sign in again");
    s->role = label_find(user_role_names, str_of(db_text(&rows, 0, "role")));
    s->test = db_bool(&rows, 0, "test");
    s->narrow = db_text(&rows, 0, "campaigns") != NULL;
    s->campaigns = user_campaigns_read(db_text(&rows, 0, "campaigns"));
    s->until_us = clock_mono_us() + REMEMBER_US;
    return s->role >= 0 || fail(op, E_INTERNAL_ERROR, "The user's role is not known");
}

static const struct id_set *keep(struct op *op, const struct id_set *ids)
{
    return memcpy(arena_alloc(&op->arena, sizeof(*ids)), ids, sizeof(*ids));
}

bool session_authenticate(struct op *op, struct str access_token, int *role)
{
    int64_t now = clock_now_us() / 1000000;
    unsigned char hash[SHA256_BYTES];
    struct seen s = {0};

    if (access_token.n > TOKEN_TEXT_MAX)
        return fail(op, E_UNAUTHENTICATED, "The access token is not valid");
    sha256(&access_token, 1, hash);
    bool known = recall(hash, now, &s);
    if (!known) {
        memcpy(s.hash, hash, sizeof(s.hash));
        if (!token_verify(op, access_token, now, &s.claims))
            return false;
    }
    if (!known || s.until_us <= clock_mono_us()) {
        if (!ask(op, &s))
            return false;
        remember(&s);
    }
    adopt(op, &s.claims);
    *role = s.role;
    if (s.narrow)
        op->campaigns = keep(op, &s.campaigns);
    return tenant_is_served(op, s.test);
}

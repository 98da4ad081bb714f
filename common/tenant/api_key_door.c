/* api_key_door.c - keys recognised: seldom by a query, and never for a typo. */

#include "common/base/clock.h"
#include "common/base/digest.h"
#include "common/base/log.h"
#include "common/store/db.h"
#include "common/tenant/api_key.h"
#include "common/tenant/network.h"
#include "common/tenant/tenant.h"
#include "queries.h"

#include <openssl/crypto.h>
#include <pthread.h>

enum { PREFIX = 9 + 8 }; /* aga_live_ or aga_test_, and the public letters */

/* How long a revoked key or a suspended tenant may still get through here. */
enum { REMEMBER_US = 5 * 1000000, REMEMBERED = 1024 };

/* A key seen lately, by its whole hash: no secret is held, and a guess never hits. */
struct seen {
    char hex[SHA256_HEX_SIZE];
    int64_t tenant_id, until_us;
    scope_set scopes;
    struct networks networks;
    bool test; /* its tenant is one for tests */
};

static struct {
    pthread_mutex_t lock;
    struct seen slots[REMEMBERED];
} cache = {.lock = PTHREAD_MUTEX_INITIALIZER};

static unsigned slot_of(const char *hex)
{
    unsigned h = 0;

    for (int i = 0; i < 8; i++)
        h = h * 31 + (unsigned char)hex[i];
    return h % REMEMBERED;
}

static bool recall(struct seen *s)
{
    const struct seen *slot = &cache.slots[slot_of(s->hex)];
    bool found;

    pthread_mutex_lock(&cache.lock);
    found = memcmp(slot->hex, s->hex, SHA256_HEX_SIZE) == 0 && slot->until_us > clock_mono_us();
    if (found)
        *s = *slot;
    pthread_mutex_unlock(&cache.lock);
    return found;
}

static void remember(struct seen *s)
{
    s->until_us = clock_mono_us() + REMEMBER_US;
    pthread_mutex_lock(&cache.lock);
    cache.slots[slot_of(s->hex)] = *s;
    pthread_mutex_unlock(&cache.lock);
}

/* Nobody is turned away because this could not be written. */
static void note_use(const struct op *op, const char *id)
{
    struct op part = op_part(op);
    struct rows rows;

    if (!db_query(&part, &SQL_API_KEY_USED, ARGS({"id", id}), &rows))
        log_failure(&part, "api_key.use_not_noted");
    op_end(&part);
}

static bool refuse(struct op *op)
{
    return fail(op, E_UNAUTHENTICATED, "The API key is not valid");
}

static bool look(struct op *op, struct seen *s)
{
    struct rows rows;

    if (!db_query(op, &SQL_API_KEY_FIND, ARGS({"prefix", op->principal}), &rows))
        return false;
    if (rows.n == 0 || CRYPTO_memcmp(db_text(&rows, 0, "secret_sha256"), s->hex, 64) != 0)
        return refuse(op);
    op->tenant_id = s->tenant_id = db_i64(&rows, 0, "tenant_id");
    if (scopes_read(op, db_text(&rows, 0, "scopes"), &s->scopes)
        || networks_read(op, db_text(&rows, 0, "networks"), &s->networks))
        return fail(op, E_INTERNAL_ERROR, "The limits of this key cannot be read");
    s->test = db_bool(&rows, 0, "test");
    if (db_bool(&rows, 0, "unseen"))
        note_use(op, db_text(&rows, 0, "id"));
    remember(s);
    return true;
}

bool api_key_authenticate(struct op *op, struct str presented, const char *from, scope_set *scopes)
{
    struct seen s;

    if (!api_key_well_formed(presented))
        return refuse(op);
    digest_hex(DIGEST_SHA256, presented, s.hex);
    op->principal = arena_strndup(&op->arena, presented.p, PREFIX);
    if (!recall(&s) && !look(op, &s))
        return false;
    op->tenant_id = s.tenant_id;
    *scopes = s.scopes;
    if (!tenant_is_served(op, s.test))
        return false;
    return s.networks.n == 0 || networks_have(&s.networks, from)
           || fail(op, E_PERMISSION_DENIED, "This key may not be used from here");
}

/* api_key.c - keys made, kept as hashes, and recognised. */

#include "common/base/clock.h"
#include "common/base/digest.h"
#include "common/base/id.h"
#include "common/store/db.h"
#include "common/tenant/tenant.h"
#include "queries.h"

#include <openssl/crypto.h>
#include <pthread.h>

/* aga_live_ + 8 + _ + 43 + _ + 8 */
enum { MARK = 9, ID = 8, SECRET = 43, SUM = 8, PREFIX = MARK + ID };
enum { KEY_LENGTH = PREFIX + 1 + SECRET + 1 + SUM };

/* How long a revoked key or a suspended tenant may still get through here. */
enum { REMEMBER_US = 5 * 1000000, REMEMBERED = 1024 };

static const struct field api_key_fields[] = {
    FIELD(struct api_key, id, .flags = F_READONLY),
    FIELD(struct api_key, name, .flags = F_REQUIRED, .max = 255),
    FIELD(struct api_key, prefix, .flags = F_READONLY),
    FIELD(struct api_key, created_at, .flags = F_READONLY),
    FIELD(struct api_key, revoked_at, .flags = F_READONLY),
};
const struct type api_key_type = TYPE(struct api_key, api_key_fields);

/* 62 divides 248; what is above would favour the first letters. */
static void random_letters(char *out, int n)
{
    static const char base62[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    unsigned char byte;

    while (n) {
        random_bytes(&byte, 1);
        if (byte < 248) {
            *out++ = base62[byte % 62];
            n--;
        }
    }
}

static void write_checksum(const char *key, char sum[SUM + 1])
{
    char hex[SHA256_HEX_SIZE];

    digest_hex(DIGEST_SHA256, (struct str){key, KEY_LENGTH - 1 - SUM}, hex);
    memcpy(sum, hex, SUM);
    sum[SUM] = '\0';
}

bool api_key_create(struct op *op, const char *name, struct api_key *out, const char **secret)
{
    char *key = arena_alloc(&op->arena, KEY_LENGTH + 1), hex[SHA256_HEX_SIZE];
    struct rows rows;

    memcpy(key, "aga_live_", MARK);
    random_letters(key + MARK, ID);
    key[PREFIX] = '_';
    random_letters(key + PREFIX + 1, SECRET);
    key[PREFIX + 1 + SECRET] = '_';
    write_checksum(key, key + KEY_LENGTH - SUM);
    digest_hex(DIGEST_SHA256, str_of(key), hex);
    *secret = key;
    if (!db_query(op, &SQL_API_KEY_INSERT,
                  ARGS({"name", name}, {"prefix", arena_strndup(&op->arena, key, PREFIX)},
                       {"secret_sha256", hex}),
                  &rows))
        return false;
    if (rows.n == 0)
        return fail(op, E_RESOURCE_NOT_FOUND, "There is no tenant with that ID");
    *out = (struct api_key){0};
    return from_row(op, &rows, 0, &api_key_type, out);
}

bool api_key_list(struct op *op, struct api_key **out, int *n)
{
    struct rows rows;

    if (!db_query(op, &SQL_API_KEY_LIST, NO_ARGS, &rows))
        return false;
    *n = rows.n;
    return (*out = from_rows(op, &rows, &api_key_type)) != NULL;
}

bool api_key_revoke(struct op *op, int64_t id)
{
    struct rows rows;

    if (!db_query(op, &SQL_API_KEY_REVOKE, ARGS({"id", sql_i64(op, id)}), &rows))
        return false;
    return rows.affected == 1 || fail(op, E_RESOURCE_NOT_FOUND, "There is no key with that ID");
}

/* Keys seen lately, by their whole hash: no secret is held, and a guess never hits. */
static struct {
    pthread_mutex_t lock;
    struct {
        char hex[SHA256_HEX_SIZE];
        int64_t tenant_id, until_us;
    } slots[REMEMBERED];
} seen = {.lock = PTHREAD_MUTEX_INITIALIZER};

static unsigned slot_of(const char *hex)
{
    unsigned h = 0;

    for (int i = 0; i < 8; i++)
        h = h * 31 + (unsigned char)hex[i];
    return h % REMEMBERED;
}

static int64_t recall(const char *hex)
{
    unsigned i = slot_of(hex);
    int64_t tenant = 0;

    pthread_mutex_lock(&seen.lock);
    if (memcmp(seen.slots[i].hex, hex, SHA256_HEX_SIZE) == 0
        && seen.slots[i].until_us > clock_mono_us())
        tenant = seen.slots[i].tenant_id;
    pthread_mutex_unlock(&seen.lock);
    return tenant;
}

static void remember(const char *hex, int64_t tenant_id)
{
    unsigned i = slot_of(hex);

    pthread_mutex_lock(&seen.lock);
    memcpy(seen.slots[i].hex, hex, SHA256_HEX_SIZE);
    seen.slots[i].tenant_id = tenant_id;
    seen.slots[i].until_us = clock_mono_us() + REMEMBER_US;
    pthread_mutex_unlock(&seen.lock);
}

static bool well_formed(struct str key)
{
    char sum[SUM + 1];

    if (key.n != KEY_LENGTH || memcmp(key.p, "aga_live_", MARK) != 0)
        return false;
    write_checksum(key.p, sum);
    return CRYPTO_memcmp(sum, key.p + KEY_LENGTH - SUM, SUM) == 0;
}

bool api_key_authenticate(struct op *op, struct str presented)
{
    char hex[SHA256_HEX_SIZE];
    struct rows rows;

    if (!well_formed(presented))
        return fail(op, E_UNAUTHENTICATED, "The API key is not valid");
    digest_hex(DIGEST_SHA256, presented, hex);
    if ((op->tenant_id = recall(hex)))
        return true;
    if (!db_query(op, &SQL_API_KEY_FIND,
                  ARGS({"prefix", arena_strndup(&op->arena, presented.p, PREFIX)}), &rows))
        return false;
    if (rows.n == 0 || CRYPTO_memcmp(db_text(&rows, 0, "secret_sha256"), hex, 64) != 0)
        return fail(op, E_UNAUTHENTICATED, "The API key is not valid");
    if (db_bool(&rows, 0, "suspended"))
        return fail(op, E_TENANT_SUSPENDED,
                    "The tenant is suspended; ask whoever runs this service");
    op->tenant_id = db_i64(&rows, 0, "tenant_id");
    remember(hex, op->tenant_id);
    return true;
}

/* api_key.c - keys made, listed, replaced and ended; api_key_door.c recognises them. */

#include "common/tenant/api_key.h"

#include "common/base/clock.h"
#include "common/base/digest.h"
#include "common/base/id.h"
#include "common/base/log.h"
#include "common/base/page.h"
#include "common/store/db.h"
#include "common/tenant/network.h"
#include "queries.h"

#include <inttypes.h>
#include <openssl/crypto.h>

/* aga_live_ + 8 + _ + 43 + _ + 8 */
enum { MARK = 9, ID = 8, SECRET = 43, SUM = 8, PREFIX = MARK + ID };
enum { KEY_LENGTH = PREFIX + 1 + SECRET + 1 + SUM };

static const char LIVE[] = "aga_live_", TEST[] = "aga_test_";

static const struct field api_key_fields[] = {
    FIELD(struct api_key, id, .flags = F_READONLY),
    FIELD(struct api_key, name, .flags = F_REQUIRED, .max = 255),
    FIELD(struct api_key, prefix, .flags = F_READONLY),
    FIELD(struct api_key, scopes, .flags = F_ARRAY, .max = 1024),
    FIELD(struct api_key, networks, .flags = F_ARRAY, .max = 1024),
    FIELD(struct api_key, expires_at),
    FIELD(struct api_key, last_used_at, .flags = F_READONLY),
    FIELD(struct api_key, replaces, .flags = F_READONLY),
    FIELD(struct api_key, created_at, .flags = F_READONLY),
    FIELD(struct api_key, revoked_at, .flags = F_READONLY),
};
const struct type api_key_type = TYPE(struct api_key, api_key_fields);

static const struct field api_key_query_fields[] = {PAGE_FIELDS(struct api_key_query)};
const struct type api_key_query_type = TYPE(struct api_key_query, api_key_query_fields);

static const struct field api_key_rotation_fields[] = {
    FIELD(struct api_key_rotation, overlap_seconds, .flags = F_NOT_NULL, .min = 0,
          .max = OVERLAP_SECONDS_MAX),
};
const struct type api_key_rotation_type = TYPE(struct api_key_rotation, api_key_rotation_fields);

static void write_checksum(const char *key, char sum[SUM + 1])
{
    char hex[SHA256_HEX_SIZE];

    digest_hex(DIGEST_SHA256, (struct str){key, KEY_LENGTH - 1 - SUM}, hex);
    memcpy(sum, hex, SUM);
    sum[SUM] = '\0';
}

bool api_key_well_formed(struct str key)
{
    char sum[SUM + 1];

    if (key.n != KEY_LENGTH || (memcmp(key.p, LIVE, MARK) != 0 && memcmp(key.p, TEST, MARK) != 0))
        return false;
    if (key.p[PREFIX + 1 + SECRET] != '_') /* the one character that the sum is not of */
        return false;
    write_checksum(key.p, sum);
    return CRYPTO_memcmp(sum, key.p + KEY_LENGTH - SUM, SUM) == 0;
}

static const char *make_secret(struct op *op, bool test)
{
    char *key = arena_alloc(&op->arena, KEY_LENGTH + 1);

    memcpy(key, test ? TEST : LIVE, MARK);
    random_letters(key + MARK, ID);
    key[PREFIX] = '_';
    random_letters(key + PREFIX + 1, SECRET);
    key[PREFIX + 1 + SECRET] = '_';
    write_checksum(key, key + KEY_LENGTH - SUM);
    return key;
}

static void complain(struct op *op, const char *name, const char *complaint)
{
    if (complaint)
        err_detail(op, name, complaint);
}

static bool check(struct op *op, const struct api_key *k)
{
    struct networks networks;
    scope_set scopes;

    complain(op, "name", field_check_text(&api_key_fields[1], str_of(k->name)));
    complain(op, "scopes", scopes_read(op, k->scopes.text, &scopes));
    complain(op, "networks", networks_read(op, k->networks.text, &networks));
    if (k->expires_at.us && k->expires_at.us <= clock_now_us())
        err_detail(op, "expires_at", "must be in the future");
    return !op->err.details || fail(op, E_VALIDATION_ERROR, "Request validation failed");
}

static bool insert(struct op *op, struct api_key *k, const char **secret)
{
    char hex[SHA256_HEX_SIZE];
    struct rows kind, rows;

    if (!db_query(op, &SQL_TENANT_KIND, NO_ARGS, &kind))
        return false;
    *secret = make_secret(op, kind.n && db_bool(&kind, 0, "test"));
    digest_hex(DIGEST_SHA256, str_of(*secret), hex);
    if (!db_query(op, &SQL_API_KEY_INSERT,
                  ARGS({"name", k->name}, {"prefix", arena_strndup(&op->arena, *secret, PREFIX)},
                       {"secret_sha256", hex}, {"scopes", k->scopes.text},
                       {"networks", k->networks.text},
                       {"expires_at", sql_tstamp(op, k->expires_at)},
                       {"replaces", k->replaces.set ? sql_i64(op, k->replaces.v) : NULL}),
                  &rows))
        return false;
    if (rows.n == 0)
        return fail(op, E_RESOURCE_NOT_FOUND, "There is no tenant with that ID");
    *k = (struct api_key){0};
    return from_row(op, &rows, 0, &api_key_type, k);
}

bool api_key_create(struct op *op, struct api_key *k, const char **secret)
{
    if (!check(op, k) || !db_begin(op) || !insert(op, k, secret) || !db_commit(op))
        return false;
    log_info(op, "api_key.created", F("prefix", k->prefix));
    return true;
}

static bool not_found(struct op *op)
{
    return fail(op, E_RESOURCE_NOT_FOUND, "There is no key with that ID");
}

static bool lock(struct op *op, int64_t id, struct api_key *out)
{
    struct rows rows;

    if (!db_query(op, &SQL_API_KEY_LOCK, ARGS({"id", sql_i64(op, id)}), &rows))
        return false;
    if (rows.n == 0)
        return api_key_get(op, id, out)
               && fail(op, E_INVALID_STATE, "This key has ended; make another one");
    *out = (struct api_key){0};
    return from_row(op, &rows, 0, &api_key_type, out);
}

bool api_key_rotate(struct op *op, int64_t id, const struct api_key_rotation *r,
                    struct api_key *out, const char **secret)
{
    struct rows old;

    if (!db_begin(op) || !lock(op, id, out))
        return false;
    if (out->expires_at.us)
        out->expires_at.us += clock_now_us() - out->created_at.us;
    out->replaces = (struct opt_i64){true, id};
    if (!insert(op, out, secret)
        || !db_query_commit(
            op, &SQL_API_KEY_OVERLAP,
            ARGS({"id", sql_i64(op, id)}, {"seconds", sql_i64(op, r->overlap_seconds)}), &old))
        return false;
    log_info(op, "api_key.rotated", F("prefix", out->prefix), F("replaces", id));
    return true;
}

bool api_key_get(struct op *op, int64_t id, struct api_key *out)
{
    struct rows rows;

    *out = (struct api_key){0};
    if (!db_query(op, &SQL_API_KEY_GET, ARGS({"id", sql_i64(op, id)}), &rows))
        return false;
    return rows.n ? from_row(op, &rows, 0, &api_key_type, out) : not_found(op);
}

bool api_key_list(struct op *op, const struct api_key_query *q, struct api_key **out, int *n,
                  int64_t *total)
{
    const struct arg *args =
        ARGS({"limit", sql_i64(op, q->limit)}, {"offset", sql_i64(op, q->offset)});
    struct rows rows, count;

    if (!db_ask(op,
                (const struct ask[]){{&SQL_API_KEY_LIST, args, &rows},
                                     {&SQL_API_KEY_COUNT, args, &count}},
                2))
        return false;
    *n = rows.n;
    *total = db_i64(&count, 0, "n");
    return (*out = from_rows(op, &rows, &api_key_type)) != NULL;
}

bool api_key_revoke(struct op *op, int64_t id)
{
    struct rows rows;

    if (!db_query(op, &SQL_API_KEY_REVOKE, ARGS({"id", sql_i64(op, id)}), &rows))
        return false;
    return rows.affected == 1 || not_found(op);
}

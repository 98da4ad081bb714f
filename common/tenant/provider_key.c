/* provider_key.c - sealed as it comes in; what is written and shown is not the key. */

#include "common/tenant/provider_key.h"

#include "common/base/digest.h"
#include "common/base/log.h"
#include "common/base/secret_box.h"
#include "common/provider/provider.h"
#include "common/store/db.h"
#include "queries.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { KEY_MIN = 8, LAST = 4, ROW_SIZE = 64 };

static const struct field provider_key_request_fields[] = {
    FIELD(struct provider_key_request, api_key, .flags = F_REQUIRED, .min = KEY_MIN,
          .max = SECRET_MAX),
    FIELD(struct provider_key_request, webhook_api_key, .min = KEY_MIN, .max = SECRET_MAX),
    FIELD(struct provider_key_request, same_workspace, .flags = F_NOT_NULL),
};
const struct type provider_key_request_type =
    TYPE(struct provider_key_request, provider_key_request_fields);

static const struct field provider_key_fields[] = {
    FIELD(struct provider_key, provider, .flags = F_READONLY),
    FIELD(struct provider_key, last_four, .flags = F_READONLY),
    FIELD(struct provider_key, key_id, .flags = F_READONLY),
    FIELD(struct provider_key, account, .flags = F_READONLY),
    FIELD(struct provider_key, updated_at, .flags = F_READONLY),
};
const struct type provider_key_type = TYPE(struct provider_key, provider_key_fields);

static void name_place(struct sealed *s, int64_t tenant_id, const char *name, const char *account)
{
    char row[ROW_SIZE];

    snprintf(row, sizeof(row), "%s/%s", name, account);
    secret_place(s, "tenant_secrets", "box", tenant_id, row);
}

void secret_read(const struct rows *rows, int i, int64_t tenant_id, const char *name,
                 struct sealed *out)
{
    struct str box = str_of(db_text(rows, i, "box"));

    *out = (struct sealed){0};
    name_place(out, tenant_id, name, db_text(rows, i, "account"));
    memccpy(out->key_id, db_text(rows, i, "key_id"), '\0', sizeof(out->key_id) - 1);
    /* What cannot be read makes an empty box, which does not open. */
    if (box.n / 2 <= sizeof(out->box) && hex_read(box, out->box, box.n / 2)
        && hex_read(str_of(db_text(rows, i, "nonce")), out->nonce, sizeof(out->nonce)))
        out->n = (uint32_t)(box.n / 2);
}

static const char *hex(struct op *op, const unsigned char *bytes, size_t n)
{
    char *text = arena_alloc(&op->arena, 2 * n + 1);

    hex_write(text, bytes, n);
    return text;
}

static const char *last_four(struct op *op, const char *key)
{
    return arena_strdup(&op->arena, key + strlen(key) - LAST);
}

static bool store(struct op *op, const char *name, const char *account, struct str plain,
                  const char *shown, struct rows *out)
{
    struct sealed s = {0};

    name_place(&s, op->tenant_id, name, account);
    return secret_seal(op, op->app->provider->ring, plain, &s)
           && db_query(op, &SQL_SECRET_PUT,
                       ARGS({"name", name}, {"account", account},
                            {"key_id", arena_strdup(&op->arena, s.key_id)},
                            {"nonce", hex(op, s.nonce, sizeof(s.nonce))},
                            {"box", hex(op, s.box, s.n)}, {"last_four", shown}),
                       out);
}

static void complain(struct op *op, const char *field, const char *complaint)
{
    if (complaint)
        err_detail(op, field, complaint);
}

static bool check(struct op *op, const struct provider_key_request *r)
{
    const struct provider *p = op->app->provider;

    if (!p)
        return fail(op, E_SERVICE_UNAVAILABLE, "The settings make no provider");
    complain(op, "api_key", p->complaint_of_key(r->api_key));
    complain(op, "webhook_api_key",
             r->webhook_api_key ? p->complaint_of_key(r->webhook_api_key) : NULL);
    return !op->err.details || fail(op, E_VALIDATION_ERROR, "Request validation failed");
}

/* Whoever says that it is the same workspace says so about all that was begun there. */
static bool choose_account(struct op *op, const struct provider_key_request *r,
                           char account[PROVIDER_ACCOUNT_SIZE])
{
    const struct provider *p = op->app->provider;
    struct rows row;

    p->account_of_key(p, r->api_key, account);
    if (!r->same_workspace)
        return true;
    if (!db_query(op, &SQL_SECRET_CURRENT, ARGS({"name", SECRET_RETELL}), &row))
        return false;
    if (row.n)
        memccpy(account, db_text(&row, 0, "account"), '\0', PROVIDER_ACCOUNT_SIZE);
    else
        err_detail(op, "same_workspace", "there is no key that it would be the same as");
    return row.n || fail(op, E_VALIDATION_ERROR, "Request validation failed");
}

static bool store_both(struct op *op, const struct provider_key_request *r, const char *account,
                       struct rows *out)
{
    const char *signs = r->webhook_api_key ? r->webhook_api_key : r->api_key;
    unsigned char verifier[PROVIDER_VERIFIER_BYTES];
    struct rows other;

    op->app->provider->make_verifier(signs, verifier);
    bool ok =
        store(op, SECRET_RETELL_WEBHOOK, account,
              (struct str){(const char *)verifier, sizeof(verifier)}, last_four(op, signs), &other)
        && store(op, SECRET_RETELL, account, str_of(r->api_key), last_four(op, r->api_key), out);
    explicit_bzero(verifier, sizeof(verifier));
    return ok;
}

bool provider_key_set(struct op *op, const struct provider_key_request *r, struct provider_key *out)
{
    char account[PROVIDER_ACCOUNT_SIZE];
    struct rows locked, row;

    if (!check(op, r) || !db_begin(op) || !db_query(op, &SQL_SECRET_LOCK, NO_ARGS, &locked)
        || !choose_account(op, r, account) || !store_both(op, r, account, &row) || !db_commit(op)
        || !from_row(op, &row, 0, &provider_key_type, out))
        return false;
    log_info(op, "provider_key.set", F("account", out->account), F("key_id", out->key_id));
    return true;
}

static bool none(struct op *op)
{
    return fail(op, E_RESOURCE_NOT_FOUND, "There is no provider key of this tenant's own");
}

bool provider_key_get(struct op *op, struct provider_key *out)
{
    struct rows row;

    if (!db_query(op, &SQL_SECRET_CURRENT, ARGS({"name", SECRET_RETELL}), &row))
        return false;
    return row.n ? from_row(op, &row, 0, &provider_key_type, out) : none(op);
}

bool provider_key_remove(struct op *op)
{
    struct rows locked, gone;

    if (!db_begin(op) || !db_query(op, &SQL_SECRET_LOCK, NO_ARGS, &locked)
        || !db_query(op, &SQL_SECRET_RETIRE, NO_ARGS, &gone))
        return false;
    if (gone.n == 0)
        return none(op);
    if (!db_commit(op))
        return false;
    log_info(op, "provider_key.removed");
    return true;
}

/* ---- sealed anew ---- */

enum { BATCH = 100 };

static bool write_resealed(struct op *op, const char *name, const char *account, const char *was,
                           const struct sealed *s)
{
    struct rows rows;

    return db_query(op, &SQL_SECRET_RESEALED,
                    ARGS({"name", name}, {"account", account}, {"was", was},
                         {"key_id", arena_strdup(&op->arena, s->key_id)},
                         {"nonce", hex(op, s->nonce, sizeof(s->nonce))},
                         {"box", hex(op, s->box, s->n)}),
                    &rows);
}

/* One that cannot be read is its tenant's trouble and nobody else's. */
static bool reseal_one(struct op *op, const struct provider *p, const struct rows *batch, int i,
                       int *resealed, int *unreadable)
{
    const char *name = db_text(batch, i, "name"), *account = db_text(batch, i, "account");
    struct sealed s;

    secret_read(batch, i, op->tenant_id, name, &s);
    if (!p->reseal(op, p, &s)) {
        log_failure(op, "secret.not_resealed");
        op_forgive(op);
        ++*unreadable;
        return true;
    }
    if (strcmp(s.key_id, db_text(batch, i, "key_id")) == 0)
        return true;
    ++*resealed;
    return write_resealed(op, name, account, db_text(batch, i, "nonce"), &s);
}

static bool reseal_batch(struct op *op, const struct provider *p, const struct rows *batch,
                         int *resealed, int *unreadable)
{
    bool ok = true;

    for (int i = 0; ok && i < batch->n; i++) {
        struct op part = op_part(op);
        part.tenant_id = db_i64(batch, i, "tenant_id");
        ok = reseal_one(&part, p, batch, i, resealed, unreadable) || op_fail_like(op, &part);
        op_end(&part);
    }
    return ok;
}

bool secrets_reseal(struct op *op, const struct provider *p, int *resealed, int *unreadable)
{
    const char *tenant = "0", *name = "", *account = "";
    struct rows batch;

    *resealed = *unreadable = 0;
    do {
        if (!db_query(op, &SQL_SECRET_BATCH,
                      ARGS({"after_tenant", tenant}, {"after_name", name},
                           {"after_account", account}, {"provider", p->name},
                           {"limit", sql_i64(op, BATCH)}),
                      &batch)
            || !reseal_batch(op, p, &batch, resealed, unreadable))
            return false;
        if (batch.n) {
            tenant = db_text(&batch, batch.n - 1, "tenant_id");
            name = db_text(&batch, batch.n - 1, "name");
            account = db_text(&batch, batch.n - 1, "account");
        }
    } while (batch.n == BATCH);
    return true;
}

bool secrets_prune(struct op *op)
{
    struct rows gone;

    if (!db_query(op, &SQL_SECRET_PRUNE, NO_ARGS, &gone))
        return false;
    for (int i = 0; i < gone.n; i++)
        log_info(op, "secret.forgotten", F("tenant", db_i64(&gone, i, "tenant_id")),
                 F("name", db_text(&gone, i, "name")));
    return true;
}

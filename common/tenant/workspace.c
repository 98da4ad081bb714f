/* workspace.c - one row, and a copy of the provider that carries it. */

#include "common/tenant/workspace.h"

#include "common/base/secret_box.h"
#include "common/store/db.h"
#include "common/tenant/provider_key.h"
#include "queries.h"

static const struct provider *copy_with(struct op *op, const struct rows *row, const char *name)
{
    struct provider *p = ARENA_NEW(&op->arena, struct provider);
    struct sealed *key = ARENA_NEW(&op->arena, struct sealed);
    const char *account = db_text(row, 0, "account");

    *p = *op->app->provider;
    secret_read(row, 0, op->tenant_id, name, key);
    p->key = key;
    memccpy(p->account, account, '\0', sizeof(p->account));
    return p;
}

const struct provider *workspace_from(struct op *op, const struct rows *current)
{
    return current->n ? copy_with(op, current, SECRET_RETELL) : op->app->provider;
}

bool workspace_own(struct op *op, const struct provider **out)
{
    struct rows row;

    if (!db_query(op, &SQL_SECRET_CURRENT, ARGS({"name", SECRET_RETELL}), &row))
        return false;
    *out = workspace_from(op, &row);
    return true;
}

bool workspace_of(struct op *op, const char *account, const struct provider **out)
{
    struct rows row;

    *out = op->app->provider;
    if (!account)
        return true;
    if (!db_query(op, &SQL_SECRET_OF_ACCOUNT, ARGS({"name", SECRET_RETELL}, {"account", account}),
                  &row))
        return false;
    if (row.n == 0)
        return fail(op, E_SERVICE_UNAVAILABLE, "The key of the workspace %s is not here any more",
                    account);
    *out = copy_with(op, &row, SECRET_RETELL);
    return true;
}

const char *workspace_account(const struct provider *p)
{
    return p->key ? p->account : NULL;
}

bool workspace_verifier(struct op *op, const char *account, const struct provider **out)
{
    struct rows row;
    const struct arg *args = ARGS({"name", SECRET_RETELL_WEBHOOK}, {"account", account});

    *out = NULL;
    if (!db_query(op, &SQL_SECRET_OF_ACCOUNT, args, &row))
        return false;
    if (row.n)
        *out = copy_with(op, &row, SECRET_RETELL_WEBHOOK);
    return true;
}

/* accounts.c - few workspaces among few rows: looked through one by one. */

#include "common/call/accounts.h"

#include "common/store/db.h"
#include "common/tenant/provider_key.h"
#include "queries.h"

static bool is_of(const struct account_group *g, int64_t tenant_id, const char *account)
{
    if (!account || !g->account)
        return !account && !g->account;
    return g->tenant_id == tenant_id && strcmp(g->account, account) == 0;
}

static struct account_group *group_of(struct op *op, struct account_group *groups, int *n,
                                      const struct rows *rows, int row)
{
    int64_t tenant_id = db_i64(rows, row, "tenant_id");
    const char *account = db_text(rows, row, "account");

    for (int i = 0; i < *n; i++)
        if (is_of(&groups[i], tenant_id, account))
            return &groups[i];
    groups[*n] = (struct account_group){
        .tenant_id = account ? tenant_id : 0,
        .account = account,
        .at = arena_alloc(&op->arena, (size_t)rows->n * sizeof(int)),
    };
    return &groups[(*n)++];
}

struct account_group *account_groups(struct op *op, const struct rows *rows, int *n)
{
    struct account_group *groups = arena_alloc(&op->arena, (size_t)(rows->n + 1) * sizeof(*groups));

    *n = 0;
    for (int i = 0; i < rows->n; i++) {
        struct account_group *g = group_of(op, groups, n, rows, i);
        g->at[g->n++] = i;
    }
    return groups;
}

struct op account_part(const struct op *op, const struct account_group *g)
{
    struct op part = op_part(op);

    if (g->account)
        part.tenant_id = g->tenant_id;
    return part;
}

bool accounts_all(struct op *op, struct account_group **out, int *n)
{
    struct rows rows;

    if (!db_query(op, &SQL_SECRET_ACCOUNTS,
                  ARGS({"name", SECRET_RETELL}, {"provider", op->app->provider->name}), &rows))
        return false;
    *out = arena_alloc(&op->arena, (size_t)(rows.n + 1) * sizeof(**out));
    (*out)[0] = (struct account_group){0};
    for (int i = 0; i < rows.n; i++)
        (*out)[i + 1] = (struct account_group){.tenant_id = db_i64(&rows, i, "tenant_id"),
                                               .account = db_text(&rows, i, "account")};
    *n = rows.n + 1;
    return true;
}

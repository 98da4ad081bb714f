/* signer.c - the deployment's key first: most events are its. */

#include "common/call/signer.h"

#include "common/call/attempt.h"
#include "common/store/db.h"
#include "common/tenant/workspace.h"
#include "queries.h"

static bool find_owner(struct op *op, struct str body, struct rows *owner)
{
    const struct provider *p = op->app->provider;
    struct provider_call pc = {0};
    const char *event;

    *owner = (struct rows){0};
    if (!p->read_webhook(op, p, body, &event, &pc)) {
        op_forgive(op);
        return true;
    }
    return db_query(op, &SQL_WEBHOOK_OWNER,
                    ARGS({"provider", p->name}, {"attempt_id", attempt_echoed(op, &pc)},
                         {"provider_call_id", pc.provider_call_id}),
                    owner);
}

static bool verify_as(struct op *op, const struct rows *owner, struct str body,
                      const char *signature, int64_t now_us)
{
    const struct provider *p;

    op->tenant_id = db_i64(owner, 0, "tenant_id");
    if (!workspace_verifier(op, db_text(owner, 0, "account"), &p))
        return false;
    if (!p)
        return fail_because(op, E_INVALID_SIGNATURE, "its workspace's key is not here",
                            "The webhook's signature is not valid");
    return p->verify_webhook(op, p, body, signature, now_us);
}

bool webhook_verify(struct op *op, struct str body, const char *signature, int64_t now_us,
                    const char **account)
{
    const struct provider *p = op->app->provider;
    struct rows owner;

    *account = NULL;
    if (p->verify_webhook(op, p, body, signature, now_us))
        return true;
    struct err refusal = op->err;
    op_forgive(op);
    if (!find_owner(op, body, &owner))
        return false;
    if (owner.n && verify_as(op, &owner, body, signature, now_us)) {
        *account = db_text(&owner, 0, "account");
        return true;
    }
    if (op->err.code == E_NONE)
        op->err = refusal;
    op->tenant_id = 0;
    return false;
}

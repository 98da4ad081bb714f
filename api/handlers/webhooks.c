/* webhooks.c - /api/v1/webhooks: verified over the raw bytes, stored, then answered. */

#include "api/handlers.h"
#include "common/base/clock.h"
#include "common/base/metrics.h"
#include "common/call/events.h"
#include "common/call/signer.h"
#include "common/provider/provider.h"

bool handle_webhook_retell(struct op *op, const struct req *req, struct reply *rep)
{
    const char *account;
    bool stored;

    if (!webhook_verify(op, req->body, req->signature, clock_now_us(), &account)) {
        metric_add(M_WEBHOOKS, 1, LABELS("unverified", "refused"));
        return false;
    }
    if (!webhook_store(op, account, req->body, &stored))
        return false;
    rep->status = 200;
    buf_str(&rep->body, "{\"received\":true}");
    return true;
}

/* provider_key.c - /api/v1/settings/provider-key: in, but never out. */

#include "common/tenant/provider_key.h"
#include "api/handlers.h"

static void wipe(const char *text)
{
    char *own;

    memcpy(&own, &text, sizeof(own)); /* the request's memory is ours to write to */
    if (own)
        explicit_bzero(own, strlen(own));
}

bool handle_provider_key_get(struct op *op, const struct req *req, struct reply *rep)
{
    struct provider_key k;

    return req_nothing(op, req) && provider_key_get(op, &k)
           && reply_with(rep, 200, &provider_key_type, &k);
}

bool handle_provider_key_put(struct op *op, const struct req *req, struct reply *rep)
{
    struct provider_key_request r = {0};
    struct provider_key k;
    bool ok = req_body(op, req, &provider_key_request_type, &r) && provider_key_set(op, &r, &k)
              && reply_with(rep, 200, &provider_key_type, &k);

    wipe(r.api_key);
    wipe(r.webhook_api_key);
    return ok;
}

bool handle_provider_key_remove(struct op *op, const struct req *req, struct reply *rep)
{
    rep->status = 204;
    return req_nothing(op, req) && provider_key_remove(op);
}

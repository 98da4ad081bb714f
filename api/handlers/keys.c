/* keys.c - /api/v1/keys */

#include "api/handlers.h"
#include "api/list.h"
#include "common/base/page.h"
#include "common/tenant/api_key.h"

/* The one answer that has the secret. */
static bool show(struct reply *rep, const struct api_key *k, const char *secret)
{
    rep->status = 201;
    buf_char(&rep->body, '{');
    to_json_members(&rep->body, &api_key_type, k);
    buf_str(&rep->body, ",\"secret\":");
    buf_json_text(&rep->body, secret);
    buf_char(&rep->body, '}');
    return true;
}

bool handle_key_list(struct op *op, const struct req *req, struct reply *rep)
{
    struct api_key_query q = {.limit = PAGE_LIMIT_DEFAULT};
    struct api_key *items;
    int64_t total;
    int n;

    return req_query(op, req, &api_key_query_type, &q) && api_key_list(op, &q, &items, &n, &total)
           && reply_page(rep, (struct list){&api_key_type, items, n}, total, q.limit, q.offset);
}

bool handle_key_create(struct op *op, const struct req *req, struct reply *rep)
{
    struct api_key k = {0};
    const char *secret;

    return req_body(op, req, &api_key_type, &k) && api_key_create(op, &k, &secret)
           && show(rep, &k, secret);
}

bool handle_key_get(struct op *op, const struct req *req, struct reply *rep)
{
    struct api_key k;

    return req_nothing(op, req) && api_key_get(op, req->ids[0], &k)
           && reply_with(rep, 200, &api_key_type, &k);
}

bool handle_key_rotate(struct op *op, const struct req *req, struct reply *rep)
{
    struct api_key_rotation r = {.overlap_seconds = OVERLAP_SECONDS_DEFAULT};
    const char *secret;
    struct api_key k;

    return req_body_if_any(op, req, &api_key_rotation_type, &r)
           && api_key_rotate(op, req->ids[0], &r, &k, &secret) && show(rep, &k, secret);
}

bool handle_key_revoke(struct op *op, const struct req *req, struct reply *rep)
{
    rep->status = 204;
    return req_nothing(op, req) && api_key_revoke(op, req->ids[0]);
}

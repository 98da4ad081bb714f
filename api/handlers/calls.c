/* calls.c - /api/v1/calls */

#include "api/handlers.h"
#include "api/list.h"
#include "common/base/page.h"
#include "common/call/call.h"

bool handle_call_list(struct op *op, const struct req *req, struct reply *rep)
{
    struct call_query q = {.limit = PAGE_LIMIT_DEFAULT};
    struct buf items = {0};
    int64_t total;

    bool ok = req_query(op, req, &call_query_type, &q) && call_list(op, &q, &items, &total)
              && reply_page_text(rep, &items, total, q.limit, q.offset);
    buf_free(&items);
    return ok;
}

bool handle_call_get(struct op *op, const struct req *req, struct reply *rep)
{
    const char *call_id = arena_strndup(&op->arena, req->params[0].p, req->params[0].n);
    struct call_detail d = {0};

    if (!req_nothing(op, req) || !call_get(op, call_id, &d))
        return false;
    rep->status = 200;
    buf_char(&rep->body, '{');
    to_json_members(&rep->body, &call_type, &d.call);
    buf_char(&rep->body, ',');
    to_json_members(&rep->body, &call_detail_type, &d);
    buf_char(&rep->body, '}');
    return true;
}

bool handle_call_outbound(struct op *op, const struct req *req, struct reply *rep)
{
    struct outbound_request r = {0};
    struct outbound_reply out;

    return req_body(op, req, &outbound_request_type, &r) && call_outbound(op, &r, &out)
           && reply_with(rep, 201, &outbound_reply_type, &out);
}

bool handle_call_web(struct op *op, const struct req *req, struct reply *rep)
{
    struct web_call_request r = {0};
    struct web_call_reply out;

    return req_body(op, req, &web_call_request_type, &r) && call_web(op, &r, &out)
           && reply_with(rep, 201, &web_call_reply_type, &out);
}

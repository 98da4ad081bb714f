/* leads.c - /api/v1/leads */

#include "common/lead/lead.h"

#include "api/handlers.h"
#include "api/list.h"
#include "common/base/page.h"
#include "common/call/call.h"

bool handle_lead_list(struct op *op, const struct req *req, struct reply *rep)
{
    struct lead_query q = {.limit = PAGE_LIMIT_DEFAULT};
    struct lead *items;
    int64_t total;
    int n;

    return req_query(op, req, &lead_query_type, &q) && lead_list(op, &q, &items, &n, &total) &&
           reply_page(rep, (struct list){&lead_type, items, n}, total, q.limit, q.offset);
}

bool handle_lead_create(struct op *op, const struct req *req, struct reply *rep)
{
    struct lead l = {0};

    return req_body(op, req, &lead_type, &l) && lead_create(op, &l) &&
           reply_with(rep, 201, &lead_type, &l);
}

bool handle_lead_get(struct op *op, const struct req *req, struct reply *rep)
{
    struct lead l = {0};

    return lead_get(op, req->ids[0], &l) && reply_with(rep, 200, &lead_type, &l);
}

bool handle_lead_calls(struct op *op, const struct req *req, struct reply *rep)
{
    struct call *items;
    int n;

    return call_list_of_lead(op, req->ids[0], &items, &n) &&
           reply_list(rep, (struct list){&call_type, items, n});
}

bool handle_lead_call(struct op *op, const struct req *req, struct reply *rep)
{
    struct lead_call_request r = {0};
    struct outbound_reply out;

    return req_body(op, req, &lead_call_request_type, &r) &&
           call_lead(op, req->ids[0], &r, &out) && reply_with(rep, 201, &outbound_reply_type, &out);
}

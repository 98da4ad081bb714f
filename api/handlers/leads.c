/* leads.c - /api/v1/leads */

#include "common/lead/lead.h"

#include "api/handlers.h"
#include "api/list.h"
#include "api/upload.h"
#include "common/base/page.h"
#include "common/call/call.h"
#include "common/lead/consent.h"
#include "common/lead/import.h"

bool handle_lead_list(struct op *op, const struct req *req, struct reply *rep)
{
    struct lead_query q = {.limit = PAGE_LIMIT_DEFAULT};
    struct lead *items;
    int64_t total;
    int n;

    return req_query(op, req, &lead_query_type, &q) && lead_list(op, &q, &items, &n, &total)
           && reply_page(rep, (struct list){&lead_type, items, n}, total, q.limit, q.offset);
}

bool handle_lead_create(struct op *op, const struct req *req, struct reply *rep)
{
    struct lead l = {0};

    return req_body(op, req, &lead_type, &l) && lead_create(op, &l)
           && reply_with(rep, 201, &lead_type, &l);
}

bool handle_lead_get(struct op *op, const struct req *req, struct reply *rep)
{
    struct lead l = {0};

    return req_nothing(op, req) && lead_get(op, req->ids[0], &l)
           && reply_with(rep, 200, &lead_type, &l);
}

bool handle_lead_calls(struct op *op, const struct req *req, struct reply *rep)
{
    struct call *items;
    int n;

    return req_nothing(op, req) && call_list_of_lead(op, req->ids[0], &items, &n)
           && reply_list(rep, (struct list){&call_type, items, n});
}

bool handle_lead_call(struct op *op, const struct req *req, struct reply *rep)
{
    struct lead_call_request r = {0};
    struct outbound_reply out;

    return req_body(op, req, &lead_call_request_type, &r) && call_lead(op, req->ids[0], &r, &out)
           && reply_with(rep, 201, &outbound_reply_type, &out);
}

bool handle_consent_list(struct op *op, const struct req *req, struct reply *rep)
{
    struct consent_query q = {.limit = PAGE_LIMIT_DEFAULT};
    struct consent_event *items;
    int64_t total;
    int n;

    return req_query(op, req, &consent_query_type, &q)
           && consent_list(op, req->ids[0], &q, &items, &n, &total)
           && reply_page(rep, (struct list){&consent_event_type, items, n}, total, q.limit,
                         q.offset);
}

bool handle_consent_record(struct op *op, const struct req *req, struct reply *rep)
{
    struct consent_event e = {0};

    return req_body(op, req, &consent_event_type, &e) && consent_record(op, req->ids[0], &e)
           && reply_with(rep, 201, &consent_event_type, &e);
}

/* The import is opened by the first piece of the file: only then is the form complete. */
struct lead_upload {
    struct lead_import_options options;
    struct lead_import *import;
};

static bool open_import(struct op *op, struct lead_upload *u)
{
    if (!u->import)
        u->import = lead_import_open(op, &u->options);
    return u->import != NULL;
}

static bool feed_import(struct op *op, void *ctx, struct str bytes)
{
    struct lead_upload *u = ctx;

    return open_import(op, u) && lead_import_feed(op, u->import, bytes);
}

bool handle_lead_import(struct op *op, const struct req *req, struct reply *rep)
{
    struct lead_upload u = {0};

    rep->status = 200;
    return req_upload(op, req,
                      &(struct upload){.type = &lead_import_options_type,
                                       .form = &u.options,
                                       .data = feed_import,
                                       .ctx = &u})
           && open_import(op, &u) && lead_import_finish(op, u.import, &rep->body);
}

/* erasures.c - people who asked to be forgotten. */

#include "common/call/erasure.h"

#include "api/handlers.h"

bool handle_lead_erase(struct op *op, const struct req *req, struct reply *rep)
{
    struct erasure e = {.asked_by = ERASURE_BY_TENANT};

    return req_body(op, req, &erasure_type, &e) && erasure_of_lead(op, req->ids[0], &e)
           && reply_with(rep, 202, &erasure_type, &e);
}

bool handle_erasure_get(struct op *op, const struct req *req, struct reply *rep)
{
    struct erasure e = {0};

    return req_nothing(op, req) && erasure_get(op, req->ids[0], &e)
           && reply_with(rep, 200, &erasure_type, &e);
}

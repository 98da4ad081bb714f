/* numbers.c - /api/v1/numbers */

#include "common/number/number.h"

#include "api/handlers.h"
#include "api/list.h"

bool handle_number_list(struct op *op, const struct req *req, struct reply *rep)
{
    struct number_query q = {0};
    struct number *items;
    int n;

    return req_query(op, req, &number_query_type, &q) && number_list(op, &q, &items, &n)
           && reply_list(rep, (struct list){&number_type, items, n});
}

bool handle_number_create(struct op *op, const struct req *req, struct reply *rep)
{
    struct number n = NUMBER_DEFAULTS;

    return req_body(op, req, &number_type, &n) && number_register(op, &n)
           && reply_with(rep, 201, &number_type, &n);
}

bool handle_number_get(struct op *op, const struct req *req, struct reply *rep)
{
    struct number n = {0};

    return req_nothing(op, req) && number_get(op, req->ids[0], &n)
           && reply_with(rep, 200, &number_type, &n);
}

/* users.c - /api/v1/users */

#include "common/identity/user.h"

#include "api/handlers.h"
#include "api/list.h"
#include "common/base/page.h"

bool handle_user_list(struct op *op, const struct req *req, struct reply *rep)
{
    struct user_query q = {.limit = PAGE_LIMIT_DEFAULT};
    struct user *items;
    int64_t total;
    int n;

    return req_query(op, req, &user_query_type, &q) && user_list(op, &q, &items, &n, &total)
           && reply_page(rep, (struct list){&user_type, items, n}, total, q.limit, q.offset);
}

bool handle_user_me(struct op *op, const struct req *req, struct reply *rep)
{
    struct user u;

    return req_nothing(op, req) && user_me(op, &u) && reply_with(rep, 200, &user_type, &u);
}

bool handle_user_get(struct op *op, const struct req *req, struct reply *rep)
{
    struct user u;

    return req_nothing(op, req) && user_get(op, req->ids[0], &u)
           && reply_with(rep, 200, &user_type, &u);
}

static bool change(struct op *op, struct user *u, void *req)
{
    return req_patch(op, req, &user_type, u);
}

bool handle_user_patch(struct op *op, const struct req *req, struct reply *rep)
{
    struct req copy = *req;
    struct user u;

    return user_change(op, req->ids[0], change, &copy, &u) && reply_with(rep, 200, &user_type, &u);
}

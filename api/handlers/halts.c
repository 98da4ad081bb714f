/* halts.c - the kill switch: of a campaign, of a country, of everything a tenant dials. */

#include "api/handlers.h"
#include "api/list.h"
#include "common/base/page.h"
#include "common/call/halt.h"

static bool set(struct op *op, const struct req *req, struct reply *rep, enum dialling_scope scope)
{
    struct halt h = {.cause = HALT_OPERATOR, .set_by = HALT_BY_TENANT, .scope = scope};

    if (scope != DIALLING_TENANT)
        h.key = arena_strndup(&op->arena, req->params[0].p, req->params[0].n);
    return req_body(op, req, &halt_type, &h) && halt_set(op, &h)
           && reply_with(rep, 200, &halt_type, &h);
}

bool handle_campaign_halt(struct op *op, const struct req *req, struct reply *rep)
{
    return set(op, req, rep, DIALLING_CAMPAIGN);
}

bool handle_country_halt(struct op *op, const struct req *req, struct reply *rep)
{
    return set(op, req, rep, DIALLING_COUNTRY);
}

bool handle_tenant_halt(struct op *op, const struct req *req, struct reply *rep)
{
    return set(op, req, rep, DIALLING_TENANT);
}

bool handle_halt_list(struct op *op, const struct req *req, struct reply *rep)
{
    struct halt_query q = {.limit = PAGE_LIMIT_DEFAULT};
    struct halt *items;
    int64_t total;
    int n;

    return req_query(op, req, &halt_query_type, &q) && halt_list(op, &q, &items, &n, &total)
           && reply_page(rep, (struct list){&halt_type, items, n}, total, q.limit, q.offset);
}

bool handle_halt_lift(struct op *op, const struct req *req, struct reply *rep)
{
    struct halt h = {0};

    return req_nothing(op, req) && halt_lift(op, req->ids[0], &h)
           && reply_with(rep, 200, &halt_type, &h);
}

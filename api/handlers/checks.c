/* checks.c - /api/v1/compliance/checks: the decisions that were made. */

#include "common/compliance/checks.h"

#include "api/handlers.h"
#include "api/list.h"
#include "common/base/page.h"

bool handle_check_list(struct op *op, const struct req *req, struct reply *rep)
{
    struct check_list_query q = {.limit = PAGE_LIMIT_DEFAULT};
    struct buf items = {0};
    int64_t total;

    bool ok = req_query(op, req, &check_list_query_type, &q) && check_list(op, &q, &items, &total)
              && reply_page_text(rep, &items, total, q.limit, q.offset);
    buf_free(&items);
    return ok;
}

bool handle_check_get(struct op *op, const struct req *req, struct reply *rep)
{
    struct compliance_check c = {0};

    return req_nothing(op, req) && check_get(op, req->ids[0], &c)
           && reply_with(rep, 200, &compliance_check_type, &c);
}

static bool next_piece(struct op *op, void *ctx, struct buf *out, bool *done)
{
    return check_export_next(op, ctx, out, done);
}

bool handle_check_export(struct op *op, const struct req *req, struct reply *rep)
{
    struct check_export *e = ARENA_NEW(&op->arena, struct check_export);

    e->query.format = "csv";
    if (!req_query(op, req, &check_export_query_type, &e->query))
        return false;
    bool csv = strcmp(e->query.format, "csv") == 0;
    rep->status = 200;
    rep->content_type = csv ? "text/csv; charset=utf-8" : "application/x-ndjson";
    rep->filename = csv ? "compliance_checks.csv" : "compliance_checks.ndjson";
    rep->more = next_piece;
    rep->more_ctx = e;
    return true;
}

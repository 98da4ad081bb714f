/* campaigns.c - /api/v1/campaigns */

#include "api/handlers.h"
#include "api/list.h"
#include "common/base/page.h"
#include "common/campaign/dry_run.h"
#include "common/campaign/execution.h"

/* A campaign with its statistics as one more member. */
static void write_campaign(struct buf *b, const struct campaign *c, const struct campaign_stats *s)
{
    buf_char(b, '{');
    to_json_members(b, &campaign_type, c);
    buf_str(b, ",\"stats\":");
    to_json(b, &campaign_stats_type, s);
    buf_char(b, '}');
}

bool handle_campaign_list(struct op *op, const struct req *req, struct reply *rep)
{
    struct campaign_query q = {.limit = PAGE_LIMIT_DEFAULT};
    struct campaign *items;
    struct campaign_stats *stats;
    int64_t total;
    int n;

    if (!req_query(op, req, &campaign_query_type, &q) || !campaign_list(op, &q, &items, &n, &total)
        || !campaign_stats_of(op, items, n, &stats))
        return false;
    page_open(rep, total);
    for (int i = 0; i < n; i++) {
        if (i)
            buf_char(&rep->body, ',');
        write_campaign(&rep->body, &items[i], &stats[i]);
    }
    page_close(rep, q.limit, q.offset);
    return true;
}

bool handle_campaign_create(struct op *op, const struct req *req, struct reply *rep)
{
    struct campaign c = CAMPAIGN_DEFAULTS;

    return req_body(op, req, &campaign_type, &c) && campaign_create(op, &c)
           && reply_with(rep, 201, &campaign_type, &c);
}

bool handle_campaign_get(struct op *op, const struct req *req, struct reply *rep)
{
    struct campaign c = {0};
    struct campaign_stats *stats;

    if (!req_nothing(op, req) || !campaign_get(op, req->ids[0], &c)
        || !campaign_stats_of(op, &c, 1, &stats))
        return false;
    rep->status = 200;
    write_campaign(&rep->body, &c, stats);
    return true;
}

static bool change(struct op *op, struct campaign *c, void *req)
{
    return req_patch(op, req, &campaign_type, c);
}

bool handle_campaign_patch(struct op *op, const struct req *req, struct reply *rep)
{
    struct req copy = *req;
    struct campaign c = {0};

    return campaign_update(op, req->ids[0], change, &copy, &c)
           && reply_with(rep, 200, &campaign_type, &c);
}

bool handle_campaign_start(struct op *op, const struct req *req, struct reply *rep)
{
    struct campaign_execution exec;

    return req_nothing(op, req) && campaign_start(op, req->ids[0], &exec)
           && reply_with(rep, 202, &campaign_execution_type, &exec);
}

bool handle_campaign_pause(struct op *op, const struct req *req, struct reply *rep)
{
    struct campaign c;

    return req_nothing(op, req) && campaign_pause(op, req->ids[0], &c)
           && reply_with(rep, 200, &campaign_type, &c);
}

bool handle_campaign_resume(struct op *op, const struct req *req, struct reply *rep)
{
    struct campaign c;

    return req_nothing(op, req) && campaign_resume(op, req->ids[0], &c)
           && reply_with(rep, 200, &campaign_type, &c);
}

bool handle_campaign_stop(struct op *op, const struct req *req, struct reply *rep)
{
    struct campaign_stop how = {0};
    struct campaign c;

    return req_body_if_any(op, req, &campaign_stop_type, &how)
           && campaign_stop(op, req->ids[0], &how, &c) && reply_with(rep, 200, &campaign_type, &c);
}

/* Long, and it holds no session between two batches: only the statements are timed. */
bool handle_campaign_dry_run(struct op *op, const struct req *req, struct reply *rep)
{
    struct dry_run_options options = {.limit = PAGE_LIMIT_DEFAULT};

    if (!req_body_if_any(op, req, &dry_run_options_type, &options))
        return false;
    op->deadline_us = 0;
    rep->status = 200;
    return campaign_dry_run(op, req->ids[0], &options, &rep->body);
}

bool handle_campaign_executions(struct op *op, const struct req *req, struct reply *rep)
{
    struct campaign_execution *items;
    int n;

    return req_nothing(op, req) && campaign_executions(op, req->ids[0], &items, &n)
           && reply_list(rep, (struct list){&campaign_execution_type, items, n});
}

bool handle_campaign_stats(struct op *op, const struct req *req, struct reply *rep)
{
    struct campaign_stats stats;

    return req_nothing(op, req) && campaign_stats(op, req->ids[0], &stats)
           && reply_with(rep, 200, &campaign_stats_type, &stats);
}

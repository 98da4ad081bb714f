/* call.c - calls read back, and the totals that go with a page. */

#include "common/call/call.h"

#include "common/lead/lead.h"
#include "common/store/db.h"
#include "queries.h"

bool call_get(struct op *op, const char *call_id, struct call_detail *out)
{
    struct rows rows;

    if (!db_query(op, &SQL_CALL_GET, ARGS({"call_id", call_id}), &rows))
        return false;
    if (rows.n == 0 || !op_may_see_campaign(op, db_i64(&rows, 0, "campaign_id")))
        return fail(op, E_CALL_NOT_FOUND, "Call %s not found", call_id);
    return from_row(op, &rows, 0, &call_type, &out->call)
           && from_row(op, &rows, 0, &call_detail_type, out);
}

/* One plan per shape of question, so that each walks the index made for it. */
static const struct query *page_query(const struct call_query *q)
{
    bool dated = q->from_date.us || q->to_date.us;

    if (!q->status && !q->campaign_id.set && !dated)
        return &SQL_CALL_PAGE;
    if (q->status && !q->campaign_id.set && !dated)
        return &SQL_CALL_PAGE_BY_STATUS;
    if (!q->status && q->campaign_id.set && !dated)
        return &SQL_CALL_PAGE_BY_CAMPAIGN;
    return &SQL_CALL_PAGE_FILTERED;
}

static bool is_open(const char *status)
{
    return status && (strcmp(status, "queued") == 0 || strcmp(status, "in_progress") == 0);
}

/* The kept totals answer everything but open states and date ranges. */
static const struct query *total_query(const struct call_query *q)
{
    if (q->from_date.us || q->to_date.us || is_open(q->status))
        return &SQL_CALL_COUNT;
    return q->campaign_id.set ? &SQL_CALL_TOTAL_BY_CAMPAIGN : &SQL_CALL_TOTAL;
}

static bool write_page(struct op *op, struct rows *page, struct buf *items)
{
    for (int i = 0; i < page->n; i++) {
        if (i)
            buf_char(items, ',');
        if (!row_to_json(op, page, i, &call_type, items))
            return false;
    }
    return true;
}

/* Totals are kept for a campaign or for the tenant in all: who is limited says which of theirs. */
static bool may_list(struct op *op, const struct call_query *q)
{
    if (q->campaign_id.set ? op_may_see_campaign(op, q->campaign_id.v) : !op->campaigns)
        return true;
    err_detail(op, "campaign_id", "must be one of the campaigns you are limited to");
    return fail(op, E_VALIDATION_ERROR, "Request validation failed");
}

bool call_list(struct op *op, const struct call_query *q, struct buf *items, int64_t *total)
{
    const struct query *count_query = total_query(q);
    struct rows page, count;
    const char *campaign = q->campaign_id.set ? sql_i64(op, q->campaign_id.v) : NULL;
    const char *any = count_query == &SQL_CALL_COUNT ? NULL : ""; /* call_totals' word for it */
    const struct arg *page_args =
        ARGS({"status", q->status}, {"campaign_id", campaign},
             {"from_date", sql_tstamp(op, q->from_date)}, {"to_date", sql_tstamp(op, q->to_date)},
             {"limit", sql_i64(op, q->limit)}, {"offset", sql_i64(op, q->offset)});
    const struct arg *count_args =
        ARGS({"status", q->status ? q->status : any}, {"campaign_id", campaign},
             {"from_date", sql_tstamp(op, q->from_date)}, {"to_date", sql_tstamp(op, q->to_date)});

    if (!may_list(op, q)
        || !db_ask(op,
                   (const struct ask[]){{page_query(q), page_args, &page},
                                        {count_query, count_args, &count}},
                   2))
        return false;
    *total = db_i64(&count, 0, "n");
    return write_page(op, &page, items);
}

bool call_list_of_lead(struct op *op, int64_t lead_id, struct call **out, int *n)
{
    struct lead lead = {0};
    struct rows rows;

    if (!lead_get(op, lead_id, &lead)
        || !db_query(op, &SQL_CALL_LIST_OF_LEAD, ARGS({"lead_id", sql_i64(op, lead_id)}), &rows))
        return false;
    *n = rows.n;
    return (*out = from_rows(op, &rows, &call_type)) != NULL;
}

/* generate.c - leads into scheduled calls, batch by batch, each with its decision. */

#include "common/campaign/execution.h"

#include "common/base/conf.h"
#include "common/base/json.h"
#include "common/base/tz.h"
#include "common/campaign/campaign_repo.h"
#include "common/campaign/generation_columns.h"
#include "common/store/pool.h"
#include "queries.h"

/* The first batch is small so that dialling starts at once; the rest amortise their round trip. */
enum { FIRST_BATCH = 100, BATCH = GENERATION_BATCH };

enum { TAKE_IN_EVERY = 100 };

/* Where in the leads: a lane (a campaign's id, or 0: of no campaign) and the lead before. */
struct cursor {
    int64_t lane, after;
};

enum stage { CLOSED, OPEN, READING, STORING }; /* the latter two: its statement is on its way */

/* A batch from its first query to its last answer. */
struct batch {
    struct op op;
    enum stage stage;
    int limit;
    struct cursor from, to;
    struct rows leads, moved;
    bool last; /* no leads are left after it */
};

struct generation {
    struct generation_basis basis; /* now: the database's, when it was taken */
    struct campaign_lead_filters filters;
    int64_t execution_id;
    struct cursor cursor; /* where the next batch begins */
    struct generation_columns *columns;
    struct batch batches[3]; /* one is stored while another is judged and a third is read */
    bool met;                /* a lead or a number that had a row already */
    void (*after_batch)(void);
};

bool generation_filters(struct op *op, const struct campaign *c, struct campaign_lead_filters *out)
{
    const struct cJSON *v;

    if (!c->lead_filters.text)
        return true;
    return json_parse(op, str_of(c->lead_filters.text), &v)
           && from_json(op, v, &campaign_lead_filters_type, out);
}

/* False without an error when there is nothing to do, or another worker is doing it. */
static bool take(struct op *op, struct generation *g)
{
    struct rows rows;

    if (!db_query(op, &SQL_EXECUTION_TAKE, ARGS({"campaign_id", sql_i64(op, g->basis.campaign.id)}),
                  &rows)
        || rows.n == 0)
        return false;
    g->execution_id = db_i64(&rows, 0, "id");
    g->cursor = (struct cursor){db_i64(&rows, 0, "cursor_lane"), db_i64(&rows, 0, "cursor_lead")};
    return tstamp_parse(str_of(db_text(&rows, 0, "now")), &g->basis.now);
}

bool generation_ask_leads(struct op *op, const struct campaign_lead_filters *f, int64_t lane,
                          int64_t after, int limit, struct rows *out)
{
    return db_send(op, &SQL_EXECUTION_LEADS,
                   ARGS({"lane", sql_i64(op, lane)}, {"after", sql_i64(op, after)},
                        {"country_iso", f->country_iso}, {"consent_status", f->consent_status},
                        {"preferred_lang", f->preferred_lang}, {"consent_basis", f->consent_basis},
                        {"limit", sql_i64(op, limit)}),
                   out);
}

bool generation_leads(struct op *op, const struct campaign_lead_filters *f, int64_t lane,
                      int64_t after, int limit, struct rows *out)
{
    return generation_ask_leads(op, f, lane, after, limit, out) && db_receive(op);
}

static struct tstamp column_tstamp(const struct rows *rows, int row, const char *column)
{
    struct tstamp t = {0};
    const char *text = db_text(rows, row, column);

    if (text && !tstamp_parse(str_of(text), &t))
        t.us = 0;
    return t;
}

struct tstamp generation_earliest(const struct generation_basis *b)
{
    return b->campaign.start_date.us > b->now.us ? b->campaign.start_date : b->now;
}

bool generation_judge(struct op *op, const struct generation_basis *b, const struct rows *leads,
                      int i, const char *metadata, struct compliance_answer *out)
{
    struct evidence evidence;
    struct lead lead = {.country_iso = db_text(leads, i, "country_iso"),
                        .preferred_lang = db_text(leads, i, "preferred_lang"),
                        .consent_basis = db_text(leads, i, "consent_basis"),
                        .consent_status = consent_named(db_text(leads, i, "consent_status")),
                        .consent_date = column_tstamp(leads, i, "consent_date"),
                        .consent_source = db_text(leads, i, "consent_source"),
                        .consent_terms = {db_text(leads, i, "consent_terms")},
                        .metadata = {metadata ? metadata : db_text(leads, i, "metadata")}};

    if (!evidence_read(op, leads, i, &evidence))
        return false;
    *out = compliance_answer(op,
                             &(struct compliance_question){
                                 .to_number = db_text(leads, i, "phone"),
                                 .from_number = b->campaign.from_number,
                                 .at = generation_earliest(b),
                                 .guard_seconds = (int)op->app->conf->dial_guard_seconds,
                                 .hypothetical = b->hypothetical,
                                 .campaign = campaign_compliance(&b->campaign),
                                 .lead = &lead,
                             },
                             &b->rules, &evidence);
    return true;
}

struct tstamp generation_when(const struct generation_basis *b, const struct compliance_verdict *v)
{
    return v->status == VERDICT_REJECTED ? v->next_allowed_at : generation_earliest(b);
}

/* The batch's failure, if there is one, is its parent's. */
static void close_batch(struct op *op, struct batch *b)
{
    if (b->op.err.code != E_NONE)
        op_fail_like(op, &b->op);
    op_end(&b->op);
    b->stage = CLOSED;
}

static void open_batch(const struct op *op, const struct generation *g, struct batch *b, int limit)
{
    *b = (struct batch){.op = op_part(op), .stage = OPEN, .limit = limit, .from = g->cursor};
}

static bool ask_leads(struct generation *g, struct batch *b)
{
    bool ok =
        generation_ask_leads(&b->op, &g->filters, b->from.lane, b->from.after, b->limit, &b->leads);

    if (ok)
        b->stage = READING;
    return ok;
}

static bool has_lane_after(const struct generation *g, const struct batch *b)
{
    return b->from.lane != 0 && g->basis.campaign.lead_filters.text;
}

/* After that it is known where the next one begins. */
static bool receive_leads(struct generation *g, struct batch *b)
{
    b->stage = OPEN;
    if (!db_receive(&b->op))
        return false;
    b->to = b->from;
    if (b->leads.n)
        b->to.after = db_i64(&b->leads, b->leads.n - 1, "id");
    if (b->leads.n < b->limit) {
        b->last = !has_lane_after(g, b);
        if (!b->last)
            b->to = (struct cursor){0};
    }
    g->cursor = b->to;
    return true;
}

/*
 * The next batch is asked for while the database has nothing else to do, if there is a session for
 * it: who holds one must not wait for another.
 */
static bool read_ahead(struct op *op, struct generation *g, const struct batch *b,
                       struct batch *next)
{
    if (b->last || b->limit < BATCH || next->stage != CLOSED)
        return true;
    open_batch(op, g, next, BATCH);
    if (db_lease_spare(&next->op))
        return ask_leads(g, next);
    close_batch(op, next);
    return true;
}

/* What nobody takes in holds the database up. */
static void take_in(struct generation *g)
{
    for (size_t i = 0; i < ARRAY_LEN(g->batches); i++)
        if (g->batches[i].stage == READING)
            db_take_in(&g->batches[i].op);
}

static bool judge(struct generation *g, struct batch *b)
{
    struct compliance_answer a;

    generation_columns_clear(g->columns);
    for (int i = 0; i < b->leads.n; i++) {
        if (!generation_judge(&b->op, &g->basis, &b->leads, i, NULL, &a))
            return false;
        generation_columns_add(&b->op, g->columns, &g->basis, &b->leads, i, &a);
        if (i % TAKE_IN_EVERY == 0)
            take_in(g);
    }
    return true;
}

/*
 * May some of them have a row?  Leads of no campaign may, who were the campaign's or have a number
 * of one of its leads; the campaign's own only if they changed meanwhile: that is seen when it
 * happens.
 */
static bool may_be_there(const struct generation *g, const struct batch *b)
{
    return g->met || b->from.lane == 0;
}

/* What is the same for all of the batch. */
static const struct arg *batch_args(struct op *op, const struct generation *g,
                                    const struct batch *b)
{
    const struct campaign *c = &g->basis.campaign;

    return generation_columns_args(
        op, g->columns,
        ARGS({"campaign_id", sql_i64(op, c->id)}, {"execution_id", sql_i64(op, g->execution_id)},
             {"from_number", c->from_number}, {"agent_id", c->agent_id},
             {"kb_id", c->knowledge_base_id.set ? sql_i64(op, c->knowledge_base_id.v) : NULL},
             {"timezone", c->timezone}, {"valid_until", sql_tstamp(op, c->end_date)},
             {"lane", sql_i64(op, b->to.lane)}, {"after", sql_i64(op, b->to.after)},
             {"was_lane", sql_i64(op, b->from.lane)}, {"was_after", sql_i64(op, b->from.after)},
             {"generated", sql_bool(b->last)}, {"again", sql_bool(may_be_there(g, b))},
             {"at", sql_tstamp(op, g->basis.now)}, {"engine_version", COMPLIANCE_ENGINE_VERSION},
             {"tzdata_version", tz_version()}));
}

/*
 * Rows, checks and cursor in one statement, which moves nothing when another worker has moved the
 * cursor: that one goes on, we stop.
 */
static bool store(struct generation *g, struct batch *b)
{
    bool ok = db_send(&b->op, &SQL_EXECUTION_SCHEDULE, batch_args(&b->op, g, b), &b->moved);

    if (ok)
        b->stage = STORING;
    return ok;
}

/*
 * Wait for what is being stored, if anything is.  False when the run ends: by a failure, because
 * the cursor was another's, or because somebody in the batch had a row.
 */
static bool settle(struct op *op, struct generation *g, struct batch *b)
{
    if (b->stage != STORING)
        return true;
    bool ours = db_receive(&b->op) && b->moved.n == 1;
    if (b->op.err.code == E_ALREADY_EXISTS) {
        g->met = true;
        op_forgive(&b->op);
    }
    close_batch(op, b);
    if (ours)
        g->after_batch();
    return ours;
}

/* The first batch, which is small so that dialling starts at once, has nothing beside it. */
static bool begin_next(struct op *op, struct generation *g, struct batch *b, struct batch *next)
{
    if (!read_ahead(op, g, b, next))
        return false;
    if (next->stage != CLOSED)
        return true;
    if (!settle(op, g, b))
        return false;
    open_batch(op, g, next, BATCH);
    return ask_leads(g, next);
}

/* Whatever is still on its way has an answer to be waited for. */
static void finish(struct op *op, struct generation *g)
{
    for (size_t i = 0; i < ARRAY_LEN(g->batches); i++) {
        struct batch *b = &g->batches[i];
        settle(op, g, b);
        if (b->stage == READING && !db_receive(&b->op))
            op_forgive(&b->op);
        if (b->stage != CLOSED)
            close_batch(op, b);
    }
}

static bool run_batches(struct op *op, struct generation *g)
{
    struct batch *before = &g->batches[0], *b = &g->batches[1], *next = &g->batches[2];

    open_batch(op, g, b, FIRST_BATCH);
    bool go = ask_leads(g, b);
    while (go) {
        go = receive_leads(g, b) && read_ahead(op, g, b, next) && judge(g, b);
        go = settle(op, g, before) && go && store(g, b);
        go = go && !b->last && begin_next(op, g, b, next);
        struct batch *done = before;
        before = b;
        b = next;
        next = done;
    }
    finish(op, g);
    return op->err.code == E_NONE;
}

/* From where the execution stands to its end. */
static bool run(struct op *op, struct generation *g)
{
    if (!take(op, g))
        return op->err.code == E_NONE;
    if (!rules_in_force(op, NULL, generation_earliest(&g->basis), &g->basis.rules))
        return false;
    db_release(op);
    return run_batches(op, g);
}

bool execution_generate(struct op *op, int64_t campaign_id, void (*after_batch)(void))
{
    struct generation *g = ARENA_NEW(&op->arena, struct generation);

    g->after_batch = after_batch;
    g->columns = generation_columns_new(op);
    if (!campaign_repo_get(op, campaign_id, &g->basis.campaign)
        || !generation_filters(op, &g->basis.campaign, &g->filters) || !run(op, g))
        return false;
    return !g->met || run(op, g);
}

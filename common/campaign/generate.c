/* generate.c - leads into scheduled calls, batch by batch, each with its decision. */

#include "common/campaign/execution.h"

#include "common/base/conf.h"
#include "common/base/json.h"
#include "common/base/tz.h"
#include "common/campaign/campaign_repo.h"
#include "common/campaign/generation.h"
#include "common/compliance/record.h"
#include "common/store/db.h"
#include "common/store/pool.h"
#include "queries.h"

#include <stdio.h>

/* The first batch is small so that dialling starts at once; the rest amortise their round trip. */
enum { FIRST_BATCH = 100, BATCH = GENERATION_BATCH };

/* Columns of execution_schedule: of its rows, and of the refused ones' checks. */
enum { SC_LEAD, SC_PHONE, SC_AT, SC_REASON, SC_COLUMNS };
enum {
    CK_LEAD,
    CK_COUNTRY,
    CK_DNC,
    CK_QUIET,
    CK_CONSENT,
    CK_DISCLOSURE,
    CK_REASON,
    CK_CODE,
    CK_CODES,
    CK_WARNINGS,
    CK_PLATFORM_RULE,
    CK_TENANT_RULE,
    CK_RECORD,
    CK_SALT,
    CK_PERSONAL,
    CK_COLUMNS
};

/* A batch from its first query to its last answer. */
struct batch {
    struct op op;
    struct rows moved;
    bool sent; /* its rows are on their way */
};

struct generation {
    struct generation_basis basis; /* now: the database's, when it was taken */
    struct campaign_lead_filters filters;
    int64_t execution_id;
    int64_t lane, after; /* the cursor */
    int64_t was_lane, was_after;
    struct sql_array schedule[SC_COLUMNS], checks[CK_COLUMNS];
    struct batch batches[2];
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
    g->lane = g->was_lane = db_i64(&rows, 0, "cursor_lane");
    g->after = g->was_after = db_i64(&rows, 0, "cursor_lead");
    return tstamp_parse(str_of(db_text(&rows, 0, "now")), &g->basis.now);
}

bool generation_leads(struct op *op, const struct campaign_lead_filters *f, int64_t lane,
                      int64_t after, int limit, struct rows *out)
{
    return db_query(op, &SQL_EXECUTION_LEADS,
                    ARGS({"lane", sql_i64(op, lane)}, {"after", sql_i64(op, after)},
                         {"country_iso", f->country_iso}, {"consent_status", f->consent_status},
                         {"preferred_lang", f->preferred_lang}, {"consent_basis", f->consent_basis},
                         {"limit", sql_i64(op, limit)}),
                    out);
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

static void add_names(struct sql_array *column, uint64_t bits, unsigned count,
                      const char *(*name)(unsigned bit))
{
    char text[1536];
    size_t n = 0;

    text[0] = '\0';
    for (unsigned i = 0; i < count; i++)
        if (bits & CODE_BIT(i))
            n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s", n ? " " : "", name(i));
    sql_array_add(column, text);
}

static const char *code_name(unsigned bit)
{
    return compliance_code_name((enum compliance_code)bit);
}

static const char *warning_name(unsigned bit)
{
    return compliance_warning_name((enum compliance_warning)bit);
}

static void add_id(struct sql_array *column, int64_t id)
{
    if (id)
        sql_array_add_i64(column, id);
    else
        sql_array_add(column, NULL);
}

static void add_check(struct op *op, struct generation *g, int64_t lead_id,
                      const struct compliance_answer *a)
{
    const struct compliance_verdict *v = &a->verdict;
    const struct decision_record r = decision_record(op, a->facts, v);

    sql_array_add_i64(&g->checks[CK_LEAD], lead_id);
    sql_array_add(&g->checks[CK_COUNTRY], a->country_iso);
    sql_array_add(&g->checks[CK_DNC], check_names[v->dnc]);
    sql_array_add(&g->checks[CK_QUIET], check_names[v->quiet_hours]);
    sql_array_add(&g->checks[CK_CONSENT], check_names[v->consent]);
    sql_array_add(&g->checks[CK_DISCLOSURE], check_names[v->disclosure]);
    sql_array_add(&g->checks[CK_REASON], compliance_code_reason(v->code));
    sql_array_add(&g->checks[CK_CODE], compliance_code_name(v->code));
    add_names(&g->checks[CK_CODES], v->codes, CC_COUNT, code_name);
    add_names(&g->checks[CK_WARNINGS], v->warnings, CW_COUNT, warning_name);
    add_id(&g->checks[CK_PLATFORM_RULE], a->platform_rule_id);
    add_id(&g->checks[CK_TENANT_RULE], a->tenant_rule_id);
    sql_array_add(&g->checks[CK_RECORD], r.record);
    sql_array_add(&g->checks[CK_SALT], r.salt);
    sql_array_add(&g->checks[CK_PERSONAL], r.personal);
}

struct tstamp generation_when(const struct generation_basis *b, const struct compliance_verdict *v)
{
    return v->status == VERDICT_REJECTED ? v->next_allowed_at : generation_earliest(b);
}

static bool add_lead(struct op *op, struct generation *g, const struct rows *leads, int i)
{
    struct compliance_answer a;
    struct buf text = {0};

    if (!generation_judge(op, &g->basis, leads, i, NULL, &a))
        return false;
    struct tstamp at = generation_when(&g->basis, &a.verdict);

    sql_array_add_i64(&g->schedule[SC_LEAD], db_i64(leads, i, "id"));
    sql_array_add(&g->schedule[SC_PHONE], db_text(leads, i, "phone"));
    if (at.us)
        tstamp_write(&text, at);
    sql_array_add(&g->schedule[SC_AT], at.us ? text.p : NULL);
    sql_array_add(&g->schedule[SC_REASON],
                  compliance_code_name(at.us ? a.verdict.code : compliance_final_code(&a.verdict)));
    buf_free(&text);
    if (!at.us)
        add_check(op, g, db_i64(leads, i, "id"), &a);
    return true;
}

static void reset_columns(struct generation *g)
{
    for (int c = 0; c < SC_COLUMNS; c++)
        sql_array_reset(&g->schedule[c]);
    for (int c = 0; c < CK_COLUMNS; c++)
        sql_array_reset(&g->checks[c]);
}

/* Every column of the batch, then what is the same for all of it. */
static const struct arg *batch_args(struct op *op, struct generation *g, bool generated)
{
    static const char *const schedule_names[SC_COLUMNS] = {"lead_ids", "phones", "scheduled_ats",
                                                           "reasons"};
    static const char *const check_columns[CK_COLUMNS] = {"refused_ids",
                                                          "countries",
                                                          "dncs",
                                                          "quiets",
                                                          "consents",
                                                          "disclosures",
                                                          "rejection_reasons",
                                                          "rejection_codes",
                                                          "codes",
                                                          "warnings",
                                                          "platform_rule_ids",
                                                          "country_rule_ids",
                                                          "records",
                                                          "salts",
                                                          "personals"};
    const struct campaign *c = &g->basis.campaign;
    const struct arg common[] = {
        {"campaign_id", sql_i64(op, c->id)},
        {"execution_id", sql_i64(op, g->execution_id)},
        {"from_number", c->from_number},
        {"agent_id", c->agent_id},
        {"kb_id", c->knowledge_base_id.set ? sql_i64(op, c->knowledge_base_id.v) : NULL},
        {"timezone", c->timezone},
        {"valid_until", sql_tstamp(op, c->end_date)},
        {"lane", sql_i64(op, g->lane)},
        {"after", sql_i64(op, g->after)},
        {"was_lane", sql_i64(op, g->was_lane)},
        {"was_after", sql_i64(op, g->was_after)},
        {"generated", sql_bool(generated)},
        {"at", sql_tstamp(op, g->basis.now)},
        {"engine_version", COMPLIANCE_ENGINE_VERSION},
        {"tzdata_version", tz_version()},
        {0},
    };
    struct arg *args =
        arena_alloc(&op->arena, sizeof(common) + (SC_COLUMNS + CK_COLUMNS) * sizeof(*args));
    struct arg *next = args;

    for (int i = 0; i < SC_COLUMNS; i++)
        *next++ = (struct arg){schedule_names[i], sql_array_close(&g->schedule[i])};
    for (int i = 0; i < CK_COLUMNS; i++)
        *next++ = (struct arg){check_columns[i], sql_array_close(&g->checks[i])};
    memcpy(next, common, sizeof(common));
    return args;
}

/*
 * Rows, checks and cursor in one statement, which moves nothing when another worker has moved the
 * cursor: that one goes on, we stop.  It is on its way while the next batch is read and judged.
 */
static bool send_batch(struct generation *g, struct batch *b, bool generated)
{
    b->sent = db_send(&b->op, &SQL_EXECUTION_SCHEDULE, batch_args(&b->op, g, generated), &b->moved);
    g->was_lane = g->lane;
    g->was_after = g->after;
    return b->sent;
}

static bool has_lane_after(const struct generation *g)
{
    return g->lane != 0 && g->basis.campaign.lead_filters.text;
}

static void open_batch(const struct op *parent, struct batch *b)
{
    *b = (struct batch){.op = {.app = parent->app,
                               .request_id = parent->request_id,
                               .tenant_id = parent->tenant_id,
                               .deadline_us = parent->deadline_us}};
}

/* The batch's failure, if there is one, is its parent's. */
static void close_batch(struct op *parent, struct batch *b)
{
    if (b->op.err.code != E_NONE)
        fail_because(parent, b->op.err.code, b->op.err.cause, "%s", b->op.err.message);
    op_end(&b->op);
    b->sent = false;
}

/*
 * Wait for what is on its way, if anything is.  False when the run ends: by a failure, or because
 * the cursor was another's.
 */
static bool settle(struct op *parent, struct batch *b, void (*after_batch)(void))
{
    if (!b->sent)
        return true;
    bool ours = db_receive(&b->op) && b->moved.n == 1;
    close_batch(parent, b);
    if (ours)
        after_batch();
    return ours;
}

/* Read and judge; *more is false when the last lane is exhausted. */
static bool judge_batch(struct generation *g, struct batch *b, int limit, bool *more)
{
    struct rows leads;

    reset_columns(g);
    bool ok = generation_leads(&b->op, &g->filters, g->lane, g->after, limit, &leads);
    for (int i = 0; ok && i < leads.n; i++)
        ok = add_lead(&b->op, g, &leads, i);
    if (ok && leads.n)
        g->after = db_i64(&leads, leads.n - 1, "id");
    bool lane_done = ok && leads.n < limit;
    *more = !lane_done || has_lane_after(g);
    if (lane_done && has_lane_after(g)) {
        g->lane = 0;
        g->after = 0;
    }
    return ok;
}

/*
 * While the database stores a batch the next is read and judged, each with a session of its own;
 * but who holds one must not wait for another.  The first, which is small so that dialling starts
 * at once, has nothing beside it.
 */
static bool run_batches(struct op *op, struct generation *g, void (*after_batch)(void))
{
    struct batch *b = &g->batches[0], *before = &g->batches[1];
    bool go = true, more = true;

    for (int limit = FIRST_BATCH; go && more; limit = BATCH) {
        open_batch(op, b);
        go = (before->sent && db_lease_spare(&b->op)) || settle(op, before, after_batch);
        go = go && judge_batch(g, b, limit, &more);
        go = settle(op, before, after_batch) && go && send_batch(g, b, !more);
        if (!go)
            close_batch(op, b);
        else if (limit == FIRST_BATCH)
            go = settle(op, b, after_batch);
        struct batch *sent = b;
        b = before;
        before = sent;
    }
    settle(op, before, after_batch);
    return op->err.code == E_NONE;
}

static void free_columns(void *p)
{
    struct generation *g = p;

    for (int c = 0; c < SC_COLUMNS; c++)
        sql_array_free(&g->schedule[c]);
    for (int c = 0; c < CK_COLUMNS; c++)
        sql_array_free(&g->checks[c]);
}

bool execution_generate(struct op *op, int64_t campaign_id, void (*after_batch)(void))
{
    struct generation *g = ARENA_NEW(&op->arena, struct generation);

    arena_defer(&op->arena, free_columns, g);
    if (!campaign_repo_get(op, campaign_id, &g->basis.campaign)
        || !generation_filters(op, &g->basis.campaign, &g->filters))
        return false;
    if (!take(op, g))
        return op->err.code == E_NONE;
    if (!rules_in_force(op, NULL, generation_earliest(&g->basis), &g->basis.rules))
        return false;
    db_release(op);
    return run_batches(op, g, after_batch);
}

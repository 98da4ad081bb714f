/* claim.c - T1: locks, then facts in later statements, then the decision, then the intent. */

#include "common/call/claim.h"

#include "common/base/clock.h"
#include "common/base/conf.h"
#include "common/base/id.h"
#include "common/base/log.h"
#include "common/call/step.h"
#include "common/compliance/compliance.h"
#include "common/provider/provider.h"
#include "common/store/db.h"
#include "common/tenant/provider_key.h"
#include "common/tenant/workspace.h"
#include "queries.h"

#include <inttypes.h>

/* A number already being called: look again when that call may be over. */
#define NUMBER_BUSY_US (30LL * 1000000)

/* What stands still is looked at again, whether or not somebody says that it may go on. */
#define HALTED_US (5LL * 1000000)

/* Money comes with a payment or a new month; a look costs little. */
#define BUDGET_US (60LL * 1000000)

/* Less than call_attempts.dial_deadline allows, counted from before it was written. */
#define SEND_WITHIN_US (4LL * 1000000)

/* What the locks gave, and what was read under them. */
struct gates {
    struct rows row, campaign, lead, pacing, budget;
    struct rows key;        /* of the tenant's own workspace */
    struct rows unanswered; /* the row's attempt, when it is to be sent again */
    struct rows rules, evidence, counts;
    struct tstamp now;
    struct compliance_answer answer;
};

static bool lock_all(struct op *op, int64_t id, struct gates *g)
{
    const struct arg *args = ARGS({"id", sql_i64(op, id)}, {"provider", op->app->provider->name});
    const struct arg *key = ARGS({"name", SECRET_RETELL});
    struct rows locked;

    return db_begin(op)
           && db_ask(op,
                     (const struct ask[]){{&SQL_CLAIM_ROW, args, &g->row},
                                          {&SQL_CLAIM_CAMPAIGN, args, &g->campaign},
                                          {&SQL_CLAIM_LEAD, args, &g->lead},
                                          {&SQL_CLAIM_NUMBER, args, &locked},
                                          {&SQL_CLAIM_PACING, args, &g->pacing},
                                          {&SQL_CLAIM_BUDGET, NO_ARGS, &g->budget},
                                          {&SQL_SECRET_CURRENT, key, &g->key}},
                     7);
}

static bool read_facts(struct op *op, const struct claim *c, struct gates *g)
{
    const char *to = db_text(&g->row, 0, "to_number");
    const char *theirs = g->lead.n ? db_text(&g->lead, 0, "country_iso") : NULL;
    const char *countries = compliance_countries(op, to, theirs);
    bool paced = g->pacing.n > 0;
    const struct arg *person =
        ARGS({"e164", to}, {"lead_id", g->lead.n ? db_text(&g->lead, 0, "id") : NULL});
    const struct arg *counts =
        ARGS({"to_number", to}, {"campaign_id", db_text(&g->row, 0, "campaign_id")},
             {"countries", countries}, {"provider", op->app->provider->name},
             {"from_number", c->from_number}, {"agent_id", c->agent_id},
             {"attempt_id", c->attempt_id}, {"budgeted", sql_bool(g->budget.n > 0)},
             {"timezone", g->campaign.n ? db_text(&g->campaign, 0, "timezone") : NULL},
             {"max_calls_per_hour", paced ? db_text(&g->campaign, 0, "max_calls_per_hour") : NULL},
             {"max_calls_per_day", paced ? db_text(&g->campaign, 0, "max_calls_per_day") : NULL});

    return tstamp_parse(str_of(db_text(&g->row, 0, "now")), &g->now)
           && db_ask(op,
                     (const struct ask[]){
                         {&SQL_CLAIM_COUNTS, counts, &g->counts},
                         {&SQL_RULES_IN_FORCE, rules_args(op, countries, g->now), &g->rules},
                         {&SQL_PERSON_EVIDENCE, person, &g->evidence}},
                     3)
           && tstamp_parse(str_of(db_text(&g->counts, 0, "now")), &g->now);
}

static struct tstamp column_tstamp(const struct rows *rows, const char *column)
{
    struct tstamp t = {0};
    const char *text = db_text(rows, 0, column);

    if (text && !tstamp_parse(str_of(text), &t))
        t.us = 0; /* -infinity: long ago */
    return t;
}

static void read_lead(const struct gates *g, struct lead *out)
{
    *out = (struct lead){.country_iso = db_text(&g->lead, 0, "country_iso"),
                         .preferred_lang = db_text(&g->lead, 0, "preferred_lang"),
                         .consent_basis = db_text(&g->lead, 0, "consent_basis"),
                         .consent_status = consent_named(db_text(&g->lead, 0, "consent_status")),
                         .consent_date = column_tstamp(&g->lead, "consent_date"),
                         .consent_source = db_text(&g->lead, 0, "consent_source"),
                         .consent_terms = {db_text(&g->lead, 0, "consent_terms")},
                         .metadata = {db_text(&g->lead, 0, "metadata")}};
}

static struct compliance_campaign read_campaign(const struct gates *g)
{
    return (struct compliance_campaign){
        .id = db_i64(&g->campaign, 0, "id"),
        .columns = {.exclude_dnc = db_bool(&g->campaign, 0, "exclude_dnc"),
                    .quiet_hours = db_text(&g->campaign, 0, "quiet_hours"),
                    .timezone = db_text(&g->campaign, 0, "timezone"),
                    .end_date = column_tstamp(&g->campaign, "end_date"),
                    .country_rules_override = {db_text(&g->campaign, 0, "country_rules_override")},
                    .metadata = {db_text(&g->campaign, 0, "metadata")}},
    };
}

static bool decide(struct op *op, const struct claim *c, struct gates *g)
{
    struct lead lead;
    struct evidence evidence;
    struct country_rules rules;
    struct compliance_question q = {
        .to_number = c->to_number,
        .from_number = c->from_number,
        .at = g->now,
        .guard_seconds = (int)op->app->conf->dial_guard_seconds,
    };

    if (g->campaign.n)
        q.campaign = read_campaign(g);
    if (g->lead.n) {
        read_lead(g, &lead);
        q.lead = &lead;
    }
    if (!rules_from_rows(op, &g->rules, &rules) || !evidence_read(op, &g->evidence, 0, &evidence))
        return false;
    g->answer = compliance_answer(op, &q, &rules, &evidence);
    return true;
}

static bool put_back(struct op *op, struct claim *c, struct tstamp at, const char *reason)
{
    struct rows rows;

    c->fate = CLAIM_LATER;
    return db_query_commit(op, &SQL_CLAIM_PUT_BACK,
                           ARGS({"id", sql_i64(op, c->scheduled_call_id)},
                                {"at", sql_tstamp(op, at)}, {"reason", reason}),
                           &rows);
}

static bool end(struct op *op, struct claim *c, const char *status, const char *reason)
{
    struct rows rows;

    c->fate = CLAIM_NEVER;
    return db_query_commit(
        op, &SQL_CLAIM_END,
        ARGS({"id", sql_i64(op, c->scheduled_call_id)}, {"status", status}, {"reason", reason}),
        &rows);
}

static const struct arg *check_args(struct op *op, const struct claim *c, const struct gates *g)
{
    return compliance_record_args(
        op,
        &(struct compliance_subject){.to_number = c->to_number,
                                     .campaign_id =
                                         g->campaign.n ? db_i64(&g->campaign, 0, "id") : 0,
                                     .lead_id = g->lead.n ? db_i64(&g->lead, 0, "id") : 0,
                                     .scheduled_call_id = c->scheduled_call_id,
                                     .scheduled_time = g->now},
        &g->answer);
}

/* A refusal is a decision like any other: recorded with what it did to the row. */
static bool refuse(struct op *op, struct claim *c, const struct gates *g)
{
    const struct compliance_verdict *v = &g->answer.verdict;
    const char *code = compliance_code_name(v->code);
    struct rows rows;

    if (!db_query(op, &SQL_COMPLIANCE_CHECK_INSERT, check_args(op, c, g), &rows))
        return false;
    log_info(op, "call.refused", F("scheduled_call_id", c->scheduled_call_id), F("code", code),
             P("to", c->to_number));
    if (v->next_allowed_at.us)
        return put_back(op, c, v->next_allowed_at, code);
    return end(op, c, "canceled", compliance_code_name(compliance_final_code(v)));
}

/* A halt, the money, the campaign's pace or a call to the same phone says later: when, or null. */
static struct tstamp not_before(const struct gates *g, const char **reason, bool *whole_lane)
{
    struct tstamp next =
        g->pacing.n ? column_tstamp(&g->pacing, "next_call_at") : (struct tstamp){0};
    int64_t hourly = g->pacing.n ? db_i64(&g->campaign, 0, "max_calls_per_hour") : 0;
    int64_t daily = g->pacing.n ? db_i64(&g->campaign, 0, "max_calls_per_day") : 0;

    *whole_lane = false;
    *reason = "HALTED";
    if (db_text(&g->counts, 0, "halt"))
        return (struct tstamp){g->now.us + HALTED_US};
    *reason = "BUDGET_EXCEEDED";
    if (db_bool(&g->counts, 0, "over_budget"))
        return (struct tstamp){g->now.us + BUDGET_US};
    *whole_lane = true;
    *reason = "SPACING";
    if (next.us > g->now.us)
        return next;
    *reason = "MAX_CALLS_PER_DAY";
    if (daily && db_i64(&g->counts, 0, "today") >= daily)
        return column_tstamp(&g->counts, "day_free_at");
    *reason = "MAX_CALLS_PER_HOUR";
    if (hourly && db_i64(&g->counts, 0, "last_hour") >= hourly)
        return column_tstamp(&g->counts, "hour_free_at");
    *whole_lane = false;
    *reason = "NUMBER_BUSY";
    if (db_bool(&g->counts, 0, "number_busy"))
        return (struct tstamp){g->now.us + NUMBER_BUSY_US};
    return (struct tstamp){0};
}

static bool hold_back(struct op *op, struct claim *c, const struct gates *g, struct tstamp at,
                      const char *reason, bool whole_lane)
{
    struct rows rows;

    if (whole_lane
        && !db_query(
            op, &SQL_CLAIM_HOLD_LANE,
            ARGS({"campaign_id", db_text(&g->row, 0, "campaign_id")}, {"at", sql_tstamp(op, at)}),
            &rows))
        return false;
    return put_back(op, c, at, reason);
}

static bool write_intent(struct op *op, struct claim *c, const struct gates *g, const char *call_id)
{
    const char *id = sql_i64(op, c->scheduled_call_id);
    struct rows checked, called, intended;
    const struct arg *call_args =
        ARGS({"id", id}, {"call_id", call_id},
             {"compliance_status", verdict_status_names[g->answer.verdict.status]},
             {"from_number", c->from_number}, {"agent_id", c->agent_id});
    const struct provider *p = c->workspace;
    const struct arg *intent_args = ARGS(
        {"id", id}, {"attempt_id", c->attempt_id}, {"provider", p->name}, {"account", c->account},
        {"campaign_id", db_text(&g->row, 0, "campaign_id")}, {"from_number", c->from_number},
        {"agent_id", c->agent_id}, {"keyed_for", c->keyed ? p->account : NULL});
    const struct query *intent = c->repeats ? &SQL_CLAIM_REPEAT : &SQL_CLAIM_INTENT;

    return db_ask_commit(
        op,
        (const struct ask[]){{&SQL_COMPLIANCE_CHECK_INSERT, check_args(op, c, g), &checked},
                             {&SQL_CLAIM_CALL, call_args, &called},
                             {intent, intent_args, &intended}},
        3);
}

static bool step_allows(const struct claim *c, const struct gates *g)
{
    const struct dial_state s = {.row = row_state_named(db_text(&g->row, 0, "status")),
                                 .attempt = c->repeats ? ATTEMPT_UNKNOWN : ATTEMPT_NONE};
    const struct dial_event e = {.kind = c->repeats ? EVENT_REPEATED : EVENT_CLAIMED};

    return dial_step(&s, &e).effects & (c->repeats ? EFFECT_REPEAT : EFFECT_DIAL);
}

static bool commit_intent(struct op *op, struct claim *c, const struct gates *g)
{
    char *attempt_id = arena_alloc(&op->arena, UUID_SIZE), call_id[CALL_ID_SIZE];
    int64_t start_us = clock_boot_us();

    if (!step_allows(c, g))
        return fail(op, E_INTERNAL_ERROR, "a row that is not queued was about to be dialled");
    uuid_make(attempt_id);
    call_id_make(call_id);
    if (!c->repeats)
        c->attempt_id = attempt_id;
    c->keyed = c->workspace->takes_keys(c->workspace);
    if (!write_intent(op, c, g, call_id))
        return false;
    c->fate = CLAIM_INTENT;
    c->send_before_us = start_us + SEND_WITHIN_US;
    return true;
}

/* Sent again, it is the same request, word for word. */
static void read_unanswered(const struct gates *g, struct claim *c)
{
    c->from_number = db_text(&g->unanswered, 0, "from_number");
    c->agent_id = db_text(&g->unanswered, 0, "agent_id");
    c->attempt_id = db_text(&g->unanswered, 0, "id");
    c->attempt = (int)db_i64(&g->unanswered, 0, "n");
    c->repeats = (int)db_i64(&g->unanswered, 0, "repeats") + 1;
}

static void read_row(const struct gates *g, struct claim *c)
{
    c->to_number = db_text(&g->row, 0, "to_number");
    /* A paused campaign may have been given another agent or number: it is asked, not the row. */
    const struct rows *said_by = g->campaign.n ? &g->campaign : &g->row;
    c->from_number = db_text(said_by, 0, "from_number");
    c->agent_id = db_text(said_by, 0, "agent_id");
    c->campaign_id = db_i64(&g->row, 0, "campaign_id");
    c->metadata.text = db_text(&g->row, 0, "metadata");
    c->attempt = (int)db_i64(&g->row, 0, "attempts") + 1;
    c->valid_until = column_tstamp(&g->row, "valid_until");
    if (g->unanswered.n)
        read_unanswered(g, c);
}

/* What the campaign's state says of the row, before any fact is read. */
static bool campaign_stands(struct op *op, struct claim *c, const struct gates *g, bool *stop)
{
    const char *status = g->campaign.n ? db_text(&g->campaign, 0, "status") : "running";

    *stop = true;
    if (strcmp(status, "paused") == 0 || strcmp(status, "scheduled") == 0)
        return put_back(op, c, (struct tstamp){0}, "CAMPAIGN_PAUSED");
    if (strcmp(status, "running") != 0)
        return end(op, c, "canceled", "CAMPAIGN_STOPPED");
    *stop = false;
    return true;
}

static bool claim_under_locks(struct op *op, struct claim *c, struct gates *g)
{
    const char *reason;
    bool stop, whole_lane;

    read_row(g, c);
    if (!campaign_stands(op, c, g, &stop) || stop)
        return op->err.code == E_NONE;
    if (g->lead.n && db_text(&g->lead, 0, "dead_reason"))
        return end(op, c, "canceled", "NUMBER_DEAD");
    if (!read_facts(op, c, g) || !decide(op, c, g))
        return false;
    if (c->valid_until.us && c->valid_until.us <= g->now.us)
        return end(op, c, "failed", "EXPIRED");
    if (g->answer.verdict.status == VERDICT_REJECTED)
        return refuse(op, c, g);
    struct tstamp later = not_before(g, &reason, &whole_lane);
    if (later.us)
        return hold_back(op, c, g, later, reason, whole_lane);
    return commit_intent(op, c, g);
}

/*
 * The unique index on live attempts decided against us: another row of this phone was claimed
 * between our look and our intent.
 */
static bool lost_the_phone(struct op *op, struct claim *c, const struct gates *g)
{
    struct rows rows;

    op_forgive(op);
    db_rollback(op);
    c->fate = CLAIM_LATER;
    return db_query(op, &SQL_CLAIM_PUT_BACK,
                    ARGS({"id", sql_i64(op, c->scheduled_call_id)},
                         {"at", sql_tstamp(op, (struct tstamp){g->now.us + NUMBER_BUSY_US})},
                         {"reason", "NUMBER_BUSY"}),
                    &rows);
}

/* A message that strayed to a process of another provider is nothing to it. */
static bool is_ours(const struct gates *g)
{
    return g->row.n && db_bool(&g->row, 0, "ours");
}

/* Only a queued row: the dispatcher gave it one of the starts there are. */
static bool is_our_turn(const struct gates *g)
{
    return is_ours(g) && row_state_named(db_text(&g->row, 0, "status")) == ROW_QUEUED;
}

/* Is the row in progress, and shall what nobody answered for be sent again? */
static bool look_for_unanswered(struct op *op, const struct provider *p, int64_t scheduled_call_id,
                                struct gates *g)
{
    if (!is_ours(g) || row_state_named(db_text(&g->row, 0, "status")) != ROW_PROCESSING
        || !p->takes_keys(p))
        return true;
    return db_query(op, &SQL_CLAIM_UNANSWERED,
                    ARGS({"id", sql_i64(op, scheduled_call_id)}, {"account", p->account}),
                    &g->unanswered);
}

bool scheduled_call_claim(struct op *op, int64_t scheduled_call_id, struct claim *out)
{
    struct gates *g = ARENA_NEW(&op->arena, struct gates);

    *out = (struct claim){.fate = CLAIM_GONE, .scheduled_call_id = scheduled_call_id};
    if (!lock_all(op, scheduled_call_id, g))
        return false;
    out->workspace = workspace_from(op, &g->key);
    out->account = workspace_account(out->workspace);
    if (!is_our_turn(g) && !look_for_unanswered(op, out->workspace, scheduled_call_id, g))
        return false;
    if (!is_our_turn(g) && !g->unanswered.n) {
        db_rollback(op);
        return true;
    }
    if (claim_under_locks(op, out, g))
        return true;
    return op->err.code == E_ALREADY_EXISTS && lost_the_phone(op, out, g);
}

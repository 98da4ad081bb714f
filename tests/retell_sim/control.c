/* control.c - the control port's routes. */

#include "tests/retell_sim/control.h"

#include "tests/retell_sim/inbound.h"
#include "tests/retell_sim/json.h"
#include "tests/retell_sim/json_out.h"
#include "tests/retell_sim/ledger.h"

#include <stdio.h>
#include <stdlib.h>

#define LOG_LIMIT 10000u
#define LEDGER_LIMIT 10000u
#define LEDGER_MAX 100000u

static uint64_t query_u64(struct str query, const char *name, uint64_t otherwise)
{
    char text[32];

    if (!sim_query_get(query, name, text, sizeof(text)))
        return otherwise;
    return strtoull(text, NULL, 10);
}

static void reply_ok(struct sim_reply *r)
{
    buf_str(sim_reply_json(r, 200), "{\"status\":\"ok\"}");
}

static void reply_complaints(struct sim_reply *r, const struct buf *why)
{
    sim_reply_error(r, 400, "%s", why->p ? why->p : "");
}

static void reset(struct sim_exchange *x)
{
    struct buf why = {0};

    if (sim_reset(x->s, &why))
        reply_ok(&x->r);
    else
        reply_complaints(&x->r, &why);
    buf_free(&why);
}

static void configure(struct sim_exchange *x)
{
    struct buf why = {0};

    if (sim_configure(x->s, x->q.body, &why))
        reply_ok(&x->r);
    else
        reply_complaints(&x->r, &why);
    buf_free(&why);
}

static enum sim_fault_kind fault_named(struct str v)
{
    for (size_t i = 1; i < SIM_FAULTS; i++)
        if (sim_json_is(v, sim_fault_names[i]))
            return (enum sim_fault_kind)i;
    return SIM_FAULT_NONE;
}

static struct sim_fault_rule *free_rule(struct sim *s)
{
    for (size_t i = 0; i < s->nrules; i++)
        if (!s->rules[i].left)
            return &s->rules[i];
    return s->nrules < ARRAY_LEN(s->rules) ? &s->rules[s->nrules++] : NULL;
}

static bool read_rule(struct str body, struct sim_fault_rule *rule)
{
    char op[64] = "any";
    struct str count = sim_json_get(body, "count"), status = sim_json_get(body, "status");
    struct str named = sim_json_get(body, "op"), retry = sim_json_get(body, "should_retry");

    if (named.n && !sim_json_cstr(named, op, sizeof(op)))
        return false;
    *rule = (struct sim_fault_rule){
        .op = sim_op_named(str_of(op)),
        .kind = fault_named(sim_json_get(body, "fault")),
        .left = count.n ? (uint32_t)sim_json_number(count) : 1,
        .status = status.n ? (int)sim_json_number(status) : 500,
        .retry_after_ms = sim_json_number(sim_json_get(body, "retry_after_ms")),
        .delay_ms = sim_json_number(sim_json_get(body, "delay_ms")),
    };
    if (retry.n && !sim_json_cstr(retry, rule->should_retry, sizeof(rule->should_retry)))
        return false;
    return rule->kind != SIM_FAULT_NONE && (rule->op != SIM_OPS || strcmp(op, "any") == 0)
           && rule->status >= 400 && rule->status < 600;
}

static void fault(struct sim_exchange *x)
{
    struct sim_fault_rule rule, *slot;

    if (!sim_json_check(x->q.body) || !read_rule(x->q.body, &rule)) {
        sim_reply_error(&x->r, 400,
                        "needs fault (status, reset, reset_after_commit, hang, "
                        "hang_after_commit, html_502, delay), op, count");
        return;
    }
    slot = free_rule(x->s);
    if (!slot) {
        sim_reply_error(&x->r, 400, "too many faults are waiting");
        return;
    }
    *slot = rule;
    reply_ok(&x->r);
}

static void inbound(struct sim_exchange *x)
{
    sim_inbound(x->s, x->q.body, &x->r);
}

static void get_log(struct sim_exchange *x)
{
    sim_journal_log(x->s, query_u64(x->q.query, "after", 0),
                    query_u64(x->q.query, "limit", LOG_LIMIT), sim_reply_json(&x->r, 200));
}

static void get_stats(struct sim_exchange *x)
{
    sim_journal_stats(x->s, query_u64(x->q.query, "starts", 1000), sim_reply_json(&x->r, 200));
}

static void get_ledger(struct sim_exchange *x)
{
    uint64_t limit = query_u64(x->q.query, "limit", LEDGER_LIMIT);

    sim_reply_json(&x->r, 200);
    x->r.type = "application/x-ndjson";
    sim_ledger_lines(x->s, query_u64(x->q.query, "after", 0),
                     limit < LEDGER_MAX ? limit : LEDGER_MAX, &x->r.body);
}

static void get_duplicates(struct sim_exchange *x)
{
    char key[128] = "aga_sc";

    (void)(sim_query_get(x->q.query, "key", key, sizeof(key)) || key[0]);
    sim_ledger_duplicates(x->s, key, sim_reply_json(&x->r, 200));
}

static const struct {
    const char *method;
    const char *path;
    void (*handle)(struct sim_exchange *x);
} routes[] = {
    {"POST", "/sim/reset", reset},      {"POST", "/sim/config", configure},
    {"POST", "/sim/fault", fault},      {"POST", "/sim/inbound", inbound},
    {"GET", "/sim/log", get_log},       {"GET", "/sim/stats", get_stats},
    {"GET", "/sim/ledger", get_ledger}, {"GET", "/sim/ledger/duplicates", get_duplicates},
};

void sim_control(struct sim_exchange *x)
{
    for (size_t i = 0; i < ARRAY_LEN(routes); i++)
        if (str_eq(x->q.method, str_of(routes[i].method))
            && str_eq(x->q.path, str_of(routes[i].path))) {
            routes[i].handle(x);
            sim_exchange_answer(x);
            return;
        }
    sim_reply_error(&x->r, 404, "no such control");
    sim_exchange_answer(x);
}

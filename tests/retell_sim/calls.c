/* calls.c - from one stage to the next, by timer. */

#include "tests/retell_sim/calls.h"

#include "common/base/clock.h"
#include "tests/retell_sim/call_json.h"
#include "tests/retell_sim/hooks.h"
#include "tests/retell_sim/json.h"

#include <math.h>
#include <stdio.h>

#define RING_MS_DEFAULT 30000.0

static int64_t now_ms(void)
{
    return clock_now_us() / 1000;
}

static bool tells_turns(const struct sim *s, const struct sim_call *c)
{
    return s->config.transcript_updates || c->hook.events & 1u << SIM_EV_TRANSCRIPT;
}

static void schedule_talk(struct sim *s, struct sim_call *c)
{
    int parts = tells_turns(s, c) ? sim_call_turns(c) + 1 : 1;

    if (c->talk_ms >= 0)
        sim_timer_after_ms(&s->timers, &c->timer, (double)c->talk_ms / parts);
}

static void answered(struct sim *s, struct sim_call *c)
{
    c->status = SIM_ONGOING;
    c->stage = SIM_STAGE_TALK;
    c->start_ms = now_ms();
    sim_hooks_emit(s, c, SIM_EV_STARTED);
    schedule_talk(s, c);
}

static void free_slot(struct sim *s, struct sim_call *c)
{
    if (!c->takes_slot)
        return;
    c->takes_slot = false;
    c->ws->live--;
    sim_journal_live(&s->journal, -1);
}

static void emit_transfer(struct sim *s, struct sim_call *c)
{
    enum sim_outcome o = (enum sim_outcome)c->outcome;

    if (o != SIM_OUT_call_transfer && o != SIM_OUT_transfer_bridged
        && o != SIM_OUT_transfer_cancelled)
        return;
    sim_hooks_emit(s, c, SIM_EV_TRANSFER_STARTED);
    if (o == SIM_OUT_transfer_cancelled) {
        sim_hooks_emit(s, c, SIM_EV_TRANSFER_CANCELLED);
        return;
    }
    sim_hooks_emit(s, c, SIM_EV_TRANSFER_BRIDGED);
    sim_hooks_emit(s, c, SIM_EV_TRANSFER_ENDED);
}

/* A connected call ends when it says it does: start and duration are kept
 * consistent in simulated time, so at a large time_scale end_timestamp may be
 * ahead of the wall clock. */
static void finish(struct sim *s, struct sim_call *c, int64_t duration_ms)
{
    if (c->start_ms) {
        emit_transfer(s, c);
        if (tells_turns(s, c))
            sim_hooks_emit(s, c, SIM_EV_TRANSCRIPT);
    }
    c->ended = true;
    c->status = (uint8_t)sim_outcome_status((enum sim_outcome)c->outcome);
    c->duration_ms = duration_ms;
    c->end_ms = c->start_ms ? c->start_ms + duration_ms : now_ms();
    free_slot(s, c);
    s->journal.ended[c->outcome]++;
    c->ws->balance_cents -= sim_call_facts(&s->config, c).cost_cents;
    sim_hooks_emit(s, c, SIM_EV_ENDED);
    c->stage = c->will_be_analyzed ? SIM_STAGE_ANALYSIS : SIM_STAGE_DONE;
    if (c->will_be_analyzed)
        sim_timer_after_ms(&s->timers, &c->timer, c->analysis_ms);
}

static void talk(struct sim *s, struct sim_call *c)
{
    if (!tells_turns(s, c) || c->turn >= sim_call_turns(c)) {
        finish(s, c, c->talk_ms);
        return;
    }
    c->turn++;
    sim_hooks_emit(s, c, SIM_EV_TRANSCRIPT);
    schedule_talk(s, c);
}

static void step(struct sim_timer *t)
{
    struct sim_call *c = SIM_CONTAINER(t, struct sim_call, timer);
    struct sim *s = c->ws->sim;

    switch ((enum sim_stage)c->stage) {
    case SIM_STAGE_WAIT:
        if (sim_outcome_connects((enum sim_outcome)c->outcome))
            answered(s, c);
        else
            finish(s, c, 0);
        break;
    case SIM_STAGE_TALK: talk(s, c); break;
    case SIM_STAGE_ANALYSIS:
        c->analyzed = true;
        c->stage = SIM_STAGE_DONE;
        sim_hooks_emit(s, c, SIM_EV_ANALYZED);
        break;
    case SIM_STAGE_DONE: break;
    }
}

double sim_outbound_slots(const struct sim_workspace *ws)
{
    double limit = ws->concurrency_limit;

    if (ws->burst)
        limit = fmin(3 * limit, limit + 300);
    return limit - ws->reserved_inbound;
}

/* cps tokens per simulated second, at most one second's worth in hand. */
static bool take_start(struct sim *s, struct sim_workspace *ws, enum sim_trunk trunk)
{
    struct sim_bucket *b = &ws->starts[trunk];
    int64_t now = clock_mono_us();
    double rate = ws->cps[trunk], full = fmax(1, rate);

    if (rate <= 0)
        return true;
    if (!b->at_us)
        b->tokens = full;
    else
        b->tokens =
            fmin(full, b->tokens + (double)(now - b->at_us) / 1e6 * s->config.time_scale * rate);
    b->at_us = now;
    if (b->tokens < 1)
        return false;
    b->tokens -= 1;
    return true;
}

enum sim_capacity sim_capacity_take(struct sim *s, struct sim_workspace *ws, enum sim_trunk trunk,
                                    double keep_free)
{
    if (ws->live + 1 > sim_outbound_slots(ws) - keep_free)
        return SIM_CAPACITY_SLOTS;
    return take_start(s, ws, trunk) ? SIM_CAPACITY_FREE : SIM_CAPACITY_CPS;
}

static void name_call(const struct sim *s, struct sim_call *c)
{
    static const char hex[] = "0123456789abcdef";
    struct sim_rng r = sim_rng_for(s->config.seed, SIM_RNG_NAME, c->ordinal);
    size_t n = 5;

    memcpy(c->id, "call_", 5);
    while (n < 32)
        for (uint64_t word = sim_rng_next(&r), i = 0; i < 16 && n < 32; i++, word >>= 4)
            c->id[n++] = hex[word & 15];
}

static const char *keep_json(struct sim *s, struct str body, const char *member)
{
    struct str v = sim_json_get(body, member);
    struct buf text = {0};

    if (sim_json_type(v) != SJ_OBJECT)
        return NULL;
    sim_json_compact(&text, v);
    const char *kept = sim_text_keep(&s->world.text, buf_view(&text));
    buf_free(&text);
    return kept;
}

static int32_t asked_version(const struct sim_agent *agent, struct str version)
{
    return sim_json_type(version) == SJ_NUMBER ? (int32_t)sim_json_number(version)
                                               : (int32_t)agent->version;
}

/* An override's number, else the agent's, else the default. */
static double setting(struct str override, const char *name, double of_agent, double otherwise)
{
    double v = sim_json_number(sim_json_get(override, name));

    if (v > 0)
        return v;
    return of_agent > 0 ? of_agent : otherwise;
}

static void plan(struct sim *s, struct sim_call *c, const struct sim_placing *p,
                 struct str override)
{
    struct sim_rng r = sim_rng_for(s->config.seed, SIM_RNG_CALL, c->ordinal);
    struct str directive = sim_json_get(str_of(c->metadata), "sim");
    struct sim_limits limits = {
        .ring_ms = setting(override, "ring_duration_ms", p->agent->ring_ms, RING_MS_DEFAULT),
        .max_call_ms =
            setting(override, "max_call_duration_ms", p->agent->max_call_ms, s->config.max_call_ms),
        .forced = p->forced,
    };
    struct sim_plan plan = sim_plan_call(&s->config, &r, directive, str_of(p->to), &limits);

    c->directed = sim_json_type(directive) == SJ_OBJECT;
    c->outcome = (uint8_t)plan.outcome;
    c->talk_ms = (int32_t)fmin(plan.talk_ms, INT32_MAX);
    c->analysis_ms = (int32_t)fmin(plan.analysis_ms, INT32_MAX);
    c->will_be_analyzed = plan.analyzed;
    sim_timer_after_ms(&s->timers, &c->timer, plan.wait_ms);
}

static void take_slot(struct sim *s, struct sim_call *c)
{
    c->takes_slot = true;
    c->ws->live++;
    sim_journal_live(&s->journal, 1);
}

struct sim_call *sim_call_place(struct sim *s, const struct sim_placing *p)
{
    struct sim_world *w = &s->world;
    struct sim_call *c = sim_call_new(w, p->ws);
    struct str override = sim_json_get(sim_json_get(p->body, "agent_override"), "agent");
    struct sim_hook hook = {0};

    name_call(s, c);
    c->timer.fire = step;
    c->kind = (uint8_t)p->kind;
    c->inbound = p->inbound;
    c->from = sim_text_intern(&w->text, str_of(p->from));
    c->to = sim_text_keep(&w->text, str_of(p->to));
    c->agent_id = sim_text_intern(&w->text, str_of(p->agent->id));
    c->agent_name = sim_text_intern(&w->text, str_of(p->agent->name));
    c->agent_version = asked_version(p->agent, p->version);
    c->metadata = keep_json(s, p->body, "metadata");
    c->variables = keep_json(s, p->body, "retell_llm_dynamic_variables");
    c->sip_headers = keep_json(s, p->body, "custom_sip_headers");
    c->idempotency_key = p->idempotency_key.n ? sim_text_keep(&w->text, p->idempotency_key) : NULL;
    c->batch_id = p->batch_id;
    c->created_ms = now_ms();
    sim_hook_read(w, &hook, override);
    c->hook = sim_hook_over(sim_hook_over(p->ws->hook, p->agent->hook), hook);
    plan(s, c, p, override);
    sim_call_index(w, c);
    if (p->forced != SIM_OUT_concurrency_limit_reached)
        take_slot(s, c);
    return c;
}

void sim_call_stop(struct sim *s, struct sim_call *c)
{
    double lasted = (double)(now_ms() - c->start_ms) * s->config.time_scale;

    sim_timer_stop(&s->timers, &c->timer);
    c->outcome = SIM_OUT_manual_stopped;
    c->talk_ms = (int32_t)fmin(lasted, INT32_MAX);
    finish(s, c, c->talk_ms);
}

void sim_call_reanalyse(struct sim *s, struct sim_call *c)
{
    c->stage = SIM_STAGE_ANALYSIS;
    sim_timer_after_ms(&s->timers, &c->timer, c->analysis_ms);
}

/* gate.c - route, authenticate, limit, fail on purpose, wait, run, answer. */

#include "tests/retell_sim/gate.h"

#include "common/base/clock.h"
#include "tests/retell_sim/rng.h"
#include "tests/retell_sim/sim.h"

#include <math.h>
#include <stdio.h>

const char *const sim_fault_names[SIM_FAULTS] = {
    "", "status", "reset", "reset_after_commit", "hang", "hang_after_commit", "html_502", "delay",
};

static void copy(char *to, size_t cap, struct str s)
{
    size_t n = s.n < cap ? s.n : cap - 1;

    if (n)
        memcpy(to, s.p, n);
    to[n] = '\0';
}

static void journal(struct sim_exchange *x, bool answered)
{
    struct sim_log_request *e =
        sim_journal_request(&x->s->journal, x->q.op, answered ? x->r.status : 0);

    copy(e->method, sizeof(e->method), x->q.method);
    copy(e->path, sizeof(e->path), x->q.path);
    copy(e->retry_count, sizeof(e->retry_count), x->q.retry_count);
    if (x->q.ws)
        copy(e->org_name, sizeof(e->org_name), str_of(x->q.ws->org_name));
    copy(e->call_id, sizeof(e->call_id), str_of(x->r.call_id));
    e->fault = sim_fault_names[x->fault];
}

static void answer(struct sim_exchange *x)
{
    journal(x, true);
    sim_exchange_answer(x);
}

static void finish(struct sim_timer *t)
{
    struct sim_exchange *x = SIM_CONTAINER(t, struct sim_exchange, timer);

    switch ((enum sim_fault_kind)x->fault) {
    case SIM_FAULT_RESET:
    case SIM_FAULT_RESET_AFTER_COMMIT:
        journal(x, false);
        sim_exchange_reset(x);
        return;
    case SIM_FAULT_HANG:
    case SIM_FAULT_HANG_AFTER_COMMIT:
        journal(x, false);
        sim_exchange_hang(x);
        return;
    case SIM_FAULT_NONE:
    case SIM_FAULT_STATUS:
    case SIM_FAULT_HTML_502:
    case SIM_FAULT_DELAY:
    case SIM_FAULTS: answer(x);
    }
}

static void wait(struct sim_exchange *x, double ms, void (*then)(struct sim_timer *))
{
    x->timer.fire = then;
    if (ms > 0)
        sim_timer_after_ms(&x->s->timers, &x->timer, ms);
    else
        then(&x->timer);
}

static bool commits(enum sim_fault_kind fault)
{
    return fault == SIM_FAULT_NONE || fault == SIM_FAULT_DELAY
           || fault == SIM_FAULT_RESET_AFTER_COMMIT || fault == SIM_FAULT_HANG_AFTER_COMMIT;
}

static void run(struct sim_timer *t)
{
    struct sim_exchange *x = SIM_CONTAINER(t, struct sim_exchange, timer);

    if (commits((enum sim_fault_kind)x->fault))
        sim_op_handler(x->q.op)(x->s, &x->q, &x->r);
    wait(x, x->answer_after_ms, finish);
}

/* Somewhere within the latency the work is done: a client that gives up early
 * may find, later, that it was done all the same. */
static void schedule(struct sim_exchange *x, struct sim_rng *r)
{
    const struct sim_config *c = &x->s->config;
    const struct sim_dist *d = &c->per_op[x->q.op];

    if (d->p50 < 0)
        d = &c->latency;
    double ms = sim_rng_lognormal(r, d->p50, d->p95), part = sim_rng_unit(r);
    double max = d->max > 0 ? d->max : c->latency.max;
    if (max > 0 && ms > max)
        ms = max;
    x->answer_after_ms += ms * (1 - part);
    wait(x, ms * part, run);
}

static void put_retry_after(struct sim_exchange *x, double simulated_ms)
{
    double ms = simulated_ms / x->s->config.time_scale;

    switch ((enum sim_retry_after)x->s->config.retry_after) {
    case SIM_RETRY_SECONDS:
        buf_printf(&x->r.headers, "retry-after: %.0f\r\n", fmax(1, ceil(ms / 1000)));
        break;
    case SIM_RETRY_MS: buf_printf(&x->r.headers, "retry-after-ms: %.0f\r\n", ceil(ms)); break;
    case SIM_RETRY_NONE: break;
    }
}

static bool within_rate(struct sim_exchange *x)
{
    const struct sim_config *c = &x->s->config;
    struct sim_workspace *ws = x->q.ws;
    int64_t now = clock_mono_us();
    double age_ms = (double)(now - ws->window_us) / 1000 * c->time_scale;

    if (c->rate_requests <= 0)
        return true;
    if (age_ms >= c->rate_window_ms) {
        ws->window_us = now;
        ws->window_requests = 0;
        age_ms = 0;
    }
    if (++ws->window_requests <= c->rate_requests)
        return true;
    put_retry_after(x, c->rate_window_ms - age_ms);
    sim_reply_error(&x->r, 429, "Too many requests, please try again later.");
    return false;
}

static void status_reply(struct sim_exchange *x, int status)
{
    x->fault = SIM_FAULT_STATUS;
    switch (status) {
    case 402: sim_reply_error(&x->r, 402, "Payment required: no valid payment method."); return;
    case 429:
        sim_reply_error(&x->r, 429, "Account rate limited, please throttle your requests.");
        return;
    default:
        sim_reply_error(&x->r, status, "%s",
                        status >= 500 ? "An unexpected server error occurred."
                                      : sim_http_reason(status));
    }
}

static void html_reply(struct sim_exchange *x)
{
    x->fault = SIM_FAULT_HTML_502;
    x->r.status = 502;
    x->r.type = "text/html";
    buf_str(&x->r.body, "<html><head><title>502 Bad Gateway</title></head><body>"
                        "<center><h1>502 Bad Gateway</h1></center></body></html>");
}

static void apply_rule(struct sim_exchange *x, const struct sim_fault_rule *rule)
{
    x->fault = (int)rule->kind;
    if (rule->kind == SIM_FAULT_STATUS)
        status_reply(x, rule->status);
    else if (rule->kind == SIM_FAULT_HTML_502)
        html_reply(x);
    else if (rule->kind == SIM_FAULT_DELAY)
        x->answer_after_ms += rule->delay_ms;
    if (rule->retry_after_ms > 0)
        buf_printf(&x->r.headers, "retry-after-ms: %.0f\r\n", rule->retry_after_ms);
    if (rule->should_retry[0])
        buf_printf(&x->r.headers, "x-should-retry: %s\r\n", rule->should_retry);
}

static bool ordered_fault(struct sim_exchange *x)
{
    struct sim *s = x->s;

    for (size_t i = 0; i < s->nrules; i++) {
        struct sim_fault_rule *rule = &s->rules[i];
        if (!rule->left || (rule->op != SIM_OPS && rule->op != x->q.op))
            continue;
        rule->left--;
        apply_rule(x, rule);
        return true;
    }
    return false;
}

/* One draw decides among all of them, so each has exactly its chance. */
static void random_fault(struct sim_exchange *x, struct sim_rng *r)
{
    const struct sim_api_faults *f = &x->s->config.faults;
    const double chances[] = {f->http_500, f->http_503, f->http_429,           f->http_402,
                              f->html_502, f->reset,    f->reset_after_commit, f->hang};
    double at = sim_rng_unit(r);
    size_t i = 0;

    while (i < ARRAY_LEN(chances) && at >= chances[i])
        at -= chances[i++];
    switch (i) {
    case 0: status_reply(x, 500); break;
    case 1: status_reply(x, 503); break;
    case 2: status_reply(x, 429); break;
    case 3: status_reply(x, 402); break;
    case 4: html_reply(x); break;
    case 5: x->fault = SIM_FAULT_RESET; break;
    case 6: x->fault = SIM_FAULT_RESET_AFTER_COMMIT; break;
    case 7: x->fault = SIM_FAULT_HANG; break;
    default: break;
    }
}

static bool authenticate(struct sim_exchange *x)
{
    struct str given = x->q.authorization;

    if (str_starts(given, STR("Bearer "))) {
        given.p += 7;
        given.n -= 7;
        x->q.ws = sim_world_by_key(&x->s->world, given, &x->q.key);
    }
    if (x->q.ws)
        return true;
    sim_reply_error(&x->r, 401, "API key is missing or invalid.");
    return false;
}

static bool may(struct sim_exchange *x)
{
    size_t scope = 0;

    while (strcmp(sim_scopes[scope], sim_op_scope(x->q.op)) != 0)
        scope++;
    if (x->q.key->scopes & 1u << scope)
        return true;
    sim_reply_error(&x->r, 403, "API key does not have the %s scope.", sim_scopes[scope]);
    return false;
}

static bool route(struct sim_exchange *x)
{
    struct str param;
    const struct sim_route *found =
        sim_route_find(x->q.method, x->q.path, x->s->config.seed_paths, &param);

    if (found && sim_percent_decode(param, x->q.param, sizeof(x->q.param))) {
        x->q.op = found->op;
        x->q.seed = found->seed;
        if (found->seed)
            buf_str(&x->r.headers, "x-sim-compat: seed\r\n");
        return true;
    }
    x->r.status = 404;
    x->r.type = "text/html; charset=utf-8";
    buf_str(&x->r.body, "Cannot ");
    buf_add(&x->r.body, x->q.method.p, x->q.method.n);
    buf_char(&x->r.body, ' ');
    buf_add(&x->r.body, x->q.path.p, x->q.path.n);
    return false;
}

void sim_gate(struct sim_exchange *x)
{
    struct sim *s = x->s;
    struct sim_rng r = sim_rng_for(s->config.seed, SIM_RNG_REQUEST, s->nrequests++);

    if (!route(x) || !authenticate(x) || !may(x) || !within_rate(x)) {
        answer(x);
        return;
    }
    if (!ordered_fault(x))
        random_fault(x, &r);
    schedule(x, &r);
}

/* hooks.c - one delivery per event and copy, until it is taken or given up. */

#include "tests/retell_sim/hooks.h"

#include "common/base/clock.h"
#include "tests/retell_sim/call_json.h"
#include "tests/retell_sim/client.h"
#include "tests/retell_sim/hook_faults.h"
#include "tests/retell_sim/json.h"
#include "tests/retell_sim/json_out.h"
#include "tests/retell_sim/sign.h"
#include "tests/retell_sim/sim.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#define INBOUND_TIMEOUT_MS 10000.0
#define HELD_AT_MOST_MS 600e3
#define STALE_MS 301000
#define COPY_AFTER_MS 20.0

struct delivery {
    struct sim_post post; /* first: what the client hands back */
    struct sim *s;
    struct sim_call *call;
    enum sim_event event;
    unsigned faults;
    int attempt; /* from 1 */
    int64_t began_us;
    double timeout_ms;
    char *url;
    struct buf body;
    char signature[SIM_SIGNATURE_SIZE];
    struct sim_timer timer; /* until the next attempt */
    bool held, on_wire;
    void (*then)(struct sim *s, struct sim_call *c, struct str answer);
    struct delivery *next, *prev;
};

struct sim_hooks {
    struct sim *s;
    struct sim_client *client;
    struct delivery *all;
    size_t pending;
    struct sim_signer signer;
};

static void attempt(struct sim_timer *t);

struct sim_hooks *sim_hooks_open(struct sim *s)
{
    struct sim_hooks *h = calloc(1, sizeof(*h));

    if (!h)
        abort();
    h->s = s;
    sim_signer_open(&h->signer);
    h->client = sim_client_open(s->loop, &s->timers, (unsigned)s->config.hook_connections);
    return h;
}

static void delivery_free(struct delivery *d)
{
    struct sim_hooks *h = d->s->hooks;

    sim_timer_stop(&d->s->timers, &d->timer);
    if (d->prev)
        d->prev->next = d->next;
    else
        h->all = d->next;
    if (d->next)
        d->next->prev = d->prev;
    h->pending--;
    buf_free(&d->body);
    buf_free(&d->post.request);
    free(d->url);
    free(d);
}

void sim_hooks_reset(struct sim_hooks *h)
{
    while (h->all) {
        if (h->all->on_wire)
            sim_client_cancel(h->client, &h->all->post);
        delivery_free(h->all);
    }
    sim_client_limit(h->client, (unsigned)h->s->config.hook_connections);
}

void sim_hooks_close(struct sim_hooks *h)
{
    sim_hooks_reset(h);
    sim_client_close(h->client);
    sim_signer_close(&h->signer);
    free(h);
}

size_t sim_hooks_pending(const struct sim_hooks *h)
{
    return h->pending;
}

static void sign(struct delivery *d)
{
    const char *key = sim_webhook_key(d->call->ws)->key;
    bool spoil = d->attempt == 1;
    int64_t at_ms = clock_now_us() / 1000;

    if (spoil && d->faults & SIM_HF_STALE_SIGNATURE)
        at_ms -= STALE_MS;
    sim_signer_sign(&d->s->hooks->signer, key, buf_view(&d->body), at_ms, d->signature);
    if (spoil && d->faults & SIM_HF_BAD_SIGNATURE) {
        char *last = d->signature + strlen(d->signature) - 1;
        *last = *last == '0' ? '1' : '0';
    }
}

/* ---- one attempt ---- */

/* Spoiling is for the first attempt: a retry heals it, as it would in life. */
static const char *spoiled(const struct delivery *d)
{
    return d->attempt <= 1 ? sim_hook_fault_name(d->faults) : NULL;
}

static void journal(struct delivery *d, int status, const char *outcome)
{
    struct sim_log_delivery *e = sim_journal_delivery(&d->s->journal);

    e->call = d->call->ordinal;
    e->event = (int)d->event;
    e->attempt = d->attempt;
    e->status = status;
    e->took_ms = (int)((clock_mono_us() - d->began_us) / 1000);
    e->outcome = outcome;
    e->fault = spoiled(d);
    memcpy(e->signature, d->signature, sizeof(e->signature));
}

static void give_up(struct delivery *d)
{
    d->s->journal.gave_up++;
    if (d->then)
        d->then(d->s, d->call, STR(""));
    delivery_free(d);
}

static void failed(struct delivery *d, int status)
{
    const struct sim_config *c = &d->s->config;
    size_t gap = (size_t)d->attempt - 1, last = ARRAY_LEN(c->hook_retry_gap_ms) - 1;

    d->s->journal.failed++;
    journal(d, status, "failed");
    if (d->then || d->attempt > c->hook_retries) {
        give_up(d);
        return;
    }
    sim_timer_after_ms(&d->s->timers, &d->timer, c->hook_retry_gap_ms[gap < last ? gap : last]);
}

static void done(struct sim_post *p, int status, struct str body)
{
    struct delivery *d = SIM_CONTAINER(p, struct delivery, post);

    d->on_wire = false;
    if (status < 200 || status > 299) {
        failed(d, status);
        return;
    }
    d->s->journal.delivered++;
    journal(d, status, "delivered");
    if (d->then)
        d->then(d->s, d->call, body);
    delivery_free(d);
}

static void compose(struct delivery *d, const char *host, const char *port, const char *path)
{
    struct buf *b = &d->post.request;

    buf_reset(b);
    buf_str(b, "POST ");
    buf_str(b, path);
    buf_str(b, " HTTP/1.1\r\nhost: ");
    buf_str(b, host);
    buf_char(b, ':');
    buf_str(b, port);
    buf_str(b, "\r\ncontent-type: application/json\r\nuser-agent: retell-sim\r\n"
               "x-retell-signature: ");
    buf_str(b, d->signature);
    buf_str(b, "\r\ncontent-length: ");
    buf_i64(b, (int64_t)d->body.n);
    buf_str(b, "\r\n\r\n");
    buf_add(b, d->body.p, d->body.n);
}

static void attempt(struct sim_timer *t)
{
    struct delivery *d = SIM_CONTAINER(t, struct delivery, timer);
    char host[256], port[8];
    const char *path;

    d->attempt++;
    d->held = false;
    d->began_us = clock_mono_us();
    if (!sim_url_split(d->url, host, sizeof(host), port, sizeof(port), &path)) {
        failed(d, 0);
        return;
    }
    sign(d);
    compose(d, host, port, path);
    bool first = d->attempt == 1;
    d->post.done = done;
    d->post.timeout_ms = d->timeout_ms;
    d->post.slowly = first && d->faults & SIM_HF_SLOW_LORIS;
    d->post.send_only =
        first && d->faults & SIM_HF_TRUNCATED ? d->post.request.n - d->body.n / 2 : 0;
    d->on_wire = true;
    sim_client_post(d->s->hooks->client, host, port, &d->post);
}

/* ---- from event to deliveries ---- */

static void put_escaped(struct buf *out, struct str v)
{
    struct buf plain = {0};

    sim_json_text(&plain, v);
    for (size_t i = 0; i < plain.n; i++)
        if (isalnum((unsigned char)plain.p[i]) || strchr("-._~", plain.p[i]))
            buf_char(out, plain.p[i]);
        else
            buf_printf(out, "%%%02X", (unsigned char)plain.p[i]);
    buf_free(&plain);
}

/* {{name}} in a URL stands for a dynamic variable of the call. */
static char *fill_url(const char *url, const char *variables)
{
    struct buf out = {0};
    char name[64];

    buf_str(&out, ""); /* text, even when nothing is added */
    for (const char *p = url; *p;) {
        const char *end = strncmp(p, "{{", 2) == 0 ? strstr(p, "}}") : NULL;
        if (!end || (size_t)(end - p - 2) >= sizeof(name)) {
            buf_char(&out, *p++);
            continue;
        }
        snprintf(name, sizeof(name), "%.*s", (int)(end - p - 2), p + 2);
        struct str v = sim_json_get(sim_json_or_empty(variables), name);
        if (v.n)
            put_escaped(&out, v);
        p = end + 2;
    }
    return out.p;
}

static struct delivery *deliver(struct sim *s, struct sim_call *c, enum sim_event event,
                                const char *url, unsigned faults)
{
    struct delivery *d = calloc(1, sizeof(*d));

    if (!d)
        abort();
    d->s = s;
    d->call = c;
    d->event = event;
    d->faults = faults;
    d->timeout_ms = c->hook.timeout_ms ? c->hook.timeout_ms : s->config.hook_timeout_ms;
    d->url = fill_url(url, c->variables);
    d->timer.fire = attempt;
    d->next = s->hooks->all;
    if (d->next)
        d->next->prev = d;
    s->hooks->all = d;
    s->hooks->pending++;
    return d;
}

static void render(struct buf *b, const struct sim *s, const struct sim_call *c,
                   enum sim_event event)
{
    buf_str(b, "{\"event\":\"");
    buf_str(b, sim_event_names[event]);
    buf_str(b, "\",\"call\":");
    sim_call_json(b, &s->config, c, event == SIM_EV_TRANSCRIPT ? SIM_VIEW_LIVE : SIM_VIEW_FULL);
    if (event >= SIM_EV_TRANSFER_STARTED && event <= SIM_EV_TRANSFER_ENDED) {
        sim_put_text(b, "transfer_destination", "+14155550100");
        sim_put_text(b, "transfer_option", "cold_transfer");
    }
    buf_char(b, '}');
}

/* An event held back goes out right after the one that overtook it. */
static void release_held(struct sim *s, struct sim_call *c)
{
    if (!c->has_held)
        return;
    c->has_held = false;
    for (struct delivery *d = s->hooks->all; d; d = d->next)
        if (d->call == c && d->held)
            sim_timer_after_real_ms(&s->timers, &d->timer, COPY_AFTER_MS);
}

static void launch(struct sim *s, struct delivery *d)
{
    d->held = d->faults & SIM_HF_OUT_OF_ORDER && d->event != SIM_EV_ANALYZED;
    if (d->held) {
        d->call->has_held = true;
        sim_timer_after_ms(&s->timers, &d->timer, HELD_AT_MOST_MS);
    } else if (d->faults & SIM_HF_DELAY) {
        sim_timer_after_ms(&s->timers, &d->timer, s->config.hook_faults.delay_ms);
    } else {
        attempt(&d->timer);
    }
}

static void lose(struct sim *s, struct delivery *d)
{
    s->journal.lost++;
    journal(d, 0, "lost");
    delivery_free(d);
}

void sim_hooks_emit(struct sim *s, struct sim_call *c, enum sim_event event)
{
    uint32_t wanted = c->hook.events ? c->hook.events : SIM_EVENTS_DEFAULT;

    if (s->config.transcript_updates)
        wanted |= 1u << SIM_EV_TRANSCRIPT;
    if (c->deleted || !c->hook.url || !(wanted & 1u << event))
        return;
    s->journal.events[event]++;
    unsigned faults = sim_hook_faults_of(&s->config, c, event);
    struct delivery *d = deliver(s, c, event, c->hook.url, faults), *copy = NULL;
    d->began_us = clock_mono_us();
    if (faults & SIM_HF_LOST) {
        lose(s, d);
        return;
    }
    render(&d->body, s, c, event);
    release_held(s, c);
    if (faults & SIM_HF_DUPLICATE) {
        copy = deliver(s, c, event, c->hook.url, SIM_HF_DUPLICATE);
        buf_add(&copy->body, d->body.p, d->body.n);
        sim_timer_after_real_ms(&s->timers, &copy->timer, COPY_AFTER_MS);
    }
    launch(s, d);
}

void sim_hooks_ask_inbound(struct sim *s, struct sim_call *c, const char *url,
                           void (*then)(struct sim *s, struct sim_call *c, struct str answer))
{
    struct delivery *d = deliver(s, c, SIM_EV_INBOUND, url, 0);
    struct buf *b = &d->body;

    d->then = then;
    d->timeout_ms = INBOUND_TIMEOUT_MS;
    buf_str(b, "{\"event\":\"call_inbound\",\"call_inbound\":{");
    sim_put_text(b, "call_id", c->id);
    sim_put_text(b, "agent_id", c->agent_id);
    sim_put_text(b, "from_number", c->from);
    sim_put_text(b, "to_number", c->to);
    buf_str(b, "}}");
    attempt(&d->timer);
}

/* calls.c - the words of each call. */

#include "common/queue/calls.h"

#include "common/queue/names.h"

#include <inttypes.h>
#include <stdlib.h>

/* A side index outlives its worker by this: long enough for every pause a worker may survive. */
enum { SIDE_TTL_MS = 3600 * 1000 };

static void add(struct call *c, struct str word)
{
    if (c->n == c->cap) {
        c->cap = c->cap ? c->cap * 2 : 64;
        c->words = realloc(c->words, c->cap * sizeof(*c->words));
        c->lengths = realloc(c->lengths, c->cap * sizeof(*c->lengths));
        if (!c->words || !c->lengths)
            abort();
    }
    c->words[c->n] = word.p ? word.p : "";
    c->lengths[c->n++] = word.n;
}

static void add_text(struct call *c, const char *text)
{
    add(c, str_of(text));
}

static void add_number(struct call *c, int64_t v)
{
    add_text(c, arena_printf(&c->arena, "%" PRId64, v));
}

static void add_all(struct call *c, const struct str *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        add(c, words[i]);
}

static void begin(struct call *c, enum script_id script, const struct caller *by)
{
    arena_end(&c->arena);
    c->n = 0;
    c->script = script;
    add_text(c, "EVALSHA");
    add_text(c, scripts_all()[script].sha);
    add_text(c, "1");
    add_text(c, by->ns);
}

/* Most scripts speak of one worker and one queue. */
static void begin_held(struct call *c, enum script_id script, const struct caller *by,
                       const char *queue)
{
    begin(c, script, by);
    add_text(c, by->worker);
    add_text(c, queue);
}

void call_end(struct call *c)
{
    free(c->words);
    free(c->lengths);
    arena_end(&c->arena);
    *c = (struct call){0};
}

static void add_outgoing(struct call *c, const struct outgoing *out, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        add(c, out[i].queue);
        add(c, out[i].rid);
        add(c, out[i].payload);
    }
}

void call_enqueue(struct call *c, const struct caller *by, const struct outgoing *out, size_t n)
{
    begin(c, SCRIPT_enqueue, by);
    add_outgoing(c, out, n);
}

void call_fetch(struct call *c, const struct caller *by, const char *queue, size_t count)
{
    begin_held(c, SCRIPT_fetch, by, queue);
    add_number(c, (int64_t)(count < CALL_MAX_IDS ? count : CALL_MAX_IDS));
}

void call_ack(struct call *c, const struct caller *by, const char *queue, const struct str *rids,
              size_t n)
{
    begin_held(c, SCRIPT_ack, by, queue);
    add_all(c, rids, n);
}

void call_requeue(struct call *c, const struct caller *by, const char *queue,
                  const struct str *rids, size_t n)
{
    begin_held(c, SCRIPT_requeue, by, queue);
    add_all(c, rids, n);
}

void call_settle(struct call *c, const struct caller *by, const char *queue,
                 const struct settlement *s)
{
    begin_held(c, SCRIPT_settle, by, queue);
    add(c, s->rid);
    add_text(c, s->dead ? "dead" : "ack");
    add(c, s->payload);
    add_text(c, s->result_key ? s->result_key : "");
    add(c, s->result);
    add_number(c, s->result_ttl_ms);
    add_outgoing(c, s->follow, s->nfollow);
}

void call_held(struct call *c, const struct caller *by, const char *queue)
{
    begin_held(c, SCRIPT_held, by, queue);
}

void call_start(struct call *c, const struct caller *by, const char *queue, struct str rid)
{
    begin(c, SCRIPT_start, by);
    add_text(c, queue);
    add(c, rid);
    add_number(c, SIDE_TTL_MS);
}

void call_track(struct call *c, const struct caller *by, const char *queue,
                const struct due_time *due, size_t n)
{
    begin_held(c, SCRIPT_track, by, queue);
    add_number(c, SIDE_TTL_MS);
    for (size_t i = 0; i < n; i++) {
        add_text(c, arena_printf(&c->arena, "%.0f", due[i].eta_ms));
        add(c, due[i].rid);
    }
}

void call_due(struct call *c, const struct caller *by, const char *queue, size_t count)
{
    begin_held(c, SCRIPT_due, by, queue);
    add_number(c, (int64_t)count);
}

void call_strays(struct call *c, const struct caller *by, const char *queue, const char *cursor)
{
    begin_held(c, SCRIPT_strays, by, queue);
    add_text(c, cursor);
}

void call_release(struct call *c, const struct caller *by, const char *queue)
{
    begin_held(c, SCRIPT_release, by, queue);
    add_number(c, CALL_MAX_IDS);
}

static void add_queues(struct call *c, const struct upkeep *u, bool ready, bool delayed)
{
    for (const char *const *q = u->queues; *q; q++) {
        if (ready)
            add_text(c, *q);
        if (delayed)
            add(c, queue_delayed(&c->arena, str_of(*q)));
    }
}

void call_beat(struct call *c, const struct caller *by, const struct upkeep *u)
{
    begin(c, SCRIPT_beat, by);
    add_text(c, by->worker);
    add_number(c, SIDE_TTL_MS);
    add_queues(c, u, false, true);
}

void call_leave(struct call *c, const struct caller *by, const struct upkeep *u)
{
    begin(c, SCRIPT_leave, by);
    add_text(c, by->worker);
    add_queues(c, u, true, true);
}

void call_maintain(struct call *c, const struct caller *by, const struct upkeep *u)
{
    begin(c, SCRIPT_maintain, by);
    add_text(c, by->worker);
    add_number(c, u->heartbeat_timeout_ms);
    add_number(c, u->dead_ttl_ms);
    add_number(c, u->budget);
    add_queues(c, u, true, true);
}

void call_reap(struct call *c, const struct caller *by, const struct upkeep *u)
{
    begin(c, SCRIPT_reap, by);
    add_number(c, u->heartbeat_timeout_ms);
    add_number(c, u->budget);
}

void call_replay(struct call *c, const struct caller *by, const char *queue,
                 const struct replay *items, size_t n)
{
    begin(c, SCRIPT_replay, by);
    add_text(c, queue);
    for (size_t i = 0; i < n; i++) {
        add(c, items[i].dead_rid);
        add(c, items[i].new_rid);
        add(c, items[i].payload);
    }
}

void call_discard(struct call *c, const struct caller *by, const char *queue,
                  const struct str *rids, size_t n)
{
    begin(c, SCRIPT_discard, by);
    add_text(c, queue);
    add_all(c, rids, n);
}

void call_purge(struct call *c, const struct caller *by, const char *queue)
{
    begin_held(c, SCRIPT_purge, by, queue);
}

void call_stats(struct call *c, const struct caller *by, const char *queue)
{
    begin(c, SCRIPT_stats, by);
    add_text(c, queue);
}

void call_peek(struct call *c, const struct caller *by, const char *queue, const char *state,
               size_t count)
{
    begin(c, SCRIPT_peek, by);
    add_text(c, queue);
    add_text(c, state);
    add_number(c, (int64_t)count);
}

void call_peek_dead(struct call *c, const struct caller *by, const char *queue,
                    const struct str *rids, size_t n)
{
    call_peek(c, by, queue, "dead", n);
    add_all(c, rids, n);
}

void call_witness(struct call *c, const struct caller *by, const char *known)
{
    begin(c, SCRIPT_witness, by);
    add_text(c, known);
}

void call_budget(struct call *c, const struct caller *by, const struct budget_ask *ask)
{
    begin(c, SCRIPT_budget, by);
    add_text(c, ask->name);
    add_number(c, ask->per_minute);
    add_number(c, ask->burst);
    add_number(c, ask->wanted);
}

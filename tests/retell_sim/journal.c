/* journal.c - rings and counters, and their replies. */

#include "tests/retell_sim/journal.h"

#include "common/base/clock.h"
#include "tests/retell_sim/hooks.h"
#include "tests/retell_sim/json_out.h"
#include "tests/retell_sim/sim.h"

#include <stdlib.h>

void sim_journal_open(struct sim_journal *j)
{
    *j = (struct sim_journal){
        .requests = calloc(SIM_JOURNAL_ENTRIES, sizeof(*j->requests)),
        .deliveries = calloc(SIM_JOURNAL_ENTRIES, sizeof(*j->deliveries)),
    };
    if (!j->requests || !j->deliveries)
        abort();
}

void sim_journal_reset(struct sim_journal *j)
{
    *j = (struct sim_journal){.requests = j->requests, .deliveries = j->deliveries};
}

void sim_journal_free(struct sim_journal *j)
{
    free(j->requests);
    free(j->deliveries);
}

struct sim_log_request *sim_journal_request(struct sim_journal *j, enum sim_op op, int status)
{
    struct sim_log_request *e = &j->requests[j->nrequests++ % SIM_JOURNAL_ENTRIES];

    *e = (struct sim_log_request){
        .seq = j->nrequests, .at_ms = clock_now_us() / 1000, .op = op, .status = status};
    j->by_op[op]++;
    if (status >= 0 && status < (int)ARRAY_LEN(j->by_status))
        j->by_status[status]++;
    return e;
}

struct sim_log_delivery *sim_journal_delivery(struct sim_journal *j)
{
    struct sim_log_delivery *e = &j->deliveries[j->ndeliveries++ % SIM_JOURNAL_ENTRIES];

    *e = (struct sim_log_delivery){.seq = j->ndeliveries, .at_ms = clock_now_us() / 1000};
    return e;
}

void sim_journal_live(struct sim_journal *j, int change)
{
    j->live = (unsigned)((int)j->live + change);
    if (j->live > j->max_live)
        j->max_live = j->live;
}

static void put_request(struct buf *out, const struct sim_log_request *e)
{
    sim_open(out, NULL, '{');
    sim_put_i64(out, "seq", (int64_t)e->seq);
    sim_put_i64(out, "at_ms", e->at_ms);
    sim_put_text(out, "method", e->method);
    sim_put_text(out, "path", e->path);
    sim_put_text(out, "op", sim_op_name(e->op));
    sim_put_i64(out, "status", e->status);
    sim_put_if_text(out, "retry_count", e->retry_count);
    sim_put_if_text(out, "org_name", e->org_name);
    sim_put_if_text(out, "call_id", e->call_id);
    sim_put_if_text(out, "fault", e->fault);
    sim_close(out, '}');
}

static void put_delivery(const struct sim *s, struct buf *out, const struct sim_log_delivery *e)
{
    sim_open(out, NULL, '{');
    sim_put_i64(out, "seq", (int64_t)e->seq);
    sim_put_i64(out, "at_ms", e->at_ms);
    sim_put_text(out, "call_id", s->world.calls[e->call]->id);
    sim_put_text(out, "event", e->event < SIM_EVENTS ? sim_event_names[e->event] : "call_inbound");
    sim_put_i64(out, "attempt", e->attempt);
    sim_put_i64(out, "status", e->status);
    sim_put_i64(out, "took_ms", e->took_ms);
    sim_put_if_text(out, "outcome", e->outcome);
    sim_put_if_text(out, "fault", e->fault);
    sim_put_if_text(out, "signature", e->signature);
    sim_close(out, '}');
}

/* Entries seq first..last of a ring that holds `total` so far. */
static uint64_t first_after(uint64_t after, uint64_t total)
{
    uint64_t oldest = total > SIM_JOURNAL_ENTRIES ? total - SIM_JOURNAL_ENTRIES : 0;

    return after > oldest ? after : oldest;
}

void sim_journal_log(const struct sim *s, uint64_t after, uint64_t limit, struct buf *out)
{
    const struct sim_journal *j = &s->journal;
    uint64_t r = first_after(after, j->nrequests), d = first_after(after, j->ndeliveries);

    sim_open(out, NULL, '{');
    sim_open(out, "requests", '[');
    for (uint64_t n = 0; r < j->nrequests && n < limit; r++, n++)
        put_request(out, &j->requests[r % SIM_JOURNAL_ENTRIES]);
    sim_close(out, ']');
    sim_open(out, "deliveries", '[');
    for (uint64_t n = 0; d < j->ndeliveries && n < limit; d++, n++)
        put_delivery(s, out, &j->deliveries[d % SIM_JOURNAL_ENTRIES]);
    sim_close(out, ']');
    sim_close(out, '}');
}

static void put_counts(const struct sim_journal *j, struct buf *out)
{
    char key[8];

    sim_open(out, "by_op", '{');
    for (size_t i = 0; i <= SIM_OPS; i++)
        if (j->by_op[i])
            sim_put_i64(out, sim_op_name((enum sim_op)i), (int64_t)j->by_op[i]);
    sim_close(out, '}');
    sim_open(out, "by_status", '{');
    for (size_t i = 0; i < ARRAY_LEN(j->by_status); i++)
        if (j->by_status[i]) {
            snprintf(key, sizeof(key), "%zu", i);
            sim_put_i64(out, key, (int64_t)j->by_status[i]);
        }
    sim_close(out, '}');
    sim_open(out, "ended_by_reason", '{');
    for (size_t i = 0; i < SIM_OUTCOMES; i++)
        if (j->ended[i])
            sim_put_i64(out, sim_outcome_name((enum sim_outcome)i), (int64_t)j->ended[i]);
    sim_close(out, '}');
}

static void put_deliveries(const struct sim *s, struct buf *out)
{
    const struct sim_journal *j = &s->journal;

    sim_open(out, "deliveries", '{');
    sim_put_i64(out, "pending", (int64_t)sim_hooks_pending(s->hooks));
    sim_put_i64(out, "attempts", (int64_t)j->ndeliveries);
    sim_put_i64(out, "delivered", (int64_t)j->delivered);
    sim_put_i64(out, "failed", (int64_t)j->failed);
    sim_put_i64(out, "lost", (int64_t)j->lost);
    sim_put_i64(out, "gave_up", (int64_t)j->gave_up);
    sim_open(out, "events", '{');
    for (size_t e = 0; e < SIM_EVENTS; e++)
        if (j->events[e])
            sim_put_i64(out, sim_event_names[e], (int64_t)j->events[e]);
    sim_close(out, '}');
    sim_close(out, '}');
}

/* Most calls placed within any one second: created_ms only grows along the ledger. */
static uint32_t busiest_second(const struct sim_world *w)
{
    uint32_t first = 0, most = 0;

    for (uint32_t i = 0; i < w->ncalls; i++) {
        while (w->calls[i]->created_ms - w->calls[first]->created_ms >= 1000)
            first++;
        if (i - first + 1 > most)
            most = i - first + 1;
    }
    return most;
}

void sim_journal_stats(const struct sim *s, uint64_t starts, struct buf *out)
{
    const struct sim_world *w = &s->world;
    uint32_t by_status[SIM_STATUSES] = {0};

    for (uint32_t i = 0; i < w->ncalls; i++)
        by_status[w->calls[i]->status]++;
    sim_open(out, NULL, '{');
    sim_put_i64(out, "requests", (int64_t)s->journal.nrequests);
    sim_put_i64(out, "calls_placed", w->ncalls);
    sim_open(out, "calls", '{');
    for (size_t i = 0; i < SIM_STATUSES; i++)
        sim_put_i64(out, sim_status_name((enum sim_status)i), by_status[i]);
    sim_close(out, '}');
    sim_put_i64(out, "concurrency", s->journal.live);
    sim_put_i64(out, "max_concurrency", s->journal.max_live);
    sim_put_i64(out, "max_starts_per_second", busiest_second(w));
    put_counts(&s->journal, out);
    put_deliveries(s, out);
    sim_open(out, "starts_ms", '[');
    for (uint64_t i = w->ncalls > starts ? w->ncalls - starts : 0; i < w->ncalls; i++)
        sim_put_i64(out, NULL, w->calls[i]->created_ms);
    sim_close(out, ']');
    sim_close(out, '}');
}

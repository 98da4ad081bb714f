/* config.c - the table of settings and the merge that walks it. */

#include "tests/retell_sim/config.h"

#include "tests/retell_sim/json.h"

#include <stdio.h>
#include <stdlib.h>

enum kind {
    K_TEXT,     /* char[64] */
    K_COUNT,    /* int >= 0 */
    K_SEED,     /* uint64_t */
    K_NUMBER,   /* double >= 0 */
    K_POSITIVE, /* double > 0 */
    K_CHANCE,   /* double in [0, 1] */
    K_BOOL,
    K_PAIR,
    K_GAPS,   /* double[8], the last repeated */
    K_CHOICE, /* int, index among labels */
    K_MAP,    /* struct buf, an object kept as text */
    K_OUTCOMES,
    K_PER_OP,
    K_ELSEWHERE, /* known, read by somebody else */
};

struct row {
    const char *path;
    enum kind kind;
    size_t at;
    const char *labels; /* K_CHOICE: "a|b|c" */
};

#define ROW(path, kind, member) \
    { \
        path, kind, offsetof(struct sim_config, member), NULL \
    }
#define CHOICE(path, member, labels) \
    { \
        path, K_CHOICE, offsetof(struct sim_config, member), labels \
    }

static const struct row rows[] = {
    ROW("listen", K_TEXT, listen),
    ROW("control", K_TEXT, control),
    ROW("seed", K_SEED, seed),
    ROW("time_scale", K_POSITIVE, time_scale),
    ROW("workspaces", K_ELSEWHERE, seed),
    ROW("api.latency_ms.dist", K_ELSEWHERE, seed),
    ROW("api.latency_ms.p50", K_NUMBER, latency.p50),
    ROW("api.latency_ms.p95", K_NUMBER, latency.p95),
    ROW("api.latency_ms.max", K_NUMBER, latency.max),
    ROW("api.per_op", K_PER_OP, per_op),
    ROW("api.rate_limit.requests", K_NUMBER, rate_requests),
    ROW("api.rate_limit.window_ms", K_POSITIVE, rate_window_ms),
    CHOICE("api.rate_limit.retry_after", retry_after, "seconds|ms|none"),
    ROW("api.faults.http_500", K_CHANCE, faults.http_500),
    ROW("api.faults.http_503", K_CHANCE, faults.http_503),
    ROW("api.faults.http_429", K_CHANCE, faults.http_429),
    ROW("api.faults.http_402", K_CHANCE, faults.http_402),
    ROW("api.faults.reset", K_CHANCE, faults.reset),
    ROW("api.faults.reset_after_commit", K_CHANCE, faults.reset_after_commit),
    ROW("api.faults.hang", K_CHANCE, faults.hang),
    ROW("api.faults.html_502", K_CHANCE, faults.html_502),
    ROW("api.not_found.call", K_COUNT, not_found_call),
    ROW("api.not_found.from_number", K_COUNT, not_found_from_number),
    CHOICE("api.over_concurrency", over_concurrency, "429|ended_call"),
    ROW("telephony.ring_ms.p50", K_NUMBER, ring.p50),
    ROW("telephony.ring_ms.p95", K_NUMBER, ring.p95),
    ROW("telephony.busy_ms", K_PAIR, busy_ms),
    ROW("telephony.invalid_ms", K_PAIR, invalid_ms),
    ROW("telephony.voicemail_after_ms", K_PAIR, voicemail_ms),
    ROW("telephony.talk_ms.p50", K_NUMBER, talk.p50),
    ROW("telephony.talk_ms.p95", K_NUMBER, talk.p95),
    ROW("telephony.max_call_ms", K_POSITIVE, max_call_ms),
    ROW("outcomes", K_OUTCOMES, outcomes),
    ROW("analysis.delay_ms.p50", K_NUMBER, analysis_delay.p50),
    ROW("analysis.delay_ms.p95", K_NUMBER, analysis_delay.p95),
    ROW("analysis.success_rate", K_CHANCE, analysis_success_rate),
    ROW("analysis.missing_rate", K_CHANCE, analysis_missing_rate),
    ROW("analysis.custom", K_MAP, analysis_custom),
    ROW("cost.cents_per_sec", K_NUMBER, cents_per_sec),
    ROW("cost.telephony_cents_per_min", K_MAP, cents_per_min),
    ROW("webhooks.timeout_ms", K_POSITIVE, hook_timeout_ms),
    ROW("webhooks.retries", K_COUNT, hook_retries),
    ROW("webhooks.retry_gap_ms", K_GAPS, hook_retry_gap_ms),
    ROW("webhooks.connections", K_COUNT, hook_connections),
    ROW("webhooks.duplicate", K_CHANCE, hook_faults.duplicate),
    ROW("webhooks.out_of_order", K_CHANCE, hook_faults.out_of_order),
    ROW("webhooks.lost", K_CHANCE, hook_faults.lost),
    ROW("webhooks.extra_delay_ms.p", K_CHANCE, hook_faults.delay_p),
    ROW("webhooks.extra_delay_ms.ms", K_NUMBER, hook_faults.delay_ms),
    ROW("webhooks.bad_signature", K_CHANCE, hook_faults.bad_signature),
    ROW("webhooks.stale_signature", K_CHANCE, hook_faults.stale_signature),
    ROW("webhooks.truncated", K_CHANCE, hook_faults.truncated),
    ROW("webhooks.slow_loris", K_CHANCE, hook_faults.slow_loris),
    ROW("webhooks.transcript_updates", K_BOOL, transcript_updates),
    ROW("compat.seed_paths", K_BOOL, seed_paths),
    CHOICE("compat.enum_level", enum_level, "5.66|6.x"),
    CHOICE("compat.idempotency_key", idempotency, "replay|ignore|refuse"),
};

static const struct row *find(const char *path)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (strcmp(rows[i].path, path) == 0)
            return &rows[i];
    return NULL;
}

static bool read_number(struct str v, double lo, double hi, double *out)
{
    if (sim_json_type(v) != SJ_NUMBER)
        return false;
    double d = sim_json_number(v);
    if (!(d >= lo && d <= hi))
        return false;
    *out = d;
    return true;
}

static bool read_pair(struct str v, struct sim_pair *out)
{
    double *at[] = {&out->lo, &out->hi};
    size_t n = 0;

    for (struct sim_json_iter i = sim_json_items(v); sim_json_next(&i); n++)
        if (n == 2 || !read_number(i.value, 0, 1e12, at[n]))
            return false;
    return n == 2 && out->lo <= out->hi;
}

static bool read_gaps(struct str v, double *gaps, size_t cap)
{
    size_t n = 0;

    for (struct sim_json_iter i = sim_json_items(v); sim_json_next(&i); n++)
        if (n == cap || !read_number(i.value, 0, 1e9, &gaps[n]))
            return false;
    for (size_t last = n; n && last < cap; last++)
        gaps[last] = gaps[n - 1];
    return n > 0;
}

static bool read_choice(struct str v, const char *labels, int *out)
{
    int n = 0;

    for (const char *p = labels; p; n++) {
        const char *bar = strchr(p, '|');
        char label[32];
        size_t len = bar ? (size_t)(bar - p) : strlen(p);
        memcpy(label, p, len);
        label[len] = '\0';
        if (sim_json_is(v, label)) {
            *out = n;
            return true;
        }
        p = bar ? bar + 1 : NULL;
    }
    return false;
}

static bool read_map(struct str v, struct buf *out)
{
    if (sim_json_type(v) != SJ_OBJECT)
        return false;
    buf_reset(out);
    sim_json_compact(out, v);
    return true;
}

static bool read_outcomes(struct str v, double *weights)
{
    if (sim_json_type(v) != SJ_OBJECT)
        return false;
    for (size_t i = 0; i < SIM_OUTCOMES; i++)
        weights[i] = 0;
    for (struct sim_json_iter i = sim_json_items(v); sim_json_next(&i);) {
        enum sim_outcome o = sim_outcome_named(i.key);
        if (o == SIM_OUTCOMES || !read_number(i.value, 0, 1e9, &weights[o]))
            return false;
    }
    return true;
}

static void forget_per_op(struct sim_dist *per_op)
{
    for (size_t i = 0; i < SIM_OPS; i++)
        per_op[i] = (struct sim_dist){.p50 = -1};
}

static bool read_per_op(struct str v, struct sim_dist *per_op)
{
    forget_per_op(per_op);
    for (struct sim_json_iter i = sim_json_items(v); sim_json_next(&i);) {
        enum sim_op op = sim_op_named(i.key);
        if (op == SIM_OPS)
            return false;
        struct sim_dist *d = &per_op[op];
        if (!read_number(sim_json_get(i.value, "p50"), 0, 1e9, &d->p50))
            return false;
        d->p95 = sim_json_number(sim_json_get(i.value, "p95"));
        d->max = sim_json_number(sim_json_get(i.value, "max"));
    }
    return sim_json_type(v) == SJ_OBJECT;
}

static bool read_int(struct str v, int *out)
{
    double d;

    if (!read_number(v, 0, 1e9, &d))
        return false;
    *out = (int)d;
    return true;
}

static bool read_seed(struct str v, uint64_t *out)
{
    double d;

    if (!read_number(v, 0, 9e15, &d))
        return false;
    *out = (uint64_t)d;
    return true;
}

static bool read_bool(struct str v, bool *out)
{
    *out = sim_json_true(v);
    return sim_json_type(v) == SJ_BOOL;
}

static bool apply(struct sim_config *c, const struct row *row, struct str v)
{
    void *at = (char *)c + row->at;

    switch (row->kind) {
    case K_TEXT: return sim_json_type(v) == SJ_STRING && sim_json_cstr(v, at, 64);
    case K_COUNT: return read_int(v, at);
    case K_SEED: return read_seed(v, at);
    case K_NUMBER: return read_number(v, 0, 1e12, at);
    case K_POSITIVE: return read_number(v, 1e-6, 1e12, at);
    case K_CHANCE: return read_number(v, 0, 1, at);
    case K_BOOL: return read_bool(v, at);
    case K_PAIR: return read_pair(v, at);
    case K_GAPS: return read_gaps(v, at, 8);
    case K_CHOICE: return read_choice(v, row->labels, at);
    case K_MAP: return read_map(v, at);
    case K_OUTCOMES: return read_outcomes(v, at);
    case K_PER_OP: return read_per_op(v, at);
    case K_ELSEWHERE: return true;
    }
    return false;
}

static bool is_prefix(const char *path)
{
    size_t n = strlen(path);

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (strncmp(rows[i].path, path, n) == 0 && rows[i].path[n] == '.')
            return true;
    return false;
}

static bool merge(struct sim_config *c, struct str object, const char *prefix, struct buf *why)
{
    bool ok = true;

    for (struct sim_json_iter i = sim_json_items(object); sim_json_next(&i);) {
        struct buf path = {0};
        buf_str(&path, prefix);
        buf_str(&path, *prefix ? "." : "");
        buf_add(&path, i.key.p, i.key.n);
        const struct row *row = find(path.p);
        bool good = row ? apply(c, row, i.value)
                        : is_prefix(path.p) && sim_json_type(i.value) == SJ_OBJECT
                              && merge(c, i.value, path.p, why);
        if (!good)
            buf_printf(why, "%s: %s\n", path.p, row ? "bad value" : "not accepted");
        ok = ok && good;
        buf_free(&path);
    }
    return ok;
}

bool sim_config_merge(struct sim_config *c, struct str json, struct buf *why)
{
    if (!sim_json_check(json) || sim_json_type(json) != SJ_OBJECT) {
        buf_str(why, "not a JSON object\n");
        return false;
    }
    return merge(c, json, "", why);
}

void sim_config_init(struct sim_config *c)
{
    struct buf why = {0};

    *c = (struct sim_config){0};
    forget_per_op(c->per_op);
    if (!sim_config_merge(c, str_of(sim_config_defaults), &why)) {
        fprintf(stderr, "retell-sim: the built-in settings are wrong:\n%s", why.p);
        abort();
    }
}

static void copy_buf(struct buf *to, const struct buf *from)
{
    *to = (struct buf){0};
    buf_add(to, from->p, from->n);
}

void sim_config_copy(struct sim_config *to, const struct sim_config *from)
{
    *to = *from;
    copy_buf(&to->analysis_custom, &from->analysis_custom);
    copy_buf(&to->cents_per_min, &from->cents_per_min);
}

void sim_config_free(struct sim_config *c)
{
    buf_free(&c->analysis_custom);
    buf_free(&c->cents_per_min);
}

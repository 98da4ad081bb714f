/* dry_run.c - every lead asked about, counted, and a page of them told one by one. */

#include "common/campaign/dry_run.h"

#include "common/base/clock.h"
#include "common/base/page.h"
#include "common/campaign/campaign_repo.h"
#include "common/campaign/what_if.h"
#include "common/store/pool.h"

/* Reasons beside the engine's: what a claim knows of the lead and the campaign. */
enum { REASON_DEAD = CC_NONE + 1, REASON_ENDED, REASONS };

static const struct field dry_run_options_fields[] = {
    FIELD(struct dry_run_options, at),
    PAGE_FIELDS(struct dry_run_options),
};
const struct type dry_run_options_type = TYPE(struct dry_run_options, dry_run_options_fields);

struct dry_run {
    struct generation_basis basis;
    struct campaign_lead_filters filters;
    const struct dry_run_options *options;
    int64_t leads, fates[FATE_NEVER + 1], reasons[REASONS];
    struct tstamp first, last; /* of the instants at which somebody may be called */
    struct what_if what_if;
    struct buf items; /* the page */
};

/* What becomes of one lead. */
struct outcome {
    enum lead_fate fate;
    int reason; /* CC_NONE = none */
    struct tstamp at;
    uint64_t codes;
};

static const char *reason_name(int reason)
{
    return reason == REASON_DEAD    ? "NUMBER_DEAD"
           : reason == REASON_ENDED ? "CAMPAIGN_ENDED"
                                    : compliance_code_name((enum compliance_code)reason);
}

/* A start asks the law; only a claim knows of a dead number and of the campaign's end. */
static struct outcome outcome_of(const struct generation_basis *b, const struct rows *leads, int i,
                                 const struct compliance_verdict *v)
{
    struct tstamp at = generation_when(b, v), end = b->campaign.end_date;

    if (!at.us)
        return (struct outcome){FATE_NEVER, (int)compliance_final_code(v), at, v->codes};
    if (db_text(leads, i, "dead_reason"))
        return (struct outcome){FATE_NEVER, REASON_DEAD, {0}, v->codes};
    if (end.us && at.us >= end.us)
        return (struct outcome){FATE_NEVER, REASON_ENDED, {0}, v->codes};
    return (struct outcome){lead_fate_of(b, v), (int)v->code, at, v->codes};
}

static void write_codes(struct buf *b, const struct outcome *o)
{
    const char *comma = "";

    buf_char(b, '[');
    if (o->reason > CC_NONE) {
        buf_printf(b, "\"%s\"", reason_name(o->reason));
        comma = ",";
    }
    for (enum compliance_code c = 0; c < CC_COUNT; c++)
        if (o->codes & CODE_BIT(c)) {
            buf_printf(b, "%s\"%s\"", comma, compliance_code_name(c));
            comma = ",";
        }
    buf_char(b, ']');
}

static void write_lead(struct op *op, struct dry_run *d, int64_t lead_id, const struct outcome *o)
{
    static const char *const fates[] = {"now", "at", "never"};
    struct buf *b = &d->items;

    buf_printf(b, "%s{\"lead_id\":%lld,\"verdict\":\"%s\",\"at\":", b->n ? "," : "",
               (long long)lead_id, fates[o->fate]);
    buf_json_text(b, tstamp_format(&op->arena, o->at));
    buf_str(b, ",\"reason\":");
    buf_json_text(b, o->reason == CC_NONE ? NULL : reason_name(o->reason));
    buf_str(b, ",\"codes\":");
    write_codes(b, o);
    buf_char(b, '}');
}

static void tally(struct dry_run *d, const struct outcome *o)
{
    d->leads++;
    d->fates[o->fate]++;
    if (o->fate != FATE_NOW && o->reason != CC_NONE)
        d->reasons[o->reason]++;
    if (o->fate == FATE_NEVER)
        return;
    if (!d->first.us || o->at.us < d->first.us)
        d->first = o->at;
    if (o->at.us > d->last.us)
        d->last = o->at;
}

static bool look_at(struct op *op, struct dry_run *d, const struct rows *leads, int i)
{
    struct compliance_answer a;
    int64_t place = d->leads - d->options->offset;

    if (!generation_judge(op, &d->basis, leads, i, NULL, &a))
        return false;
    struct outcome o = outcome_of(&d->basis, leads, i, &a.verdict);
    tally(d, &o);
    if (place >= 0 && place < d->options->limit)
        write_lead(op, d, db_i64(leads, i, "id"), &o);
    return o.reason > CC_NONE || what_if_count(op, &d->basis, leads, i, &a, &d->what_if);
}

/* One batch, with memory and a session of its own; *n leads were there. */
static bool run_batch(struct op *parent, struct dry_run *d, int64_t lane, int64_t *after, int *n)
{
    struct op op = op_part(parent);
    struct rows leads = {0};

    bool ok = generation_leads(&op, &d->filters, lane, *after, GENERATION_BATCH, &leads);
    for (int i = 0; ok && i < leads.n; i++)
        ok = look_at(&op, d, &leads, i);
    *n = leads.n;
    if (ok && leads.n)
        *after = db_i64(&leads, leads.n - 1, "id");
    if (!ok)
        op_fail_like(parent, &op);
    op_end(&op);
    return ok;
}

static bool run_lane(struct op *op, struct dry_run *d, int64_t lane)
{
    int64_t after = 0;
    int n = GENERATION_BATCH;

    while (n == GENERATION_BATCH)
        if (!run_batch(op, d, lane, &after, &n))
            return false;
    return true;
}

static void write_reasons(struct buf *out, const struct dry_run *d)
{
    const char *comma = "";

    buf_char(out, '{');
    for (int r = 0; r < REASONS; r++)
        if (d->reasons[r]) {
            buf_printf(out, "%s\"%s\":%lld", comma, reason_name(r), (long long)d->reasons[r]);
            comma = ",";
        }
    buf_char(out, '}');
}

static void write_answer(struct op *op, struct dry_run *d, struct buf *out)
{
    buf_printf(out, "{\"campaign_id\":%lld,\"at\":", (long long)d->basis.campaign.id);
    buf_json_text(out, tstamp_format(&op->arena, d->basis.now));
    buf_printf(out, ",\"leads\":%lld,\"callable_now\":%lld,\"later\":%lld,\"never\":%lld",
               (long long)d->leads, (long long)d->fates[FATE_NOW], (long long)d->fates[FATE_LATER],
               (long long)d->fates[FATE_NEVER]);
    buf_str(out, ",\"by_reason\":");
    write_reasons(out, d);
    buf_str(out, ",\"first_callable_at\":");
    buf_json_text(out, tstamp_format(&op->arena, d->first));
    buf_str(out, ",\"last_callable_at\":");
    buf_json_text(out, tstamp_format(&op->arena, d->last));
    buf_str(out, ",\"frees_most\":");
    what_if_write(out, &d->what_if);
    buf_str(out, ",\"items\":[");
    buf_add(out, d->items.p, d->items.n);
    buf_printf(out, "],\"pagination\":{\"limit\":%d,\"offset\":%d}}", d->options->limit,
               d->options->offset);
}

static void free_items(void *p)
{
    buf_free(&((struct dry_run *)p)->items);
}

bool campaign_dry_run(struct op *op, int64_t campaign_id, const struct dry_run_options *options,
                      struct buf *out)
{
    struct dry_run *d = ARENA_NEW(&op->arena, struct dry_run);

    arena_defer(&op->arena, free_items, d);
    d->options = options;
    d->basis.hypothetical = true;
    d->basis.now.us = options->at.us ? options->at.us : clock_now_us();
    if (!campaign_repo_get(op, campaign_id, &d->basis.campaign)
        || !generation_filters(op, &d->basis.campaign, &d->filters)
        || !rules_in_force(op, NULL, generation_earliest(&d->basis), &d->basis.rules))
        return false;
    db_release(op);
    if (!run_lane(op, d, campaign_id)
        || (d->basis.campaign.lead_filters.text && !run_lane(op, d, 0)))
        return false;
    write_answer(op, d, out);
    return true;
}

/* what_if.c - the codes taken away one change at a time. */

#include "common/campaign/what_if.h"

#include "common/base/json.h"

#include <stdlib.h>

/* A candidate zone is one question more; numbers that may ring anywhere have dozens. */
enum { MAX_ZONES_ASKED = 6 };

#define CODES(...) code_set((const enum compliance_code[]){__VA_ARGS__, CC_NONE})

static uint64_t code_set(const enum compliance_code *codes)
{
    uint64_t set = 0;

    for (; *codes != CC_NONE; codes++)
        set |= CODE_BIT(*codes);
    return set;
}

enum lead_fate lead_fate_of(const struct generation_basis *b, const struct compliance_verdict *v)
{
    struct tstamp at = generation_when(b, v), end = b->campaign.end_date;

    if (at.us == 0 || (end.us && at.us >= end.us))
        return FATE_NEVER;
    return at.us <= b->now.us ? FATE_NOW : FATE_LATER;
}

static bool is_same(const struct freed *f, const char *change, const char *registry)
{
    return strcmp(f->change, change) == 0 && !f->registry == !registry
           && (!registry || strcmp(f->registry, registry) == 0);
}

/* The fullest table keeps what it has: there are fewer changes and registries than places. */
static void count(struct what_if *w, const char *change, const char *registry, enum lead_fate fate)
{
    int i = 0;

    while (i < w->n && !is_same(&w->items[i], change, registry))
        i++;
    if (i == WHAT_IF_MAX)
        return;
    if (i == w->n)
        w->items[w->n++] = (struct freed){.change = change, .registry = registry};
    w->items[i].now += fate == FATE_NOW;
    w->items[i].later += fate == FATE_LATER;
}

/* Only what has no other cure than this change, and time before the campaign's end, is freed. */
static void without(const struct generation_basis *b, const struct compliance_answer *a,
                    uint64_t codes, const char *change, const char *registry, struct what_if *w)
{
    uint64_t rest = a->verdict.codes & ~codes;

    if (!(a->verdict.codes & codes) || (rest && !compliance_is_temporal(rest)))
        return;
    const struct compliance_verdict v = compliance_decide_without(a->facts, codes);
    count(w, change, registry, lead_fate_of(b, &v));
}

/* The registry of the number's country, else of the lead's. */
static const char *registry_asked(const struct generation_basis *b, const char *country,
                                  const char *theirs)
{
    const char *found = NULL;

    for (int i = 0; i < b->rules.n; i++) {
        const struct rule_in_force *r = &b->rules.items[i];
        if (!r->platform || !r->law->registry.name)
            continue;
        if (strcmp(r->country_iso, country) == 0)
            return r->law->registry.name;
        if (theirs && strcmp(r->country_iso, theirs) == 0)
            found = r->law->registry.name;
    }
    return found;
}

static void count_by_codes(const struct generation_basis *b, const char *theirs,
                           const struct compliance_answer *a, struct what_if *w)
{
    without(b, a,
            CODES(CC_CONSENT_NO_LEAD, CC_CONSENT_EXPIRED, CC_CONSENT_BASIS_NOT_ACCEPTED,
                  CC_CONSENT_MISSING, CC_CONSENT_DATE_IN_FUTURE, CC_CONSENT_DATE_MISSING,
                  CC_CONSENT_PROOF_MISSING, CC_CONSENT_SCOPE, CC_CONSENT_LEVEL),
            "record_consent", NULL, w);
    without(b, a, CODES(CC_DNC_REGISTRY_STALE), "scrub_registry",
            registry_asked(b, a->country_iso, theirs), w);
    without(b, a, CODES(CC_DNC_INTERNAL), "remove_from_dnc_list", NULL, w);
    without(b, a, CODES(CC_QUIET_HOURS_INVALID_CONFIG), "correct_windows", NULL, w);
    without(b, a, CODES(CC_CALLER_ID_ANONYMOUS, CC_CALLER_ID_FORBIDDEN), "change_from_number", NULL,
            w);
    without(b, a, CODES(CC_SECTOR_CONSENT), "record_sector_consent", NULL, w);
    without(b, a, CODES(CC_DISCLOSURE_TEMPLATE_INVALID), "correct_disclosure_text", NULL, w);
}

/* Asked again: is it better than it was? */
static bool ask_again(struct op *op, const struct generation_basis *b, const struct rows *leads,
                      int i, const char *metadata, enum lead_fate was, enum lead_fate *is)
{
    struct op part = op_part(op); /* what one question leaves behind goes with it */
    struct compliance_answer a;

    bool ok = generation_judge(&part, b, leads, i, metadata, &a);
    *is = ok ? lead_fate_of(b, &a.verdict) : FATE_NEVER;
    if (*is >= was)
        *is = FATE_NEVER;
    if (!ok)
        op_fail_like(op, &part);
    op_end(&part);
    return ok;
}

/* The campaign's own window, override and end: each taken away for one question. */
static bool count_by_campaign(struct op *op, const struct generation_basis *b,
                              const struct rows *leads, int i, const struct compliance_verdict *v,
                              struct what_if *w)
{
    enum lead_fate was = lead_fate_of(b, v), is;
    struct generation_basis other = *b;

    if (v->codes & CODE_BIT(CC_QUIET_HOURS_CAMPAIGN)) {
        other.campaign.quiet_hours = NULL;
        if (!ask_again(op, &other, leads, i, NULL, was, &is))
            return false;
        count(w, "widen_campaign_window", NULL, is);
        other.campaign.quiet_hours = b->campaign.quiet_hours;
    }
    if (b->campaign.country_rules_override.text) {
        other.campaign.country_rules_override.text = NULL;
        if (!ask_again(op, &other, leads, i, NULL, was, &is))
            return false;
        count(w, "remove_override", NULL, is);
        other.campaign.country_rules_override = b->campaign.country_rules_override;
    }
    if (v->warnings & CODE_BIT(CW_NEXT_WINDOW_AFTER_CAMPAIGN_END)) {
        other.campaign.end_date.us = 0;
        if (!ask_again(op, &other, leads, i, NULL, was, &is))
            return false;
        count(w, "extend_campaign", NULL, is);
    }
    return true;
}

/* The lead's metadata with its zone confirmed. */
static const char *confirmed(struct op *op, const char *metadata, const struct tz *zone)
{
    const struct cJSON *old = NULL;
    struct buf b = {0};

    if (metadata && !json_parse(op, str_of(metadata), &old))
        op_forgive(op);
    buf_printf(&b, "{\"timezone\":\"%s\",\"timezone_verified\":true", tz_name(zone));
    for (const struct cJSON *v = old ? json_first(old) : NULL; v; v = json_next(v)) {
        if (strncmp(json_key(v), "timezone", 8) == 0)
            continue;
        buf_char(&b, ',');
        buf_json_text(&b, json_key(v));
        buf_char(&b, ':');
        buf_str(&b, json_text(op, v));
    }
    buf_char(&b, '}');
    const char *text = arena_strdup(&op->arena, b.p);
    buf_free(&b);
    return text;
}

/* Where it is too early or too late in only some of the zones a person may be in. */
static bool count_by_zone(struct op *op, const struct generation_basis *b, const struct rows *leads,
                          int i, const struct compliance_verdict *v, struct what_if *w)
{
    const uint64_t quiet = CODES(CC_QUIET_HOURS, CC_QUIET_HOURS_HOLIDAY);
    enum lead_fate was = lead_fate_of(b, v), best = FATE_NEVER, is;

    if (!(v->codes & quiet) || !compliance_is_temporal(v->codes) || v->n_zones < 2)
        return true;
    for (int z = 0; z < v->n_zones && z < MAX_ZONES_ASKED; z++) {
        const char *metadata = confirmed(op, db_text(leads, i, "metadata"), v->zones[z]);
        if (!ask_again(op, b, leads, i, metadata, was, &is))
            return false;
        best = is < best ? is : best;
    }
    count(w, "confirm_timezone", NULL, best);
    return true;
}

bool what_if_count(struct op *op, const struct generation_basis *b, const struct rows *leads, int i,
                   const struct compliance_answer *a, struct what_if *w)
{
    const struct compliance_verdict *v = &a->verdict;

    if (v->status != VERDICT_REJECTED)
        return true;
    if (lead_fate_of(b, v) == FATE_NEVER)
        count_by_codes(b, db_text(leads, i, "country_iso"), a, w);
    return count_by_campaign(op, b, leads, i, v, w) && count_by_zone(op, b, leads, i, v, w);
}

static int by_freed(const void *a, const void *b)
{
    const struct freed *x = a, *y = b;
    int64_t freed_x = x->now + x->later, freed_y = y->now + y->later;

    if (freed_x != freed_y)
        return freed_x < freed_y ? 1 : -1;
    return x->now < y->now ? 1 : x->now > y->now ? -1 : strcmp(x->change, y->change);
}

void what_if_write(struct buf *out, struct what_if *w)
{
    const char *comma = "";

    qsort(w->items, (size_t)w->n, sizeof(w->items[0]), by_freed);
    buf_char(out, '[');
    for (int i = 0; i < w->n; i++) {
        const struct freed *f = &w->items[i];
        if (f->now + f->later == 0)
            continue;
        buf_printf(out, "%s{\"change\":\"%s\",\"registry\":", comma, f->change);
        buf_json_text(out, f->registry);
        buf_printf(out, ",\"leads\":%lld,\"now\":%lld,\"later\":%lld}",
                   (long long)(f->now + f->later), (long long)f->now, (long long)f->later);
        comma = ",";
    }
    buf_char(out, ']');
}

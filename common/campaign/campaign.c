/* campaign.c - campaigns as drafts: made, read, changed, counted. */

#include "common/campaign/campaign.h"

#include "common/base/clock.h"
#include "common/base/json.h"
#include "common/campaign/campaign_repo.h"
#include "common/campaign/opt_out_phrases.h"
#include "common/campaign/retry_policy.h"
#include "common/compliance/grant.h"
#include "common/number/country.h"
#include "common/store/db.h"
#include "queries.h"

#include <inttypes.h>

static void check_lead_filters(struct op *op, const struct campaign *c)
{
    struct op part = {.request_id = op->request_id};
    struct campaign_lead_filters filters = {0};
    const struct cJSON *v;

    if (c->lead_filters.text && json_parse(&part, str_of(c->lead_filters.text), &v)
        && !from_json(&part, v, &campaign_lead_filters_type, &filters))
        err_details_under(op, "lead_filters", &part);
    op_end(&part);
}

/* Each member is a country with a rule's fields; what they say can only tighten. */
/* What a form found wrong in v; nothing when v is none for it. */
static void complain_under(struct op *op, const char *path, const struct op *form)
{
    if (!form->err.details)
        err_detail(op, path, "must be an object");
    err_details_under(op, path, form);
}

/* _loosen is no field of a rule: it asks for a grant. */
static void check_loosen(struct op *op, const char *path, const struct cJSON *v)
{
    struct op part = {.request_id = op->request_id};
    struct loosening_request asked = {0};

    if (v && !from_json(&part, v, &loosening_request_type, &asked))
        complain_under(op, arena_printf(&op->arena, "%s._loosen", path), &part);
    op_end(&part);
}

static void check_override(struct op *op, const char *path, const struct cJSON *v)
{
    struct op part = {.request_id = op->request_id};
    struct country_rule rule = {.country_iso = json_key(v)};
    const struct cJSON *loosen = json_get(v, "_loosen");

    if (!patch_json(&part, v, &country_rule_type, &rule)
        && !(loosen && err_detail_drop(&part, "_loosen") && !part.err.details))
        complain_under(op, path, &part);
    check_loosen(op, path, loosen);
    op_end(&part);
}

static void check_overrides(struct op *op, const struct campaign *c)
{
    struct op part = {.request_id = op->request_id};
    const struct cJSON *all = NULL;

    if (c->country_rules_override.text
        && !json_parse(&part, str_of(c->country_rules_override.text), &all))
        op_forgive(&part);
    for (const struct cJSON *v = json_first(all); v; v = json_next(v)) {
        const char *path = arena_printf(&op->arena, "country_rules_override.%s", json_key(v));
        if (country_complaint(json_key(v)))
            err_detail(op, path, country_complaint(json_key(v)));
        else
            check_override(op, path, v);
    }
    op_end(&part);
}

static void check_retry_policy(struct op *op, const struct campaign *c)
{
    struct op part = {.request_id = op->request_id};
    struct retry_policy policy;

    if (!retry_policy_read(&part, c->retry_policy, &policy))
        err_details_under(op, "retry_policy", &part);
    op_end(&part);
}

/* The runtime defends itself too; whoever writes it down should hear of it now. */
static bool check_loosening(struct op *op, const struct campaign *c)
{
    int64_t now = clock_now_us();
    const struct cJSON *all, *mine;
    struct country_rules rules;
    const char *grants;

    if (!c->country_rules_override.text || op->err.details)
        return true;
    if (!json_parse(op, str_of(c->country_rules_override.text), &all)
        || !rules_in_force(op, NULL, (struct tstamp){now}, &rules) || !grants_standing(op, &grants))
        return false;
    for (int i = 0; i < rules.n; i++) {
        const char *country = rules.items[i].country_iso;
        if (!rules.items[i].platform || !(mine = json_get(all, country)))
            continue;
        const char *complaint = override_complaint(
            grant_apply(op, override_parse(op, mine), grants, country), rules.items[i].law, now);
        if (complaint)
            err_detail(op, arena_printf(&op->arena, "country_rules_override.%s", country),
                       complaint);
    }
    return true;
}

/* What no single field can say. */
static bool check_whole(struct op *op, const struct campaign *c)
{
    if (c->start_date.us && c->end_date.us && c->end_date.us <= c->start_date.us)
        err_detail(op, "end_date", "must be after start_date");
    check_lead_filters(op, c);
    check_overrides(op, c);
    check_retry_policy(op, c);
    opt_out_phrases_check(op, c->metadata);
    if (!check_loosening(op, c))
        return false;
    return !op->err.details || fail(op, E_VALIDATION_ERROR, "Request validation failed");
}

bool campaign_create(struct op *op, struct campaign *c)
{
    return check_whole(op, c) && campaign_repo_insert(op, c);
}

bool campaign_get(struct op *op, int64_t id, struct campaign *out)
{
    return campaign_repo_get(op, id, out);
}

/* What who asks is limited to, as an array; NULL = to none. */
static const char *only(struct op *op)
{
    struct buf b = {0};

    if (!op->campaigns)
        return NULL;
    for (int i = 0; i < op->campaigns->n; i++)
        buf_printf(&b, "%s%" PRId64, i ? "," : "{", op->campaigns->ids[i]);
    buf_str(&b, op->campaigns->n ? "}" : "{}");
    const char *text = arena_strndup(&op->arena, b.p, b.n);
    buf_free(&b);
    return text;
}

bool campaign_list(struct op *op, const struct campaign_query *q, struct campaign **out, int *n,
                   int64_t *total)
{
    struct rows page, count;
    const struct arg *args =
        ARGS({"status", q->status}, {"only", only(op)}, {"limit", sql_i64(op, q->limit)},
             {"offset", sql_i64(op, q->offset)});

    if (!db_ask(op,
                (const struct ask[]){{&SQL_CAMPAIGN_LIST, args, &page},
                                     {&SQL_CAMPAIGN_COUNT, args, &count}},
                2))
        return false;
    *n = page.n;
    *total = db_i64(&count, 0, "n");
    return (*out = from_rows(op, &page, &campaign_type)) != NULL;
}

bool campaign_update(struct op *op, int64_t id,
                     bool (*change)(struct op *op, struct campaign *c, void *ctx), void *ctx,
                     struct campaign *out)
{
    if (!db_begin(op) || !campaign_repo_lock(op, id, out))
        return false;
    if (out->status != CAMPAIGN_DRAFT && out->status != CAMPAIGN_PAUSED)
        return fail(op, E_INVALID_STATE,
                    "Campaign %" PRId64 " is %s; only a draft or paused campaign can be changed",
                    id, campaign_status_names[out->status]);
    return change(op, out, ctx) && check_whole(op, out) && campaign_repo_update(op, out)
           && db_commit(op);
}

bool campaign_stats_of(struct op *op, const struct campaign *campaigns, int n,
                       struct campaign_stats **out)
{
    struct sql_array ids = {0};
    struct rows rows;

    for (int i = 0; i < n; i++)
        sql_array_add_i64(&ids, campaigns[i].id);
    bool ok = db_query(op, &SQL_CAMPAIGN_STATS, ARGS({"ids", sql_array_close(&ids)}), &rows);
    sql_array_free(&ids);
    if (ok && rows.n != n)
        return fail(op, E_INTERNAL_ERROR, "the statistics of %d campaigns are %d", n, rows.n);
    return ok && (*out = from_rows(op, &rows, &campaign_stats_type)) != NULL;
}

bool campaign_stats(struct op *op, int64_t id, struct campaign_stats *out)
{
    struct campaign c = {0};
    struct campaign_stats *stats;

    if (!campaign_repo_get(op, id, &c) || !campaign_stats_of(op, &c, 1, &stats))
        return false;
    *out = stats[0];
    return true;
}

struct compliance_campaign campaign_compliance(const struct campaign *c)
{
    return (struct compliance_campaign){
        .id = c->id,
        .columns = {.exclude_dnc = c->exclude_dnc,
                    .quiet_hours = c->quiet_hours,
                    .timezone = c->timezone,
                    .end_date = c->end_date,
                    .country_rules_override = c->country_rules_override,
                    .metadata = c->metadata},
    };
}

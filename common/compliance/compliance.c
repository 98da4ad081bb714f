/* compliance.c - facts for the engine, records and words from its verdict. */

#include "common/compliance/compliance.h"

#include "common/base/json.h"
#include "common/base/metrics.h"
#include "common/base/tz.h"
#include "common/number/country.h"
#include "common/number/phone_facts.h"
#include "common/store/db.h"
#include "queries.h"

static const char *id_or_null(struct op *op, int64_t id)
{
    return id ? sql_i64(op, id) : NULL;
}

static struct compliance_rule *engine_rule(struct op *op, const struct rule_in_force *r)
{
    struct compliance_rule *rule = ARENA_NEW(&op->arena, struct compliance_rule);

    *rule = (struct compliance_rule){
        .enabled = r->enabled || !r->platform, /* a tenant's disabled row is no rule at all */
        .require_disclosure = r->require_disclosure,
        .disclosure_text = r->disclosure_text,
        .require_explicit_consent = r->require_explicit_consent,
        .dnc_registry_enabled = r->dnc_registry_enabled,
        .dnc_check_required = r->dnc_check_required,
        .quiet_hours_enabled = r->quiet_hours_enabled,
        .quiet_hours = r->quiet_hours,
        .zones = r->zones,
    };
    return rule;
}

/* The platform's and the tenant's rule of one country; false when the platform has none. */
static bool add_rules(struct op *op, const struct country_rules *rules, const char *country,
                      struct compliance_facts *f, struct compliance_answer *a)
{
    bool found = false;

    for (int i = 0; i < rules->n && f->n_rules < COMPLIANCE_MAX_RULES; i++) {
        const struct rule_in_force *r = &rules->items[i];
        if (strcmp(r->country_iso, country) != 0 || (!r->platform && !r->enabled))
            continue;
        f->rules[f->n_rules++] = engine_rule(op, r);
        found |= r->platform;
        if (r->platform && !a->platform_rule_id)
            a->platform_rule_id = r->id;
        else if (!r->platform && !a->tenant_rule_id)
            a->tenant_rule_id = r->id;
    }
    return found;
}

static bool json_flag(const struct cJSON *object, const char *key)
{
    const struct cJSON *v = json_get(object, key);

    return v && json_is_true(v);
}

/* One more rule that must pass: whatever it says, it can only forbid more. */
static void add_override(struct op *op, const struct compliance_question *q, const char *country,
                         struct compliance_facts *f)
{
    const struct cJSON *all, *mine;
    const char *zones = f->n_rules ? f->rules[0]->zones : NULL;

    if (!q->campaign.overrides.text || f->n_rules == COMPLIANCE_MAX_RULES
        || !json_parse(op, str_of(q->campaign.overrides.text), &all)
        || !(mine = json_get(all, country)))
        return;
    const struct cJSON *enabled = json_get(mine, "enabled");
    struct compliance_rule *rule = ARENA_NEW(&op->arena, struct compliance_rule);
    *rule = (struct compliance_rule){
        .enabled = !enabled || json_is_true(enabled),
        .require_disclosure = json_flag(mine, "require_disclosure"),
        .disclosure_text = json_get_string(mine, "disclosure_text"),
        .require_explicit_consent = json_flag(mine, "require_explicit_consent"),
        .dnc_check_required = json_flag(mine, "dnc_check_required"),
        .quiet_hours_enabled = json_get_string(mine, "quiet_hours") != NULL,
        .quiet_hours = json_get_string(mine, "quiet_hours"),
        .zones = zones,
    };
    f->rules[f->n_rules++] = rule;
}

struct compliance_answer compliance_answer(struct op *op, const struct compliance_question *q,
                                           const struct country_rules *rules,
                                           const struct dnc_hits *dnc)
{
    const char *country = phone_country(q->to_number);
    struct compliance_answer a = {.country_iso = country ? country : "??"};
    struct compliance_facts f = {
        .at = q->at,
        .guard_seconds = q->guard_seconds,
        .advisory = q->advisory,
        .country_iso = country ? a.country_iso : NULL,
        .exclude_dnc = q->campaign.id == 0 || q->campaign.exclude_dnc,
        .dnc_opt_out = dnc->opt_out,
        .dnc_internal = dnc->internal,
        .dnc_platform = dnc->platform,
        .campaign_quiet_hours = q->campaign.quiet_hours,
        .campaign_timezone = q->campaign.timezone,
        .campaign_end = q->campaign.end_date,
        .lead_known = q->lead_known,
        .consent_granted = q->consent == CONSENT_GRANTED,
        .consent_denied = q->consent == CONSENT_DENIED,
        .consent_expired = q->consent == CONSENT_EXPIRED,
    };
    f.platform_rule_found = country && add_rules(op, rules, a.country_iso, &f, &a);
    const char *theirs = q->lead_country ? country_of_rules(q->lead_country) : a.country_iso;
    f.country_mismatch = strcmp(theirs, a.country_iso) != 0;
    if (f.country_mismatch && !add_rules(op, rules, theirs, &f, &a))
        f.platform_rule_found = false;
    add_override(op, q, a.country_iso, &f);
    a.verdict = compliance_decide(&f);
    metric_add(
        M_CHECKS, 1,
        LABELS(verdict_status_names[a.verdict.status], compliance_code_name(a.verdict.code)));
    return a;
}

static const char *countries_of(struct op *op, const struct compliance_question *q)
{
    const char *country = phone_country(q->to_number);

    return arena_printf(&op->arena, "{%s,%s}", country ? country : "XX",
                        q->lead_country ? country_of_rules(q->lead_country) : "XX");
}

bool compliance_ask(struct op *op, const struct compliance_question *q,
                    struct compliance_answer *out)
{
    struct rows rule_rows, dnc_rows;
    struct country_rules rules;

    if (!db_ask(op,
                (const struct ask[]){
                    {&SQL_RULES_IN_FORCE, rules_args(op, countries_of(op, q), q->at), &rule_rows},
                    {&SQL_DNC_HITS, ARGS({"e164", q->to_number}), &dnc_rows}},
                2)
        || !rules_from_rows(op, &rule_rows, &rules))
        return false;
    struct dnc_hits dnc = {.opt_out = db_bool(&dnc_rows, 0, "opt_out"),
                           .internal = db_bool(&dnc_rows, 0, "internal"),
                           .platform = db_bool(&dnc_rows, 0, "platform")};
    *out = compliance_answer(op, q, &rules, &dnc);
    return true;
}

static const char *code_array(struct op *op, uint32_t bits)
{
    struct sql_array names = {0};

    for (enum compliance_code c = 0; c < CC_COUNT; c++)
        if (bits & 1u << c)
            sql_array_add(&names, compliance_code_name(c));
    const char *text = arena_strdup(&op->arena, sql_array_close(&names));
    sql_array_free(&names);
    return text;
}

static const char *warning_array(struct op *op, uint32_t bits)
{
    struct sql_array names = {0};

    for (enum compliance_warning w = 0; w < CW_COUNT; w++)
        if (bits & 1u << w)
            sql_array_add(&names, compliance_warning_name(w));
    const char *text = arena_strdup(&op->arena, sql_array_close(&names));
    sql_array_free(&names);
    return text;
}

const struct arg *compliance_record_args(struct op *op, const struct compliance_subject *s,
                                         const struct compliance_answer *a)
{
    const struct compliance_verdict *v = &a->verdict;
    const struct arg args[] = {
        {"scheduled_call_id", id_or_null(op, s->scheduled_call_id)},
        {"campaign_id", id_or_null(op, s->campaign_id)},
        {"lead_id", id_or_null(op, s->lead_id)},
        {"to_number", s->to_number},
        {"country_iso", a->country_iso},
        {"dnc_check", check_names[v->dnc]},
        {"quiet_hours_check", check_names[v->quiet_hours]},
        {"consent_check", check_names[v->consent]},
        {"disclosure_check", check_names[v->disclosure]},
        {"status", verdict_status_names[v->status]},
        {"rejection_reason", compliance_code_reason(v->code)},
        {"rejection_code", compliance_code_name(v->code)},
        {"all_codes", code_array(op, v->codes)},
        {"warnings", warning_array(op, v->warnings)},
        {"next_allowed_at", sql_tstamp(op, v->next_allowed_at)},
        {"scheduled_time", sql_tstamp(op, s->scheduled_time)},
        {"platform_rule_id", id_or_null(op, a->platform_rule_id)},
        {"country_rule_id", id_or_null(op, a->tenant_rule_id)},
        {"engine_version", COMPLIANCE_ENGINE_VERSION},
        {"tzdata_version", tz_version()},
        {0},
    };
    return memcpy(arena_alloc(&op->arena, sizeof(args)), args, sizeof(args));
}

bool compliance_record(struct op *op, const struct compliance_subject *s,
                       const struct compliance_answer *a, int64_t *id)
{
    struct rows rows;

    if (!db_query(op, &SQL_COMPLIANCE_CHECK_INSERT, compliance_record_args(op, s, a), &rows))
        return false;
    *id = db_i64(&rows, 0, "id");
    return true;
}

void compliance_warnings_json(struct buf *b, uint32_t bits)
{
    const char *comma = "";

    buf_char(b, '[');
    for (enum compliance_warning w = 0; w < CW_COUNT; w++)
        if (bits & 1u << w) {
            buf_printf(b, "%s\"%s\"", comma, compliance_warning_name(w));
            comma = ",";
        }
    buf_char(b, ']');
}

void compliance_actions_json(struct buf *b, const struct compliance_verdict *v)
{
    buf_char(b, '[');
    if (v->disclosure == CHECK_REQUIRED) {
        buf_str(b, "{\"type\":\"disclosure\",\"text\":");
        buf_json_text(b, v->disclosure_text);
        buf_char(b, '}');
    }
    buf_char(b, ']');
}

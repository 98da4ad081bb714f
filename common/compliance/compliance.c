/* compliance.c - facts for the engine, records and words from its verdict. */

#include "common/compliance/compliance.h"

#include "common/base/conf.h"
#include "common/base/json.h"
#include "common/base/metrics.h"
#include "common/base/tz.h"
#include "common/compliance/grant.h"
#include "common/compliance/record.h"
#include "common/number/country.h"
#include "common/number/e164.h"
#include "common/number/phone_facts.h"
#include "common/store/db.h"
#include "queries.h"

static const char *id_or_null(struct op *op, int64_t id)
{
    return id ? sql_i64(op, id) : NULL;
}

static bool is_country(const char *country, const char *other)
{
    return country[0] && strcmp(country, other) == 0;
}

/* The platform's and the tenant's rule of a country, as many as there are. */
static void add_laws(const struct country_rules *rules, const char *country, bool of_lead,
                     struct compliance_facts *f, struct compliance_answer *a)
{
    for (int i = 0; i < rules->n && f->n_laws < FACTS_MAX_LAWS; i++) {
        const struct rule_in_force *r = &rules->items[i];
        if (!is_country(country, r->country_iso))
            continue;
        f->laws[f->n_laws++] = (struct law_in_force){r->law, !r->platform, of_lead};
        if (r->platform && !a->platform_rule_id)
            a->platform_rule_id = r->id;
        else if (!r->platform && !a->tenant_rule_id && r->law->enabled)
            a->tenant_rule_id = r->id;
    }
}

static void read_number(const char *to_number, struct compliance_facts *f)
{
    struct number_facts *number = &f->number;
    struct e164 n = {0};

    number->fault = e164_parse(str_of(to_number), NULL, &n);
    if (number->fault != NUMBER_OK)
        return;
    const struct phone_facts p = phone_facts(n.text);
    const char *country = phone_country(n.text);
    memcpy(number->e164, n.text, sizeof(number->e164));
    number->type = p.type;
    while (number->n_zones < p.n_zones && number->n_zones < FACTS_MAX_ZONES) {
        number->zones[number->n_zones] = p.zones[number->n_zones];
        number->n_zones++;
    }
    if (p.region)
        memcpy(number->region, p.region, sizeof(number->region));
    if (country)
        memcpy(f->country_iso, country, sizeof(f->country_iso));
}

static void read_evidence(const struct evidence *e, struct compliance_facts *f)
{
    f->policy.unknown_scope_blocks = e->unknown_scope_blocks;
    f->dnc = e->dnc;
    f->n_dnc = e->n_dnc;
    memcpy(f->scrubs, e->scrubs, sizeof(f->scrubs));
    f->n_scrubs = e->n_scrubs;
    f->attempts = e->attempts;
    f->n_attempts = e->n_attempts;
}

/* A refusal is the number's too: only a lead with a grant of its own is out of its reach. */
static void read_lead(struct op *op, const struct compliance_question *q,
                      const struct evidence *evidence, struct compliance_facts *f)
{
    if (q->lead)
        f->lead = facts_of_lead(op, q->lead);
    else if (q->country_iso)
        memcpy(f->lead.country_iso, country_of_rules(q->country_iso), sizeof(f->lead.country_iso));
    if (evidence->refused && f->lead.consent != CONSENT_GRANTED) {
        f->lead.known = true;
        f->lead.consent = CONSENT_DENIED;
    }
}

/* The campaign's own words; nobody else can know them. */
static void read_words(struct op *op, const struct compliance_question *q,
                       struct compliance_answer *a)
{
    const struct cJSON *metadata = NULL;
    const char *text = q->campaign.columns.metadata.text;

    if (text && !json_parse(op, str_of(text), &metadata))
        op_forgive(op);
    for (enum disclosure_variable v = 0; metadata && v < DV_COUNT; v++)
        a->words[v] = json_get_string(metadata, disclosure_variable_name(v));
    if (!a->words[DV_callback_number])
        a->words[DV_callback_number] = q->from_number;
    if (!a->words[DV_data_source] && q->lead)
        a->words[DV_data_source] = q->lead->consent_source;
}

struct compliance_answer compliance_answer(struct op *op, const struct compliance_question *q,
                                           const struct country_rules *rules,
                                           const struct evidence *evidence)
{
    struct compliance_answer a = {.country_iso = "??"};
    struct compliance_facts f = {.at = q->at,
                                 .guard_seconds = q->guard_seconds,
                                 .advisory = q->advisory,
                                 .policy.no_rule_warns =
                                     strcmp(op->app->conf->country_without_rule, "warn") == 0,
                                 .from_number = q->from_number};
    struct campaign_columns campaign = q->campaign.columns;

    read_number(q->to_number, &f);
    read_lead(op, q, evidence, &f);
    read_evidence(evidence, &f);
    campaign.exclude_dnc |= q->campaign.id == 0;
    f.campaign = facts_of_campaign(op, &campaign, f.country_iso, f.lead.country_iso);
    f.campaign.override = grant_apply(op, f.campaign.override, evidence->grants, f.country_iso);
    f.campaign.lead_override =
        grant_apply(op, f.campaign.lead_override, evidence->grants, f.lead.country_iso);
    add_laws(rules, f.country_iso, false, &f, &a);
    if (strcmp(f.lead.country_iso, f.country_iso) != 0)
        add_laws(rules, f.lead.country_iso, true, &f, &a);
    if (f.country_iso[0])
        a.country_iso = arena_strdup(&op->arena, f.country_iso);
    read_words(op, q, &a);
    a.verdict = compliance_decide(&f);
    a.facts = memcpy(arena_alloc(&op->arena, sizeof(f)), &f, sizeof(f));
    if (!q->hypothetical)
        metric_add(
            M_CHECKS, 1,
            LABELS(verdict_status_names[a.verdict.status], compliance_code_name(a.verdict.code)));
    return a;
}

const char *compliance_countries(struct op *op, const char *to_number, const char *lead_country)
{
    const char *country = phone_country(to_number);

    return arena_printf(&op->arena, "{%s,%s}", country ? country : "XX",
                        lead_country ? country_of_rules(lead_country) : "XX");
}

bool compliance_ask(struct op *op, const struct compliance_question *q,
                    struct compliance_answer *out)
{
    const char *theirs = q->lead ? q->lead->country_iso : q->country_iso;
    const char *countries = compliance_countries(op, q->to_number, theirs);
    const struct arg *person =
        ARGS({"e164", q->to_number}, {"lead_id", q->lead ? sql_i64(op, q->lead->id) : NULL});
    struct rows rule_rows, evidence_rows;
    struct country_rules rules;
    struct evidence evidence;

    if (!db_ask(op,
                (const struct ask[]){
                    {&SQL_RULES_IN_FORCE, rules_args(op, countries, q->at), &rule_rows},
                    {&SQL_PERSON_EVIDENCE, person, &evidence_rows}},
                2)
        || !rules_from_rows(op, &rule_rows, &rules)
        || !evidence_read(op, &evidence_rows, 0, &evidence))
        return false;
    *out = compliance_answer(op, q, &rules, &evidence);
    return true;
}

static const char *code_array(struct op *op, uint64_t bits)
{
    struct sql_array names = {0};

    for (enum compliance_code c = 0; c < CC_COUNT; c++)
        if (bits & CODE_BIT(c))
            sql_array_add(&names, compliance_code_name(c));
    const char *text = arena_strdup(&op->arena, sql_array_close(&names));
    sql_array_free(&names);
    return text;
}

static const char *warning_array(struct op *op, uint64_t bits)
{
    struct sql_array names = {0};

    for (enum compliance_warning w = 0; w < CW_COUNT; w++)
        if (bits & CODE_BIT(w))
            sql_array_add(&names, compliance_warning_name(w));
    const char *text = arena_strdup(&op->arena, sql_array_close(&names));
    sql_array_free(&names);
    return text;
}

const struct arg *compliance_record_args(struct op *op, const struct compliance_subject *s,
                                         const struct compliance_answer *a)
{
    const struct compliance_verdict *v = &a->verdict;
    const struct decision_record r = decision_record(op, a->facts, v);
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
        {"record", r.record},
        {"salt", r.salt},
        {"personal", r.personal},
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

void compliance_warnings_json(struct buf *b, uint64_t bits)
{
    const char *comma = "";

    buf_char(b, '[');
    for (enum compliance_warning w = 0; w < CW_COUNT; w++)
        if (bits & CODE_BIT(w)) {
            buf_printf(b, "%s\"%s\"", comma, compliance_warning_name(w));
            comma = ",";
        }
    buf_char(b, ']');
}

/* The identity comes first; what must not be left out of the call is named in this order. */
enum { ORDER_DISCLOSURE = 1, ORDER_RECORDING = 5, SPOKEN_WITHIN_SECONDS = 10 };

static void write_missing(struct buf *b, unsigned missing)
{
    const char *comma = "";

    buf_str(b, ",\"missing_variables\":[");
    for (enum disclosure_variable v = 0; v < DV_COUNT; v++)
        if (missing & 1u << v) {
            buf_printf(b, "%s\"%s\"", comma, disclosure_variable_name(v));
            comma = ",";
        }
    buf_char(b, ']');
}

static void write_action(struct buf *b, const struct compliance_answer *a, const char *type,
                         const char *text, int order)
{
    struct buf spoken = {0};
    unsigned missing = disclosure_render(&spoken, text, a->words);

    buf_printf(b, "{\"type\":\"%s\",\"text\":", type);
    buf_json_string(b, buf_view(&spoken));
    buf_str(b, ",\"language\":");
    buf_json_text(b, a->verdict.disclosure_language[0] ? a->verdict.disclosure_language : NULL);
    buf_printf(b, ",\"order\":%d,\"must_be_spoken_within_seconds\":%d", order,
               SPOKEN_WITHIN_SECONDS);
    write_missing(b, missing);
    buf_free(&spoken);
}

void compliance_actions_json(struct buf *b, const struct compliance_answer *a)
{
    const struct compliance_verdict *v = &a->verdict;
    bool speak = v->disclosure == CHECK_REQUIRED;

    buf_char(b, '[');
    if (speak) {
        write_action(b, a, "disclosure", v->disclosure_text, ORDER_DISCLOSURE);
        buf_char(b, '}');
    }
    if (speak && v->recording_text) {
        buf_char(b, ',');
        write_action(b, a, "recording", v->recording_text, ORDER_RECORDING);
        buf_printf(b, ",\"consent_first\":%s}",
                   v->recording == RECORDING_ASK_FIRST ? "true" : "false");
    }
    buf_char(b, ']');
}

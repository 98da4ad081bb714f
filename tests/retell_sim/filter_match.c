/* filter_match.c - a call's side of a condition, and whether the two agree. */

#include "tests/retell_sim/filter_fields.h"
#include "tests/retell_sim/filters.h"
#include "tests/retell_sim/json.h"

/* A call's side of a condition. */
struct have {
    enum { HAVE_NOTHING, HAVE_TEXT, HAVE_NUMBER, HAVE_BOOL } kind;
    struct str text;
    double number;
    bool yes;
};

static struct have text(const char *s)
{
    return s ? (struct have){.kind = HAVE_TEXT, .text = str_of(s)} : (struct have){0};
}

static struct have number_if(bool known, double v)
{
    return known ? (struct have){.kind = HAVE_NUMBER, .number = v} : (struct have){0};
}

static struct have bool_if(bool known, bool v)
{
    return known ? (struct have){.kind = HAVE_BOOL, .yes = v} : (struct have){0};
}

static struct have member(struct str object, const char *key, struct buf *scratch)
{
    struct str v = sim_json_get(object, key);

    switch (sim_json_type(v)) {
    case SJ_NUMBER: return number_if(true, sim_json_number(v));
    case SJ_BOOL: return bool_if(true, sim_json_true(v));
    case SJ_STRING:
        buf_reset(scratch);
        sim_json_text(scratch, v);
        return (struct have){.kind = HAVE_TEXT, .text = buf_view(scratch)};
    case SJ_ARRAY:
    case SJ_OBJECT: return (struct have){.kind = HAVE_TEXT, .text = v};
    case SJ_ABSENT:
    case SJ_NULL: break;
    }
    return (struct have){0};
}

static struct have custom(const struct sim_config *config, const struct sim_call *call,
                          const char *key, struct buf *scratch)
{
    struct buf json = {0};

    if (!call->analyzed)
        return (struct have){0};
    buf_char(&json, '{');
    sim_call_custom(&json, config, call);
    buf_char(&json, '}');
    struct have h = member(sim_json_get(buf_view(&json), "custom_analysis_data"), key, scratch);
    buf_free(&json);
    return h;
}

static struct have fact_of(const struct sim_config *config, const struct sim_call *call,
                           enum field_id id)
{
    struct sim_facts facts = sim_call_facts(config, call);

    if (id == FF_user_sentiment)
        return text(call->analyzed ? facts.sentiment : NULL);
    if (id == FF_call_successful)
        return bool_if(call->analyzed, facts.successful);
    if (id == FF_in_voicemail)
        return bool_if(call->analyzed, facts.voicemail);
    if (id == FF_combined_cost)
        return number_if(call->ended, facts.cost_cents);
    return number_if(facts.e2e_p50_ms > 0, facts.e2e_p50_ms);
}

static struct have value_of(struct sim_filter *f, const struct sim_condition *c,
                            const struct sim_config *config, const struct sim_call *call)
{
    switch (c->field->id) {
    case FF_call_id: return text(call->id);
    case FF_batch_call_id: return text(call->batch_id);
    case FF_from_number: return text(call->kind == SIM_PHONE ? call->from : NULL);
    case FF_to_number: return text(call->kind == SIM_PHONE ? call->to : NULL);
    case FF_call_status: return text(sim_status_name((enum sim_status)call->status));
    case FF_call_type: return text(call->kind == SIM_WEB ? "web_call" : "phone_call");
    case FF_direction:
        return text(call->kind == SIM_WEB ? NULL : call->inbound ? "inbound" : "outbound");
    case FF_disconnection_reason: return text(call->ended ? sim_call_reason(config, call) : NULL);
    case FF_data_storage_setting: return text(sim_storage_names[call->storage]);
    case FF_start_timestamp: return number_if(call->start_ms, (double)call->start_ms);
    case FF_end_timestamp: return number_if(call->ended, (double)call->end_ms);
    case FF_duration_ms: return number_if(call->ended && call->start_ms, (double)call->duration_ms);
    case FF_user_sentiment:
    case FF_call_successful:
    case FF_in_voicemail:
    case FF_combined_cost:
    case FF_e2e_latency_p50: return fact_of(config, call, c->field->id);
    case FF_metadata: return member(sim_json_or_empty(call->metadata), c->key, &f->scratch);
    case FF_dynamic_variables:
        return member(sim_json_or_empty(call->variables), c->key, &f->scratch);
    case FF_custom_analysis_data: return custom(config, call, c->key, &f->scratch);
    case FF_agent_tag:
    case FF_custom_attributes:
    case FF_agent:
    case FF_tool_calls: break;
    }
    return (struct have){0};
}

static bool match_text(const char *op, struct str have, struct str want)
{
    bool inside = want.n <= have.n;

    if (strcmp(op, "eq") == 0)
        return str_eq(have, want);
    if (strcmp(op, "ne") == 0)
        return !str_eq(have, want);
    if (strcmp(op, "sw") == 0)
        return str_starts(have, want);
    if (strcmp(op, "ew") == 0)
        return inside && memcmp(have.p + have.n - want.n, want.p, want.n) == 0;
    return inside && memmem(have.p, have.n, want.p, want.n) != NULL;
}

static bool match_number(const char *op, double have, double want)
{
    if (strcmp(op, "eq") == 0)
        return have >= want && have <= want;
    if (strcmp(op, "ne") == 0)
        return have < want || have > want;
    if (strcmp(op, "gt") == 0)
        return have > want;
    if (strcmp(op, "ge") == 0)
        return have >= want;
    if (strcmp(op, "lt") == 0)
        return have < want;
    return have <= want;
}

static bool match_enum(struct str list, struct have have)
{
    char s[256];

    if (have.text.n >= sizeof(s))
        return false;
    memcpy(s, have.text.p, have.text.n);
    s[have.text.n] = '\0';
    for (struct sim_json_iter i = sim_json_items(list); sim_json_next(&i);)
        if (sim_json_is(i.value, s))
            return true;
    return false;
}

static bool match_agent(struct str wanted, const struct sim_call *call)
{
    struct str versions = sim_json_get(wanted, "version");

    if (!sim_json_is(sim_json_get(wanted, "agent_id"), call->agent_id))
        return false;
    if (!sim_json_count(versions))
        return true;
    for (struct sim_json_iter i = sim_json_items(versions); sim_json_next(&i);)
        if ((int32_t)sim_json_number(i.value) == call->agent_version)
            return true;
    return false;
}

static bool match_agents(struct str list, const struct sim_call *call)
{
    for (struct sim_json_iter i = sim_json_items(list); sim_json_next(&i);)
        if (match_agent(i.value, call))
            return true;
    return sim_json_count(list) == 0;
}

static bool match(struct sim_filter *f, const struct sim_condition *c,
                  const struct sim_config *config, const struct sim_call *call)
{
    struct have have = value_of(f, c, config, call);

    switch (c->shape) {
    case SIM_SHAPE_STRING:
        return have.kind == HAVE_TEXT && match_text(c->op, have.text, buf_view(&c->text));
    case SIM_SHAPE_ENUM: return have.kind == HAVE_TEXT && match_enum(c->value, have);
    case SIM_SHAPE_NUMBER:
        return have.kind == HAVE_NUMBER && match_number(c->op, have.number, c->lo);
    case SIM_SHAPE_RANGE:
        return have.kind == HAVE_NUMBER && have.number >= c->lo && have.number <= c->hi;
    case SIM_SHAPE_BOOLEAN: return have.kind == HAVE_BOOL && have.yes == sim_json_true(c->value);
    case SIM_SHAPE_PRESENT: return (have.kind != HAVE_NOTHING) == (strcmp(c->op, "pr") == 0);
    case SIM_SHAPE_AGENTS: return match_agents(c->value, call);
    case SIM_SHAPE_TOOL_CALLS: return sim_json_count(c->value) == 0;
    }
    return false;
}

bool sim_filter_match(struct sim_filter *f, const struct sim_config *c, const struct sim_call *call)
{
    for (size_t i = 0; i < f->n; i++)
        if (!match(f, &f->conditions[i], c, call))
            return false;
    return true;
}

/* filters.c - one table of fields, one reader and one matcher for each shape. */

#include "tests/retell_sim/filters.h"

#include "tests/retell_sim/json.h"
#include "tests/retell_sim/schema.h"

#include <stdio.h>
#include <stdlib.h>

#define SHAPE(s) (1u << SIM_SHAPE_##s)
#define NUMERIC (SHAPE(NUMBER) | SHAPE(RANGE))
#define ANY_KEYED \
    (SHAPE(STRING) | SHAPE(NUMBER) | SHAPE(BOOLEAN) | SHAPE(RANGE) | SHAPE(ENUM) | SHAPE(PRESENT))

enum field_id {
    FF_call_id,
    FF_batch_call_id,
    FF_from_number,
    FF_to_number,
    FF_call_status,
    FF_call_type,
    FF_direction,
    FF_disconnection_reason,
    FF_data_storage_setting,
    FF_user_sentiment,
    FF_agent_tag,
    FF_call_successful,
    FF_in_voicemail,
    FF_start_timestamp,
    FF_end_timestamp,
    FF_duration_ms,
    FF_combined_cost,
    FF_e2e_latency_p50,
    FF_metadata,
    FF_dynamic_variables,
    FF_custom_attributes,
    FF_custom_analysis_data,
    FF_agent,
    FF_tool_calls,
};

struct sim_filter_field {
    const char *name;
    enum field_id id;
    unsigned shapes;
    bool keyed;         /* an array of conditions, each with a key */
    const char *labels; /* the values an enum may name; NULL = any */
};

#define FIELD(name, shapes, keyed, labels) \
    { \
#name, FF_##name, shapes, keyed, labels \
    }

static const struct sim_filter_field fields[] = {
    FIELD(call_id, SHAPE(STRING) | SHAPE(ENUM), false, NULL),
    FIELD(batch_call_id, SHAPE(STRING), false, NULL),
    FIELD(from_number, SHAPE(STRING), false, NULL),
    FIELD(to_number, SHAPE(STRING), false, NULL),
    FIELD(call_status, SHAPE(ENUM), false, "not_connected|ongoing|ended|error"),
    FIELD(call_type, SHAPE(ENUM), false, "web_call|phone_call"),
    FIELD(direction, SHAPE(ENUM), false, "inbound|outbound"),
    FIELD(disconnection_reason, SHAPE(ENUM), false, NULL),
    FIELD(data_storage_setting, SHAPE(ENUM), false,
          "everything|everything_except_pii|basic_attributes_only"),
    FIELD(user_sentiment, SHAPE(ENUM), false, "Negative|Positive|Neutral|Unknown"),
    FIELD(agent_tag, SHAPE(ENUM), false, NULL),
    FIELD(call_successful, SHAPE(BOOLEAN), false, NULL),
    FIELD(in_voicemail, SHAPE(BOOLEAN), false, NULL),
    FIELD(start_timestamp, NUMERIC, false, NULL),
    FIELD(end_timestamp, NUMERIC, false, NULL),
    FIELD(duration_ms, NUMERIC, false, NULL),
    FIELD(combined_cost, NUMERIC, false, NULL),
    FIELD(e2e_latency_p50, NUMERIC, false, NULL),
    FIELD(metadata, ANY_KEYED, true, NULL),
    FIELD(dynamic_variables, ANY_KEYED, true, NULL),
    FIELD(custom_attributes, ANY_KEYED, true, NULL),
    FIELD(custom_analysis_data, ANY_KEYED, true, NULL),
    FIELD(agent, SHAPE(AGENTS), false, NULL),
    FIELD(tool_calls, SHAPE(TOOL_CALLS), false, NULL),
};

static const struct {
    const char *type;
    const char *ops; /* NULL-free list, each followed by '|' */
} shapes[] = {
    [SIM_SHAPE_STRING] = {"string", "eq|ne|sw|ew|co|"},
    [SIM_SHAPE_ENUM] = {"enum", "in|"},
    [SIM_SHAPE_NUMBER] = {"number", "eq|ne|gt|ge|lt|le|"},
    [SIM_SHAPE_RANGE] = {"range", "bt|"},
    [SIM_SHAPE_BOOLEAN] = {"boolean", "eq|"},
    [SIM_SHAPE_PRESENT] = {"present", "pr|np|"},
};

/* ---- reading ---- */

static bool refuse(struct sim_reply *r, const struct sim_filter_field *f, const char *what)
{
    sim_reply_schema(r, "request/body/filter_criteria/%s%s", f->name, what);
    return false;
}

static bool read_shape(struct sim_condition *c, struct str v)
{
    struct str type = sim_json_get(v, "type"), op = sim_json_get(v, "op");

    if (!sim_json_cstr(op, c->op, sizeof(c->op)) || strlen(c->op) != 2)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(shapes); i++)
        if (c->field->shapes & 1u << i && sim_json_is(type, shapes[i].type)
            && strstr(shapes[i].ops, c->op)) {
            c->shape = (enum sim_shape)i;
            return true;
        }
    return false;
}

static bool read_range(struct sim_condition *c)
{
    double *at[] = {&c->lo, &c->hi};
    size_t n = 0;

    for (struct sim_json_iter i = sim_json_items(c->value); sim_json_next(&i); n++) {
        if (n == 2 || sim_json_type(i.value) != SJ_NUMBER)
            return false;
        *at[n] = sim_json_number(i.value);
    }
    return n == 2;
}

static bool read_enum(const struct sim_condition *c)
{
    for (struct sim_json_iter i = sim_json_items(c->value); sim_json_next(&i);) {
        if (sim_json_type(i.value) != SJ_STRING)
            return false;
        if (c->field->labels && !sim_is_label(i.value, c->field->labels))
            return false;
    }
    return sim_json_type(c->value) == SJ_ARRAY;
}

static bool read_value(struct sim_condition *c)
{
    enum sim_json_type type = sim_json_type(c->value);

    switch (c->shape) {
    case SIM_SHAPE_STRING:
        if (type == SJ_STRING)
            sim_json_text(&c->text, c->value);
        return type == SJ_STRING;
    case SIM_SHAPE_ENUM: return read_enum(c);
    case SIM_SHAPE_NUMBER: c->lo = sim_json_number(c->value); return type == SJ_NUMBER;
    case SIM_SHAPE_RANGE: return read_range(c);
    case SIM_SHAPE_BOOLEAN: return type == SJ_BOOL;
    case SIM_SHAPE_PRESENT: return true;
    case SIM_SHAPE_AGENTS:
    case SIM_SHAPE_TOOL_CALLS: return type == SJ_ARRAY;
    }
    return false;
}

static struct sim_condition *add(struct sim_filter *f, const struct sim_filter_field *field)
{
    struct sim_condition *c = &f->conditions[f->n++];

    *c = (struct sim_condition){.field = field};
    return c;
}

static bool read_one(struct sim_filter *f, const struct sim_filter_field *field, struct str v,
                     struct sim_reply *r)
{
    if (f->n == SIM_CONDITIONS_MAX)
        return refuse(r, field, " must NOT have more than 64 conditions");
    struct sim_condition *c = add(f, field);
    if (field->shapes & (SHAPE(AGENTS) | SHAPE(TOOL_CALLS))) {
        c->shape = field->id == FF_agent ? SIM_SHAPE_AGENTS : SIM_SHAPE_TOOL_CALLS;
        c->value = v;
        return read_value(c) || refuse(r, field, " must be array");
    }
    c->value = sim_json_get(v, "value");
    struct str key = sim_json_get(v, "key");
    if (field->keyed
        && (sim_json_type(key) != SJ_STRING || !sim_json_cstr(key, c->key, sizeof(c->key))))
        return refuse(r, field, " must have required property 'key'");
    if (!read_shape(c, v))
        return refuse(r, field, " must match a schema in anyOf");
    return read_value(c) || refuse(r, field, "/value must match a schema in anyOf");
}

bool sim_filter_read(struct sim_filter *f, struct str criteria, struct sim_reply *r)
{
    *f = (struct sim_filter){0};
    if (criteria.n && sim_json_type(criteria) != SJ_OBJECT) {
        sim_reply_schema(r, "request/body/filter_criteria must be object");
        return false;
    }
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        struct str v = sim_json_get(criteria, fields[i].name);
        if (!v.n)
            continue;
        if (!fields[i].keyed) {
            if (!read_one(f, &fields[i], v, r))
                return false;
            continue;
        }
        if (sim_json_type(v) != SJ_ARRAY)
            return refuse(r, &fields[i], " must be array");
        for (struct sim_json_iter k = sim_json_items(v); sim_json_next(&k);)
            if (!read_one(f, &fields[i], k.value, r))
                return false;
    }
    return true;
}

void sim_filter_free(struct sim_filter *f)
{
    for (size_t i = 0; i < f->n; i++)
        buf_free(&f->conditions[i].text);
    buf_free(&f->scratch);
}

/* ---- matching ---- */

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

/* ---- the index ---- */

static bool indexed(const struct sim_condition *c, const struct sim_workspace *ws, uint64_t *hash)
{
    struct str want = buf_view(&c->text);

    if (c->shape != SIM_SHAPE_STRING || strcmp(c->op, "eq") != 0)
        return false;
    if (c->field->id == FF_metadata)
        *hash = sim_hash_metadata(ws, str_of(c->key), want);
    else if (c->field->id == FF_call_id)
        *hash = sim_hash_field(ws, SIM_BY_ID, want);
    else if (c->field->id == FF_to_number)
        *hash = sim_hash_field(ws, SIM_BY_TO, want);
    else if (c->field->id == FF_batch_call_id)
        *hash = sim_hash_field(ws, SIM_BY_BATCH, want);
    else
        return false;
    return true;
}

static uint32_t *room_for(size_t n)
{
    uint32_t *list = calloc(n + 1, sizeof(*list));

    if (!list)
        abort();
    return list;
}

static bool candidate_ids(const struct sim_condition *c, const struct sim_world *w,
                          const struct sim_workspace *ws, uint32_t **out, size_t *n)
{
    char id[64];

    if (c->field->id != FF_call_id || c->shape != SIM_SHAPE_ENUM)
        return false;
    *out = room_for(sim_json_count(c->value));
    *n = 0;
    for (struct sim_json_iter i = sim_json_items(c->value); sim_json_next(&i);) {
        struct sim_call *call =
            sim_json_cstr(i.value, id, sizeof(id)) ? sim_call_find(w, ws, str_of(id)) : NULL;
        if (call)
            (*out)[(*n)++] = call->ordinal;
    }
    return true;
}

bool sim_filter_candidates(const struct sim_filter *f, const struct sim_world *w,
                           const struct sim_workspace *ws, uint32_t **out, size_t *n)
{
    uint32_t best = UINT32_MAX, head = SIM_NONE, count;
    uint64_t hash;

    for (size_t i = 0; i < f->n; i++) {
        if (candidate_ids(&f->conditions[i], w, ws, out, n))
            return true;
        if (!indexed(&f->conditions[i], ws, &hash))
            continue;
        uint32_t at = sim_index_find(&w->index, hash, &count);
        if (count < best) {
            best = count;
            head = at;
        }
    }
    if (best == UINT32_MAX)
        return false;
    *out = room_for(best);
    *n = 0;
    for (uint32_t at = head; at != SIM_NONE; at = w->index.postings[at].next)
        (*out)[(*n)++] = w->index.postings[at].ordinal;
    return true;
}

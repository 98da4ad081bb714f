/* filters.c - the table of fields, the reader of each shape, and what the index can do for them. */

#include "tests/retell_sim/filters.h"

#include "tests/retell_sim/filter_fields.h"
#include "tests/retell_sim/json.h"
#include "tests/retell_sim/schema.h"

#include <stdio.h>
#include <stdlib.h>

#define SHAPE(s) (1u << SIM_SHAPE_##s)
#define NUMERIC (SHAPE(NUMBER) | SHAPE(RANGE))
#define ANY_KEYED \
    (SHAPE(STRING) | SHAPE(NUMBER) | SHAPE(BOOLEAN) | SHAPE(RANGE) | SHAPE(ENUM) | SHAPE(PRESENT))

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

/* schema.c - the checks a request schema makes; what it does not name passes. */

#include "tests/retell_sim/schema.h"

#include <math.h>
#include <stdio.h>

static const char *const type_names[] = {
    [SF_STRING] = "string",     [SF_INTEGER] = "integer",        [SF_NUMBER] = "number",
    [SF_BOOLEAN] = "boolean",   [SF_OBJECT] = "object",          [SF_ARRAY] = "array",
    [SF_STRING_MAP] = "object", [SF_VERSION] = "string,integer", [SF_AGENTS] = "array",
};

static bool is_integer(struct str v)
{
    return sim_json_type(v) == SJ_NUMBER && floor(sim_json_number(v)) == sim_json_number(v);
}

static bool has_type(enum sim_field_type type, struct str v)
{
    enum sim_json_type is = sim_json_type(v);

    switch (type) {
    case SF_STRING: return is == SJ_STRING;
    case SF_INTEGER: return is_integer(v);
    case SF_NUMBER: return is == SJ_NUMBER;
    case SF_BOOLEAN: return is == SJ_BOOL;
    case SF_OBJECT:
    case SF_STRING_MAP: return is == SJ_OBJECT;
    case SF_ARRAY:
    case SF_AGENTS: return is == SJ_ARRAY;
    case SF_VERSION: return is == SJ_STRING || is_integer(v);
    }
    return false;
}

bool sim_is_label(struct str v, const char *labels)
{
    char label[64];

    for (const char *p = labels; *p;) {
        size_t n = strcspn(p, "|");
        snprintf(label, sizeof(label), "%.*s", (int)n, p);
        if (sim_json_is(v, label))
            return true;
        p += n + (p[n] == '|');
    }
    return false;
}

static bool check_strings(struct str map, const char *where, const char *name, struct sim_reply *r)
{
    for (struct sim_json_iter i = sim_json_items(map); sim_json_next(&i);)
        if (sim_json_type(i.value) != SJ_STRING) {
            sim_reply_schema(r, "%s/%s/%.*s must be string", where, name, (int)i.key.n, i.key.p);
            return false;
        }
    return true;
}

static bool check_agents(struct str list, const char *where, const char *name, struct sim_reply *r)
{
    static const struct sim_field fields[] = {
        {"agent_id", SF_STRING, SF_REQUIRED | SF_FILLED, NULL},
        {"weight", SF_NUMBER, SF_REQUIRED, NULL},
        {"agent_version", SF_VERSION, 0, NULL},
    };
    char at[128];
    double sum = 0;
    int n = 0;

    for (struct sim_json_iter i = sim_json_items(list); sim_json_next(&i); n++) {
        snprintf(at, sizeof(at), "%s/%s/%d", where, name, n);
        if (!sim_schema(i.value, at, fields, ARRAY_LEN(fields), r))
            return false;
        sum += sim_json_number(sim_json_get(i.value, "weight"));
    }
    if (n == 0 || fabs(sum - 1) < 1e-6)
        return true;
    sim_reply_error(r, 400, "The weights of %s must add up to 1.", name);
    return false;
}

static bool check(struct str v, const char *where, const struct sim_field *f, struct sim_reply *r)
{
    if (sim_json_type(v) == SJ_NULL && f->flags & SF_NULLABLE)
        return true;
    if (!has_type(f->type, v))
        sim_reply_schema(r, "%s/%s must be %s", where, f->name, type_names[f->type]);
    else if (f->flags & SF_FILLED && f->type == SF_STRING && v.n == 2)
        sim_reply_schema(r, "%s/%s must NOT have fewer than 1 characters", where, f->name);
    else if (f->flags & SF_FILLED && f->type == SF_ARRAY && sim_json_count(v) == 0)
        sim_reply_schema(r, "%s/%s must NOT have fewer than 1 items", where, f->name);
    else if (f->labels && !sim_is_label(v, f->labels))
        sim_reply_schema(r, "%s/%s must be equal to one of the allowed values", where, f->name);
    else if (f->type == SF_STRING_MAP)
        return check_strings(v, where, f->name, r);
    else if (f->type == SF_AGENTS)
        return check_agents(v, where, f->name, r);
    else
        return true;
    return false;
}

bool sim_schema(struct str object, const char *where, const struct sim_field *fields, size_t n,
                struct sim_reply *r)
{
    if (sim_json_type(object) != SJ_OBJECT) {
        sim_reply_schema(r, "%s must be object", where);
        return false;
    }
    for (size_t i = 0; i < n; i++)
        if (fields[i].flags & SF_REQUIRED && !sim_json_get(object, fields[i].name).n) {
            sim_reply_schema(r, "%s must have required property '%s'", where, fields[i].name);
            return false;
        }
    for (size_t i = 0; i < n; i++) {
        struct str v = sim_json_get(object, fields[i].name);
        if (v.n && !check(v, where, &fields[i], r))
            return false;
    }
    return true;
}

bool sim_body(const struct sim_request *q, struct sim_reply *r, struct str *body)
{
    *body = q->body.n ? q->body : STR("{}");
    if (!sim_json_check(*body)) {
        sim_reply_error(r, 400, "The request body is not valid JSON.");
        return false;
    }
    if (sim_json_type(*body) == SJ_OBJECT)
        return true;
    sim_reply_schema(r, "request/body must be object");
    return false;
}

bool sim_is_e164(const char *s)
{
    size_t n = strspn(s + (*s == '+'), "0123456789");

    return s[0] == '+' && s[1] != '0' && n >= 7 && n <= 15 && s[n + 1] == '\0';
}

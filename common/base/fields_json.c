/* fields_json.c - JSON in and out of plain structs, driven by their field tables. */

#include "common/base/fields.h"

#include "common/base/json.h"

#include <cjson/cJSON.h>
#include <math.h>

static const char *read_integer(struct op *op, const cJSON *v, const struct field *f, void *at)
{
    int64_t n;

    return json_i64(v, &n) ? field_take_integer(op, f, n, at) : field_complaint(op, f);
}

static const char *read_label(struct op *op, const cJSON *v, const struct field *f, int *out)
{
    int i = cJSON_IsString(v) ? label_find(f->labels, str_of(v->valuestring)) : -1;

    if (i < 0)
        return field_complaint(op, f);
    *out = i;
    return NULL;
}

static const char *read_json(struct op *op, const cJSON *v, const struct field *f,
                             struct json_text *out)
{
    if ((f->flags & F_OBJECT) && !cJSON_IsObject(v))
        return "must be an object";
    if ((f->flags & F_ARRAY) && !cJSON_IsArray(v))
        return "must be an array";
    const char *text = json_text(op, v);
    if (f->max && strlen(text) > (size_t)f->max)
        return arena_printf(&op->arena, "must be at most %lld bytes of JSON", (long long)f->max);
    out->text = text;
    return NULL;
}

/* NULL when the value was taken, otherwise what is wrong with it. */
static const char *read_value(struct op *op, const cJSON *v, const struct field *f, void *at)
{
    switch (f->type) {
    case FT_STR:
        if (!cJSON_IsString(v))
            return "must be a string";
        return field_read_text(op, f, str_of(v->valuestring), at);
    case FT_TSTAMP:
        if (!cJSON_IsString(v))
            return "must be an RFC 3339 timestamp with an offset";
        return field_read_text(op, f, str_of(v->valuestring), at);
    case FT_I32:
    case FT_I64:
    case FT_OPT_I64: return read_integer(op, v, f, at);
    case FT_F64:
        if (!cJSON_IsNumber(v) && !cJSON_IsRaw(v))
            return "must be a number";
        return field_read_text(op, f, str_of(json_text(op, v)), at);
    case FT_BOOL:
        if (!cJSON_IsBool(v))
            return "must be true or false";
        *(bool *)at = cJSON_IsTrue(v);
        return NULL;
    case FT_OPT_BOOL:
        if (!cJSON_IsBool(v))
            return "must be true or false";
        *(struct opt_bool *)at = (struct opt_bool){true, cJSON_IsTrue(v)};
        return NULL;
    case FT_JSON: return read_json(op, v, f, at);
    case FT_ENUM: return read_label(op, v, f, at);
    }
    return "has an unsupported type";
}

static const char *read_null(const struct field *f, void *at)
{
    if (f->flags & (F_REQUIRED | F_NOT_NULL))
        return "must not be null";
    switch (f->type) {
    case FT_STR: *(const char **)at = NULL; return NULL;
    case FT_TSTAMP: *(struct tstamp *)at = (struct tstamp){0}; return NULL;
    case FT_JSON: *(struct json_text *)at = (struct json_text){0}; return NULL;
    case FT_OPT_I64: *(struct opt_i64 *)at = (struct opt_i64){0}; return NULL;
    case FT_OPT_BOOL: *(struct opt_bool *)at = (struct opt_bool){0}; return NULL;
    case FT_I32:
    case FT_I64:
    case FT_F64:
    case FT_BOOL:
    case FT_ENUM: return "must not be null";
    }
    return "has an unsupported type";
}

static void refuse_unknown(struct op *op, const cJSON *in, const struct type *t)
{
    const cJSON *v;

    cJSON_ArrayForEach(v, in)
    {
        const struct field *f = type_field(t, str_of(v->string));
        if (!f || (f->flags & F_HIDDEN))
            err_detail(op, v->string, "is not a known field");
        else if (f->flags & F_READONLY)
            err_detail(op, v->string, "is read-only");
    }
}

static bool read_object(struct op *op, const cJSON *in, const struct type *t, void *out,
                        bool partial)
{
    if (!cJSON_IsObject(in))
        return fail(op, E_VALIDATION_ERROR, "The request body must be a JSON object");
    for (size_t i = 0; i < t->nfields; i++) {
        const struct field *f = &t->fields[i];
        const cJSON *v = cJSON_GetObjectItemCaseSensitive(in, f->name);
        void *at = (char *)out + f->offset;
        const char *wrong = NULL;

        if (f->flags & (F_READONLY | F_HIDDEN))
            continue;
        if (cJSON_IsNull(v))
            wrong = read_null(f, at);
        else if (v)
            wrong = read_value(op, v, f, at);
        else if ((f->flags & F_REQUIRED) && !partial)
            wrong = "is required";
        if (wrong)
            err_detail(op, f->name, wrong);
    }
    refuse_unknown(op, in, t);
    return !op->err.details || fail(op, E_VALIDATION_ERROR, "Request validation failed");
}

bool from_json(struct op *op, const cJSON *in, const struct type *t, void *out)
{
    return read_object(op, in, t, out, false);
}

bool patch_json(struct op *op, const cJSON *in, const struct type *t, void *inout)
{
    return read_object(op, in, t, inout, true);
}

static void write_double(struct buf *b, double v)
{
    if (isfinite(v))
        buf_printf(b, "%.15g", v);
    else
        buf_str(b, "null");
}

static void write_value(struct buf *b, const struct field *f, const void *at)
{
    switch (f->type) {
    case FT_STR: buf_json_text(b, *(const char *const *)at); return;
    case FT_I32: buf_i64(b, *(const int32_t *)at); return;
    case FT_I64: buf_i64(b, *(const int64_t *)at); return;
    case FT_F64: write_double(b, *(const double *)at); return;
    case FT_BOOL: buf_str(b, *(const bool *)at ? "true" : "false"); return;
    case FT_OPT_BOOL: {
        const struct opt_bool *o = at;
        buf_str(b, !o->set ? "null" : o->v ? "true" : "false");
        return;
    }
    case FT_OPT_I64: {
        const struct opt_i64 *o = at;
        if (o->set)
            buf_i64(b, o->v);
        else
            buf_str(b, "null");
        return;
    }
    case FT_TSTAMP: {
        const struct tstamp *ts = at;
        if (ts->us == 0) {
            buf_str(b, "null");
            return;
        }
        buf_char(b, '"');
        tstamp_write(b, *ts);
        buf_char(b, '"');
        return;
    }
    case FT_JSON: {
        const struct json_text *j = at;
        buf_str(b, j->text ? j->text : "null");
        return;
    }
    case FT_ENUM: buf_json_text(b, f->labels[*(const int *)at]); return;
    }
}

void field_write_key(struct buf *b, const struct field *f, bool first)
{
    buf_add(b, f->key.p + first, f->key.n - first);
}

void to_json_members(struct buf *b, const struct type *t, const void *in)
{
    bool first = true;

    for (size_t i = 0; i < t->nfields; i++) {
        const struct field *f = &t->fields[i];

        if (f->flags & F_HIDDEN)
            continue;
        field_write_key(b, f, first);
        first = false;
        write_value(b, f, (const char *)in + f->offset);
    }
}

void to_json(struct buf *b, const struct type *t, const void *in)
{
    buf_char(b, '{');
    to_json_members(b, t, in);
    buf_char(b, '}');
}

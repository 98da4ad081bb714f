/* fields_text.c - one field as text: Postgres columns and parameters, query strings. */

#include "common/base/fields.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

const struct field *type_field(const struct type *t, struct str name)
{
    for (size_t i = 0; i < t->nfields; i++)
        if (str_eq(str_of(t->fields[i].name), name))
            return &t->fields[i];
    return NULL;
}

const char *field_check_text(const struct field *f, struct str text)
{
    if ((f->flags & F_REQUIRED) && text.n == 0)
        return "must not be empty";
    if (f->max && text.n > (size_t)f->max)
        return "is too long";
    if (f->min && text.n < (size_t)f->min)
        return "is too short";
    return f->check ? f->check(text.p) : NULL;
}

/* As JSON spells them: no plus, no blanks, no leading zero. */
static bool parse_integer(struct str text, int64_t *out)
{
    bool negative = text.n && text.p[0] == '-';
    struct str digits = {text.p + negative, text.n - negative};
    int64_t v = 0;

    if (digits.n == 0 || (digits.n > 1 && digits.p[0] == '0'))
        return false;
    for (size_t i = 0; i < digits.n; i++) {
        int d = digits.p[i] - '0';
        if (d < 0 || d > 9 || __builtin_mul_overflow(v, 10, &v)
            || __builtin_add_overflow(v, negative ? -d : d, &v))
            return false;
    }
    *out = v;
    return true;
}

static void range_of(const struct field *f, int64_t *min, int64_t *max)
{
    bool narrow = f->type == FT_I32, free = !f->min && !f->max;

    *min = !free ? f->min : narrow ? INT32_MIN : INT64_MIN;
    *max = !free ? f->max : narrow ? INT32_MAX : INT64_MAX;
}

const char *field_take_integer(struct op *op, const struct field *f, int64_t v, void *at)
{
    int64_t min, max;

    range_of(f, &min, &max);
    if (v < min || v > max)
        return field_complaint(op, f);
    if (f->type == FT_I32)
        *(int32_t *)at = (int32_t)v;
    else if (f->type == FT_I64)
        *(int64_t *)at = v;
    else
        *(struct opt_i64 *)at = (struct opt_i64){true, v};
    return NULL;
}

int label_find(const char *const *labels, struct str text)
{
    for (int i = 0; labels[i]; i++)
        if (str_eq(str_of(labels[i]), text))
            return i;
    return -1;
}

static const char *label_complaint(struct op *op, const char *const *labels)
{
    const char *all = "";

    for (int i = 0; labels[i]; i++)
        all = arena_printf(&op->arena, "%s%s\"%s\"", all, i ? ", " : "", labels[i]);
    return arena_printf(&op->arena, "must be one of %s", all);
}

const char *field_complaint(struct op *op, const struct field *f)
{
    int64_t min, max;

    if (f->labels)
        return label_complaint(op, f->labels);
    range_of(f, &min, &max);
    return arena_printf(&op->arena, "must be an integer from %" PRId64 " to %" PRId64, min, max);
}

static const char *read_integer(struct op *op, const struct field *f, struct str text, void *at)
{
    int64_t v;

    return parse_integer(text, &v) ? field_take_integer(op, f, v, at) : field_complaint(op, f);
}

static const char *read_bool(struct str text, bool *out)
{
    *out = str_eq(text, STR("t")) || str_eq(text, STR("true"));
    if (*out || str_eq(text, STR("f")) || str_eq(text, STR("false")))
        return NULL;
    return "must be true or false";
}

static const char *read_double(struct str text, double *out)
{
    char digits[64], *end;

    if (text.n == 0 || text.n >= sizeof(digits))
        return "must be a number";
    memcpy(digits, text.p, text.n);
    digits[text.n] = '\0';
    *out = strtod(digits, &end);
    return *end ? "must be a number" : NULL;
}

static const char *read_label(struct op *op, const struct field *f, struct str text, int *out)
{
    int i = label_find(f->labels, text);

    if (i < 0)
        return field_complaint(op, f);
    *out = i;
    return NULL;
}

static const char *read_string(struct op *op, const struct field *f, struct str text,
                               const char **out)
{
    const char *copy = arena_strndup(&op->arena, text.p, text.n);
    const char *wrong = field_check_text(f, (struct str){copy, text.n});

    if (!wrong && f->labels && label_find(f->labels, text) < 0)
        wrong = field_complaint(op, f);
    if (!wrong)
        *out = copy;
    return wrong;
}

const char *field_read_text(struct op *op, const struct field *f, struct str text, void *at)
{
    switch (f->type) {
    case FT_STR: return read_string(op, f, text, at);
    case FT_I32:
    case FT_I64:
    case FT_OPT_I64: return read_integer(op, f, text, at);
    case FT_F64: return read_double(text, at);
    case FT_BOOL: return read_bool(text, at);
    case FT_OPT_BOOL:
        ((struct opt_bool *)at)->set = true;
        return read_bool(text, &((struct opt_bool *)at)->v);
    case FT_TSTAMP:
        return tstamp_parse(text, at) ? NULL : "must be an RFC 3339 timestamp with an offset";
    case FT_JSON:
        ((struct json_text *)at)->text = arena_strndup(&op->arena, text.p, text.n);
        return NULL;
    case FT_ENUM: return read_label(op, f, text, at);
    }
    return "has an unsupported type";
}

static const char *write_i64(struct op *op, int64_t v)
{
    return arena_printf(&op->arena, "%" PRId64, v);
}

const char *field_write_text(struct op *op, const struct field *f, const void *at)
{
    switch (f->type) {
    case FT_STR: return *(const char *const *)at;
    case FT_I32: return write_i64(op, *(const int32_t *)at);
    case FT_I64: return write_i64(op, *(const int64_t *)at);
    case FT_OPT_I64: {
        const struct opt_i64 *o = at;
        return o->set ? write_i64(op, o->v) : NULL;
    }
    case FT_F64: return arena_printf(&op->arena, "%.17g", *(const double *)at);
    case FT_BOOL: return *(const bool *)at ? "t" : "f";
    case FT_OPT_BOOL: {
        const struct opt_bool *o = at;
        return !o->set ? NULL : o->v ? "t" : "f";
    }
    case FT_TSTAMP: return tstamp_format(&op->arena, *(const struct tstamp *)at);
    case FT_JSON: return ((const struct json_text *)at)->text;
    case FT_ENUM: return f->labels[*(const int *)at];
    }
    return NULL;
}

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
        if (d < 0 || d > 9 || __builtin_mul_overflow(v, 10, &v) ||
            __builtin_add_overflow(v, negative ? -d : d, &v))
            return false;
    }
    *out = v;
    return true;
}

static const char *read_integer(const struct field *f, struct str text, int64_t *out)
{
    if (!parse_integer(text, out) ||
        (f->type == FT_I32 && (*out < INT32_MIN || *out > INT32_MAX)) ||
        ((f->min || f->max) && (*out < f->min || *out > f->max)))
        return "must be an integer in range";
    return NULL;
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

static const char *read_label(const struct field *f, struct str text, int *out)
{
    for (int i = 0; f->labels[i]; i++)
        if (str_eq(str_of(f->labels[i]), text)) {
            *out = i;
            return NULL;
        }
    return "is not one of the allowed values";
}

const char *field_read_text(struct op *op, const struct field *f, struct str text, void *at)
{
    const char *wrong = NULL;
    int64_t n;

    switch (f->type) {
    case FT_STR: {
        const char *copy = arena_strndup(&op->arena, text.p, text.n);
        if (!(wrong = field_check_text(f, (struct str){copy, text.n})))
            *(const char **)at = copy;
        return wrong;
    }
    case FT_I32:
        if (!(wrong = read_integer(f, text, &n)))
            *(int32_t *)at = (int32_t)n;
        return wrong;
    case FT_I64:
        if (!(wrong = read_integer(f, text, &n)))
            *(int64_t *)at = n;
        return wrong;
    case FT_OPT_I64:
        if (!(wrong = read_integer(f, text, &n)))
            *(struct opt_i64 *)at = (struct opt_i64){true, n};
        return wrong;
    case FT_F64:
        return read_double(text, at);
    case FT_BOOL:
        return read_bool(text, at);
    case FT_OPT_BOOL:
        ((struct opt_bool *)at)->set = true;
        return read_bool(text, &((struct opt_bool *)at)->v);
    case FT_TSTAMP:
        return tstamp_parse(text, at) ? NULL : "must be an RFC 3339 timestamp with an offset";
    case FT_JSON:
        ((struct json_text *)at)->text = arena_strndup(&op->arena, text.p, text.n);
        return NULL;
    case FT_ENUM:
        return read_label(f, text, at);
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
    case FT_STR:
        return *(const char *const *)at;
    case FT_I32:
        return write_i64(op, *(const int32_t *)at);
    case FT_I64:
        return write_i64(op, *(const int64_t *)at);
    case FT_OPT_I64: {
        const struct opt_i64 *o = at;
        return o->set ? write_i64(op, o->v) : NULL;
    }
    case FT_F64:
        return arena_printf(&op->arena, "%.17g", *(const double *)at);
    case FT_BOOL:
        return *(const bool *)at ? "t" : "f";
    case FT_OPT_BOOL: {
        const struct opt_bool *o = at;
        return !o->set ? NULL : o->v ? "t" : "f";
    }
    case FT_TSTAMP:
        return tstamp_format(&op->arena, *(const struct tstamp *)at);
    case FT_JSON:
        return ((const struct json_text *)at)->text;
    case FT_ENUM:
        return f->labels[*(const int *)at];
    }
    return NULL;
}

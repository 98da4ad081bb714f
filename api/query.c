/* query.c - the strict reading of application/x-www-form-urlencoded. */

#include "api/query.h"

#include "common/base/utf8.h"

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* Into op's arena; false when a '%' is not followed by two hex digits. */
static bool decode(struct op *op, struct str s, struct str *out)
{
    char *to = arena_alloc(&op->arena, s.n + 1);
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] != '%') {
            to[n++] = s.p[i] == '+' ? ' ' : s.p[i];
            continue;
        }
        int high = i + 2 < s.n ? hex_digit(s.p[i + 1]) : -1;
        int low = i + 2 < s.n ? hex_digit(s.p[i + 2]) : -1;
        if (high < 0 || low < 0)
            return false;
        to[n++] = (char)(high << 4 | low);
        i += 2;
    }
    *out = (struct str){to, n};
    return true;
}

static const char *text_complaint(struct str s)
{
    if (!utf8_valid(s.p, s.n))
        return "must be UTF-8";
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
            return "must not contain control characters";
    return NULL;
}

static const char *take(struct params *p, struct str name, struct str value)
{
    const struct field *f = type_field(p->type, name);
    const char *wrong = text_complaint(value);

    if (!f && p->others)
        return NULL;
    if (!f || (f->flags & (F_HIDDEN | F_READONLY)))
        return "is not a known parameter";
    uint64_t bit = (uint64_t)1 << (f - p->type->fields);
    if (p->seen & bit)
        return "is given more than once";
    p->seen |= bit;
    return wrong ? wrong : field_read_text(p->op, f, value, (char *)p->out + f->offset);
}

void params_take(struct params *p, struct str name, struct str value)
{
    if (p->n++ >= PARAMS_MAX)
        return; /* params_finish() says so */
    const char *wrong = take(p, name, value);
    if (wrong)
        err_detail(p->op, arena_strndup(&p->op->arena, name.p, name.n), wrong);
}

static void take_pair(struct params *p, struct str pair)
{
    const char *equals = memchr(pair.p, '=', pair.n);
    struct str name = {pair.p, equals ? (size_t)(equals - pair.p) : pair.n};
    struct str value = {equals ? equals + 1 : "", equals ? pair.n - name.n - 1 : 0};

    if (!decode(p->op, name, &name) || text_complaint(name)) {
        err_detail(p->op, "query", "has a malformed parameter name");
        return;
    }
    if (!decode(p->op, value, &value)) {
        err_detail(p->op, arena_strndup(&p->op->arena, name.p, name.n),
                   "has malformed percent-encoding");
        return;
    }
    params_take(p, name, value);
}

void params_take_query(struct params *p, struct str query)
{
    for (int pairs = 0; query.n && pairs <= PARAMS_MAX; pairs++) {
        const char *amp = memchr(query.p, '&', query.n);
        size_t n = amp ? (size_t)(amp - query.p) : query.n;
        if (n)
            take_pair(p, (struct str){query.p, n});
        query.p += n + (amp != NULL);
        query.n -= n + (amp != NULL);
    }
    if (query.n)
        p->n = PARAMS_MAX + 1;
}

bool params_finish(struct params *p)
{
    for (size_t i = 0; i < p->type->nfields; i++) {
        const struct field *f = &p->type->fields[i];
        if ((f->flags & F_REQUIRED) && !(p->seen & (uint64_t)1 << i))
            err_detail(p->op, f->name, "is required");
    }
    if (p->n > PARAMS_MAX)
        return fail(p->op, E_VALIDATION_ERROR, "There are more than %d parameters", PARAMS_MAX);
    return !p->op->err.details || fail(p->op, E_VALIDATION_ERROR, "Request validation failed");
}

static bool read_query(struct op *op, const struct req *req, struct params p)
{
    p.op = op;
    params_take_query(&p, req->query);
    return params_finish(&p);
}

bool req_query(struct op *op, const struct req *req, const struct type *t, void *out)
{
    return read_query(op, req, (struct params){.type = t, .out = out});
}

bool req_query_of_others(struct op *op, const struct req *req, const struct type *t, void *out)
{
    return read_query(op, req, (struct params){.type = t, .out = out, .others = true});
}

/* router.c - patterns of routes.def against a path, in the table's order. */

#include "api/router.h"

#include <ctype.h>

struct match {
    struct str params[MAX_PATH_PARAMS];
    int64_t ids[MAX_PATH_PARAMS];
    int n;
};

static bool read_number(struct str s, int64_t *out)
{
    int64_t v = 0;

    if (s.n == 0 || s.p[0] == '0')
        return false;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, s.p[i] - '0', &v))
            return false;
    }
    *out = v;
    return true;
}

static bool is_call_id(struct str s)
{
    if (s.n == 0 || s.n > 64)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '_')
            return false;
    }
    return true;
}

/* Whether there is such a country is for who looks it up to say. */
static bool is_country(struct str s)
{
    return s.n == 2 && isascii(s.p[0]) && isalpha(s.p[0]) && isascii(s.p[1]) && isalpha(s.p[1]);
}

static bool take_value(struct str name, struct str value, int64_t *id)
{
    if (str_eq(name, STR("{call_id}")))
        return is_call_id(value);
    if (str_eq(name, STR("{country_iso}")))
        return is_country(value);
    return read_number(value, id);
}

static bool take_param(struct str name, struct str value, struct match *m)
{
    int64_t id = 0;

    if (m->n == MAX_PATH_PARAMS || !take_value(name, value, &id))
        return false;
    m->params[m->n] = value;
    m->ids[m->n] = id;
    m->n++;
    return true;
}

/* From *at, just past a '/', up to the next one. */
static struct str segment(const char *text, size_t n, size_t *at)
{
    size_t start = *at;

    while (*at < n && text[*at] != '/')
        (*at)++;
    return (struct str){text + start, *at - start};
}

static bool matches(const char *pattern, struct str path, struct match *m)
{
    size_t pn = strlen(pattern), i = 0, k = 0;

    *m = (struct match){0};
    while (i < pn && k < path.n) {
        if (pattern[i] != '{') {
            if (pattern[i++] != path.p[k++])
                return false;
            continue;
        }
        struct str name = segment(pattern, pn, &i);
        if (!take_param(name, segment(path.p, path.n, &k), m))
            return false;
    }
    return i == pn && k == path.n;
}

struct found {
    const struct route *route;
    struct match match;
    bool literal; /* a pattern without parameters took the path */
    unsigned methods;
};

static const struct {
    const char *name;
    unsigned bit;
} known[] = {{"GET", 1}, {"POST", 2}, {"PUT", 4}, {"PATCH", 8}, {"DELETE", 16}};

static unsigned method_bit(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (strcmp(known[i].name, name) == 0)
            return known[i].bit;
    return 0;
}

static void consider(struct found *f, const struct route *r, struct str method, struct str path)
{
    struct match m;

    if (!matches(r->path, path, &m) || (f->literal && m.n))
        return;
    if (m.n == 0 && !f->literal)
        *f = (struct found){.literal = true};
    f->methods |= method_bit(r->method);
    if (str_eq(str_of(r->method), method)) {
        f->route = r;
        f->match = m;
    }
}

static const char *list_methods(struct op *op, unsigned methods)
{
    const char *list = "";

    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (methods & known[i].bit)
            list = arena_printf(&op->arena, "%s%s%s", list, *list ? ", " : "", known[i].name);
    return list;
}

bool router_match(struct op *op, const struct routes *routes, struct str method, struct req *req,
                  const char **allow)
{
    struct found f = {0};

    for (size_t i = 0; i < routes->n; i++)
        consider(&f, &routes->items[i], method, req->path);
    if (!f.route && !f.methods)
        return fail(op, E_RESOURCE_NOT_FOUND, "There is no resource at this path");
    if (!f.route) {
        *allow = list_methods(op, f.methods);
        return fail(op, E_METHOD_NOT_ALLOWED, "The method %.*s is not allowed here; allowed: %s",
                    (int)method.n, method.p, *allow);
    }
    req->route = f.route;
    memcpy(req->params, f.match.params, sizeof(req->params));
    memcpy(req->ids, f.match.ids, sizeof(req->ids));
    return true;
}

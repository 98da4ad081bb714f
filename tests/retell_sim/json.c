/* json.c - a reader that trusts the check, and so needs no errors of its own. */

#include "tests/retell_sim/json.h"

#include "common/base/json.h"
#include "common/base/utf8.h"

#include <stdlib.h>

bool sim_json_check(struct str text)
{
    size_t at;

    return json_complaint(text, &at) == NULL;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return (c | 0x20) - 'a' + 10;
}

static const char *skip_space(const char *p)
{
    while (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t')
        p++;
    return p;
}

static const char *skip_string(const char *p)
{
    for (p++; *p != '"'; p++)
        if (*p == '\\')
            p++;
    return p + 1;
}

/* Brackets are counted outside strings; a checked text balances them. */
static const char *skip_container(const char *p)
{
    int depth = 0;

    do {
        if (*p == '"') {
            p = skip_string(p);
            continue;
        }
        if (*p == '{' || *p == '[')
            depth++;
        else if (*p == '}' || *p == ']')
            depth--;
        p++;
    } while (depth);
    return p;
}

static const char *skip_value(const char *p)
{
    if (*p == '"')
        return skip_string(p);
    if (*p == '{' || *p == '[')
        return skip_container(p);
    while ((*p >= '0' && *p <= '9') || (*p >= 'a' && *p <= 'z') || *p == '-' || *p == '+'
           || *p == '.' || *p == 'E')
        p++;
    return p;
}

static struct str trim(struct str v)
{
    while (v.n && (*v.p == ' ' || *v.p == '\n' || *v.p == '\r' || *v.p == '\t')) {
        v.p++;
        v.n--;
    }
    return v;
}

enum sim_json_type sim_json_type(struct str v)
{
    v = trim(v);
    if (!v.n)
        return SJ_ABSENT;
    switch (*v.p) {
    case '{': return SJ_OBJECT;
    case '[': return SJ_ARRAY;
    case '"': return SJ_STRING;
    case 't':
    case 'f': return SJ_BOOL;
    case 'n': return SJ_NULL;
    default: return SJ_NUMBER;
    }
}

struct sim_json_iter sim_json_items(struct str container)
{
    enum sim_json_type type = sim_json_type(container);

    if (type != SJ_OBJECT && type != SJ_ARRAY)
        return (struct sim_json_iter){0};
    return (struct sim_json_iter){.p = trim(container).p + 1, .object = type == SJ_OBJECT};
}

bool sim_json_next(struct sim_json_iter *i)
{
    if (!i->p)
        return false;
    const char *p = skip_space(i->p);
    if (*p == ',')
        p = skip_space(p + 1);
    if (*p == '}' || *p == ']')
        return false;
    if (i->object) {
        const char *end = skip_string(p);
        i->key = (struct str){p + 1, (size_t)(end - p) - 2};
        p = skip_space(skip_space(end) + 1);
    }
    i->p = skip_value(p);
    i->value = (struct str){p, (size_t)(i->p - p)};
    return true;
}

static bool key_is(struct str key, struct str wanted)
{
    struct buf plain = {0};

    if (!memchr(key.p, '\\', key.n))
        return str_eq(key, wanted);
    sim_json_text(&plain, (struct str){key.p - 1, key.n + 2});
    bool same = str_eq(buf_view(&plain), wanted);
    buf_free(&plain);
    return same;
}

struct str sim_json_get(struct str object, const char *key)
{
    struct str wanted = str_of(key);

    if (sim_json_type(object) == SJ_OBJECT)
        for (struct sim_json_iter i = sim_json_items(object); sim_json_next(&i);)
            if (key_is(i.key, wanted))
                return i.value;
    return (struct str){0};
}

bool sim_json_true(struct str v)
{
    return v.n && *v.p == 't';
}

double sim_json_number(struct str v)
{
    return sim_json_type(v) == SJ_NUMBER ? strtod(v.p, NULL) : 0;
}

size_t sim_json_count(struct str array)
{
    size_t n = 0;

    for (struct sim_json_iter i = sim_json_items(array); sim_json_next(&i);)
        n++;
    return n;
}

static unsigned unit(const char *p)
{
    unsigned u = 0;

    for (int i = 0; i < 4; i++)
        u = u << 4 | (unsigned)hex_digit(p[i]);
    return u;
}

/* After "\u": one code unit or a surrogate pair; a lone surrogate becomes U+FFFD. */
static const char *put_unicode(struct buf *out, const char *p, const char *end)
{
    unsigned c = unit(p);
    char utf8[4];

    p += 4;
    if (c >= 0xD800 && c < 0xE000) {
        bool pair = c < 0xDC00 && end - p >= 6 && p[0] == '\\' && p[1] == 'u';
        unsigned low = pair ? unit(p + 2) : 0;
        if (low >= 0xDC00 && low < 0xE000) {
            c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
            p += 6;
        } else {
            c = 0xFFFD;
        }
    }
    buf_add(out, utf8, utf8_put(utf8, c));
    return p;
}

void sim_json_text(struct buf *out, struct str v)
{
    if (sim_json_type(v) != SJ_STRING) {
        buf_add(out, v.p, v.n);
        return;
    }
    const char *p = v.p + 1, *end = v.p + v.n - 1;
    while (p < end) {
        if (*p != '\\') {
            buf_char(out, *p++);
            continue;
        }
        char c = p[1];
        p += 2;
        switch (c) {
        case 'b': buf_char(out, '\b'); break;
        case 'f': buf_char(out, '\f'); break;
        case 'n': buf_char(out, '\n'); break;
        case 'r': buf_char(out, '\r'); break;
        case 't': buf_char(out, '\t'); break;
        case 'u': p = put_unicode(out, p, end); break;
        default: buf_char(out, c); break;
        }
    }
}

bool sim_json_cstr(struct str v, char *out, size_t cap)
{
    struct buf text = {0};

    sim_json_text(&text, v);
    bool fits = text.n < cap && (!text.n || !memchr(text.p, '\0', text.n));
    if (fits)
        memcpy(out, text.p ? text.p : "", text.n);
    out[fits ? text.n : 0] = '\0';
    buf_free(&text);
    return fits;
}

bool sim_json_is(struct str v, const char *s)
{
    return sim_json_type(v) == SJ_STRING && key_is((struct str){v.p + 1, v.n - 2}, str_of(s));
}

void sim_json_compact(struct buf *out, struct str v)
{
    const char *p = v.p, *end = v.p + v.n;

    while (p < end) {
        const char *from = p;
        if (*p == '"')
            p = skip_string(p);
        else
            while (p < end && *p != '"' && (unsigned char)*p > ' ')
                p++;
        buf_add(out, from, (size_t)(p - from));
        while (p < end && (unsigned char)*p <= ' ')
            p++;
    }
}

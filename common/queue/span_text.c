/* span_text.c - strings and numbers: from Python's spelling and back. */

#include "common/queue/span.h"

#include "common/base/utf8.h"

#include <stdlib.h>

static unsigned hex4(const char *p)
{
    unsigned v = 0;

    for (int i = 0; i < 4; i++) {
        char c = p[i];
        v = v << 4 | (unsigned)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    return v;
}

/* One \u escape at p (after the u), or a pair of them; *p moves behind it. */
static unsigned code_point(const char **p, const char *end)
{
    unsigned hi = hex4(*p);

    *p += 4;
    if (hi < 0xD800 || hi > 0xDFFF)
        return hi;
    if (hi <= 0xDBFF && end - *p >= 6 && (*p)[0] == '\\' && (*p)[1] == 'u') {
        unsigned lo = hex4(*p + 2);
        if (lo >= 0xDC00 && lo <= 0xDFFF) {
            *p += 6;
            return 0x10000 + ((hi - 0xD800) << 10) + (lo - 0xDC00);
        }
    }
    return 0xFFFD;
}

static char plain_escape(char c)
{
    switch (c) {
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return c;
    }
}

struct str span_text(struct arena *a, struct str string)
{
    const char *p = string.p + 1, *end = string.p + string.n - 1;

    if (!memchr(p, '\\', (size_t)(end - p)))
        return (struct str){p, (size_t)(end - p)};
    char *text = arena_alloc(a, string.n), *out = text;
    while (p < end) {
        if (*p != '\\') {
            *out++ = *p++;
        } else if (p[1] == 'u') {
            p += 2;
            out += utf8_put(out, code_point(&p, end));
        } else {
            *out++ = plain_escape(p[1]);
            p += 2;
        }
    }
    return (struct str){text, (size_t)(out - text)};
}

bool span_is(struct str key, const char *name)
{
    size_t n = strlen(name);

    if (key.n == n + 2)
        return memcmp(key.p + 1, name, n) == 0;
    if (key.n < n + 2 || !memchr(key.p, '\\', key.n))
        return false;
    struct arena a = {0};
    bool same = str_eq(span_text(&a, key), (struct str){name, n});
    arena_end(&a);
    return same;
}

static bool literal_number(struct str v, double *out)
{
    static const struct {
        const char *text;
        double v;
    } words[] = {{"true", 1},
                 {"false", 0},
                 {"NaN", __builtin_nan("")},
                 {"Infinity", __builtin_inf()},
                 {"-Infinity", -__builtin_inf()}};

    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (str_eq(v, str_of(words[i].text))) {
            *out = words[i].v;
            return true;
        }
    }
    return false;
}

bool span_number(struct str v, double *out)
{
    char small[64];

    if (literal_number(v, out))
        return true;
    if (v.n == 0 || (v.p[0] != '-' && (v.p[0] < '0' || v.p[0] > '9')))
        return false;
    /* strtod wants a terminator, which a span does not have. */
    char *copy = v.n < sizeof(small) ? small : malloc(v.n + 1);
    if (!copy)
        abort();
    memcpy(copy, v.p, v.n);
    copy[v.n] = '\0';
    *out = strtod(copy, NULL);
    if (copy != small)
        free(copy);
    return true;
}

bool span_truth(struct str v)
{
    struct span_walk w = {v};
    struct str item;
    double number;

    if (v.n == 0 || str_eq(v, STR("null")) || str_eq(v, STR("\"\"")))
        return false;
    if (v.p[0] == '[' || v.p[0] == '{')
        return span_item(&w, &item);
    if (v.p[0] == '"')
        return true;
    return !span_number(v, &number) || number != 0;
}

static void write_unit(struct buf *b, unsigned unit)
{
    static const char hex[] = "0123456789abcdef";
    char text[6] = {
        '\\', 'u', hex[unit >> 12 & 15], hex[unit >> 8 & 15], hex[unit >> 4 & 15], hex[unit & 15]};

    buf_add(b, text, sizeof(text));
}

static unsigned decode(const char *p, size_t len)
{
    static const unsigned char lead[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    unsigned c = (unsigned char)p[0] & lead[len];

    for (size_t i = 1; i < len; i++)
        c = c << 6 | ((unsigned char)p[i] & 0x3fu);
    return c;
}

/* Escape the character at p; returns its length in bytes. */
static size_t write_escaped(struct buf *b, const char *p, size_t n)
{
    size_t len = utf8_len(p, n);
    unsigned c = len ? decode(p, len) : 0xFFFD;

    if (c > 0xFFFF) {
        write_unit(b, 0xD800 + ((c - 0x10000) >> 10));
        c = 0xDC00 + ((c - 0x10000) & 0x3FF);
    }
    write_unit(b, c);
    return len ? len : 1;
}

void span_write_ascii(struct buf *b, struct str json)
{
    size_t i = 0;

    while (i < json.n) {
        size_t run = i;
        while (run < json.n && (unsigned char)json.p[run] < 0x7f)
            run++;
        buf_add(b, json.p + i, run - i);
        i = run;
        if (i < json.n)
            i += write_escaped(b, json.p + i, json.n - i);
    }
}

static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
}

void span_write_string(struct buf *b, struct str s)
{
    static const char shorthand[] = "\"\"\\\\\bb\ff\nn\rr\tt";
    size_t i = 0;

    buf_char(b, '"');
    while (i < s.n) {
        size_t run = i;
        while (run < s.n && is_plain((unsigned char)s.p[run]))
            run++;
        buf_add(b, s.p + i, run - i);
        i = run;
        if (i == s.n)
            break;
        const char *at = s.p[i] ? strchr(shorthand, s.p[i]) : NULL;
        if (at) {
            buf_char(b, '\\');
            buf_char(b, at[1]);
            i++;
        } else {
            i += write_escaped(b, s.p + i, s.n - i);
        }
    }
    buf_char(b, '"');
}

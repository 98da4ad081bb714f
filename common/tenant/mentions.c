/* mentions.c - one pass over JSON's strings; what is no JSON has none. */

#include "common/tenant/mentions.h"

#include "common/base/buf.h"

#include <ctype.h>

enum { DIGITS_MIN = 7, DIGITS_MAX = 15, NUMBER_SIZE = 1 + DIGITS_MAX + 1 };

static int hex(char c)
{
    return isdigit((unsigned char)c)    ? c - '0'
           : isxdigit((unsigned char)c) ? (c | 32) - 'a' + 10
                                        : -1;
}

/* "\u002b" is a plus sign too: the character at i, and where the next one is; 0 = none of ours. */
static char take(struct str s, size_t *i)
{
    const char *p = s.p + *i;

    if (*p != '\\') {
        ++*i;
        return *p;
    }
    if (s.n - *i < 6 || p[1] != 'u' || p[2] != '0' || p[3] != '0' || hex(p[4]) < 0
        || hex(p[5]) < 0) {
        *i += 2;
        return 0;
    }
    *i += 6;
    return (char)(hex(p[4]) << 4 | hex(p[5]));
}

/* From behind the quote at *i to behind the other; number "" when it is none. */
static void read_string(struct str s, size_t *i, char number[NUMBER_SIZE])
{
    size_t n = 0;
    bool fits = true;

    for (++*i; *i < s.n && s.p[*i] != '"';) {
        char c = take(s, i);
        fits = fits && n < NUMBER_SIZE - 1 && (n == 0 ? c == '+' : isdigit((unsigned char)c));
        if (fits)
            number[n++] = c;
    }
    ++*i;
    number[fits && n > DIGITS_MIN ? n : 0] = '\0';
}

static void add(struct buf *b, const char *text)
{
    buf_str(b, b->n > 1 ? "," : "");
    buf_str(b, text);
}

static void add_lead(struct op *op, struct buf *b, const char *subject)
{
    static const char leads[] = "/api/v1/leads/";
    const char *id = subject + sizeof(leads) - 1;

    if (strncmp(subject, leads, sizeof(leads) - 1) != 0 || !strspn(id, "0123456789"))
        return;
    add(b, arena_printf(&op->arena, "leads/%.*s", (int)strspn(id, "0123456789"), id));
}

const char *mentions(struct op *op, const char *subject, struct str json)
{
    char number[NUMBER_SIZE];
    struct buf b = {0};
    size_t i = 0;

    buf_char(&b, '{');
    add_lead(op, &b, subject);
    while (i < json.n) {
        if (json.p[i] != '"') {
            i++;
            continue;
        }
        read_string(json, &i, number);
        if (*number)
            add(&b, number);
    }
    buf_char(&b, '}');
    const char *out = arena_strndup(&op->arena, b.p, b.n);
    buf_free(&b);
    return out;
}

/* buf.c - append, double, stop at the ceiling. */

#include "common/base/buf.h"

#include "common/base/decimal.h"
#include "common/base/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void buf_free(struct buf *b)
{
    free(b->p);
    b->p = NULL;
    b->n = b->cap = 0;
}

void buf_reset(struct buf *b)
{
    b->n = 0;
    b->over = false;
    if (b->p)
        b->p[0] = '\0';
}

bool buf_reserve(struct buf *b, size_t more)
{
    size_t max = b->max ? b->max : BUF_MAX;

    if (more > max || b->n > max - more) {
        b->over = true;
        return false;
    }
    size_t need = b->n + more + 1;
    if (need > b->cap) {
        size_t cap = b->cap ? b->cap : 128;
        while (cap < need)
            cap *= 2;
        if (cap > max + 1)
            cap = max + 1; /* buf_add() fills what there is without asking */
        b->p = realloc(b->p, cap);
        if (!b->p)
            abort();
        b->cap = cap;
    }
    return true;
}

void buf_add_slow(struct buf *b, const void *p, size_t n)
{
    if (!buf_reserve(b, n))
        return;
    if (n)
        memcpy(b->p + b->n, p, n);
    b->n += n;
    b->p[b->n] = '\0';
}

void buf_str(struct buf *b, const char *s)
{
    buf_add(b, s, strlen(s));
}

void buf_char(struct buf *b, char c)
{
    buf_add(b, &c, 1);
}

void buf_i64(struct buf *b, int64_t v)
{
    char digits[DECIMAL_SIZE];
    struct str text = decimal_write(digits, v);

    buf_add(b, text.p, text.n);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list ap, again;

    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    va_end(ap);
    if (n >= 0 && buf_reserve(b, (size_t)n)) {
        vsnprintf(b->p + b->n, (size_t)n + 1, fmt, again);
        b->n += (size_t)n;
    }
    va_end(again);
}

static void escape(struct buf *b, unsigned char c)
{
    switch (c) {
    case '"': buf_add(b, "\\\"", 2); break;
    case '\\': buf_add(b, "\\\\", 2); break;
    case '\n': buf_add(b, "\\n", 2); break;
    case '\r': buf_add(b, "\\r", 2); break;
    case '\t': buf_add(b, "\\t", 2); break;
    default: buf_printf(b, "\\u%04x", c); break;
    }
}

static bool is_plain(unsigned char c)
{
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\' && c != 0x7f;
}

void buf_json_string(struct buf *b, struct str s)
{
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
        if ((unsigned char)s.p[i] < 0x80) {
            escape(b, (unsigned char)s.p[i++]);
            continue;
        }
        size_t len = utf8_len(s.p + i, s.n - i);
        if (len)
            buf_add(b, s.p + i, len);
        else
            buf_add(b, "\xEF\xBF\xBD", 3);
        i += len ? len : 1;
    }
    buf_char(b, '"');
}

void buf_json_text(struct buf *b, const char *s)
{
    if (s)
        buf_json_string(b, str_of(s));
    else
        buf_add(b, "null", 4);
}

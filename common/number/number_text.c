/*
 * number_text.c - characters to an alphabet of digits, signs and letters, then its grammar.
 *
 * The first pass forgets scripts and decoration; everything after it looks at
 * a short ASCII text.
 */

#include "common/number/number_text.h"

#include "common/base/compiler.h"
#include "common/base/utf8.h"

#include <glib.h>

enum {
    PLAIN_MAX = 64, /* longer is no telephone number, however it is decorated */
    LETTER_OTHER = '?',
};

/* The cell without its decoration: 0-9 + . , / # a-z, and '?' for any other letter or symbol. */
struct plain {
    size_t n;
    char p[PLAIN_MAX + 1];
};

const char *number_fault_name(enum number_fault fault)
{
    static const char *const names[] = {
#define X(name) "NUMBER_" #name,
        NUMBER_FAULTS(X)
#undef X
    };

    return names[fault];
}

static bool is_ascii_decoration(unsigned c)
{
    return c == ' ' || c == '(' || c == ')' || c == '[' || c == ']' || c == '-' || c == '\t'
           || c == '\n' || c == '\r';
}

static bool is_dash(unsigned c)
{
    return c == '-' || (c >= 0x2010 && c <= 0x2015) || c == 0x2212 || c == 0xFE63 || c == 0xFF0D;
}

/* Spaces of any width, marks without one (direction, joiners, BOM), dashes, wide brackets. */
static bool is_decoration(unsigned c)
{
    if (c < 0x80)
        return is_ascii_decoration(c);
    if (is_dash(c) || c == 0xFF08 || c == 0xFF09)
        return true;
    GUnicodeType type = g_unichar_type(c);
    return type == G_UNICODE_SPACE_SEPARATOR || type == G_UNICODE_FORMAT
           || type == G_UNICODE_LINE_SEPARATOR || type == G_UNICODE_PARAGRAPH_SEPARATOR;
}

static char plain_of_ascii(unsigned c)
{
    if (c >= '0' && c <= '9')
        return (char)c;
    if ((c | 0x20) >= 'a' && (c | 0x20) <= 'z')
        return (char)(c | 0x20);
    return c == '+' || c == '.' || c == ',' || c == '/' || c == '#' || c == '*' ? (char)c : ';';
}

static char plain_of(unsigned c)
{
    if (c < 0x80)
        return plain_of_ascii(c);
    if (g_unichar_type(c) == G_UNICODE_DECIMAL_NUMBER)
        return (char)('0' + g_unichar_digit_value(c));
    if (c == 0xFF0B)
        return '+';
    return c == 0xFF0E || c == 0x00B7 ? '.' : LETTER_OTHER;
}

static bool read_plain(struct str text, struct plain *out)
{
    out->n = 0;
    for (size_t i = 0, len; i < text.n; i += len) {
        len = utf8_len(text.p + i, text.n - i);
        if (len == 0)
            return false;
        unsigned c = len == 1 ? (unsigned char)text.p[i] : g_utf8_get_char(text.p + i);
        if (is_decoration(c))
            continue;
        if (out->n == PLAIN_MAX)
            return false;
        out->p[out->n++] = plain_of(c);
    }
    out->p[out->n] = '\0';
    return true;
}

static struct str trim(struct str s)
{
    while (s.n && (s.p[0] == ' ' || s.p[0] == '\t')) {
        s.p++;
        s.n--;
    }
    while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
        s.n--;
    return s;
}

static bool cut(struct str *s, struct str front, struct str back)
{
    if (s->n < front.n + back.n || !str_starts(*s, front)
        || memcmp(s->p + s->n - back.n, back.p, back.n) != 0)
        return false;
    s->p += front.n;
    s->n -= front.n + back.n;
    return true;
}

/* ="+39..." and '+39... are how a spreadsheet is told to leave a number alone. */
static bool unwrap(struct str *s)
{
    return cut(s, STR("=\""), STR("\"")) || cut(s, STR("\""), STR("\""))
           || cut(s, STR("'"), STR("'")) || cut(s, STR("'"), STR(""))
           || cut(s, STR("\u2019"), STR(""));
}

static size_t skip_digits(const struct plain *t, size_t i)
{
    while (i < t->n && t->p[i] >= '0' && t->p[i] <= '9')
        i++;
    return i;
}

/* 3.93e+11: the digits behind the point are gone, whatever one would like them to be. */
static bool is_scientific(const struct plain *t)
{
    size_t start = t->p[0] == '+', i = skip_digits(t, start);

    if (i == start)
        return false;
    if (t->p[i] == '.' || t->p[i] == ',')
        i = skip_digits(t, i + 1);
    if (t->p[i++] != 'e')
        return false;
    size_t exponent = i + (t->p[i] == '+');
    size_t end = skip_digits(t, exponent);
    return end == t->n && end > exponent;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || c == LETTER_OTHER;
}

/* Digits, then a word for "extension" or a #, then digits to the end. */
static bool has_extension(const struct plain *t)
{
    static const char *const words[] = {"x",       "ext",   "extn",   "extension", "int",
                                        "interno", "dw",    "ramal",  "poste",     "durchwahl",
                                        "ex",      "anexo", "toestel"};
    size_t i = 0, end;

    while (i < t->n && !is_letter(t->p[i]) && t->p[i] != '#')
        i++;
    for (end = i; end < t->n && (is_letter(t->p[end]) || t->p[end] == '#'); end++)
        ;
    size_t rest = end + (t->p[end] == '.');
    if (i < 4 || rest == t->n || skip_digits(t, rest) != t->n)
        return false;
    if (end - i == 1 && t->p[i] == '#')
        return true;
    for (size_t w = 0; w < ARRAY_LEN(words); w++)
        if (str_eq((struct str){t->p + i, end - i}, str_of(words[w])))
            return true;
    return false;
}

/* 393491234567.0: one point, a zero behind it, only digits before it. */
static bool drop_decimal_zero(struct plain *t)
{
    size_t i = skip_digits(t, t->p[0] == '+');

    if (i < 5 || i + 2 != t->n || (t->p[i] != '.' && t->p[i] != ',') || t->p[i + 1] != '0')
        return false;
    t->n = i;
    t->p[i] = '\0';
    return true;
}

/* 030/1234567 is one number; 3491234567/3481234567 is for whoever splits cells. */
static bool slash_is_decoration(const struct plain *t)
{
    const char *slash = memchr(t->p, '/', t->n);

    return slash && !memchr(slash + 1, '/', (size_t)(t->p + t->n - slash - 1)) && slash - t->p >= 2
           && slash - t->p <= 8 && (t->p[0] == '0' || t->p[0] == '+');
}

static bool take_digits(const struct plain *t, struct number_text *out)
{
    bool slash = slash_is_decoration(t);

    for (size_t i = 0; i < t->n; i++) {
        char c = t->p[i];

        if (c == '.' || (c == '/' && slash))
            continue;
        if (c == '+' && i == 0) {
            out->international = true;
            continue;
        }
        if (c < '0' || c > '9' || out->n == NUMBER_DIGITS_MAX)
            return false;
        out->digits[out->n++] = c;
    }
    out->digits[out->n] = '\0';
    return true;
}

static void take_00(struct number_text *out)
{
    if (out->international || out->n < 3 || out->digits[0] != '0' || out->digits[1] != '0')
        return;
    out->international = true;
    out->n -= 2;
    memmove(out->digits, out->digits + 2, out->n + 1);
}

static bool has_letter(const struct plain *t)
{
    for (size_t i = 0; i < t->n; i++)
        if (is_letter(t->p[i]))
            return true;
    return false;
}

enum number_fault number_text_read(struct str text, struct number_text *out)
{
    struct plain plain;

    *out = (struct number_text){0};
    text = trim(text);
    out->repaired = unwrap(&text);
    if (!read_plain(text, &plain))
        return NUMBER_INVALID;
    if (plain.n == 0)
        return NUMBER_MISSING;
    if (text.p[0] == '-')
        return NUMBER_INVALID;
    if (is_scientific(&plain))
        return NUMBER_SCIENTIFIC_NOTATION;
    if (has_extension(&plain))
        return NUMBER_HAS_EXTENSION;
    if (has_letter(&plain))
        return NUMBER_ALPHANUMERIC;
    out->repaired |= drop_decimal_zero(&plain);
    if (!take_digits(&plain, out) || out->n == 0)
        return NUMBER_INVALID;
    take_00(out);
    return NUMBER_OK;
}

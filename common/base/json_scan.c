/* json_scan.c - RFC 8259, one byte ahead: depth is a counter, not the C stack. */

#include "common/base/json_scan.h"

#include "common/base/utf8.h"

/* jsonb keeps numbers to the letter, but only 131072 digits before the point and 16383 behind it.
 */
enum { NUMBER_BYTES = 1024, EXPONENT_DIGITS = 3 };

struct scan {
    const char *p, *end;
    const struct json_grammar *g;
    int depth;
    bool in_object[JSON_SCAN_MAX_DEPTH + 1];
};

static void skip_space(struct scan *s)
{
    while (s->p < s->end && (*s->p == ' ' || *s->p == '\t' || *s->p == '\n' || *s->p == '\r'))
        s->p++;
}

static bool take(struct scan *s, char c)
{
    if (s->p == s->end || *s->p != c)
        return false;
    s->p++;
    return true;
}

static bool take_word(struct scan *s, struct str word)
{
    if ((size_t)(s->end - s->p) < word.n || memcmp(s->p, word.p, word.n) != 0)
        return false;
    s->p += word.n;
    return true;
}

static bool hex4(struct scan *s, unsigned *out)
{
    unsigned v = 0;

    if (s->end - s->p < 4)
        return false;
    for (int i = 0; i < 4; i++) {
        char c = s->p[i];
        unsigned d = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                     : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10)
                     : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A' + 10)
                                            : 16;
        if (d == 16)
            return false;
        v = v << 4 | d;
    }
    s->p += 4;
    *out = v;
    return true;
}

/* A surrogate must come as a pair: alone it has no UTF-8. */
static const char *scan_unicode_escape(struct scan *s)
{
    unsigned hi, lo;

    if (!hex4(s, &hi))
        return "\\u needs four hexadecimal digits";
    if (s->g->python)
        return NULL;
    if (hi == 0)
        return "the character U+0000 is not allowed";
    if (hi < 0xD800 || hi > 0xDFFF)
        return NULL;
    if (hi > 0xDBFF || s->end - s->p < 2 || s->p[0] != '\\' || s->p[1] != 'u')
        return "a surrogate must be one of a pair";
    s->p += 2;
    if (!hex4(s, &lo) || lo < 0xDC00 || lo > 0xDFFF)
        return "a surrogate must be one of a pair";
    return NULL;
}

static const char *scan_escape(struct scan *s)
{
    if (++s->p == s->end)
        return "a string is not closed";
    char c = *s->p++;
    if (c == 'u')
        return scan_unicode_escape(s);
    if (c == '\0' || !strchr("\"\\/bfnrt", c))
        return "an escape is not one of JSON's";
    return NULL;
}

static const char *scan_string(struct scan *s)
{
    const char *wrong;

    for (s->p++; s->p < s->end;) {
        unsigned char c = (unsigned char)*s->p;
        if (c == '"') {
            s->p++;
            return NULL;
        }
        if (c == '\\') {
            if ((wrong = scan_escape(s)))
                return wrong;
            continue;
        }
        if (c < 0x20)
            return "a control character must be escaped";
        size_t len = c < 0x80 ? 1 : utf8_len(s->p, (size_t)(s->end - s->p));
        if (len == 0)
            return "the text is not valid UTF-8";
        s->p += len;
    }
    return "a string is not closed";
}

static bool scan_digits(struct scan *s)
{
    const char *start = s->p;

    while (s->p < s->end && *s->p >= '0' && *s->p <= '9')
        s->p++;
    return s->p > start;
}

static const char *scan_exponent(struct scan *s)
{
    if (!take(s, 'e') && !take(s, 'E'))
        return NULL;
    if (!take(s, '+'))
        take(s, '-');
    const char *digits = s->p;
    if (!scan_digits(s))
        return "a number needs digits in its exponent";
    if (s->p - digits > EXPONENT_DIGITS && !s->g->python)
        return "a number's exponent is out of range";
    return NULL;
}

static const char *scan_number(struct scan *s)
{
    const char *start = s->p;

    take(s, '-');
    if (s->g->python && take_word(s, STR("Infinity")))
        return NULL;
    if (!take(s, '0') && !scan_digits(s))
        return "a value was expected";
    if (take(s, '.') && !scan_digits(s))
        return "a number needs digits after its point";
    const char *wrong = scan_exponent(s);
    if (wrong)
        return wrong;
    if (s->p - start > NUMBER_BYTES && !s->g->python)
        return "a number is too long";
    if (s->g->on_number)
        s->g->on_number(s->g->ctx, (struct str){start, (size_t)(s->p - start)});
    return NULL;
}

static const char *scan_key(struct scan *s)
{
    const char *wrong;

    skip_space(s);
    if (s->p == s->end || *s->p != '"')
        return "an object key was expected";
    if ((wrong = scan_string(s)))
        return wrong;
    skip_space(s);
    return take(s, ':') ? NULL : "a colon was expected after an object key";
}

static const char *scan_open(struct scan *s, bool *opened)
{
    bool object = *s->p == '{';

    if (s->depth == s->g->max_depth)
        return "nesting is too deep";
    s->p++;
    s->in_object[++s->depth] = object;
    skip_space(s);
    *opened = !take(s, object ? '}' : ']');
    if (!*opened)
        s->depth--;
    return *opened && object ? scan_key(s) : NULL;
}

/* One value; *opened says a container was entered and its first value comes next. */
static const char *scan_value(struct scan *s, bool *opened)
{
    *opened = false;
    skip_space(s);
    if (s->p == s->end)
        return "a value was expected";
    if (*s->p == '{' || *s->p == '[')
        return scan_open(s, opened);
    if (*s->p == '"')
        return scan_string(s);
    if (take_word(s, STR("true")) || take_word(s, STR("false")) || take_word(s, STR("null"))
        || (s->g->python && take_word(s, STR("NaN"))))
        return NULL;
    return scan_number(s);
}

/* After a value: close what ends here; *more says another value follows. */
static const char *scan_after(struct scan *s, bool *more)
{
    *more = false;
    while (s->depth > 0) {
        bool object = s->in_object[s->depth];
        skip_space(s);
        if (take(s, ',')) {
            *more = true;
            return object ? scan_key(s) : NULL;
        }
        if (!take(s, object ? '}' : ']'))
            return "a comma or a closing bracket was expected";
        s->depth--;
    }
    return NULL;
}

const char *json_scan(struct str text, const struct json_grammar *g, size_t *at)
{
    struct scan s;
    const char *wrong;
    bool again = true;

    if (text.n == 0)
        text = STR(""); /* a body that never came has no address */
    s.p = text.p;
    s.end = text.p + text.n;
    s.g = g;
    s.depth = 0;
    while (again) {
        wrong = scan_value(&s, &again);
        if (!wrong && !again)
            wrong = scan_after(&s, &again);
        if (wrong)
            break;
    }
    if (!wrong) {
        skip_space(&s);
        wrong = s.p < s.end ? "there is text after the document" : NULL;
    }
    *at = (size_t)(s.p - text.p);
    return wrong;
}

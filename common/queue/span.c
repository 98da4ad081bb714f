/* span.c - the grammar walk: one pass, no recursion, nothing allocated. */

#include "common/queue/span.h"

#include "common/base/utf8.h"

#include <stdint.h>

struct scan {
    const char *p, *end;
    int depth;
    uint8_t in_object[SPAN_MAX_DEPTH + 1];
};

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_space(struct scan *s)
{
    while (s->p < s->end && is_space(*s->p))
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

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static const char *scan_escape(struct scan *s)
{
    s->p++;
    if (s->p == s->end)
        return "a string is not closed";
    char c = *s->p++;
    if (c != 'u')
        return c && strchr("\"\\/bfnrt", c) ? NULL : "an escape is not one of JSON's";
    if (s->end - s->p < 4)
        return "\\u needs four hexadecimal digits";
    for (int i = 0; i < 4; i++)
        if (!is_hex(*s->p++))
            return "\\u needs four hexadecimal digits";
    return NULL;
}

static const char *scan_string(struct scan *s)
{
    s->p++;
    while (s->p < s->end) {
        unsigned char c = (unsigned char)*s->p;
        if (c == '"') {
            s->p++;
            return NULL;
        }
        if (c == '\\') {
            const char *wrong = scan_escape(s);
            if (wrong)
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

static const char *scan_number(struct scan *s)
{
    take(s, '-');
    if (take_word(s, STR("Infinity")))
        return NULL;
    if (!take(s, '0') && !scan_digits(s))
        return "a value was expected";
    if (take(s, '.') && !scan_digits(s))
        return "a number needs digits after its point";
    if (take(s, 'e') || take(s, 'E')) {
        if (!take(s, '+'))
            take(s, '-');
        if (!scan_digits(s))
            return "a number needs digits in its exponent";
    }
    return NULL;
}

static const char *scan_key(struct scan *s)
{
    skip_space(s);
    if (s->p == s->end || *s->p != '"')
        return "an object key was expected";
    const char *wrong = scan_string(s);
    if (wrong)
        return wrong;
    skip_space(s);
    return take(s, ':') ? NULL : "a colon was expected after an object key";
}

static const char *scan_open(struct scan *s, bool *opened)
{
    bool object = *s->p == '{';

    if (s->depth == SPAN_MAX_DEPTH)
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
        || take_word(s, STR("NaN")))
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

const char *span_complaint(struct str text)
{
    struct scan s;
    bool again = true;

    s.p = text.p;
    s.end = text.p + text.n;
    s.depth = 0;
    while (again) {
        const char *wrong = scan_value(&s, &again);
        if (!wrong && !again)
            wrong = scan_after(&s, &again);
        if (wrong)
            return wrong;
    }
    skip_space(&s);
    return s.p < s.end ? "there is text after the document" : NULL;
}

struct str span_trim(struct str text)
{
    while (text.n && is_space(text.p[0]))
        text.p++, text.n--;
    while (text.n && is_space(text.p[text.n - 1]))
        text.n--;
    return text;
}

/* From here on the text is known to be well-formed. */

static const char *string_end(const char *p)
{
    for (p++; *p != '"'; p++)
        if (*p == '\\')
            p++;
    return p + 1;
}

static const char *container_end(const char *p)
{
    int depth = 0;

    for (;;) {
        if (*p == '"') {
            p = string_end(p);
            continue;
        }
        if (*p == '{' || *p == '[')
            depth++;
        else if ((*p == '}' || *p == ']') && --depth == 0)
            return p + 1;
        p++;
    }
}

static const char *value_end(const char *p, const char *end)
{
    if (*p == '"')
        return string_end(p);
    if (*p == '{' || *p == '[')
        return container_end(p);
    while (p < end && !is_space(*p) && *p != ',' && *p != '}' && *p != ']')
        p++;
    return p;
}

/* Step over the opening bracket or a comma; false at the closing bracket. */
static bool step(struct span_walk *w)
{
    w->rest = span_trim(w->rest);
    if (w->rest.n == 0 || *w->rest.p == '}' || *w->rest.p == ']')
        return false;
    w->rest.p++;
    w->rest.n--;
    w->rest = span_trim(w->rest);
    return w->rest.n && *w->rest.p != '}' && *w->rest.p != ']';
}

static struct str cut(struct span_walk *w)
{
    const char *end = value_end(w->rest.p, w->rest.p + w->rest.n);
    struct str value = {w->rest.p, (size_t)(end - w->rest.p)};

    w->rest.n -= value.n;
    w->rest.p = end;
    return value;
}

bool span_item(struct span_walk *w, struct str *value)
{
    if (!step(w))
        return false;
    *value = cut(w);
    return true;
}

bool span_member(struct span_walk *w, struct str *key, struct str *value)
{
    if (!step(w))
        return false;
    *key = cut(w);
    w->rest = span_trim(w->rest);
    w->rest.p++; /* the colon */
    w->rest.n--;
    w->rest = span_trim(w->rest);
    *value = cut(w);
    return true;
}

bool span_get(struct str object, const char *name, struct str *out)
{
    struct span_walk w = {object};
    struct str key, value;
    bool found = false;

    while (span_member(&w, &key, &value)) {
        if (!span_is(key, name))
            continue;
        *out = value;
        found = true;
    }
    return found;
}

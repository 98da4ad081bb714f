/* span.c - pieces of a well-formed text, found by walking over it. */

#include "common/queue/span.h"

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

const char *span_complaint(struct str text)
{
    const struct json_grammar python = {.max_depth = SPAN_MAX_DEPTH, .python = true};
    size_t at;

    return json_scan(text, &python, &at);
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

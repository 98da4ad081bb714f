/* multipart_head.c - Content-Disposition and what stands beside it. */

#include "api/multipart_head.h"

#include "common/base/utf8.h"

#include <strings.h>

static bool is_named(struct str s, const char *name)
{
    return s.n == strlen(name) && strncasecmp(s.p, name, s.n) == 0;
}

static bool is_separator(char c)
{
    return c <= ' ' || c == 0x7f || strchr("()<>@,;:\\\"/[]?=", c);
}

static char *skip_blanks(char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\t'))
        p++;
    return p;
}

static char *skip_token(char *p, const char *end)
{
    while (p < end && !is_separator(*p))
        p++;
    return p;
}

/* p is behind the opening quote; NULL when there is no closing one. */
static char *read_quoted(char *p, const char *end, struct str *out)
{
    char *to = p;

    *out = (struct str){p, 0};
    while (p < end && *p != '"') {
        if (*p == '\\' && p + 1 < end && (p[1] == '"' || p[1] == '\\'))
            p++;
        *to++ = *p++;
    }
    out->n = (size_t)(to - out->p);
    return p < end ? p + 1 : NULL;
}

bool multipart_read_param(char **at, const char *end, struct str *name, struct str *value)
{
    char *p = skip_blanks(*at, end), *start = p;

    p = skip_token(p, end);
    *name = (struct str){start, (size_t)(p - start)};
    if (name->n == 0 || p == end || *p++ != '=')
        return false;
    if (p < end && *p == '"') {
        p = read_quoted(p + 1, end, value);
        if (!p)
            return false;
    } else {
        start = p;
        p = skip_token(p, end);
        *value = (struct str){start, (size_t)(p - start)};
    }
    p = skip_blanks(p, end);
    if (p < end && *p++ != ';')
        return false;
    *at = p;
    return true;
}

static bool is_clean(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
            return false;
    return true;
}

static bool set_once(struct str *place, struct str value)
{
    if (place->p)
        return false;
    *place = value;
    return true;
}

static const char *read_disposition(char *p, const char *end, struct multipart_part *part)
{
    char *start = p;
    struct str name, value;
    bool once = true;

    p = skip_token(p, end);
    if (!is_named((struct str){start, (size_t)(p - start)}, "form-data") || part->name.p)
        return "has a part that is not form-data";
    p = skip_blanks(p, end);
    if (p < end && *p++ != ';')
        return "has a malformed Content-Disposition";
    while (p < end) {
        if (!multipart_read_param(&p, end, &name, &value))
            return "has a malformed Content-Disposition";
        if (is_named(name, "name"))
            once = once && set_once(&part->name, value);
        else if (is_named(name, "filename"))
            once = once && set_once(&part->filename, value);
    }
    if (!once)
        return "has a Content-Disposition with a parameter twice";
    if (!part->name.p || part->name.n == 0 || !utf8_valid(part->name.p, part->name.n))
        return "has a part without a valid name";
    return NULL;
}

static const char *read_line(char *p, char *end, struct multipart_part *part)
{
    char *start = p;

    p = skip_token(p, end);
    struct str name = {start, (size_t)(p - start)};
    if (name.n == 0 || p == end || *p++ != ':'
        || !is_clean((struct str){start, (size_t)(end - start)}))
        return "has a part with a malformed header";
    p = skip_blanks(p, end);
    while (end > p && end[-1] == ' ')
        end--;
    struct str value = {p, (size_t)(end - p)};
    if (is_named(name, "Content-Disposition"))
        return read_disposition(p, end, part);
    if (is_named(name, "Content-Type") && !set_once(&part->content_type, value))
        return "has a part with two Content-Types";
    if (is_named(name, "Content-Transfer-Encoding") && !is_named(value, "binary")
        && !is_named(value, "8bit") && !is_named(value, "7bit"))
        return "has a part with a transfer encoding";
    return NULL;
}

const char *multipart_read_head(char *head, size_t n, struct multipart_part *part)
{
    char *end = head + n;

    *part = (struct multipart_part){0};
    while (end - head > 2) {
        char *eol = memmem(head, (size_t)(end - head), "\r\n", 2);
        const char *wrong = eol ? read_line(head, eol, part) : "has a part with a malformed header";
        if (wrong)
            return wrong;
        head = eol + 2;
    }
    return part->name.p ? NULL : "has a part that is not form-data";
}

/* audit_json.c - a walk over JSON's tokens, leaving out the values of telling names. */

#include "common/tenant/audit.h"

#include <strings.h>

static const char hidden[] = "\"(hidden)\"";

static bool contains(struct str s, const char *word)
{
    size_t n = strlen(word);

    for (size_t i = 0; i + n <= s.n; i++)
        if (strncasecmp(s.p + i, word, n) == 0)
            return true;
    return false;
}

static bool is_telling(struct str name)
{
    static const char *const words[] = {"password", "passwd", "secret", "token",
                                        "api_key",  "apikey", "link",   "credential"};

    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (contains(name, words[i]))
            return true;
    /* An escape may spell anything. */
    return memchr(name.p, '\\', name.n) != NULL;
}

static size_t end_of_string(struct str s, size_t i)
{
    for (i++; i < s.n && s.p[i] != '"'; i++)
        if (s.p[i] == '\\')
            i++;
    return i + 1 < s.n ? i + 1 : s.n;
}

static size_t skip_blanks(struct str s, size_t i)
{
    while (i < s.n && strchr(" \t\r\n", s.p[i]) && s.p[i])
        i++;
    return i;
}

/* Of a value beginning at i, whatever it holds. */
static size_t end_of_value(struct str s, size_t i)
{
    int depth = 0;

    while (i < s.n) {
        char c = s.p[i];
        if (depth == 0 && strchr(",}]", c))
            return i;
        depth += c == '{' || c == '[';
        depth -= c == '}' || c == ']';
        i = c == '"' ? end_of_string(s, i) : i + 1;
        if (depth == 0 && (c == '"' || c == '}' || c == ']'))
            return i;
    }
    return i;
}

/* A string, which may be a name: then its value is looked at as well. */
static size_t take_string(struct buf *b, struct str s, size_t i)
{
    size_t end = end_of_string(s, i), next = skip_blanks(s, end);

    buf_add(b, s.p + i, end - i);
    if (next >= s.n || s.p[next] != ':' || !is_telling((struct str){s.p + i, end - i}))
        return end;
    buf_char(b, ':');
    buf_str(b, hidden);
    return end_of_value(s, skip_blanks(s, next + 1));
}

void audit_write_json(struct buf *b, struct str s)
{
    size_t i = skip_blanks(s, 0);

    if (i >= s.n || !strchr("{[", s.p[i])) {
        buf_str(b, "null");
        return;
    }
    while (i < s.n) {
        if (s.p[i] == '"') {
            i = take_string(b, s, i);
            continue;
        }
        if (!strchr(" \t\r\n", s.p[i]))
            buf_char(b, s.p[i]);
        i++;
    }
}

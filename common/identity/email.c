/* email.c - one pass over the characters; mail headers are made of what passes. */

#include "common/identity/email.h"

#include <ctype.h>

enum { LOCAL_MAX = 64, LABEL_MAX = 63 };

static bool is_plain(char c)
{
    return isascii(c) && isalnum(c);
}

/* Dot-separated atoms. */
static bool is_local(struct str s)
{
    char before = '.';

    for (size_t i = 0; i < s.n; before = s.p[i++]) {
        if (s.p[i] == '.' ? before == '.'
                          : !is_plain(s.p[i]) && !strchr("!#$%&'*+-/=?^_`{|}~", s.p[i]))
            return false;
    }
    return s.n && s.n <= LOCAL_MAX && before != '.';
}

static bool is_label(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!is_plain(s.p[i]) && (s.p[i] != '-' || i == 0 || i + 1 == s.n))
            return false;
    return s.n && s.n <= LABEL_MAX;
}

/* Two labels at least. */
static bool is_domain(struct str s)
{
    int labels = 0;

    for (size_t at = 0; at <= s.n; labels++) {
        const char *dot = at < s.n ? memchr(s.p + at, '.', s.n - at) : NULL;
        size_t end = dot ? (size_t)(dot - s.p) : s.n;
        if (!is_label((struct str){s.p + at, end - at}))
            return false;
        at = end + 1;
    }
    return labels >= 2;
}

const char *email_complaint(const char *text)
{
    const char *at = strchr(text, '@');

    if (at && strlen(text) <= EMAIL_MAX && is_local((struct str){text, (size_t)(at - text)})
        && is_domain(str_of(at + 1)))
        return NULL;
    return "must be an e-mail address of plain letters, digits and signs";
}

const char *email_key(struct op *op, const char *text)
{
    char *key = arena_strdup(&op->arena, text);

    for (char *p = key; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    return key;
}

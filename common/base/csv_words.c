/* csv_words.c - folding: ASCII by hand, the rest by Unicode's compatibility forms. */

#include "common/base/csv_words.h"

#include "common/base/utf8.h"

#include <glib.h>

static bool is_ascii(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] >= 0x80)
            return false;
    return true;
}

static size_t fold_ascii(struct str s, char *out)
{
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        char lower = (char)(c | 0x20);

        if ((c < '0' || c > '9') && (lower < 'a' || lower > 'z'))
            continue;
        if (n == CSV_WORD_MAX)
            return 0;
        out[n++] = c <= '9' ? c : lower;
    }
    return n;
}

static size_t fold_letters(const char *decomposed, char *out)
{
    size_t n = 0;
    char utf8[4];

    for (const char *p = decomposed; *p; p += g_utf8_skip[(unsigned char)*p]) {
        gunichar c = g_utf8_get_char(p);

        if (!g_unichar_isalnum(c))
            continue;
        size_t len = utf8_put(utf8, c);
        if (n + len > CSV_WORD_MAX)
            return 0;
        memcpy(out + n, utf8, len);
        n += len;
    }
    return n;
}

/* Composed again at the end, so that a table may spell Korean as Korean is typed. */
static size_t fold_unicode(struct str s, char *out)
{
    char *lower = g_utf8_casefold(s.p, (gssize)s.n);
    char *decomposed = g_utf8_normalize(lower, -1, G_NORMALIZE_ALL);
    size_t n = decomposed ? fold_letters(decomposed, out) : 0;
    char *composed = g_utf8_normalize(out, (gssize)n, G_NORMALIZE_DEFAULT_COMPOSE);

    n = composed ? strlen(composed) : 0;
    if (n <= CSV_WORD_MAX)
        memcpy(out, composed ? composed : "", n);
    g_free(composed);
    g_free(decomposed);
    g_free(lower);
    return n <= CSV_WORD_MAX ? n : 0;
}

size_t csv_word(struct str text, char out[CSV_WORD_MAX + 1])
{
    size_t n = 0;

    if (is_ascii(text))
        n = fold_ascii(text, out);
    else if (text.n <= 4 * CSV_WORD_MAX && utf8_valid(text.p, text.n))
        n = fold_unicode(text, out);
    out[n] = '\0';
    return n;
}

int csv_meaning(const struct csv_meaning *words, size_t n, struct str text)
{
    char word[CSV_WORD_MAX + 1];

    if (csv_word(text, word) == 0)
        return -1;
    for (size_t i = 0; i < n; i++)
        if (strcmp(words[i].word, word) == 0)
            return words[i].meaning;
    return -1;
}

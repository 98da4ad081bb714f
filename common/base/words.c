/* words.c - Unicode's compatibility forms, decomposed: an accent is then a character of its own. */

#include "common/base/words.h"

#include "common/base/utf8.h"

#include <glib.h>

/* Where the folded text is written, and whether it ends with a space. */
struct folded {
    GString *text;
    bool spaced;
};

static void space(struct folded *f)
{
    if (!f->spaced)
        g_string_append_c(f->text, ' ');
    f->spaced = true;
}

static void add(struct folded *f, gunichar c)
{
    if (g_unichar_ismark(c))
        return;
    if (!g_unichar_isalnum(c)) {
        space(f);
        return;
    }
    if (g_unichar_iswide(c))
        space(f);
    g_string_append_unichar(f->text, c);
    f->spaced = false;
    if (g_unichar_iswide(c))
        space(f);
}

static void fold(struct folded *f, const char *decomposed)
{
    space(f);
    for (const char *p = decomposed; *p; p += g_utf8_skip[(unsigned char)*p])
        add(f, g_utf8_get_char(p));
    space(f);
}

const char *words_fold(struct arena *arena, struct str text)
{
    if (!utf8_valid(text.p, text.n))
        return "";
    char *lower = g_utf8_casefold(text.p, (gssize)text.n);
    char *decomposed = g_utf8_normalize(lower, -1, G_NORMALIZE_ALL);
    struct folded f = {.text = g_string_new(NULL)};

    fold(&f, decomposed ? decomposed : "");
    const char *out = f.text->len > 1 ? arena_strndup(arena, f.text->str, f.text->len) : "";
    g_string_free(f.text, TRUE);
    g_free(decomposed);
    g_free(lower);
    return out;
}

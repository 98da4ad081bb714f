/* disclosure_text.c - one walk over a template, for checking and for rendering. */

#include "common/compliance/disclosure_text.h"

#include <ctype.h>

static const char *const variables[DV_COUNT] = {
#define VARIABLE(name) #name,
#include "common/compliance/variables.def"
#undef VARIABLE
};

const char *disclosure_variable_name(enum disclosure_variable v)
{
    return variables[v];
}

static struct str trimmed(struct str s)
{
    while (s.n && s.p[0] == ' ')
        s = (struct str){s.p + 1, s.n - 1};
    while (s.n && s.p[s.n - 1] == ' ')
        s.n--;
    return s;
}

static int variable_named(struct str name)
{
    for (int i = 0; i < DV_COUNT; i++)
        if (str_eq(name, str_of(variables[i])))
            return i;
    return -1;
}

/*
 * The next piece of a template: text (variable -1) or a variable.  False with a complaint when
 * the braces do not balance or the name is unknown; at the end a piece of nothing.
 */
static const char *next_piece(const char **at, struct str *piece, int *variable)
{
    const char *p = *at;

    *variable = -1;
    *piece = (struct str){p, strcspn(p, "{}")};
    if (piece->n || !*p) {
        *at = p + piece->n;
        return NULL;
    }
    const char *end = strncmp(p, "{{", 2) == 0 ? strpbrk(p + 2, "{}") : NULL;
    if (!end || strncmp(end, "}}", 2) != 0)
        return "must have every {{ closed by }}, and no other braces";
    *piece = (struct str){p, (size_t)(end + 2 - p)};
    *variable = variable_named(trimmed((struct str){p + 2, (size_t)(end - p) - 2}));
    *at = end + 2;
    return *variable < 0 ? "must use known variables only" : NULL;
}

const char *disclosure_complaint(const char *text)
{
    const char *complaint = NULL;
    struct str piece;
    int variable;

    while (!complaint && *text)
        complaint = next_piece(&text, &piece, &variable);
    return complaint;
}

unsigned disclosure_render(struct buf *b, const char *text, const char *const values[DV_COUNT])
{
    unsigned missing = 0;
    struct str piece;
    int variable;

    while (*text && !next_piece(&text, &piece, &variable)) {
        if (variable >= 0 && values[variable]) {
            buf_str(b, values[variable]);
            continue;
        }
        if (variable >= 0)
            missing |= 1u << variable;
        buf_add(b, piece.p, piece.n);
    }
    return missing;
}

/* Does a word stand in the text by itself? */
static bool has_word(const char *text, const char *word)
{
    size_t n = strlen(word);

    for (const char *p = strstr(text, word); p; p = strstr(p + 1, word))
        if ((p == text || !isalnum((unsigned char)p[-1])) && !isalnum((unsigned char)p[n]))
            return true;
    return false;
}

/* In the languages of the rules; stems, because languages bend their words. */
static bool names_ai(const char *text)
{
    static const char *const words[] = {"AI", "A.I.", "IA", "KI", "SI", NULL};
    static const char *const stems[] = {"rtificial",  "rtificiel",   "rtificiale", "ünstliche",
                                        "unstmatige", "kunstmatige", "ztuczn",     "irtual",
                                        "irtuel",     "utomat",      "utomátic",   "कृत्रिम",
                                        "एआई",        "omputer",     NULL};

    for (const char *const *w = words; *w; w++)
        if (has_word(text, *w))
            return true;
    for (const char *const *s = stems; *s; s++)
        if (strstr(text, *s))
            return true;
    return false;
}

bool disclosure_names_company_and_ai(const char *text)
{
    bool company = false;
    struct str piece;
    int variable;

    if (!text || disclosure_complaint(text) || !names_ai(text))
        return false;
    while (*text && !next_piece(&text, &piece, &variable))
        company |= variable == DV_company_name;
    return company;
}

const char *disclosure_default_text(const char *language)
{
    static const struct {
        const char *language, *text;
    } texts[] = {
        {"en", "This call is made by an artificial-intelligence voice assistant on behalf of "
               "{{company_name}}."},
        {"it", "Questa chiamata è fatta da un assistente vocale basato su intelligenza artificiale "
               "per conto di {{company_name}}."},
        {"fr", "Cet appel est passé par un assistant vocal à base d'intelligence artificielle pour "
               "le compte de {{company_name}}."},
        {"de", "Dieser Anruf kommt von einem Sprachassistenten mit künstlicher Intelligenz im "
               "Auftrag von {{company_name}}."},
        {"es", "Esta llamada la realiza un asistente de voz con inteligencia artificial en nombre "
               "de {{company_name}}."},
        {"pt", "Esta chamada é feita por um assistente de voz com inteligência artificial em nome "
               "de {{company_name}}."},
        {"nl", "Dit gesprek wordt gevoerd door een spraakassistent met kunstmatige intelligentie "
               "namens {{company_name}}."},
        {"pl", "To połączenie wykonuje asystent głosowy oparty na sztucznej inteligencji w imieniu "
               "{{company_name}}."},
        {"hi", "यह कॉल {{company_name}} की ओर से एक कृत्रिम बुद्धिमत्ता (AI) वॉइस सहायक कर रहा है।"},
    };

    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        if (strncmp(language, texts[i].language, 2) == 0)
            return texts[i].text;
    return texts[0].text;
}

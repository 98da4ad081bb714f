/* csv_sniff.c - signatures and a vote. */

#include "common/base/csv_sniff.h"

#include "common/base/compiler.h"

enum { RECORDS_LOOKED_AT = 20 };

static const char candidates[] = {',', ';', '\t', '|'};
enum { NCANDIDATES = sizeof(candidates) };

bool csv_is_binary_format(struct str head)
{
    static const struct str signatures[] = {
        {"PK\x03\x04", 4},
        {"PK\x05\x06", 4},
        {"\x1F\x8B", 2},
        {"%PDF", 4},
        {"\xD0\xCF\x11\xE0", 4},
        {"7z\xBC\xAF", 4},
        {"Rar!", 4},
        {"BZh", 3},
        {"\x28\xB5\x2F\xFD", 4},
        {"\xFD"
         "7zXZ",
         5},
    };

    for (size_t i = 0; i < ARRAY_LEN(signatures); i++)
        if (str_starts(head, signatures[i]))
            return true;
    return false;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct str skip_space(struct str s)
{
    while (s.n && is_space(s.p[0])) {
        s.p++;
        s.n--;
    }
    return s;
}

bool csv_is_other_text(struct str text)
{
    struct str s = skip_space(text);

    if (s.n == 0 || (s.p[0] != '<' && s.p[0] != '{' && s.p[0] != '['))
        return false;
    if (s.p[0] != '[')
        return true;
    s = skip_space((struct str){s.p + 1, s.n - 1});
    return s.n && strchr("\"{[]-0123456789", s.p[0]);
}

static bool is_sep_word(const char *p)
{
    return (p[0] | 0x20) == 's' && (p[1] | 0x20) == 'e' && (p[2] | 0x20) == 'p' && p[3] == '='
           && memchr(candidates, p[4], NCANDIDATES);
}

char csv_sep_line(struct str text, size_t *length)
{
    bool quoted = text.n && text.p[0] == '"';
    size_t i = quoted;

    if (text.n < i + 5 || !is_sep_word(text.p + i))
        return '\0';
    char delimiter = text.p[i + 4];
    i += 5;
    if (quoted && (i == text.n || text.p[i++] != '"'))
        return '\0';
    if (i < text.n && !strchr("\r\n", text.p[i]))
        return '\0';
    i += i < text.n && text.p[i] == '\r';
    i += i < text.n && text.p[i] == '\n';
    *length = i;
    return delimiter;
}

/* Walks records, skipping what is between quotes; a quote opens only at the start of a field. */
struct walk {
    struct str text;
    size_t at;
    bool quoted;
};

static bool opens_quote(const struct walk *w)
{
    char before = w->at ? w->text.p[w->at - 1] : '\n';

    return is_space(before) || memchr(candidates, before, NCANDIDATES);
}

/* Count the candidates of one record; false when the text ends before it does. */
static bool count_record(struct walk *w, int counts[NCANDIDATES])
{
    memset(counts, 0, NCANDIDATES * sizeof(counts[0]));
    for (; w->at < w->text.n; w->at++) {
        char c = w->text.p[w->at];
        const char *candidate = memchr(candidates, c, NCANDIDATES);

        if (c == '"' && w->quoted && w->at + 1 < w->text.n && w->text.p[w->at + 1] == '"')
            w->at++;
        else if (c == '"')
            w->quoted = !w->quoted && opens_quote(w);
        else if (!w->quoted && candidate)
            counts[candidate - candidates]++;
        else if (!w->quoted && (c == '\n' || c == '\r')) {
            w->at++;
            return true;
        }
    }
    return false;
}

static int sum(const int counts[NCANDIDATES])
{
    int n = 0;

    for (int i = 0; i < NCANDIDATES; i++)
        n += counts[i];
    return n;
}

/* More records agreeing with the first one win; then more columns. */
char csv_guess_delimiter(struct str text)
{
    struct walk w = {.text = text};
    int first[NCANDIDATES], counts[NCANDIDATES], agree[NCANDIDATES] = {0};
    int best = 0;
    bool more = count_record(&w, first);

    for (int records = 1; more && records < RECORDS_LOOKED_AT;) {
        more = count_record(&w, counts);
        if (sum(counts) == 0)
            continue;
        records++;
        for (int i = 0; i < NCANDIDATES; i++)
            agree[i] += counts[i] == first[i];
    }
    for (int i = 1; i < NCANDIDATES; i++)
        if (first[i]
            && (!first[best] || agree[i] > agree[best]
                || (agree[i] == agree[best] && first[i] > first[best])))
            best = i;
    return candidates[best];
}

/* evidence.c - short lists in a column, instead of four more statements for each number. */

#include "common/compliance/evidence.h"

#include "common/store/db.h"

#include <stdlib.h>

/* How many items a column has at most. */
static int count(const char *text, char divider)
{
    int n = text && *text ? 1 : 0;

    for (; text && *text; text++)
        n += *text == divider;
    return n;
}

/* "123,rest": the instant, and where the rest begins; NULL when it is not one. */
static const char *take_instant(const char *text, struct tstamp *out)
{
    char *end;
    long long us = strtoll(text, &end, 10);

    out->us = us;
    return end == text ? NULL : end;
}

static bool take_origin(struct str word, enum dnc_origin *out)
{
    static const struct {
        const char *name;
        enum dnc_origin origin;
    } origins[] = {
        {"manual", ORIGIN_MANUAL}, {"registry", ORIGIN_REGISTRY}, {"opt_out", ORIGIN_OPT_OUT}};

    for (size_t i = 0; i < ARRAY_LEN(origins); i++)
        if (str_eq(word, str_of(origins[i].name))) {
            *out = origins[i].origin;
            return true;
        }
    return false;
}

/* "manual,t,1768388400000000 opt_out,p,..." */
static bool read_entries(const char *text, struct dnc_fact *out, int *n)
{
    while (text && *text) {
        struct str source = {text, strcspn(text, ",")};
        struct dnc_fact *e = &out[*n];
        if (!take_origin(source, &e->origin) || strncmp(source.p + source.n, ",", 1) != 0)
            return false;
        e->platform = source.p[source.n + 1] == 'p';
        if (source.p[source.n + 2] != ',')
            return false;
        text = take_instant(source.p + source.n + 3, &e->listed_at);
        if (!text)
            return false;
        text += *text == ' ';
        ++*n;
    }
    return true;
}

/* "1768388400000000,RPO", one a line. */
static bool read_scrubs(struct op *op, const char *text, struct evidence *out)
{
    while (text && *text && out->n_scrubs < FACTS_MAX_SCRUBS) {
        struct scrub_fact *s = &out->scrubs[out->n_scrubs++];
        text = take_instant(text, &s->at);
        if (!text || *text != ',')
            return false;
        size_t n = strcspn(++text, "\n");
        s->registry = arena_strndup(&op->arena, text, n);
        text += n + (text[n] == '\n');
    }
    return true;
}

static enum attempt_end read_end(char letter)
{
    switch (letter) {
    case 'r': return ATTEMPT_REFUSED;
    case 's': return ATTEMPT_SILENT;
    default: return ATTEMPT_OTHER;
    }
}

/* "1768388400000000,r 1768...,o": r = refused, s = silent. */
static bool read_attempts(const char *text, struct attempt_fact *out, int *n)
{
    while (text && *text) {
        struct attempt_fact *a = &out[*n];
        text = take_instant(text, &a->at);
        if (!text || text[0] != ',' || !text[1])
            return false;
        a->end = read_end(text[1]);
        text += 2 + (text[2] == ' ');
        ++*n;
    }
    return true;
}

bool evidence_read(struct op *op, const struct rows *rows, int row, struct evidence *out)
{
    const char *own = db_text(rows, row, "entries"), *all = db_text(rows, row, "platform_entries");
    const char *past = db_text(rows, row, "attempts");
    int entries = count(own, ' ') + count(all, ' '), attempts = count(past, ' ');
    struct dnc_fact *dnc = arena_alloc(&op->arena, (size_t)(entries + 1) * sizeof(*dnc));
    struct attempt_fact *tried = arena_alloc(&op->arena, (size_t)(attempts + 1) * sizeof(*tried));

    *out = (struct evidence){.dnc = dnc, .attempts = tried};
    const char *scope = db_text(rows, row, "unknown_scope");
    out->grants = db_text(rows, row, "grants");
    out->refused = db_bool(rows, row, "refused");
    out->unknown_scope_blocks = !scope || strcmp(scope, "warn") != 0;
    if (!read_entries(own, dnc, &out->n_dnc) || !read_entries(all, dnc, &out->n_dnc)
        || !read_scrubs(op, db_text(rows, row, "scrubs"), out)
        || !read_attempts(past, tried, &out->n_attempts))
        return fail(op, E_INTERNAL_ERROR, "What is known of a number could not be read");
    return true;
}

/* opt_out_phrases.c - each phrase and each utterance folded, then looked for as text in text. */

#include "common/campaign/opt_out_phrases.h"

#include "common/base/json.h"
#include "common/base/words.h"

enum { LANGUAGE_PHRASES = 100, PHRASE_BYTES = 200, LANGUAGE_BYTES = 35 };

#define LANGUAGE_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-"

static const char *phrase_complaint(struct op *op, const struct cJSON *v)
{
    const char *text = json_string(v);

    if (!text)
        return "must be a text";
    if (strlen(text) > PHRASE_BYTES)
        return "must not be longer than 200 bytes";
    return *words_fold(&op->arena, str_of(text)) ? NULL : "must have a word";
}

static void check_language(struct op *op, const struct cJSON *phrases, const char *path)
{
    int n = 0;

    for (const struct cJSON *v = json_first(phrases); v; v = json_next(v), n++) {
        const char *wrong = phrase_complaint(op, v);
        if (wrong && n < LANGUAGE_PHRASES)
            err_detail(op, arena_printf(&op->arena, "%s.%d", path, n), wrong);
    }
    if (n == 0 || n > LANGUAGE_PHRASES)
        err_detail(op, path, "must have between 1 and 100 phrases");
}

static bool is_language(const char *key)
{
    size_t n = strlen(key);

    return n >= 2 && n <= LANGUAGE_BYTES && strspn(key, LANGUAGE_LETTERS) == n;
}

void opt_out_phrases_check(struct op *op, struct json_text metadata)
{
    const struct cJSON *v, *all;

    if (!metadata.text || !json_parse(op, str_of(metadata.text), &v)
        || !(all = json_get(v, "opt_out_phrases")) || json_is_null(all))
        return;
    if (!json_is_object(all))
        err_detail(op, "metadata.opt_out_phrases", "must be an object of languages");
    for (const struct cJSON *l = json_is_object(all) ? json_first(all) : NULL; l;
         l = json_next(l)) {
        const char *path = arena_printf(&op->arena, "metadata.opt_out_phrases.%s", json_key(l));
        if (!is_language(json_key(l)))
            err_detail(op, path, "is no language");
        else if (!json_is_array(l))
            err_detail(op, path, "must be an array of phrases");
        else
            check_language(op, l, path);
    }
}

/* The phrases of every language, folded once. */
struct phrase_list {
    const char **folded, **phrases;
    int n;
};

static int count(const struct cJSON *languages)
{
    int n = 0;

    for (const struct cJSON *l = json_first(languages); l; l = json_next(l))
        for (const struct cJSON *v = json_first(l); v; v = json_next(v))
            n++;
    return n;
}

static void add_language(struct op *op, const struct cJSON *l, struct phrase_list *out)
{
    for (const struct cJSON *v = json_is_array(l) ? json_first(l) : NULL; v; v = json_next(v)) {
        const char *phrase = json_string(v);
        const char *folded = phrase ? words_fold(&op->arena, str_of(phrase)) : "";
        if (!*folded)
            continue;
        out->phrases[out->n] = phrase;
        out->folded[out->n++] = folded;
    }
}

static struct phrase_list read_phrases(struct op *op, const struct cJSON *languages)
{
    size_t size = (size_t)(count(languages) + 1) * sizeof(char *);
    struct phrase_list out = {arena_alloc(&op->arena, size), arena_alloc(&op->arena, size), 0};

    for (const struct cJSON *l = json_first(languages); l; l = json_next(l))
        add_language(op, l, &out);
    return out;
}

static const char *find(const struct phrase_list *list, const char *said)
{
    for (int i = 0; i < list->n; i++)
        if (strstr(said, list->folded[i]))
            return list->phrases[i];
    return NULL;
}

/* A part of the conversation is folded in an arena of its own: there may be many. */
static const char *find_in(struct op *op, const struct phrase_list *list,
                           const struct cJSON *utterance)
{
    const char *role = json_get_string(utterance, "role");
    const char *content = json_get_string(utterance, "content");
    struct op part = op_part(op);
    const char *phrase = NULL;

    if (role && content && strcmp(role, "user") == 0)
        phrase = find(list, words_fold(&part.arena, str_of(content)));
    op_end(&part);
    return phrase;
}

bool opt_out_phrases_find(struct op *op, struct json_text phrases, struct json_text transcript,
                          const char **phrase)
{
    const struct cJSON *languages, *said;

    *phrase = NULL;
    if (!phrases.text || !transcript.text)
        return true;
    if (!json_parse(op, str_of(phrases.text), &languages)
        || !json_parse(op, str_of(transcript.text), &said))
        return false;
    if (!json_is_object(languages) || !json_is_array(said))
        return true;
    const struct phrase_list list = read_phrases(op, languages);
    for (const struct cJSON *v = json_first(said); v && !*phrase; v = json_next(v))
        *phrase = find_in(op, &list, v);
    return true;
}

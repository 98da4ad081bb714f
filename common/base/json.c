/* json.c - cJSON behind a strict grammar walk. */

#include "common/base/json.h"

#include "common/base/json_scan.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

/* Every integer of up to 15 digits is a double to the letter. */
enum { EXACT_DIGITS = 15 };

/* Number literals in document order, as offsets: the tree is walked in the same order. */
struct literals {
    struct str *items;
    size_t n, cap;
};

static void keep_literal(void *ctx, struct str literal)
{
    struct literals *l = ctx;

    if (l->n == l->cap) {
        l->cap = l->cap ? l->cap * 2 : 64;
        l->items = realloc(l->items, l->cap * sizeof(*l->items));
        if (!l->items)
            abort();
    }
    l->items[l->n++] = literal;
}

static bool is_exact(struct str literal)
{
    for (size_t i = 0; i < literal.n; i++)
        if (literal.p[i] == '.' || literal.p[i] == 'e' || literal.p[i] == 'E')
            return false;
    return literal.n <= EXACT_DIGITS && !str_eq(literal, STR("-0"));
}

static void make_raw(cJSON *number, struct str literal)
{
    char *text = malloc(literal.n + 1);

    if (!text)
        abort();
    memcpy(text, literal.p, literal.n);
    text[literal.n] = '\0';
    number->type = cJSON_Raw;
    number->valuestring = text;
}

static int compare_keys(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool has_duplicate_keys(const cJSON *object)
{
    size_t n = 0, i = 0;
    const cJSON *v;
    bool found = false;

    cJSON_ArrayForEach(v, object) n++;
    if (n < 2)
        return false;
    const char **keys = malloc(n * sizeof(*keys));
    if (!keys)
        abort();
    cJSON_ArrayForEach(v, object) keys[i++] = v->string;
    qsort(keys, n, sizeof(*keys), compare_keys);
    for (i = 1; i < n && !found; i++)
        found = strcmp(keys[i - 1], keys[i]) == 0;
    free(keys);
    return found;
}

/* Document order, so the k-th number met is the k-th literal.  Depth is bounded by the scan. */
static const cJSON *settle(cJSON *v, const struct literals *l, size_t *k)
{
    const cJSON *bad;

    if (cJSON_IsNumber(v)) {
        struct str literal = l->items[(*k)++];
        if (!is_exact(literal))
            make_raw(v, literal);
    }
    if (cJSON_IsObject(v) && has_duplicate_keys(v))
        return v;
    for (cJSON *child = v->child; child; child = child->next)
        if ((bad = settle(child, l, k)))
            return bad;
    return NULL;
}

static void delete_tree(void *p)
{
    cJSON_Delete(p);
}

const char *json_complaint(struct str text, size_t *at)
{
    const struct json_grammar strict = {.max_depth = JSON_MAX_DEPTH};

    return json_scan(text, &strict, at);
}

bool json_parse(struct op *op, struct str text, const cJSON **out)
{
    struct literals literals = {0};
    size_t at = 0, k = 0;
    const struct json_grammar strict = {
        .max_depth = JSON_MAX_DEPTH, .on_number = keep_literal, .ctx = &literals};
    const char *wrong = json_scan(text, &strict, &at);

    if (wrong) {
        free(literals.items);
        return fail(op, E_MALFORMED_REQUEST, "The JSON text is malformed at byte %zu: %s", at,
                    wrong);
    }
    cJSON *tree = cJSON_ParseWithLength(text.p, text.n);
    if (!tree)
        abort(); /* the scan accepts a subset of what cJSON reads */
    arena_defer(&op->arena, delete_tree, tree);
    const cJSON *twice = settle(tree, &literals, &k);
    free(literals.items);
    if (twice)
        return fail(op, E_MALFORMED_REQUEST, "The JSON text has the same key twice in one object");
    *out = tree;
    return true;
}

const char *json_text(struct op *op, const cJSON *v)
{
    char *text = cJSON_PrintUnformatted(v);

    if (!text)
        abort();
    arena_defer(&op->arena, cJSON_free, text);
    return text;
}

const cJSON *json_get(const cJSON *object, const char *key)
{
    return cJSON_IsObject(object) ? cJSON_GetObjectItemCaseSensitive(object, key) : NULL;
}

const char *json_string(const cJSON *v)
{
    return cJSON_IsString(v) ? v->valuestring : NULL;
}

const char *json_key(const cJSON *v)
{
    return v->string;
}

const char *json_get_string(const cJSON *object, const char *key)
{
    return json_string(json_get(object, key));
}

bool json_i64(const cJSON *v, int64_t *out)
{
    if (cJSON_IsNumber(v)) {
        *out = (int64_t)v->valuedouble;
        return true;
    }
    if (!cJSON_IsRaw(v))
        return false;
    char *end;
    errno = 0;
    long long n = strtoll(v->valuestring, &end, 10);
    if (errno || *end)
        return false;
    *out = n;
    return true;
}

bool json_get_i64(const cJSON *object, const char *key, int64_t *out)
{
    return json_i64(json_get(object, key), out);
}

bool json_get_number(const cJSON *object, const char *key, double *out)
{
    const cJSON *v = json_get(object, key);

    if (cJSON_IsNumber(v))
        *out = v->valuedouble;
    else if (cJSON_IsRaw(v))
        *out = strtod(v->valuestring, NULL);
    else
        return false;
    return true;
}

bool json_is_object(const cJSON *v)
{
    return cJSON_IsObject(v);
}

bool json_is_array(const cJSON *v)
{
    return cJSON_IsArray(v);
}

bool json_is_null(const cJSON *v)
{
    return cJSON_IsNull(v);
}

bool json_is_true(const cJSON *v)
{
    return cJSON_IsTrue(v);
}

bool json_is_bool(const cJSON *v)
{
    return cJSON_IsBool(v);
}

const cJSON *json_first(const cJSON *v)
{
    return v ? v->child : NULL;
}

const cJSON *json_next(const cJSON *v)
{
    return v->next;
}

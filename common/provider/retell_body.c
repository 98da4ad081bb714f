/* retell_body.c - writing request bodies and following lists page by page. */

#include "common/base/json.h"
#include "common/provider/retell.h"

enum { PAGE_ITEMS = 100 };

void retell_put(struct buf *b, const char *key, const char *value)
{
    if (!value)
        return;
    buf_json_string(b, str_of(key));
    buf_char(b, ':');
    buf_json_string(b, str_of(value));
    buf_char(b, ',');
}

void retell_end_object(struct buf *b)
{
    if (b->n && b->p[b->n - 1] == ',')
        b->n--;
    buf_char(b, '}');
}

const char *retell_finish(struct op *op, struct buf *b)
{
    struct str text = buf_view(b);
    const char *copy = arena_strndup(&op->arena, text.p, text.n);

    buf_free(b);
    return copy;
}

bool retell_true(struct op *op, const struct cJSON *v)
{
    return v && strcmp(json_text(op, v), "true") == 0;
}

/* Twice the room at every power of two: n items have been copied n times at most. */
void *retell_grow(struct op *op, void *items, size_t n, size_t size)
{
    if (n & (n - 1))
        return items;
    void *bigger = arena_alloc(&op->arena, size * (n ? 2 * n : 1));
    if (n)
        memcpy(bigger, items, size * n);
    return bigger;
}

static const char *query_of(struct op *op, const struct retell_list *list, size_t items,
                            const char *cursor)
{
    struct buf b = {0};

    if (list->cursor_in_body)
        return NULL;
    buf_printf(&b, "?limit=%zu", items);
    if (cursor) {
        buf_str(&b, "&pagination_key=");
        http_query_escape(&b, cursor);
    }
    return retell_finish(op, &b);
}

static const char *body_of(struct op *op, const struct retell_list *list, size_t items,
                           const char *cursor)
{
    struct buf b = {0};

    if (!list->filter)
        return NULL;
    buf_char(&b, '{');
    buf_str(&b, list->filter);
    if (list->cursor_in_body) {
        buf_printf(&b, "\"limit\":%zu,", items);
        retell_put(&b, "pagination_key", cursor);
    }
    retell_end_object(&b);
    return retell_finish(op, &b);
}

struct page {
    const struct cJSON *items;
    const char *cursor; /* NULL = this was the last page */
};

/* The old list endpoints answer a bare array, which is everything there is. */
static bool read_page(struct op *op, const struct cJSON *reply, struct page *out)
{
    *out = (struct page){.items = json_is_array(reply) ? reply : json_get(reply, "items")};
    if (!json_is_array(out->items))
        return fail(op, E_PROVIDER_ERROR, "Retell answered a list request without a list");
    if (!retell_true(op, json_get(reply, "has_more")))
        return true;
    out->cursor = json_get_string(reply, "pagination_key");
    if (out->cursor)
        return true;
    return fail(op, E_PROVIDER_ERROR, "Retell's list has more but no way to it");
}

/* Returns how many the page has; takes room of them at most. */
static size_t take_items(struct op *op, const struct retell_list *list, const struct page *page,
                         size_t room, bool *whole)
{
    size_t n = 0;

    for (const struct cJSON *v = json_first(page->items); v; v = json_next(v), n++)
        *whole &= n < room && list->take(op, v, list->ctx);
    return n;
}

bool retell_follow(struct op *op, const struct provider *p, const struct retell_list *list,
                   bool *complete)
{
    size_t left = list->limit;
    const char *cursor = NULL;

    *complete = true;
    for (;;) {
        size_t items = left < PAGE_ITEMS ? left : PAGE_ITEMS;
        const struct cJSON *reply;
        struct page page;
        struct retell_ask ask = {.op = list->op,
                                 .query = query_of(op, list, items, cursor),
                                 .body = body_of(op, list, items, cursor)};
        if (!retell_ask(op, p, &ask, &reply) || !read_page(op, reply, &page))
            return false;
        size_t n = take_items(op, list, &page, left, complete);
        *complete &= !page.cursor || n < left;
        if (!page.cursor || n >= left)
            return true;
        if (n == 0 || (cursor && strcmp(cursor, page.cursor) == 0))
            return fail(op, E_PROVIDER_ERROR, "Retell's list does not advance");
        left -= n;
        cursor = page.cursor;
    }
}

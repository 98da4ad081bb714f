/* list.c - arrays of structs as JSON. */

#include "api/list.h"

static void write_items(struct buf *b, struct list l)
{
    for (int i = 0; i < l.n; i++) {
        if (i)
            buf_char(b, ',');
        to_json(b, l.type, (const char *)l.items + (size_t)i * l.type->size);
    }
}

bool reply_list(struct reply *rep, struct list l)
{
    rep->status = 200;
    buf_str(&rep->body, "{\"items\":[");
    write_items(&rep->body, l);
    buf_str(&rep->body, "]}");
    return true;
}

void page_open(struct reply *rep, int64_t total)
{
    rep->status = 200;
    buf_str(&rep->body, "{\"total\":");
    buf_i64(&rep->body, total);
    buf_str(&rep->body, ",\"items\":[");
}

void page_close(struct reply *rep, int32_t limit, int32_t offset)
{
    buf_str(&rep->body, "],\"pagination\":{\"limit\":");
    buf_i64(&rep->body, limit);
    buf_str(&rep->body, ",\"offset\":");
    buf_i64(&rep->body, offset);
    buf_str(&rep->body, "}}");
}

bool reply_page(struct reply *rep, struct list l, int64_t total, int32_t limit, int32_t offset)
{
    page_open(rep, total);
    write_items(&rep->body, l);
    page_close(rep, limit, offset);
    return true;
}

bool reply_page_text(struct reply *rep, const struct buf *items, int64_t total, int32_t limit,
                     int32_t offset)
{
    page_open(rep, total);
    buf_add(&rep->body, items->p, items->n);
    page_close(rep, limit, offset);
    return true;
}

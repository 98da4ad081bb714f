/* list.h - lists on the wire: items, and where a page stands in the whole. */
#ifndef AGORALIA_LIST_H
#define AGORALIA_LIST_H

#include "api/http.h"

struct list {
    const struct type *type;
    const void *items;
    int n;
};

/* {"items": [...]} */
bool reply_list(struct reply *rep, struct list l);

/* {"total": N, "items": [...], "pagination": {"limit": L, "offset": O}} */
bool reply_page(struct reply *rep, struct list l, int64_t total, int32_t limit, int32_t offset);

/* The same from items that are JSON already, separated by commas. */
bool reply_page_text(struct reply *rep, const struct buf *items, int64_t total, int32_t limit,
                     int32_t offset);

/* For lists whose items are written by their handler: open, items, close with the page. */
void page_open(struct reply *rep, int64_t total);
void page_close(struct reply *rep, int32_t limit, int32_t offset);

#endif

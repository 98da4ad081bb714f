/* paging.c - cursors name a place in the order of arrival, which never changes. */

#include "tests/retell_sim/paging.h"

#include "tests/retell_sim/json_out.h"

#include <stdio.h>
#include <stdlib.h>

#define LIMIT_DEFAULT 50
#define LIMIT_MAX 1000
#define DISGUISE 0x5bd1e995u /* so that nobody takes a cursor for a number */

void sim_cursor_text(uint32_t ordinal, char out[24])
{
    uint32_t hidden = (ordinal ^ DISGUISE) * 2654435761u;

    snprintf(out, 24, "pk_%08x%02x", hidden, (hidden >> 7 ^ ordinal) & 0xff);
}

bool sim_cursor_read(const char *text, uint32_t *ordinal)
{
    char again[24];
    char *end;

    if (strncmp(text, "pk_", 3) != 0 || strlen(text) != 13)
        return false;
    unsigned long long all = strtoull(text + 3, &end, 16);
    *ordinal = ((uint32_t)(all >> 8) * 244002641u) ^ DISGUISE; /* the inverse modulo 2^32 */
    sim_cursor_text(*ordinal, again);
    return !*end && strcmp(again, text) == 0;
}

bool sim_page_from_query(struct str query, struct sim_page *page, struct sim_reply *r)
{
    char text[64], *end;

    *page = (struct sim_page){.limit = LIMIT_DEFAULT};
    if (sim_query_get(query, "limit", text, sizeof(text))) {
        page->limit = strtol(text, &end, 10);
        if (*end || page->limit < 1 || page->limit > LIMIT_MAX) {
            sim_reply_schema(r, "request/query/limit must be >= 1 and <= %d", LIMIT_MAX);
            return false;
        }
    }
    if (sim_query_get(query, "sort_order", text, sizeof(text)))
        page->ascending = strcmp(text, "ascending") == 0;
    if (sim_query_get(query, "pagination_key", text, sizeof(text))) {
        page->has_cursor = sim_cursor_read(text, &page->cursor);
        if (!page->has_cursor)
            sim_reply_error(r, 400, "Invalid pagination key.");
        return page->has_cursor;
    }
    return true;
}

bool sim_page_reaches(const struct sim_page *page, uint32_t ordinal)
{
    if (!page->has_cursor)
        return true;
    return page->ascending ? ordinal > page->cursor : ordinal < page->cursor;
}

bool sim_page_take(struct sim_page *page, uint32_t ordinal, bool *put)
{
    *put = false;
    if (page->skip > 0) {
        page->skip--;
        return true;
    }
    if (page->put == page->limit) {
        page->has_more = true;
        return false;
    }
    page->put++;
    page->last = ordinal;
    *put = true;
    return true;
}

struct buf *sim_page_open(struct sim_reply *r)
{
    struct buf *b = sim_reply_json(r, 200);

    sim_open(b, NULL, '{');
    sim_open(b, "items", '[');
    return b;
}

void sim_page_close(struct buf *b, const struct sim_page *page)
{
    char cursor[24];

    sim_close(b, ']');
    sim_put_bool(b, "has_more", page->has_more);
    if (page->has_more) {
        sim_cursor_text(page->last, cursor);
        sim_put_text(b, "pagination_key", cursor);
    }
    sim_close(b, '}');
}

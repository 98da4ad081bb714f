/* paging.h - limits, cursors and the {items, has_more, pagination_key} envelope. */
#ifndef AGORALIA_SIM_PAGING_H
#define AGORALIA_SIM_PAGING_H

#include "tests/retell_sim/server.h"

/* One page of things that have ordinals, in order of them. */
struct sim_page {
    int64_t limit, skip;
    bool ascending;
    bool has_cursor;
    uint32_t cursor; /* the last ordinal of the page before */

    uint32_t last; /* filled while items are put */
    int64_t put;
    bool has_more;
};

/* limit, pagination_key and sort_order of a query string; 400 in r when one is wrong. */
bool sim_page_from_query(struct str query, struct sim_page *page, struct sim_reply *r) MUSTCHECK;

/* A cursor, opaque to clients; false when the text is none of ours. */
void sim_cursor_text(uint32_t ordinal, char out[24]);
bool sim_cursor_read(const char *text, uint32_t *ordinal) MUSTCHECK;

/* Is this ordinal behind the cursor, in the page's direction? */
bool sim_page_reaches(const struct sim_page *page, uint32_t ordinal);

/* Call for each match in order: true when it belongs on the page, false once the page is full. */
bool sim_page_take(struct sim_page *page, uint32_t ordinal, bool *put);

/* Begin "items":[, and close the envelope. */
struct buf *sim_page_open(struct sim_reply *r);
void sim_page_close(struct buf *b, const struct sim_page *page);

#endif

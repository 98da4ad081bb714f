/* ops_list.c - list-calls: filters, pages, totals. */

#include "tests/retell_sim/filters.h"
#include "tests/retell_sim/json.h"
#include "tests/retell_sim/json_out.h"
#include "tests/retell_sim/paging.h"
#include "tests/retell_sim/schema.h"
#include "tests/retell_sim/sim.h"

#include <stdlib.h>

struct listing {
    struct sim *s;
    struct sim_workspace *ws;
    struct sim_filter filter;
    struct sim_page page;
    bool count_all; /* include_total: go on after the page is full */
    int64_t total;
    struct buf *out;
};

static const struct sim_field fields[] = {
    {"filter_criteria", SF_OBJECT, 0, NULL}, {"sort_order", SF_STRING, 0, "ascending|descending"},
    {"limit", SF_INTEGER, 0, NULL},          {"skip", SF_INTEGER, 0, NULL},
    {"pagination_key", SF_STRING, 0, NULL},  {"include_total", SF_BOOLEAN, 0, NULL},
};

static bool read_cursor(struct str body, struct sim_page *page, struct sim_reply *r)
{
    struct str key = sim_json_get(body, "pagination_key");
    char text[64];

    if (!key.n)
        return true;
    if (sim_json_get(body, "skip").n) {
        sim_reply_error(r, 400, "skip and pagination_key cannot be used together.");
        return false;
    }
    page->has_cursor =
        sim_json_cstr(key, text, sizeof(text)) && sim_cursor_read(text, &page->cursor);
    if (!page->has_cursor)
        sim_reply_error(r, 400, "Invalid pagination key.");
    return page->has_cursor;
}

static bool read_page(struct str body, struct sim_page *page, struct sim_reply *r)
{
    struct str limit = sim_json_get(body, "limit"), skip = sim_json_get(body, "skip");

    *page =
        (struct sim_page){.limit = limit.n ? (int64_t)sim_json_number(limit) : 50,
                          .skip = skip.n ? (int64_t)sim_json_number(skip) : 0,
                          .ascending = sim_json_is(sim_json_get(body, "sort_order"), "ascending")};
    if (page->limit < 1 || page->limit > 1000)
        sim_reply_schema(r, "request/body/limit must be %s", page->limit < 1 ? ">= 1" : "<= 1000");
    else if (page->skip < 0)
        sim_reply_schema(r, "request/body/skip must be >= 0");
    else
        return read_cursor(body, page, r);
    return false;
}

/* false when the walk may stop */
static bool visit(struct listing *l, const struct sim_call *c)
{
    bool put = false;

    if (c->ws != l->ws || c->deleted || !sim_filter_match(&l->filter, &l->s->config, c))
        return true;
    l->total++;
    if (!sim_page_reaches(&l->page, c->ordinal))
        return true;
    bool more = sim_page_take(&l->page, c->ordinal, &put);
    if (put) {
        sim_key(l->out, NULL);
        sim_call_json(l->out, &l->s->config, c, SIM_VIEW_LIST);
    }
    return more || l->count_all;
}

static int by_ordinal(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

static void walk_candidates(struct listing *l, uint32_t *list, size_t n)
{
    qsort(list, n, sizeof(*list), by_ordinal);
    for (size_t i = 0; i < n; i++) {
        size_t at = l->page.ascending ? i : n - 1 - i;
        if (i && list[at] == list[l->page.ascending ? at - 1 : at + 1])
            continue;
        if (!visit(l, l->s->world.calls[list[at]]))
            return;
    }
}

/* Without a total, what lies before the cursor need not be looked at. */
static void walk_all(struct listing *l)
{
    uint32_t n = l->s->world.ncalls;
    bool jump = l->page.has_cursor && !l->count_all && l->page.cursor < n;

    if (l->page.ascending) {
        for (uint32_t i = jump ? l->page.cursor + 1 : 0; i < n; i++)
            if (!visit(l, l->s->world.calls[i]))
                return;
        return;
    }
    for (uint32_t i = jump ? l->page.cursor : n; i-- > 0;)
        if (!visit(l, l->s->world.calls[i]))
            return;
}

/* Ordered by arrival, which is the order of start_timestamp but for ringing times: a call that
 * connects later must not move between pages. */
static void list(struct listing *l, struct sim_reply *r)
{
    uint32_t *candidates;
    size_t n;

    l->out = sim_page_open(r);
    if (sim_filter_candidates(&l->filter, &l->s->world, l->ws, &candidates, &n)) {
        walk_candidates(l, candidates, n);
        free(candidates);
    } else {
        walk_all(l);
    }
    sim_page_close(l->out, &l->page);
    if (l->count_all) {
        l->out->n--; /* reopen the envelope */
        sim_put_i64(l->out, "total", l->total);
        sim_close(l->out, '}');
    }
}

void sim_op_list_calls(struct sim *s, const struct sim_request *q, struct sim_reply *r)
{
    struct listing l = {.s = s, .ws = q->ws};
    struct str body;

    if (!sim_body(q, r, &body) || !sim_schema(body, "request/body", fields, ARRAY_LEN(fields), r)
        || !read_page(body, &l.page, r))
        return;
    l.count_all = sim_json_true(sim_json_get(body, "include_total"));
    if (sim_filter_read(&l.filter, sim_json_get(body, "filter_criteria"), r))
        list(&l, r);
    sim_filter_free(&l.filter);
}
